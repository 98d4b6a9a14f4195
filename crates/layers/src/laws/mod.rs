//! What every layer of every family must obey, checked over [`KINDS`].
//!
//! Each law runs over the example of every kind, and over settings drawn for every kind whose notes
//! list them. Inputs are never square and hold no two values closer than the step of a central
//! difference, so that no maximum changes hands and no rectifier its side while a difference is taken.

mod batches;
mod bytes;
mod document;
mod drawn;
mod gradients;
mod notes;
mod parts;
mod randomness;
mod reach;
mod specs;

use cenote_autograd::{Mismatch, Tape, Var, gradcheck};
use cenote_spec::Random;
use cenote_tensor::{Scalar, Seed, Shape, Tensor};
use proptest::prelude::TestCaseError;

use crate::{Error, KINDS, Mode, Model, ModelSpec, Params, Role, Step};

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
///
/// Parameters start as they do in a network, moved a little so that none of them is 0 or alike. Where
/// a layer chooses, the first inputs may lie next to another choice: then others are tried.
pub(crate) fn check_gradient(model: &Model, n: usize) -> Result<(), TestCaseError> {
    let mut outcome = Ok(());
    for shift in [0.0, 0.7, -1.1, 1.9] {
        outcome = check_gradient_at(model, n, shift);
        if !matches!(outcome, Err((_, Mismatch { on_jump: true, .. }))) {
            break;
        }
    }
    outcome.map_err(|(mode, mismatch)| {
        let tables = model.tables();
        TestCaseError::fail(format!("{tables:?} on {} in {mode:?}: {mismatch}", model.input()))
    })
}

/// The same at inputs that are all moved by `shift`.
fn check_gradient_at(model: &Model, n: usize, shift: Scalar) -> Result<(), (Mode, Mismatch)> {
    let params = model.init(Seed(1));
    let x = spread(model.input().batched(n)).map(|x| x + shift);
    let (mut inputs, mut running) = (vec![x], Vec::new());
    for param in params.iter() {
        match param.role {
            Role::Trained => {
                let mut value = param.value.clone();
                value.zip_assign(&spread(value.shape()), |value, moved| value + moved);
                inputs.push(value);
            }
            Role::Running => running.push(param.value.clone()),
        }
    }
    // The step of a difference in single precision changes too many draws.
    let skipped = random(model) == Random::ByInput && cfg!(not(cenote_f64));
    let modes = if skipped { 1.. } else { 0.. };
    for &mode in &[Mode::Train, Mode::Eval][modes] {
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
        outcome.map_err(|mismatch| (mode, mismatch))?;
    }
    Ok(())
}

/// Whether the one layer of a model draws random numbers.
fn random(model: &Model) -> Random {
    let name = model.layers().next().expect("a model of one layer").layer.kind();
    let kind = KINDS.iter().copied().flatten().find(|kind| kind.name == name);
    let notes = kind.expect("a listed kind").notes;
    notes.map_or(Random::Free, |notes| notes.random)
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

/// The output of a model for this mode, seed and number of the step.
fn output(model: &Model, x: &Tensor, mode: Mode, seed: u64, number: u64) -> Tensor {
    output_with(&model.init(Seed(2)), model, x, mode, [seed, number])
}

/// The same with these parameters.
fn output_with(
    params: &Params,
    model: &Model,
    x: &Tensor,
    mode: Mode,
    [seed, number]: [u64; 2],
) -> Tensor {
    let tape = Tape::without_gradients();
    let step = Step::new(&tape, model, params, mode, Seed(seed), number);
    step.forward(tape.constant(x.clone())).value().clone()
}

/// The output of a model in use.
fn used(model: &Model, x: &Tensor) -> Tensor {
    output(model, x, Mode::Eval, 2, 0)
}

/// The bits of a tensor: NaN equals itself, and 0 differs from −0.
fn bits(x: &Tensor) -> Vec<u64> {
    x.as_slice().iter().map(|&x| f64::from(x).to_bits()).collect()
}
