//! What an optimiser remembers between steps.

use cenote_tensor::{Scalar, Tensor};

use super::{Optimizer, Update};
use crate::Params;

/// The number of steps done and, per parameter, what the optimiser remembers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OptimizerState {
    /// Steps done.
    pub steps: u64,
    /// Tensors per parameter, in the model's order; empty for one that was never moved.
    pub memories: Vec<Vec<Tensor>>,
}

impl OptimizerState {
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
