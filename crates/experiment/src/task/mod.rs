//! What a trained network is asked to do, and how well it does it.

mod classify;

pub use classify::{Evaluation, evaluate};
