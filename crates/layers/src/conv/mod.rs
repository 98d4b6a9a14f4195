//! Convolutions.

use cenote_spec::Kind;

use crate::LayerSpec;

mod conv2d;
mod prepared;

/// The convolutions that a model file may name.
pub(crate) const KINDS: &[Kind<dyn LayerSpec>] = &[conv2d::KIND];
