//! `cenote detect`: objects found in images.

mod data;
mod evaluate;
mod predict;
mod scores;
mod train;

use std::process::ExitCode;

use crate::args::Detect;
use crate::failure::Failure;

pub(super) fn run(args: &Detect) -> Result<ExitCode, Failure> {
    match args {
        Detect::Train(args) => train::run(args),
        Detect::Evaluate(args) => evaluate::run(args),
        Detect::Predict(args) => predict::run(args),
    }
}
