//! In training too a batch is its examples, in as many parts as one likes, but for layers that say they couple them.

use cenote_autograd::Tape;
use cenote_tensor::{Scalar, Seed, Tensor};
use proptest::prelude::*;

use super::drawn::{Size, examples, over_settings};
use super::{bits, spread};
use crate::{Mode, Model, Step};

/// Output and gradients of a batch that is trained on in parts which end at `ends`.
fn trained(model: &Model, x: &Tensor, ends: &[usize]) -> (Vec<u64>, Vec<Option<Tensor>>) {
    let params = model.init(Seed(2));
    let (into, out) = (model.input().len(), model.output().len());
    let (mut output, mut sums, mut start) = (Vec::new(), Vec::<Option<Tensor>>::new(), 0);
    for &end in ends {
        let values = x.as_slice()[start * into..end * into].to_vec();
        let part = Tensor::from_vec(model.input().batched(end - start), values);
        let tape = Tape::new();
        let step = Step::new(&tape, model, &params, Mode::Train, Seed(5), 3).from_example(start);
        let y = step.forward(tape.leaf(part.expect("whole examples")));
        let weight = |i: usize| (1.7 * (start * out + i) as Scalar + 0.3).sin();
        let weights = tape.constant(Tensor::from_fn(y.shape(), weight));
        output.extend(bits(y.value()));
        let gradients = step.gradients((&y * &weights).sum().backward());
        if sums.is_empty() {
            sums = gradients;
        } else {
            for (sum, more) in sums.iter_mut().zip(gradients) {
                if let (Some(sum), Some(more)) = (sum, more) {
                    sum.add_assign(&more);
                }
            }
        }
        start = end;
    }
    (output, sums)
}

fn check(model: &Model) -> Result<(), TestCaseError> {
    let x = spread(model.input().batched(5));
    let (whole, of_whole) = trained(model, &x, &[5]);
    let (parts, of_parts) = trained(model, &x, &[2, 3, 5]);
    let couples = model.coupling();
    prop_assert_eq!(whole == parts, couples.is_none(), "{:?}", couples);
    if couples.is_some() {
        return Ok(());
    }
    let close = if cfg!(cenote_f64) { 1e-10 } else { 1e-4 };
    for (whole, parts) in of_whole.iter().flatten().zip(of_parts.iter().flatten()) {
        let scale = whole.as_slice().iter().fold(1.0, |most: f64, x| most.max(f64::from(x.abs())));
        for (a, b) in whole.as_slice().iter().zip(parts.as_slice()) {
            prop_assert!((f64::from(*a) - f64::from(*b)).abs() <= close * scale, "{} {}", a, b);
        }
    }
    Ok(())
}

#[test]
fn parts_of_a_batch_train_as_the_whole_unless_a_layer_couples_its_examples() {
    over_settings(16, Size::Large, |_, model| check(model));
    for (kind, model) in examples() {
        check(&model).unwrap_or_else(|error| panic!("{}: {error}", kind.name));
    }
}
