//! The published sets that are beside the project or in `CENOTE_DATA_DIR`: counts, balance, channel statistics, duplicates.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use cenote_datasets::{
    Channels, DETECTION_KINDS, Dataset, DetectionSet, Duplicates, KINDS, Normalization, Scene,
    Survey, TEXT_KINDS, TextImage, WhyLeftOut, sha256,
};
use cenote_tensor::Scalar;
use toml::Table;

/// A path below the folder of full sets, or `None` and a word about it.
#[expect(clippy::print_stderr, reason = "a skipped check must be seen")]
fn path(below: &str) -> Option<String> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let path = env::var_os("CENOTE_DATA_DIR").map_or(beside, PathBuf::from).join(below);
    if !path.exists() {
        eprintln!("SKIPPED: {} is not there; set CENOTE_DATA_DIR", path.display());
        return None;
    }
    Some(path.display().to_string())
}

fn load(kind: &str, key: &str, below: &str) -> Option<Dataset> {
    let mut table = Table::new();
    table.insert("kind".to_owned(), kind.into());
    table.insert(key.to_owned(), path(below)?.into());
    let source = cenote_spec::parse(&[KINDS], table).expect("the kind is listed");
    Some(source.load().expect("the set loads"))
}

fn boxes(text: &str) -> DetectionSet {
    let table: Table = text.parse().expect("the test's text is TOML");
    let source = cenote_spec::parse(&[DETECTION_KINDS], table).expect("the kind is listed");
    source.load().expect("the set loads")
}

fn duplicates(set: &Dataset) -> Duplicates {
    let digests = |split| {
        Survey::of_split(split)
            .expect("the images are in memory")
            .digests
            .into_iter()
            .map(|digest| (digest, ()))
    };
    let [train, test] = [&set.train, &set.test].map(|split| digests(split).collect::<Vec<_>>());
    Duplicates::among(&train, &test)
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
    assert_eq!(duplicates(&set), Duplicates::default());
    let measured = Normalization::of(&set.train).unwrap();
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
        close(&Normalization::of(&set.train).unwrap().mean, &[0.13066]);
        assert_eq!(duplicates(&set), Duplicates::default());
    }
    if let Some(set) = load("fashion_mnist", "dir", "fashion-mnist") {
        assert_eq!(set.train.class_counts(), [6_000; 10]);
        assert_eq!(set.test.class_counts(), [1_000; 10]);
        close(&Normalization::of(&set.train).unwrap().mean, &[0.28604]);
        assert_eq!(duplicates(&set), Duplicates::default());
    }
}

