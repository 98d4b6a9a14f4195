//! Describes networks as data and runs them: layers, losses, optimisers, checkpoints.
//!
//! A network is a list of tables, one per layer. [`ModelSpec::parse`] turns the tables into layer
//! descriptions, [`ModelSpec::fit`] checks every shape against an input and returns a [`Model`] whose
//! forward pass cannot fail, and [`Params`] hold its numbers by path.
//!
//! ```
//! use cenote_autograd::Tape;
//! use cenote_layers::{Mode, ModelSpec, Step, cross_entropy};
//! use cenote_tensor::{Seed, Tensor};
//!
//! let spec = ModelSpec::from_toml(
//!     "
//!     layer = [
//!         { kind = 'conv2d', out_channels = 4, kernel_size = 3, padding = 1 },
//!         { kind = 'relu' },
//!         { kind = 'max_pool', kernel_size = 2 },
//!         { kind = 'flatten' },
//!         { kind = 'dense', out_features = 3 },
//!     ]",
//! )?;
//! let model = spec.fit([1, 6, 8].into())?; // (C, H, W) of one image
//! let params = model.init(Seed(1));
//!
//! let tape = Tape::new();
//! let step = Step::new(&tape, &model, &params, Mode::Train, Seed(1), 0);
//! let logits = step.forward(tape.constant(Tensor::full([2, 1, 6, 8], 0.5)));
//! let loss = cross_entropy(&logits, &[0, 2]);
//! let gradients = step.gradients(loss.backward());
//! assert_eq!(gradients.len(), params.len());
//! # Ok::<(), cenote_layers::Error>(())
//! ```
//!
//! # Adding a layer
//!
//! One file with a struct that deserializes from its table, and one line in its family's list of
//! kinds. [`KINDS`] is what parsing, `cenote list` and the law tests read.
//!
//! # What it does not do
//!
//! It reads no images and knows no labels beyond the loss, prints nothing, and decides nothing about
//! experiments: slots and arms live in `cenote-experiment`.

mod act;
mod around;
mod branch;
mod checkpoint;
mod conv;
mod counter;
mod decode;
mod drop;
mod elementwise;
mod error;
#[cfg(test)]
mod fusions;
mod inference;
mod init;
#[cfg(test)]
mod laws;
mod layer;
mod linear;
mod loss;
mod maps;
mod model;
mod norm;
mod optim;
mod padding;
mod pair;
mod params;
mod pool;
mod reach;
mod segments;
mod seq;
mod step;
mod summary;

pub use around::{Ask, Change, Changed};
pub use checkpoint::Checkpoint;
pub use counter::Counter;
pub use decode::{Frames, Hypothesis, align, beam_search, best_path};
pub use error::Error;
pub use inference::Inference;
pub use init::Init;
pub use layer::{Cost, Layer, LayerSpec, Mode, ParamSpec, Prepared, Role};
pub use loss::{
    Impossible, correct, cross_entropy, ctc_loss, ctc_losses, focal_loss, giou_loss, l1_loss,
    mixed_cross_entropy, predictions, softmax,
};
pub use maps::{cells, channels};
pub use model::{Fitted, Model, ModelSpec, name_layers};
pub use optim::{
    KINDS as OPTIMIZER_KINDS, Optimizer, OptimizerState, Progress, SCHEDULE_KINDS, Schedule,
    Update, average_in, kept_share,
};
pub use pair::Pair;
pub use params::{Param, Params};
pub use pool::{max_unpool, roi_align, roi_pool};
pub use reach::Reach;
pub use segments::Segments;
pub use step::{Scope, Step};
pub use summary::{Row, Summary};

/// Every layer that a model file may name, family by family.
pub const KINDS: &[&[cenote_spec::Kind<dyn LayerSpec>]] = &[
    conv::KINDS,
    pool::KINDS,
    norm::KINDS,
    act::KINDS,
    linear::KINDS,
    seq::KINDS,
    drop::KINDS,
    branch::KINDS,
];

/// What can stand where a pooling layer stands: pools, and what replaces or removes them. Every entry
/// has notes.
pub const OPERATOR_KINDS: &[cenote_spec::Kind<dyn LayerSpec>] = pool::KINDS;
