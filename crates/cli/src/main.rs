//! The `cenote` program: words in, words out.
//!
//! It parses flags, calls `cenote-experiment` and `cenote-evidence`, and prints what they return:
//! results on stdout, everything else on stderr.

mod args;
mod command;
mod events;
mod failure;
mod png;
mod progress;
mod screen;
mod standing;
mod watch;

use std::process::ExitCode;

use clap::Parser;

use args::Args;

fn main() -> ExitCode {
    match command::run(Args::parse().command) {
        Ok(code) => code,
        Err(failure) => {
            screen::say(&format!("error: {failure}"));
            failure.code()
        }
    }
}
