//! `cenote bench`: how long the workloads take that other libraries are measured by.
//!
//! Names, shapes and measuring rules are those of the scripts in `benches/peers`, and a line of JSON
//! has their fields, so that the lines of all can be compared (`cargo xtask bench --peers`).

mod clock;
mod line;
mod machine;
mod nets;
mod ops;
mod process;
mod run;
mod workload;

pub(super) use run::run;

use cenote_tensor::{Scalar, Shape, Tensor};

/// What one run of a workload does, as far as it can be counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Work {
    /// Floating-point operations of the direct algorithm; a multiply-add is two.
    flop: Option<u64>,
    /// Bytes that have to be read and written when nothing is kept in a cache.
    bytes: Option<u64>,
}

/// A tensor of values between −1 and 1 without a pattern that a kernel could use.
fn noise(shape: impl Into<Shape>) -> Tensor {
    let mut state = 1_u32;
    Tensor::from_fn(shape, |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (f64::from(state.cast_signed()) / f64::from(1_u32 << 31)) as Scalar
    })
}
