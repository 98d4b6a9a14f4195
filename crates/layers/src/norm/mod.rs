//! Normalisation.

use cenote_spec::Kind;

use crate::LayerSpec;

mod batch_norm;

/// The normalisations that a model file may name.
pub(crate) const KINDS: &[Kind<dyn LayerSpec>] = &[batch_norm::KIND];
