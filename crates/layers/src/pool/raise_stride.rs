//! A pool whose stride moves into the convolution before it.
//!
//! ```text
//! y = x          and before it: the stride of the nearest convolution times s
//! ```
//!
//! The "Strided-CNN" form of Springenberg et al.: no parameters more or less, and the convolution has
//! only every `s`-th row and column to compute. Activations, norms and dropout between the two stay
//! as they are. Where no layer with windows stands before it, the identity of the input is what gets
//! the stride: it decimates. Another layer with windows between it and a convolution refuses the
//! model.
//!
//! No arithmetic and nothing is kept. After Springenberg et al. (2015), arXiv:1412.6806.

use cenote_autograd::Var;
use cenote_spec::{Kind, Notes, Random, Setting, params};
use cenote_tensor::{Shape, Window, Windows};
use serde::Deserialize;

use super::Pool;
use super::decimate::decimated;
use super::settings::STRIDE;
use super::windowed::Windowed;
use crate::elementwise::{EachElement, Elementwise};
use crate::{Ask, Change, Changed, Error, Layer, LayerSpec, Pair, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "nothing, and the convolution before it with more stride",
    example: "stride = 2",
    notes: Some(Notes {
        formula: "y = x; the convolution before it has its stride times s",
        cost: "nothing, and less for the convolution; keeps nothing",
        reference: "Springenberg et al. (2015), arXiv:1412.6806",
        random: Random::No,
        settings: &[Setting { default: "2", ..STRIDE }],
    }),
    parse: |table| Ok(Box::new(params::<RaiseStride>(NAME, table)?)),
};

const NAME: &str = "raise_stride";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RaiseStride {
    #[serde(default = "Pair::two")]
    stride: Pair,
}

impl LayerSpec for RaiseStride {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        Windowed(self.clone()).fit(input)
    }

    fn asks(&self) -> Option<Ask> {
        let granted = Box::new(EachElement(Granted));
        Some(Ask { change: Change::Stride(self.stride.0), granted })
    }

    /// Until a convolution has taken its stride it is a decimation of the input.
    fn changed(&self, change: Change) -> Changed {
        match change {
            Change::Stride(by) => {
                let stride = Pair(crate::around::times(self.stride.0, by));
                Changed::Layer(Box::new(Self { stride }))
            }
            Change::Dilation(_) => Changed::Refused,
        }
    }
}

/// Where no convolution has taken the stride.
impl Pool for RaiseStride {
    const NAME: &'static str = NAME;

    fn window(&self) -> Result<Window, Error> {
        Ok(Window::new([1, 1], self.stride.0))
    }

    fn operations(&self, _area: usize) -> usize {
        0
    }

    fn forward<'t>(&self, x: Var<'t>, at: Windows) -> Var<'t> {
        decimated(NAME, &x, at)
    }
}

/// What is left once a convolution has the stride.
#[derive(Clone, Debug)]
struct Granted;

impl Elementwise for Granted {
    const NAME: &'static str = NAME;
    const OPERATIONS: u64 = 0;

    fn forward<'t>(&self, x: Var<'t>, _at: &Scope<'_, 't>) -> Var<'t> {
        x
    }
}

#[cfg(test)]
mod tests {
    use cenote_autograd::Tape;
    use cenote_tensor::{Seed, Tensor};

    use crate::{Error, Mode, Model, ModelSpec, Step};

    fn model(layers: &str) -> Result<Model, Error> {
        let spec = ModelSpec::from_toml(&format!("layer = [{layers}]")).expect("valid");
        spec.fit([2, 9, 12].into())
    }

    #[test]
    fn the_network_is_the_decimated_one_for_a_quarter_of_the_arithmetic() {
        let around = |slot: &str| {
            let conv = "{kind='conv2d', out_channels=3, kernel_size=3, padding=1}";
            model(&format!("{conv}, {{kind='batch_norm'}}, {{kind='relu'}}, {slot}")).expect("fits")
        };
        let (raised, decimated) =
            (around("{kind='raise_stride'}"), around("{kind='decimate', stride=2}"));
        let x = Tensor::normal([2, 2, 9, 12], 1.0, &mut Seed(3).stream("x"));
        let used = |model: &Model| {
            let (tape, params) = (Tape::without_gradients(), model.init(Seed(2)));
            let step = Step::new(&tape, model, &params, Mode::Eval, Seed(1), 0);
            step.forward(tape.constant(x.clone())).value().clone()
        };
        let (a, b) = (used(&raised), used(&decimated));
        assert_eq!(a.shape(), b.shape());
        for (a, b) in a.as_slice().iter().zip(b.as_slice()) {
            assert!((a - b).abs() < 1e-5, "{a} {b}");
        }
        // 5 of 9 rows and 6 of 12 columns.
        assert_eq!(raised.cost().macs * 9 * 12, decimated.cost().macs * 5 * 6);
    }

    #[test]
    fn two_in_a_row_multiply() {
        let text = "{kind='conv2d', out_channels=1, kernel_size=1}, {kind='raise_stride'},
                    {kind='raise_stride', stride=[1, 3]}";
        assert_eq!(model(text).expect("fits").output(), [1, 5, 2].into());
        let alone = "{kind='raise_stride'}, {kind='raise_stride', stride=[1, 3]}";
        assert_eq!(model(alone).expect("fits").output(), [2, 5, 2].into());
    }

    #[test]
    fn a_pool_before_it_is_no_convolution() {
        let text = "{kind='max_pool', kernel_size=2}, {kind='raise_stride', name='down2'}";
        let error = model(text).expect_err("whose stride?").to_string();
        assert!(error.starts_with("layer `down2` multiplies the stride of layer `max_pool1`"));
    }
}
