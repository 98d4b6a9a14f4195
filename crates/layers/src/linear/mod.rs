//! Layers of a classifier's head: from maps to features to logits.

use cenote_spec::Kind;

use crate::LayerSpec;

mod dense;
mod flatten;

/// The head layers that a model file may name.
pub(crate) const KINDS: &[Kind<dyn LayerSpec>] = &[flatten::KIND, dense::KIND];
