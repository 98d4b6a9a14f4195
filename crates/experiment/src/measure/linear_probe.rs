//! Linear probes of the label: how much of the class a linear reader finds after the first and the last layer of maps.
//!
//! ```text
//! probe = accuracy on test images of argmax_c of ridge regression from features to one-hot labels, fitted on training images
//! gain  = probe after the last layer of maps − probe after the first
//! ```
//!
//! Features are maps averaged over a grid of 4x4 cells, so that every layer of every arm gives 16 for each channel.
//!
//! After Alain and Bengio (2016), arXiv:1610.01644.

use cenote_evidence::{Direction, MeasureNote};
use cenote_layers::Model;
use cenote_spec::Kind;
use serde::Deserialize;

use super::ridge::{Rows, features, regress};
use super::subject::alike;
use super::{
    IMAGES, MOST_PROBED, Measure, Subject, checked, expected, maps_needed, notes, outside, plain,
};
use crate::{Data, Error};

pub(super) const KIND: Kind<dyn Measure> = Kind {
    name: NAME,
    about: "what a linear reader finds of the class after the first and the last layer of maps",
    example: "images = 200",
    notes: Some(notes(
        "accuracy of ridge regression to one-hot labels, and last minus first; in 0 to 1, in -1 to 1",
        "a forward pass of as many training and test images, and images^3/3 operations for each of two layers",
        "Alain and Bengio (2016), arXiv:1610.01644",
        &[IMAGES],
    )),
    parse: |table| {
        checked(NAME, table, |measure: &LinearProbe| {
            outside("images", measure.images, 2, MOST_PROBED)
        })
    },
};

const NAME: &str = "linear_probe";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LinearProbe {
    #[serde(default = "super::images")]
    images: usize,
}

impl Measure for LinearProbe {
    fn notes(&self) -> Vec<MeasureNote> {
        let gain = "accuracy of a linear reader that depth adds";
        vec![
            plain("probe_first".to_owned(), "a linear reader after the first layer", "share"),
            plain("probe_last".to_owned(), "a linear reader after the last layer of maps", "share"),
            expected("probe_gain".to_owned(), gain, "share", "C7", Direction::Lower),
        ]
    }

    fn fits(&self, model: &Model, _: &Data) -> Result<(), String> {
        maps_needed(model)
    }

    fn take(&self, subject: &Subject<'_>) -> Result<Vec<Option<f64>>, Error> {
        let layers = subject.map_layers();
        let ends = [layers[0].0, layers[layers.len() - 1].0];
        let probes = probes(subject, self.images, &ends)?;
        let (first, last) = (probes[0], probes[1]);
        Ok([first, last, last - first].map(Some).to_vec())
    }
}

/// The accuracy of a linear reader after each of some layers of maps, given by position.
pub(super) fn probes(
    subject: &Subject<'_>,
    images: usize,
    layers: &[usize],
) -> Result<Vec<f64>, Error> {
    let known = Subject::sample_of(&subject.data.train, images)?;
    let unknown = subject.sample(images)?;
    let from = features(subject, &known.images, layers)?;
    let to = features(subject, &unknown.images, layers)?;
    let classes = subject.data.classes.len();
    let one_hot =
        |&label: &usize| (0..classes).map(|class| f64::from(u8::from(class == label))).collect();
    let targets: Rows = known.labels.iter().map(one_hot).collect();
    let right = |(from, to): (&Rows, &Rows)| {
        let said = regress(from, &targets, to);
        alike(&said.iter().map(|row| largest(row)).collect::<Vec<_>>(), &unknown.labels)
    };
    Ok(from.iter().zip(&to).map(right).collect())
}

/// The place of the largest value, the first of equal ones.
fn largest(row: &[f64]) -> usize {
    let best = |best: usize, at: usize| if row[at] > row[best] { at } else { best };
    (1..row.len()).fold(0, best)
}

#[cfg(test)]
mod tests {
    use super::super::testbed::{Testbed, blocks};

    #[test]
    fn what_a_layer_throws_away_no_reader_finds() {
        let layers = "layer = [{kind='conv2d', name='keep', out_channels=1, kernel_size=1},
             {kind='conv2d', name='lose', out_channels=1, kernel_size=1}, {kind='flatten'}, {kind='dense', out_features=2}]";
        let bed = Testbed::new(layers, blocks(), |path, _| match path {
            "keep.weight" => Some(1.0),
            _ => Some(0.0),
        });
        let values = bed.take("kind = 'linear_probe'");
        assert_eq!(values[0], Some(1.0), "brightness of the corner tells the classes apart");
        assert!(values[1].unwrap() <= 0.6 && values[2].unwrap() < 0.0, "{values:?}");
    }
}
