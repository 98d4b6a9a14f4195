//! What the arithmetic units of the machine give to as many threads as the pool has.

use std::hint::black_box;
use std::time::Instant;

use cenote_tensor::multiply_adds;

/// Rounds of multiply-adds of one measurement: some milliseconds.
const ROUNDS: usize = 1_000_000;

/// Multiply-adds of registers that wait for nothing.
#[derive(Default)]
pub struct Arithmetic {
    best: f64,
}

impl Arithmetic {
    /// Measures once more.
    pub fn measure(&mut self) {
        let start = Instant::now();
        let counts = rayon::broadcast(|_| black_box(multiply_adds(black_box(ROUNDS))).0);
        let count: u64 = counts.iter().sum();
        self.best = self.best.max(count as f64 / start.elapsed().as_secs_f64());
    }

    /// Multiply-adds per second of the best measurement.
    pub fn best(&self) -> f64 {
        self.best
    }
}
