//! What is remembered between steps.

use cenote_tensor::{Scalar, Tensor};

use super::{Optimizer, Update, average_in};
use crate::Params;

/// The number of steps done, what the optimiser remembers of each parameter, and their average where one is kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OptimizerState {
    /// Steps done.
    pub steps: u64,
    /// Tensors per parameter, in the model's order; empty for one that was never moved.
    pub memories: Vec<Vec<Tensor>>,
    /// The moving average of the parameters, which is used in their place.
    pub average: Option<Params>,
}

impl OptimizerState {
    /// Before the first step; with an average of these parameters for a decay above 0.
    pub fn start(params: &Params, decay: f64) -> Self {
        Self { average: (decay > 0.0).then(|| params.clone()), ..Self::default() }
    }

    /// The parameters that are used: their average, where one is kept.
    pub fn used<'a>(&'a self, params: &'a Params) -> &'a Params {
        self.average.as_ref().unwrap_or(params)
    }

    /// Moves the average, if one is kept, towards the parameters that a step has made.
    ///
    /// # Panics
    /// When they are not of one model, or no step was done.
    pub fn follow(&mut self, params: &Params, decay: f64) {
        if let Some(average) = &mut self.average {
            average_in(average, params, decay, self.steps - 1);
        }
    }

    /// Does one step: moves every parameter that has a gradient.
    ///
    /// # Panics
    /// When there is not one gradient (or `None`) per parameter.
    pub fn step(
        &mut self,
        optimizer: &dyn Optimizer,
        rate: f64,
        params: &mut Params,
        gradients: &[Option<Tensor>],
    ) {
        assert_eq!(gradients.len(), params.len(), "one gradient or none per parameter");
        self.steps += 1;
        self.memories.resize_with(params.len(), Vec::new);
        for ((param, gradient), memories) in
            params.iter_mut().zip(gradients).zip(&mut self.memories)
        {
            let Some(gradient) = gradient else { continue };
            if memories.is_empty() {
                let zeros = || Tensor::zeros(param.value.shape());
                memories.resize_with(optimizer.memories(), zeros);
            }
            let update = Update {
                rate: rate as Scalar,
                number: self.steps,
                gradient: gradient.as_slice(),
                memories,
            };
            optimizer.step(param.value.as_mut_slice(), update);
        }
    }
}
