//! `cenote metrics`: scores of a file of predictions, by any program.

mod classification;
mod detection;
mod file;
mod judged;
mod load;
mod operating;
mod plots;
mod sections;
mod sequence;
mod voc;

use std::process::ExitCode;

use crate::args::Metrics;
use crate::failure::Failure;

pub(super) fn run(metrics: &Metrics) -> Result<ExitCode, Failure> {
    match metrics {
        Metrics::Classification(args) => classification::run(args),
        Metrics::Sequence(args) => sequence::run(args),
        Metrics::Detection(args) => detection::run(args),
    }
}
