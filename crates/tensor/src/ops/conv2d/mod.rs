//! Two-dimensional convolution with stride, padding, dilation and groups.
//!
//! ```text
//! y[n,o,i,j] = b[o] + Σ_{c,u,v} w[o,c,u,v] · x[n, g·C/G + c, i·s − p + d·u, j·s − p + d·v]
//! ```
//!
//! with stride `s`, padding `p`, dilation `d`, `G` groups and `g` the group that output channel `o`
//! belongs to. Cells outside the input are zero. As in every deep-learning library the kernel is
//! not flipped: strictly this is a cross-correlation.

#[cfg(not(cenote_f64))]
mod depthwise;
#[cfg(not(cenote_f64))]
mod direct;
#[cfg(not(cenote_f64))]
mod fast;
mod filter;
#[cfg(not(cenote_f64))]
mod products;
#[cfg(not(cenote_f64))]
mod reading;
#[cfg(any(cenote_f64, test))]
mod reference;
#[cfg(not(cenote_f64))]
mod scattering;
#[cfg(not(cenote_f64))]
mod sheets;
#[cfg(not(cenote_f64))]
mod weights;
#[cfg(not(cenote_f64))]
mod winograd;

#[cfg(not(cenote_f64))]
use fast as kernels;
#[cfg(cenote_f64)]
use reference as kernels;

pub use filter::Filter;

use crate::{Error, Shape, Tensor, Window, Windows};

/// A convolution fitted to its input: the geometry that forward and backward share.
///
/// ```
/// use cenote_tensor::{Conv2d, Tensor, Window};
///
/// let window = Window::new([2, 2], [1, 1]);
/// let conv = Conv2d::fit(window, 1, 1, 1, [2, 3])?;
/// let x = Tensor::from_vec([1, 1, 2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?;
/// let w = Tensor::from_vec([1, 1, 2, 2], vec![1.0, 0.0, 0.0, -1.0])?;
/// assert_eq!(conv.forward(&x, &w, None).as_slice(), [1.0 - 5.0, 2.0 - 6.0]);
/// # Ok::<(), cenote_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2d {
    windows: Windows,
    in_channels: usize,
    out_channels: usize,
    groups: usize,
}

impl Conv2d {
    /// The convolution of `in_channels` feature maps of size `input` into `out_channels`.
    ///
    /// # Errors
    /// When the window does not fit the input, when a count is zero, or when `groups` does not
    /// divide both numbers of channels.
    pub fn fit(
        window: Window,
        in_channels: usize,
        out_channels: usize,
        groups: usize,
        input: [usize; 2],
    ) -> Result<Self, Error> {
        const OP: &str = "conv2d";
        // Far beyond any network, and small enough that no index computed from it overflows.
        const LIMIT: usize = 1 << 24;
        let refuse = |name, got, expected| Err(Error::Setting { op: OP, name, got, expected });
        for (name, count) in
            [("in_channels", in_channels), ("out_channels", out_channels), ("groups", groups)]
        {
            if !(1..=LIMIT).contains(&count) {
                return refuse(name, count, format!("1 to {LIMIT}"));
            }
        }
        if !in_channels.is_multiple_of(groups) || !out_channels.is_multiple_of(groups) {
            let both =
                format!("a divisor of in_channels {in_channels} and out_channels {out_channels}");
            return refuse("groups", groups, both);
        }
        let windows = window.fit(OP, input)?;
        Ok(Self { windows, in_channels, out_channels, groups })
    }

    /// The windows that the kernel is laid over.
    pub fn windows(&self) -> Windows {
        self.windows
    }

    /// Rows and columns of the output.
    pub fn output(&self) -> [usize; 2] {
        self.windows.output()
    }

    /// `(O, C / groups, kernel rows, kernel columns)`.
    pub fn weight_shape(&self) -> Shape {
        let [rows, columns] = self.windows.window().kernel;
        Shape::from([self.out_channels, self.in_channels / self.groups, rows, columns])
    }

    /// Multiplications and additions for one image in the forward pass, counting the padding.
    pub fn macs(&self) -> u64 {
        let [rows, columns] = self.output();
        [rows, columns, self.weight_shape().len()].map(|size| size as u64).iter().product()
    }

    /// `y` `(N, O, OH, OW)` from `x` `(N, C, H, W)`, `w` of [`Self::weight_shape`] and `bias` `(O)`.
    pub fn forward(&self, x: &Tensor, w: &Tensor, bias: Option<&Tensor>) -> Tensor {
        self.check_input(x);
        self.check_weight(w);
        self.check_bias(bias);
        kernels::forward(self, x, w, bias)
    }

    /// `∂x` from `∂y` `(N, O, OH, OW)`.
    ///
    /// ```text
    /// ∂x[n,c,h,w] = Σ w[o,c,u,v] · ∂y[n,o,i,j]     over all (o,u,v,i,j) whose window cell is (h,w)
    /// ```
    pub fn backward_input(&self, dy: &Tensor, w: &Tensor) -> Tensor {
        self.check_output(dy);
        self.check_weight(w);
        kernels::backward_input(self, dy, w)
    }

    /// `∂w` from the input `x` and `∂y`. The gradient of the bias is
    /// [`sum_over_channels`](crate::sum_over_channels) of `∂y`.
    ///
    /// ```text
    /// ∂w[o,c,u,v] = Σ_{n,i,j} ∂y[n,o,i,j] · x[n, g·C/G + c, i·s − p + d·u, j·s − p + d·v]
    /// ```
    pub fn backward_weight(&self, x: &Tensor, dy: &Tensor) -> Tensor {
        self.check_input(x);
        self.check_output(dy);
        assert_eq!(x.nchw()[0], dy.nchw()[0], "conv2d: x and dy are of one batch");
        kernels::backward_weight(self, x, dy)
    }

    fn check_input(&self, x: &Tensor) {
        let [rows, columns] = self.windows.input();
        assert_eq!(x.nchw()[1..], [self.in_channels, rows, columns], "conv2d: x as fitted");
    }

    fn check_output(&self, dy: &Tensor) {
        let [rows, columns] = self.output();
        assert_eq!(dy.nchw()[1..], [self.out_channels, rows, columns], "conv2d: dy as fitted");
    }

    fn check_bias(&self, bias: Option<&Tensor>) {
        if let Some(bias) = bias {
            assert_eq!(bias.dims(), [self.out_channels], "conv2d: one bias per output channel");
        }
    }

    fn check_weight(&self, w: &Tensor) {
        assert_eq!(w.shape(), self.weight_shape(), "conv2d: w as fitted");
    }
}
