//! The published sets that are beside the project or in `CENOTE_DATA_DIR`: counts, balance and channel statistics.

use std::env;
use std::path::{Path, PathBuf};

use cenote_datasets::{Dataset, KINDS, Normalization};
use cenote_tensor::Scalar;

/// A set below the folder of full sets, or `None` and a word about it.
#[expect(clippy::print_stderr, reason = "a skipped check must be seen")]
fn load(kind: &str, key: &str, below: &str) -> Option<Dataset> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let path = env::var_os("CENOTE_DATA_DIR").map_or(beside, PathBuf::from).join(below);
    if !path.exists() {
        eprintln!("SKIPPED: {kind}: {} is not there; set CENOTE_DATA_DIR", path.display());
        return None;
    }
    let mut table = toml::Table::new();
    table.insert("kind".to_owned(), kind.into());
    table.insert(key.to_owned(), path.display().to_string().into());
    let source = cenote_spec::parse(&[KINDS], table).expect("the kind is listed");
    Some(source.load().expect("the set loads"))
}

fn close(got: &[Scalar], expected: &[f64]) {
    assert_eq!(got.len(), expected.len());
    let far =
        got.iter().zip(expected).any(|(&got, expected)| (f64::from(got) - expected).abs() > 5e-5);
    assert!(!far, "{got:?}, expected {expected:?}");
}

#[test]
fn the_part_of_cifar10_is_what_its_notes_say() {
    let Some(set) = load("cifar10", "file", "cifar10/cifar-10-binary-20k.tar.gz") else { return };
    assert_eq!(set.name, "cifar10 (20000 of 50000 training images)");
    assert_eq!((set.shape(), set.classes[9].as_str()), ([3, 32, 32], "truck"));
    assert_eq!(set.train.class_counts(), [2_000; 10]);
    assert_eq!(set.test.class_counts(), [1_000; 10]);
    let measured = Normalization::of(&set.train);
    close(&measured.mean, &[0.49194, 0.48219, 0.44601]);
    close(&measured.deviation, &[0.24719, 0.24362, 0.26179]);
}

#[test]
fn mnist_and_fashion_mnist_have_the_published_balance() {
    if let Some(set) = load("mnist", "dir", "mnist") {
        let train = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949];
        assert_eq!(set.train.class_counts(), train);
        let test = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009];
        assert_eq!(set.test.class_counts(), test);
        close(&Normalization::of(&set.train).mean, &[0.13066]);
    }
    if let Some(set) = load("fashion_mnist", "dir", "fashion-mnist") {
        assert_eq!(set.train.class_counts(), [6_000; 10]);
        assert_eq!(set.test.class_counts(), [1_000; 10]);
        close(&Normalization::of(&set.train).mean, &[0.28604]);
    }
}
