//! One layer on one input, by the text of its table.

use cenote_autograd::Tape;
use cenote_layers::{Mode, Model, ModelSpec, Params, Step};
use cenote_tensor::{Scalar, Seed, Shape, Tensor};
use proptest::prelude::*;

/// The largest difference that rounding may make, as a share of the largest magnitude.
pub(crate) const ROUNDING: f64 = if size_of::<Scalar>() == 4 { 4e-6 } else { 1e-12 };

/// A layer in use on examples of this shape, its parameters as they start.
pub(crate) struct Operator {
    model: Model,
    params: Params,
}

impl Operator {
    /// The layer of this text, where it fits examples such as those of `x`.
    pub(crate) fn of(text: &str, x: &Tensor) -> Self {
        let table = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        let spec = ModelSpec::parse(vec![table]).unwrap_or_else(|error| panic!("{text}: {error}"));
        let model = spec.fit(Shape::new(&x.dims()[1..]));
        let model = model.unwrap_or_else(|error| panic!("{text}: {error}"));
        let params = model.init(Seed(1));
        Self { model, params }
    }

    /// The layer with another value for the parameter of this name.
    pub(crate) fn with(mut self, name: &str, value: impl Fn(usize) -> Scalar) -> Self {
        let found = self.params.iter_mut().find(|param| param.path.ends_with(name));
        let param = found.unwrap_or_else(|| panic!("no parameter {name}"));
        param.value = Tensor::from_fn(param.value.shape(), value);
        self
    }

    /// The output for a batch.
    pub(crate) fn y(&self, x: &Tensor) -> Tensor {
        let tape = Tape::without_gradients();
        let step = Step::new(&tape, &self.model, &self.params, Mode::Eval, Seed(1), 0);
        step.forward(tape.constant(x.clone())).value().clone()
    }

    /// The gradient of the input under `dy`.
    pub(crate) fn dx(&self, x: &Tensor, dy: &Tensor) -> Tensor {
        let tape = Tape::new();
        let step = Step::new(&tape, &self.model, &self.params, Mode::Eval, Seed(1), 0);
        let x = tape.leaf(x.clone());
        let y = step.forward(x.clone());
        let mut gradients = (&y * &tape.constant(dy.clone())).sum().backward();
        gradients.take(&x).expect("the output depends on the input")
    }
}

/// The output of the layer of this text.
pub(crate) fn y(text: &str, x: &Tensor) -> Tensor {
    Operator::of(text, x).y(x)
}

/// A gradient from above with another value at every output.
pub(crate) fn above(y: &Tensor) -> Tensor {
    Tensor::from_fn(y.shape(), |i| ((1.3 * i as f64 + 0.4).sin() + 0.5) as Scalar)
}

/// The sum of products, in double precision.
pub(crate) fn dot(a: &Tensor, b: &Tensor) -> f64 {
    assert_eq!(a.shape(), b.shape(), "of two tensors of one shape");
    a.as_slice().iter().zip(b.as_slice()).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

/// The sum of all values, in double precision.
pub(crate) fn sum(a: &Tensor) -> f64 {
    a.as_slice().iter().map(|&a| f64::from(a)).sum()
}

/// The largest magnitude, at least 1.
pub(crate) fn largest(a: &Tensor) -> f64 {
    a.as_slice().iter().map(|&a| f64::from(a).abs()).fold(1.0, f64::max)
}

/// Refuses tensors that differ by more than a share of the largest magnitude.
pub(crate) fn close(a: &Tensor, b: &Tensor, share: f64) -> Result<(), TestCaseError> {
    prop_assert_eq!(a.shape(), b.shape());
    let allowed = share * largest(a).max(largest(b));
    for (i, (&a, &b)) in a.as_slice().iter().zip(b.as_slice()).enumerate() {
        let difference = (f64::from(a) - f64::from(b)).abs();
        prop_assert!(difference <= allowed, "{} is {} and {}, allowed {}", i, a, b, allowed);
    }
    Ok(())
}

/// Refuses tensors of which the first is anywhere larger, beyond rounding.
pub(crate) fn at_most(a: &Tensor, b: &Tensor) -> Result<(), TestCaseError> {
    prop_assert_eq!(a.shape(), b.shape());
    let allowed = ROUNDING * largest(a).max(largest(b));
    for (i, (&a, &b)) in a.as_slice().iter().zip(b.as_slice()).enumerate() {
        prop_assert!(f64::from(a) <= f64::from(b) + allowed, "{}: {} > {}", i, a, b);
    }
    Ok(())
}

/// Multiples of 1/8 from −3 to 3, two images of two channels that are not square.
pub(crate) fn inputs() -> impl Strategy<Value = Tensor> {
    (4_usize..8, 4_usize..9).prop_flat_map(|(rows, columns)| {
        let columns = if rows == columns { columns + 1 } else { columns };
        let values = prop::collection::vec(-24_i32..=24, 4 * rows * columns);
        values.prop_map(move |values| {
            Tensor::from_fn([2, 2, rows, columns], |i| values[i] as Scalar / 8.0)
        })
    })
}

/// The same without negative values.
pub(crate) fn positive_inputs() -> impl Strategy<Value = Tensor> {
    inputs().prop_map(|x| x.map(|x| x.abs() + 0.125))
}

/// Windows that fit these inputs, as settings: kernel of two cells or more, stride, padding and ceil
/// mode.
pub(crate) fn windows() -> impl Strategy<Value = String> {
    let stride = || (1_usize..5, 1_usize..5);
    let padding = || (0_usize..2, 0_usize..2);
    ((1_usize..4, 2_usize..4), stride(), padding(), any::<bool>()).prop_map(
        |(kernel, stride, padding, ceil)| {
            let padding = [padding.0.min(kernel.0 / 2), padding.1.min(kernel.1 / 2)];
            format!(
                "kernel_size = [{}, {}]\nstride = [{}, {}]\npadding = {padding:?}\nceil_mode = {ceil}",
                kernel.0, kernel.1, stride.0, stride.1
            )
        },
    )
}
