//! Activation functions, element by element.

use cenote_spec::Kind;

use crate::LayerSpec;

mod relu;
mod relu_max_pool;
mod tanh;

pub(crate) use relu::{is_relu, rectified};

/// The activations that a model file may name.
pub(crate) const KINDS: &[Kind<dyn LayerSpec>] = &[relu::KIND, tanh::KIND];
