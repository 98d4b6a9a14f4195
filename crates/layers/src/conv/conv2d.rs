//! Two-dimensional convolution (cross-correlation, as everywhere in the field).
//!
//! ```text
//! y[n,o,i,j] = b[o] + Σ_{c,u,v} w[o,c,u,v] · x[n, c, i·s − p + u·d, j·s − p + v·d]
//! dx         = the transposed sum of dy over w
//! dw[o,c,u,v] = Σ_{n,i,j} dy[n,o,i,j] · x[n, c, i·s − p + u·d, j·s − p + v·d]
//! db[o]      = Σ_{n,i,j} dy[n,o,i,j]
//! ```
//!
//! Stride `s`, padding `p` and dilation `d` may differ for rows and columns. The padding holds zeros, or
//! by `padding_mode` the mirrored map (`reflect`) or its other end (`circular`), laid around a copy that
//! is kept in the place of the input. With `groups = G`
//! the channels fall into `G` equal parts that do not see each other. With a stride and as many
//! output as input channels it is the learned downsampler of Springenberg et al. (2015),
//! arXiv:1412.6806. Conventions are those of PyTorch's `Conv2d`, but for the initial weights: He
//! normal by default, biases zero.

use cenote_autograd::{Function, Kept, Saved, Var};
use cenote_spec::{Kind, params};
use cenote_tensor::{
    Axis, Conv2d as Geometry, Resampling, Shape, Tensor, Window, sum_over_channels,
};
use serde::Deserialize;

use super::prepared::PreparedConv2d;
use crate::around::times;
use crate::layer::{maps, weight_and_bias};
use crate::padding::PaddingMode;
use crate::pool::resampled;
use crate::{
    Change, Changed, Cost, Error, Init, Layer, LayerSpec, Pair, ParamSpec, Prepared, Reach, Scope,
};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "convolution; with a stride, a learned downsampler",
    example: "out_channels = 6\nkernel_size = 3\nstride = 2\npadding = 1",
    notes: None,
    parse: |table| Ok(Box::new(params::<Conv2d>(NAME, table)?)),
};

const NAME: &str = "conv2d";

/// A convolution as a table describes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Conv2d {
    pub(crate) out_channels: usize,
    pub(crate) kernel_size: Pair,
    #[serde(default = "Pair::one")]
    pub(crate) stride: Pair,
    #[serde(default = "Pair::zero")]
    pub(crate) padding: Pair,
    #[serde(default)]
    pub(crate) padding_mode: PaddingMode,
    #[serde(default = "Pair::one")]
    pub(crate) dilation: Pair,
    #[serde(default = "ungrouped")]
    pub(crate) groups: usize,
    #[serde(default = "with_bias")]
    pub(crate) bias: bool,
    #[serde(default)]
    pub(crate) init: Init,
}

fn ungrouped() -> usize {
    1
}

pub(crate) fn with_bias() -> bool {
    true
}

impl LayerSpec for Conv2d {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        let [channels, rows, columns] = maps(NAME, input)?;
        Ok(Box::new(self.fit_maps([channels, rows, columns])?))
    }

    fn changed(&self, change: Change) -> Changed {
        Changed::Layer(Box::new(self.with(change)))
    }
}

impl Conv2d {
    /// The convolution with a change that another layer asks for.
    pub(crate) fn with(&self, change: Change) -> Self {
        let Self { stride, padding, dilation, .. } = self;
        match change {
            Change::Stride(by) => Self { stride: Pair(times(stride.0, by)), ..self.clone() },
            Change::Dilation(by) => Self {
                padding: Pair(times(padding.0, by)),
                dilation: Pair(times(dilation.0, by)),
                ..self.clone()
            },
        }
    }

    /// The convolution of maps of this size.
    pub(crate) fn fit_maps(&self, [channels, rows, columns]: [usize; 3]) -> Result<Fitted, Error> {
        let window = Window::new(self.kernel_size.0, self.stride.0).dilated(self.dilation.0);
        let (window, size, border) = match self.padding_mode.edge() {
            Some(edge) if self.padding.0 != [0, 0] => {
                let [high, wide] = self.padding.0;
                self.padding_mode.check(NAME, [[high; 2], [wide; 2]], [rows, columns])?;
                let border = Resampling::new(
                    Axis::padded(rows, [high; 2], edge),
                    Axis::padded(columns, [wide; 2], edge),
                );
                (window, border.output(), Some(border))
            }
            _ => (window.padded(self.padding.0), [rows, columns], None),
        };
        let geometry = Geometry::fit(window, channels, self.out_channels, self.groups, size)?;
        Ok(Fitted { kind: NAME, geometry, border, spec: self.clone() })
    }
}

/// A convolution fitted to its input.
#[derive(Debug)]
pub(crate) struct Fitted {
    kind: &'static str,
    geometry: Geometry,
    /// What fills the padding, where that is not zeros.
    border: Option<Resampling>,
    spec: Conv2d,
}

impl Fitted {
    /// The same convolution as a layer of another kind.
    pub(crate) fn named(self, kind: &'static str) -> Self {
        Self { kind, ..self }
    }
}

