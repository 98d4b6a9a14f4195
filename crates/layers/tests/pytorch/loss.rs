//! The loss and its gradient.

use cenote_autograd::Tape;
use cenote_layers::cross_entropy;
use cenote_tensor::Scalar;
use serde::Deserialize;

use crate::golden::{Array, TOLERANCE, assert_number, cases};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    logits: Array,
    labels: Vec<usize>,
    loss: f64,
    /// What the loss is multiplied with before the backward pass.
    scale: f64,
    dlogits: Array,
}

#[test]
fn cross_entropy_and_its_gradient_agree_for_small_huge_and_equal_logits() {
    for (number, case) in cases::<Case>(include_str!("../reference/cross_entropy.json")) {
        let tape = Tape::new();
        let logits = tape.leaf(case.logits.tensor());
        let loss = cross_entropy(&logits, &case.labels);
        let value = f64::from(loss.value().as_slice()[0]);
        assert_number(&format!("{number}: loss"), value, case.loss);
        let gradients = (&loss * (case.scale as Scalar)).backward();
        let gradient = gradients.of(&logits).expect("the loss depends on the logits");
        // It is a difference of probabilities, which are rounded where they are near 1.
        let unit = case.scale / case.labels.len() as f64;
        case.dlogits.assert_within(TOLERANCE * unit, &format!("{number}: dlogits"), gradient);
    }
}
