//! What every corruption obeys; the lists are tested as they stand.

use cenote_tensor::Seed;

use super::*;

fn parsed(name: &str, severity: Option<u8>) -> Box<dyn Corruption> {
    Damage::named(name, severity).expect("a listed corruption").corruption
}

/// The kinds that have severities.
fn graded() -> impl Iterator<Item = &'static str> {
    CORRUPTIONS.iter().chain(EXTRA_CORRUPTIONS).map(|kind| kind.name)
}

/// The kinds of MNIST-C, with the names that studies know them by.
fn mnist() -> impl Iterator<Item = (&'static str, Box<dyn Corruption>)> {
    MNIST_CORRUPTIONS
        .iter()
        .map(|kind| (kind.name, parsed(&format!("mnist_c/{}", kind.name), None)))
}

/// Smooth images with some detail, of two sides that differ.
fn split(channels: usize, count: usize) -> Split {
    let shape = [channels, 32, 36];
    let pixel = |at: usize| {
        let (image, place) = (at / (channels * 32 * 36), at % (32 * 36));
        let (x, y) = ((place % 36) as f64, (place / 36) as f64);
        let wave = (x * 0.3 + image as f64).sin() + (y * 0.45 - image as f64).cos();
        let detail = if (x - 18.0).hypot(y - 16.0) < 6.0 { 60.0 } else { 0.0 };
        (100.0 + 35.0 * wave + detail - (at / (32 * 36) % channels) as f64 * 9.0) as u8
    };
    let pixels = (0..count * channels * 32 * 36).map(pixel).collect();
    Split::new(Images::new(shape, pixels).unwrap(), vec![0; count]).unwrap()
}

/// Mean squared change of a value, in `0..=1`.
fn damage(before: &Split, after: &Split) -> f64 {
    let pairs = before.images().pixels().iter().zip(after.images().pixels());
    let squares = pairs.map(|(&a, &b)| ((f64::from(a) - f64::from(b)) / 255.0).powi(2));
    squares.sum::<f64>() / before.images().pixels().len() as f64
}

#[test]
fn every_corruption_depends_on_seed_and_example_only() {
    let whole = split(3, 6);
    let grey = split(1, 6);
    let graded = graded().map(|name| (name, parsed(name, Some(2)), &whole));
    let mnist = mnist().map(|(name, corruption)| (name, corruption, &grey));
    for (name, corruption, split) in graded.chain(mnist) {
        assert_eq!(corruption.name(), name);
        let damaged = |split: &Split, seed| corrupted(split, &*corruption, Seed(seed)).unwrap();
        let all = damaged(split, 1);
        assert_eq!(all, damaged(split, 1), "{name}");
        // An example is damaged alike without those behind it.
        let first = damaged(&split.subset(&[0, 1]), 1);
        assert_eq!(
            first.images().pixels()[..],
            all.images().pixels()[..first.images().pixels().len()]
        );
        assert_ne!(all.images(), split.images(), "{name} changes nothing");
    }
}

#[test]
fn damage_grows_with_severity() {
    let images = split(3, 12);
    for name in graded() {
        let damages: Vec<f64> = (1..=5)
            .map(|severity| {
                let corruption = parsed(name, Some(severity));
                damage(&images, &corrupted(&images, &*corruption, Seed(3)).unwrap())
            })
            .collect();
        // By the constants some go up and down: glass is broken once with the blur of 2 and 3, twice with the same blur at 4
        // and 5, and a blurred image has less to break; saturate makes colours pale at 1 and 2 and stronger from 3 on; pixelate
        // goes by how sizes divide; snow trades its share for larger flakes. Elastic trades a large map of the whole image for
        // jitter of its pixels, and smooth images show only the first.
        let (all, whole) = (&damages[..], damages[0] < damages[4]);
        let ordered = match name {
            "glass_blur" => whole && all[1] < all[3] && all[2] < all[4],
            "saturate" => all[0] < all[1] && all[2..].is_sorted(),
            "elastic" => all.is_sorted_by(|a, b| a > b),
            "pixelate" | "snow" => whole,
            _ => whole && all.is_sorted(),
        };
        assert!(ordered, "{name}: {damages:?}");
    }
}

