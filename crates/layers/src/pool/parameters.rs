//! Parameters of pools: whose they are, and how they reach the formula of a window.
//!
//! A formula reads a row of numbers per channel. What a layer learns may be shared by all channels,
//! may be several parameters, and may be held by a number that any step of an optimiser leaves in
//! range, such as the logarithm of a positive one.

use cenote_autograd::{Function, Saved, Var};
use cenote_spec::Setting;
use cenote_tensor::{Scalar, Shape, Tensor};
use serde::Deserialize;

use crate::{Error, Init, ParamSpec, Role};

/// Whether all channels share a parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Per {
    /// One for all channels.
    #[default]
    Layer,
    /// One for each channel.
    Channel,
}

/// The setting that says so.
pub(super) const PER: Setting = Setting {
    name: "per",
    default: "'layer'",
    about: "what has parameters of its own: the layer, or each channel",
    values: &["'layer'", "'channel'"],
};

impl Per {
    /// A trained parameter of `each` numbers.
    pub(super) fn param(
        self,
        name: &'static str,
        channels: usize,
        each: usize,
        init: Init,
    ) -> ParamSpec {
        ParamSpec {
            name: name.into(),
            shape: self.shape(channels, each),
            init,
            role: Role::Trained,
        }
    }

    /// The shape of a parameter of `each` numbers.
    pub(super) fn shape(self, channels: usize, each: usize) -> Shape {
        match self {
            Self::Layer => [1, each].into(),
            Self::Channel => [channels, each].into(),
        }
    }
}

/// Refuses anything but a finite number above 0.
pub(super) fn positive(kind: &'static str, name: &'static str, value: f64) -> Result<(), Error> {
    if value.is_finite() && value > 0.0 && (value as Scalar).is_finite() && value as Scalar > 0.0 {
        return Ok(());
    }
    Err(Error::Setting {
        kind,
        name,
        got: value.to_string(),
        expected: "a finite number above 0".into(),
    })
}

/// Parameters of shape `(1, P)` or `(C, P)` side by side, repeated where channels share them: `(C, ΣP)`.
pub(super) fn rows<'t, const PARTS: usize>(
    name: &'static str,
    parts: [&Var<'t>; PARTS],
    channels: usize,
) -> Var<'t> {
    let sizes = parts.map(|part| size(part.value()));
    let total: usize = sizes.iter().map(|[_, width]| width).sum();
    let mut all = Vec::with_capacity(channels * total);
    for channel in 0..channels {
        for (part, [rows, width]) in parts.iter().zip(sizes) {
            let row = if rows == 1 { 0 } else { channel };
            all.extend_from_slice(&part.value().as_slice()[row * width..][..width]);
        }
    }
    let all = Tensor::from_vec([channels, total], all).expect("a row for every channel");
    parts[0].tape().record(all, &parts, || Rows { name, sizes: sizes.to_vec() })
}

fn size(part: &Tensor) -> [usize; 2] {
    part.dims().try_into().expect("parameters of pools are rows of numbers")
}

struct Rows {
    name: &'static str,
    sizes: Vec<[usize; 2]>,
}

impl Function for Rows {
    fn name(&self) -> &'static str {
        self.name
    }

    fn saved(&self) -> Saved<'_> {
        Saved::default()
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        let [channels, total] = size(&dy);
        let mut first = 0;
        let parts = self.sizes.iter().map(|&[rows, width]| {
            let mut part = vec![0.0_f64; rows * width];
            for channel in 0..channels {
                let row = if rows == 1 { 0 } else { channel };
                let from = &dy.as_slice()[channel * total + first..][..width];
                let into = &mut part[row * width..][..width];
                into.iter_mut().zip(from).for_each(|(into, &dy)| *into += f64::from(dy));
            }
            first += width;
            Some(Tensor::from_fn([rows, width], |i| part[i] as Scalar))
        });
        parts.collect()
    }
}

/// A function of every number whose derivative follows from its result.
#[derive(Clone, Copy)]
pub(super) struct Each {
    name: &'static str,
    value: fn(Scalar) -> Scalar,
    /// From `y`.
    slope: fn(Scalar) -> Scalar,
}

/// e to the power of the parameter.
pub(super) const EXP: Each = Each { name: "exp", value: |x| x.exp(), slope: |y| y };

/// The logistic function of the parameter.
pub(super) const SIGMOID: Each =
    Each { name: "sigmoid", value: |x| 1.0 / (1.0 + (-x).exp()), slope: |y| y * (1.0 - y) };

impl Each {
    pub(super) fn of<'t>(self, x: &Var<'t>) -> Var<'t> {
        let y = x.value().clone().map(self.value);
        x.tape().record(y.clone(), &[x], || Mapped { each: self, y })
    }
}

struct Mapped {
    each: Each,
    y: Tensor,
}

impl Function for Mapped {
    fn name(&self) -> &'static str {
        self.each.name
    }

    fn saved(&self) -> Saved<'_> {
        Saved::tensors([&self.y])
    }

    fn backward(self: Box<Self>, mut dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        let slope = self.each.slope;
        dy.zip_assign(&self.y, |dy, y| dy * slope(y));
        vec![Some(dy)]
    }
}

/// Every row of `(R, P)` made positive with the sum 1: `e^x / Σ e^x`.
pub(super) fn softmax_rows<'t>(x: &Var<'t>) -> Var<'t> {
    let [_, width] = size(x.value());
    let mut y = x.value().clone();
    for row in y.as_mut_slice().chunks_exact_mut(width) {
        let largest = row.iter().copied().fold(Scalar::NEG_INFINITY, Scalar::max);
        for x in row.iter_mut() {
            *x = (*x - largest).exp();
        }
        let sum: Scalar = row.iter().sum();
        for x in row {
            *x /= sum;
        }
    }
    x.tape().record(y.clone(), &[x], || Softmax { y })
}

struct Softmax {
    y: Tensor,
}

impl Function for Softmax {
    fn name(&self) -> &'static str {
        "softmax_rows"
    }

    fn saved(&self) -> Saved<'_> {
        Saved::tensors([&self.y])
    }

    fn backward(self: Box<Self>, mut dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        let [_, width] = size(&dy);
        let rows = dy.as_mut_slice().chunks_exact_mut(width);
        for (dy, y) in rows.zip(self.y.as_slice().chunks_exact(width)) {
            let mean: Scalar = dy.iter().zip(y).map(|(dy, y)| dy * y).sum();
            dy.iter_mut().zip(y).for_each(|(dy, y)| *dy = y * (*dy - mean));
        }
        vec![Some(dy)]
    }
}
