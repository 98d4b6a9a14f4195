//! The formula as loops.

use super::Axis;
use crate::Scalar;

/// `y = R x Cᵀ` for every plane, the rows summed first.
pub(super) fn rows_first([rows, columns]: &[Axis; 2], x: &[Scalar], y: &mut [Scalar]) {
    let (from, into) = (rows.input() * columns.input(), rows.output() * columns.output());
    for (x, y) in x.chunks_exact(from.max(1)).zip(y.chunks_exact_mut(into.max(1))) {
        let middle = sum_rows(rows, x, columns.input());
        sum_columns(columns, &middle, y);
    }
}

/// `y = R x Cᵀ` for every plane, the columns summed first.
pub(super) fn columns_first([rows, columns]: &[Axis; 2], x: &[Scalar], y: &mut [Scalar]) {
    let (from, into) = (rows.input() * columns.input(), rows.output() * columns.output());
    for (x, y) in x.chunks_exact(from.max(1)).zip(y.chunks_exact_mut(into.max(1))) {
        let mut middle = vec![0.0; rows.input() * columns.output()];
        sum_columns(columns, x, &mut middle);
        y.copy_from_slice(&sum_rows(rows, &middle, columns.output()));
    }
}

fn sum_rows(rows: &Axis, x: &[Scalar], width: usize) -> Vec<Scalar> {
    let cell = |o: usize, c: usize| sum(rows, o, |at| x[at * width + c]);
    (0..rows.output())
        .flat_map(|o| (0..width).map(move |c| (o, c)))
        .map(|(o, c)| cell(o, c))
        .collect()
}

fn sum_columns(columns: &Axis, x: &[Scalar], y: &mut [Scalar]) {
    let widths = (columns.input(), columns.output());
    for (x, y) in x.chunks_exact(widths.0.max(1)).zip(y.chunks_exact_mut(widths.1.max(1))) {
        for (o, y) in y.iter_mut().enumerate() {
            *y = sum(columns, o, |at| x[at]);
        }
    }
}

fn sum(axis: &Axis, o: usize, x: impl Fn(usize) -> Scalar) -> Scalar {
    match axis.taps(o) {
        [] => 0.0,
        // One cell keeps its sign, also where it is zero.
        [first, rest @ ..] => {
            rest.iter().fold(first.weight * x(first.at), |sum, tap| sum + tap.weight * x(tap.at))
        }
    }
}