/// Mean and variance of what is added to grey images of one value.
fn added(name: &str, severity: u8, level: u8) -> [f64; 2] {
    let flat =
        Split::new(Images::new([1, 32, 32], vec![level; 20 * 1024]).unwrap(), vec![0; 20]).unwrap();
    let noisy = corrupted(&flat, &*parsed(name, Some(severity)), Seed(5)).unwrap();
    let changes = noisy.images().pixels().iter();
    // A cut value lies half a level below the exact one on average.
    let changes: Vec<f64> =
        changes.map(|&y| (f64::from(y) + 0.5 - f64::from(level)) / 255.0).collect();
    let mean = changes.iter().sum::<f64>() / changes.len() as f64;
    [mean, changes.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / changes.len() as f64]
}

#[test]
fn moments_of_noise_are_those_of_the_formula() {
    let x: f64 = 128.0 / 255.0;
    for (name, variance) in [
        ("gaussian_noise", [0.04_f64, 0.06, 0.08, 0.09, 0.10].map(|c| c * c)),
        ("speckle_noise", [0.06_f64, 0.1, 0.12, 0.16, 0.2].map(|c| (c * x).powi(2))),
        ("shot_noise", [500.0, 250.0, 100.0, 75.0, 50.0].map(|c| x / c)),
        (
            "impulse_noise",
            [0.01, 0.02, 0.03, 0.05, 0.07].map(|c: f64| c * ((1.0 - x).powi(2) + x * x) / 2.0),
        ),
    ] {
        for (severity, expected) in (1..).zip(variance) {
            let [mean, variance] = added(name, severity, 128);
            // 20,480 values: five standard errors of the mean, and a tenth of the variance.
            let tolerance = 5.0 * (expected / 20_480.0).sqrt() + 0.5 / 255.0;
            assert!(mean.abs() < tolerance, "{name} {severity}: mean {mean}");
            let ratio = variance / expected;
            assert!((ratio - 1.0).abs() < 0.1, "{name} {severity}: {variance}, not {expected}");
        }
    }
    let share = added("impulse_noise", 5, 0)[0] - 0.5 / 255.0;
    assert!((share - 0.035).abs() < 0.0065, "half of 7 % become white: {share}");
}

#[test]
fn unfit_images_and_severities_are_refused() {
    let parse =
        |text: &str| cenote_spec::parse(&[CORRUPTIONS, EXTRA_CORRUPTIONS], text.parse().unwrap());
    for severity in [0, 6] {
        let error = parse(&format!("kind = 'fog'\nseverity = {severity}")).unwrap_err().to_string();
        assert_eq!(error, format!("fog: severity is {severity}; expected 1 to 5"));
    }
    let saturate = parse("kind = 'saturate'\nseverity = 1").unwrap();
    let error = corrupted(&split(1, 1), &*saturate, Seed(1)).unwrap_err().to_string();
    assert_eq!(error, "channels of images to corrupt is 1; expected 3 for saturate");
    let error = saturate.fits([3, 7, 30]).unwrap_err().to_string();
    assert_eq!(error, "size of images to corrupt is 7x30; expected at least 8x8");
    for kinds in [CORRUPTIONS, EXTRA_CORRUPTIONS, MNIST_CORRUPTIONS] {
        for kind in kinds {
            assert!(cenote_spec::parse(&[kinds], kind.example_table()).is_ok(), "{}", kind.name);
        }
    }
}

#[test]
fn the_smallest_images_and_uneven_ones_survive_every_corruption() {
    for shape in [[3, 8, 8], [3, 9, 31], [3, 40, 8]] {
        let area = shape.iter().product();
        let image: Vec<u8> = (0..area).map(|at| (at * 7 % 256) as u8).collect();
        for name in graded() {
            for severity in 1..=5 {
                let corruption = parsed(name, Some(severity));
                for extreme in [image.clone(), vec![0; area], vec![255; area]] {
                    let mut image = extreme;
                    corruption.apply(&mut image, shape, &mut Seed(1).stream("draw"));
                }
            }
        }
        let [_, height, width] = shape;
        for (_, corruption) in mnist() {
            let mut image = image[..height * width].to_vec();
            corruption.apply(&mut image, [1, height, width], &mut Seed(1).stream("draw"));
        }
    }
}
