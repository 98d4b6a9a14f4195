//! What a trained network is asked to do, and how well it does it.

mod classify;

pub(crate) use classify::TOGETHER;
pub use classify::{Evaluation, evaluate};
