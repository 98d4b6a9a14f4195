//! Kernels against torchvision's; see `tests/reference/transforms.py`.

use cenote_tensor::Seed;

use super::affine::{matrix, warp};
use super::brightness::brighten;
use super::contrast::stretch;
use super::cutout::within_box;
use super::hue::turn;
use super::random_shift::slide;
use super::saturation::saturate;
use super::*;
use crate::Idx;

const SHAPE: [usize; 3] = [3, 9, 12];

fn flip(kind: &str, image: &mut [u8]) {
    let table = format!("kind = '{kind}'\nprobability = 1.0").parse().unwrap();
    let flip = cenote_spec::parse(&[TRANSFORMS], table).unwrap();
    flip.apply(image, SHAPE, &mut Seed(0).stream("any"));
}

type Change<'a> = &'a dyn Fn(&mut [u8]);

#[test]
fn kernels_are_those_of_torchvision() {
    let bytes = include_bytes!("../../tests/reference/transforms.idx.gz");
    let stored = Idx::decode("transforms.idx.gz", bytes).unwrap();
    let mut images = stored.values().chunks_exact(3 * 9 * 12);
    let image = images.next().expect("the image comes first");
    let turned = |image: &mut [u8], degrees, interpolation| {
        let map = matrix(SHAPE, [degrees, 0.0], 1.0, [0.0, 0.0]);
        warp(image, SHAPE, (interpolation, Border::Zero), map);
    };
    let mapped = |image: &mut [u8], angles, factor, shift, interpolation| {
        warp(image, SHAPE, (interpolation, Border::Zero), matrix(SHAPE, angles, factor, shift));
    };
    let (nearest, bilinear) = (Interpolation::Nearest, Interpolation::Bilinear);
    let changes: [(&str, Change<'_>); 21] = [
        ("horizontal flip", &|x| flip("horizontal_flip", x)),
        ("vertical flip", &|x| flip("vertical_flip", x)),
        ("rotate 17", &|x| turned(x, 17.0, bilinear)),
        ("rotate -70", &|x| turned(x, -70.0, bilinear)),
        ("rotate 33, nearest", &|x| turned(x, 33.0, nearest)),
        ("scale 1.3", &|x| mapped(x, [0.0, 0.0], 1.3, [0.0, 0.0], bilinear)),
        ("scale 0.6, nearest", &|x| mapped(x, [0.0, 0.0], 0.6, [0.0, 0.0], nearest)),
        ("affine", &|x| mapped(x, [-25.0, 0.0], 0.8, [2.0, -1.0], bilinear)),
        ("affine with shear", &|x| mapped(x, [25.0, 12.0], 1.1, [-3.0, 2.0], bilinear)),
        ("brightness 0.6", &|x| brighten(x, 0.6)),
        ("brightness 1.7", &|x| brighten(x, 1.7)),
        ("contrast 0.5", &|x| stretch(x, SHAPE, 0.5)),
        ("contrast 1.6", &|x| stretch(x, SHAPE, 1.6)),
        ("saturation 0.3", &|x| saturate(x, 0.3)),
        ("saturation 1.8", &|x| saturate(x, 1.8)),
        ("hue 0.2", &|x| turn(x, 0.2)),
        ("hue -0.45", &|x| turn(x, -0.45)),
        ("erase", &|x| within_box(x, SHAPE, [[2, 6], [3, 8]], |part, _| part.fill(77))),
        ("crop with zeros", &|x| drop(slide(x, SHAPE, [2, -2], Border::Zero))),
        ("crop with a mirror", &|x| drop(slide(x, SHAPE, [2, -2], Border::Reflect))),
        ("crop with edges", &|x| drop(slide(x, SHAPE, [-3, 3], Border::Edge))),
    ];
    for (name, change) in changes {
        let mut got = image.to_vec();
        change(&mut got);
        let expected = images.next().expect("one each");
        // Grids are single precision there: a value on the border between two bytes may go to the other,
        // and a hue is computed in another order.
        let apart = got.iter().zip(expected).filter(|(a, b)| a != b).count();
        let most = got.iter().zip(expected).map(|(&a, &b)| a.abs_diff(b)).max();
        assert!(most <= Some(1) && apart <= 16, "{name}: {apart} of 324 differ by up to {most:?}");
    }
    assert!(images.next().is_none());
}
