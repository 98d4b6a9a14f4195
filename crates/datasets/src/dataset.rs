//! A named data set: what the labels mean, what to learn from, what to judge by.

use crate::checksum::Fingerprint;
use crate::{Error, Split};

/// A named set of labelled images, split for training and testing; or of images with a text or with boxes each.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// Name for reports.
    pub name: String,
    /// What each label stands for; of texts each character, of boxes each class of object.
    pub classes: Vec<String>,
    /// Examples to learn from; validation examples are held out from these.
    pub train: Split,
    /// Examples to judge by.
    pub test: Split,
    /// SHA-256 over class names, shapes, pixels and labels as decoded, however the files were packed; where images stay
    /// in their files, over the digest of each file instead of its pixels.
    pub checksum: String,
    /// Terms under which the images are published.
    pub licence: &'static str,
    /// Where the images come from.
    pub source: &'static str,
}

/// Where a data set comes from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Name for reports.
    pub name: String,
    /// Terms under which the images are published.
    pub licence: &'static str,
    /// Where the images come from.
    pub source: &'static str,
}

impl Origin {
    /// The user's own files, called `name`, else by the kind of their source.
    pub(crate) fn own(name: Option<&str>, kind: &str) -> Self {
        let (name, source) = (name.unwrap_or(kind).to_owned(), "the user's own files");
        Self { name, licence: "not stated", source }
    }
}

impl Dataset {
    /// Checks that the parts belong together and computes the checksum.
    ///
    /// # Errors
    ///
    /// When a split is empty, the splits differ in shape, a label is not below the number of classes, or a file that
    /// images stay in cannot be read.
    pub fn new(
        origin: Origin,
        classes: Vec<String>,
        train: Split,
        test: Split,
    ) -> Result<Self, Error> {
        let Origin { name, licence, source } = origin;
        if classes.is_empty() {
            return Err(Error::Setting {
                what: "classes",
                got: "an empty list".to_owned(),
                expected: "a name for every label".to_owned(),
            });
        }
        for (part, split) in [("train", &train), ("test", &test)] {
            if split.is_empty() {
                return Err(Error::Setting {
                    what: if part == "train" { "training examples" } else { "test examples" },
                    got: "0".to_owned(),
                    expected: "at least 1".to_owned(),
                });
            }
            if let Some(index) = split.labels().iter().position(|&label| label >= classes.len()) {
                let label = split.labels()[index];
                return Err(Error::Label {
                    dataset: name,
                    part,
                    index,
                    label,
                    classes: classes.len(),
                });
            }
        }
        if train.shape() != test.shape() {
            return Err(Error::Setting {
                what: "shape (channels, rows, columns) of the test images",
                got: format!("{:?}", test.shape()),
                expected: format!("{:?}, as in training", train.shape()),
            });
        }
        let mut fingerprint = Fingerprint::new(&classes);
        for split in [&train, &test] {
            fingerprint.update(split.images(), split.labels())?;
            fingerprint.groups(split.groups());
            fingerprint.texts(split.texts());
            fingerprint.objects(split.objects());
        }
        Ok(Self { name, classes, train, test, checksum: fingerprint.finish(), licence, source })
    }

    /// The same where labels are numbers: these are the names of the classes, up to the largest, unless `classes` has others.
    pub(crate) fn of_numbers(
        origin: Origin,
        classes: Option<&Vec<String>>,
        train: Split,
        test: Split,
    ) -> Result<Self, Error> {
        let count = train.class_counts().len().max(test.class_counts().len());
        let numbers = || (0..count).map(|label| label.to_string()).collect();
        Self::new(origin, classes.cloned().unwrap_or_else(numbers), train, test)
    }

    /// Sizes `[c, h, w]` of every image.
    pub fn shape(&self) -> [usize; 3] {
        self.train.shape()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Images;

    /// One pixel per image, which is the index of the example.
    fn split(labels: &[usize]) -> Split {
        let pixels = (0..labels.len()).map(|index| index as u8).collect();
        Split::new(Images::new([1, 1, 1], pixels).unwrap(), labels.to_vec()).unwrap()
    }

    fn origin() -> Origin {
        Origin { name: "toy".to_owned(), licence: "MIT", source: "here" }
    }

    fn dataset(classes: &[&str], train: Split, test: Split) -> Result<Dataset, Error> {
        Dataset::new(origin(), classes.iter().map(|&class| class.to_owned()).collect(), train, test)
    }

    #[test]
    fn parts_that_do_not_belong_together_are_refused() {
        let refusal =
            |classes: &[&str], train, test| dataset(classes, train, test).unwrap_err().to_string();
        assert_eq!(
            refusal(&["a", "b"], split(&[0, 1]), split(&[0, 2])),
            "toy: label 2 of test example 1 is out of range; expected 0 to 1"
        );
        assert_eq!(
            refusal(&["a"], split(&[0]), split(&[])),
            "test examples is 0; expected at least 1"
        );
        assert_eq!(
            refusal(&[], split(&[0]), split(&[0])),
            "classes is an empty list; expected a name for every label"
        );
        let wide = Split::new(Images::new([1, 1, 2], vec![0; 2]).unwrap(), vec![0]).unwrap();
        assert_eq!(
            refusal(&["a"], split(&[0]), wide),
            "shape (channels, rows, columns) of the test images is [1, 1, 2]; expected [1, 1, 1], as in training"
        );
    }

    #[test]
    fn the_checksum_sees_every_part() {
        let checksum =
            |classes: &[&str], train, test| dataset(classes, train, test).unwrap().checksum;
        let base = checksum(&["a", "b"], split(&[0, 1]), split(&[0]));
        assert_eq!(base, checksum(&["a", "b"], split(&[0, 1]), split(&[0])));
        assert_ne!(base, checksum(&["a", "c"], split(&[0, 1]), split(&[0])));
        assert_ne!(base, checksum(&["a", "b"], split(&[0, 0]), split(&[0])));
        assert_ne!(base, checksum(&["a", "b"], split(&[0, 1]), split(&[1])));
        assert_ne!(base, checksum(&["a", "b"], split(&[0]), split(&[1, 0])));
    }
}
