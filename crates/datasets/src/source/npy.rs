//! Any four `.npy` files: images and labels to train and to test.
//!
//! What values of each type stand for is said in [`super::numpy`].

use std::path::{Path, PathBuf};

use cenote_spec::{Kind, params};
use serde::Deserialize;

use super::Source;
use super::numpy::{self, Layout};
use crate::{Dataset, Error, Origin, Split};

pub(super) const KIND: Kind<dyn Source> = Kind {
    name: NAME,
    about: "your own images and labels in four arrays of NumPy",
    example: r#"train_images = "my/x_train.npy"
train_labels = "my/y_train.npy"
test_images = "my/x_test.npy"
test_labels = "my/y_test.npy"
layout = "nhwc""#,
    notes: None,
    parse: |table| Ok(Box::new(params::<NpyFiles>(NAME, table)?)),
};

const NAME: &str = "npy";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NpyFiles {
    name: Option<String>,
    train_images: PathBuf,
    train_labels: PathBuf,
    test_images: PathBuf,
    test_labels: PathBuf,
    #[serde(default)]
    layout: Layout,
    classes: Option<Vec<String>>,
}

impl Source for NpyFiles {
    fn load(&self) -> Result<Dataset, Error> {
        let train = self.split(&self.train_images, &self.train_labels)?;
        let test = self.split(&self.test_images, &self.test_labels)?;
        let origin = Origin::own(self.name.as_deref(), NAME);
        Dataset::of_numbers(origin, self.classes.as_ref(), train, test)
    }
}

impl NpyFiles {
    fn split(&self, images: &Path, labels: &Path) -> Result<Split, Error> {
        let shown = [images, labels].map(|path| path.display().to_string());
        let arrays = [numpy::read(images)?, numpy::read(labels)?];
        numpy::split((&shown[0], &arrays[0]), (&shown[1], &arrays[1]), self.layout)
    }
}
