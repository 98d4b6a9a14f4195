//! What went wrong, in words and as an exit code.

use std::fmt;
use std::process::ExitCode;

use cenote_experiment::Error;

/// An error on its way to the user.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something below refused or failed.
    Experiment(Error),
    /// The flags contradict each other or the files they name.
    Usage(String),
    /// A file cannot be read or written.
    File(String),
    /// A file of data is missing or does not hold what it should.
    Data(String),
    /// A process that was started to try something ended otherwise than it should.
    Child(String),
    /// Ctrl-C ended the work; the words say what is kept.
    Interrupted(String),
    /// Nothing can be written to stdout.
    Output(std::io::Error),
}

impl Failure {
    /// The exit code: 1 failed, 2 wrong usage or study, 4 data set missing or damaged, 130 interrupted.
    pub(crate) fn code(&self) -> ExitCode {
        let code = match self {
            Self::Usage(_) => 2,
            Self::Interrupted(_) => 130,
            Self::Output(_) | Self::File(_) | Self::Child(_) => 1,
            Self::Data(_) => 4,
            Self::Experiment(error) => match error {
                Error::Interrupted => 130,
                Error::Data(_) => 4,
                Error::Read { .. }
                | Error::UnknownStudy { .. }
                | Error::Parse { .. }
                | Error::Setting { .. }
                | Error::UnknownArm { .. }
                | Error::Slots { .. }
                | Error::Model { .. }
                | Error::Memory { .. }
                | Error::Limit { .. }
                | Error::Spec { .. }
                | Error::Detection(_)
                | Error::Threads(_) => 2,
                _ => 1,
            },
        };
        ExitCode::from(code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Experiment(error) => error.fmt(f),
            Self::Usage(words)
            | Self::File(words)
            | Self::Data(words)
            | Self::Child(words)
            | Self::Interrupted(words) => f.write_str(words),
            Self::Output(error) => write!(f, "cannot write to stdout: {error}"),
        }
    }
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Experiment(error.into())
    }
}
