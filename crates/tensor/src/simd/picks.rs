//! Sums of the columns of rows, where every column of the output has taps of its own.
//!
//! ```text
//! into[row, o] = Σ weight · from[row, at]        over the taps of o, in their order
//! ```
//!
//! A register holds neighbouring outputs of one row, and a *step* adds one tap to each of them.
//! Neighbouring outputs mostly read from near each other, so what a step needs is two registers of
//! the row at most, whose numbers are brought into order. Steps are found once; several rows follow
//! each at a time, so that its weights and places are read once for all of them.

use super::{Kernel, Path, Vector, WIDEST};

/// The steps of all registers of a row.
#[derive(Debug)]
pub(crate) struct Picks {
    path: Path,
    output: usize,
    registers: Vec<Register>,
    steps: Vec<Step>,
    reach: usize,
}

/// Outputs that lie in one register.
#[derive(Clone, Copy, Debug)]
struct Register {
    first: usize,
    /// Its steps, and where they end.
    steps: [usize; 2],
}

/// One tap of every lane, or none.
#[derive(Clone, Copy, Debug)]
struct Step {
    spread: Spread,
    /// The first number that is read.
    base: usize,
    /// Places of the lanes, counted from `base`.
    places: [u8; WIDEST],
    weights: [f32; WIDEST],
}

/// How the numbers of a step lie in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spread {
    /// As they are needed.
    Row,
    /// All in one place.
    Point,
    /// In one register.
    Near,
    /// In two registers.
    Far,
}

/// The place of a lane without a tap.
const NOWHERE: u8 = u8::MAX;
/// Rows that follow a step together.
const TOGETHER: usize = 8;

impl Picks {
    /// Rows of `output` numbers, where `tap(o, n)` is the position and weight of tap `n` of output
    /// `o`, or `None` behind its last one.
    pub(crate) fn new(output: usize, tap: impl Fn(usize, usize) -> Option<(usize, f32)>) -> Self {
        Self::new_for(Path::current(), output, tap)
    }

    fn new_for(
        path: Path,
        output: usize,
        tap: impl Fn(usize, usize) -> Option<(usize, f32)>,
    ) -> Self {
        let lanes = path.run(Lanes);
        let mut this = Self { path, output, registers: Vec::new(), steps: Vec::new(), reach: 0 };
        // The last register reaches back over outputs that are there already.
        let last = output.saturating_sub(lanes);
        for first in (0..output).step_by(lanes).map(|first| first.min(last)) {
            let start = this.steps.len();
            let mut met = [0; WIDEST];
            let count = lanes.min(output);
            let heads = |met: &[usize; WIDEST]| {
                let mut heads = [None; WIDEST];
                for (lane, head) in heads[..count].iter_mut().enumerate() {
                    *head = tap(first + lane, met[lane]);
                }
                heads
            };
            while let Some((step, reads)) = Step::new(&heads(&met)[..count], lanes) {
                for (met, place) in met.iter_mut().zip(step.places) {
                    *met += usize::from(place != NOWHERE);
                }
                this.reach = this.reach.max(step.base + reads);
                this.steps.push(step);
            }
            this.registers.push(Register { first, steps: [start, this.steps.len()] });
        }
        this
    }

    /// How far from its start a row is read: the numbers there are needed, whatever they are.
    pub(crate) fn reach(&self) -> usize {
        self.reach
    }

    /// Writes the rows of `into` that begin at `lines[..][1]` from those of `from` that begin at
    /// `lines[..][0]`.
    ///
    /// The rows of `into` lie in the order of `lines`: what follows one of fewer numbers than a
    /// register has may be overwritten before the next one is.
    ///
    /// # Panics
    /// When a row leaves its buffer; those of `from` have [`Picks::reach`] numbers.
    pub(crate) fn sum(&self, from: &[f32], lines: &[[usize; 2]], into: &mut [f32]) {
        let inside = |start: usize, length: usize, room: usize| {
            start.checked_add(length).is_some_and(|end| end <= room)
        };
        for &[start, out] in lines {
            assert!(inside(start, self.reach, from.len()), "picks: rows lie in their buffer");
            assert!(inside(out, self.output, into.len()), "picks: the output has room");
        }
        self.path.run(Sum { picks: self, from, lines, into });
    }
}

impl Step {
    /// The step that takes as many of these taps, one per lane, as lie near the first of them, and
    /// the numbers it reads; `None` when there is no tap.
    fn new(heads: &[Option<(usize, f32)>], lanes: usize) -> Option<(Self, usize)> {
        let positions = || heads.iter().flatten().map(|&(at, _)| at);
        let least = positions().min()?;
        let most = positions().filter(|at| at - least < 2 * lanes).max()?;
        let mut step = Self {
            spread: Spread::Far,
            base: least,
            places: [NOWHERE; WIDEST],
            weights: [0.0; WIDEST],
        };
        let all = |offset: usize| {
            heads
                .iter()
                .enumerate()
                .all(|(lane, head)| head.is_some_and(|(at, _)| at == least + offset * lane))
        };
        let reads = if all(0) {
            step.spread = Spread::Point;
            1
        } else if all(1) {
            step.spread = Spread::Row;
            lanes
        } else {
            // Rows mostly begin with a line of the cache, and a register across two is slower.
            let whole = least / lanes * lanes;
            let span = |base: usize| most + 1 - base;
            if span(whole) <= 2 * lanes && (span(whole) <= lanes) == (span(least) <= lanes) {
                step.base = whole;
            }
            if span(step.base) <= lanes {
                step.spread = Spread::Near;
                lanes
            } else {
                2 * lanes
            }
        };
        for (lane, head) in heads.iter().enumerate() {
            if let Some((at, weight)) = *head
                && at <= most
            {
                step.places[lane] = (at - step.base) as u8;
                step.weights[lane] = weight;
            }
        }
        Some((step, reads))
    }
}

