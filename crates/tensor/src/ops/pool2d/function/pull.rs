//! From the gradients of windows to those of their cells.
//!
//! Every window leaves one gradient per offset. A cell gathers those of the windows that it lies in:
//! input columns `e, e + s, …` (stride `s`) lie at the same offsets of neighbouring windows, so a
//! register of them adds up registers, always in the same order.
//!
//! Windows that halve the plane put down rows of inputs instead: what neighbours give to one column is
//! added up while it is in registers.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use crate::simd::{Addends, Many, Vector, WIDEST, load, store, store_apart, store_up_to};
use crate::{Window, Windows};

use super::plan::{Place, halving};

/// Numbers for the last register of the rows of windows.
const CARRIED: usize = 3 * WIDEST;

/// Where gradients of windows lie, and where inputs find them.
pub(super) struct Pulling {
    at: Windows,
    /// Numbers before the first output of a row.
    border: usize,
    /// From the gradients of one offset in a row of outputs to those of the next.
    pitch: usize,
    /// Rows of outputs that are held at a time.
    held: usize,
    /// The side of windows that halve the plane.
    halving: Option<usize>,
    /// For every row of inputs, and in it for every phase of columns, where each begins.
    sources: Addends,
}

impl Pulling {
    pub(super) fn new(at: &Windows) -> Self {
        if let Some(side) = halving(at) {
            return Self::halving(at, side);
        }
        let Window { kernel, stride, before, dilation, .. } = at.window();
        let ([height, width], [rows, columns]) = (at.input(), at.output());
        let border = (kernel[1] - 1) * dilation[1] / stride[1];
        let starts = |e: usize| {
            let (phase, base) = ((e + before[1]) % stride[1], (e + before[1]) / stride[1]);
            let taps =
                (0..kernel[1]).rev().filter(move |tap| tap * dilation[1] % stride[1] == phase);
            taps.map(move |tap| (tap, border + base - tap * dilation[1] / stride[1]))
        };
        let last = (0..stride[1]).flat_map(starts).map(|(_, start)| start).max().unwrap_or(0);
        let reach = last + width.div_ceil(stride[1]).next_multiple_of(WIDEST);
        let pitch = reach.max(border + columns.next_multiple_of(WIDEST)) + WIDEST;
        // The rows that a row of inputs looks at, and the one that is being written meanwhile.
        let held = ((kernel[0] - 1) * dilation[0] / stride[0] + 2).min(rows);
        let over = |r: usize| {
            (0..kernel[0]).rev().filter_map(move |tap| {
                let from = (r + before[0]).checked_sub(tap * dilation[0])?;
                let row = from / stride[0];
                let there = from.is_multiple_of(stride[0]) && row < rows;
                there.then_some((row % held * kernel[0] + tap) * kernel[1])
            })
        };
        let sources =
            (0..height).flat_map(|r| (0..stride[1]).map(move |e| (r, e))).map(|(r, e)| {
                let each =
                    over(r).flat_map(|first| starts(e).map(move |(tap, at)| (first + tap, at)));
                each.map(|(gradient, at)| gradient * pitch + at).collect()
            });
        Self { at: *at, border, pitch, held, halving: None, sources: Addends::new(sources) }
    }

    fn halving(at: &Windows, side: usize) -> Self {
        let ([height, width], [rows, columns]) = (at.input(), at.output());
        let (held, border) = (3.min(rows), side - 2);
        // Two registers behind the last windows, and one that is looked at from the last input.
        let pitch = (2 * columns.next_multiple_of(WIDEST)).max(width + border) + 3 * WIDEST;
        let sources = (0..height).map(|r| {
            let place = |tap: usize| {
                let from = (r + border).checked_sub(tap)?;
                let there = from.is_multiple_of(2) && from / 2 < rows;
                there.then_some((from / 2 % held * side + tap) * pitch + border)
            };
            (0..side).rev().filter_map(place).collect()
        });
        let sources = Addends::new(sources);
        Self { at: *at, border, pitch, held, halving: Some(side), sources }
    }

    /// Numbers of all rows that are held.
    pub(super) fn len(&self) -> usize {
        self.held * self.row() + CARRIED
    }

