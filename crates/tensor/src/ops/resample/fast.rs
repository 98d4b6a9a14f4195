//! Separable maps on whole registers.
//!
//! A register holds neighbouring numbers of one row, so sums of rows need nothing but loads. For sums
//! of columns the numbers of a row are brought into the order in which neighbouring outputs need them.
//! Rows that are only moved are not summed at all: the columns read them where they lie.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use super::{Axis, Tap};
use crate::ops::{parallel, scratch};
use crate::simd::{
    Kernel, Picks, Vector, WIDEST, dispatch, load, load_up_to, prefetch_all, store, store_up_to,
};

/// Numbers of the planes that one task takes: enough to be worth handing out.
const TOGETHER: usize = 1 << 13;
/// Numbers that are asked for before they are needed: of larger planes the machine itself sees enough.
const AHEAD: usize = 1 << 12;
/// What moving a number costs, in operations.
const MOVE: usize = 12;

/// `y = R x Cᵀ` for every plane, the rows summed first.
pub(super) fn rows_first(maps: &[Axis; 2], x: &[f32], y: &mut [f32]) {
    Mapping::rows_first(maps).all(x, y);
}

/// `y = R x Cᵀ` for every plane, the columns summed first.
pub(super) fn columns_first(maps: &[Axis; 2], x: &[f32], y: &mut [f32]) {
    Mapping::columns_first(maps).all(x, y);
}

/// A map of planes, ready for any number of them.
pub(crate) struct Mapping<'a> {
    maps: &'a [Axis; 2],
    picks: Picks,
    order: Order,
}

/// What is summed first, and where the rows begin whose columns are summed.
enum Order {
    Rows(Vec<[usize; 2]>),
    Columns(Vec<[usize; 2]>),
    /// Nothing but columns.
    Moves(Moves),
}

impl<'a> Mapping<'a> {
    /// The map that sums rows first: that is quicker where there are fewer of them afterwards.
    pub(crate) fn rows_first(maps: &'a [Axis; 2]) -> Self {
        Self::new(maps, maps[0].output(), Order::Rows)
    }

    /// The map that sums columns first.
    pub(crate) fn columns_first(maps: &'a [Axis; 2]) -> Self {
        Self::new(maps, maps[0].input(), Order::Columns)
    }

    /// The columns of so many rows are summed.
    fn new(maps: &'a [Axis; 2], rows: usize, order: fn(Vec<[usize; 2]>) -> Order) -> Self {
        let columns = &maps[1];
        let lines = |row: usize| [row * columns.input(), row * columns.output()];
        let order = match Moves::new(maps) {
            Some(moves) => Order::Moves(moves),
            None => order((0..rows).map(lines).collect()),
        };
        Self { maps, picks: picks(columns), order }
    }

    /// Numbers behind a plane that are read with it, whatever they are; where there are fewer, it is copied.
    pub(crate) fn reach(&self) -> usize {
        self.picks.reach()
    }

    /// What one plane costs, in operations.
    pub(crate) fn operations(&self) -> usize {
        let [rows, columns] = self.maps;
        let (from, into) = (rows.input() * columns.input(), rows.output() * columns.output());
        let sums = rows.len() * columns.input() + rows.output() * columns.len();
        MOVE * (from + into) + 2 * sums
    }

    /// One plane, which `behind` begins with.
    pub(crate) fn plane(&self, behind: &[f32], y: &mut [f32]) {
        let [rows, columns] = self.maps;
        let x = &behind[..rows.input() * columns.input()];
        match &self.order {
            Order::Rows(lines) => {
                let wide = columns.input();
                scratch::with(rows.output() * wide + self.picks.reach(), |middle| {
                    // The machine sees by itself what is read, unless much is written between.
                    let next = if 2 * y.len() < x.len() { &[] } else { next(x, behind) };
                    combine(rows, x, middle, wide, next);
                    self.picks.sum(middle, lines, y);
                });
            }
            Order::Columns(lines) => {
                let wide = columns.output();
                scratch::with(rows.input() * wide + WIDEST, |middle| {
                    let picks = &self.picks;
                    reaching(x, behind, picks.reach(), |x| picks.sum(x, lines, middle));
                    combine(rows, middle, y, wide, next(x, behind));
                });
            }
            Order::Moves(moves) => {
                let (picks, thin) = (&self.picks, columns.output());
                prefetch_all(next(x, behind));
                reaching(x, behind, picks.reach(), |x| picks.sum(x, &moves.lines, y));
                for &start in &moves.empty {
                    y[start..start + thin].fill(0.0);
                }
            }
        }
    }

    /// `y` of every plane.
    fn all(&self, x: &[f32], y: &mut [f32]) {
        let [rows, columns] = self.maps;
        let (from, into) = (rows.input() * columns.input(), rows.output() * columns.output());
        if from == 0 || into == 0 {
            return;
        }
        let planes = (TOGETHER / from.max(into)).max(1);
        let operations = planes * self.operations();
        parallel::chunks(y, planes * into, operations as u64, |nth, y| {
            for (plane, y) in y.chunks_exact_mut(into).enumerate() {
                self.plane(&x[(nth * planes + plane) * from..], y);
            }
        });
    }
}

