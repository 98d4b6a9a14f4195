//! Max-unpooling: the maxima of windows where they were found, zeros elsewhere.
//!
//! ```text
//! y[k] = x[k] where k is the maximum of a window, else 0
//! dx   = dy at those cells, 0 elsewhere
//! ```
//!
//! As a layer it is a max pool and its inverse in one: the map keeps its size and loses what a pool
//! would lose, which shows what passes through one. As a function, [`max_unpool`] takes the places
//! from another pass, as decoders do and PyTorch's `MaxUnpool2d`. Windows that overlap can share a
//! maximum; it then counts once, in both passes (PyTorch adds its gradient up for every window). Ties,
//! NaN, padding and cost are those of `max_pool`; one byte per window is kept. After Zeiler and Fergus
//! (2014), arXiv:1311.2901.

use cenote_autograd::{Function, Saved, Var};
use cenote_spec::{Kind, Notes, Random, params};
use cenote_tensor::{
    Argmax, Shape, Tensor, Window, Windows, max_pool, max_unpool_backward, max_unpool_own_backward,
};
use serde::Deserialize;

use super::settings::{KERNEL_SIZE, PADDING, STRIDE};
use super::windowed::check_padding;
use crate::layer::maps;
use crate::{Cost, Error, Layer, LayerSpec, Pair, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "maxima of windows where they were found, zeros elsewhere",
    example: "kernel_size = 2\nstride = [2, 1]",
    notes: Some(Notes {
        formula: "y = x where it is the max of a window, else 0",
        cost: "K - 1 comparisons per window; keeps 1 byte per window",
        reference: "Zeiler and Fergus (2014), arXiv:1311.2901; torch MaxUnpool2d",
        random: Random::No,
        settings: &[KERNEL_SIZE, STRIDE, PADDING],
    }),
    parse: |table| Ok(Box::new(params::<MaxUnpool>(NAME, table)?)),
};

const NAME: &str = "max_unpool";

/// Records every value of `y` `(N, C, OH, OW)` at the place that a max pool over `windows` found for
/// it, zeros elsewhere: `(N, C, H, W)`.
///
/// Of several values with one place the last, in row-major order, stands there and gets the gradient.
///
/// # Panics
/// When values, places and windows do not belong together.
pub fn max_unpool<'t>(y: &Var<'t>, places: &Argmax, windows: Windows) -> Var<'t> {
    let x = cenote_tensor::max_unpool(y.value(), places, &windows);
    let saved = || Backward { places: places.clone(), windows, of: Unpooled::Values };
    y.tape().record(x, &[y], saved)
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MaxUnpool {
    kernel_size: Pair,
    stride: Option<Pair>,
    #[serde(default = "Pair::zero")]
    padding: Pair,
}

impl LayerSpec for MaxUnpool {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        let [channels, rows, columns] = maps(NAME, input)?;
        let kernel = self.kernel_size;
        let window = Window::new(kernel.0, self.stride.unwrap_or(kernel).0).padded(self.padding.0);
        let windows = window.fit(NAME, [rows, columns])?;
        check_padding(NAME, window)?;
        Ok(Box::new(Fitted { channels, windows }))
    }
}

#[derive(Debug)]
struct Fitted {
    channels: usize,
    windows: Windows,
}

impl Layer for Fitted {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn output(&self) -> Shape {
        let [rows, columns] = self.windows.input();
        [self.channels, rows, columns].into()
    }

    fn cost(&self) -> Cost {
        let windows: usize = self.windows.output().iter().product();
        let each = self.windows.window().area() - 1;
        Cost { macs: 0, other: (self.channels * windows * each) as u64 }
    }

    fn forward<'t>(&self, x: Var<'t>, _at: &Scope<'_, 't>) -> Var<'t> {
        let windows = self.windows;
        let (highest, places) = max_pool(x.value(), &windows);
        let y = cenote_tensor::max_unpool(&highest, &places, &windows);
        x.tape().record(y, &[&x], || Backward { places, windows, of: Unpooled::Map })
    }
}

struct Backward {
    places: Argmax,
    windows: Windows,
    of: Unpooled,
}

/// What was unpooled.
enum Unpooled {
    /// Values that were given.
    Values,
    /// The maxima of the map that they go back to.
    Map,
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        NAME
    }

    fn saved(&self) -> Saved<'_> {
        Saved::bytes(self.places.bytes())
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        let backward = match self.of {
            Unpooled::Values => max_unpool_backward,
            Unpooled::Map => max_unpool_own_backward,
        };
        vec![Some(backward(&dy, &self.places, &self.windows))]
    }
}

#[cfg(test)]
mod tests {
    use cenote_autograd::gradcheck;
    use cenote_tensor::{Scalar, Tensor, Window, max_pool};
    use proptest::prelude::*;

    use super::max_unpool;
    use crate::laws::{check_gradient, fit, run};

    #[test]
    fn only_the_maxima_of_windows_are_left() {
        let layer = fit("kind = 'max_unpool'\nkernel_size = 2", [1, 2, 5]).expect("fits");
        let x = vec![1.0, 5.0, 2.0, 0.0, 9.0, 3.0, 4.0, 8.0, 7.0, 9.0];
        let (y, dx) = run(&layer, Tensor::from_vec([1, 1, 2, 5], x).expect("10 values"));
        let mut kept = [0.0; 10];
        (kept[1], kept[7]) = (5.0, 8.0);
        assert_eq!(y.as_slice(), kept);
        assert_eq!(dx.as_slice(), kept.map(|x: Scalar| x.min(1.0)));
    }

    #[test]
    fn values_from_elsewhere_get_the_gradient_of_their_places() {
        let windows = Window::new([2, 2], [1, 1]).fit("pool", [3, 4]).expect("fits");
        let map = Tensor::from_fn([2, 1, 3, 4], |i| (i * 7 % 24) as Scalar);
        let (_, places) = max_pool(&map, &windows);
        let values = Tensor::from_fn([2, 1, 2, 3], |i| 0.3 * i as Scalar - 1.0);
        gradcheck(&[values], |v| max_unpool(&v[0], &places, windows)).expect("linear");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn the_gradient_matches_differences_for_any_geometry(
            kernel in (1_usize..4, 1_usize..4),
            stride in (1_usize..4, 1_usize..4),
            padding in (0_usize..2, 0_usize..2),
            size in (1_usize..7, 1_usize..9),
        ) {
            let text = format!(
                "kind = 'max_unpool'\nkernel_size = [{}, {}]\nstride = [{}, {}]\npadding = [{}, {}]",
                kernel.0, kernel.1, stride.0, stride.1, padding.0, padding.1,
            );
            if let Ok(layer) = fit(&text, [2, size.0, size.1]) {
                check_gradient(&layer, 2)?;
            }
        }
    }
}
