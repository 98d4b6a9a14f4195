//! Normalisation.

use cenote_spec::Kind;

use crate::LayerSpec;

mod batch_norm;
mod batch_norm_relu;
mod batch_norm_relu_max_pool;
mod normalization;

pub(crate) use batch_norm::affine;

/// The normalisations that a model file may name.
pub(crate) const KINDS: &[Kind<dyn LayerSpec>] = &[batch_norm::KIND];
