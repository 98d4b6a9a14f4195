//! What can be wrong with a described network, its parameters or a checkpoint.

use std::path::PathBuf;

use cenote_tensor::Shape;

/// A refused model, parameter set or checkpoint.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A table does not describe a layer.
    #[error(transparent)]
    Spec(#[from] cenote_spec::Error),
    /// Text is not TOML.
    #[error("model: {0}")]
    Toml(String),
    /// A window or a tensor was refused.
    #[error(transparent)]
    Tensor(#[from] cenote_tensor::Error),
    /// A layer of a model was refused.
    #[error("layer `{path}`: {source}")]
    Layer {
        /// Path of the layer in its model.
        path: String,
        /// Why.
        source: Box<Error>,
    },
    /// A layer got an input of a rank it has no meaning for.
    #[error("{kind}: got input {got}; expected {expected}")]
    Input {
        /// Kind of the layer.
        kind: &'static str,
        /// Shape of one example that reached it.
        got: Shape,
        /// What would fit.
        expected: &'static str,
    },
    /// A setting of a layer, optimiser or schedule lies outside its range.
    #[error("{kind}: {name} is {got}; expected {expected}")]
    Setting {
        /// Kind that was described.
        kind: &'static str,
        /// Name of the setting.
        name: &'static str,
        /// Its value.
        got: String,
        /// What would be accepted.
        expected: String,
    },
    /// A parameter or an output has more values than any machine holds.
    #[error("{what} of shape {shape} is too large; expected at most {limit} values")]
    TooLarge {
        /// What would be so large.
        what: &'static str,
        /// Its shape.
        shape: Shape,
        /// The most values it may have.
        limit: usize,
    },
    /// A layer asks for a change that a layer around it cannot make.
    #[error(
        "layer `{asks}` multiplies the {what} of layer `{path}`, which has no {what} to multiply; \
         expected a convolution, or a pool with windows that {what} is known of"
    )]
    Around {
        /// Path of the layer that asks.
        asks: String,
        /// Path of the layer that was asked.
        path: String,
        /// What should change.
        what: &'static str,
    },
    /// Two layers have one name.
    #[error("two layers are named `{0}`; names must be unique")]
    DuplicateName(String),
    /// A name that cannot be part of a path.
    #[error("layer name `{0}` is not usable; use letters, digits, `_` and `.`")]
    BadName(String),
    /// A model without layers.
    #[error("the model has no layers")]
    Empty,
    /// Parameters do not belong to the model.
    #[error("parameter `{path}`: {problem}")]
    Params {
        /// Path of the parameter.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A checkpoint file was refused.
    #[error("checkpoint {}: {problem}", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, what was got and what would fit.
        problem: String,
    },
}

impl Error {
    /// This error, said of the layer at `path`.
    pub(crate) fn at(self, path: &str) -> Self {
        Self::Layer { path: path.to_owned(), source: Box::new(self) }
    }
}
