//! Corruptions without random parts against the libraries that made the published files; see
//! `tests/reference/corruptions.py`.

use cenote_tensor::Seed;

use super::*;
use crate::Idx;

#[test]
fn what_has_no_random_part_is_what_the_published_formulas_give() {
    let bytes = include_bytes!("../../tests/reference/corruptions.idx.gz");
    let stored = Idx::decode("corruptions.idx.gz", bytes).unwrap();
    let shape @ [_, height, width] = [3, 20, 20];
    let area = 3 * height * width;
    let mut images = stored.values().chunks_exact(area);
    let image = images.next().expect("the image comes first");
    let close = |name: &str, got: &[u8], expected: &[u8]| {
        // Values are cut, so an error of rounding moves a whole number down by a level, there or here.
        let apart = got.iter().zip(expected).filter(|(a, b)| a != b).count();
        let most = got.iter().zip(expected).map(|(&a, &b)| a.abs_diff(b)).max();
        assert!(most <= Some(1) && apart <= area / 20, "{name}: {apart} differ by up to {most:?}");
    };
    let names = [
        "defocus_blur",
        "gaussian_blur",
        "zoom_blur",
        "brightness",
        "saturate",
        "contrast",
        "pixelate",
    ];
    for name in names {
        for severity in 1..=5 {
            let table = format!("kind = '{name}'\nseverity = {severity}").parse().unwrap();
            let corruption = cenote_spec::parse(&[CORRUPTIONS, EXTRA_CORRUPTIONS], table).unwrap();
            let mut got = image.to_vec();
            corruption.apply(&mut got, shape, &mut Seed(0).stream("none"));
            close(&format!("{name} {severity}"), &got, images.next().expect("one each"));
        }
    }
    let scale =
        cenote_spec::parse(&[MNIST_CORRUPTIONS], "kind = 'scale'".parse().unwrap()).unwrap();
    let mut got = image.to_vec();
    for plane in got.chunks_exact_mut(height * width) {
        scale.apply(plane, [1, height, width], &mut Seed(0).stream("none"));
    }
    close("scale", &got, images.next().expect("it comes last"));
    let image = images.next().expect("the smooth image");
    for severity in 1..=5 {
        let table = format!("kind = 'jpeg'\nseverity = {severity}").parse().unwrap();
        let jpeg = cenote_spec::parse(&[CORRUPTIONS, EXTRA_CORRUPTIONS], table).unwrap();
        let mut colours = image.to_vec();
        jpeg.apply(&mut colours, shape, &mut Seed(0).stream("none"));
        let mut greys = image.to_vec();
        for plane in greys.chunks_exact_mut(height * width) {
            jpeg.apply(plane, [1, height, width], &mut Seed(0).stream("none"));
        }
        for (name, got) in [("colours", colours), ("greys", greys)] {
            // libjpeg computes in whole numbers.
            let expected = images.next().expect("one each");
            let apart = got.iter().zip(expected).map(|(&a, &b)| u32::from(a.abs_diff(b)));
            let (sum, largest) = (apart.clone().sum::<u32>(), apart.max());
            assert!(
                largest <= Some(4) && sum < 400,
                "jpeg {severity} of {name}: {sum} {largest:?}"
            );
        }
    }
    assert!(images.next().is_none());
}
