//! What every transform obeys; the list is tested as it stands.

use cenote_tensor::Seed;

use super::*;

fn examples() -> impl Iterator<Item = (&'static str, Box<dyn Transform>)> {
    TRANSFORMS.iter().map(|kind| {
        let parsed = cenote_spec::parse(&[TRANSFORMS], kind.example_table());
        (kind.name, parsed.expect("the example parses"))
    })
}

const SHAPE: [usize; 3] = [3, 5, 7];

/// A colourful image, and its partner.
fn images() -> [Vec<u8>; 2] {
    [37, 91].map(|step| (0..105_usize).map(|at| (at * step % 251) as u8).collect())
}

fn changed(transform: &dyn Transform, image: &[u8], draw: u64) -> Vec<u8> {
    let mut image = image.to_vec();
    let stream = &mut Seed(draw).stream("draw");
    if transform.mixes() {
        transform.mix(&mut image, &images()[1], SHAPE, stream);
    } else {
        transform.apply(&mut image, SHAPE, stream);
    }
    image
}

#[test]
fn every_example_parses_to_its_own_kind_and_refuses_an_unknown_field() {
    for (kind, (name, transform)) in TRANSFORMS.iter().zip(examples()) {
        assert_eq!(transform.name(), name);
        assert!(transform.fits(SHAPE).is_ok(), "{name}");
        let mut table = kind.example_table();
        table.insert("colour".to_owned(), "red".into());
        let error = cenote_spec::parse(&[TRANSFORMS], table).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{name}: unknown field `colour`")), "{error}");
    }
}

#[test]
fn every_transform_depends_on_the_stream_only_and_changes_something() {
    let [image, _] = images();
    for (name, transform) in examples() {
        let mut outcomes = Vec::new();
        for draw in 0..20 {
            let outcome = changed(&*transform, &image, draw);
            assert_eq!(outcome, changed(&*transform, &image, draw), "{name}");
            outcomes.push(outcome);
        }
        outcomes.sort_unstable();
        outcomes.dedup();
        assert!(outcomes.len() > 1, "{name} never changes anything");
    }
}

#[test]
fn every_transform_treats_the_channels_alike() {
    // Of grey images, so that colours have nothing to change.
    let grey = images()[0][..35].repeat(3);
    for (name, transform) in examples().filter(|(_, transform)| !transform.mixes()) {
        for draw in 0..20 {
            let outcome = changed(&*transform, &grey, draw);
            assert_eq!(outcome[..35], outcome[35..70], "{name}");
            assert_eq!(outcome[..35], outcome[70..], "{name}");
        }
    }
}

/// The smallest box around the pixels above 127.
fn around(image: &[u8], [height, width]: [usize; 2]) -> Option<[f32; 4]> {
    let white = || (0..height * width).filter(|&at| image[at] > 127);
    let side = |of: fn(usize, usize) -> usize| {
        let places = || white().map(move |at| of(at, width));
        Some([places().min()? as f32, places().max()? as f32 + 1.0])
    };
    let ([x0, x1], [y0, y1]) = (side(|at, width| at % width)?, side(|at, width| at / width)?);
    Some([x0, y0, x1, y1])
}

/// Boxes of pixels and moved boxes agree: exactly where pixels move whole, to 1.5 pixels where they are read in between
/// (half a pixel for each half-covered border, one for the corner of a turned box that no pixel fills).
#[test]
fn the_mask_of_a_box_moves_where_the_box_does() {
    let [height, width] = [40, 50];
    let bbox = [12.0_f32, 9.0, 33.0, 28.0];
    let whole = ["horizontal_flip", "vertical_flip", "random_shift", "pad_and_crop"];
    let more = [
        ("random_shift", "max_pixels = 30"),
        ("random_shift", "max_pixels = 30\nborder = 'circular'"),
        ("rotate", "max_degrees = 180.0"),
        (
            "affine",
            "max_degrees = 30.0\nmax_shift = 0.02\nscale = [0.6, 1.0]\nmax_shear_degrees = 10.0",
        ),
        ("elastic", "alpha = 40.0\nsigma = 5.0"),
    ];
    let more = more.map(|(kind, text)| {
        let mut table: toml::Table = text.parse().unwrap();
        table.insert("kind".to_owned(), kind.into());
        (kind, cenote_spec::parse(&[TRANSFORMS], table).unwrap())
    });
    for (name, transform) in examples().chain(more) {
        let tolerance = if whole.contains(&name) { 0.0 } else { 1.5 };
        let mut moves = 0;
        for draw in 0..60 {
            let mut mask = vec![0; height * width];
            for row in 9..28 {
                mask[row * width + 12..row * width + 33].fill(255);
            }
            if transform.mixes() || transform.fits([1, height, width]).is_err() {
                continue;
            }
            let motion =
                transform.apply(&mut mask, [1, height, width], &mut Seed(draw).stream("draw"));
            if motion == Motion::Still {
                continue;
            }
            moves += 1;
            let (seen, moved) =
                (around(&mask, [height, width]), motion.bbox(bbox, [height, width]));
            let (Some(mut seen), Some(moved)) = (seen, moved) else { continue };
            if matches!(motion, Motion::Circular(_)) {
                // What came back at the other side is not of the larger part.
                let across =
                    |low: f32, high: f32, size: usize| low < 0.5 && high > size as f32 - 0.5;
                let cut = [across(seen[0], seen[2], width), across(seen[1], seen[3], height)];
                seen =
                    [0, 1, 2, 3].map(|side| if cut[side % 2] { moved[side] } else { seen[side] });
            }
            for (a, b) in seen.iter().zip(moved) {
                assert!((a - b).abs() <= tolerance, "{name}: {seen:?} {moved:?}");
            }
        }
        let still = [
            "brightness",
            "contrast",
            "saturation",
            "hue",
            "cutout",
            "random_erasing",
            "mixup",
            "cutmix",
        ];
        assert_eq!(moves == 0, still.contains(&name), "{name}");
    }
}
