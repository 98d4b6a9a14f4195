//! One question, many trained runs: fills the slots of a model, trains every arm with every seed, and
//! appends a record of each.
//!
//! ```
//! use cenote_experiment::{Plan, Study, find};
//!
//! let study: Study = find("smoke")?;              // or a path to an experiment.toml
//! let plan = Plan::new(study)?;                   // loads the data, checks every shape
//! let arms: Vec<&str> = plan.arms.iter().map(|arm| arm.name.as_str()).collect();
//! assert_eq!(arms, ["max", "none"]);
//! assert_eq!(plan.cells.len(), 4);                // 2 arms with 2 seeds each
//! # Ok::<(), cenote_experiment::Error>(())
//! ```
//!
//! [`run_all`] then runs the cells. Its promises: an arm differs from another in its slots, in what the study says of its
//! training, and in nothing else; runs with one seed share every random draw that does not depend on the slots; the
//! bits of a result depend on neither threads nor interruptions; a finished run is never lost and
//! never repeated.
//!
//! # What it does not do
//!
//! It parses no flags, draws nothing and writes to no terminal (an [`Observer`] is told what happens),
//! and it judges nothing: verdicts are made from records, by `cenote-evidence`.

mod arms;
mod attempt;
mod budget;
mod data;
mod environment;
mod error;
mod finder;
mod fit;
mod footprint;
mod judged;
mod measure;
mod memory;
mod named;
mod pace;
mod plan;
mod power;
mod reader;
mod robustness;
mod run;
mod schedule;
mod slot;
mod study;
mod task;
mod team;
mod trained;
mod training;
mod tuning;
mod unfinished;
mod ways;
mod width;

pub use arms::{Arms, Setup};
pub use attempt::Attempt;
pub use budget::Select;
pub use data::Data;
pub use environment::CODE;
pub use error::Error;
pub use finder::Finder;
pub use fit::{Fit, Stop, Sums};
pub use footprint::{Footprint, Side};
pub use judged::Measure;
pub use measure::{Inspection, LayerMaps, MEASURES, Measures};
pub use named::{Named, STUDIES, find};
pub use pace::Pace;
pub use plan::{Arm, Cell, Plan, Recipe};
pub use reader::{ReadScores, Reader, Reading};
pub use robustness::{Corruptions, Robustness, Trials};
pub use schedule::{Ended, Observer, Workers, run_all};
pub use slot::{Filling, fill};
pub use study::{Seeds, Study};
pub use task::{
    Decoding, Detect, Evaluation, Found, LossShares, Method, Read, Task, evaluate, found_objects,
    ground_truth, judge,
};
pub use trained::{Notes, Prediction, Trained, Watch};
pub use training::{Part, SplitBy, Training};
pub use tuning::Tuning;
pub use ways::Ways;

/// Runs the examples of the README, which this crate can since it sees all the others.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
