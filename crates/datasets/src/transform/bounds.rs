//! Checks of settings, with one message for all transforms.

use std::fmt::Display;

use cenote_spec::Error;

/// Refuses a number outside `from..=to`, and what is no number.
pub(super) fn within<N: PartialOrd + Display + Copy>(
    kind: &'static str,
    setting: &str,
    value: N,
    [from, to]: [N; 2],
) -> Result<(), Error> {
    if from <= value && value <= to {
        return Ok(());
    }
    let message = format!("{setting} is {value}; expected {from} to {to}");
    Err(Error::Params { kind, message })
}

/// Refuses a range that runs backwards or leaves `from..=to`.
pub(super) fn range_within(
    kind: &'static str,
    setting: &str,
    [low, high]: [f64; 2],
    [from, to]: [f64; 2],
) -> Result<(), Error> {
    if from <= low && low <= high && high <= to {
        return Ok(());
    }
    let message = format!(
        "{setting} is [{low}, {high}]; expected two numbers from {from} to {to}, the smaller first"
    );
    Err(Error::Params { kind, message })
}
