//! `cenote metrics`: scores of a file of predictions, by any program.

mod classification;
mod file;
mod sequence;

use std::process::ExitCode;

use crate::args::Metrics;
use crate::failure::Failure;

pub(super) fn run(metrics: &Metrics) -> Result<ExitCode, Failure> {
    match metrics {
        Metrics::Classification(args) => classification::run(args),
        Metrics::Sequence(args) => sequence::run(args),
    }
}
