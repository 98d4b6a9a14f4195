//! The losses and their gradients.

use cenote_autograd::Tape;
use cenote_layers::{Impossible, cross_entropy, ctc_loss};
use cenote_tensor::Scalar;
use serde::Deserialize;

use crate::golden::{Array, Number, TOLERANCE, assert_number, cases};

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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ctc {
    logits: Array,
    texts: Vec<Vec<usize>>,
    /// Whether an infinite loss counts as zero.
    zero: bool,
    loss: Number,
    /// Under a gradient of 0.75; missing where PyTorch has no number.
    dlogits: Option<Array>,
}

#[test]
fn ctc_loss_and_its_gradient_agree_for_texts_that_fit_repeat_or_are_too_long() {
    let mut infinite = 0;
    for (number, case) in cases::<Ctc>(include_str!("../reference/ctc.json")) {
        let tape = Tape::new();
        let logits = tape.leaf(case.logits.tensor());
        let impossible = if case.zero { Impossible::Zero } else { Impossible::Infinite };
        let loss = ctc_loss(&logits, &case.texts, impossible);
        let (value, expected) = (f64::from(loss.value().as_slice()[0]), f64::from(case.loss));
        let Some(dlogits) = case.dlogits else {
            assert_eq!(value, expected, "{number}: loss");
            infinite += 1;
            continue;
        };
        assert_number(&format!("{number}: loss"), value, expected);
        let gradients = (&loss * 0.75).backward();
        let gradient = gradients.of(&logits).expect("the loss depends on the logits");
        dlogits.assert_within(TOLERANCE, &format!("{number}: dlogits"), gradient);
    }
    assert!(infinite > 0, "some text is too long");
}
