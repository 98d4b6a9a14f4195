//! A removed pool whose receptive field is kept: everything behind it is dilated.
//!
//! ```text
//! y = x          and behind it: dilation and padding of every window times s, strides as they are
//! ```
//!
//! Without its pool a network sees a smaller part of the image at every later layer, so an arm that
//! only removes it changes two things at once. With `dilate` the later windows reach as far as before
//! and meet the same cells that they would have met, at every position instead of every `s`-th one:
//! the weights keep their meaning. Several `dilate` multiply. It reaches to the end of the model:
//! convolutions and pools with windows are dilated, layers that look at single cells (activations,
//! norms, dropout) or at whole maps (global and adaptive pools, heads) stay as they are, and a layer
//! whose windows cannot be dilated refuses the model.
//!
//! No arithmetic of its own and nothing is kept; the layers behind cost `s²` times as much as behind
//! a pool. After Yu and Koltun (2016), arXiv:1511.07122, and Yu, Koltun and Funkhouser (2017),
//! arXiv:1705.09914.

use cenote_autograd::Var;
use cenote_spec::{Kind, Notes, Random, Setting, params};
use cenote_tensor::Shape;
use serde::Deserialize;

use crate::elementwise::{EachElement, Elementwise};
use crate::{Ask, Change, Changed, Error, Layer, LayerSpec, Pair, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "nothing, and every window behind it dilated: the receptive field of a removed pool",
    example: "factor = 2",
    notes: Some(Notes {
        formula: "y = x; windows behind it have dilation and padding times the factor",
        cost: "nothing; keeps nothing",
        reference: "Yu and Koltun (2016), arXiv:1511.07122; Yu et al. (2017), arXiv:1705.09914",
        random: Random::No,
        settings: &[Setting {
            name: "factor",
            default: "2",
            about: "stride of the pool that is removed: n, or [rows, columns]",
            values: &["1", "2", "[2, 3]"],
        }],
    }),
    parse: |table| Ok(Box::new(params::<Dilate>(NAME, table)?)),
};

const NAME: &str = "dilate";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Dilate {
    #[serde(default = "Pair::two")]
    factor: Pair,
}

impl LayerSpec for Dilate {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        if self.factor.0.contains(&0) {
            return Err(Error::Setting {
                kind: NAME,
                name: "factor",
                got: "0".into(),
                expected: "at least 1".into(),
            });
        }
        EachElement(Nothing).fit(input)
    }

    fn asks(&self) -> Option<Ask> {
        let change = Change::Dilation(self.factor.0);
        Some(Ask { change, granted: Box::new(self.clone()) })
    }

    fn changed(&self, _change: Change) -> Changed {
        Changed::Unaffected
    }
}

#[derive(Clone, Debug)]
struct Nothing;

impl Elementwise for Nothing {
    const NAME: &'static str = NAME;
    const OPERATIONS: u64 = 0;

    fn forward<'t>(&self, x: Var<'t>, _at: &Scope<'_, 't>) -> Var<'t> {
        x
    }
}

#[cfg(test)]
mod tests {
    use cenote_autograd::Tape;
    use cenote_tensor::{Scalar, Seed, Tensor};

    use crate::{Mode, Model, ModelSpec, Params, Step};

    fn model(layers: &str) -> Model {
        let spec = ModelSpec::from_toml(&format!("layer = [{layers}]")).expect("valid");
        spec.fit([1, 12, 18].into()).expect("fits")
    }

    fn used(model: &Model, params: &Params, x: &Tensor) -> Tensor {
        let tape = Tape::without_gradients();
        let step = Step::new(&tape, model, params, Mode::Eval, Seed(1), 0);
        step.forward(tape.constant(x.clone())).value().clone()
    }

    /// A network around a slot that two arms fill.
    fn around(slot: &str) -> Model {
        let circular = "kernel_size = 3, padding = 1, padding_mode = 'circular'";
        model(&format!(
            "{{kind='conv2d', out_channels=3, {circular}}}, {slot}, {{kind='relu'}},
             {{kind='conv2d', name='b', out_channels=2, {circular}}}, {{kind='batch_norm'}},
             {{kind='max_pool', kernel_size=[2, 3]}},
             {{kind='conv2d', name='c', out_channels=2, kernel_size=3, padding=1}}"
        ))
    }

    #[test]
    fn at_the_cells_that_decimation_keeps_the_network_is_the_decimated_one() {
        let (kept, decimated) =
            (around("{kind='dilate', factor=[2, 3]}"), around("{kind='decimate', stride=[2, 3]}"));
        let params = kept.init(Seed(2));
        let x = Tensor::normal([2, 1, 12, 18], 1.0, &mut Seed(3).stream("x"));
        let (dense, sparse) = (used(&kept, &params, &x), used(&decimated, &params, &x));
        // The pool moves by its own stride on both maps, so only every second and third of its cells
        // lie where the decimated network has one.
        let [n, c, rows, columns] = sparse.nchw();
        let [.., high, wide] = dense.nchw();
        for at in 0..n * c * rows * columns {
            let (plane, row, column) = (at / (rows * columns), at / columns % rows, at % columns);
            let twin = (plane * high + 2 * row) * wide + 3 * column;
            let (a, b): (Scalar, Scalar) = (sparse.as_slice()[at], dense.as_slice()[twin]);
            assert!((a - b).abs() < 1e-4, "{plane} {row} {column}: {a} {b}");
        }
    }

    #[test]
    fn factors_multiply_and_a_padded_convolution_keeps_its_size() {
        let two = model(
            "{kind='dilate'}, {kind='dilate', factor=[1, 3]},
             {kind='conv2d', out_channels=1, kernel_size=3, padding=1}",
        );
        assert_eq!(two.output(), [1, 12, 18].into());
    }

    #[test]
    fn a_layer_whose_windows_cannot_be_dilated_refuses_the_model() {
        let text = "layer = [{kind='dilate', name='down1'}, {kind='space_to_depth'}]";
        let spec = ModelSpec::from_toml(text).expect("valid");
        let error = spec.fit([1, 12, 18].into()).expect_err("blocks have no dilation").to_string();
        assert!(
            error.starts_with("layer `down1` multiplies the dilation of layer `space_to_depth1`")
        );
    }
}