/// Sums of columns.
fn picks(columns: &Axis) -> Picks {
    let tap = |o: usize, nth: usize| columns.taps(o).get(nth).map(|tap| (tap.at, tap.weight));
    Picks::new(columns.output(), tap)
}

/// Rows that are each one row of the input, or none: nothing has to be summed before the columns.
struct Moves {
    /// Where the rows begin, before and after.
    lines: Vec<[usize; 2]>,
    /// Where rows of zeros begin.
    empty: Vec<usize>,
}

impl Moves {
    /// `None` when a row is more than moved.
    fn new([rows, columns]: &[Axis; 2]) -> Option<Self> {
        let (mut lines, mut empty) = (Vec::new(), Vec::new());
        for o in 0..rows.output() {
            let start = o * columns.output();
            match *rows.taps(o) {
                [] => empty.push(start),
                [Tap { at, weight: 1.0 }] => lines.push([at * columns.input(), start]),
                _ => return None,
            }
        }
        Some(Self { lines, empty })
    }
}

/// The plane that lies behind `x`, as far as there is one and it pays to ask for it.
fn next<'a>(x: &[f32], behind: &'a [f32]) -> &'a [f32] {
    let next = &behind[x.len()..];
    &next[..x.len().min(AHEAD).min(next.len())]
}

/// Calls `work` with `x` and at least `reach` numbers behind it, which are of no consequence.
fn reaching(x: &[f32], behind: &[f32], reach: usize, work: impl FnOnce(&[f32])) {
    if behind.len() >= x.len() + reach {
        return work(behind);
    }
    scratch::with(x.len() + reach, |copy| {
        copy[..x.len()].copy_from_slice(x);
        work(copy);
    });
}

/// Sums of rows of `width` numbers. What is needed `next` is brought near meanwhile.
fn combine(axis: &Axis, x: &[f32], y: &mut [f32], width: usize, next: &[f32]) {
    dispatch(Combine { axis, x, y, width, next });
}

struct Combine<'a> {
    axis: &'a Axis,
    x: &'a [f32],
    y: &'a mut [f32],
    width: usize,
    next: &'a [f32],
}

impl Kernel for Combine<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { axis, x, y, width, next } = self;
        let mut next =
            next.chunks(next.len().div_ceil(axis.output()).max(1).next_multiple_of(WIDEST));
        for (o, y) in y.chunks_exact_mut(width).take(axis.output()).enumerate() {
            // All requests at once would keep the loads of this plane waiting.
            next.next().into_iter().for_each(prefetch_all);
            let taps = axis.taps(o);
            let Some((first, rest)) = taps.split_first() else {
                y.fill(0.0);
                continue;
            };
            let mut at = 0;
            while at + 4 * V::LANES <= width {
                block::<V, 4>(first, rest, x, y, at);
                at += 4 * V::LANES;
            }
            while at + 2 * V::LANES <= width {
                block::<V, 2>(first, rest, x, y, at);
                at += 2 * V::LANES;
            }
            if at + V::LANES <= width {
                block::<V, 1>(first, rest, x, y, at);
                at += V::LANES;
            }
            if at < width && V::LANES <= width {
                // Once more what is there already, in place of a register that has to be cut.
                block::<V, 1>(first, rest, x, y, width - V::LANES);
            } else if at < width {
                let row = |tap: &Tap| &x[tap.at * width..][..width];
                let mut sum = load_up_to::<V>(row(first), at).mul(V::splat(first.weight));
                for tap in rest {
                    sum = load_up_to::<V>(row(tap), at).mul_add(V::splat(tap.weight), sum);
                }
                store_up_to(sum, y, at);
            }
        }
    }
}

/// `R` registers of a row.
#[inline(always)]
fn block<V: Vector, const R: usize>(
    first: &Tap,
    rest: &[Tap],
    x: &[f32],
    y: &mut [f32],
    at: usize,
) {
    // One comparison for all registers of a row.
    let row = |tap: &Tap| &x[tap.at * y.len() + at..][..R * V::LANES];
    let (numbers, weight) = (row(first), V::splat(first.weight));
    let mut sums = [weight; R];
    for (r, sum) in sums.iter_mut().enumerate() {
        *sum = load::<V>(numbers, r * V::LANES).mul(weight);
    }
    for tap in rest {
        let (numbers, weight) = (row(tap), V::splat(tap.weight));
        for (r, sum) in sums.iter_mut().enumerate() {
            *sum = load::<V>(numbers, r * V::LANES).mul_add(weight, *sum);
        }
    }
    let y = &mut y[at..][..R * V::LANES];
    for (r, sum) in sums.into_iter().enumerate() {
        store(sum, y, r * V::LANES);
    }
}