impl Layer for Fitted {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn output(&self) -> Shape {
        let [rows, columns] = self.geometry.output();
        [self.spec.out_channels, rows, columns].into()
    }

    fn params(&self) -> Vec<ParamSpec> {
        weight_and_bias(self.geometry.weight_shape(), self.spec.init, self.spec.bias).collect()
    }

    fn cost(&self) -> Cost {
        let bias_adds = if self.spec.bias { self.output().len() as u64 } else { 0 };
        Cost { macs: self.geometry.macs(), other: bias_adds }
    }

    fn reach(&self) -> Reach {
        let windows = Reach::of_windows(&self.geometry.windows());
        self.border.as_ref().map_or(windows, |border| windows.after(Reach::of_resampling(border)))
    }

    fn forward<'t>(&self, x: Var<'t>, at: &Scope<'_, 't>) -> Var<'t> {
        let w = at.param(0);
        let b = self.spec.bias.then(|| at.param(1));
        let x = match &self.border {
            Some(border) => resampled(NAME, &x, border),
            None => x,
        };
        convolved(self.geometry, &x, w, b)
    }

    fn prepare(&self, params: &[Tensor]) -> Option<Box<dyn Prepared>> {
        // A border that is not zeros is laid before the kernel reads.
        let plain = self.border.is_none();
        plain.then(|| Box::new(PreparedConv2d::new(self.geometry, params)) as Box<dyn Prepared>)
    }
}

/// Records a convolution with weight `w` and, if there is one, bias `b`.
fn convolved<'t>(geometry: Geometry, x: &Var<'t>, w: &Var<'t>, b: Option<&Var<'t>>) -> Var<'t> {
    let y = geometry.forward(x.value(), w.value(), b.map(Var::value));
    let saved = || Backward { geometry, x: x.keep(), w: w.value().clone() };
    match b {
        Some(b) => x.tape().record(y, &[x, w, b], saved),
        None => x.tape().record(y, &[x, w], saved),
    }
}

struct Backward {
    geometry: Geometry,
    x: Kept,
    w: Tensor,
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        NAME
    }

    fn saved(&self) -> Saved<'_> {
        let mut saved = self.x.saved();
        saved.tensors.push(&self.w);
        saved
    }

    fn backward(self: Box<Self>, dy: Tensor, wanted: &[bool]) -> Vec<Option<Tensor>> {
        let Self { geometry, x, w } = *self;
        // The input is gone before the gradient with respect to it needs room.
        let dw = wanted[1].then(|| geometry.backward_weight(&x.into_value(), &dy));
        let mut gradients = vec![None, dw];
        if let Some(&wanted) = wanted.get(2) {
            gradients.push(wanted.then(|| sum_over_channels(&dy)));
        }
        gradients[0] = wanted[0].then(|| geometry.backward_input(&dy, &w));
        gradients
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::Reach;
    use crate::laws::{check_gradient, fit};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn the_gradient_matches_differences_for_any_geometry(
            (groups, per_group) in (1_usize..3, 1_usize..3),
            kernel in (1_usize..4, 1_usize..4),
            stride in (1_usize..4, 1_usize..4),
            padding in (0_usize..3, 0_usize..3),
            dilation in (1_usize..3, 1_usize..3),
            outputs in 1_usize..3,
            bias: bool,
            mode in 0_usize..3,
            size in (1_usize..6, 1_usize..8),
        ) {
            let text = format!(
                "kind = 'conv2d'\nout_channels = {}\nkernel_size = [{}, {}]\nstride = [{}, {}]\n\
                 padding = [{}, {}]\ndilation = [{}, {}]\ngroups = {groups}\nbias = {bias}\n\
                 padding_mode = '{}'",
                groups * outputs, kernel.0, kernel.1, stride.0, stride.1,
                padding.0, padding.1, dilation.0, dilation.1,
                ["zeros", "reflect", "circular"][mode],
            );
            if let Ok(layer) = fit(&text, [groups * per_group, size.0, size.1]) {
                check_gradient(&layer, 2)?;
            }
        }
    }

    #[test]
    fn groups_that_do_not_divide_the_channels_are_refused() {
        let text = "kind = 'conv2d'\nout_channels = 4\nkernel_size = 1\ngroups = 2";
        let error = fit(text, [3, 5, 7]).expect_err("2 does not divide 3");
        assert!(error.to_string().contains("groups"), "{error}");
    }

    #[test]
    fn what_fills_the_padding_does_not_move_what_is_seen() {
        let reach = |mode: &str| {
            let text = format!(
                "kind = 'conv2d'\nout_channels = 1\nkernel_size = [3, 5]\nstride = [2, 1]\n\
                 padding = [1, 2]\npadding_mode = '{mode}'"
            );
            fit(&text, [1, 11, 12]).expect("fits").reach()
        };
        let expected = Reach::Window { start: [-1, -2], span: [3, 5], step: [2, 1] };
        assert_eq!(["zeros", "reflect", "circular"].map(reach), [expected; 3]);
    }
}
