//! Sliding windows: what was asked for ([`Window`]) and what fits an input ([`Windows`]).
//!
//! Convolutions and pools of every kind take their geometry from here, forward and backward alike.
//! Output sizes follow PyTorch. For input size `I`, kernel `k`, stride `s`, padding `p` on each side
//! and dilation `d`:
//!
//! ```text
//! span = d (k − 1) + 1                       cells from the first tap to the last
//! O    = ⌊(I + 2p − span) / s⌋ + 1           floor
//! O    = ⌈(I + 2p − span) / s⌉ + 1           ceil; one less if the last window would start
//!                                            beyond the input and its left padding
//! ```

use crate::Error;

/// The shape of a window and how it slides: a question, not yet tied to an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Rows and columns of the kernel.
    pub kernel: [usize; 2],
    /// Step between neighbouring windows, down and right.
    pub stride: [usize; 2],
    /// Padding at top and left.
    pub before: [usize; 2],
    /// Padding at bottom and right.
    pub after: [usize; 2],
    /// Step between neighbouring cells of one window.
    pub dilation: [usize; 2],
    /// Whether a last window may hang over the bottom and right edge.
    pub rounding: Rounding,
}

/// What happens where the windows do not divide the input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rounding {
    /// Cells that no whole window covers are left out.
    #[default]
    Floor,
    /// A last window hangs over the edge.
    Ceil,
}

impl Window {
    /// A square window with a stride of its own size, no padding, no dilation.
    pub fn square(kernel_size: usize) -> Self {
        Self::new([kernel_size; 2], [kernel_size; 2])
    }

    /// A window without padding or dilation.
    pub fn new(kernel: [usize; 2], stride: [usize; 2]) -> Self {
        Self {
            kernel,
            stride,
            before: [0; 2],
            after: [0; 2],
            dilation: [1; 2],
            rounding: Rounding::Floor,
        }
    }

    /// The same window with `padding` rows above and below and columns left and right.
    #[must_use]
    pub fn padded(self, padding: [usize; 2]) -> Self {
        Self { before: padding, after: padding, ..self }
    }

    /// The same window with its cells `dilation` apart.
    #[must_use]
    pub fn dilated(self, dilation: [usize; 2]) -> Self {
        Self { dilation, ..self }
    }

    /// The same window with another rule for the last row and column.
    #[must_use]
    pub fn rounded(self, rounding: Rounding) -> Self {
        Self { rounding, ..self }
    }

    /// Number of cells in the kernel.
    pub fn area(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }

    /// Rows and columns from the first cell to the last, dilation included.
    pub fn span(&self) -> [usize; 2] {
        [0, 1].map(|axis| self.dilation[axis] * (self.kernel[axis] - 1) + 1)
    }

    /// Fits the window to an input of `(rows, columns)` on behalf of the operation `op`.
    ///
    /// # Errors
    /// When kernel, stride or dilation is zero, when a size would overflow, or when the padded input
    /// is smaller than the window.
    pub fn fit(self, op: &'static str, input: [usize; 2]) -> Result<Windows, Error> {
        self.check(op, input)?;
        let span = self.span();
        let padded = [0, 1].map(|axis| self.before[axis] + input[axis] + self.after[axis]);
        if padded[0] < span[0] || padded[1] < span[1] || input.contains(&0) {
            return Err(Error::WindowTooLarge {
                op,
                kernel: self.kernel,
                stride: self.stride,
                dilation: self.dilation,
                input,
                smallest: [0, 1].map(|axis| {
                    span[axis].saturating_sub(self.before[axis] + self.after[axis]).max(1)
                }),
            });
        }
        let output = [0, 1].map(|axis| {
            let (stride, room) = (self.stride[axis], padded[axis] - span[axis]);
            match self.rounding {
                Rounding::Floor => room / stride + 1,
                Rounding::Ceil => {
                    let count = room.div_ceil(stride) + 1;
                    let starts_outside = (count - 1) * stride >= input[axis] + self.before[axis];
                    count - usize::from(starts_outside)
                }
            }
        });
        Ok(Windows { window: self, input, output })
    }

    fn check(&self, op: &'static str, input: [usize; 2]) -> Result<(), Error> {
        // Far beyond any network, and small enough that no size computed from it overflows.
        const LIMIT: usize = 1 << 24;
        let refuse = |name, got, expected: &str| {
            Err(Error::Setting { op, name, got, expected: expected.to_owned() })
        };
        let named = [
            ("kernel_size", self.kernel, 1),
            ("stride", self.stride, 1),
            ("dilation", self.dilation, 1),
            ("padding", self.before, 0),
            ("padding", self.after, 0),
            ("input size", input, 0),
        ];
        for (name, values, least) in named {
            for got in values {
                if got < least {
                    return refuse(name, got, &format!("at least {least}"));
                }
                if got > LIMIT {
                    return refuse(name, got, &format!("at most {LIMIT}"));
                }
            }
        }
        Ok(())
    }
}

