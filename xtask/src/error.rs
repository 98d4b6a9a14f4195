//! What can go wrong in a chore.
//!
//! Written by hand because xtask depends on nothing, not even on the workspace's `thiserror`.

use std::{error, fmt, io, path::PathBuf, process::ExitStatus};

#[derive(Debug)]
#[non_exhaustive]
pub(crate) enum Error {
    /// A word that is in none of our lists.
    Unknown { what: &'static str, got: String, expected: Vec<&'static str> },
    /// Arguments that a chore cannot take.
    Usage { chore: &'static str, got: String, usage: &'static str },
    /// A program that could not be started.
    Start { program: String, source: io::Error },
    /// A program that started and reported failure.
    Failed { command: String, status: ExitStatus },
    /// A program whose output lacks what we read from it.
    Output { command: String, lacks: &'static str },
    /// A file or folder that could not be read or written.
    File { operation: &'static str, path: PathBuf, source: io::Error },
    /// What a check found, one line each.
    Findings(Vec<String>),
    /// A step of the gate that failed; its own message is on the terminal already.
    Gate { step: &'static str },
}

impl Error {
    /// 2 for a command line we do not understand, 1 for everything else.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Error::Unknown { .. } | Error::Usage { .. } => 2,
            _ => 1,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Unknown { what, got, expected } => {
                write!(f, "unknown {what} `{got}`; expected one of {}", expected.join(", "))
            }
            Error::Usage { chore, got, usage } => {
                write!(f, "{chore}: got {got}; usage: cargo xtask {usage}")
            }
            Error::Start { program, source } => write!(f, "cannot start `{program}`: {source}"),
            Error::Failed { command, status } => write!(f, "`{command}` failed ({status})"),
            Error::Output { command, lacks } => {
                write!(f, "`{command}` succeeded but its output names no {lacks}")
            }
            Error::File { operation, path, source } => {
                write!(f, "cannot {operation} {}: {source}", path.display())
            }
            Error::Findings(lines) => write!(f, "{}", lines.join("\n       ")),
            Error::Gate { step } => {
                write!(f, "the gate stopped at {step}; to see it alone: cargo xtask ci {step}")
            }
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Error::Start { source, .. } | Error::File { source, .. } => Some(source),
            _ => None,
        }
    }
}
