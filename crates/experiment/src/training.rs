//! How the networks of a study are trained, as its file says it.

use std::collections::BTreeMap;

use cenote_datasets::Augmentation;
use cenote_layers::{OPTIMIZER_KINDS, Optimizer, SCHEDULE_KINDS, Schedule};
use serde::{Deserialize, Serialize};
use toml::Table;

use crate::{Error, Select};

/// How a network is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Passes over the training images; the most, where something else ends training too.
    pub epochs: u64,
    /// Steps after which training ends, within an epoch too; schedules then run over so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<u64>,
    /// Seconds of training after which it ends, at the first step then: the only setting with which the same seed does not
    /// give the same bits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// The study's metric and the score on validation images with which training ends, at the first epoch that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<BTreeMap<String, f64>>,
    /// Which epoch's parameters are judged.
    #[serde(default, skip_serializing_if = "Select::is_last")]
    pub select: Select,
    /// Images per step.
    pub batch_size: usize,
    /// Learning rate before the schedule's factor.
    pub learning_rate: f64,
    /// Table of an optimiser kind.
    pub optimizer: Table,
    /// Table of a schedule kind.
    #[serde(default = "constant")]
    pub schedule: Table,
    /// Tables of transforms that change training images.
    #[serde(default)]
    pub augment: Vec<Table>,
    /// The images that judge a trained network: the test part, or those that are held out.
    #[serde(default, skip_serializing_if = "Part::is_test")]
    pub judged_by: Part,
    /// Images held out of the training part, never of the test part.
    #[serde(default)]
    pub validation: usize,
    /// Folds of the training part, of which each seed holds out one for validation; it takes the place of `validation`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folds: Option<usize>,
    /// What the images that are held out have in common.
    #[serde(default, skip_serializing_if = "SplitBy::is_class")]
    pub split_by: SplitBy,
    /// Images of each class that are trained on, for studies of small data; all there are unless it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_class: Option<usize>,
    /// Share of the training images whose label is made wrong, to see what networks learn by heart; 0 for none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub label_noise: f64,
    /// Decay of the moving average of the parameters, which is what is judged and used; 0 for none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub average: f64,
    /// Parts that a batch is cut into: their gradients are added up before the parameters move, so no more than a part is in
    /// memory at a time. 1 for the whole batch at once.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub accumulate: usize,
    /// Whether what layers keep for the backward pass is dropped after the forward pass and computed again: the same bits, in
    /// less memory and more time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub checkpoint: bool,
}

/// How images are chosen to be held out of the training part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SplitBy {
    /// Every class gives its share.
    #[default]
    Class,
    /// Groups stay whole, where the source knows them; classes are as even as these allow.
    Group,
}

impl SplitBy {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_class(&self) -> bool {
        *self == Self::Class
    }
}

/// The images that judge a trained network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The test part.
    #[default]
    Test,
    /// Those that are held out of the training part; no test image is looked at then.
    Validation,
}

impl Part {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_test(&self) -> bool {
        *self == Self::Test
    }
}

impl Training {
    /// The optimiser.
    ///
    /// # Errors
    /// When its table does not describe one.
    pub fn optimizer(&self, study: &str) -> Result<Box<dyn Optimizer>, Error> {
        cenote_spec::parse(&[OPTIMIZER_KINDS], self.optimizer.clone())
            .map_err(Error::spec_of(study))
    }

    /// The schedule of the learning rate.
    ///
    /// # Errors
    /// When its table does not describe one.
    pub fn schedule(&self, study: &str) -> Result<Box<dyn Schedule>, Error> {
        cenote_spec::parse(&[SCHEDULE_KINDS], self.schedule.clone()).map_err(Error::spec_of(study))
    }

    /// The changes of training images.
    ///
    /// # Errors
    /// When a table does not describe one.
    pub fn augmentation(&self, study: &str) -> Result<Augmentation, Error> {
        Augmentation::parse(self.augment.clone()).map_err(Error::spec_of(study))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &f64) -> bool {
    *number == 0.0
}

fn one() -> usize {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_one(number: &usize) -> bool {
    *number == 1
}

fn constant() -> Table {
    Table::from_iter([("kind".to_owned(), "constant".into())])
}
