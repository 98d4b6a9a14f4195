//! Lines for the person at the terminal.
//!
//! A reader may close the pipe early (`cargo xtask --help | head -1`); that is no failure of ours,
//! so write errors are dropped here and nowhere else.

use std::io::{self, Write as _};

/// Writes one line to standard output.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// Writes one line to standard error.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
