//! Band limits: the low part of a discrete spectrum, brought back as a smaller plane.
//!
//! ```text
//! X(f)  = Σ_k x[k] e^(−2πi f k / n)                        the spectrum of n cells
//! y[j]  = (1/n) Σ_f w(f) X(f) e^(2πi f j / m)              m ≤ n cells,  −m/2 ≤ f ≤ m/2
//! ```
//!
//! along both axes. For an even `m < n` the frequencies `m/2` and `−m/2` meet in one cell of the new
//! spectrum, which gets the mean of both: then the output is real, and a mirrored image has the
//! mirrored output. The factor `1/n` keeps means. The map is linear and the backward pass is its
//! adjoint: the spectrum of `dy`, padded with zeros.
//!
//! Along an axis of few cells the matrix of the map is multiplied, which is quicker than transforms;
//! [`BandLimit::transforms`] says which way one goes.

#[cfg(not(cenote_f64))]
mod transform;

use std::f64::consts::PI;

#[cfg(not(cenote_f64))]
use transform::Transforms;

use crate::{Axis, Resampling, Scalar, Tap, Tensor};

/// The weight of every frequency that is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Taper {
    /// All weigh 1.
    #[default]
    Sharp,
    /// `0.54 + 0.46 cos(2π f / m)`: no ringing for less sharpness (Hamming).
    Hamming,
}

impl Taper {
    fn weight(self, frequency: usize, output: usize) -> f64 {
        match self {
            Self::Sharp => 1.0,
            Self::Hamming => 0.54 + 0.46 * (2.0 * PI * frequency as f64 / output as f64).cos(),
        }
    }
}

/// A band limit that was fitted to planes of one size; cloning shares it.
///
/// ```
/// use cenote_tensor::{BandLimit, Taper, Tensor};
///
/// // A wave of one period is kept, one of two periods is too fast for three cells.
/// let wave = |periods: usize| Tensor::from_fn([1, 1, 1, 6], |k| {
///     (std::f64::consts::TAU * (periods * k) as f64 / 6.0).cos() as cenote_tensor::Scalar
/// });
/// let limit = BandLimit::new([1, 6], [1, 3], Taper::Sharp);
/// let close = |x: &[cenote_tensor::Scalar], y: [cenote_tensor::Scalar; 3]| {
///     x.iter().zip(y).all(|(x, y)| (x - y).abs() < 1e-6)
/// };
/// assert!(close(limit.forward(&wave(1)).as_slice(), [1.0, -0.5, -0.5]));
/// assert!(close(limit.forward(&wave(2)).as_slice(), [0.0, 0.0, 0.0]));
/// ```
#[derive(Clone, Debug)]
pub struct BandLimit(Way);

#[derive(Clone, Debug)]
enum Way {
    Matrices(Resampling),
    #[cfg(not(cenote_f64))]
    Transforms(Transforms),
}

/// Cells of an axis from which transforms are quicker than a matrix.
#[cfg(not(cenote_f64))]
const LONG: usize = 48;

impl BandLimit {
    /// The band limit from planes of size `input` to planes of size `output`.
    ///
    /// # Panics
    /// When an output is larger than its input, or a size is 0.
    pub fn new(input: [usize; 2], output: [usize; 2], taper: Taper) -> Self {
        for axis in 0..2 {
            let fits = (1..=input[axis]).contains(&output[axis]);
            assert!(fits, "a band limit makes {} cells of {}", output[axis], input[axis]);
        }
        #[cfg(not(cenote_f64))]
        if input.iter().any(|&size| size >= LONG) {
            return Self(Way::Transforms(Transforms::new(input, output, taper)));
        }
        Self(Way::Matrices(matrices(input, output, taper)))
    }

    /// Whether transforms are used, which take `O(n log n)` operations for `n` cells.
    pub fn transforms(&self) -> bool {
        !matches!(self.0, Way::Matrices(_))
    }

    /// Multiply-adds of the forward pass for one plane.
    ///
    /// A transform of `n` real cells counts `2.5 n log₂ n / 2`, the usual estimate.
    pub fn macs(&self) -> u64 {
        match &self.0 {
            Way::Matrices(matrices) => matrices.macs(),
            #[cfg(not(cenote_f64))]
            Way::Transforms(transforms) => transforms.macs(),
        }
    }

    /// `y` `(N, C, OH, OW)` from `x` `(N, C, H, W)`.
    ///
    /// # Panics
    /// When the planes have another size.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        match &self.0 {
            Way::Matrices(matrices) => matrices.forward(x),
            #[cfg(not(cenote_f64))]
            Way::Transforms(transforms) => transforms.forward(x),
        }
    }

    /// `dx` from `dy`: the adjoint.
    ///
    /// # Panics
    /// When the planes have another size.
    pub fn backward(&self, dy: &Tensor) -> Tensor {
        match &self.0 {
            Way::Matrices(matrices) => matrices.backward(dy),
            #[cfg(not(cenote_f64))]
            Way::Transforms(transforms) => transforms.backward(dy),
        }
    }
}

fn matrices(input: [usize; 2], output: [usize; 2], taper: Taper) -> Resampling {
    let [rows, columns] = [0, 1].map(|axis| matrix(input[axis], output[axis], taper));
    Resampling::new(rows, columns)
}

/// What sums of cosines leave of nothing: of the entries of a matrix that halves an axis nearly half are zero.
const ROUNDING: f64 = 1e-14;

