//! The steps that are one call of cargo each.

use std::{env, process::Command};

use super::{Depth, Outcome, Step, When};
use crate::{Error, workspace};

pub(super) const FORMAT: Step = Step {
    name: "format",
    about: "rustfmt would change nothing",
    when: When::Always,
    run: |_| cargo(&["fmt", "--all", "--check"], |_| {}),
};

pub(super) const CLIPPY: Step = Step {
    name: "clippy",
    about: "every target without a warning",
    when: When::Always,
    run: |_| {
        let words =
            ["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"];
        cargo(&words, |_| {})
    },
};

pub(super) const TEST: Step = Step {
    name: "test",
    about: "unit, integration and doc tests",
    when: When::Always,
    run: |depth| {
        cargo(&["test", "--workspace", "--locked"], |command| {
            if depth == Depth::Full {
                command.env("PROPTEST_CASES", CASES_WHEN_FULL);
            }
        })
    },
};

pub(super) const DOCS: Step = Step {
    name: "docs",
    about: "documentation without a warning",
    when: When::Always,
    run: |_| {
        cargo(&["doc", "--workspace", "--no-deps", "--locked"], |command| {
            command.env("RUSTDOCFLAGS", with("RUSTDOCFLAGS", "--deny warnings"));
        })
    },
};

pub(super) const GRADIENTS: Step = Step {
    name: "gradients",
    about: "gradient checks with f64 scalars",
    when: When::Always,
    run: gradients,
};

pub(super) const BENCHES: Step = Step {
    name: "benches",
    about: "every bench runs once",
    when: When::Full,
    run: |_| cargo(&["bench", "--package", "cenote-benches", "--locked", "--", "--test"], |_| {}),
};

/// Proptest's own default is 256.
const CASES_WHEN_FULL: &str = "2048";

/// The crates whose arithmetic is generic over `Scalar` and carries gradients.
const WITH_GRADIENTS: [&str; 3] = ["cenote-tensor", "cenote-autograd", "cenote-layers"];

/// The cfg changes every crate above `tensor`, so it builds into a folder of its own: sharing one
/// would rebuild the workspace twice per gate.
fn gradients(_: Depth) -> Result<Outcome, Error> {
    let target_dir = workspace::target_dir()?.join("f64");
    let target_dir = target_dir.to_string_lossy();
    let mut words = vec!["test", "--locked", "--target-dir", &target_dir];
    for package in WITH_GRADIENTS {
        words.extend(["--package", package]);
    }
    cargo(&words, |command| {
        let flags = ["RUSTFLAGS", "RUSTDOCFLAGS"];
        command.envs(flags.map(|name| (name, with(name, "--cfg cenote_f64"))));
    })
}

fn cargo(words: &[&str], prepare: impl FnOnce(&mut Command)) -> Result<Outcome, Error> {
    let mut command = workspace::cargo();
    command.args(words);
    prepare(&mut command);
    workspace::run(&mut command)?;
    Ok(Outcome::Passed(String::new()))
}

/// The variable's value with `flags` after it, so that what the user set stays in force.
fn with(variable: &str, flags: &str) -> String {
    let set = env::var(variable).unwrap_or_default();
    format!("{set} {flags}").trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_flags_follow_those_of_the_user() {
        assert_eq!(with("CENOTE_NO_SUCH_FLAGS", "--deny warnings"), "--deny warnings");
        let set = env::var("PATH").unwrap();
        assert_eq!(with("PATH", "--last"), format!("{set} --last"));
    }
}
