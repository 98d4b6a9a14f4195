//! `RoI` pooling: the largest cells of a grid over every box.
//!
//! ```text
//! box scaled and rounded to cells, both ends included; part p of P along an axis of length L:
//! cells from start + ⌊p·L/P⌋ to below start + ⌈(p+1)·L/P⌉, as far as they lie on the map
//! y  = max over the part of x, 0 where it is empty        dx = dy at the winning cell, summed
//! ```
//!
//! Conventions are torchvision's `roi_pool`, but for NaN, which makes its part NaN as in every pool
//! here. Ties go to the first cell in row-major order. As a layer its boxes are given in the table, in
//! `boxes`; see `boxes.rs`. As a function, [`roi_pool`] takes any boxes. Training and use are alike.
//! `K − 1` comparisons per part; four bytes per output are kept. After Girshick (2015), "Fast R-CNN",
//! arXiv:1504.08083.

use cenote_autograd::{Function, Saved, Var};
use cenote_spec::{Kind, Notes, Random, params};
use cenote_tensor::{Places, Roi, RoiPool, Shape, Tensor, roi_pool_backward};
use serde::Deserialize;

use super::adaptive::OUTPUT_SIZE;
use super::boxes::{BOXES, Boxes, SPATIAL_SCALE, full_scale};
use crate::{Cost, Error, Layer, LayerSpec, Pair, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "largest cells of a grid over every box",
    example: "output_size = [2, 3]\nboxes = [[0, 0, 4, 3], [1.2, 0.7, 3.6, 2.2]]",
    notes: Some(Notes {
        formula: "y = max of x over the parts of a box that is rounded to cells, 0 where empty",
        cost: "K - 1 comparisons per output; keeps 4 bytes per output",
        reference: "Girshick (2015), arXiv:1504.08083; torchvision roi_pool",
        random: Random::No,
        settings: &[OUTPUT_SIZE, BOXES, SPATIAL_SCALE],
    }),
    parse: |table| Ok(Box::new(params::<RoiPooling>(NAME, table)?)),
};

const NAME: &str = "roi_pool";

/// Records the largest cells of a grid over every box: `x` `(N, C, H, W)` to `(boxes, C, OH, OW)`.
///
/// # Panics
/// When a box is in no image of `x`.
pub fn roi_pool<'t>(x: &Var<'t>, rois: Vec<Roi>, how: RoiPool) -> Var<'t> {
    let (y, places) = cenote_tensor::roi_pool(x.value(), &rois, &how);
    let (input, output) = (x.value().nchw(), y.shape());
    x.tape().record(y, &[x], || Backward { rois, places, input, output })
}

struct Backward {
    rois: Vec<Roi>,
    places: Places,
    input: [usize; 4],
    output: Shape,
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        NAME
    }

    fn saved(&self) -> Saved<'_> {
        Saved::bytes(self.places.bytes())
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        let dy = dy.reshaped(self.output);
        vec![Some(roi_pool_backward(&dy, &self.places, &self.rois, self.input))]
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoiPooling {
    output_size: Pair,
    boxes: Vec<[f64; 4]>,
    #[serde(default = "full_scale")]
    spatial_scale: f64,
}

impl LayerSpec for RoiPooling {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        let Self { output_size, boxes, spatial_scale } = self;
        Ok(Box::new(Fitted(Boxes::fit(NAME, boxes, *spatial_scale, *output_size, input)?)))
    }
}

#[derive(Debug)]
struct Fitted(Boxes);

impl Fitted {
    fn how(&self) -> RoiPool {
        RoiPool { output: self.0.grid, scale: self.0.scale }
    }
}

impl Layer for Fitted {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn output(&self) -> Shape {
        self.0.output()
    }

    fn cost(&self) -> Cost {
        let [channels, rows, columns] = self.0.input;
        let cells = |roi: &Roi| self.how().regions(roi, [rows, columns]).cells();
        let compared: usize = self.0.in_batch(1).iter().map(cells).sum();
        let all = channels * compared;
        Cost { macs: 0, other: all.saturating_sub(self.output().len()) as u64 }
    }

    fn forward<'t>(&self, x: Var<'t>, _at: &Scope<'_, 't>) -> Var<'t> {
        let n = x.value().dims()[0];
        roi_pool(&x, self.0.in_batch(n), self.how()).reshaped(self.output().batched(n))
    }
}

#[cfg(test)]
mod tests {
    use cenote_autograd::gradcheck;
    use cenote_tensor::{Roi, RoiPool, Scalar, Tensor};

    use super::roi_pool;
    use crate::laws::{fit, run};

    #[test]
    fn boxes_are_side_by_side_as_channels() {
        let text = "kind = 'roi_pool'\noutput_size = 1\nboxes = [[0, 0, 1, 0], [1, 0, 2, 1]]";
        let layer = fit(text, [2, 2, 3]).expect("fits");
        let x = Tensor::from_fn([1, 2, 2, 3], |i| i as Scalar);
        let (y, _) = run(&layer, x);
        assert_eq!((y.dims(), y.as_slice()), (&[1, 4, 1, 1][..], &[1.0, 7.0, 5.0, 11.0][..]));
    }

    #[test]
    fn the_gradient_of_overlapping_boxes_in_several_images_matches_differences() {
        let roi = |image, corners| Roi { image, corners };
        let rois = vec![
            roi(1, [0.0, 0.0, 3.0, 2.0]),
            roi(0, [1.0, 1.0, 8.0, 3.0]),
            roi(1, [1.0, 0.0, 2.0, 3.0]),
        ];
        let how = RoiPool { output: [2, 2], scale: 1.0 };
        let x = Tensor::from_fn([2, 2, 4, 5], |i| (i * 37 % 80) as Scalar * 0.05);
        gradcheck(&[x], |v| roi_pool(&v[0], rois.clone(), how)).expect("piecewise linear");
    }

    #[test]
    fn a_box_that_is_no_box_is_refused() {
        let text = "kind = 'roi_pool'\noutput_size = 2\nboxes = [[0, 0, inf, 1]]";
        let error = fit(text, [1, 5, 7]).expect_err("no end").to_string();
        assert_eq!(error, "roi_pool: boxes is [0.0, 0.0, inf, 1.0]; expected finite corners");
    }
}
