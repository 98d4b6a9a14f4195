//! Images drawn again, with replacement.
//!
//! Replicate `r` of a seed reads the `r`-th stream of ChaCha8 (Bernstein 2008) keyed by that seed, so it depends on
//! neither the other replicates nor the number of threads, and every implementation of the generator gives the same draws:
//!
//! - the key is the seed, 8 bytes little-endian, then 24 zero bytes; the 64-bit stream number is `r`;
//! - the stream is read as 64-bit little-endian words;
//! - a word `w` gives image `⌊w · n / 2⁶⁴⌋`, unless the low 64 bits of `w · n` are below `2⁶⁴ mod n`, when it is passed
//!   over, so that every image is equally likely (Lemire 2019, doi:10.1145/3230636);
//! - a coin is the lowest bit of a word.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

/// One stream of draws.
pub(crate) struct Draws(ChaCha8Rng);

impl Draws {
    /// The stream of a replicate.
    pub(crate) fn new(seed: u64, replicate: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(replicate);
        Self(generator)
    }

    /// A number below `n`, all equally likely.
    fn below(&mut self, n: u64) -> u64 {
        let unfair = n.wrapping_neg() % n;
        loop {
            let wide = u128::from(self.0.next_u64()) * u128::from(n);
            if wide as u64 >= unfair {
                return (wide >> 64) as u64;
            }
        }
    }

    /// How often each of `images` images is drawn in `images` draws.
    pub(crate) fn multiplicities(&mut self, images: usize) -> Vec<u32> {
        let mut counts = vec![0; images];
        for _ in 0..images {
            counts[self.below(images as u64) as usize] += 1;
        }
        counts
    }

    /// A fair coin for each of `images` images: 0 or 1.
    pub(crate) fn coins(&mut self, images: usize) -> Vec<u32> {
        (0..images).map(|_| (self.0.next_u64() & 1) as u32).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_draws_are_those_of_the_documented_generator() {
        // Printed by tests/references/draws.py, which writes the generator down in Python.
        let counts = Draws::new(7, 3).multiplicities(12);
        assert_eq!(counts, [3, 0, 1, 0, 1, 0, 3, 2, 1, 0, 0, 1]);
        let counts = Draws::new((1 << 40) + 5, 9).multiplicities(12);
        assert_eq!(counts, [0, 4, 2, 0, 0, 1, 2, 2, 0, 1, 0, 0]);
        assert_eq!(Draws::new(7, 3).coins(12), [0, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1]);
    }

    #[test]
    fn every_image_is_equally_likely() {
        let mut totals = [0_u32; 7];
        for replicate in 0..2_000 {
            for (total, count) in totals.iter_mut().zip(Draws::new(1, replicate).multiplicities(7))
            {
                *total += count;
            }
        }
        // 2000 expected each, with a standard deviation of about 41.
        assert!(totals.iter().all(|total| total.abs_diff(2_000) < 200), "{totals:?}");
        let heads: u32 = Draws::new(1, 0).coins(10_000).iter().sum();
        assert!(heads.abs_diff(5_000) < 250, "{heads}");
    }
}
