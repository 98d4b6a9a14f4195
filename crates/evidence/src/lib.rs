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
//! It knows no models and no training, so a report cannot influence a run. It never prints. The
//! intervals that decide are over seeds for one test set; how sure a difference is for other images
//! stands beside them where the records mark every image. A study may be judged before its end only at
//! the looks its design planned: reading one early and adding seeds until it is decided claims more
//! than it may.

mod analysis;
mod confusion;
mod corrupted;
mod error;
mod gram;
mod limits;
mod locks;
mod marks;
mod measure;
mod number;
mod picture;
mod prices;
mod record;
mod report;
mod room;
#[cfg(test)]
mod sample;
mod score;
mod sequential;
#[cfg(test)]
mod simulate;
#[cfg(test)]
mod simulations;
mod stats;
mod store;
mod taken;
mod tuning;
mod verdict;

pub use analysis::{
    Agreement, Analysis, Answer, ArmChange, ArmEnding, ArmMeasured, ArmRobustness, ArmScore,
    ArmSimilarity, ArmSummary, Census, Change, Claim, ClassScore, Comparison, Controls, CostRatios,
    CrossCheck, CurvePoint, Differs, Effect, EffectChange, ErrorAt, Finding, Grid, LayerSimilarity,
    LookSummary, MeasureComparison, Measured, OtherComparison, OtherScore, PairedDifference,
    Question, Robustness, ScalingRange, SeedScore, SideBySide, Similarity, Spending, Trouble,
    Validation,
};
pub use confusion::ConfusionCounts;
pub use corrupted::{CorruptedScore, CorruptionNote};
pub use error::Error;
pub use gram::{Gram, LayerGram};
pub use limits::{EndedBy, Ending, Limits};
pub use locks::Reservation;
pub use marks::Marks;
pub use measure::{CurvePlace, Direction, Expectation, MeasureNote};
pub use number::{bytes, grouped, size_in_bytes};
pub use picture::{Picture, Png, Shows};
pub use prices::Prices;
pub use record::{
    ArmNote, Costs, DatasetNote, Design, Environment, EpochPoint, LayerNote, Outcome, Questions,
    Record, Scaling, Times,
};
pub use report::{Report, json, markdown, side_by_side, terminal, write_file};
pub use room::{ArmRoom, Room};
pub use score::ScoreNote;
pub use sequential::{Sequence, judge_looks};
pub use stats::{
    Crossed, EffectSize, Equivalence, HolmStep, Interval, IntervalMethod, Looks, Need, Pilot,
    ProfilePoint, Ratio, RobustMean, SignFlip, SignedRank, bca_interval, correlation, crossed,
    difference_interval, effect_size, equivalence, geometric_mean_ratio, holm, interquartile_mean,
    mcnemar, mean, median, performance_profile, probability_of_improvement, robust_mean,
    seeds_needed, signed_rank, standard_deviation, t_interval,
};
pub use store::{Contents, Store, Torn};
pub use taken::Taken;
pub use tuning::{TriedRate, TunedArm, TuningNote};
pub use verdict::{ALPHA, Judgement, Size, Verdict, judge, judge_all};
