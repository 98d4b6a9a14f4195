//! Settings within limits, so that none asks for more than a machine has or for what cannot be drawn.

use std::ops::RangeInclusive;

use crate::Error;

/// The most images of a part.
const MOST_IMAGES: usize = 1_000_000;

fn refused(what: &'static str, got: String, expected: String) -> Error {
    Error::Setting { what, got, expected }
}

/// Refuses a whole number outside of a range.
pub(crate) fn number(
    what: &'static str,
    value: usize,
    range: RangeInclusive<usize>,
) -> Result<(), Error> {
    if range.contains(&value) {
        return Ok(());
    }
    let expected = format!("a whole number from {} to {}", range.start(), range.end());
    Err(refused(what, value.to_string(), expected))
}

/// Refuses what is not from `low` to `high`.
pub(crate) fn share(what: &'static str, value: f64, [low, high]: [f64; 2]) -> Result<(), Error> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(refused(what, value.to_string(), format!("a number from {low} to {high}")))
}

/// Refuses a range that does not ascend or leaves `[low, high]`.
pub(crate) fn span(
    what: &'static str,
    [from, to]: [f64; 2],
    [low, high]: [f64; 2],
) -> Result<(), Error> {
    if low <= from && from <= to && to <= high {
        return Ok(());
    }
    let expected = format!("two numbers from {low} to {high}, the second not below the first");
    Err(refused(what, format!("[{from}, {to}]"), expected))
}

/// Refuses numbers of images that are none or too many.
pub(crate) fn counts([train, test]: [usize; 2]) -> Result<(), Error> {
    number("train", train, 1..=MOST_IMAGES)?;
    number("test", test, 1..=MOST_IMAGES)
}
