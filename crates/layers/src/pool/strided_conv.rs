//! Strided convolution in the place of a pool: the same window and stride, learned.
//!
//! ```text
//! y = w * x + b at stride s         as many channels out as in, until told otherwise
//! ```
//!
//! The "All-CNN" form of Springenberg et al.: `k²C² + C` parameters more than the pool has. Their
//! other form, which drops the pool and raises the stride of the convolution before it, is
//! `raise_stride`. In the article a rectifier follows; fill a slot with
//! `[{ kind = "strided_conv" }, { kind = "relu" }]` for that. Conventions, initial weights, cost and
//! what is kept are those of `conv2d`. After Springenberg et al. (2015), arXiv:1412.6806.

use cenote_spec::{Kind, Notes, Random, Setting, params};
use cenote_tensor::Shape;
use serde::Deserialize;

use super::convolved::{BIAS, INIT, KERNEL_SIZE, OUT_CHANNELS, PADDING, convolution, three};
use super::settings::STRIDE;
use crate::around::times;
use crate::conv::with_bias;
use crate::layer::maps;
use crate::{Change, Changed, Error, Init, Layer, LayerSpec, Pair};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "convolution with a stride in the place of a pool; as many channels out as in",
    example: "kernel_size = 3\nstride = 2",
    notes: Some(Notes {
        formula: "y = w * x + b at stride s, C channels to C",
        cost: "K C multiply-adds per output; keeps the input",
        reference: "Springenberg et al. (2015), arXiv:1412.6806",
        random: Random::No,
        settings: &[
            OUT_CHANNELS,
            KERNEL_SIZE,
            Setting { default: "2", ..STRIDE },
            PADDING,
            BIAS,
            INIT,
        ],
    }),
    parse: |table| Ok(Box::new(params::<StridedConv>(NAME, table)?)),
};

const NAME: &str = "strided_conv";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StridedConv {
    out_channels: Option<usize>,
    #[serde(default = "three")]
    kernel_size: Pair,
    #[serde(default = "Pair::two")]
    stride: Pair,
    padding: Option<Pair>,
    #[serde(default = "with_bias")]
    bias: bool,
    #[serde(default)]
    init: Init,
    /// More than 1 behind removed layers.
    #[serde(skip, default = "Pair::one")]
    dilation: Pair,
}

impl LayerSpec for StridedConv {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        let size @ [channels, ..] = maps(NAME, input)?;
        let Self { kernel_size, padding, bias, init, .. } = self.clone();
        let outputs = self.out_channels.unwrap_or(channels);
        let conv = convolution(outputs, kernel_size, padding, bias, init)
            .with(Change::Stride(self.stride.0))
            .with(Change::Dilation(self.dilation.0));
        Ok(Box::new(conv.fit_maps(size)?.named(NAME)))
    }

    fn changed(&self, change: Change) -> Changed {
        let Self { stride, dilation, .. } = self;
        Changed::Layer(Box::new(match change {
            Change::Stride(by) => Self { stride: Pair(times(stride.0, by)), ..self.clone() },
            Change::Dilation(by) => Self { dilation: Pair(times(dilation.0, by)), ..self.clone() },
        }))
    }
}

#[cfg(test)]
mod tests {
    use crate::laws::fit;

    #[test]
    fn it_has_the_parameters_of_a_convolution_from_all_channels_to_as_many() {
        let layer = fit("kind = 'strided_conv'", [6, 9, 12]).expect("fits");
        assert_eq!(layer.output(), [6, 5, 6].into());
        assert_eq!(layer.trained(), 9 * 6 * 6 + 6);
    }
}
