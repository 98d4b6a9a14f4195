//! Max-blur pooling: the maximum of every window, one cell apart, blurred before cells are dropped.
//!
//! ```text
//! y = blur_s(max of x over k×k windows at stride 1)
//! ```
//!
//! A max pool is a maximum at stride 1, which commutes with shifts, and a decimation, which does not;
//! the blur between the two is Zhang's cure. The maximum takes no padding, so a side of `I` cells
//! becomes `⌈(I − k + 1)/s⌉`, as in his library; with `padding_mode = "circular"` it goes on at the
//! other end of the map and the side becomes `⌈I/s⌉`. Ties and NaN are those of `max_pool`, the blur
//! is `blur_pool`'s. Training and use are alike. `K − 1` comparisons per cell, then the multiply-adds
//! of the blur; one byte per cell is kept. After Zhang (2019), arXiv:1904.11486.

use cenote_autograd::Var;
use cenote_spec::{Kind, Notes, Random, Setting, params};
use cenote_tensor::{Axis, Edge, Resampling, Shape, Window, Windows};
use serde::Deserialize;

use super::blur::{Blur, FILTER_SIZE, PADDING_MODE, four, reflect};
use super::resampled::{resampled, resampled_maximum};
use super::settings::{KERNEL_SIZE, STRIDE};
use crate::around::times;
use crate::layer::maps;
use crate::padding::PaddingMode;
use crate::{Change, Changed, Cost, Error, Layer, LayerSpec, Pair, Reach, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "largest cell of every window, blurred before rows and columns are dropped",
    example: "kernel_size = 2\nfilter_size = 3\nstride = 2",
    notes: Some(Notes {
        formula: "y = blur_pool(max over k x k windows of x at stride 1)",
        cost: "K - 1 comparisons per cell, M(1 + s) multiply-adds per output; keeps 1 byte per cell",
        reference: "Zhang (2019), arXiv:1904.11486",
        random: Random::No,
        settings: &[
            Setting { default: "2", ..KERNEL_SIZE },
            FILTER_SIZE,
            Setting { default: "2", ..STRIDE },
            PADDING_MODE,
        ],
    }),
    parse: |table| Ok(Box::new(params::<MaxBlurPool>(NAME, table)?)),
};

const NAME: &str = "max_blur_pool";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MaxBlurPool {
    #[serde(default = "Pair::two")]
    kernel_size: Pair,
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

impl LayerSpec for MaxBlurPool {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        let [channels, rows, columns] = maps(NAME, input)?;
        let Self { kernel_size, filter_size, stride, padding_mode, dilation } = self.clone();
        let window = Window::new(kernel_size.0, [1, 1]).dilated(dilation.0);
        // The window says what is wrong with its settings.
        let unwrapped = window.fit(NAME, [rows, columns])?;
        let (wrap, windows) = match padding_mode {
            PaddingMode::Circular => {
                let after = window.span().map(|span| span - 1);
                padding_mode.check(NAME, after.map(|after| [0, after]), [rows, columns])?;
                let wrap = |size: usize, after| Axis::padded(size, [0, after], Edge::Circular);
                let wrap = Resampling::new(wrap(rows, after[0]), wrap(columns, after[1]));
                let windows = window.fit(NAME, wrap.output())?;
                (Some(wrap), windows)
            }
            PaddingMode::Zeros | PaddingMode::Reflect => (None, unwrapped),
        };
        let blur = Blur { filter_size, stride: stride.0, padding_mode, dilation: dilation.0 };
        let blur = blur.fit(NAME, windows.output())?;
        Ok(Box::new(Fitted { channels, wrap, windows, blur }))
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
    channels: usize,
    /// Brings what lies at the other end to the windows at the border.
    wrap: Option<Resampling>,
    windows: Windows,
    blur: Resampling,
}

impl Layer for Fitted {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn output(&self) -> Shape {
        let [rows, columns] = self.blur.output();
        [self.channels, rows, columns].into()
    }

    fn cost(&self) -> Cost {
        let cells: usize = self.windows.output().iter().product();
        let comparisons = cells * (self.windows.window().area() - 1);
        let channels = self.channels as u64;
        Cost { macs: channels * self.blur.macs(), other: channels * comparisons as u64 }
    }

    fn reach(&self) -> Reach {
        Reach::of_resampling(&self.blur).after(Reach::of_windows(&self.windows))
    }

    fn forward<'t>(&self, x: Var<'t>, _at: &Scope<'_, 't>) -> Var<'t> {
        let x = self.wrap.as_ref().map_or(x.clone(), |wrap| resampled(NAME, &x, wrap));
        resampled_maximum(NAME, &x, self.windows, &self.blur)
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::{Scalar, Tensor};

    use crate::laws::{check_gradient, fit, run};

    #[test]
    fn it_is_a_max_pool_of_stride_one_and_a_blur() {
        let x = Tensor::from_fn([2, 3, 6, 9], |i| (i * 37 % 101) as Scalar);
        let both = fit("kind = 'max_blur_pool'\nkernel_size = [2, 3]\nfilter_size = 5", [3, 6, 9]);
        let max = fit("kind = 'max_pool'\nkernel_size = [2, 3]\nstride = 1", [3, 6, 9]);
        let blur = fit("kind = 'blur_pool'\nfilter_size = 5", [3, 5, 7]).expect("fits");
        let between = run(&max.expect("fits"), x.clone()).0;
        assert_eq!(run(&both.expect("fits"), x).0, run(&blur, between).0);
    }

    #[test]
    fn circular_windows_go_on_at_the_other_end() {
        let text = "kind = 'max_blur_pool'\nkernel_size = [1, 2]\nfilter_size = 2\nstride = [1, 2]\n\
                    padding_mode = 'circular'";
        let layer = fit(text, [1, 1, 4]).expect("fits");
        let x = Tensor::from_vec([1, 1, 1, 4], vec![9.0, 1.0, 2.0, 3.0]).expect("4 values");
        // Maxima 9 2 3 9; one row, circular, is its own neighbour.
        assert_eq!(run(&layer, x).0.as_slice(), [5.5, 6.0]);
        check_gradient(&layer, 1).expect("the gradient across the border");
    }
}
