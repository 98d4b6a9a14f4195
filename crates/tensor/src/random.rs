//! Random streams that depend on a seed and a name, never on call order.

use std::fmt;

use ndarray::Array1;
use ndarray_rand::RandomExt;
use ndarray_rand::rand_distr::{Normal, Uniform};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use sha2::{Digest, Sha256};

use crate::{Scalar, Shape, Tensor};

/// The generator behind every random draw of cenote.
///
/// `ChaCha8` is specified to the bit and counter-based, so its values are the same on every machine
/// and in every version.
pub type Stream = ChaCha8Rng;

/// The number a run is repeated with; the root of every random draw in it.
///
/// Each purpose takes a stream of its own *by name*. Two streams of different names are independent,
/// and asking for one leaves all others as they were: swapping one layer of a network changes no
/// other layer's initial weights.
///
/// ```
/// use cenote_tensor::Seed;
/// use rand_chacha::rand_core::RngCore;
///
/// let seed = Seed(7);
/// let first = seed.stream("init/conv1.weight").next_u64();
/// let _unrelated = seed.stream("order/epoch0").next_u64();
/// assert_eq!(first, seed.stream("init/conv1.weight").next_u64());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Seed(pub u64);

impl Seed {
    /// The stream of this name: `ChaCha8` keyed with SHA-256 of the seed and the name.
    pub fn stream(self, name: &str) -> Stream {
        let mut hasher = Sha256::new();
        hasher.update(self.0.to_le_bytes());
        hasher.update(name.as_bytes());
        Stream::from_seed(hasher.finalize().into())
    }
}

/// Draws are made in `f32` whatever [`Scalar`] is, so both builds start from the same numbers.
impl Tensor {
    /// Independent draws from a normal distribution around 0.
    ///
    /// # Panics
    /// When the deviation is not a finite number of at least 0.
    pub fn normal(shape: impl Into<Shape>, deviation: Scalar, stream: &mut Stream) -> Self {
        let normal = Normal::new(0.0, f64::from(deviation) as f32)
            .ok()
            .filter(|_| deviation >= 0.0)
            .expect("a deviation is finite and not negative");
        let shape = shape.into();
        Self::drawn(shape, &Array1::random_using(shape.len(), normal, stream))
    }

    /// Independent draws from the uniform distribution on `[−bound, bound)`.
    ///
    /// # Panics
    /// When the bound is not a finite number above 0.
    pub fn uniform(shape: impl Into<Shape>, bound: Scalar, stream: &mut Stream) -> Self {
        let bound = f64::from(bound) as f32;
        let uniform = Uniform::new(-bound, bound).expect("a bound is finite and above 0");
        let shape = shape.into();
        Self::drawn(shape, &Array1::random_using(shape.len(), uniform, stream))
    }

    /// Independent draws from 0 to less than 1, 24 bits of one word of the stream each, in row-major
    /// order.
    pub fn shares(shape: impl Into<Shape>, stream: &mut Stream) -> Self {
        const STEP: Scalar = 1.0 / (1 << 24) as Scalar;
        /// Draws of one task.
        const BLOCK: usize = 1 << 13;
        const WORD: usize = size_of::<u32>();
        let mut shares = Self::stale(shape);
        let start = stream.get_word_pos();
        let draw = |nth: usize, shares: &mut [Scalar]| {
            // The generator counts, so every task begins where the one before it will end.
            let mut stream = stream.clone();
            stream.set_word_pos(start + (nth * BLOCK) as u128);
            // Many words at a time: they are made side by side.
            let mut bytes = [0; 256 * WORD];
            for shares in shares.chunks_mut(256) {
                let bytes = &mut bytes[..shares.len() * WORD];
                stream.fill_bytes(bytes);
                let (words, _) = bytes.as_chunks::<WORD>();
                for (share, &word) in shares.iter_mut().zip(words) {
                    *share = (u32::from_le_bytes(word) >> 8) as Scalar * STEP;
                }
            }
        };
        let all = shares.as_mut_slice();
        #[cfg(not(cenote_f64))]
        crate::ops::parallel::chunks(all, BLOCK, 8 * BLOCK as u64, draw);
        #[cfg(cenote_f64)]
        all.chunks_mut(BLOCK).enumerate().for_each(|(nth, shares)| draw(nth, shares));
        stream.set_word_pos(start + shares.len() as u128);
        shares
    }

    fn drawn(shape: Shape, values: &Array1<f32>) -> Self {
        Self::from_fn(shape, |i| Scalar::from(values[i]))
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_the_words_of_the_stream_one_after_another() {
        let mut stream = Seed(3).stream("shares");
        let mut expected = stream.clone();
        for shape in [[3, 5], [7, 4001], [0, 3], [1, 1]] {
            for share in Tensor::shares(shape, &mut stream).as_slice() {
                let word = (expected.next_u32() >> 8) as Scalar / (1 << 24) as Scalar;
                assert_eq!(share.to_bits(), word.to_bits());
            }
        }
        assert_eq!(stream.next_u32(), expected.next_u32());
    }

    #[test]
    fn a_stream_is_fixed_for_ever_by_seed_and_name() {
        // Witness: hashlib's SHA-256 and the ChaCha8 block function written out in Python.
        // A change here changes every recorded result.
        let mut stream = Seed(1).stream("init/conv1.weight");
        let drawn = [(); 4].map(|()| stream.next_u32());
        assert_eq!(drawn, [1_034_143_201, 429_105_642, 3_042_956_190, 2_981_702_850]);
    }

    #[test]
    fn seeds_and_names_both_matter() {
        let first = |seed: u64, name| Seed(seed).stream(name).next_u64();
        assert_ne!(first(1, "a"), first(2, "a"));
        assert_ne!(first(1, "a"), first(1, "b"));
    }

    #[test]
    fn drawn_values_are_fixed_for_ever() {
        // The distributions are another crate's: an update that changes them must not pass unseen.
        let normal = Tensor::normal([3], 2.0, &mut Seed(1).stream("normal"));
        let uniform = Tensor::uniform([3], 2.0, &mut Seed(1).stream("uniform"));
        let close = |drawn: &Tensor, golden: [f64; 3]| {
            let pairs = drawn.as_slice().iter().zip(golden);
            pairs.for_each(|(&x, y)| assert!((f64::from(x) - y).abs() < 1e-6, "{drawn:?}"));
        };
        close(&normal, [-2.455_784_6, -0.470_287, -1.880_493_5]);
        close(&uniform, [-1.421_924_6, -1.148_326_4, -1.114_867_7]);
    }
}
