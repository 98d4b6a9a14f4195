//! Boxes from what the network says at a cell, forward and back.
//!
//! ```text
//! x1, x2 = j + 1/2 + dx ∓ e^w / 2        y1, y2 = i + 1/2 + dy ∓ e^h / 2          in cells; w, h at most 12
//! ```

use cenote_autograd::{Function, Saved, Var};
use cenote_tensor::{Scalar, Tensor};

/// The largest logarithm of a side that counts: boxes of more than any map has cells.
const MOST: Scalar = 12.0;

/// The box of the cell `[i, j]` with the offset and logarithms of sides `[dx, dy, w, h]`.
pub(super) fn corners([i, j]: [usize; 2], [dx, dy, w, h]: [Scalar; 4]) -> [Scalar; 4] {
    let (x, y) = (j as Scalar + 0.5 + dx, i as Scalar + 0.5 + dy);
    let [w, h] = [w, h].map(|side| side.min(MOST).exp() / 2.0);
    [x - w, y - h, x + w, y + h]
}

/// The boxes `(M, 4)` of rows `(M, 4)` read at cells `[n, i, j]`.
pub(super) fn boxes<'t>(rows: &Var<'t>, cells: &[[usize; 3]]) -> Var<'t> {
    let mut y = rows.value().clone();
    for (row, &[_, i, j]) in y.as_mut_slice().chunks_exact_mut(4).zip(cells) {
        let said = [row[0], row[1], row[2], row[3]];
        row.copy_from_slice(&corners([i, j], said));
    }
    rows.tape().record(y, &[rows], || Backward { rows: rows.value().clone() })
}

struct Backward {
    rows: Tensor,
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        "boxes"
    }

    fn saved(&self) -> Saved<'_> {
        Saved::tensors([&self.rows])
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        let mut dx = self.rows;
        for (row, dy) in dx.as_mut_slice().chunks_exact_mut(4).zip(dy.as_slice().chunks_exact(4)) {
            let side = |side: Scalar| if side < MOST { side.exp() / 2.0 } else { 0.0 };
            let of_sides = [(dy[2] - dy[0]) * side(row[2]), (dy[3] - dy[1]) * side(row[3])];
            row.copy_from_slice(&[dy[0] + dy[2], dy[1] + dy[3], of_sides[0], of_sides[1]]);
        }
        vec![Some(dx)]
    }
}

#[cfg(test)]
mod tests {
    use cenote_autograd::gradcheck;

    use super::*;

    #[test]
    fn a_box_worked_by_hand() {
        let said = [0.25, -0.5, (4.0 as Scalar).ln(), (2.0 as Scalar).ln()];
        let expected = [1.75, 1.0, 5.75, 3.0];
        for (got, expected) in corners([2, 3], said).into_iter().zip(expected) {
            assert!((got - expected).abs() < 1e-5, "{got} {expected}");
        }
        assert!(corners([0, 0], [0.0, 0.0, 1e9, 1.0]).iter().all(|side| side.is_finite()));
    }

    #[test]
    fn the_gradient_matches_differences() {
        let rows = Tensor::from_fn([3, 4], |i| (i as Scalar * 0.7).sin());
        let cells = [[0, 1, 2], [1, 0, 0], [0, 3, 1]];
        gradcheck(&[rows], |v| {
            let boxes = boxes(&v[0], &cells);
            &boxes * &boxes
        })
        .expect("boxes");
    }
}
