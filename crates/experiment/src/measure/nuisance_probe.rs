//! Nuisance probes: what the last layer of maps still holds of where the object is and of what lies behind it.
//!
//! ```text
//! R² = 1 − Σ (t − t̂)² / Σ (t − mean t)²        t̂ by ridge regression, fitted on training images, judged on test images
//! ```
//!
//! For the position, `t` is the row and the column of the middle of the object, and `R²` the mean of both; for the
//! background, the mean brightness of the pixels that are no object. Both mean nothing for the class, so a network that
//! "captures everything" has them, and one that keeps the class alone has not. 1 is all of it, 0 no more than its mean.
//! Features are maps averaged over a grid of 4x4 cells.
//!
//! After Alain and Bengio (2016), arXiv:1610.01644, with other targets.

use cenote_evidence::{Direction, MeasureNote};
use cenote_layers::Model;
use cenote_spec::Kind;
use serde::Deserialize;

use super::ridge::{Rows, explained, features, regress};
use super::scene::need_objects;
use super::subject::{Sample, average};
use super::{
    IMAGES, MOST_PROBED, Measure, Subject, checked, expected, maps_needed, notes, outside,
};
use crate::{Data, Error};

pub(super) const KIND: Kind<dyn Measure> = Kind {
    name: NAME,
    about: "how well a linear reader of the last maps tells position and background",
    example: "images = 200",
    notes: Some(notes(
        "R^2 of ridge regression to the middle of the object and to the brightness behind it; in minus infinity to 1",
        "a forward pass of as many training and test images, and images^3/3 operations",
        "after Alain and Bengio (2016), arXiv:1610.01644",
        &[IMAGES],
    )),
    parse: |table| {
        checked(NAME, table, |measure: &NuisanceProbe| {
            outside("images", measure.images, 2, MOST_PROBED)
        })
    },
};

const NAME: &str = "nuisance_probe";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NuisanceProbe {
    #[serde(default = "super::images")]
    images: usize,
}

impl Measure for NuisanceProbe {
    fn notes(&self) -> Vec<MeasureNote> {
        let higher =
            |name: &str, about| expected(name.to_owned(), about, "R²", "C6", Direction::Higher);
        vec![
            higher("position_decodable", "where the object is, told from the last maps"),
            higher("background_decodable", "brightness behind the object, told from the last maps"),
        ]
    }

    fn fits(&self, model: &Model, data: &Data) -> Result<(), String> {
        maps_needed(model)?;
        need_objects(data, None)
    }

    fn take(&self, subject: &Subject<'_>) -> Result<Vec<Option<f64>>, Error> {
        let layers = subject.map_layers();
        let last = [layers[layers.len() - 1].0];
        let part = |split| -> Result<(Rows, Rows), Error> {
            let sample = Subject::sample_of(split, self.images)?;
            let features = features(subject, &sample.images, &last)?.remove(0);
            Ok((features, nuisances(split, &sample)?))
        };
        let (known, targets) = part(&subject.data.train)?;
        let (unknown, truth) = part(&subject.data.test)?;
        let said = regress(&known, &targets, &unknown);
        let [row, column, ground] = [0, 1, 2].map(|output| explained(&said, &truth, output));
        Ok(vec![row.zip(column).and_then(|(row, column)| average([row, column])), ground])
    }
}

/// Row and column of the middle of each object, and the mean brightness behind it.
fn nuisances(split: &cenote_datasets::Split, sample: &Sample) -> Result<Rows, Error> {
    let [_, _, columns] = split.shape();
    let of_image = |(&index, image): (&usize, &Vec<u8>)| {
        let drawn = split.images().composition(index);
        let mask = drawn.expect("the probe fits drawn images alone")?.mask();
        let inside = || (0..mask.pixels().len()).filter(|&at| mask.pixels()[at]);
        let middle = |of: &dyn Fn(usize) -> usize| {
            average(inside().map(|at| of(at) as f64)).unwrap_or_default()
        };
        let pixels = image.iter().zip(mask.pixels().iter().cycle());
        let ground = average(pixels.filter(|(_, inside)| !**inside).map(|(&p, _)| f64::from(p)));
        let ground = ground.unwrap_or_default();
        Ok(vec![middle(&|at| at / columns), middle(&|at| at % columns), ground])
    };
    sample.indices.iter().zip(&sample.images).map(of_image).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testbed::{Testbed, of_splits};

    /// Position and background, told from one map that is the image times a weight.
    fn told(table: &str, weight: cenote_tensor::Scalar) -> Vec<Option<f64>> {
        let table = table.parse().expect("a table");
        let drawn = cenote_spec::parse(&[cenote_datasets::KINDS], table).expect("a kind");
        let drawn = drawn.load().expect("it is drawn");
        let layers = format!(
            "layer = [{{kind='conv2d', name='maps', out_channels=1, kernel_size=1}}, {{kind='flatten'}},
             {{kind='dense', out_features={}}}]",
            drawn.classes.len()
        );
        let bed = Testbed::new(&layers, of_splits(drawn.train, drawn.test), |path, _| {
            Some(if path == "maps.weight" { weight } else { 0.0 })
        });
        bed.take("kind = 'nuisance_probe'")
    }

    #[test]
    fn maps_that_are_the_image_tell_the_ground_and_empty_ones_tell_nothing() {
        let table = "kind = 'shapes_on_clutter'\nsize = 16\ntrain = 200\ntest = 60\nclasses = ['disc', 'cross']\nclutter = 0.0\nbackground = 'flat'";
        assert!(told(table, 1.0)[1].unwrap() > 0.9);
        assert!(told(table, 0.0).iter().all(|r2| r2.unwrap() <= 1e-9));
    }

    #[test]
    fn bright_objects_on_black_tell_where_they_are() {
        let table =
            "kind = 'cluttered_fashion_mnist'\nsize = 44\ntrain = 200\ntest = 60\nclutter = 0.0";
        let values = told(table, 1.0);
        assert!(values[0].unwrap() > 0.5, "{values:?}");
    }
}
