//! Maxima that a separable map blurs or thins out.
//!
//! The maxima of one plane go through the map while they are near, and so do their gradients on the way
//! back: what lies between the two is never written to memory.

use super::{Argmax, max_pool, max_pool_backward};
use crate::{Resampling, Tensor, Windows};

/// `map` of the maxima of all windows of `x` `(N, C, H, W)`, and where these are.
///
/// # Panics
/// When `x` does not fit the windows, or their outputs do not fit the map.
pub fn max_resampled(x: &Tensor, at: &Windows, map: &Resampling) -> (Tensor, Argmax) {
    assert_eq!(x.nchw()[2..], at.input(), "max_resampled: x as fitted");
    assert_eq!(at.output(), map.input(), "max_resampled: a map of as many maxima");
    #[cfg(not(cenote_f64))]
    if let Some(both) = fast::forward(x, at, map) {
        return both;
    }
    let (maxima, argmax) = max_pool(x, at);
    (map.forward(&maxima), argmax)
}

/// `∂x` of [`max_resampled`].
///
/// # Panics
/// When `dy` and the winners are not of one pass.
pub fn max_resampled_backward(
    dy: &Tensor,
    argmax: &Argmax,
    at: &Windows,
    map: &Resampling,
) -> Tensor {
    let [batch, channels, ..] = dy.nchw();
    assert_eq!(dy.nchw()[2..], map.output(), "max_resampled: dy as fitted");
    let maxima: usize = at.output().iter().product();
    assert_eq!(batch * channels * maxima, argmax.len(), "max_resampled: winners of one pass");
    #[cfg(not(cenote_f64))]
    if let Some(dx) = fast::backward(dy, argmax, at, map) {
        return dx;
    }
    max_pool_backward(&map.backward(dy), argmax, at)
}

/// Windows of few cells.
#[cfg(not(cenote_f64))]
mod fast {
    use super::super::back::Way;
    use super::super::few::{Few, MaxOfFew};
    use super::super::map::Maps;
    use super::super::max::Offsets;
    use super::super::spread::Share;
    use super::super::tasks::Sizes;
    use super::Argmax;
    use crate::memory::Buffer;
    use crate::ops::{parallel, scratch};
    use crate::simd::{Kernel, Vector, dispatch};
    use crate::{Resampling, Tensor, Windows};

    /// Numbers of the planes that one task takes: enough to be worth handing out.
    const TOGETHER: usize = 1 << 13;
    /// What a cell costs, in operations.
    const CELL: usize = 20;

    /// Planes that one task takes, and what each costs.
    fn task(at: &Windows, map: usize) -> (usize, usize) {
        let area = at.input().iter().product::<usize>().max(1);
        ((TOGETHER / area).max(1), CELL * area + map)
    }

    /// `None` for windows of another kind.
    pub(super) fn forward(x: &Tensor, at: &Windows, map: &Resampling) -> Option<(Tensor, Argmax)> {
        let few = Few::of(at)?;
        let ([batch, channels, ..], [rows, columns]) = (x.nchw(), map.output());
        let [high, wide] = at.output();
        let (between, into) = (high * wide, rows * columns);
        let mut y = Tensor::stale([batch, channels, rows, columns]);
        let mut winners = Buffer::stale(batch * channels * between);
        let (map, sizes) = (map.mapping(), Sizes::of(at, channels));
        let (together, each) = task(at, map.operations());
        let outputs = (y.as_mut_slice(), &mut *winners);
        let chunks = [together * into, together * between];
        parallel::pairs(outputs, chunks, (together * each) as u64, |nth, y, winners| {
            scratch::with(between + map.reach(), |maxima| {
                let planes = y.chunks_exact_mut(into).zip(winners.chunks_exact_mut(between));
                for (plane, (y, winners)) in (nth * together..).zip(planes) {
                    let (x, maps, first) = (x.as_slice(), Maps::Plain, plane * high);
                    let to = &mut maxima[..between];
                    dispatch(MaxOfFew { x, maps, sizes, few, first, y: to, winners });
                    map.plane(maxima, y);
                }
            });
        });
        Some((y, Argmax(Offsets::Narrow(winners))))
    }

