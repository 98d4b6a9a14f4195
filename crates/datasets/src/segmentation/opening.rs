//! Erosion and then dilation of ink by a square: strokes thinner than the square vanish, others keep their size.

use super::Plane;

/// The ink that a `side` by `side` square of ink covers somewhere; `side` is odd. There is no ink beyond the border.
pub fn opening(ink: &Plane<bool>, side: usize) -> Plane<bool> {
    let eroded = around(ink, side, |seen, all| seen == all);
    around(&eroded, side, |seen, _| seen > 0)
}

/// What `decide` makes of the number of ink pixels in the square around each pixel, and of the size of the square.
fn around(ink: &Plane<bool>, side: usize, decide: impl Fn(usize, usize) -> bool) -> Plane<bool> {
    let reach = side / 2;
    let within =
        |place: usize, length: usize| place.saturating_sub(reach)..(place + reach + 1).min(length);
    // A square is a row of columns: the sums down come first.
    let down =
        ink.with(|row, column| within(row, ink.rows()).filter(|&row| ink.at(row, column)).count());
    down.with(|row, column| {
        let seen = within(column, ink.columns()).map(|column| down.at(row, column)).sum();
        decide(seen, side * side)
    })
}