    /// Numbers of one row of outputs.
    fn row(&self) -> usize {
        self.halving.unwrap_or_else(|| self.at.window().area()) * self.pitch
    }

    /// Puts down the gradients of a register of windows. Lanes without a window get zeros.
    #[inline(always)]
    pub(super) fn put<V: Vector>(&self, gradients: &mut [Many<V>], place: Place, held: &mut [f32]) {
        let (held, carried) = held.split_at_mut(self.held * self.row());
        let into = &mut held[place.row % self.held * self.row()..][..self.row()];
        if place.count < V::LANES {
            for gradient in gradients.iter_mut() {
                *gradient = Many(gradient.0.first_or(place.count, V::splat(0.0)));
            }
        }
        match (self.halving, &*gradients) {
            (Some(_), &[a, b, c, d]) => {
                put_pair([a.0, b.0], into, 2 * place.at);
                put_pair([c.0, d.0], into, self.pitch + 2 * place.at);
                return;
            }
            (Some(_), gradients) if gradients.len() == 9 => {
                let last = place.at + V::LANES >= self.at.output()[1];
                for u in 0..3 {
                    let [left, middle, right] =
                        [gradients[3 * u].0, gradients[3 * u + 1].0, gradients[3 * u + 2].0];
                    let zero = V::splat(0.0);
                    let before = if place.at == 0 { zero } else { load(carried, u * WIDEST) };
                    let row = u * self.pitch + 2 * place.at;
                    put_pair([right.after(before).add(left), middle], into, row);
                    store(right, carried, u * WIDEST);
                    if last {
                        put_pair([zero.after(right), zero], into, row + 2 * V::LANES);
                    }
                }
                return;
            }
            _ => {}
        }
        store_apart(gradients, into, self.border + place.at, self.pitch);
    }

    /// The rows of inputs, from `next` on, that no window after output row `row` looks at, without
    /// those that look at it: they are read when what was stored last has arrived.
    pub(super) fn ready(&self, next: usize, row: usize) -> std::ops::Range<usize> {
        let Window { stride, before, .. } = self.at.window();
        let ([height, _], [rows, _]) = (self.at.input(), self.at.output());
        let end =
            if row + 1 == rows { height } else { (row * stride[0]).saturating_sub(before[0]) };
        next..end.clamp(next, height)
    }

    /// The gradient of input row `r`.
    #[inline(always)]
    pub(super) fn pull<V: Vector>(&self, r: usize, held: &[f32], dx: &mut [f32]) {
        let phases = if self.halving.is_some() { 1 } else { self.at.window().stride[1] };
        match phases {
            1 => {
                let sources = self.sources.list(r);
                for at in (0..dx.len()).step_by(V::LANES) {
                    store_up_to(sources.sum::<V>(held, at), dx, at);
                }
            }
            2 => {
                let [evens, odds] = [self.sources.list(2 * r), self.sources.list(2 * r + 1)];
                for at in (0..dx.len().div_ceil(2)).step_by(V::LANES) {
                    let (even, odd) = (evens.sum::<V>(held, at), odds.sum::<V>(held, at));
                    let (first, next) = even.weave(odd);
                    store_up_to(first, dx, 2 * at);
                    if 2 * at + V::LANES < dx.len() {
                        store_up_to(next, dx, 2 * at + V::LANES);
                    }
                }
            }
            _ => {
                for e in 0..phases {
                    let sources = self.sources.list(r * phases + e);
                    let count = dx.len().saturating_sub(e).div_ceil(phases);
                    for at in (0..count).step_by(V::LANES) {
                        let mut lanes = [0.0; WIDEST];
                        store(sources.sum::<V>(held, at), &mut lanes, 0);
                        let into = dx[e + at * phases..].iter_mut().step_by(phases);
                        into.zip(&lanes[..V::LANES]).for_each(|(into, &sum)| *into = sum);
                    }
                }
            }
        }
    }
}

/// Stores even and odd numbers, woven.
#[inline(always)]
fn put_pair<V: Vector>([evens, odds]: [V; 2], into: &mut [f32], at: usize) {
    let (first, next) = evens.weave(odds);
    store(first, into, at);
    store(next, into, at + V::LANES);
}
