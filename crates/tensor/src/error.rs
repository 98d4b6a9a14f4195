//! What can be wrong with a shape, a window or a buffer that a caller hands in.

use crate::Shape;

/// A refused request, with what was got and what would fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The values do not fill the shape.
    #[error("tensor: {got} values do not fill shape {shape}, which holds {}", shape.len())]
    Length {
        /// Number of values that were given.
        got: usize,
        /// Shape that was asked for.
        shape: Shape,
    },
    /// A window is larger than the padded input it should slide over.
    #[error(
        "{op}: kernel {}x{} ({}) does not fit input {}x{}; the smallest input that fits is {}x{}",
        kernel[0], kernel[1], steps(*stride, *dilation), input[0], input[1], smallest[0], smallest[1]
    )]
    WindowTooLarge {
        /// Operation that asked.
        op: &'static str,
        /// Rows and columns of the kernel.
        kernel: [usize; 2],
        /// Step between windows.
        stride: [usize; 2],
        /// Step between cells of a window.
        dilation: [usize; 2],
        /// Rows and columns of the input.
        input: [usize; 2],
        /// The smallest input that would fit.
        smallest: [usize; 2],
    },
    /// A setting has a value outside its range.
    #[error("{op}: {name} is {got}; expected {expected}")]
    Setting {
        /// Operation that asked.
        op: &'static str,
        /// Name of the setting.
        name: &'static str,
        /// Its value.
        got: usize,
        /// What would be accepted.
        expected: String,
    },
}

/// Words for a stride and, where there is one, a dilation: `stride 2`, `stride 2x1, dilation 3`.
fn steps(stride: [usize; 2], dilation: [usize; 2]) -> String {
    let pair = |name: &str, [y, x]: [usize; 2]| {
        if y == x { format!("{name} {y}") } else { format!("{name} {y}x{x}") }
    };
    let stride = pair("stride", stride);
    if dilation == [1, 1] { stride } else { format!("{stride}, {}", pair("dilation", dilation)) }
}
