//! Golden files, and how their values are compared with ours.

use std::collections::BTreeMap;

use cenote_tensor::{Scalar, Tensor};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The largest difference that is allowed, as a share of the largest magnitude of a tensor.
pub(crate) const TOLERANCE: f64 = if cfg!(cenote_f64) { 1e-9 } else { 1e-5 };

/// A golden file: where it comes from, and its cases.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Golden<T> {
    torch: String,
    numpy: String,
    made_by: String,
    cases: Vec<T>,
}

/// The cases of a golden file, with the number of each for messages.
pub(crate) fn cases<T: DeserializeOwned>(text: &str) -> impl Iterator<Item = (String, T)> {
    let golden: Golden<T> = serde_json::from_str(text).expect("generate.py writes these fields");
    for origin in [&golden.torch, &golden.numpy, &golden.made_by] {
        assert!(!origin.is_empty(), "a golden file says where it comes from");
    }
    assert!(!golden.cases.is_empty(), "a golden file has cases");
    golden.cases.into_iter().enumerate().map(|(i, case)| (format!("case {i}"), case))
}

/// A tensor of a golden file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Array {
    shape: Vec<usize>,
    values: Vec<Number>,
}

/// A number, or the name of one that JSON does not have.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Number {
    Finite(f64),
    Named(Name),
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) enum Name {
    #[serde(rename = "NaN")]
    NotANumber,
    #[serde(rename = "inf")]
    Infinity,
    #[serde(rename = "-inf")]
    MinusInfinity,
}

impl From<Number> for f64 {
    fn from(number: Number) -> Self {
        match number {
            Number::Finite(value) => value,
            Number::Named(Name::NotANumber) => Self::NAN,
            Number::Named(Name::Infinity) => Self::INFINITY,
            Number::Named(Name::MinusInfinity) => Self::NEG_INFINITY,
        }
    }
}

impl Array {
    /// The tensor with these values, in our precision.
    pub(crate) fn tensor(&self) -> Tensor {
        let values = self.values().map(|value| value as Scalar).collect();
        let shape = cenote_tensor::Shape::new(&self.shape);
        Tensor::from_vec(shape, values).expect("an array fills its shape")
    }

    fn values(&self) -> impl Iterator<Item = f64> {
        self.values.iter().map(|&number| number.into())
    }

    /// Refuses a tensor of another shape, or that differs anywhere by more than `allowed`. NaN equals
    /// NaN, and ∞ equals ∞.
    pub(crate) fn assert_within(&self, allowed: f64, what: &str, got: &Tensor) {
        assert_eq!(got.dims(), self.shape, "{what}: shape");
        for (i, (expected, &got)) in self.values().zip(got.as_slice()).enumerate() {
            let got = f64::from(got);
            let are_nan = expected.is_nan() && got.is_nan();
            let same = are_nan || expected.total_cmp(&got).is_eq();
            let is_close = same || (expected - got).abs() <= allowed;
            assert!(is_close, "{what}[{i}] is {got}; PyTorch has {expected}, allowed ±{allowed:e}");
        }
    }

    /// Refuses a tensor that is not this one up to rounding of its largest finite values.
    pub(crate) fn assert_close(&self, what: &str, got: &Tensor) {
        let finite = self.values().filter(|value| value.is_finite());
        let largest = finite.map(f64::abs).fold(0.0, f64::max);
        self.assert_within(TOLERANCE * largest, what, got);
    }

    /// Refuses a tensor that is not exactly this one.
    pub(crate) fn assert_equal(&self, what: &str, got: &Tensor) {
        self.assert_within(0.0, what, got);
    }
}

/// Refuses tensors that are not these, name by name, up to rounding.
pub(crate) fn assert_all_close(
    expected: &BTreeMap<String, Array>,
    what: &str,
    got: &BTreeMap<String, Tensor>,
) {
    assert!(got.keys().eq(expected.keys()), "{what}: {:?}", got.keys());
    for (name, expected) in expected {
        expected.assert_close(&format!("{what} {name}"), &got[name]);
    }
}

/// The tensors of these arrays.
pub(crate) fn tensors(arrays: &BTreeMap<String, Array>) -> BTreeMap<String, Tensor> {
    arrays.iter().map(|(name, array)| (name.clone(), array.tensor())).collect()
}

/// Refuses a number that is not this one up to rounding.
pub(crate) fn assert_number(what: &str, got: f64, expected: f64) {
    let allowed = TOLERANCE * expected.abs();
    assert!((got - expected).abs() <= allowed, "{what} is {got}; PyTorch has {expected}");
}

#[test]
fn a_tensor_of_another_shape_or_value_is_refused() {
    let array: Array =
        serde_json::from_str(r#"{"shape":[1,3],"values":["NaN",-8,"-inf"]}"#).expect("an array");
    let refuses = |shape: [usize; 2], values: [Scalar; 3]| {
        let got = Tensor::from_vec(shape, values.to_vec()).expect("3 values");
        std::panic::catch_unwind(|| array.assert_close("x", &got)).is_err()
    };
    let (nan, low) = (Scalar::NAN, Scalar::NEG_INFINITY);
    assert!(!refuses([1, 3], [nan, -8.0, low]));
    assert!(refuses([3, 1], [nan, -8.0, low]));
    assert!(refuses([1, 3], [0.0, -8.0, low]));
    assert!(refuses([1, 3], [nan, -8.001, low]));
    assert!(refuses([1, 3], [nan, nan, low]));
    assert!(refuses([1, 3], [nan, -8.0, -low]));
}
