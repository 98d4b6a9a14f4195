//! Maxima of several sets of rectangles of the same planes, one after another in a row of features.

use std::borrow::Cow;

use super::{Job, Places, Regions, fill_planes, kernels};
use crate::Tensor;
use crate::memory::Buffer;

/// The maxima of all rectangles of all `levels`: `x` `(N, C, H, W)` to `(N, F)`, where level after
/// level has `C · OH · OW` of the features, channel after channel.
///
/// # Panics
/// When a level was made for planes of another size.
pub fn pyramid_max(x: &Tensor, levels: &[Regions]) -> (Tensor, Places) {
    let [batch, channels, rows, columns] = x.nchw();
    assert!(levels.iter().all(|level| level.input == [rows, columns]), "pyramid_max: as fitted");
    let width = channels * levels.iter().map(outputs).sum::<usize>();
    let mut y = Tensor::stale([batch, width]);
    let mut places = Buffer::stale(y.len());
    // All levels of a plane, while it is near.
    let jobs = |nth: usize| {
        (0..channels).flat_map(move |channel| {
            let mut level_start = 0;
            levels.iter().map(move |regions| {
                let first = level_start + channel * outputs(regions);
                level_start += channels * outputs(regions);
                let outputs = first..first + outputs(regions);
                let regions = Cow::Borrowed(regions);
                Job { plane: nth * channels + channel, regions, outputs }
            })
        })
    };
    if width > 0 {
        let work = levels.len() * channels * rows * columns;
        kernels::largest(x, (y.as_mut_slice(), &mut *places), width, work, jobs);
    }
    (y, Places(places))
}

/// `dx` of [`pyramid_max`] on planes of `channels`: every `dy` goes to the winner of its rectangle.
///
/// # Panics
/// When `dy` and the places are not of one pass, or there is no level.
pub fn pyramid_max_backward(
    dy: &Tensor,
    places: &Places,
    levels: &[Regions],
    channels: usize,
) -> Tensor {
    assert_eq!(dy.len(), places.0.len(), "pyramid_max: dy and places of one pass");
    let (&[batch, width], [rows, columns]) = (dy.dims(), levels[0].input) else {
        panic!("pyramid_max: dy is (N, F)")
    };
    let mut dx = Tensor::stale([batch, channels, rows, columns]);
    fill_planes(&mut dx, width / channels, |plane, dx| {
        dx.fill(0.0);
        let mut level_start = plane / channels * width;
        for count in levels.iter().map(outputs) {
            let first = level_start + plane % channels * count;
            places.scatter_more(first..first + count, dy.as_slice(), dx);
            level_start += channels * count;
        }
    });
    dx
}

/// Rectangles of a level.
fn outputs(level: &Regions) -> usize {
    level.output().iter().product()
}

#[cfg(test)]
mod tests {
    use super::super::{NOWHERE, region_max, region_max_backward};
    use super::*;
    use crate::Scalar;

    #[test]
    fn it_is_the_maxima_of_every_level_side_by_side() {
        let x = Tensor::from_fn([2, 3, 7, 20], |i| ((i * 7919) % 101) as Scalar - 50.0);
        let levels = [[1, 1], [2, 2], [3, 4]].map(|output| Regions::adaptive([7, 20], output));
        let (y, places) = pyramid_max(&x, &levels);
        assert_eq!(y.dims(), [2, 3 * (1 + 4 + 12)]);
        let dy = Tensor::from_fn(y.shape(), |i| (i % 13) as Scalar - 6.0);
        let dx = pyramid_max_backward(&dy, &places, &levels, 3);
        let (mut start, mut expected) = (0, Tensor::zeros(x.shape()));
        for level in &levels {
            let (maxima, places) = region_max(&x, std::slice::from_ref(level));
            let width = maxima.len() / 2;
            let of_image = |n: usize| n * y.len() / 2 + start..n * y.len() / 2 + start + width;
            for n in 0..2 {
                let maxima = &maxima.as_slice()[n * width..][..width];
                assert_eq!(&y.as_slice()[of_image(n)], maxima);
            }
            let of_level = [0, 1].map(|n| &dy.as_slice()[of_image(n)]).concat();
            let of_level = Tensor::from_vec(maxima.shape(), of_level).expect("as many maxima");
            expected.add_assign(&region_max_backward(&of_level, &places, [7, 20]));
            start += width;
        }
        assert_eq!(dx, expected);
        assert!((0..y.len()).all(|i| places.0[i] != NOWHERE));
    }
}