/// A window that was fitted to an input: the proof that every output cell exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    window: Window,
    input: [usize; 2],
    output: [usize; 2],
}

impl Windows {
    /// The window that slides.
    pub fn window(&self) -> Window {
        self.window
    }

    /// Rows and columns of the input.
    pub fn input(&self) -> [usize; 2] {
        self.input
    }

    /// Rows and columns of the output.
    pub fn output(&self) -> [usize; 2] {
        self.output
    }

    /// The input rows (`axis` 0) or columns (1) under window `o`, as `(tap, position)`; taps that
    /// fall into the padding are left out.
    pub fn taps(&self, axis: usize, o: usize) -> impl Iterator<Item = (usize, usize)> + Clone {
        let Window { kernel, stride, before, dilation, .. } = self.window;
        let (start, step) = (o * stride[axis], dilation[axis]);
        let (shift, size) = (before[axis], self.input[axis]);
        (0..kernel[axis]).filter_map(move |tap| {
            let position = (start + tap * step).checked_sub(shift)?;
            (position < size).then_some((tap, position))
        })
    }

    /// The cells of the window at output `(row, column)` that lie inside the input, row by row, as
    /// `(offset in the window, offset in the plane)`.
    pub fn cells(&self, row: usize, column: usize) -> impl Iterator<Item = (usize, usize)> {
        let (width, kernel_width) = (self.input[1], self.window.kernel[1]);
        let columns = self.taps(1, column);
        self.taps(0, row).flat_map(move |(tap_y, y)| {
            columns.clone().map(move |(tap_x, x)| (tap_y * kernel_width + tap_x, y * width + x))
        })
    }

    /// How many cells of the window at output `(row, column)` lie inside the *padded* input: all of
    /// them, except where ceil rounding lets it hang over the padding too.
    pub fn padded_area(&self, row: usize, column: usize) -> usize {
        let Window { kernel, stride, before, after, dilation, .. } = self.window;
        let inside = |axis: usize, o: usize| {
            let padded = before[axis] + self.input[axis] + after[axis];
            (0..kernel[axis]).filter(|tap| o * stride[axis] + tap * dilation[axis] < padded).count()
        };
        inside(0, row) * inside(1, column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_larger_than_the_input_names_the_smallest_input_that_fits() {
        let error = Window::square(3).fit("max_pool", [2, 9]).expect_err("3 rows do not fit 2");
        assert_eq!(
            error.to_string(),
            "max_pool: kernel 3x3 (stride 3) does not fit input 2x9; the smallest input that fits is 3x3"
        );
    }

    #[test]
    fn floor_rounding_leaves_out_what_no_whole_window_covers() {
        let windows = Window::new([3, 2], [2, 3]).fit("pool", [8, 9]).expect("fits");
        assert_eq!(windows.output(), [3, 3]);
    }

    #[test]
    fn ceil_rounding_drops_a_window_that_starts_in_the_right_padding() {
        // PyTorch: MaxPool2d(2, stride=2, padding=1, ceil_mode=True) on 3x4 gives 2x3.
        let window = Window::square(2).padded([1, 1]).rounded(Rounding::Ceil);
        assert_eq!(window.fit("pool", [3, 4]).expect("fits").output(), [2, 3]);
    }

    #[test]
    fn cells_are_row_major_and_leave_out_the_padding() {
        let windows = Window::square(3).padded([1, 1]).fit("pool", [4, 5]).expect("fits");
        let cells: Vec<_> = windows.cells(0, 0).collect();
        assert_eq!(cells, [(4, 0), (5, 1), (7, 5), (8, 6)]);
    }

    #[test]
    fn dilated_taps_skip_to_the_first_one_inside() {
        let window = Window::new([3, 3], [1, 1]).padded([1, 1]).dilated([2, 2]);
        let windows = window.fit("pool", [5, 5]).expect("fits");
        assert_eq!(windows.taps(0, 0).collect::<Vec<_>>(), [(1, 1), (2, 3)]);
    }

    #[test]
    fn zero_stride_is_refused() {
        let error = Window::new([2, 2], [0, 1]).fit("avg_pool", [4, 4]).expect_err("no step");
        assert_eq!(error.to_string(), "avg_pool: stride is 0; expected at least 1");
    }

    #[test]
    fn huge_settings_are_refused_before_they_overflow() {
        assert!(Window::square(usize::MAX / 2).fit("conv2d", [4, 4]).is_err());
    }
}