    /// `None` for windows of another kind.
    pub(super) fn backward(
        dy: &Tensor,
        argmax: &Argmax,
        at: &Windows,
        map: &Resampling,
    ) -> Option<Tensor> {
        let (Some(few), Offsets::Narrow(winners)) = (Few::of(at), &argmax.0) else { return None };
        let ([batch, channels, ..], [height, width]) = (dy.nchw(), at.input());
        let from = map.output().iter().product::<usize>();
        let (between, area) = (at.output().iter().product(), height * width);
        let mut dx = Tensor::stale([batch, channels, height, width]);
        let (map, sizes, way) = (map.adjoint(), Sizes::of(at, channels), Way::Few(few));
        let (together, each) = task(at, map.operations());
        let operations = (together * each) as u64;
        parallel::chunks(dx.as_mut_slice(), together * area, operations, |nth, dx| {
            scratch::with(between, |given| {
                for (plane, dx) in (nth * together..).zip(dx.chunks_exact_mut(area)) {
                    map.plane(&dy.as_slice()[plane * from..], given);
                    let share = Share::Winner(winners).of(sizes, plane);
                    dispatch(Back { given, share, sizes, way: &way, dx });
                }
            });
        });
        Some(dx)
    }

    /// The gradient of one plane.
    struct Back<'a> {
        given: &'a [f32],
        share: Share<'a>,
        sizes: Sizes,
        way: &'a Way,
        dx: &'a mut [f32],
    }

    impl Kernel for Back<'_> {
        type Output = ();

        #[expect(
            clippy::inline_always,
            reason = "code that is not inlined into the entry of its path loses that path's instructions"
        )]
        #[inline(always)]
        fn run<V: Vector>(self) {
            let Self { given, share, sizes, way, dx } = self;
            let (mut ring, height) = (way.ring(&mut []), sizes.input[0]);
            way.rows::<V>(given, share, sizes, 0..height, &mut ring, dx);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Axis, Edge, Filter1d, Scalar, Window, binomial};

    #[test]
    fn it_is_what_the_map_makes_of_the_maxima() {
        let blurred = |size: usize| {
            let filter = Filter1d {
                weights: binomial(4),
                stride: 2,
                dilation: 1,
                padding: [1, 2],
                edge: Edge::Reflect,
            };
            Axis::filtered(size, &filter)
        };
        let thinned = |size: usize| Axis::select(size, (0..size).filter(|i| i % 3 != 1));
        for (window, [rows, columns]) in [
            (Window::new([2, 2], [1, 1]), [9, 38]),
            (Window::new([2, 3], [1, 1]), [8, 20]),
            (Window { after: [1, 1], ..Window::new([2, 2], [1, 1]) }, [7, 33]),
            (Window::new([4, 4], [1, 1]), [9, 21]),
        ] {
            let at = window.fit("pool", [rows, columns]).expect("fits");
            let [high, wide] = at.output();
            for map in [
                Resampling::new(blurred(high), blurred(wide)),
                Resampling::new(thinned(high), thinned(wide)),
            ] {
                let x = Tensor::from_fn([3, 5, rows, columns], |i| {
                    ((i * 37 + i / 5) % 101) as Scalar - 50.0
                });
                let (y, argmax) = max_resampled(&x, &at, &map);
                let (maxima, winners) = max_pool(&x, &at);
                assert_eq!((&y, &argmax), (&map.forward(&maxima), &winners), "{at:?}");
                let dy = Tensor::from_fn(y.shape(), |i| (i % 17) as Scalar - 8.0);
                let dx = max_resampled_backward(&dy, &argmax, &at, &map);
                assert_eq!(dx, max_pool_backward(&map.backward(&dy), &winners, &at), "{at:?}");
            }
        }
    }
}
