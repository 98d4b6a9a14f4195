//! What a layer says it keeps for its backward pass is what lives after its forward pass.

use cenote_autograd::Tape;
use cenote_tensor::{Seed, Tensor, metered};
use proptest::prelude::*;

use super::drawn::{Size, over_settings};
use super::spread;
use crate::{Mode, Model, Step, Summary};

/// Bytes that a step says it keeps, and bytes of tensors that live, after a forward pass of `n` whose
/// output nobody holds. Input and parameters live anyway and count in neither.
fn kept(model: &Model, n: usize) -> (usize, usize) {
    let params = model.init(Seed(0));
    let x = spread(model.input().batched(n));
    let ((promised, _tape), usage) = metered(|| {
        let tape = Tape::new();
        let step = Step::new(&tape, model, &params, Mode::Train, Seed(0), 0);
        drop(step.forward(tape.leaf(x.clone())));
        let mut known: Vec<&Tensor> = params.iter().map(|param| &param.value).collect();
        known.push(&x);
        drop(step);
        (tape.saved_bytes(&known), tape)
    });
    (promised, usage.live_bytes)
}

#[test]
fn the_bytes_promised_for_the_backward_pass_are_the_bytes_that_live() {
    over_settings(16, Size::Large, |_, model| {
        for n in [1, 4] {
            let (promised, live) = kept(model, n);
            prop_assert_eq!(promised, live, "N = {}", n);
        }
        Ok(())
    });
}

#[test]
fn what_a_batch_keeps_grows_by_the_same_for_every_example() {
    over_settings(12, Size::Large, |_, model| {
        let [two, three, four] = [2, 3, 4].map(|n| kept(model, n).0 as isize);
        prop_assert_eq!(four - three, three - two);
        Ok(())
    });
}

#[test]
fn a_summary_promises_what_one_example_keeps() {
    over_settings(12, Size::Large, |_, model| {
        // The input is given, so a summary counts it where a layer keeps it; the meter does not see it.
        let (promised, _) = kept(model, 1);
        let summary = Summary::of(model).saved_bytes();
        let input = size_of::<cenote_tensor::Scalar>() * model.input().len();
        prop_assert!(
            [promised, promised + input, 0].contains(&summary),
            "summary {}, kept {}",
            summary,
            promised
        );
        Ok(())
    });
}
