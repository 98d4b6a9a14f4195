//! Build chores of the workspace and `ablate`, the study behind "does pooling matter?".
//!
//! This file parses the first word and dispatches; every chore is a file of its own.
//! xtask depends on nothing, so it compiles in seconds and works while the rest of the tree is
//! broken. It starts programs and reads text files; it computes no result.

mod ablate;
mod bench;
mod ci;
mod console;
mod embed;
mod error;
mod json;
mod manifest;
mod mutants;
mod release;
mod workspace;

use std::{env, ffi::OsString, fmt::Write as _, process::ExitCode};

use error::Error;

/// One entry of the help and of the dispatch.
struct Chore {
    name: &'static str,
    group: &'static str,
    usage: &'static str,
    about: &'static str,
    help: fn() -> String,
    run: fn(&[OsString]) -> Result<ExitCode, Error>,
}

const CHORES: &[Chore] = &[ablate::CHORE, bench::CHORE, ci::CHORE, mutants::CHORE, embed::CHORE];

fn main() -> ExitCode {
    let args: Vec<OsString> = env::args_os().skip(1).collect();
    match dispatch(&args) {
        Ok(code) => code,
        Err(error) => {
            console::complain(&format!("error: {error}"));
            ExitCode::from(error.exit_code())
        }
    }
}

fn dispatch(args: &[OsString]) -> Result<ExitCode, Error> {
    let Some((name, rest)) = args.split_first() else {
        console::say(&help());
        return Ok(ExitCode::SUCCESS);
    };
    if is_help(name) || name == "help" {
        console::say(&help());
        return Ok(ExitCode::SUCCESS);
    }
    let chore = CHORES.iter().find(|chore| name == chore.name).ok_or_else(|| Error::Unknown {
        what: "chore",
        got: name.to_string_lossy().into_owned(),
        expected: CHORES.iter().map(|chore| chore.name).collect(),
    })?;
    if chore.name != ablate::CHORE.name && rest.iter().any(is_help) {
        console::say(&(chore.help)());
        return Ok(ExitCode::SUCCESS);
    }
    (chore.run)(rest)
}

fn is_help(arg: &OsString) -> bool {
    arg == "--help" || arg == "-h"
}

fn help() -> String {
    let mut text = String::from("Usage: cargo xtask CHORE [ARGUMENTS]\n");
    let width = CHORES.iter().map(|chore| chore.usage.len()).max().unwrap_or(0);
    let mut group = "";
    for chore in CHORES {
        if chore.group != group {
            group = chore.group;
            let _ = write!(text, "\n{group}\n");
        }
        let _ = writeln!(text, "  {:width$}  {}", chore.usage, chore.about);
    }
    text.push_str("\n`cargo xtask CHORE --help` says more about one chore.");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_names_every_chore_under_its_group() {
        let text = help();
        for chore in CHORES {
            assert!(text.contains(chore.usage), "{} is missing from\n{text}", chore.usage);
            assert!(text.contains(chore.group), "{} is missing from\n{text}", chore.group);
        }
    }

    #[test]
    fn an_unknown_chore_is_a_usage_error_that_lists_the_chores() {
        let error = dispatch(&["abblate".into()]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown chore `abblate`; expected one of ablate, bench, ci, mutants, embed"
        );
        assert_eq!(error.exit_code(), 2);
    }
}
