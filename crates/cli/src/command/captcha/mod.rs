//! `cenote captcha`: short texts in images, cut, learned, judged and read.

mod evaluate;
mod read;
mod scores;
mod segment;
mod split;
mod train;

use std::process::ExitCode;

use crate::args::Captcha;
use crate::failure::Failure;

/// Does what the command line asks for.
pub(super) fn run(command: &Captcha) -> Result<ExitCode, Failure> {
    match command {
        Captcha::Segment(args) => segment::run(args),
        Captcha::Split(args) => split::run(args),
        Captcha::Train(args) => train::run(args),
        Captcha::Evaluate(args) => evaluate::run(args),
        Captcha::Read(args) => read::run(args),
    }
}

/// What is wrong with data, as a failure.
fn data(error: cenote_datasets::Error) -> Failure {
    cenote_experiment::Error::from(error).into()
}