#[test]
fn the_table_of_digits_holds_what_the_embedded_digits_hold() {
    let Some(path) = path("digits/digits.csv") else { return };
    // The whole table as both parts, since only the first is looked at.
    let text = format!(
        "kind = 'csv'\ntrain = '{path}'\ntest = '{path}'\nshape = [1, 8, 8]\nlabel = 'last'"
    );
    let table = text.parse().expect("the test's text is TOML");
    let read = cenote_spec::parse(&[KINDS], table).expect("listed").load().expect("the set loads");
    assert_eq!(read.train.class_counts(), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    let table = "kind = 'digits'".parse().expect("the test's text is TOML");
    let embedded = cenote_spec::parse(&[KINDS], table).expect("listed").load().expect("it loads");
    let pixels = [embedded.train.images().pixels(), embedded.test.images().pixels()].concat();
    assert_eq!(read.train.images().pixels(), pixels);
    assert_eq!(read.train.labels(), [embedded.train.labels(), embedded.test.labels()].concat());
    assert!(pixels.iter().all(|&value| value <= 16));
}

#[test]
fn the_plain_idx_files_of_digits_hold_what_the_table_holds() {
    let (Some(images), Some(labels)) =
        (path("digits/digits-images-idx3-ubyte"), path("digits/digits-labels-idx1-ubyte"))
    else {
        return;
    };
    let text = format!(
        "kind = 'idx'\ntrain_images = '{images}'\ntrain_labels = '{labels}'\n\
         test_images = '{images}'\ntest_labels = '{labels}'"
    );
    let table = text.parse().expect("the test's text is TOML");
    let read = cenote_spec::parse(&[KINDS], table).expect("listed").load().expect("the set loads");
    assert_eq!((read.train.len(), read.shape()), (1_797, [1, 8, 8]));
    let table = "kind = 'digits'".parse().expect("the test's text is TOML");
    let embedded = cenote_spec::parse(&[KINDS], table).expect("listed").load().expect("it loads");
    let pixels = [embedded.train.images().pixels(), embedded.test.images().pixels()].concat();
    assert_eq!((embedded.train.len(), embedded.test.len()), (1_347, 450));
    assert_eq!(read.train.images().pixels(), pixels);
    assert_eq!(read.train.labels(), [embedded.train.labels(), embedded.test.labels()].concat());
}

#[test]
fn no_photograph_of_blood_cells_is_there_twice_and_its_parts_are_disjoint() {
    let Some(dir) = path("bccd/BCCD") else { return };
    let set = boxes(&format!("kind = 'voc'\ndir = '{dir}'"));
    let photos = fs::read_dir(Path::new(&dir).join("JPEGImages")).expect("the set has photos");
    let digests = photos.map(|file| {
        let file = file.expect("readable").path();
        sha256(&fs::read(file).expect("readable"))
    });
    let distinct: BTreeSet<String> = digests.collect();
    assert_eq!(distinct.len(), set.train.len() + set.test.len());
    let names = |part: &[Scene]| -> BTreeSet<String> {
        part.iter().map(|scene| scene.picture.name().to_owned()).collect()
    };
    let (train, test) = (names(&set.train), names(&set.test));
    assert_eq!((train.len(), test.len(), train.is_disjoint(&test)), (292, 72, true));
}

#[test]
fn the_blood_cells_are_all_counted_and_two_boxes_without_area_are_left_out() {
    let Some(dir) = path("bccd/BCCD") else { return };
    let whole = boxes(&format!("kind = 'voc'\ndir = '{dir}'"));
    assert_eq!((whole.train.len(), whole.test.len()), (292, 72));
    let parts = boxes(&format!("kind = 'voc'\ndir = '{dir}'\ntrain = 'train'\ntest = 'val'"));
    assert_eq!((parts.train.len(), parts.test.len()), (205, 87));

    assert_eq!(whole.classes, ["Platelets", "RBC", "WBC"]);
    let [train, test] = [&whole.train, &whole.test].map(|part| whole.class_counts(part));
    let mut counts: Vec<usize> = train.iter().zip(&test).map(|(a, b)| a + b).collect();
    let empty = |name: &str| {
        let mut found = whole.left_out.iter().filter(|out| out.image.ends_with(name));
        let out = found.next().expect("the box is listed");
        assert!(found.next().is_none());
        (out.why, out.corners)
    };
    let at = |x: f64, y: f64| [x - 1.0, y - 1.0, x, y];
    let named = [("BloodImage_00338.jpg", 504.0, 337.0), ("BloodImage_00343.jpg", 181.0, 329.0)];
    for (image, x, y) in named {
        assert_eq!(empty(image), (WhyLeftOut::Empty, at(x, y)));
    }
    assert_eq!(whole.left_out.len(), 2);
    whole.left_out.iter().for_each(|out| counts[out.class] += 1);
    assert_eq!(counts, [361, 4_155, 372]);

    let scenes = || whole.train.iter().chain(&whole.test);
    assert!(scenes().all(|scene| scene.size == [480, 640]));
    let most = scenes().map(|scene| scene.objects.len()).max();
    assert_eq!(most, Some(30));
    assert_eq!(whole.usual_size().expect("all decode"), [480, 640]);
    let scaled = whole.scaled(Channels::Rgb, [48, 64]).expect("all decode");
    assert_eq!(scaled.shape(), [3, 48, 64]);
    let inside = |[x1, y1, x2, y2]: [f32; 4]| 0.0 <= x1 && x1 < x2 && x2 <= 64.0 && y1 < y2;
    let mut objects = scaled.train.objects().expect("boxes").iter().flatten();
    assert!(objects.all(|object| inside(object.corners)));
}

#[test]
fn the_photos_of_coco_have_their_objects_crowds_and_one_background() {
    let (Some(json), Some(photos)) =
        (path("coco-tiny/annotations/instances_train2017.json"), path("coco-tiny/train2017"))
    else {
        return;
    };
    let set = boxes(&format!(
        "kind = 'coco'\ntrain_annotations = '{json}'\ntrain_images = '{photos}'\ntest_share = 0.2"
    ));
    assert_eq!((set.train.len(), set.test.len(), set.classes.len()), (40, 10, 80));
    let scenes = || set.train.iter().chain(&set.test);
    let objects: Vec<_> = scenes().flat_map(|scene| &scene.objects).collect();
    assert_eq!(objects.len() + set.left_out.len(), 470);
    assert_eq!(objects.iter().filter(|object| object.crowd).count(), 5);
    assert_eq!(scenes().filter(|scene| scene.objects.is_empty()).count(), 1);
    let mut seen: Vec<usize> = objects.iter().map(|object| object.class).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 49);
    // Ids 1 and 90, with gaps between them.
    assert_eq!((set.classes[0].as_str(), set.classes[79].as_str()), ("person", "toothbrush"));
    for scene in &set.test {
        assert_eq!(scene.picture.size().expect("a photo"), scene.size);
    }
}