/// The matrix of the map along one axis.
///
/// ```text
/// M[j, k] = (1/n) Σ_f w(f) cos(2π f (j/m − k/n))     over −m/2 < f < m/2
///         + (1/n) w(m/2) cos(π j) cos(π k m / n)     where m is even
/// ```
fn matrix(n: usize, m: usize, taper: Taper) -> Axis {
    // cos(2π a / (n m)), with the angle brought into one turn while it is a whole number.
    let cosine = |a: usize| (2.0 * PI * (a % (n * m)) as f64 / (n * m) as f64).cos();
    let entry = |j: usize, k: usize| {
        let apart = (j * n + (n - k) * m) % (n * m);
        let pairs: f64 =
            (1..m.div_ceil(2)).map(|f| 2.0 * taper.weight(f, m) * cosine(f * apart)).sum();
        let half = match m % 2 {
            0 => taper.weight(m / 2, m) * cosine(m / 2 * j * n) * cosine(m / 2 * k * m),
            _ => 0.0,
        };
        (taper.weight(0, m) + pairs + half) / n as f64
    };
    let taps = |j: usize| {
        let all = (0..n).map(|k| (k, entry(j, k)));
        let there = all.filter(|(_, entry)| entry.abs() > ROUNDING);
        there.map(|(at, entry)| Tap { at, weight: entry as Scalar }).collect()
    };
    Axis::new(n, (0..m).map(taps))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seed;

    /// The definition in two dimensions: crop the spectrum of a plane, both signs of the highest
    /// frequency halved, and transform back.
    fn by_definition(x: &Tensor, output: [usize; 2]) -> Vec<f64> {
        let [_, _, height, width] = x.nchw();
        let frequencies = |m: usize, n: usize| -> Vec<(f64, f64)> {
            let half = (m / 2) as i64;
            (-half..=half)
                .map(|f| {
                    let shared = m.is_multiple_of(2) && m < n && f.abs() == half;
                    // An axis that is not cut has its highest frequency once.
                    let twice = m.is_multiple_of(2) && m == n && f == half;
                    (
                        f as f64,
                        if twice {
                            0.0
                        } else if shared {
                            0.5
                        } else {
                            1.0
                        },
                    )
                })
                .collect()
        };
        let turn = 2.0 * PI;
        let mut y = vec![0.0; output[0] * output[1]];
        for &(f, of_f) in &frequencies(output[0], height) {
            for &(g, of_g) in &frequencies(output[1], width) {
                let mut spectrum = (0.0, 0.0);
                for (i, &x) in x.as_slice().iter().enumerate() {
                    let (h, w) = ((i / width) as f64, (i % width) as f64);
                    let angle = -turn * (f * h / height as f64 + g * w / width as f64);
                    spectrum.0 += f64::from(x) * angle.cos();
                    spectrum.1 += f64::from(x) * angle.sin();
                }
                for (at, y) in y.iter_mut().enumerate() {
                    let (i, j) = ((at / output[1]) as f64, (at % output[1]) as f64);
                    let angle = turn * (f * i / output[0] as f64 + g * j / output[1] as f64);
                    let real = spectrum.0 * angle.cos() - spectrum.1 * angle.sin();
                    *y += of_f * of_g * real / (height * width) as f64;
                }
            }
        }
        y
    }

    #[test]
    fn the_output_is_the_cropped_spectrum_by_definition() {
        for (input, output) in [
            ([6, 8], [3, 4]),
            ([5, 7], [4, 2]),
            ([4, 4], [4, 3]),
            ([6, 5], [2, 5]),
            ([3, 1], [1, 1]),
        ] {
            let shape = [1, 1, input[0], input[1]];
            let x = Tensor::normal(shape, 1.0, &mut Seed(3).stream("x"));
            let y = BandLimit::new(input, output, Taper::Sharp).forward(&x);
            for (y, expected) in y.as_slice().iter().zip(by_definition(&x, output)) {
                assert!((f64::from(*y) - expected).abs() < 1e-5, "{input:?} {output:?}");
            }
        }
    }

    #[test]
    fn the_mean_is_kept() {
        for taper in [Taper::Sharp, Taper::Hamming] {
            let x = Tensor::normal([1, 1, 9, 10], 1.0, &mut Seed(4).stream("x"));
            let y = BandLimit::new([9, 10], [4, 5], taper).forward(&x);
            let mean = |t: &Tensor| {
                t.as_slice().iter().map(|&x| f64::from(x)).sum::<f64>() / t.len() as f64
            };
            assert!((mean(&x) - mean(&y)).abs() < 1e-6, "{taper:?}");
        }
    }

    #[test]
    fn a_plane_that_is_not_cut_stays_as_it_is() {
        let x = Tensor::normal([1, 1, 4, 5], 1.0, &mut Seed(5).stream("x"));
        let y = BandLimit::new([4, 5], [4, 5], Taper::Sharp).forward(&x);
        for (y, x) in y.as_slice().iter().zip(x.as_slice()) {
            assert!((y - x).abs() < 1e-6);
        }
    }

    #[test]
    fn a_tapered_wave_is_weakened_by_its_weight() {
        // One period over 8 cells, kept in 4: w(1) = 0.54 + 0.46 cos(π / 2) = 0.54.
        let x = Tensor::from_fn([1, 1, 1, 8], |k| (PI * k as f64 / 4.0).cos() as Scalar);
        let y = BandLimit::new([1, 8], [1, 4], Taper::Hamming).forward(&x);
        for (y, expected) in y.as_slice().iter().zip([0.54, 0.0, -0.54, 0.0]) {
            assert!((y - expected).abs() < 1e-6);
        }
    }
}
