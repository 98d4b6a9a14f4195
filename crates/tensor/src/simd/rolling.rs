//! Windows of three by three over planes that keep their size: nothing is copied.
//!
//! Rows of inputs go by one after the other. Each is the last of the three under one row of outputs,
//! the middle one of the next, and the first of the one after that, so three sums are all that is
//! held. The cells left and right of a register are loaded from where they lie; at the edges of a
//! plane they are shifted in as zeros. A plane whose rows are no whole registers has its last
//! columns computed twice.

use super::Vector;

/// Rows and columns of a plane.
pub(super) type Size = [usize; 2];

/// The outputs `y` of a plane `x` that is bordered by one cell.
///
/// # Safety
/// `size` numbers can be read at `x` and written at `y`, which do not overlap, and a row has at
/// least one register.
#[inline(always)]
pub(super) unsafe fn plane<V: Vector>(
    x: *const f32,
    taps: &[f32; 9],
    bias: V,
    y: *mut f32,
    size: Size,
) {
    let taps = taps.map(V::splat);
    let last = size[1] - V::LANES;
    // SAFETY: every register of a column begins at or before `last`.
    unsafe {
        if last == 0 {
            column::<V, true, true>(x, &taps, bias, y, size);
            return;
        }
        column::<V, true, false>(x, &taps, bias, y, size);
        for at in (V::LANES..last).step_by(V::LANES) {
            column::<V, false, false>(x.add(at), &taps, bias, y.add(at), size);
        }
        column::<V, false, true>(x.add(last), &taps, bias, y.add(last), size);
    }
}

/// One register of every row, at the left or right edge of the plane or between them.
///
/// # Safety
/// A register can be read at `x` and written at `y` in each of the rows, and a number be read before
/// those of `x` if not `LEFT`, and after them if not `RIGHT`.
#[inline(always)]
unsafe fn column<V: Vector, const LEFT: bool, const RIGHT: bool>(
    x: *const f32,
    taps: &[V; 9],
    bias: V,
    y: *mut f32,
    [rows, pitch]: Size,
) {
    // Sums of the outputs one row up, and of those in this row.
    let (mut above, mut here) = (bias, bias);
    for row in 0..rows {
        // SAFETY: the promises hold for this row.
        let cells = unsafe {
            let at = x.add(row * pitch);
            let middle = V::load(at);
            [
                if LEFT { middle.after(V::splat(0.0)) } else { V::load(at.sub(1)) },
                middle,
                if RIGHT { V::load_first(at.add(1), V::LANES - 1) } else { V::load(at.add(1)) },
            ]
        };
        let plus = |sum: V, of: usize| {
            let [left, middle, right] = cells;
            let sum = left.mul_add(taps[3 * of], sum);
            right.mul_add(taps[3 * of + 2], middle.mul_add(taps[3 * of + 1], sum))
        };
        let (done, next) = (plus(above, 2), plus(here, 1));
        (above, here) = (next, plus(bias, 0));
        if row > 0 {
            // SAFETY: the row above.
            unsafe { done.store(y.add((row - 1) * pitch)) };
        }
    }
    // SAFETY: the last row.
    unsafe { above.store(y.add((rows - 1) * pitch)) };
}
