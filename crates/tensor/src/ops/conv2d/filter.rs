//! A convolution that is used over and over with the same weights.

use super::Conv2d;
#[cfg(not(cenote_f64))]
use super::winograd;
use crate::{Tensor, relu};

/// The weights of a convolution, brought once into the form that its kernel reads, with what
/// follows in a trained network: a bias and a rectifier.
///
/// ```
/// use cenote_tensor::{Conv2d, Filter, Tensor, Window};
///
/// let conv = Conv2d::fit(Window::new([1, 1], [1, 1]), 1, 1, 1, [1, 3])?;
/// let w = Tensor::full([1, 1, 1, 1], 2.0);
/// let filter = Filter::new(conv, w, Some(Tensor::full([1], -3.0)), true);
/// let x = Tensor::from_vec([1, 1, 1, 3], vec![1.0, 2.0, 3.0])?;
/// assert_eq!(filter.forward(&x).as_slice(), [0.0, 1.0, 3.0]);
/// # Ok::<(), cenote_tensor::Error>(())
/// ```
#[derive(Debug)]
pub struct Filter {
    conv: Conv2d,
    weight: Tensor,
    bias: Option<Tensor>,
    relu: bool,
    #[cfg(not(cenote_f64))]
    packed: Option<winograd::Packed>,
}

impl Filter {
    /// The convolution `conv` with `weight` of [`Conv2d::weight_shape`] and `bias` `(O)`, then
    /// `max(·, 0)` if `relu`.
    ///
    /// # Panics
    /// When a shape is not the convolution's.
    pub fn new(conv: Conv2d, weight: Tensor, bias: Option<Tensor>, relu: bool) -> Self {
        conv.check_weight(&weight);
        conv.check_bias(bias.as_ref());
        Self {
            conv,
            #[cfg(not(cenote_f64))]
            packed: winograd::Packed::new(&conv, &weight),
            weight,
            bias,
            relu,
        }
    }

    /// `y` `(N, O, OH, OW)` from `x` `(N, C, H, W)`.
    ///
    /// # Panics
    /// When the shape of `x` is not the convolution's.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let Self { conv, weight, bias, relu: rectified, .. } = self;
        conv.check_input(x);
        #[cfg(not(cenote_f64))]
        if let Some(packed) = &self.packed {
            return packed.forward(x, bias.as_ref(), *rectified);
        }
        let y = conv.forward(x, weight, bias.as_ref());
        if *rectified { relu(y) } else { y }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Seed, Window};

    #[test]
    fn a_filter_gives_the_bits_of_its_convolution_and_rectifier() {
        let same = Window::new([3, 3], [1, 1]).padded([1, 1]);
        for (window, channels) in [(same, [16, 20]), (same, [3, 5]), (Window::square(2), [16, 16])]
        {
            let conv = Conv2d::fit(window, channels[0], channels[1], 1, [9, 7]).expect("fits");
            let mut stream = Seed(5).stream("filter");
            let x = Tensor::normal([3, channels[0], 9, 7], 1.0, &mut stream);
            let w = Tensor::normal(conv.weight_shape(), 1.0, &mut stream);
            let bias = Tensor::normal([channels[1]], 1.0, &mut stream);
            for bias in [None, Some(bias)] {
                let expected = conv.forward(&x, &w, bias.as_ref());
                let plain = Filter::new(conv, w.clone(), bias.clone(), false).forward(&x);
                assert_eq!(plain, expected);
                let rectified = Filter::new(conv, w.clone(), bias, true).forward(&x);
                assert_eq!(rectified, relu(expected));
            }
        }
    }
}
