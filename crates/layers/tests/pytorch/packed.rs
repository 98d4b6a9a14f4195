//! Packed golden files: a safetensors file of one flat tensor, and its cases as JSON in its header.

use std::collections::BTreeMap;

use cenote_tensor::{Scalar, Shape, Tensor};
use safetensors::SafeTensors;
use serde::Deserialize;

/// The largest difference that is allowed, as a share of the largest magnitude of a tensor. Golden
/// values are rounded to single precision, so the build in double precision gets no closer.
pub(crate) const TOLERANCE: f64 = 1e-6;

/// One pass of a layer, as the header describes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    layer: toml::Table,
    mode: String,
    exact: bool,
    x: Vec<usize>,
    y: Vec<usize>,
    #[serde(default)]
    params: Vec<(String, Vec<usize>)>,
    #[serde(default)]
    dparams: Vec<String>,
    #[serde(default)]
    samples: Vec<f64>,
    #[serde(default)]
    indices: Vec<usize>,
    #[serde(default)]
    size: Vec<usize>,
    #[serde(default)]
    boxes: Vec<f64>,
    #[serde(default)]
    output_size: Vec<usize>,
    scale: Option<f64>,
    sampling_ratio: Option<i64>,
    aligned: Option<bool>,
}

/// What the witness made of one input.
pub(crate) struct Case {
    pub(crate) number: usize,
    pub(crate) layer: toml::Table,
    /// `both`, `train` or `eval`.
    pub(crate) mode: String,
    /// Whether the operator only moves numbers, so that no rounding is allowed.
    pub(crate) exact: bool,
    pub(crate) x: Tensor,
    pub(crate) params: BTreeMap<String, Tensor>,
    pub(crate) dy: Tensor,
    pub(crate) y: Tensor,
    pub(crate) dx: Tensor,
    pub(crate) dparams: BTreeMap<String, Tensor>,
    pub(crate) more: More,
}

/// What only some operators are given.
#[derive(Clone, Debug)]
pub(crate) struct More {
    /// Of fractional max pooling: two numbers for each map.
    pub(crate) samples: Vec<f64>,
    /// Of max unpooling: where each value came from, and the size of that map.
    pub(crate) indices: Vec<usize>,
    pub(crate) size: Vec<usize>,
    /// Of pooling of regions: image, left, top, right and bottom of each.
    pub(crate) boxes: Vec<f64>,
    pub(crate) output_size: Vec<usize>,
    pub(crate) scale: Option<f64>,
    pub(crate) sampling_ratio: Option<i64>,
    pub(crate) aligned: Option<bool>,
}

/// The cases of a packed file.
pub(crate) fn cases(bytes: &[u8]) -> Vec<Case> {
    let (_, head) = SafeTensors::read_metadata(bytes).expect("a safetensors file");
    let head = head.metadata().clone().expect("a packed file has metadata");
    for origin in ["torch", "torchvision", "numpy", "made_by"] {
        assert!(!head[origin].is_empty(), "a golden file says where it comes from");
    }
    let heads: Vec<Head> = serde_json::from_str(&head["cases"]).expect("the fields of a case");
    assert!(heads.len() >= 40, "a packed file has at least 40 cases");
    let file = SafeTensors::deserialize(bytes).expect("a safetensors file");
    let (chunks, _) = file.tensor("values").expect("its one tensor").data().as_chunks();
    let mut values = chunks.iter().map(|&bytes| f32::from_le_bytes(bytes));
    let mut next = |dims: &[usize]| {
        let shape = Shape::new(dims);
        #[cfg_attr(
            not(cenote_f64),
            expect(clippy::useless_conversion, reason = "a scalar may be of double precision")
        )]
        let part: Vec<Scalar> = values.by_ref().take(shape.len()).map(Scalar::from).collect();
        Tensor::from_vec(shape, part).expect("the values of every case follow each other")
    };
    let unpacked = heads.into_iter().enumerate().map(|(number, head)| {
        let x = next(&head.x);
        let params: BTreeMap<String, Tensor> =
            head.params.iter().map(|(name, dims)| (name.clone(), next(dims))).collect();
        let [dy, y, dx] = [&head.y, &head.y, &head.x].map(|dims| next(dims));
        let gradient = |name: &String| (name.clone(), next(params[name].dims()));
        let dparams = head.dparams.iter().map(gradient).collect();
        let more = More {
            samples: head.samples,
            indices: head.indices,
            size: head.size,
            boxes: head.boxes,
            output_size: head.output_size,
            scale: head.scale,
            sampling_ratio: head.sampling_ratio,
            aligned: head.aligned,
        };
        let Head { layer, mode, exact, .. } = head;
        Case { number, layer, mode, exact, x, params, dy, y, dx, dparams, more }
    });
    let unpacked = unpacked.collect();
    assert_eq!(values.next(), None, "no values are left over");
    unpacked
}

/// The largest finite magnitude of a tensor.
pub(crate) fn largest(tensor: &Tensor) -> f64 {
    let finite = tensor.as_slice().iter().map(|&x| f64::from(x)).filter(|x| x.is_finite());
    finite.map(f64::abs).fold(0.0, f64::max)
}

/// The first place where a tensor differs from the golden one by more than `allowed`, in words. NaN
/// equals NaN, and ∞ equals ∞.
pub(crate) fn difference(
    allowed: f64,
    what: &str,
    expected: &Tensor,
    got: &Tensor,
) -> Option<String> {
    if got.shape() != expected.shape() {
        let (got, expected) = (got.shape(), expected.shape());
        return Some(format!("{what} has the shape {got}; the witness has {expected}"));
    }
    let pairs = expected.as_slice().iter().zip(got.as_slice());
    pairs.enumerate().find_map(|(i, (&expected, &got))| {
        let (expected, got) = (f64::from(expected), f64::from(got));
        // 0 and −0 are the same answer.
        let same = (expected.is_nan() && got.is_nan())
            || expected.partial_cmp(&got).is_some_and(std::cmp::Ordering::is_eq);
        let close = same || (expected - got).abs() <= allowed;
        (!close).then(|| format!("{what}[{i}] is {got}; the witness has {expected} ± {allowed:e}"))
    })
}
