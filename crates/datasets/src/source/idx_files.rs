//! Any four IDX files, gzip or plain, under whatever names they have.
//!
//! Images have the sizes `(N, H, W)` or `(N, C, H, W)`; labels are `(N)`. Without `classes` the labels name
//! themselves, up to the largest that occurs in training or test.

use std::path::{Path, PathBuf};

use cenote_spec::{Kind, params};
use serde::Deserialize;

use super::Source;
use crate::{Dataset, Error, Idx, Origin, Split};

pub(super) const KIND: Kind<dyn Source> = Kind {
    name: NAME,
    about: "your own images and labels in four IDX files, gzip or plain",
    example: r#"train_images = "my/train-images-idx3-ubyte.gz"
train_labels = "my/train-labels-idx1-ubyte.gz"
test_images = "my/test-images-idx3-ubyte"
test_labels = "my/test-labels-idx1-ubyte"
classes = ["cat", "dog"]"#,
    notes: None,
    parse: |table| Ok(Box::new(params::<IdxFiles>(NAME, table)?)),
};

const NAME: &str = "idx";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct IdxFiles {
    name: Option<String>,
    train_images: PathBuf,
    train_labels: PathBuf,
    test_images: PathBuf,
    test_labels: PathBuf,
    classes: Option<Vec<String>>,
}

impl Source for IdxFiles {
    fn load(&self) -> Result<Dataset, Error> {
        let train = split(&self.train_images, &self.train_labels)?;
        let test = split(&self.test_images, &self.test_labels)?;
        let origin = Origin::own(self.name.as_deref(), NAME);
        Dataset::of_numbers(origin, self.classes.as_ref(), train, test)
    }
}

fn split(images: &Path, labels: &Path) -> Result<Split, Error> {
    Split::from_idx(Idx::read(images)?, &Idx::read(labels)?).map_err(|error| Error::Pair {
        images: images.display().to_string(),
        labels: labels.display().to_string(),
        source: Box::new(error),
    })
}

#[cfg(test)]
mod tests {
    use cenote_spec::parse;

    use super::*;
    use crate::KINDS;

    /// Four files in a directory, half of them in gzip; returns what loading them gives.
    fn load(test_labels: &[u8], extra: &str) -> Result<Dataset, String> {
        let dir = tempfile::tempdir().unwrap();
        let mut table: toml::Table = extra.parse().unwrap();
        table.insert("kind".to_owned(), NAME.into());
        let mut place = |name: &str, idx: &Idx, gzip: bool| {
            let path = dir.path().join(name);
            std::fs::write(&path, if gzip { idx.encode_gzip() } else { idx.encode() }).unwrap();
            table.insert(name.to_owned(), path.display().to_string().into());
        };
        place("train_images", &Idx::new(vec![3, 2, 1, 4], (0..24).collect()).unwrap(), true);
        place("train_labels", &Idx::new(vec![3], vec![1, 0, 1]).unwrap(), false);
        place("test_images", &Idx::new(vec![1, 2, 1, 4], (0..8).collect()).unwrap(), false);
        place(
            "test_labels",
            &Idx::new(vec![test_labels.len()], test_labels.to_vec()).unwrap(),
            true,
        );
        let source = parse(&[KINDS], table).map_err(|error| error.to_string())?;
        source.load().map_err(|error| error.to_string())
    }

    #[test]
    fn own_files_load_with_or_without_class_names() {
        let unnamed = load(&[2], "").unwrap();
        assert_eq!(unnamed.classes, ["0", "1", "2"]);
        assert_eq!((unnamed.name.as_str(), unnamed.shape()), ("idx", [2, 1, 4]));
        let named = load(&[0], "classes = ['cat', 'dog']\nname = 'pets'").unwrap();
        assert_eq!((named.name.as_str(), &named.classes[1][..]), ("pets", "dog"));
    }

    #[test]
    fn a_label_without_a_class_name_is_an_error() {
        let error = load(&[2], "classes = ['cat', 'dog']\nname = 'pets'").unwrap_err();
        assert_eq!(error, "pets: label 2 of test example 0 is out of range; expected 0 to 1");
    }

    #[test]
    fn labels_that_do_not_match_the_images_are_an_error() {
        let error = load(&[0, 1], "").unwrap_err();
        let end = "test_labels: 1 images cannot be paired with 2 labels";
        assert!(error.ends_with(end) && error.contains("test_images with "), "{error}");
    }
}
