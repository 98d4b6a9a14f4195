//! A batch is its examples, one by one, whatever their number and order.

use cenote_autograd::Tape;
use cenote_tensor::{Scalar, Seed, Tensor};
use proptest::prelude::*;

use super::drawn::{Size, examples, over_settings};
use super::{bits, spread, used};
use crate::{Mode, Model, Step};

/// One batch with the examples of another, in this order.
fn batch(of: &Tensor, model: &Model, order: &[usize]) -> Tensor {
    let len = model.input().len();
    let values = order.iter().flat_map(|&i| &of.as_slice()[i * len..(i + 1) * len]);
    let shape = model.input().batched(order.len());
    Tensor::from_vec(shape, values.copied().collect()).expect("whole examples")
}

/// The shapes of what comes out and of what comes back.
fn check_shapes(model: &Model) -> Result<(), TestCaseError> {
    for n in [0, 1, 3] {
        for mode in [Mode::Train, Mode::Eval] {
            let params = model.init(Seed(1));
            let tape = Tape::new();
            let x = tape.leaf(spread(model.input().batched(n)));
            let step = Step::new(&tape, model, &params, mode, Seed(1), 0);
            let y = step.forward(x.clone());
            prop_assert_eq!(y.value().shape(), model.output().batched(n), "N = {}", n);
            let mut gradients = y.sum().backward();
            let dx = gradients.take(&x).expect("the output depends on the input");
            prop_assert_eq!(dx.shape(), x.value().shape(), "N = {}", n);
            for (param, gradient) in params.iter().zip(step.gradients(gradients)) {
                let shape = gradient.map_or(param.value.shape(), |gradient| gradient.shape());
                prop_assert_eq!(shape, param.value.shape(), "{}", &param.path);
            }
        }
    }
    Ok(())
}

fn check_splits(model: &Model) -> Result<(), TestCaseError> {
    let whole = spread(model.input().batched(3));
    let together = used(model, &whole);
    let apart: Vec<Scalar> =
        (0..3).flat_map(|i| used(model, &batch(&whole, model, &[i])).into_vec()).collect();
    let apart = Tensor::from_vec(together.shape(), apart).expect("three outputs");
    prop_assert_eq!(bits(&together), bits(&apart));
    Ok(())
}

fn check_order(model: &Model) -> Result<(), TestCaseError> {
    let x = spread(model.input().batched(4));
    let y = used(model, &x);
    let order = [2, 0, 3, 1];
    let permuted = used(model, &batch(&x, model, &order));
    let len = model.output().len();
    let expected = order.iter().flat_map(|&i| &y.as_slice()[i * len..(i + 1) * len]);
    prop_assert!(permuted.as_slice().iter().eq(expected), "{:?}", permuted);
    Ok(())
}

#[test]
fn the_shape_promised_is_the_shape_produced_for_any_batch() {
    // Batch norm has no statistics of no example, so examples outside the pools start at 1.
    over_settings(24, Size::Large, |_, model| check_shapes(model));
    for (kind, model) in examples() {
        for n in [0, 1, 3] {
            let y = used(&model, &Tensor::zeros(model.input().batched(n)));
            assert_eq!(y.shape(), model.output().batched(n), "{} at N = {n}", kind.name);
        }
    }
}

#[test]
fn splitting_a_batch_changes_nothing_in_use() {
    over_settings(16, Size::Large, |_, model| check_splits(model));
    for (kind, model) in examples() {
        check_splits(&model).unwrap_or_else(|error| panic!("{}: {error}", kind.name));
    }
}

#[test]
fn permuting_a_batch_permutes_the_output() {
    over_settings(16, Size::Large, |_, model| check_order(model));
    for (kind, model) in examples() {
        check_order(&model).unwrap_or_else(|error| panic!("{}: {error}", kind.name));
    }
}
