//! Scores of cells and what they receive, a register of cells at a time.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use crate::ops::reduce::wide;
use crate::{Number, Scalar, Squash};

/// Registers that are added up before they are widened.
const RUN: usize = 64;
/// The most lanes that a register has.
const MOST: usize = 16;

/// A number, or a register of them, that lies in memory.
trait Lanes: Number {
    /// How many there are.
    const COUNT: usize;

    /// The numbers of a slice from `at` on, with zeros behind its end.
    fn load(from: &[Scalar], at: usize) -> Self;

    /// Writes what the slice has room for from `at` on.
    fn store(self, into: &mut [Scalar], at: usize);
}

impl Lanes for Scalar {
    const COUNT: usize = 1;

    fn load(from: &[Scalar], at: usize) -> Self {
        from[at]
    }

    fn store(self, into: &mut [Scalar], at: usize) {
        into[at] = self;
    }
}

/// Replaces `V x`, and `U x` behind it, by the hidden numbers, and gives every cell its weight.
#[inline(always)]
fn score_by<T: Lanes>(hidden: &mut [Scalar], w: &[Scalar], a: &mut [Scalar]) {
    let cells = a.len();
    let (tangents, gates) = hidden.split_at_mut(w.len() * cells);
    for at in (0..cells).step_by(T::COUNT) {
        let mut score = T::of(0.0);
        for (nth, &w) in w.iter().enumerate() {
            let row = nth * cells..(nth + 1) * cells;
            let mut number = squash::<T>(Squash::Tanh, &mut tangents[row.clone()], at);
            if !gates.is_empty() {
                number = number * squash::<T>(Squash::Logistic, &mut gates[row], at);
            }
            score = number.mul_add(T::of(w), score);
        }
        score.store(a, at);
    }
    softmax::<T>(a);
}

#[inline(always)]
fn squash<T: Lanes>(squash: Squash, row: &mut [Scalar], at: usize) -> T {
    let number = squash.value(T::load(row, at));
    number.store(row, at);
    number
}

/// Exponentials over their sum.
#[inline(always)]
fn softmax<T: Lanes>(scores: &mut [Scalar]) {
    let (whole, rest) = scores.split_at(scores.len() / T::COUNT * T::COUNT);
    let mut largest = T::of(Scalar::NEG_INFINITY);
    for at in (0..whole.len()).step_by(T::COUNT) {
        largest = T::load(whole, at).max(largest);
    }
    let all = lanes(largest);
    let largest = all.iter().chain(rest).fold(Scalar::NEG_INFINITY, |most, &x| x.max(most));
    let mut sum = 0.0;
    for run in scores.chunks_mut(RUN * T::COUNT) {
        let mut lane_sums = T::of(0.0);
        for at in (0..run.len()).step_by(T::COUNT) {
            let exponential = (T::load(run, at) - T::of(largest)).exp();
            exponential.store(run, at);
            if run.len() - at >= T::COUNT {
                lane_sums = lane_sums + exponential;
            } else {
                // Lanes behind the end are no cells.
                sum += run[at..].iter().copied().map(wide).sum::<f64>();
            }
        }
        sum += total(lane_sums);
    }
    let scale = T::of((1.0 / sum) as Scalar);
    for at in (0..scores.len()).step_by(T::COUNT) {
        (T::load(scores, at) * scale).store(scores, at);
    }
}

/// What `V x` and `U x` receive, from the hidden numbers and `∂s`; `∂w` is added to `dw`.
#[inline(always)]
fn pull_by<T: Lanes>([hidden, w, ds]: [&[Scalar]; 3], pulls: &mut [Scalar], dw: &mut [f64]) {
    let cells = ds.len();
    let (tangents, gates) = hidden.split_at(w.len() * cells);
    let (of_tangents, of_gates) = pulls.split_at_mut(w.len() * cells);
    for (nth, (&w, dw)) in w.iter().zip(dw).enumerate() {
        let row = nth * cells..(nth + 1) * cells;
        let (tangents, dz) = (&tangents[row.clone()], &mut of_tangents[row.clone()]);
        let mut gated = (!gates.is_empty()).then(|| (&gates[row.clone()], &mut of_gates[row]));
        for start in (0..cells).step_by(RUN * T::COUNT) {
            let mut sum = T::of(0.0);
            for at in (start..cells.min(start + RUN * T::COUNT)).step_by(T::COUNT) {
                let (t, ds) = (T::load(tangents, at), T::load(ds, at));
                let (dh, mut of_tangent, mut number) = (ds * T::of(w), ds * T::of(w), t);
                if let Some((gates, dg)) = &mut gated {
                    let g = T::load(gates, at);
                    (dh * t * Squash::Logistic.slope(g)).store(dg, at);
                    (of_tangent, number) = (dh * g, t * g);
                }
                (of_tangent * Squash::Tanh.slope(t)).store(dz, at);
                sum = ds.mul_add(number, sum);
            }
            *dw += total(sum);
        }
    }
}

