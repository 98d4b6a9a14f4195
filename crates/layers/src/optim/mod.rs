//! How parameters move: optimisers, the state they keep, and schedules of the learning rate.

use cenote_spec::Kind;
use cenote_tensor::{Scalar, Tensor};

mod adam;
mod average;
mod constant;
mod cosine;
mod sgd;
mod state;
mod step;
mod warmup;

pub use average::{average_in, kept_share};
pub use state::OptimizerState;

/// The optimisers that a study may name.
pub const KINDS: &[Kind<dyn Optimizer>] = &[sgd::KIND, adam::ADAM, adam::ADAM_W];

/// The learning-rate schedules that a study may name.
pub const SCHEDULE_KINDS: &[Kind<dyn Schedule>] = &[constant::KIND, step::KIND, cosine::KIND];

/// A rule that moves one parameter at a time.
pub trait Optimizer: std::fmt::Debug + Send + Sync {
    /// How many tensors of a parameter's shape it remembers from step to step.
    fn memories(&self) -> usize;

    /// Moves `param` against its gradient, in one pass.
    fn step(&self, param: &mut [Scalar], update: Update<'_>);
}

/// What an [`Optimizer`] reads to move one parameter.
#[derive(Debug)]
pub struct Update<'a> {
    /// The learning rate of this step.
    pub rate: Scalar,
    /// Number of this step, counted from 1.
    pub number: u64,
    /// The gradient of the loss.
    pub gradient: &'a [Scalar],
    /// What the optimiser remembers of this parameter, zero before step 1.
    pub memories: &'a mut [Tensor],
}

/// A learning rate that changes during training.
pub trait Schedule: std::fmt::Debug + Send + Sync {
    /// What the base rate is multiplied with.
    fn factor(&self, at: Progress) -> f64;
}

/// How far training has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Steps done so far; 0 at the first.
    pub step: u64,
    /// Steps of one pass over the training data.
    pub steps_per_epoch: u64,
    /// Steps planned in all.
    pub steps: u64,
}

/// `value`, if it is a finite number that `fits`; else the error of a setting.
fn checked(
    kind: &'static str,
    name: &'static str,
    value: f64,
    fits: std::ops::RangeInclusive<f64>,
) -> Result<(), cenote_spec::Error> {
    if value.is_finite() && fits.contains(&value) {
        return Ok(());
    }
    let (low, high) = (fits.start(), fits.end());
    let range =
        if high.is_finite() { format!("{low} to {high}") } else { format!("at least {low}") };
    let message = format!("{name} is {value}; expected {range}");
    Err(cenote_spec::Error::Params { kind, message })
}
