//! Conv-blur: a convolution, a rectifier and a blur, before rows and columns are dropped.
//!
//! ```text
//! y = blur_s(max(w * x + b, 0))         the convolution at stride 1
//! ```
//!
//! Zhang's cure for a strided convolution: it runs at every cell, and a low-pass filter removes what
//! the smaller map cannot show. The blur is `blur_pool`'s, with its padding; the convolution is
//! padded with zeros, or circularly with `padding_mode = "circular"`. Conventions and initial weights
//! are those of `conv2d`. Training and use are alike. The multiply-adds are those of the convolution
//! at stride 1, `s²` times those of a strided one, and of the blur; input and rectified map are kept.
//! After Zhang (2019), arXiv:1904.11486.

use cenote_autograd::Var;
use cenote_spec::{Kind, Notes, Random, Setting, params};
use cenote_tensor::{Resampling, Shape};
use serde::Deserialize;

use super::blur::{Blur, FILTER_SIZE, PADDING_MODE, four, reflect};
use super::convolved::{BIAS, INIT, KERNEL_SIZE, OUT_CHANNELS, PADDING, convolution, three};
use super::resampled::resampled;
use super::settings::STRIDE;
use crate::act::rectified;
use crate::around::times;
use crate::conv::{FittedConv2d, with_bias};
use crate::layer::maps;
use crate::padding::PaddingMode;
use crate::{Change, Changed, Cost, Error, Init, Layer, LayerSpec, Pair, ParamSpec, Reach, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "convolution and rectifier, blurred before rows and columns are dropped",
    example: "out_channels = 4\nkernel_size = 3\nfilter_size = 3",
    notes: Some(Notes {
        formula: "y = blur_pool(relu(w * x + b)), the convolution at stride 1",
        cost: "K C multiply-adds per cell and channel, M(1 + s) per output; keeps input and rectified map",
        reference: "Zhang (2019), arXiv:1904.11486",
        random: Random::No,
        settings: &[
            OUT_CHANNELS,
            KERNEL_SIZE,
            PADDING,
            BIAS,
            INIT,
            FILTER_SIZE,
            Setting { default: "2", ..STRIDE },
            PADDING_MODE,
        ],
    }),
    parse: |table| Ok(Box::new(params::<ConvBlur>(NAME, table)?)),
};

const NAME: &str = "conv_blur";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConvBlur {
    out_channels: Option<usize>,
    #[serde(default = "three")]
    kernel_size: Pair,
    padding: Option<Pair>,
    #[serde(default = "with_bias")]
    bias: bool,
    #[serde(default)]
    init: Init,
    #[serde(default = "four")]
    filter_size: usize,
    #[serde(default = "Pair::two")]
    stride: Pair,
    #[serde(default = "reflect")]
    padding_mode: PaddingMode,
    /// More than 1 behind removed layers.
    #[serde(skip, default = "Pair::one")]
    dilation: Pair,
}

impl LayerSpec for ConvBlur {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        let size @ [channels, ..] = maps(NAME, input)?;
        let Self { kernel_size, padding, bias, init, filter_size, stride, padding_mode, .. } =
            self.clone();
        let outputs = self.out_channels.unwrap_or(channels);
        let mut conv = convolution(outputs, kernel_size, padding, bias, init);
        if padding_mode == PaddingMode::Circular {
            conv.padding_mode = padding_mode;
        }
        let dilation = self.dilation.0;
        let conv = conv.with(Change::Dilation(dilation)).fit_maps(size)?;
        let [_, rows, columns] = maps(NAME, conv.output())?;
        let blur = Blur { filter_size, stride: stride.0, padding_mode, dilation };
        let blur = blur.fit(NAME, [rows, columns])?;
        Ok(Box::new(Fitted { conv, blur }))
    }

    fn changed(&self, change: Change) -> Changed {
        match change {
            Change::Dilation(by) => {
                let dilation = Pair(times(self.dilation.0, by));
                Changed::Layer(Box::new(Self { dilation, ..self.clone() }))
            }
            Change::Stride(_) => Changed::Refused,
        }
    }
}

#[derive(Debug)]
struct Fitted {
    conv: FittedConv2d,
    blur: Resampling,
}

impl Fitted {
    fn channels(&self) -> usize {
        self.conv.output().dims()[0]
    }
}

impl Layer for Fitted {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn output(&self) -> Shape {
        let [rows, columns] = self.blur.output();
        [self.channels(), rows, columns].into()
    }

    fn params(&self) -> Vec<ParamSpec> {
        self.conv.params()
    }

    fn cost(&self) -> Cost {
        let rectifier = Cost { macs: 0, other: self.conv.output().len() as u64 };
        let blur = Cost { macs: self.channels() as u64 * self.blur.macs(), other: 0 };
        self.conv.cost() + rectifier + blur
    }

    fn reach(&self) -> Reach {
        Reach::of_resampling(&self.blur).after(self.conv.reach())
    }

    fn forward<'t>(&self, x: Var<'t>, at: &Scope<'_, 't>) -> Var<'t> {
        resampled(NAME, &rectified(self.conv.forward(x, at)), &self.blur)
    }
}

#[cfg(test)]
mod tests {
    use crate::laws::{check_gradient, fit};

    #[test]
    fn it_costs_what_its_parts_cost() {
        let both = fit("kind = 'conv_blur'\nout_channels = 4\nfilter_size = 3", [3, 6, 8]);
        let conv =
            fit("kind = 'conv2d'\nout_channels = 4\nkernel_size = 3\npadding = 1", [3, 6, 8]);
        let blur = fit("kind = 'blur_pool'\nfilter_size = 3", [4, 6, 8]).expect("fits");
        let (both, conv) = (both.expect("fits"), conv.expect("fits"));
        assert_eq!(both.output(), blur.output());
        assert_eq!(both.cost().macs, conv.cost().macs + blur.cost().macs);
        assert_eq!(both.trained(), conv.trained());
    }

    #[test]
    fn the_gradient_matches_differences_at_every_kind_of_edge() {
        for mode in ["reflect", "zeros", "circular"] {
            let text = format!("kind = 'conv_blur'\nout_channels = 2\npadding_mode = '{mode}'");
            check_gradient(&fit(&text, [2, 5, 6]).expect("fits"), 2).expect(mode);
        }
    }
}
