//! What every layer of every family must obey, checked over [`KINDS`].
//!
//! Inputs are never square and hold no two values closer than the step of a central difference, so
//! that no maximum changes hands and no rectifier its side while a difference is taken.

use cenote_autograd::{Tape, Var, gradcheck};
use cenote_spec::Kind;
use cenote_tensor::{Scalar, Seed, Shape, Tensor};
use proptest::prelude::TestCaseError;

use crate::{Error, KINDS, LayerSpec, Mode, Model, ModelSpec, Role, Step};

/// A model of the one layer that `text` describes, for feature maps of this shape.
pub(crate) fn fit(text: &str, input: [usize; 3]) -> Result<Model, Error> {
    fit_shape(text, input.into())
}

/// A model of the one layer that `text` describes; an error is the layer's own.
pub(crate) fn fit_shape(text: &str, input: Shape) -> Result<Model, Error> {
    let table = text.parse().expect("tests write valid TOML");
    fit_table(table, input).map_err(|error| match error {
        Error::Layer { source, .. } => *source,
        other => other,
    })
}

fn fit_table(table: toml::Table, input: Shape) -> Result<Model, Error> {
    ModelSpec::parse(vec![table])?.fit(input)
}

/// Output and input gradient of a model in training, under a gradient of 1 from above.
pub(crate) fn run(model: &Model, x: Tensor) -> (Tensor, Tensor) {
    let params = model.init(Seed(1));
    let tape = Tape::new();
    let x = tape.leaf(x);
    let step = Step::new(&tape, model, &params, Mode::Train, Seed(1), 0);
    let y = step.forward(x.clone());
    let mut gradients = y.sum().backward();
    (y.value().clone(), gradients.take(&x).expect("the output depends on the input"))
}

/// Compares the gradients with respect to the input and every trained parameter with central
/// differences, for a batch of `n`, in both modes.
pub(crate) fn check_gradient(model: &Model, n: usize) -> Result<(), TestCaseError> {
    let params = model.init(Seed(1));
    let (mut inputs, mut running) = (vec![spread(model.input().batched(n))], Vec::new());
    for param in params.iter() {
        match param.role {
            Role::Trained => inputs.push(spread(param.value.shape())),
            Role::Running => running.push(param.value.clone()),
        }
    }
    for mode in [Mode::Train, Mode::Eval] {
        let outcome = gradcheck(&inputs, |vars| {
            let (mut trained, mut fixed) = (vars[1..].iter(), running.iter());
            let vars_of = params.iter().map(|param| -> Var<'_> {
                match param.role {
                    Role::Trained => trained.next().expect("one per trained parameter").clone(),
                    Role::Running => {
                        let value = fixed.next().expect("one per running statistic");
                        vars[0].tape().constant(value.clone())
                    }
                }
            });
            let step = Step::over(model, vars_of.collect(), mode, Seed(1), 0);
            step.forward(vars[0].clone())
        });
        outcome.map_err(|mismatch| {
            let tables = model.tables();
            TestCaseError::fail(format!("{tables:?} on {} in {mode:?}: {mismatch}", model.input()))
        })?;
    }
    Ok(())
}

/// Values in a scattered order, symmetric around 0, each at least 0.05 from every other and from 0.
fn spread(shape: Shape) -> Tensor {
    let n = shape.len();
    // A multiplier without a common factor visits every rank once.
    let stride = (n * 5 / 8..2 * n).find(|&m| m > 0 && gcd(m, n) == 1).unwrap_or(1);
    Tensor::from_fn(shape, |i| {
        let rank = (i * stride + n / 3) % n;
        (rank as Scalar - (n as Scalar - 1.0) / 2.0 + 0.25) * 0.05
    })
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Every kind with a model of its example, for each of two inputs that it takes.
fn examples() -> Vec<(&'static Kind<dyn LayerSpec>, Model)> {
    let kinds = KINDS.iter().copied().flatten();
    let models = kinds.map(|kind| {
        let inputs = [Shape::from([3, 5, 8]), Shape::from([4, 6, 5]), Shape::from([7])];
        let fitted = inputs.map(|input| fit_table(kind.example_table(), input).ok());
        let fitted: Vec<Model> = fitted.into_iter().flatten().collect();
        assert!(!fitted.is_empty(), "the example of {} fits no input", kind.name);
        fitted.into_iter().map(move |model| (kind, model))
    });
    models.flatten().collect()
}

/// The output of a model in use.
fn used(model: &Model, x: &Tensor) -> Tensor {
    let params = model.init(Seed(2));
    let tape = Tape::without_gradients();
    let step = Step::new(&tape, model, &params, Mode::Eval, Seed(2), 0);
    step.forward(tape.constant(x.clone())).value().clone()
}

#[test]
fn gradients_match_central_differences() {
    for (_, model) in examples() {
        check_gradient(&model, 2).expect("the gradient of every example");
    }
}

#[test]
fn the_shape_promised_is_the_shape_produced_for_any_batch() {
    for (kind, model) in examples() {
        for n in [0, 1, 3] {
            let y = used(&model, &Tensor::zeros(model.input().batched(n)));
            assert_eq!(y.shape(), model.output().batched(n), "{} at N = {n}", kind.name);
        }
    }
}

#[test]
fn splitting_a_batch_changes_nothing_in_use() {
    for (kind, model) in examples() {
        let whole = spread(model.input().batched(3));
        let together = used(&model, &whole);
        let example = |i: usize| {
            let len = model.input().len();
            let values = whole.as_slice()[i * len..(i + 1) * len].to_vec();
            Tensor::from_vec(model.input().batched(1), values).expect("one example")
        };
        let apart: Vec<Scalar> =
            (0..3).flat_map(|i| used(&model, &example(i)).into_vec()).collect();
        assert_eq!(together.as_slice(), apart, "{}", kind.name);
    }
}

#[test]
fn a_step_with_the_same_seed_and_number_gives_the_same_bits() {
    for (kind, model) in examples() {
        let x = spread(model.input().batched(2));
        assert_eq!(run(&model, x.clone()), run(&model, x), "{}", kind.name);
    }
}

#[test]
fn a_spec_survives_json() {
    for (kind, model) in examples() {
        let text = serde_json::to_string(model.tables()).expect("tables are data");
        let tables: Vec<toml::Table> = serde_json::from_str(&text).expect("as they were");
        let again = ModelSpec::parse(tables).expect("known").fit(model.input()).expect("fits");
        assert_eq!(again.output(), model.output(), "{}", kind.name);
        assert_eq!(again.tables(), model.tables(), "{}", kind.name);
    }
}

#[test]
fn no_two_kinds_share_a_name() {
    let mut names: Vec<&str> = KINDS.iter().copied().flatten().map(|kind| kind.name).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
}
