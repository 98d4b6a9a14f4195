//! Run records, the statistics over them, the verdict, and its report text and plots.
mod error;
mod record;
#[cfg(test)]
mod sample;
mod stats;
mod store;
mod verdict;

pub use error::Error;
pub use record::{
    ArmNote, Costs, DatasetNote, Design, Environment, EpochPoint, Outcome, Questions, Record, Times,
};
pub use stats::{
    Equivalence, HolmStep, Interval, IntervalMethod, Need, Pilot, Ratio, SignFlip, bca_interval,
    correlation, difference_interval, equivalence, geometric_mean_ratio, holm, mean, median,
    seeds_needed, standard_deviation, t_interval,
};
pub use store::{Contents, Store, Torn};
pub use verdict::{ALPHA, Judgement, Size, Verdict, judge, judge_all};
