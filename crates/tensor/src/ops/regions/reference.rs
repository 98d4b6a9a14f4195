//! The formula as loops.

use super::{NOWHERE, Regions};
use crate::Scalar;
#[cfg(any(cenote_f64, test))]
use crate::{Tensor, ops::regions::Job};

/// As the kernel beside it, where `task` outputs after another are written by one task's jobs.
#[cfg(any(cenote_f64, test))]
pub(super) fn largest<'a, J: Iterator<Item = Job<'a>>>(
    x: &Tensor,
    (y, places): (&mut [Scalar], &mut [u32]),
    task: usize,
    _work: usize,
    jobs: impl Fn(usize) -> J,
) {
    let tasks = y.chunks_mut(task.max(1)).zip(places.chunks_mut(task.max(1)));
    for (nth, (y, places)) in tasks.enumerate() {
        for Job { plane, regions, outputs } in jobs(nth) {
            let regions = &*regions;
            let area = regions.input[0] * regions.input[1];
            let x = &x.as_slice()[plane * area..][..area];
            winners(x, regions, &mut y[outputs.clone()], &mut places[outputs]);
        }
    }
}

/// The maxima of one plane and their places.
pub(super) fn winners(x: &[Scalar], regions: &Regions, y: &mut [Scalar], places: &mut [u32]) {
    let (width, [rows, columns]) = (regions.input[1], [0, 1].map(|axis| regions.axis(axis)));
    let cells = rows.iter().flat_map(|rows| columns.iter().map(move |columns| (rows, columns)));
    for ((rows, columns), (y, place)) in cells.zip(y.iter_mut().zip(places)) {
        (*y, *place) = (0.0, NOWHERE);
        let columns = columns.cells();
        for at in rows.cells().flat_map(|h| columns.clone().map(move |w| h * width + w)) {
            if *place == NOWHERE || x[at] > *y || x[at].is_nan() {
                (*y, *place) = (x[at], at as u32);
            }
        }
    }
}
