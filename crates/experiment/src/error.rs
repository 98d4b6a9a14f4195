//! What can be wrong with a study, and what can go wrong while it runs.

use std::path::PathBuf;

use cenote_evidence::bytes;

use crate::Ways;

/// A refused study, or a run that could not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is no study of this name.
    #[error("no study `{name}`;{} expected a file, a folder with experiment.toml, or one of {}", hint(nearest.as_deref()), known.join(", "))]
    UnknownStudy {
        /// What was asked for.
        name: String,
        /// The studies that are known by name.
        known: Vec<String>,
        /// The one that was probably meant.
        nearest: Option<String>,
    },
    /// A study file is not TOML or has fields that do not belong.
    #[error("study {study}: {message}")]
    Parse {
        /// File or name of the study.
        study: String,
        /// What is wrong, with the line.
        message: String,
    },
    /// A setting of a study lies outside its range or contradicts another.
    #[error("study {study}: {setting} is {got}; expected {expected}")]
    Setting {
        /// Name of the study.
        study: String,
        /// The setting.
        setting: String,
        /// What it says.
        got: String,
        /// What would be accepted.
        expected: String,
    },
    /// An arm does not exist.
    #[error("study {study}: unknown arm `{name}`;{} expected one of {}", hint(nearest.as_deref()), known.join(", "))]
    UnknownArm {
        /// Name of the study.
        study: String,
        /// What was asked for.
        name: String,
        /// The arms of the study.
        known: Vec<String>,
        /// The one that was probably meant.
        nearest: Option<String>,
    },
    /// The slots of a model and what an arm puts into them do not match.
    #[error("arm `{arm}`: {problem}")]
    Slots {
        /// The arm.
        arm: String,
        /// What does not match.
        problem: String,
    },
    /// An arm needs more memory than the machine has.
    #[error(
        "arm `{arm}`: training needs at least {} for tensors and this machine has {}; \
         use fewer channels or a smaller batch_size", bytes(*needed), bytes(*available)
    )]
    Memory {
        /// The arm.
        arm: String,
        /// Bytes that certainly live at once.
        needed: u64,
        /// Bytes of the machine.
        available: u64,
    },
    /// An arm needs more memory than it may have.
    #[error(
        "arm `{arm}`: a run of it holds {} and may have {}; {}",
        bytes(*needed), bytes(*limit), ways
    )]
    Limit {
        /// The arm.
        arm: String,
        /// Bytes of tensors and of buffers that wait to be used again.
        needed: u64,
        /// Bytes that it may have.
        limit: u64,
        /// What would do.
        ways: Ways,
    },
    /// The memory of an arm's training cannot be told beforehand.
    #[error("what memory training takes cannot be foreseen: {0}")]
    Unforeseen(String),
    /// The model of an arm is refused.
    #[error("arm `{arm}`: {source}")]
    Model {
        /// The arm.
        arm: String,
        /// Why.
        source: Box<cenote_layers::Error>,
    },
    /// A dataset, optimiser, schedule or transform is refused.
    #[error("study {study}: {source}")]
    Spec {
        /// Name of the study.
        study: String,
        /// Why.
        source: cenote_spec::Error,
    },
    /// The boxes of a detection set cannot be learnt from, or what was found cannot be judged.
    #[error("detection: {0}")]
    Detection(String),
    /// Something cannot be measured of an arm of the study.
    #[error("measure {measure}: {problem}")]
    Measure {
        /// The first value it would give.
        measure: String,
        /// Why not.
        problem: String,
    },
    /// No learning rate can be chosen for an arm.
    #[error("tuning: {0}")]
    Tuning(String),
    /// The data are missing or damaged.
    #[error(transparent)]
    Data(#[from] cenote_datasets::Error),
    /// The store of records is refused.
    #[error(transparent)]
    Evidence(#[from] cenote_evidence::Error),
    /// A checkpoint is refused.
    #[error(transparent)]
    Layers(#[from] cenote_layers::Error),
    /// A checkpoint was made for something else.
    #[error("{0}")]
    Checkpoint(String),
    /// The threads to run on cannot be had.
    #[error("{0}")]
    Threads(String),
    /// Training stopped being a number.
    #[error("the loss is no longer a number in epoch {epoch}: training diverged")]
    Diverged {
        /// The epoch, counted from 1.
        epoch: u32,
    },
    /// The user asked to stop.
    #[error("interrupted; what was finished is kept")]
    Interrupted,
}

impl Error {
    /// Says of which study a table is that was refused.
    pub(crate) fn spec_of(study: &str) -> impl Fn(cenote_spec::Error) -> Self + '_ {
        move |source| Self::Spec { study: study.to_owned(), source }
    }
}

/// ` did you mean …?` where there is something to suggest.
fn hint(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!(" did you mean `{name}`?"))
}
