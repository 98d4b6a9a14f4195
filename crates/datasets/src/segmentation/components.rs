//! Connected components of ink, each pixel touching its eight neighbours.

use super::{Piece, Plane};

/// The number of the component of each pixel, from 1 in the order of their first pixels, row by row; 0 is paper.
pub fn labels(ink: &Plane<bool>) -> Plane<usize> {
    let mut labels = vec![0; ink.values().len()];
    for (label, piece) in (1..).zip(components(ink)) {
        for [row, column] in piece.pixels {
            labels[row * ink.columns() + column] = label;
        }
    }
    ink.with(|row, column| labels[row * ink.columns() + column])
}

/// The components of ink, in the order of their first pixels, row by row.
pub fn components(ink: &Plane<bool>) -> Vec<Piece> {
    let (rows, columns) = (ink.rows(), ink.columns());
    let mut left = ink.values().to_vec();
    let mut found = Vec::new();
    for start in 0..left.len() {
        if !std::mem::take(&mut left[start]) {
            continue;
        }
        let (mut pixels, mut next) = (Vec::new(), vec![start]);
        while let Some(at) = next.pop() {
            let (row, column) = (at / columns, at % columns);
            pixels.push([row, column]);
            for row in row.saturating_sub(1)..(row + 2).min(rows) {
                for column in column.saturating_sub(1)..(column + 2).min(columns) {
                    let at = row * columns + column;
                    if std::mem::take(&mut left[at]) {
                        next.push(at);
                    }
                }
            }
        }
        pixels.sort_unstable();
        found.push(Piece { pixels });
    }
    found
}
