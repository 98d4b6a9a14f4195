//! Band limits by fast Fourier transforms of rows, then of columns that were turned into rows.

use std::fmt;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use super::Taper;
use crate::Tensor;
use crate::ops::{parallel, scratch};
use crate::simd::Turn;

/// Band limits of both axes.
#[derive(Clone, Debug)]
pub(super) struct Transforms {
    axes: [Axis; 2],
}

/// One axis: spectra of both lengths and the weights of the frequencies that are kept.
#[derive(Clone)]
struct Axis {
    long: Pair,
    short: Pair,
    /// For the way from long to short, and for the way back.
    weights: [Arc<[f32]>; 2],
}

/// Transforms of one length, forth and back.
#[derive(Clone)]
struct Pair {
    forth: Arc<dyn RealToComplex<f32>>,
    back: Arc<dyn ComplexToReal<f32>>,
}

impl Pair {
    fn new(planner: &mut RealFftPlanner<f32>, length: usize) -> Self {
        Self { forth: planner.plan_fft_forward(length), back: planner.plan_fft_inverse(length) }
    }

    fn len(&self) -> usize {
        self.forth.len()
    }
}

impl fmt::Debug for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} → {}", self.long.len(), self.short.len())
    }
}

impl Axis {
    fn new(planner: &mut RealFftPlanner<f32>, n: usize, m: usize, taper: Taper) -> Self {
        let weights = |of_half: f64| -> Arc<[f32]> {
            (0..=m / 2)
                .map(|f| {
                    let shared = m.is_multiple_of(2) && m < n && f == m / 2;
                    let weight = taper.weight(f, m) / n as f64;
                    (if shared { of_half * weight } else { weight }) as f32
                })
                .collect()
        };
        // Of the long spectrum both signs of the highest frequency have a place: half for each.
        let weights = [weights(1.0), weights(0.5)];
        Self { long: Pair::new(planner, n), short: Pair::new(planner, m), weights }
    }

    /// The map of every row of `x`, or its adjoint.
    fn rows(&self, way: Way, x: &[f32], y: &mut [f32]) {
        let (from, into, weights) = match way {
            Way::Forward => (&self.long, &self.short, &self.weights[0]),
            Way::Backward => (&self.short, &self.long, &self.weights[1]),
        };
        let mut signal = from.forth.make_input_vec();
        let mut spectrum = from.forth.make_output_vec();
        let mut other = into.back.make_input_vec();
        let mut room = from.forth.make_scratch_vec();
        let mut back_room = into.back.make_scratch_vec();
        for (x, y) in x.chunks_exact(from.len()).zip(y.chunks_exact_mut(into.len())) {
            signal.copy_from_slice(x);
            from.forth
                .process_with_scratch(&mut signal, &mut spectrum, &mut room)
                .expect("buffers are as long as the plan says");
            other.fill(Complex::new(0.0, 0.0));
            for ((other, &value), &weight) in other.iter_mut().zip(&spectrum).zip(weights.iter()) {
                *other = value * weight;
            }
            // The constant and, in a spectrum of even length, the highest frequency are real.
            other[0].im = 0.0;
            let half = self.short.len() / 2;
            if self.short.len().is_multiple_of(2) {
                other[half].im = 0.0;
            }
            if into.len().is_multiple_of(2) {
                other[into.len() / 2].im = 0.0;
            }
            into.back
                .process_with_scratch(&mut other, y, &mut back_room)
                .expect("a spectrum of a real signal, in buffers of the plan's lengths");
        }
    }

    fn lengths(&self, way: Way) -> [usize; 2] {
        match way {
            Way::Forward => [self.long.len(), self.short.len()],
            Way::Backward => [self.short.len(), self.long.len()],
        }
    }
}

#[derive(Clone, Copy)]
enum Way {
    Forward,
    Backward,
}

impl Transforms {
    pub(super) fn new(input: [usize; 2], output: [usize; 2], taper: Taper) -> Self {
        let mut planner = RealFftPlanner::new();
        let axes = [0, 1].map(|axis| Axis::new(&mut planner, input[axis], output[axis], taper));
        Self { axes }
    }

    pub(super) fn macs(&self) -> u64 {
        let [rows, columns] = &self.axes;
        let transform = |length: usize| 1.25 * length as f64 * (length as f64).log2();
        let both = |axis: &Axis| transform(axis.long.len()) + transform(axis.short.len());
        let lines = rows.long.len() as f64 * both(columns);
        (lines + columns.short.len() as f64 * both(rows)) as u64
    }

    pub(super) fn forward(&self, x: &Tensor) -> Tensor {
        self.run(Way::Forward, x)
    }

    pub(super) fn backward(&self, dy: &Tensor) -> Tensor {
        self.run(Way::Backward, dy)
    }

    fn run(&self, way: Way, x: &Tensor) -> Tensor {
        let [batch, channels, ..] = x.nchw();
        let [rows, columns] = &self.axes;
        let ([height, high], [width, wide]) = (rows.lengths(way), columns.lengths(way));
        assert_eq!(x.nchw()[2..], [height, width], "band limit: planes as fitted");
        let mut y = Tensor::stale([batch, channels, high, wide]);
        let x = x.as_slice();
        parallel::chunks(y.as_mut_slice(), high * wide, 2 * self.macs(), |plane, y| {
            let x = &x[plane * height * width..][..height * width];
            scratch::with(height * wide, |thin| {
                columns.rows(way, x, thin);
                scratch::with((height + high) * wide, |numbers| {
                    let (turned, done) = numbers.split_at_mut(height * wide);
                    turn(thin, [height, wide], turned);
                    rows.rows(way, turned, done);
                    turn(done, [wide, high], y);
                });
            });
        });
        y
    }
}

/// A matrix of this size, rows to columns.
fn turn(from: &[f32], [rows, columns]: [usize; 2], into: &mut [f32]) {
    Turn { from, from_pitch: columns, rows, columns, into, into_pitch: rows }.copy();
}

#[cfg(test)]
mod tests {
    use super::super::matrices;
    use super::*;
    use crate::Seed;

    #[test]
    fn transforms_equal_matrices_in_both_directions() {
        let sizes = [
            ([6, 8], [3, 4]),
            ([5, 7], [4, 2]),
            ([12, 9], [12, 8]),
            ([1, 10], [1, 10]),
            ([200, 33], [77, 16]),
        ];
        for ((input, output), taper) in
            sizes.iter().flat_map(|&size| [(size, Taper::Sharp), (size, Taper::Hamming)])
        {
            let (fast, slow) =
                (Transforms::new(input, output, taper), matrices(input, output, taper));
            let mut stream = Seed(6).stream("x");
            let x = Tensor::normal([2, 2, input[0], input[1]], 1.0, &mut stream);
            let dy = Tensor::normal([2, 2, output[0], output[1]], 1.0, &mut stream);
            let pairs =
                [(fast.forward(&x), slow.forward(&x)), (fast.backward(&dy), slow.backward(&dy))];
            for (fast, slow) in pairs {
                assert_eq!(fast.shape(), slow.shape());
                for (fast, slow) in fast.as_slice().iter().zip(slow.as_slice()) {
                    assert!((fast - slow).abs() < 2e-6, "{input:?} {output:?}: {fast} {slow}");
                }
            }
        }
    }
}
