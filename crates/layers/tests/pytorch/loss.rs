//! The losses and their gradients.

use cenote_autograd::{Tape, Var};
use cenote_layers::{Impossible, cross_entropy, ctc_loss, focal_loss, giou_loss, l1_loss};
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

/// A loss of a detector.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Detection {
    inputs: Array,
    targets: Array,
    #[serde(default)]
    weights: Vec<f64>,
    loss: f64,
    scale: f64,
    gradient: Array,
}

impl Detection {
    fn check(&self, name: &str, of: impl for<'t> Fn(&Var<'t>, &[Scalar]) -> Var<'t>) {
        let tape = Tape::new();
        let inputs = tape.leaf(self.inputs.tensor());
        let weights: Vec<Scalar> = self.weights.iter().map(|&weight| weight as Scalar).collect();
        let loss = of(&inputs, &weights);
        assert_number(&format!("{name}: loss"), loss.value().as_slice()[0].into(), self.loss);
        let gradients = (&loss * (self.scale as Scalar)).backward();
        let gradient = gradients.of(&inputs).expect("the loss depends on them");
        self.gradient.assert_close(&format!("{name}: gradient"), gradient);
    }
}

#[test]
fn the_focal_loss_of_a_heat_map_agrees_with_centernets() {
    for (name, case) in cases::<Detection>(include_str!("../reference/focal_loss.json")) {
        case.check(&name, |z, _| focal_loss(z, case.targets.tensor()));
    }
}

#[test]
fn the_overlap_loss_agrees_with_torchvisions() {
    for (name, case) in cases::<Detection>(include_str!("../reference/giou_loss.json")) {
        case.check(&name, |boxes, weights| giou_loss(boxes, &case.targets.tensor(), weights));
    }
}

#[test]
fn the_weighted_absolute_error_agrees() {
    for (name, case) in cases::<Detection>(include_str!("../reference/l1_loss.json")) {
        case.check(&name, |rows, weights| l1_loss(rows, &case.targets.tensor(), weights));
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
            assert_eq!(value.to_bits(), expected.to_bits(), "{number}: loss");
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
