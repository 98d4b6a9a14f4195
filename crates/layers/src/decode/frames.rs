//! What a network says at each step of one example.

use cenote_tensor::{Scalar, Tensor};

/// Logarithms of the probability of every class at every step of one example.
///
/// ```
/// use cenote_layers::Frames;
/// use cenote_tensor::Tensor;
///
/// let logits = Tensor::zeros([1, 3, 4]); // one example of three steps
/// let frames = &Frames::of(&logits)[0];
/// assert!((frames.at(2)[1] - 0.25_f64.ln()).abs() < 1e-12);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Frames {
    classes: usize,
    values: Vec<f64>,
}

impl Frames {
    /// The softmax of logits `(N, T, K)` at every step, example by example.
    ///
    /// # Panics
    /// When the logits have other axes, no step or no class: models were fitted to have them.
    pub fn of(logits: &Tensor) -> Vec<Self> {
        let [_, steps, classes] = logits.dims().try_into().expect("logits have shape (N, T, K)");
        assert!(steps > 0 && classes > 0, "logits have a step and a class");
        let examples = logits.as_slice().chunks_exact(steps * classes);
        examples.map(|logits| Self::of_one(logits, classes)).collect()
    }

    fn of_one(logits: &[Scalar], classes: usize) -> Self {
        let mut values = Vec::with_capacity(logits.len());
        for row in logits.chunks_exact(classes) {
            let largest = row.iter().copied().fold(Scalar::NEG_INFINITY, Scalar::max);
            let sum: f64 = row.iter().map(|&z| f64::from(z - largest).exp()).sum();
            values.extend(row.iter().map(|&z| f64::from(z - largest) - sum.ln()));
        }
        Self { classes, values }
    }

    /// Number of steps.
    pub fn steps(&self) -> usize {
        self.values.len() / self.classes
    }

    /// Number of classes, the blank among them.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The logarithms at a step.
    ///
    /// # Panics
    /// When there is no such step.
    pub fn at(&self, step: usize) -> &[f64] {
        &self.values[step * self.classes..][..self.classes]
    }
}
