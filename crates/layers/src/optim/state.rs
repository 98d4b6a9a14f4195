//! What is remembered between steps.

use cenote_tensor::{Scalar, Tensor};

use super::{Optimizer, Update, average_in};
use crate::{Param, Params};

/// The number of steps done, what the optimiser remembers of each parameter, and their average and the best of them where
/// these are kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OptimizerState {
    /// Steps done.
    pub steps: u64,
    /// Tensors per parameter, in the model's order; empty for one that was never moved.
    pub memories: Vec<Vec<Tensor>>,
    /// The moving average of the parameters, which is used in their place.
    pub average: Option<Params>,
    /// The parameters, or their average, that were the best so far, which are used in the place of later ones.
    pub best: Option<Params>,
}

impl OptimizerState {
    /// Before the first step; with an average of these parameters for a decay above 0.
    pub fn start(params: &Params, decay: f64) -> Self {
        Self { average: (decay > 0.0).then(|| params.clone()), ..Self::default() }
    }

    /// Keeps the best from here on: these parameters, until [`OptimizerState::keep`] finds others.
    ///
    /// They have memory of their own from the start, so that what is needed does not depend on when they change.
    #[must_use]
    pub fn keeping_best(mut self, params: &Params) -> Self {
        let own = |param: &Param| {
            let values = param.value.as_slice();
            let value = Tensor::from_fn(param.value.shape(), |i| values[i]);
            Param { path: param.path.clone(), value, role: param.role }
        };
        self.best = Some(self.latest(params).iter().map(own).collect());
        self
    }

    /// The parameters that are used: the best, where they are kept, else the latest.
    pub fn used<'a>(&'a self, params: &'a Params) -> &'a Params {
        self.best.as_ref().unwrap_or_else(|| self.latest(params))
    }

    /// What the last step made: the average, where one is kept.
    pub fn latest<'a>(&'a self, params: &'a Params) -> &'a Params {
        self.average.as_ref().unwrap_or(params)
    }

    /// Makes the latest the best, where the best are kept.
    ///
    /// # Panics
    /// When they are not of one model.
    pub fn keep(&mut self, params: &Params) {
        let Self { average, best, .. } = self;
        let latest = average.as_ref().unwrap_or(params);
        let Some(best) = best else { return };
        assert_eq!(best.len(), latest.len(), "parameters of one model");
        for (best, latest) in best.iter_mut().zip(latest.iter()) {
            best.value.as_mut_slice().copy_from_slice(latest.value.as_slice());
        }
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

#[cfg(test)]
mod tests {
    use cenote_tensor::metered;

    use super::*;
    use crate::{Role, average_in};

    fn params(value: Scalar) -> Params {
        let value = Tensor::full([3], value);
        std::iter::once(Param { path: "a".to_owned(), value, role: Role::Trained }).collect()
    }

    #[test]
    fn the_best_stay_while_others_move_and_take_their_own_memory_from_the_start() {
        let mut now = params(1.0);
        for decay in [0.0, 0.5] {
            let (state, usage) = metered(|| OptimizerState::start(&now, decay).keeping_best(&now));
            assert_eq!(usage.live_bytes, 3 * size_of::<Scalar>(), "a copy, and a shared average");
            let mut state = state;
            assert_eq!(state.used(&now), &now);
            let moved = params(3.0);
            if let Some(average) = &mut state.average {
                average_in(average, &moved, decay, 0);
            }
            assert_eq!(state.used(&moved), &now, "the best so far");
            let latest = state.latest(&moved).clone();
            assert_eq!(latest == moved, decay == 0.0);
            state.keep(&moved);
            assert_eq!(state.used(&params(9.0)), &latest);
            now = params(1.0);
        }
        let mut plain = OptimizerState::start(&now, 0.0);
        plain.keep(&now);
        assert_eq!(plain.best, None, "nobody asked for it");
    }
}
