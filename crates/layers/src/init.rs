//! How parameters start.

use cenote_tensor::{Scalar, Shape, Stream, Tensor};
use serde::Deserialize;

/// A rule for the first values of a parameter.
///
/// With `fan_in = C/groups · kh · kw` and `fan_out = O · kh · kw` of a weight `(O, C/groups, kh, kw)`:
///
/// ```text
/// he_normal       N(0, 2 / fan_in)                       He et al. 2015, arXiv:1502.01852
/// he_uniform      U(±√(6 / fan_in))
/// glorot_normal   N(0, 2 / (fan_in + fan_out))           Glorot and Bengio 2010
/// glorot_uniform  U(±√(6 / (fan_in + fan_out)))
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Init {
    /// All zeros.
    Zeros,
    /// All ones.
    Ones,
    /// All this value; model files do not have it.
    #[serde(skip)]
    Constant(Scalar),
    /// Uniform between −a and a; model files do not have it.
    #[serde(skip)]
    Within(Scalar),
    /// Normal, scaled for layers that a `ReLU` follows.
    #[default]
    HeNormal,
    /// Uniform, scaled for layers that a `ReLU` follows.
    HeUniform,
    /// Normal, scaled for layers that a symmetric function such as tanh follows.
    GlorotNormal,
    /// Uniform, scaled for layers that a symmetric function such as tanh follows.
    GlorotUniform,
}

impl Init {
    /// The first values of a parameter of this shape.
    pub fn draw(self, shape: Shape, stream: &mut Stream) -> Tensor {
        let (fan_in, fan_out) = fans(shape);
        let normal = |variance: f64, stream: &mut Stream| {
            Tensor::normal(shape, variance.sqrt() as Scalar, stream)
        };
        let uniform = |variance: f64, stream: &mut Stream| {
            // The variance of U(−a, a) is a² / 3.
            Tensor::uniform(shape, (3.0 * variance).sqrt() as Scalar, stream)
        };
        match self {
            Self::Zeros => Tensor::zeros(shape),
            Self::Ones => Tensor::full(shape, 1.0),
            Self::Constant(value) => Tensor::full(shape, value),
            Self::Within(bound) => Tensor::uniform(shape, bound, stream),
            Self::HeNormal => normal(2.0 / fan_in, stream),
            Self::HeUniform => uniform(2.0 / fan_in, stream),
            Self::GlorotNormal => normal(2.0 / (fan_in + fan_out), stream),
            Self::GlorotUniform => uniform(2.0 / (fan_in + fan_out), stream),
        }
    }
}

/// Connections into and out of one unit; a weight is `(outputs, inputs, kernel…)`.
fn fans(shape: Shape) -> (f64, f64) {
    match shape.dims() {
        [outputs, inputs, kernel @ ..] => {
            let area: usize = kernel.iter().product();
            ((inputs * area) as f64, (outputs * area) as f64)
        }
        _ => (1.0, 1.0),
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Seed;

    use super::*;

    /// Mean and variance of what `init` draws for a 64→32 3x3 convolution.
    fn moments(init: Init) -> (f64, f64) {
        let drawn = init.draw([32, 64, 3, 3].into(), &mut Seed(1).stream("test"));
        let n = drawn.len() as f64;
        let values = drawn.as_slice().iter().map(|&x| f64::from(x));
        let mean = values.clone().sum::<f64>() / n;
        (mean, values.map(|x| (x - mean).powi(2)).sum::<f64>() / n)
    }

    #[test]
    fn every_rule_has_the_variance_it_promises() {
        let (fan_in, fan_out) = (64.0 * 9.0, 32.0 * 9.0);
        let rules = [
            (Init::HeNormal, 2.0 / fan_in),
            (Init::HeUniform, 2.0 / fan_in),
            (Init::GlorotNormal, 2.0 / (fan_in + fan_out)),
            (Init::GlorotUniform, 2.0 / (fan_in + fan_out)),
        ];
        for (init, expected) in rules {
            let (mean, variance) = moments(init);
            // 18,432 draws: the standard error of the variance is about 1 % of it.
            assert!((variance / expected - 1.0).abs() < 0.05, "{init:?}: {variance}");
            assert!(mean.abs() < 4.0 * (expected / 18_432.0).sqrt(), "{init:?}: {mean}");
        }
    }
}
