//! Noise that is switched off in use.

use cenote_spec::Kind;

use crate::LayerSpec;

mod dropout;

/// The noise layers that a model file may name.
pub(crate) const KINDS: &[Kind<dyn LayerSpec>] = &[dropout::KIND];
