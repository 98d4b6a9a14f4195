//! What the criterion benches of cenote share; there is one file per operator family beside this one.
//!
//! ```text
//! cargo bench -p cenote-benches --bench conv2d
//! CENOTE_SIMD=avx2 RAYON_NUM_THREADS=2 cargo bench -p cenote-benches --bench conv2d -- forward
//! ```
//!
//! A throughput in elements is in floating-point operations for products and convolutions, where a
//! multiplication and an addition count as two, and in bytes read and written for everything else.
//! Runs use one thread unless `RAYON_NUM_THREADS` says otherwise.

mod arithmetic;
mod bandwidth;
mod steady;
mod torch;

pub use arithmetic::Arithmetic;
pub use bandwidth::Bandwidth;
pub use steady::{Moved, Passes, Steady};
pub use torch::Torch;

use std::time::Duration;

use cenote_tensor::{Shape, Tensor};
use criterion::Criterion;

/// Criterion with short runs: a median of many of them is robust against a busy neighbour.
pub fn criterion() -> Criterion {
    Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(700))
        .configure_from_args()
}

/// Runs `benches` in a pool of `RAYON_NUM_THREADS` threads, or of one.
///
/// # Panics
/// When the threads cannot be started.
pub fn in_pool(benches: impl FnOnce() + Send) {
    let threads = std::env::var("RAYON_NUM_THREADS").ok().and_then(|threads| threads.parse().ok());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.unwrap_or(1)).build();
    pool.expect("a pool of a few threads").install(benches);
}

/// A tensor of this shape with values between −1 and 1 and no pattern that a kernel could use.
pub fn noise(shape: impl Into<Shape>) -> Tensor {
    let mut state = 1_u32;
    Tensor::from_fn(shape, |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state.cast_signed()) as f32 / f64::from(1_u32 << 31) as f32
    })
}
