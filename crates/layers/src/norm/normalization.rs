//! One batch's normalisation: what its forward pass computes with and its backward pass reads.

use cenote_autograd::{Recipe, Saved};
use cenote_tensor::{
    Argmax, Moments, Scalar, Tensor, Windows, batch_norm_apply, batch_norm_backward,
    batch_norm_backward_eval, batch_norm_relu_backward, batch_norm_relu_max_pool,
    batch_norm_relu_max_pool_backward, channel_moments, max_pool_backward, relu_backward,
};

use super::batch_norm::{BETA, Fitted, GAMMA, MEAN, VARIANCE};
use crate::{Mode, Scope};

/// An input with the statistics and parameters that normalise it.
///
/// With the rectifier behind it, it is the [`Recipe`] of that rectifier's output.
pub(super) struct Normalization {
    x: Tensor,
    gamma: Tensor,
    beta: Tensor,
    statistics: Statistics,
    epsilon: Scalar,
}

enum Statistics {
    Batch(Moments),
    Running { mean: Tensor, variance: Tensor },
}

impl Normalization {
    /// How `layer` normalises `x`. In training its running statistics move towards those of `x`.
    pub(super) fn of(layer: &Fitted, x: &Tensor, at: &Scope<'_, '_>) -> Self {
        let value = |i| at.param(i).value().clone();
        let statistics = match at.mode() {
            Mode::Train => {
                let moments = channel_moments(x);
                remember(layer, &moments, at);
                Statistics::Batch(moments)
            }
            Mode::Eval => Statistics::Running { mean: value(MEAN), variance: value(VARIANCE) },
        };
        let (gamma, beta) = (value(GAMMA), value(BETA));
        Self { x: x.clone(), gamma, beta, statistics, epsilon: layer.epsilon }
    }

    /// `γ x̂ + β`.
    pub(super) fn apply(&self) -> Tensor {
        self.affine(false)
    }

    /// `max(γ x̂ + β, 0)`.
    pub(super) fn apply_relu(&self) -> Tensor {
        self.affine(true)
    }

    fn affine(&self, relu: bool) -> Tensor {
        let Self { x, gamma, beta, epsilon, .. } = self;
        let (mean, variance) = self.statistics();
        batch_norm_apply(x, gamma, beta, mean, variance, *epsilon, relu)
    }

    /// The maxima of [`Self::apply_relu`] over windows, and where they are.
    pub(super) fn apply_relu_max_pool(&self, windows: &Windows) -> (Tensor, Argmax) {
        let Self { x, gamma, beta, epsilon, .. } = self;
        let (mean, variance) = self.statistics();
        batch_norm_relu_max_pool(x, gamma, beta, mean, variance, *epsilon, windows)
    }

    /// `[∂x, ∂γ, ∂β]` of [`Self::apply`].
    pub(super) fn backward(&self, dy: &Tensor) -> [Tensor; 3] {
        let Self { x, gamma, epsilon, .. } = self;
        let (dx, dgamma, dbeta) = match &self.statistics {
            Statistics::Batch(moments) => batch_norm_backward(x, dy, gamma, moments, *epsilon),
            Statistics::Running { mean, variance } => {
                batch_norm_backward_eval(x, dy, gamma, mean, variance, *epsilon)
            }
        };
        [dx, dgamma, dbeta]
    }

    /// `[∂x, ∂γ, ∂β]` of [`Self::apply_relu`].
    pub(super) fn backward_relu(&self, dy: Tensor) -> [Tensor; 3] {
        let Self { x, gamma, beta, epsilon, .. } = self;
        let Statistics::Batch(moments) = &self.statistics else {
            return self.backward(&relu_backward(&self.apply_relu(), dy));
        };
        let (dx, dgamma, dbeta) = batch_norm_relu_backward(x, dy, gamma, beta, moments, *epsilon);
        [dx, dgamma, dbeta]
    }

    /// `[∂x, ∂γ, ∂β]` of [`Self::apply_relu_max_pool`].
    pub(super) fn backward_relu_max_pool(
        &self,
        dy: &Tensor,
        argmax: &Argmax,
        at: &Windows,
    ) -> [Tensor; 3] {
        let Self { x, gamma, beta, epsilon, .. } = self;
        let Statistics::Batch(moments) = &self.statistics else {
            return self.backward_relu(max_pool_backward(dy, argmax, at));
        };
        let (dx, dgamma, dbeta) =
            batch_norm_relu_max_pool_backward(x, dy, argmax, gamma, beta, moments, *epsilon, at);
        [dx, dgamma, dbeta]
    }

    fn statistics(&self) -> (&[Scalar], &[Scalar]) {
        match &self.statistics {
            Statistics::Batch(moments) => (&moments.mean, &moments.variance),
            Statistics::Running { mean, variance } => (mean.as_slice(), variance.as_slice()),
        }
    }

    /// What is kept alive.
    pub(super) fn saved(&self) -> Saved<'_> {
        let mut saved = Saved::tensors([&self.x, &self.gamma, &self.beta]);
        match &self.statistics {
            Statistics::Batch(moments) => {
                saved.other_bytes = 2 * moments.mean.len() * size_of::<Scalar>();
            }
            Statistics::Running { mean, variance } => saved.tensors.extend([mean, variance]),
        }
        saved
    }
}

impl Recipe for Normalization {
    fn make(&self) -> Tensor {
        self.apply_relu()
    }

    fn saved(&self) -> Saved<'_> {
        // The norm's own function counts the moments that both keep.
        Saved { other_bytes: 0, ..self.saved() }
    }
}

/// Moves the running statistics towards those of a batch.
fn remember(layer: &Fitted, moments: &Moments, at: &Scope<'_, '_>) {
    // One value has no unbiased variance; PyTorch refuses it, here it counts as it is.
    let m = moments.count as Scalar;
    let unbiased = if moments.count > 1 { m / (m - 1.0) } else { 1.0 };
    let blend = |i: usize, batch: &[Scalar], scale: Scalar| {
        let mut running = at.param(i).value().clone();
        for (running, batch) in running.as_mut_slice().iter_mut().zip(batch) {
            *running = (1.0 - layer.momentum) * *running + layer.momentum * scale * batch;
        }
        at.update(i, running);
    };
    blend(MEAN, &moments.mean, 1.0);
    blend(VARIANCE, &moments.variance, unbiased);
}