#[test]
fn the_captchas_are_read_from_their_archive() {
    let Some(zip) = path("captcha-v2/captcha_images_v2.zip") else { return };
    let text = format!("kind = 'captcha'\npath = '{zip}'");
    let table = text.parse().expect("the test's text is TOML");
    let set = cenote_spec::parse(&[TEXT_KINDS], table).expect("listed").load().expect("it loads");
    assert_eq!((set.train.len(), set.test.len()), (832, 208));
    assert_eq!(set.alphabet.iter().collect::<String>(), "2345678bcdefgmnpwxy");
    let all: Vec<TextImage> = set.train.iter().chain(&set.test).cloned().collect();
    assert!(all.iter().all(|image| image.text.chars().count() == 5));
    let shares: Vec<f64> =
        set.character_counts(&all).iter().map(|&count| count as f64 / 5_200.0).collect();
    let of = |character| shares[set.alphabet.binary_search(&character).expect("it occurs")];
    let most = shares.iter().copied().fold(0.0, f64::max);
    let least = shares.iter().copied().fold(1.0, f64::min);
    assert_eq!((of('n'), of('y')), (most, least));
    assert!((most - 0.101).abs() < 5e-4 && (least - 0.045).abs() < 5e-4, "{most} {least}");
    let pictures: Vec<_> = all.iter().map(|image| &image.picture).collect();
    let survey = Survey::of_pictures(&pictures, Channels::Grey).expect("all decode");
    assert!(survey.sizes.iter().all(|&size| size == [50, 200]));
    let digests: Vec<_> = survey.digests.iter().map(|&digest| (digest, ())).collect();
    assert_eq!(Duplicates::among(&digests, &[]), Duplicates::default());
    let scaled = set.scaled(Channels::Grey, [25, 100]).expect("all decode");
    assert_eq!((scaled.shape(), scaled.classes.len()), ([1, 25, 100], 19));
    let first = &scaled.test.texts().expect("texts")[0];
    let text: String = first.iter().map(|&at| set.alphabet[at]).collect();
    assert_eq!(text, set.test[0].text);
}
