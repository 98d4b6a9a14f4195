//! What can go wrong with records: files, lines and designs that do not fit together.

use std::io;
use std::path::PathBuf;

/// Why records could not be stored, read, analysed or reported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or directory refused an operation.
    #[error("{operation} `{}`: {source}", path.display())]
    Io {
        /// What was tried, as a verb phrase: "create the directory".
        operation: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },

    /// Another process works at the study by another plan.
    #[error(
        "`{}`: another process runs another plan there; wait for it to end or choose another directory",
        path.display()
    )]
    Locked {
        /// The locked file.
        path: PathBuf,
    },

    /// A line that is neither a design nor a run, and is not a torn last line.
    #[error("`{}` line {line}: {reason}", path.display())]
    Line {
        /// The file with the line.
        path: PathBuf,
        /// Counted from one.
        line: usize,
        /// What the parser said.
        reason: String,
    },

    /// The records were written by a version with another layout.
    #[error("design: schema {found} is not readable here; this version reads schema {expected}")]
    Schema {
        /// The number in the file.
        found: u64,
        /// The number this version writes.
        expected: u32,
    },

    /// A number that JSON cannot hold.
    #[error(
        "record of arm `{arm}` seed {seed}: {field} is {value}; expected a finite number (a run that diverged is an outcome, not a score)"
    )]
    NotFinite {
        /// The arm of the record.
        arm: String,
        /// The seed of the record.
        seed: u64,
        /// Which field.
        field: String,
        /// What it holds.
        value: f64,
    },

    /// A number that no run can have.
    #[error(
        "record of arm `{arm}` seed {seed}: {field} is {value}; expected a number from {least} to 1"
    )]
    OutOfRange {
        /// The arm of the record.
        arm: String,
        /// The seed of the record.
        seed: u64,
        /// Which field.
        field: String,
        /// What it holds.
        value: f64,
        /// The smallest number that it may be.
        least: i8,
    },

    /// A design that contradicts itself.
    #[error("design `{design}`: {problem}")]
    Design {
        /// The name of the design.
        design: String,
        /// What is wrong and what would fit.
        problem: String,
    },

    /// Records without a design: nobody knows what they were meant to show.
    #[error("`{}` has no design line; expected one before the first run", path.display())]
    NoDesign {
        /// The file that was read.
        path: PathBuf,
    },

    /// A finished run that lacks the score the study is about.
    #[error(
        "run `{cell}` (arm `{arm}` seed {seed}) has no score `{metric}`; it has {}",
        if scores.is_empty() { "none" } else { scores }
    )]
    MissingScore {
        /// The run.
        cell: String,
        /// Its arm.
        arm: String,
        /// Its seed.
        seed: u64,
        /// The score the design asks for.
        metric: String,
        /// The scores it has, separated by commas.
        scores: String,
    },

    /// Two studies of which nothing can be said together.
    #[error("compare `{}` with `{}`: {problem}", studies[0], studies[1])]
    Incomparable {
        /// Their names.
        studies: [String; 2],
        /// Why, and what would fit.
        problem: String,
    },

    /// Two different finished runs claim the same arm and seed.
    #[error(
        "arm `{arm}` seed {seed} has two finished runs, `{first}` and `{second}`; expected the runs of one plan only"
    )]
    Ambiguous {
        /// The arm.
        arm: String,
        /// The seed.
        seed: u64,
        /// One run.
        first: String,
        /// The other run.
        second: String,
    },
}

impl Error {
    /// Names the operation and the path of a failed system call.
    pub(crate) fn io(
        operation: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { operation, path, source }
    }
}
