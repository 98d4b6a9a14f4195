//! The words of `cenote metrics`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use super::{Detection, workers};

/// What a file of predictions is about.
#[derive(Debug, Subcommand)]
pub(crate) enum Metrics {
    /// Found objects: average precision and recall by the rules of COCO, LVIS or Pascal VOC
    Detection(Detection),
    /// Predicted classes: accuracy, precision, recall, F, AUC, calibration and more
    Classification(Classification),
    /// Texts that were read: exact match, character accuracy, character error rate
    Sequence(Sequence),
}

#[derive(Debug, ClapArgs)]
#[command(after_help = COLUMNS)]
pub(crate) struct Classification {
    /// File of one record per example: .csv with a line of names, or .jsonl with an object per line
    #[arg(long, value_name = "FILE")]
    pub(crate) input: PathBuf,
    /// What an example can be
    #[arg(long, value_enum)]
    pub(crate) task: Classified,
    /// Positive class of a binary task [default: 1 or true]
    #[arg(long, value_name = "CLASS")]
    pub(crate) positive: Option<String>,
    /// All classes of a multiclass task, in their order [default: those of the score columns, or that occur]
    #[arg(long, value_name = "CLASS", value_delimiter = ',')]
    pub(crate) classes: Vec<String>,
    /// Report and average only these classes, in this order; scores of all examples stay those of all classes
    #[arg(long, value_name = "CLASS", value_delimiter = ',')]
    pub(crate) labels: Vec<String>,
    /// Say yes from this score on, in place of the predictions [default: 0.5 where there are none]
    #[arg(long, value_name = "SCORE", allow_negative_numbers = true)]
    pub(crate) threshold: Option<f64>,
    /// Column that says how much each example counts
    #[arg(long, value_name = "COLUMN")]
    pub(crate) weights: Option<String>,
    /// What an undefined score of a class counts as in averages
    #[arg(long, value_enum, default_value = "zero")]
    pub(crate) undefined: WhenUndefined,
    /// Averages to show [default: all that the task has]
    #[arg(long, value_enum, value_delimiter = ',')]
    pub(crate) average: Vec<Averaged>,
    /// How much recall counts against precision in F-beta
    #[arg(long, value_name = "B", default_value = "1", allow_negative_numbers = true)]
    pub(crate) beta: f64,
    /// Guesses of the top-k accuracy
    #[arg(long, value_name = "K", default_value = "5", value_parser = workers)]
    pub(crate) top_k: usize,
    /// Bins of the calibration error
    #[arg(long, value_name = "N", default_value = "15", value_parser = workers)]
    pub(crate) bins: usize,
    /// Which confidences share a bin
    #[arg(long, value_enum, default_value = "right-closed")]
    pub(crate) binning: Bins,
    /// Folder for plots (SVG): confusion matrix, precision over recall, ROC, reliability
    #[arg(long, value_name = "DIR")]
    pub(crate) plots: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

const COLUMNS: &str = "Columns:
  binary      label; prediction, score (of the positive class) or both
  multiclass  label; prediction, a score_CLASS per class or both
  multilabel  label_NAME per label (0 or 1); prediction_NAME, score_NAME or both per label
In .jsonl an object in a field stands for such columns: {\"score\": {\"cat\": 0.9}} for score_cat.
Without predictions the class of the highest score is taken, or what reaches the threshold.

Examples:
  cenote metrics classification --input said.csv --task binary --positive cat --beta 2
  cenote metrics classification --input said.jsonl --task multiclass --undefined skip --json
  cenote metrics classification --input said.csv --task multilabel --average micro,macro --plots plots";

#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  cenote metrics sequence --input read.csv --items")]
pub(crate) struct Sequence {
    /// File of one record per text, with columns label and prediction: .csv or .jsonl
    #[arg(long, value_name = "FILE")]
    pub(crate) input: PathBuf,
    /// Show each text too
    #[arg(long)]
    pub(crate) items: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// What an example can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Classified {
    /// One of two classes
    Binary,
    /// One of several classes
    Multiclass,
    /// Any number of several labels
    Multilabel,
}

/// What an undefined score counts as in averages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum WhenUndefined {
    /// As 0
    Zero,
    /// As 1
    One,
    /// Not at all
    Skip,
    /// It is an error
    Error,
}

/// Kinds of averages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Averaged {
    /// Every class counts the same
    Macro,
    /// Every decision counts the same
    Micro,
    /// A class counts by its examples
    Weighted,
    /// Every example counts the same, of several labels
    Samples,
}

impl Averaged {
    /// Its name in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Macro => "macro",
            Self::Micro => "micro",
            Self::Weighted => "weighted",
            Self::Samples => "samples",
        }
    }
}

/// Which confidences share a bin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Bins {
    /// Equal widths, (low, high], and 0 in the first: Guo and others, scikit-learn
    RightClosed,
    /// Equal widths, [low, high), and 1 in the last: NumPy, netcal
    LeftClosed,
    /// Equal widths, [low, high), and a bin of its own for 1: torchmetrics
    Torchmetrics,
    /// About equally many examples in each
    EqualMass,
}
