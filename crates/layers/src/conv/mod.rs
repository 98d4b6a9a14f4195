//! Convolutions.

use cenote_spec::Kind;

use crate::LayerSpec;

mod conv2d;
mod prepared;

pub(crate) use conv2d::{Conv2d, Fitted as FittedConv2d, with_bias};

/// The convolutions that a model file may name.
pub(crate) const KINDS: &[Kind<dyn LayerSpec>] = &[conv2d::KIND];
