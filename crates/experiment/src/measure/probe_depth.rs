//! Linear probes after every layer of maps: from which layer on a linear reader finds the class.
//!
//! ```text
//! probe(l) = accuracy on test images of ridge regression from the features of layer l to one-hot labels
//! depth    = l* / (L − 1),  l* the first of the L layers of maps with probe(l) ≥ 95 % of the largest
//! ```
//!
//! Features are those of `linear_probe`. Depth 0 is a class that the first layer has as well as any, 1 one that only the last
//! has. Values at shares of the depth make a curve that networks of other numbers of layers share.
//!
//! After Alain and Bengio (2016), arXiv:1610.01644.

use cenote_evidence::MeasureNote;
use cenote_layers::Model;
use cenote_spec::Kind;
use serde::Deserialize;

use super::linear_probe::probes;
use super::{
    IMAGES, MOST_PROBED, Measure, Subject, checked, maps_needed, notes, on_curve, outside, plain,
};
use crate::{Data, Error};

pub(super) const KIND: Kind<dyn Measure> = Kind {
    name: NAME,
    about: "what a linear reader finds of the class after every layer of maps, and from where on",
    example: "images = 200",
    notes: Some(notes(
        "share of the layers before a linear reader has 95 % of its best, and accuracy along the way; all in 0 to 1",
        "a forward pass of as many training and test images, and images^3/3 operations for each layer",
        "Alain and Bengio (2016), arXiv:1610.01644",
        &[IMAGES],
    )),
    parse: |table| {
        checked(NAME, table, |measure: &ProbeDepth| {
            outside("images", measure.images, 2, MOST_PROBED)
        })
    },
};

const NAME: &str = "probe_depth";
/// What of the best is enough.
const ENOUGH: f64 = 0.95;
/// Equal parts of the depth, at whose ends the curve has its values.
const PARTS: usize = 4;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProbeDepth {
    #[serde(default = "super::images")]
    images: usize,
}

impl Measure for ProbeDepth {
    fn notes(&self) -> Vec<MeasureNote> {
        let depth = "how deep a linear reader first has nearly its best";
        let at = |part: usize| {
            let percent = 100 * part / PARTS;
            let about = "a linear reader at a share of the depth";
            let note = plain(format!("probe_at_{percent}"), about, "share");
            let title = "Accuracy of a linear reader of the features";
            on_curve(note, "probe", title, "depth, % of the layers of maps", percent as f64)
        };
        let depth = plain(NAME.to_owned(), depth, "share");
        std::iter::once(depth).chain((0..=PARTS).map(at)).collect()
    }

    fn fits(&self, model: &Model, _: &Data) -> Result<(), String> {
        maps_needed(model)
    }

    fn take(&self, subject: &Subject<'_>) -> Result<Vec<Option<f64>>, Error> {
        let layers: Vec<usize> = subject.map_layers().into_iter().map(|(at, _)| at).collect();
        let probes = probes(subject, self.images, &layers)?;
        let last = probes.len() - 1;
        let at = |part: usize| Some(probes[(part * last + PARTS / 2) / PARTS]);
        Ok(std::iter::once(Some(depth(&probes))).chain((0..=PARTS).map(at)).collect())
    }
}

/// How far along a list its values first come near the largest.
fn depth(probes: &[f64]) -> f64 {
    let most = probes.iter().copied().fold(0.0, f64::max);
    let first = probes.iter().position(|&probe| probe >= ENOUGH * most).unwrap_or_default();
    first as f64 / (probes.len() - 1).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::super::testbed::{Testbed, blocks};
    use super::*;

    #[test]
    fn the_depth_is_that_of_the_first_that_is_nearly_the_best() {
        let depths =
            [&[0.5, 0.94, 0.96, 0.9, 1.0][..], &[0.7], &[0.1, 0.2], &[0.0, 0.0]].map(depth);
        assert_eq!(depths.to_vec(), [0.5, 0.0, 1.0, 0.0]);
    }

    #[test]
    fn a_class_that_a_layer_throws_away_is_found_until_there() {
        let conv =
            |name: &str| format!("{{kind='conv2d', name='{name}', out_channels=1, kernel_size=1}}");
        let [one, two, three] = ["one", "two", "three"].map(conv);
        let layers = format!(
            "layer = [{one}, {two}, {three}, {{kind='flatten'}}, {{kind='dense', out_features=2}}]"
        );
        let bed = Testbed::new(&layers, blocks(), |path, _| match path {
            "one.weight" | "two.weight" => Some(1.0),
            _ => Some(0.0),
        });
        let values = bed.take("kind = 'probe_depth'");
        // Layers 0, 0.75, 1.5, 2.25 and 3 of the way are those at 0, 1, 1, 2 and 2, of which the last is blind.
        assert_eq!(values[..4], [Some(0.0), Some(1.0), Some(1.0), Some(1.0)]);
        assert!(values[5].unwrap() <= 0.6, "{values:?}");
    }
}
