//! The kernels: convolution, matrix product, pooling, normalisation, sums, attention, activations and updates.
//!
//! Every family keeps its formula as plain loops in `reference.rs`; where that is too slow a
//! `fast.rs` beside it computes the same, and a property test holds the two together.
//! Shapes were checked when a network was fitted, so a wrong shape here is a broken promise of the
//! caller and panics.

pub(crate) mod act;
pub(crate) mod attention;
pub(crate) mod conv2d;
pub(crate) mod matmul;
pub(crate) mod norm;
#[cfg(not(cenote_f64))]
pub(crate) mod parallel;
pub(crate) mod phases;
pub(crate) mod pool2d;
pub(crate) mod reduce;
pub(crate) mod regions;
pub(crate) mod resample;
pub(crate) mod roi;
#[cfg(not(cenote_f64))]
mod scratch;
pub(crate) mod spectral;
pub(crate) mod update;
