//! What a study measures of every trained network besides its score: whether it is steady, whether it looks at the object,
//! and what its features hold.
//!
//! A measure is a table of the study's list `measures`. It sees a [`Subject`], one trained network and the data it was
//! judged by, and gives numbers with names. They are paired by seed and arm as scores are, so all arms of a seed are
//! measured by the same images and the same draws: the images are those of a stream `measure/images` of no seed, the draws
//! those of streams `measure/NAME` of the run's seed. Nothing a measure does reaches training.
//!
//! To add one: a file with a `KIND`, and a line in [`MEASURES`].

mod activations;
mod adversarial;
mod affine_consistency;
mod aliasing;
mod background_swap;
mod clutter_tax;
mod corruptions;
mod deformation;
#[cfg(test)]
mod document;
mod filter_smoothness;
mod focus;
mod inspection;
mod linear_probe;
mod maps;
mod memorisation;
mod noise;
mod nuisance_probe;
pub(crate) mod pictures;
mod planned;
mod probe_depth;
mod receptive_field;
mod ridge;
mod saliency;
mod scene;
mod sheet;
mod shift_consistency;
mod shift_response;
pub(crate) mod similarity;
mod subject;
#[cfg(test)]
mod testbed;

use std::fmt::Debug;

use cenote_evidence::{CurvePlace, Direction, Expectation, MeasureNote};
use cenote_layers::Model;
use cenote_spec::{Kind, Notes, Setting, params};
use serde::de::DeserializeOwned;
use toml::Table;

use crate::{Data, Error};

pub use inspection::{Inspection, LayerMaps};
pub use planned::Measures;
pub(crate) use subject::Subject;

/// Something that can be measured of a trained network.
pub trait Measure: Debug + Send + Sync {
    /// What it gives, in the order of its values.
    fn notes(&self) -> Vec<MeasureNote>;

    /// Says what about a network or its data it cannot work with.
    ///
    /// # Errors
    /// In words that end a sentence about the measure.
    fn fits(&self, model: &Model, data: &Data) -> Result<(), String> {
        let _ = (model, data);
        Ok(())
    }

    /// Its values for one network; `None` where one is not defined.
    ///
    /// # Errors
    /// When an image stays in its file and cannot be decoded.
    fn take(&self, subject: &Subject<'_>) -> Result<Vec<Option<f64>>, Error>;
}

/// Every measure that a study may ask for. Every entry has notes.
pub const MEASURES: &[Kind<dyn Measure>] = &[
    shift_consistency::KIND,
    shift_response::KIND,
    affine_consistency::KIND,
    deformation::KIND,
    noise::KIND,
    corruptions::KIND,
    adversarial::KIND,
    clutter_tax::KIND,
    background_swap::KIND,
    focus::KIND,
    saliency::KIND,
    nuisance_probe::KIND,
    linear_probe::KIND,
    probe_depth::KIND,
    receptive_field::KIND,
    activations::KIND,
    filter_smoothness::KIND,
    aliasing::KIND,
    memorisation::KIND,
];

/// The setting that all measures of images share.
const IMAGES: Setting = Setting {
    name: "images",
    default: "200",
    about: "test images that are measured, drawn once for all runs; all there are if fewer",
    values: &["20", "200"],
};

fn images() -> usize {
    200
}

/// Reads the fields of a measure and has it check their ranges.
fn checked<M: Measure + DeserializeOwned + 'static>(
    kind: &'static str,
    table: Table,
    problem: impl Fn(&M) -> Option<String>,
) -> Result<Box<dyn Measure>, cenote_spec::Error> {
    let measure = params::<M>(kind, table)?;
    match problem(&measure) {
        Some(message) => Err(cenote_spec::Error::Params { kind, message }),
        None => Ok(Box::new(measure)),
    }
}

/// Says of a setting that is no number from `least` to `most`.
fn outside<T: Copy + PartialOrd + std::fmt::Display>(
    setting: &str,
    got: T,
    least: T,
    most: T,
) -> Option<String> {
    let inside = least <= got && got <= most;
    (!inside).then(|| format!("{setting} is {got}; expected a number from {least} to {most}"))
}

/// The most images a measure may ask for.
const MOST_IMAGES: usize = 100_000;

/// The most images of a probe, whose cost grows with their cube.
const MOST_PROBED: usize = 2_000;

/// Refuses a network without a layer of maps.
fn maps_needed(model: &Model) -> Result<(), String> {
    let maps = |dims: &[usize]| dims.len() == 3 && dims[1] * dims[2] > 1;
    if model.layers().any(|fitted| maps(fitted.layer.output().dims())) {
        return Ok(());
    }
    Err("the network has no layer of maps; expected one such as conv2d".to_owned())
}

/// A note on a value that the article says something of.
fn expected(
    name: String,
    about: &str,
    unit: &str,
    claim: &str,
    without_pooling: Direction,
) -> MeasureNote {
    let expects = Some(Expectation { claim: claim.to_owned(), without_pooling });
    MeasureNote { expects, ..plain(name, about, unit) }
}

/// A note on a value that the article says nothing of.
fn plain(name: String, about: &str, unit: &str) -> MeasureNote {
    let (about, unit) = (about.to_owned(), unit.to_owned());
    MeasureNote { name, about, unit, expects: None, curve: None }
}

/// A note on a value that lies on a curve.
fn on_curve(note: MeasureNote, name: &str, title: &str, axis: &str, at: f64) -> MeasureNote {
    let [name, title, axis] = [name, title, axis].map(str::to_owned);
    MeasureNote { curve: Some(CurvePlace { name, title, axis, at }), ..note }
}

/// Notes without draws.
const fn notes(
    formula: &'static str,
    cost: &'static str,
    reference: &'static str,
    settings: &'static [Setting],
) -> Notes {
    Notes { formula, cost, reference, random: cenote_spec::Random::No, settings }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_parses_and_says_what_it_gives() {
        for kind in MEASURES {
            let measure = cenote_spec::parse(&[MEASURES], kind.example_table());
            let measure = measure.unwrap_or_else(|error| panic!("{}: {error}", kind.name));
            let notes = kind.notes.expect("every measure has notes");
            assert!(!measure.notes().is_empty() && notes.formula.contains(" in "), "{}", kind.name);
            for note in measure.notes() {
                let claims = ["C1", "C2", "C3", "C4", "C5", "C6", "C7"];
                let known = |expected: &Expectation| claims.contains(&expected.claim.as_str());
                assert!(note.expects.as_ref().is_none_or(known), "{note:?}");
            }
            let mut table = kind.example_table();
            table.insert("colour".to_owned(), "red".into());
            let error = cenote_spec::parse(&[MEASURES], table).expect_err("unknown field");
            assert!(error.to_string().contains("unknown field `colour`"), "{error}");
        }
    }
}
