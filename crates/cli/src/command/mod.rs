//! One file per command.

mod ablate;
mod bench;
mod captcha;
mod data;
mod detect;
mod draft;
mod evaluate;
mod files;
mod fit;
mod forecast;
mod inspect;
mod interrupt;
mod list;
mod metrics;
mod op;
mod predict;
mod report;
mod settings;
mod summary;
mod train;
mod training;

use std::process::ExitCode;

use crate::args::Command;
use crate::failure::Failure;

/// Does what the command line asks for.
pub(crate) fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Ablate(args) => ablate::run(&args),
        Command::Train(args) => train::run(&args),
        Command::Evaluate(args) => evaluate::run(&args),
        Command::Predict(args) => predict::run(&args),
        Command::Detect(args) => detect::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Fit(args) => fit::run(&args),
        Command::Summary(args) => summary::run(&args),
        Command::Op(args) => op::run(&args),
        Command::Captcha(args) => captcha::run(&args),
        Command::Data(args) => data::run(&args),
        Command::List(args) => list::run(&args),
        Command::Metrics(args) => metrics::run(&args),
        Command::Bench(args) => bench::run(&args),
    }
}
