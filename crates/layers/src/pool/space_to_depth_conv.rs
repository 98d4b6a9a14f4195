//! Space to depth with its convolution (SPD-Conv): no cell is dropped before it is read.
//!
//! ```text
//! y = w * space_to_depth(x) + b          the convolution at stride 1, from C·s² channels to C
//! ```
//!
//! In place of a strided convolution or a pool, for small images and small objects. The convolution
//! reads `s²` times the channels, and costs as much more than on `C` channels. Block and `ceil_mode`
//! are those of `space_to_depth`, the rest is `conv2d`'s. Training and use are alike; the dealt input
//! is kept. After Sunkara and Luo (2022), "No more strided convolutions or pooling",
//! arXiv:2208.03641.

use cenote_autograd::Var;
use cenote_spec::{Kind, Notes, Random, params};
use cenote_tensor::Shape;
use serde::Deserialize;

use super::convolved::{BIAS, INIT, KERNEL_SIZE, OUT_CHANNELS, PADDING, convolution, three};
use super::space_to_depth::{BLOCK_SIZE, Blocks, FILL};
use crate::conv::{FittedConv2d, with_bias};
use crate::layer::maps;
use crate::{Cost, Error, Init, Layer, LayerSpec, Pair, ParamSpec, Reach, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "space to depth, then a convolution of stride 1",
    example: "out_channels = 4\nkernel_size = 3\nceil_mode = true",
    notes: Some(Notes {
        formula: "y = w * space_to_depth(x) + b, the convolution at stride 1",
        cost: "s s K C multiply-adds per output; keeps the dealt input",
        reference: "Sunkara and Luo (2022), arXiv:2208.03641",
        random: Random::No,
        settings: &[BLOCK_SIZE, FILL, OUT_CHANNELS, KERNEL_SIZE, PADDING, BIAS, INIT],
    }),
    parse: |table| Ok(Box::new(params::<SpaceToDepthConv>(NAME, table)?)),
};

const NAME: &str = "space_to_depth_conv";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SpaceToDepthConv {
    #[serde(default = "Pair::two")]
    block_size: Pair,
    #[serde(default)]
    ceil_mode: bool,
    out_channels: Option<usize>,
    #[serde(default = "three")]
    kernel_size: Pair,
    padding: Option<Pair>,
    #[serde(default = "with_bias")]
    bias: bool,
    #[serde(default)]
    init: Init,
}

impl LayerSpec for SpaceToDepthConv {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        let size @ [channels, ..] = maps(NAME, input)?;
        let Self { block_size, ceil_mode, kernel_size, padding, bias, init, .. } = self.clone();
        let blocks = Blocks::fit(NAME, block_size, ceil_mode, size)?;
        let outputs = self.out_channels.unwrap_or(channels);
        let conv = convolution(outputs, kernel_size, padding, bias, init);
        Ok(Box::new(Fitted { conv: conv.fit_maps(blocks.output)?, blocks }))
    }
}

#[derive(Debug)]
struct Fitted {
    blocks: Blocks,
    conv: FittedConv2d,
}

impl Layer for Fitted {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn output(&self) -> Shape {
        self.conv.output()
    }

    fn params(&self) -> Vec<ParamSpec> {
        self.conv.params()
    }

    fn cost(&self) -> Cost {
        self.conv.cost()
    }

    fn reach(&self) -> Reach {
        self.conv.reach().after(self.blocks.reach())
    }

    fn forward<'t>(&self, x: Var<'t>, at: &Scope<'_, 't>) -> Var<'t> {
        self.conv.forward(self.blocks.deal(&x), at)
    }
}

#[cfg(test)]
mod tests {
    use cenote_autograd::Tape;
    use cenote_tensor::{Scalar, Seed, Tensor};

    use crate::laws::{fit, run};
    use crate::{Mode, Step};

    #[test]
    fn with_equal_weights_of_one_channel_it_averages_blocks() {
        let text = "kind = 'space_to_depth_conv'\nkernel_size = 1\nbias = false";
        let layer = fit(text, [1, 4, 6]).expect("fits");
        let mut params = layer.init(Seed(1));
        params.set(0, Tensor::full([1, 4, 1, 1], 0.25));
        let x = Tensor::from_fn([1, 1, 4, 6], |i| (i * 7 % 11) as Scalar);
        let tape = Tape::without_gradients();
        let step = Step::new(&tape, &layer, &params, Mode::Eval, Seed(1), 0);
        let y = step.forward(tape.constant(x.clone())).value().clone();
        let mean = fit("kind = 'avg_pool'\nkernel_size = 2", [1, 4, 6]).expect("fits");
        let expected = run(&mean, x).0;
        for (y, expected) in y.as_slice().iter().zip(expected.as_slice()) {
            assert!((y - expected).abs() < 1e-6);
        }
    }
}
