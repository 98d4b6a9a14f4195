//! Which way a convolution is computed: by a rule on its shapes, so that every run takes the same.
//!
//! | what | how |
//! |---|---|
//! | one channel per group, stride 1 | sliding rows, `depthwise.rs` |
//! | 3x3 or 5x5 at stride 1, 3x3 at stride 2 on maps that fit; not few channels | Winograd's algorithms, `winograd.rs` |
//! | everything else | products with shifted sheets, `direct.rs` |

use super::{Conv2d, depthwise, direct, winograd};
use crate::Tensor;

pub(super) fn forward(conv: &Conv2d, x: &Tensor, w: &Tensor, bias: Option<&Tensor>) -> Tensor {
    depthwise::forward(conv, x, w, bias)
        .or_else(|| winograd::forward(conv, x, w, bias))
        .unwrap_or_else(|| direct::forward(conv, x, w, bias))
}

pub(super) fn backward_input(conv: &Conv2d, dy: &Tensor, w: &Tensor) -> Tensor {
    depthwise::backward_input(conv, dy, w)
        .or_else(|| winograd::backward_input(conv, dy, w))
        .unwrap_or_else(|| direct::backward_input(conv, dy, w))
}

pub(super) fn backward_weight(conv: &Conv2d, x: &Tensor, dy: &Tensor) -> Tensor {
    depthwise::backward_weight(conv, x, dy)
        .or_else(|| winograd::backward_weight(conv, x, dy))
        .unwrap_or_else(|| direct::backward_weight(conv, x, dy))
}

impl Conv2d {
    /// Input and output channels of one group.
    pub(super) fn per_group(&self) -> (usize, usize) {
        (self.in_channels / self.groups, self.out_channels / self.groups)
    }
}
