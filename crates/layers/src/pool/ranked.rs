//! A weighted mean of the cells of a window in the order of their size.
//!
//! Values are sorted, the largest first. Gradients go by the rank of each cell: how many others come
//! before it, which are the larger ones, and equal ones before it in row-major order. Cells outside the
//! input come last and have no weight.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use cenote_tensor::{Cells, Gradient, Number, Scalar, WindowFunction};

/// The weights of ranks.
pub(super) trait Weights: Sync {
    /// The weight of the cell that `rank` others come before, among `count` cells.
    fn weight<T: Number>(&self, params: &[T], rank: usize, count: T) -> T;

    /// The same for a rank that differs from window to window.
    fn weight_of<T: Number>(&self, params: &[T], rank: T, count: T) -> T;

    /// Whether the weights are the parameters: one per rank.
    fn are_learned(&self) -> bool {
        false
    }
}

/// `Σ w_j x_(j) / Σ w_j` over the ranks `j` that there are.
pub(super) struct Ranked<W>(pub(super) W);

/// Cells of the windows for which sorting and counting are written out.
const CELLS: usize = 9;

/// Of two cells the larger one comes first.
#[inline(always)]
pub(super) fn order<T: Number>(cells: &mut [T], i: usize, j: usize) {
    let (first, next) = (cells[i], cells[j]);
    // A NaN is neither larger nor smaller: it stays one of the two.
    (cells[i], cells[j]) = (next.max(first), first.min(next));
}

/// The largest first.
#[inline(always)]
pub(super) fn sort<T: Number>(cells: &mut [T]) {
    if cells.len() == CELLS {
        sort_nine(cells);
        return;
    }
    for i in 1..cells.len() {
        for j in (1..=i).rev() {
            order(cells, j - 1, j);
        }
    }
}

/// The shortest network for nine: 25 comparisons in 7 layers (Dobbelaere's list of sorting networks).
/// Written out, so that every cell has a register of its own.
#[inline(always)]
fn sort_nine<T: Number>(cells: &mut [T]) {
    order(cells, 0, 3);
    order(cells, 1, 7);
    order(cells, 2, 5);
    order(cells, 4, 8);

    order(cells, 0, 7);
    order(cells, 2, 4);
    order(cells, 3, 8);
    order(cells, 5, 6);

    order(cells, 0, 2);
    order(cells, 1, 3);
    order(cells, 4, 5);
    order(cells, 7, 8);

    order(cells, 1, 4);
    order(cells, 3, 6);
    order(cells, 5, 7);

    order(cells, 0, 1);
    order(cells, 2, 4);
    order(cells, 3, 5);
    order(cells, 6, 8);

    order(cells, 2, 3);
    order(cells, 4, 5);
    order(cells, 6, 7);

    order(cells, 1, 2);
    order(cells, 3, 4);
    order(cells, 5, 6);
}

/// The cell at `i` is compared with those before it: one of the two comes after the other.
#[inline(always)]
fn count_before<T: Number>(cells: &[T], ranks: &mut [T], i: usize) {
    let mut rank = T::of(i as Scalar);
    for j in 0..i {
        let before = cells[i].exceeds(cells[j]);
        ranks[j] = ranks[j].add_where(before, T::of(1.0));
        rank = rank.add_where(before, T::of(-1.0));
    }
    ranks[i] = rank;
}

/// For every cell how many others come before it.
#[inline(always)]
fn count_ranks<T: Number>(cells: &[T], ranks: &mut [T]) {
    if cells.len() == CELLS {
        // Written out, as above.
        count_before(cells, ranks, 0);
        count_before(cells, ranks, 1);
        count_before(cells, ranks, 2);
        count_before(cells, ranks, 3);
        count_before(cells, ranks, 4);
        count_before(cells, ranks, 5);
        count_before(cells, ranks, 6);
        count_before(cells, ranks, 7);
        count_before(cells, ranks, 8);
        return;
    }
    for i in 0..cells.len() {
        count_before(cells, ranks, i);
    }
}

/// How many cells there are: known beforehand where all of a window lie inside.
#[inline(always)]
fn count<T: Number>(cells: &Cells<'_, T>) -> T {
    if cells.all_inside() { T::of(cells.area() as Scalar) } else { cells.divisor() }
}

impl<W: Weights> Ranked<W> {
    /// One over the sum of the weights of the ranks that there are.
    #[inline(always)]
    fn inverse<T: Number>(&self, params: &[T], area: usize, count: T) -> T {
        let mut weights = T::of(0.0);
        for rank in 0..area {
            let weight = self.0.weight(params, rank, count);
            let there = count.beats(T::of(rank as Scalar));
            weights = weights + T::select(there, weight, T::of(0.0));
        }
        T::of(1.0) / weights
    }

