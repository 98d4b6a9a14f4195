//! `cenote metrics`: scores of a file of predictions, by any program.

mod detection;
mod load;
mod sections;
mod voc;

use std::process::ExitCode;

use crate::args::Metrics;
use crate::failure::Failure;

pub(super) fn run(metrics: &Metrics) -> Result<ExitCode, Failure> {
    match metrics {
        Metrics::Detection(args) => detection::run(args),
    }
}
