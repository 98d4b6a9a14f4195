//! Spelling, by the `typos` program where it is installed.

use std::process::Command;

use super::{Depth, Outcome, Step, When};
use crate::{Error, console, workspace};

pub(super) const STEP: Step = Step {
    name: "spelling",
    about: "no misspelt word in code or prose; needs typos",
    when: When::Always,
    run,
};

fn run(_: Depth) -> Result<Outcome, Error> {
    if !workspace::is_installed("typos") {
        console::complain("SKIPPED: no spelling is checked, because `typos` is not on the PATH.");
        console::complain("To get it: pip install typos, or cargo install typos-cli --locked");
        return Ok(Outcome::Skipped("`typos` is not on the PATH; pip install typos".to_owned()));
    }
    let mut command = Command::new("typos");
    command.current_dir(workspace::root());
    workspace::run(&mut command)?;
    Ok(Outcome::Passed(String::new()))
}
