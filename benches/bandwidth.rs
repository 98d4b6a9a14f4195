//! What the memory of the machine gives to as many threads as the pool has.

use std::time::Instant;

use cenote_tensor::{Scalar, Tensor, triad};
use rayon::iter::{IntoParallelRefMutIterator, ParallelIterator};

/// Bytes of the three operands of all threads together: far more than a cache holds.
const BYTES: usize = 384 << 20;

/// Three operands for every thread of the pool.
pub struct Bandwidth {
    parts: Vec<[Tensor; 3]>,
    best: f64,
}

impl Default for Bandwidth {
    fn default() -> Self {
        let threads = rayon::current_num_threads();
        let third = Tensor::full([BYTES / size_of::<Scalar>() / threads / 3], 1.0);
        Self { parts: vec![[third.clone(), third.clone(), third]; threads], best: 0.0 }
    }
}

impl Bandwidth {
    /// Measures once more: `a = b + 0.5 c`, two reads and a write per element.
    pub fn measure(&mut self) {
        let start = Instant::now();
        self.parts.par_iter_mut().for_each(|[a, b, c]| {
            triad(a.as_mut_slice(), b.as_slice(), c.as_slice(), 0.5);
        });
        let moved = self.parts.iter().flatten().map(|part| size_of_val(part.as_slice()));
        self.best = self.best.max(moved.sum::<usize>() as f64 / start.elapsed().as_secs_f64());
    }

    /// Bytes per second of the best measurement.
    pub fn best(&self) -> f64 {
        self.best
    }
}