/// Numbers of a register of a path.
struct Lanes;

impl Kernel for Lanes {
    type Output = usize;

    #[inline(always)]
    fn run<V: Vector>(self) -> usize {
        V::LANES
    }
}

/// [`Picks::sum`], after its assertions.
struct Sum<'a> {
    picks: &'a Picks,
    from: &'a [f32],
    lines: &'a [[usize; 2]],
    into: &'a mut [f32],
}

impl Kernel for Sum<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { picks, from, lines, into } = self;
        let (together, rest) = lines.as_chunks::<TOGETHER>();
        for lines in together {
            // SAFETY: `Picks::sum` has checked every line, and planned for this path.
            unsafe { rows::<V, TOGETHER>(picks, from, lines, into) };
        }
        let (fours, rest) = rest.as_chunks::<4>();
        for lines in fours {
            // SAFETY: as above.
            unsafe { rows::<V, 4>(picks, from, lines, into) };
        }
        for &line in rest {
            // SAFETY: as above.
            unsafe { rows::<V, 1>(picks, from, &[line], into) };
        }
    }
}

/// # Safety
/// `picks` is for registers of `V`, and all lines are inside, as [`Picks::sum`] says.
#[inline(always)]
unsafe fn rows<V: Vector, const R: usize>(
    picks: &Picks,
    from: &[f32],
    lines: &[[usize; 2]; R],
    into: &mut [f32],
) {
    let room = into.len();
    for &Register { first, steps: [start, end] } in &picks.registers {
        // What is added to −0 keeps its sign; where nothing is added there is +0.
        let mut sums = [V::splat(if start == end { 0.0 } else { -0.0 }); R];
        for step in &picks.steps[start..end] {
            // SAFETY: a row has `reach` numbers, and that is as far as the furthest step reads.
            unsafe {
                let weights = V::load(step.weights.as_ptr());
                let at = |r: usize| from.as_ptr().add(lines[r][0] + step.base);
                match step.spread {
                    Spread::Row => {
                        for (r, sum) in sums.iter_mut().enumerate() {
                            *sum = V::load(at(r)).mul_add(weights, *sum);
                        }
                    }
                    Spread::Point => {
                        for (r, sum) in sums.iter_mut().enumerate() {
                            *sum = V::splat(at(r).read()).mul_add(weights, *sum);
                        }
                    }
                    Spread::Near => {
                        let places = V::places(&step.places);
                        for (r, sum) in sums.iter_mut().enumerate() {
                            *sum = V::load(at(r)).pick(places).mul_add(weights, *sum);
                        }
                    }
                    Spread::Far => {
                        let places = V::places(&step.places);
                        for (r, sum) in sums.iter_mut().enumerate() {
                            let [low, high] = [V::load(at(r)), V::load(at(r).add(V::LANES))];
                            *sum = low.pick_of_two(high, places).mul_add(weights, *sum);
                        }
                    }
                }
            }
        }
        for (&[_, line], sum) in lines.iter().zip(sums) {
            let out = line + first;
            // SAFETY: the row has `output` numbers, which a register that does not fit is cut to.
            unsafe {
                let out_at = into.as_mut_ptr().add(out);
                if out + V::LANES <= room {
                    sum.store(out_at);
                } else {
                    sum.store_first(out_at, picks.output - first);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Taps of `output` outputs: sliding windows, windows that run backwards, scattered ones, and
    /// all inputs for every output.
    fn lists(kind: usize, input: usize, output: usize) -> Vec<Vec<(usize, f32)>> {
        let tap = |o: usize, t: usize| {
            let at = [2 * o + t, 300 - o - t, o * 37 + t * 11, t, o + t][kind];
            (at % input, (o + 2 * t) as f32 - 3.0)
        };
        let count = |o: usize| [3, 2, o % 4, input, (o + 2) % 3][kind];
        (0..output).map(|o| (0..count(o)).map(|t| tap(o, t)).collect()).collect()
    }

    #[test]
    fn every_path_sums_the_columns_of_rows_of_every_length() {
        let from: Vec<f32> = (0..1400).map(|i| (i % 29) as f32 - 11.0).collect();
        for (path, name) in Path::available() {
            for (kind, input, output) in (0..5).flat_map(|kind| {
                [1, 2, 7, 16, 31, 50].into_iter().flat_map(move |input| {
                    [1, 3, 8, 15, 16, 17, 33, 40].map(|output| (kind, input, output))
                })
            }) {
                let lists = lists(kind, input, output);
                let picks = Picks::new_for(path, output, |o, t| lists[o].get(t).copied());
                let lines: Vec<_> = (0..13).map(|r| [(r * 5 % 13) * 70 + 3, r * output]).collect();
                let mut into = vec![0.5; 13 * output];
                picks.sum(&from, &lines, &mut into);
                for (i, &got) in into.iter().enumerate() {
                    let start = lines[i / output][0];
                    // Whole numbers below 2^24: every order of summation is exact.
                    let expected: f32 = lists[i % output]
                        .iter()
                        .map(|&(at, weight)| weight * from[start + at])
                        .sum();
                    assert!((got - expected).abs() < 0.25, "{name}, {kind}: {input} to {output}");
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "rows lie in their buffer")]
    fn a_row_without_room_for_what_is_read_of_it_is_refused() {
        let picks = Picks::new(4, |o, t| (t == 0).then_some((2 * o, 1.0)));
        picks.sum(&[0.0; 32], &[[32 + 1 - picks.reach(), 0]], &mut [0.0; 4]);
    }
}