/// The numbers of all lanes; −∞ where there are none.
#[inline(always)]
fn lanes<T: Lanes>(of: T) -> [Scalar; MOST] {
    let mut all = [Scalar::NEG_INFINITY; MOST];
    of.store(&mut all, 0);
    all
}

/// The sum of all lanes.
#[inline(always)]
fn total<T: Lanes>(of: T) -> f64 {
    lanes(of)[..T::COUNT].iter().copied().map(wide).sum()
}

pub(super) use kernels::{pull, score};

/// Number by number.
#[cfg(cenote_f64)]
mod kernels {
    use super::{Scalar, pull_by, score_by};

    pub(in super::super) fn score(hidden: &mut [Scalar], w: &[Scalar], a: &mut [Scalar]) {
        score_by::<Scalar>(hidden, w, a);
    }

    pub(in super::super) fn pull(of: [&[Scalar]; 3], pulls: &mut [Scalar], dw: &mut [f64]) {
        pull_by::<Scalar>(of, pulls, dw);
    }
}

/// By the registers of the machine.
#[cfg(not(cenote_f64))]
mod kernels {
    use super::{Lanes, pull_by, score_by};
    use crate::simd::{Kernel, Many, Vector, dispatch, load_up_to, store_up_to};

    impl<V: Vector> Lanes for Many<V> {
        const COUNT: usize = V::LANES;

        #[inline(always)]
        fn load(from: &[f32], at: usize) -> Self {
            Self(load_up_to(from, at))
        }

        #[inline(always)]
        fn store(self, into: &mut [f32], at: usize) {
            store_up_to(self.0, into, at);
        }
    }

    struct Score<'a>(&'a mut [f32], &'a [f32], &'a mut [f32]);

    impl Kernel for Score<'_> {
        type Output = ();

        #[inline(always)]
        fn run<V: Vector>(self) {
            score_by::<Many<V>>(self.0, self.1, self.2);
        }
    }

    struct Pull<'a>([&'a [f32]; 3], &'a mut [f32], &'a mut [f64]);

    impl Kernel for Pull<'_> {
        type Output = ();

        #[inline(always)]
        fn run<V: Vector>(self) {
            pull_by::<Many<V>>(self.0, self.1, self.2);
        }
    }

    pub(in super::super) fn score(hidden: &mut [f32], w: &[f32], a: &mut [f32]) {
        dispatch(Score(hidden, w, a));
    }

    pub(in super::super) fn pull(of: [&[f32]; 3], pulls: &mut [f32], dw: &mut [f64]) {
        dispatch(Pull(of, pulls, dw));
    }
}

#[cfg(all(test, not(cenote_f64)))]
mod tests {
    use super::*;

    fn numbers(count: usize, salt: usize) -> Vec<f32> {
        (0..count).map(|i| ((i + salt) * 7919 % 1000) as f32 / 250.0 - 2.0).collect()
    }

    fn assert_close(got: &[f32], expected: &[f32]) {
        for (got, expected) in got.iter().zip(expected) {
            assert!((got - expected).abs() <= 2e-6 * (1.0 + expected.abs()), "{got} {expected}");
        }
    }

    #[test]
    fn registers_are_number_by_number() {
        for (cells, depth, ways) in
            [(1, 1, 1), (7, 2, 2), (16, 3, 1), (33, 3, 2), (1024, 1, 2), (2100, 2, 2)]
        {
            let (before, w) = (numbers(ways * depth * cells, 1), numbers(depth, 2));
            let [(fast, a), (hidden, expected)] = [true, false].map(|is_fast| {
                let (mut hidden, mut a) = (before.clone(), vec![7.0; cells]);
                let with = if is_fast { score } else { score_by::<f32> };
                with(&mut hidden, &w, &mut a);
                (hidden, a)
            });
            assert_close(&fast, &hidden);
            assert_close(&a, &expected);
            assert!((a.iter().sum::<f32>() - 1.0).abs() < 1e-5);

            let ds = numbers(cells, 3);
            let [(fast, dw), (pulls, expected)] = [true, false].map(|is_fast| {
                let (mut pulls, mut dw) = (vec![7.0; hidden.len()], vec![1.0; depth]);
                let with = if is_fast { pull } else { pull_by::<f32> };
                with([&hidden, &w, &ds], &mut pulls, &mut dw);
                (pulls, dw)
            });
            assert_close(&fast, &pulls);
            for (got, expected) in dw.iter().zip(&expected) {
                assert!((got - expected).abs() < 1e-4, "{got} {expected}");
            }
        }
    }

    #[test]
    fn scores_far_below_zero_still_weigh_and_nan_spreads() {
        for cells in [3, 16, 21] {
            let mut a = vec![0.0; cells];
            score(&mut vec![20.0; cells], &[-300.0], &mut a);
            assert_close(&a, &vec![1.0 / cells as f32; cells]);
            let mut hidden = vec![0.5; cells];
            hidden[cells - 1] = f32::NAN;
            score(&mut hidden, &[1.0], &mut a);
            assert!(a.iter().all(|a| a.is_nan()));
        }
    }
}
