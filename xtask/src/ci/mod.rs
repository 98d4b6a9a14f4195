//! `cargo xtask ci`: the whole gate, cheap steps first.
//!
//! A step is a function that prints what it runs and returns what it found. CI runs the same list
//! as a person does, so a green gate here means a green gate there.

mod edges;
mod expression;
mod files;
mod gate;
mod licences;
mod smoke;
mod spelling;
mod toolchain;

use crate::Error;

pub(crate) use gate::CHORE;

/// One part of the gate.
struct Step {
    name: &'static str,
    about: &'static str,
    when: When,
    run: fn(Depth) -> Result<Outcome, Error>,
}

/// Whether a step runs without being asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Always,
    Full,
}

/// How much work a step may do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    Gate,
    Full,
}

/// How a step ended without failing.
enum Outcome {
    /// It checked what it is for; the text says how much that was.
    Passed(String),
    /// It could not check anything, or only a part; the text says why and what would help.
    Skipped(String),
}

/// The gate in the order it runs.
const STEPS: &[Step] = &[
    toolchain::FORMAT,
    edges::STEP,
    files::STEP,
    spelling::STEP,
    licences::STEP,
    toolchain::CLIPPY,
    toolchain::TEST,
    toolchain::DOCS,
    toolchain::GRADIENTS,
    smoke::STEP,
    toolchain::BENCHES,
    licences::ADVISORIES,
];
