//! The embedded sets: what they hold, and that they follow from the full sets by the committed rule.

#[path = "../examples/embed/draw.rs"]
mod draw;

use std::collections::BTreeSet;
use std::env;
use std::path::{Path, PathBuf};

use cenote_datasets::{Dataset, Idx, KINDS, Normalization, Split};

fn load(text: &str) -> Dataset {
    let table = text.parse().expect("the text is TOML");
    cenote_spec::parse(&[KINDS], table).expect("the kind is listed").load().expect("the set loads")
}

/// The folder of full sets, or `None` and a word about it.
#[expect(clippy::print_stderr, reason = "a skipped check must be seen")]
fn full_sets() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let root = env::var_os("CENOTE_DATA_DIR").map_or(beside, PathBuf::from);
    let complete =
        ["fashion-mnist", "mnist", "digits"].iter().all(|folder| root.join(folder).is_dir());
    if !complete {
        eprintln!(
            "SKIPPED: no fashion-mnist/, mnist/ and digits/ in {}; set CENOTE_DATA_DIR",
            root.display()
        );
    }
    complete.then_some(root)
}

fn mean_and_deviation(split: &Split) -> (f64, f64) {
    let measured = Normalization::of(split).expect("the images are in memory");
    (measured.mean[0].into(), measured.deviation[0].into())
}

#[test]
fn fashion_mnist_10k_is_balanced_and_unchanged() {
    let set = load("kind = 'fashion_mnist_10k'");
    assert_eq!(set.shape(), [1, 28, 28]);
    assert_eq!(set.train.class_counts(), [1_000; 10]);
    assert_eq!(set.test.class_counts(), [200; 10]);
    assert_eq!(set.classes[9], "Ankle boot");
    assert_eq!(set.checksum, FASHION_MNIST_10K);
    // The full training set has mean 0.2860 and deviation 0.3530.
    let (mean, deviation) = mean_and_deviation(&set.train);
    assert!(
        (mean - 0.286).abs() < 0.004 && (deviation - 0.353).abs() < 0.004,
        "{mean} {deviation}"
    );
}

#[test]
fn no_image_of_fashion_mnist_10k_occurs_twice() {
    let set = load("kind = 'fashion_mnist_10k'");
    let images = |split: &Split| {
        (0..split.len()).map(|i| split.images().image(i).to_vec()).collect::<Vec<_>>()
    };
    let all: BTreeSet<Vec<u8>> = images(&set.train).into_iter().chain(images(&set.test)).collect();
    assert_eq!(all.len(), 12_000);
}

#[test]
fn digits_have_the_published_class_counts_and_values() {
    let set = load("kind = 'digits'");
    let counts = set.train.class_counts().into_iter().zip(set.test.class_counts());
    let both: Vec<usize> = counts.map(|(train, test)| train + test).collect();
    assert_eq!(both, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    assert_eq!((set.train.len(), set.test.len(), set.shape()), (1_347, 450, [1, 8, 8]));
    assert_eq!(set.train.images().pixels().iter().max(), Some(&16));
    assert_eq!(set.train.images().image(0)[..8], [0, 0, 5, 13, 9, 1, 0, 0]);
    assert_eq!(set.checksum, DIGITS);
}

#[test]
fn loading_again_shares_the_decoded_pixels() {
    let (once, again) = (load("kind = 'digits'"), load("kind = 'digits'"));
    assert_eq!(once.train.images().pixels().as_ptr(), again.train.images().pixels().as_ptr());
}

#[test]
fn the_embedded_files_are_drawn_from_the_full_sets_by_the_committed_rule() {
    let Some(root) = full_sets() else { return };
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    for (name, drawn) in draw::draw(&root).expect("the full sets are complete") {
        let committed = std::fs::read(data.join(&name)).expect("the file is committed");
        assert_eq!(Idx::decode(&name, &committed).expect("it is IDX"), drawn, "{name}");
        // Packing the photos again would take more than a second.
        if drawn.values().len() < 100_000 {
            assert_eq!(drawn.encode_gzip(), committed, "{name}");
        }
    }
}

#[test]
fn full_fashion_mnist_loads_with_the_published_counts() {
    let Some(root) = full_sets() else { return };
    let set =
        load(&format!("kind = 'fashion_mnist'\ndir = '{}'", root.join("fashion-mnist").display()));
    assert_eq!(set.train.class_counts(), [6_000; 10]);
    assert_eq!(set.test.class_counts(), [1_000; 10]);
}

#[test]
fn full_mnist_loads_with_the_published_counts() {
    let Some(root) = full_sets() else { return };
    let set = load(&format!("kind = 'mnist'\ndir = '{}'", root.join("mnist").display()));
    assert_eq!(
        set.train.class_counts(),
        [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    );
    assert_eq!(set.test.class_counts(), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    // Known to every user of the set: 0.1307 and 0.3081.
    let (mean, deviation) = mean_and_deviation(&set.train);
    assert!(
        (mean - 0.1307).abs() < 5e-5 && (deviation - 0.3081).abs() < 5e-5,
        "{mean} {deviation}"
    );
}

// From `tests/golden.py`, which shares no code.
const FASHION_MNIST_10K: &str = "e5c1bc1a927df3476156ee6aeae9d9f7a7e562577e1f727bd4ad884157d6adbd";
const DIGITS: &str = "7d1856fdfbabde84d82e9302acb5f5ac419edd1476f5e463fca025db00bd1204";
