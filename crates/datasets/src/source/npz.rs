//! A `.npz` archive of NumPy with the arrays of a set.
//!
//! The arrays are called `x_train`, `y_train`, `x_test` and `y_test`, as in the files that Keras offers, or as `arrays`
//! says, in this order. What values of each type stand for is said in [`super::numpy`].

use std::path::PathBuf;

use cenote_spec::{Kind, params};
use serde::Deserialize;

use super::Source;
use super::numpy::{self, Layout, MOST_BYTES};
use crate::archive::Zip;
use crate::{Dataset, Error, Npy, Origin};

pub(super) const KIND: Kind<dyn Source> = Kind {
    name: NAME,
    about: "your own images and labels in one archive of NumPy",
    example: r#"file = "my/images.npz"
arrays = ["x_train", "y_train", "x_test", "y_test"]"#,
    notes: None,
    parse: |table| Ok(Box::new(params::<Npz>(NAME, table)?)),
};

const NAME: &str = "npz";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Npz {
    file: PathBuf,
    name: Option<String>,
    #[serde(default = "keras")]
    arrays: [String; 4],
    #[serde(default)]
    layout: Layout,
    classes: Option<Vec<String>>,
}

fn keras() -> [String; 4] {
    ["x_train", "y_train", "x_test", "y_test"].map(str::to_owned)
}

impl Source for Npz {
    fn load(&self) -> Result<Dataset, Error> {
        let mut zip = Zip::open(&self.file)?;
        let held = zip.files()?;
        let mut read = |array: &String| -> Result<(String, Npy), Error> {
            let name = format!("{array}.npy");
            if !held.contains(&name) {
                let held: Vec<_> = held.iter().filter_map(|n| n.strip_suffix(".npy")).collect();
                return Err(Error::Format {
                    file: self.file.display().to_string(),
                    what: "archive",
                    got: format!("without the array `{array}`"),
                    expected: format!("four of {}, named by `arrays`", held.join(", ")),
                });
            }
            let shown = format!("{}: {array}", self.file.display());
            let array = Npy::decode(&shown, &zip.read(&name, MOST_BYTES)?)?;
            Ok((shown, array))
        };
        let mut pair = |at: usize| {
            let images = read(&self.arrays[at])?;
            let labels = read(&self.arrays[at + 1])?;
            numpy::split((&images.0, &images.1), (&labels.0, &labels.1), self.layout)
        };
        let (train, test) = (pair(0)?, pair(2)?);
        let origin = Origin::own(self.name.as_deref(), NAME);
        Dataset::of_numbers(origin, self.classes.as_ref(), train, test)
    }
}
