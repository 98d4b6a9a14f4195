//! A convolution in use, with the norm and the rectifier behind it folded into it.
//!
//! ```text
//! s · (w * x + b) + t  =  (s w) * x + (s b + t)          s, t: scale and shift of a norm, per channel
//! ```

use cenote_tensor::{Conv2d, Filter, Scalar, Tensor};

use crate::act::is_relu;
use crate::norm::affine;
use crate::{Layer, Prepared};

/// Weights and bias as they will be used, until a filter is made of them.
#[derive(Debug)]
pub(super) struct PreparedConv2d {
    geometry: Conv2d,
    weight: Tensor,
    bias: Option<Tensor>,
    relu: bool,
    filter: Option<Filter>,
}

impl PreparedConv2d {
    /// With the weight and, if there is one, the bias of the layer.
    pub(super) fn new(geometry: Conv2d, params: &[Tensor]) -> Self {
        let (weight, bias) = (params[0].clone(), params.get(1).cloned());
        Self { geometry, weight, bias, relu: false, filter: None }
    }
}

impl Prepared for PreparedConv2d {
    fn take_over(&mut self, next: &dyn Layer, params: &[Tensor]) -> bool {
        if self.relu {
            return false;
        }
        if is_relu(next) {
            self.relu = true;
            return true;
        }
        let Some(affine) = affine(next, params) else { return false };
        let each = self.weight.len() / affine.len();
        let kernels = self.weight.as_mut_slice().chunks_exact_mut(each);
        for (kernel, &[scale, _]) in kernels.zip(&affine) {
            for w in kernel {
                *w = (f64::from(*w) * scale) as Scalar;
            }
        }
        let bias = |o: usize| self.bias.as_ref().map_or(0.0, |bias| f64::from(bias.as_slice()[o]));
        let folded = Tensor::from_fn([affine.len()], |o| {
            let [scale, shift] = affine[o];
            (scale * bias(o) + shift) as Scalar
        });
        self.bias = Some(folded);
        true
    }

    fn finish(&mut self) {
        let (weight, bias) = (self.weight.clone(), self.bias.clone());
        self.filter = Some(Filter::new(self.geometry, weight, bias, self.relu));
    }

    fn run(&self, x: Tensor) -> Tensor {
        self.filter.as_ref().expect("finished before it runs").forward(&x)
    }
}