    /// The sum of sorted cells, weighted.
    #[inline(always)]
    fn sum<T: Number>(&self, params: &[T], sorted: &[T], count: T) -> T {
        let mut sum = T::of(0.0);
        for (rank, &x) in sorted.iter().enumerate() {
            let weight = self.0.weight(params, rank, count);
            let there = count.beats(T::of(rank as Scalar));
            sum = sum + T::select(there, weight * x, T::of(0.0));
        }
        sum
    }

    #[inline(always)]
    fn value_in<T: Number>(&self, params: &[T], cells: &Cells<'_, T>, sorted: &mut [T]) -> T {
        let count = count(cells);
        fill(cells, sorted);
        sort(sorted);
        self.sum(params, sorted, count) * self.inverse(params, sorted.len(), count)
    }

    #[inline(always)]
    fn gradient_in<T: Number>(
        &self,
        params: &[T],
        cells: &Cells<'_, T>,
        dy: T,
        into: &mut Gradient<'_, T>,
        (filled, ranks): (&mut [T], &mut [T]),
    ) {
        let count = count(cells);
        // As many as there are cells, which the compiler then knows.
        let params = if self.0.are_learned() { &params[..filled.len()] } else { params };
        let inverse = self.inverse(params, filled.len(), count);
        let scale = dy * inverse;
        fill(cells, filled);
        count_ranks(filled, ranks);
        for (gradient, &rank) in into.cells[0].iter_mut().zip(ranks.iter()) {
            // Ranks past the count are of cells outside the input, whose gradients nobody looks at.
            *gradient = scale * self.0.weight_of(params, rank, count);
        }
        if self.0.are_learned() {
            sort(filled);
            let y = self.sum(params, filled, count) * inverse;
            for (rank, &x) in filled.iter().enumerate() {
                let there = count.beats(T::of(rank as Scalar));
                into.params[rank] =
                    into.params[rank] + T::select(there, scale * (x - y), T::of(0.0));
            }
        }
    }
}

#[inline(always)]
fn fill<T: Number>(cells: &Cells<'_, T>, into: &mut [T]) {
    for (k, into) in into.iter_mut().enumerate() {
        let [x] = cells.at(k);
        *into = cells.inside(k, x, T::of(Scalar::NEG_INFINITY));
    }
}

impl<W: Weights> WindowFunction for Ranked<W> {
    #[inline(always)]
    fn value<T: Number>(&self, params: &[T], cells: &Cells<'_, T>) -> T {
        let zero = T::of(0.0);
        match cells.area() {
            4 => self.value_in(params, cells, &mut [zero; 4]),
            9 => self.value_in(params, cells, &mut [zero; 9]),
            area => self.value_in(params, cells, &mut vec![zero; area]),
        }
    }

    #[inline(always)]
    fn gradient<T: Number>(
        &self,
        params: &[T],
        cells: &Cells<'_, T>,
        dy: T,
        into: &mut Gradient<'_, T>,
    ) {
        let zero = T::of(0.0);
        match cells.area() {
            4 => {
                let room = (&mut [zero; 4][..], &mut [zero; 4][..]);
                self.gradient_in(params, cells, dy, into, room);
            }
            9 => {
                let room = (&mut [zero; 9][..], &mut [zero; 9][..]);
                self.gradient_in(params, cells, dy, into, room);
            }
            area => {
                let (mut filled, mut ranks) = (vec![zero; area], vec![zero; area]);
                self.gradient_in(params, cells, dy, into, (&mut filled, &mut ranks));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_for_nine_sorts_every_pattern_of_zeros_and_ones() {
        // What sorts these sorts everything.
        for pattern in 0..1 << CELLS {
            let mut cells: Vec<Scalar> =
                (0..CELLS).map(|k| Scalar::from(u8::from(pattern >> k & 1 == 1))).collect();
            sort_nine(&mut cells);
            assert!(cells.is_sorted_by(|a, b| a >= b), "{pattern:b}: {cells:?}");
        }
    }

    #[test]
    fn ranks_are_places_in_a_stable_order() {
        for count in [5, CELLS] {
            let cells: Vec<Scalar> = (0..count).map(|k| [2.0, 5.0, 2.0, 1.0][k * 3 % 4]).collect();
            let mut order: Vec<usize> = (0..count).collect();
            order.sort_by(|&a, &b| cells[b].total_cmp(&cells[a]));
            let mut ranks = vec![0.0; count];
            count_ranks(&cells, &mut ranks);
            for (place, &k) in order.iter().enumerate() {
                assert!((ranks[k] - place as Scalar).abs() < 0.5, "{cells:?}: {ranks:?}");
            }
        }
    }
}
