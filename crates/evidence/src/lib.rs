//! Run records, the statistics over them, the verdict, and its report text and plots.
//!
//! A study writes a [`Design`] and one [`Record`] per run into a [`Store`]. An [`Analysis`] of the
//! two answers four questions about pooling, each with the numbers it rests on, and the report
//! functions put it into words and plots. Nothing here is random or depends on the clock: the same
//! records give the same bytes.
//!
//! The core is the step from paired differences to a [`Verdict`]. It decides between *helps*,
//! *hurts*, *no meaningful difference* (within a margin set beforehand) and *undecided*:
//!
//! ```
//! use cenote_evidence::{Verdict, judge};
//!
//! // Accuracy of an arm minus that of its partner, for ten seeds, and the margin that matters.
//! let differences = [0.009, 0.012, 0.008, 0.011, 0.007, 0.010, 0.013, 0.009, 0.012, 0.008];
//! let judgement = judge(&differences, 0.005, 1);
//!
//! assert_eq!(judgement.verdict.words(), "helps");
//! assert!(judgement.interval.is_some_and(|interval| interval.low > 0.005));
//! assert!(matches!(judge(&differences[..4], 0.005, 1).verdict, Verdict::Undecided { .. }));
//! ```
//!
//! # What it does not do
//!
//! It knows no models and no training, so a report cannot influence a run. It never prints. Its
//! intervals are over seeds for one test set: they say nothing about other images. It does not
//! plan looks at unfinished studies; reading one early and adding seeds until it is decided
//! claims more than it may.

mod analysis;
mod error;
mod number;
mod record;
mod report;
#[cfg(test)]
mod sample;
mod stats;
mod store;
mod verdict;

pub use analysis::{
    Analysis, Answer, ArmRobustness, ArmSummary, Census, Comparison, Controls, CostRatios,
    CrossCheck, CurvePoint, PairedDifference, Question, Robustness, ScalingRange, SeedScore,
    Trouble, Validation,
};
pub use error::Error;
pub use number::grouped;
pub use record::{
    ArmNote, CorruptedScore, CorruptionNote, Costs, DatasetNote, Design, Environment, EpochPoint,
    Outcome, Questions, Record, Scaling, Times,
};
pub use report::{json, markdown, terminal, write_report};
pub use stats::{
    Equivalence, HolmStep, Interval, IntervalMethod, Need, Pilot, Ratio, SignFlip, bca_interval,
    correlation, difference_interval, equivalence, geometric_mean_ratio, holm, mean, median,
    seeds_needed, standard_deviation, t_interval,
};
pub use store::{Contents, Store, Torn};
pub use verdict::{ALPHA, Judgement, Size, Verdict, judge, judge_all};
