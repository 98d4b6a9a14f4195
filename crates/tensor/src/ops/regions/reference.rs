//! The formula as loops.

use super::{NOWHERE, Source};
use crate::{Scalar, Tensor};

pub(super) fn largest<'a>(
    x: &Tensor,
    plane: usize,
    source: impl Fn(usize) -> Source<'a>,
    y: &mut [Scalar],
    places: &mut [u32],
) {
    let outputs = y.chunks_exact_mut(plane).zip(places.chunks_exact_mut(plane));
    for (nth, (y, places)) in outputs.enumerate() {
        let (from, regions) = source(nth);
        let [height, width] = regions.input;
        let x = &x.as_slice()[from * height * width..][..height * width];
        let [rows, columns] = &regions.ranges;
        let cells = rows.iter().flat_map(|rows| columns.iter().map(move |columns| (rows, columns)));
        for ((&[top, bottom], &[left, right]), (y, place)) in cells.zip(y.iter_mut().zip(places)) {
            (*y, *place) = (0.0, NOWHERE);
            for at in (top..bottom).flat_map(|h| (left..right).map(move |w| h * width + w)) {
                if *place == NOWHERE || x[at] > *y || x[at].is_nan() {
                    (*y, *place) = (x[at], at as u32);
                }
            }
        }
    }
}
