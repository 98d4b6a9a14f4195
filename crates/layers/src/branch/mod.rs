//! Layers that hold layers: paths that part and meet again.
//!
//! A list of layers within a layer is written like a model, and its parameters have paths below the
//! layer's own, such as `block1.conv2d1.weight`. Random draws are named by these paths too.

use cenote_spec::{Error, Kind};
use toml::Table;

use crate::{LayerSpec, Model, ModelSpec};

mod concat;
mod fuse;
mod residual;

/// The layers that a model file may name.
pub(crate) const KINDS: &[Kind<dyn LayerSpec>] = &[residual::KIND, fuse::KIND];

/// The layers of a list within a layer of this kind.
fn within(kind: &'static str, layers: Vec<Table>) -> Result<ModelSpec, Error> {
    let parsed = ModelSpec::parse(layers);
    parsed.map_err(|error| Error::Params { kind, message: error.to_string() })
}

/// The first kind in these paths that couples the examples of a batch in training.
fn coupled(paths: [Option<&Model>; 2]) -> Option<&'static str> {
    paths.into_iter().flatten().find_map(Model::coupling).map(|(_, kind)| kind)
}
