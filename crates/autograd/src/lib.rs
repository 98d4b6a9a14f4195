//! Records operations on a tape and pulls gradients back through it.
//!
//! The whole idea fits in one screen of `tape.rs`: a forward operation pushes a [`Function`] that
//! holds exactly what its backward pass reads; [`Var::backward`] walks the tape from the end and adds
//! each function's contributions into the gradients of its inputs.
//!
//! ```
//! use cenote_autograd::Tape;
//! use cenote_tensor::Tensor;
//!
//! let tape = Tape::new();
//! let x = tape.leaf(Tensor::from_vec([3], vec![1.0, -2.0, 3.0])?);
//! let loss = (&x * &x).sum();          // Σ x²
//! assert_eq!(loss.value().as_slice(), [14.0]);
//!
//! let gradients = loss.backward();
//! assert_eq!(gradients.of(&x).expect("the loss depends on x").as_slice(), [2.0, -4.0, 6.0]);
//! # Ok::<(), cenote_tensor::Error>(())
//! ```
//!
//! # Memory
//!
//! The tape keeps no values of its own. A [`Var`] owns its value, a [`Function`] owns what it saved,
//! and both are freed as soon as their last reader is done: a value at the end of the layer that read
//! it, a saved tensor right after its function ran backward. [`Tape::saved_bytes`] says what is kept.
//! A tape made by [`Tape::without_gradients`] records nothing. [`Tape::replayed`] keeps only the inputs of a part of a pass, which
//! is run again when the gradients come back.
//!
//! # What it does not do
//!
//! It knows no layers and no parameters (that is `cenote-layers`), records first derivatives only, and
//! has no list of operations: any crate may define a [`Function`]. [`gradcheck`] compares one with
//! central differences, for the functions here and for your own.

mod function;
mod gradcheck;
mod kept;
mod ops;
mod replay;
mod tape;
mod var;

pub use function::{Function, Saved};
pub use gradcheck::{Mismatch, gradcheck};
pub use kept::{Kept, Recipe};
pub use replay::Replay;
pub use tape::{Gradients, Tape};
pub use var::Var;
