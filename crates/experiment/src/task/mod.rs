//! What the network of a study is trained for, and how well it does it.
//!
//! A task knows which data it takes, how long the last layer of a network for it is, what a batch costs, and how a
//! trained network is judged. All else of a run is the same for every task.

mod classify;
mod detect;
mod read;

use std::collections::BTreeMap;

use cenote_autograd::Var;
use cenote_datasets::{Answers, Dataset, Normalization, Split};
use cenote_evidence::{ConfusionCounts, Marks, Taken};
use cenote_layers::{Model, Params};
use cenote_tensor::Shape;
use serde::{Deserialize, Serialize};
use toml::Table;

use crate::{Data, Error};

pub use classify::{Evaluation, evaluate};
pub use detect::{Decoding, Detect, Found, LossShares, found_objects, ground_truth, judge};
pub(crate) use detect::{find, scenes};
pub(crate) use read::{Decoded, cut, read};
pub use read::{Method, Read};

/// Images per step when a network is judged, at most; it changes no result.
pub(crate) const TOGETHER: usize = 50;

/// What the network of a study is trained for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Task {
    /// One label per image.
    #[default]
    Classify,
    /// Objects and the boxes around them.
    Detect(Detect),
    /// A text per image.
    Read(Read),
}

/// A network and its parameters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Network<'a> {
    pub(crate) model: &'a Model,
    pub(crate) params: &'a Params,
    /// Scaling of pixels.
    pub(crate) normalization: &'a Normalization,
}

/// What a trained network is worth.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    /// Scores by name.
    pub(crate) scores: BTreeMap<String, f64>,
    /// How often each class was taken for which, where there are classes.
    pub(crate) confusion: ConfusionCounts,
    /// Which images were right, where that can be said of one.
    pub(crate) marks: Option<Marks>,
    /// What each image was taken for, where it is a class of few enough.
    pub(crate) taken: Option<Taken>,
}

impl Task {
    /// Whether it is classification, which studies need not say.
    pub(crate) fn is_classify(&self) -> bool {
        *self == Self::Classify
    }

    /// Loads the data that a table of a study describes.
    pub(crate) fn load(&self, study: &str, table: &Table) -> Result<Dataset, Error> {
        match self {
            Self::Classify => classify::load(study, table),
            Self::Detect(task) => task.load(study, table),
            Self::Read(task) => task.load(study, table),
        }
    }

    /// Refuses settings out of their range, and a table that describes no data of this task.
    pub(crate) fn check_study(&self, study: &str, table: &Table) -> Result<(), Error> {
        match self {
            Self::Classify => classify::source(study, table).map(drop),
            Self::Detect(task) => task.check_study(study, table),
            Self::Read(_) => read::source(study, table).map(drop),
        }
    }

    /// The scores that may decide.
    pub(crate) fn metrics(&self) -> Vec<&'static str> {
        match self {
            Self::Classify => classify::metrics(),
            Self::Detect(_) => Detect::metrics(),
            Self::Read(task) => task.metrics(),
        }
    }

    /// What the word `classes` stands for in the last layer of a model.
    pub(crate) fn outputs(&self, data: &Data) -> usize {
        match self {
            Self::Classify => data.classes.len(),
            Self::Detect(_) => Detect::outputs(data),
            Self::Read(task) => task.outputs(data),
        }
    }

    /// Says what is wrong with the output of a model.
    pub(crate) fn check(&self, output: Shape, data: &Data) -> Result<(), String> {
        match self {
            Self::Classify => classify::check(output, data),
            Self::Detect(_) => Detect::check(output, data),
            Self::Read(task) => task.check(output, data),
        }
    }

    /// The loss of a network's output for a batch, and how many of its images are right.
    pub(crate) fn loss<'t>(&self, output: &Var<'t>, answers: &Answers) -> (Var<'t>, usize) {
        match self {
            Self::Classify => classify::loss(output, answers),
            Self::Detect(task) => task.loss(output, answers),
            Self::Read(task) => task.loss(output, answers),
        }
    }

    /// Runs a network over every image of a split, so many at a time at most, and scores it.
    pub(crate) fn judge(
        &self,
        network: Network<'_>,
        split: &Split,
        together: usize,
    ) -> Result<Judged, Error> {
        match self {
            Self::Classify => Ok(classify::judge(network, split, together)?.into()),
            Self::Detect(task) => task.judge(network, split, together),
            Self::Read(task) => task.judge(network, split, together),
        }
    }
}

/// The texts that a table describes.
pub(crate) fn texts(study: &str, table: &Table) -> Result<cenote_datasets::TextSet, Error> {
    Ok(read::source(study, table)?.load()?)
}
