//! A weighted mean of the cells of a window in the order of their size.
//!
//! A chain of comparisons of neighbours sorts the cells, the largest first. Two of them change places
//! only if the later is larger, so equal cells stay in row-major order; which pairs did is remembered
//! and takes the gradients back. Cells outside the input come last and have no weight.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use cenote_tensor::{Cells, Gradient, Number, Scalar, WindowFunction};

/// The weights of ranks.
pub(super) trait Weights: Sync {
    /// The weight of the cell that `rank` others come before, among `count` cells.
    fn weight<T: Number>(&self, params: &[T], rank: usize, count: T) -> T;

    /// Whether the weights are the parameters: one per rank.
    fn are_learned(&self) -> bool {
        false
    }
}

/// `Σ w_j x_(j) / Σ w_j` over the ranks `j` that there are.
pub(super) struct Ranked<W>(pub(super) W);

/// Cells of the windows for which the sorting is written out.
const CELLS: usize = 9;

/// How many pairs of neighbours are compared.
const fn count_of_pairs(cells: usize) -> usize {
    cells * (cells - 1) / 2
}

/// The cell at `i` finds its place among those before it.
#[inline(always)]
fn insert<T: Number>(cells: &mut [T], i: usize) {
    for j in (1..=i).rev() {
        let (first, next) = (cells[j - 1], cells[j]);
        // A NaN is neither larger nor smaller: it stays one of the two.
        (cells[j - 1], cells[j]) = (next.max(first), first.min(next));
    }
}

#[inline(always)]
fn sort<T: Number>(cells: &mut [T]) {
    if cells.len() == CELLS {
        // Written out, so that every cell has a register of its own.
        insert(cells, 1);
        insert(cells, 2);
        insert(cells, 3);
        insert(cells, 4);
        insert(cells, 5);
        insert(cells, 6);
        insert(cells, 7);
        insert(cells, 8);
        return;
    }
    for i in 1..cells.len() {
        insert(cells, i);
    }
}

/// As [`insert`], and tells for every pair whether it changed places.
#[inline(always)]
fn insert_and_tell<T: Number>(cells: &mut [T], changed: &mut [T::Truth], i: usize) {
    for j in (1..=i).rev() {
        let pair = count_of_pairs(i) + i - j;
        let (first, next) = (cells[j - 1], cells[j]);
        changed[pair] = next.beats(first);
        cells[j - 1] = T::select(changed[pair], next, first);
        cells[j] = T::select(changed[pair], first, next);
    }
}

#[inline(always)]
fn sort_and_tell<T: Number>(cells: &mut [T], changed: &mut [T::Truth]) {
    if cells.len() == CELLS {
        insert_and_tell(cells, changed, 1);
        insert_and_tell(cells, changed, 2);
        insert_and_tell(cells, changed, 3);
        insert_and_tell(cells, changed, 4);
        insert_and_tell(cells, changed, 5);
        insert_and_tell(cells, changed, 6);
        insert_and_tell(cells, changed, 7);
        insert_and_tell(cells, changed, 8);
        return;
    }
    for i in 1..cells.len() {
        insert_and_tell(cells, changed, i);
    }
}

/// What belongs to the first `i + 1` ranks, as it was before the last of them was inserted.
#[inline(always)]
fn take_out<T: Number>(ranks: &mut [T], changed: &[T::Truth], i: usize) {
    for j in 1..=i {
        let pair = count_of_pairs(i) + i - j;
        let (first, next) = (ranks[j - 1], ranks[j]);
        ranks[j - 1] = T::select(changed[pair], next, first);
        ranks[j] = T::select(changed[pair], first, next);
    }
}

/// Takes what belongs to ranks back to where the cells were: the same pairs, last to first.
#[inline(always)]
fn unsort<T: Number>(ranks: &mut [T], changed: &[T::Truth]) {
    if ranks.len() == CELLS {
        take_out(ranks, changed, 8);
        take_out(ranks, changed, 7);
        take_out(ranks, changed, 6);
        take_out(ranks, changed, 5);
        take_out(ranks, changed, 4);
        take_out(ranks, changed, 3);
        take_out(ranks, changed, 2);
        take_out(ranks, changed, 1);
        return;
    }
    for i in (1..ranks.len()).rev() {
        take_out(ranks, changed, i);
    }
}

impl<W: Weights> Ranked<W> {
    /// The mean of sorted cells, and one over the sum of their weights.
    #[inline(always)]
    fn mean<T: Number>(&self, params: &[T], sorted: &[T], count: T) -> [T; 2] {
        let (mut sum, mut weights) = (T::of(0.0), T::of(0.0));
        for (rank, &x) in sorted.iter().enumerate() {
            let weight = self.0.weight(params, rank, count);
            let there = count.beats(T::of(rank as Scalar));
            sum = sum + T::select(there, weight * x, T::of(0.0));
            weights = weights + T::select(there, weight, T::of(0.0));
        }
        let inverse = T::of(1.0) / weights;
        [sum * inverse, inverse]
    }

    #[inline(always)]
    fn value_in<T: Number>(&self, params: &[T], cells: &Cells<'_, T>, sorted: &mut [T]) -> T {
        fill(cells, sorted);
        sort(sorted);
        self.mean(params, sorted, cells.divisor())[0]
    }

    #[inline(always)]
    fn gradient_in<T: Number>(
        &self,
        params: &[T],
        cells: &Cells<'_, T>,
        dy: T,
        into: &mut Gradient<'_, T>,
        (sorted, changed): (&mut [T], &mut [T::Truth]),
    ) {
        let (count, zero) = (cells.divisor(), T::of(0.0));
        fill(cells, sorted);
        sort_and_tell(sorted, changed);
        let [y, inverse] = self.mean(params, sorted, count);
        let scale = dy * inverse;
        for (rank, x) in sorted.iter_mut().enumerate() {
            if self.0.are_learned() {
                let there = count.beats(T::of(rank as Scalar));
                into.params[rank] = T::select(there, scale * (*x - y), zero);
            }
            // Ranks past the count are of cells outside the input, whose gradients nobody looks at.
            *x = scale * self.0.weight(params, rank, count);
        }
        unsort(sorted, changed);
        into.cells[0].copy_from_slice(sorted);
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
        const OF_4: usize = count_of_pairs(4);
        const OF_9: usize = count_of_pairs(9);
        let zero = T::of(0.0);
        let same = zero.equals(zero);
        match cells.area() {
            4 => {
                let room = (&mut [zero; 4][..], &mut [same; OF_4][..]);
                self.gradient_in(params, cells, dy, into, room);
            }
            9 => {
                let room = (&mut [zero; 9][..], &mut [same; OF_9][..]);
                self.gradient_in(params, cells, dy, into, room);
            }
            area => {
                let (mut sorted, mut changed) =
                    (vec![zero; area], vec![same; count_of_pairs(area)]);
                self.gradient_in(params, cells, dy, into, (&mut sorted, &mut changed));
            }
        }
    }
}
