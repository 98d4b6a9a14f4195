//! Draws of known truth, for the tests that hold statistics to what they claim.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore;

/// How simulated differences are distributed; each has mean 0 and standard deviation 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shape {
    /// The bell.
    Normal,
    /// Exponential less its mean.
    Skewed,
    /// Steps of 0.7 deviations, as few test images give them: many ties and zeros.
    Tied,
    /// Student's t with three degrees of freedom.
    Heavy,
}

impl Shape {
    pub(crate) fn draw(self, random: &mut ChaCha8Rng) -> f64 {
        match self {
            Self::Normal => normal(random),
            Self::Skewed => exponential(random) - 1.0,
            // Fair coins: of eight, the number of heads has mean 4 and variance 2.
            Self::Tied => {
                let heads = (random.next_u32() & 0xFF).count_ones();
                (f64::from(heads) - 4.0) / 2f64.sqrt()
            }
            Self::Heavy => {
                let square: f64 = (0..3).map(|_| normal(random).powi(2)).sum();
                normal(random) / square.sqrt() // its variance is 3 before it is divided by 3
            }
        }
    }
}

pub(crate) fn normal(random: &mut ChaCha8Rng) -> f64 {
    (2.0 * exponential(random)).sqrt() * (std::f64::consts::TAU * uniform(random)).cos()
}

fn exponential(random: &mut ChaCha8Rng) -> f64 {
    -uniform(random).ln()
}

pub(crate) fn uniform(random: &mut ChaCha8Rng) -> f64 {
    (f64::from(random.next_u32()) + 0.5) / 2f64.powi(32)
}

/// Families that are simulated to count false claims.
pub(crate) const FAMILIES: u32 = 600;

/// 5 % and two standard errors of a share of so many families.
pub(crate) const MOST_WRONG: f64 = 0.05 + 2.0 * 0.0089;
