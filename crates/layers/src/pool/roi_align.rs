//! `RoI` align: the means of bilinear samples on a grid over every box.
//!
//! ```text
//! box scaled, not rounded; `aligned` moves it by half a cell, so that the first cell is 0 to 1
//! y  = mean over n×n samples of every part of x, bilinear between cells      n: sampling_ratio
//! dx = its adjoint: dy / n² to the four cells of every sample, by their weights
//! ```
//!
//! Conventions are torchvision's `roi_align`: samples more than one cell outside the map are 0, those
//! nearer are moved onto its edge; without `sampling_ratio` there are `⌈length / parts⌉` samples along
//! each side; unless `aligned`, a box is at least one cell long. Linear in `x`, and NaN spreads to the
//! parts that sample it. As a layer its boxes are given in the table, in `boxes`; see `boxes.rs`. As a
//! function, [`roi_align`] takes any boxes. Training and use are alike; nothing is kept. About four
//! multiply-adds per sample; they are summed by rows, then by columns, which takes fewer. After He et
//! al. (2017), "Mask R-CNN", arXiv:1703.06870.

use cenote_autograd::{Function, Saved, Var};
use cenote_spec::{Kind, Notes, Random, Setting, params};
use cenote_tensor::{Roi, RoiAlign, Shape, Tensor, roi_align_backward};
use serde::Deserialize;

use super::adaptive::OUTPUT_SIZE;
use super::boxes::{BOXES, Boxes, SPATIAL_SCALE, full_scale};
use crate::{Cost, Error, Layer, LayerSpec, Pair, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "means of bilinear samples on a grid over every box",
    example: "output_size = [2, 3]\nboxes = [[0, 0, 4, 3], [1.2, 0.7, 3.6, 2.2]]\nsampling_ratio = 2",
    notes: Some(Notes {
        formula: "y = mean of n x n bilinear samples of x in every part of a box",
        cost: "about 4 multiply-adds per sample; keeps nothing",
        reference: "He et al. (2017), arXiv:1703.06870; torchvision roi_align",
        random: Random::No,
        settings: &[
            OUTPUT_SIZE,
            BOXES,
            SPATIAL_SCALE,
            Setting {
                name: "sampling_ratio",
                default: "about one sample per cell",
                about: "samples along each side of a part",
                values: &["1", "2", "3"],
            },
            Setting {
                name: "aligned",
                default: "false",
                about: "whether the first cell is 0 to 1 rather than -0.5 to 0.5",
                values: &["true", "false"],
            },
        ],
    }),
    parse: |table| Ok(Box::new(params::<RoiAligning>(NAME, table)?)),
};

const NAME: &str = "roi_align";

/// Records the means of bilinear samples over every box: `x` `(N, C, H, W)` to `(boxes, C, OH, OW)`.
///
/// # Panics
/// When a box is in no image of `x`.
pub fn roi_align<'t>(x: &Var<'t>, rois: Vec<Roi>, how: RoiAlign) -> Var<'t> {
    let y = cenote_tensor::roi_align(x.value(), &rois, &how);
    let (input, output) = (x.value().nchw(), y.shape());
    x.tape().record(y, &[x], || Backward { rois, how, input, output })
}

struct Backward {
    rois: Vec<Roi>,
    how: RoiAlign,
    input: [usize; 4],
    output: Shape,
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        NAME
    }

    fn saved(&self) -> Saved<'_> {
        Saved::default()
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        let dy = dy.reshaped(self.output);
        vec![Some(roi_align_backward(&dy, &self.rois, &self.how, self.input))]
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoiAligning {
    output_size: Pair,
    boxes: Vec<[f64; 4]>,
    #[serde(default = "full_scale")]
    spatial_scale: f64,
    sampling_ratio: Option<usize>,
    #[serde(default)]
    aligned: bool,
}

impl LayerSpec for RoiAligning {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        // Finer than any map, and few enough to be summed at once.
        const LIMIT: usize = 1 << 10;
        let Self { output_size, boxes, spatial_scale, sampling_ratio, aligned } = self;
        if let Some(got) = sampling_ratio.filter(|ratio| !(1..=LIMIT).contains(ratio)) {
            return Err(Error::Setting {
                kind: NAME,
                name: "sampling_ratio",
                got: got.to_string(),
                expected: format!("1 to {LIMIT}, or to be left out"),
            });
        }
        let boxes = Boxes::fit(NAME, boxes, *spatial_scale, *output_size, input)?;
        let (output, scale) = (boxes.grid, boxes.scale);
        let how = RoiAlign { output, scale, sampling_ratio: *sampling_ratio, aligned: *aligned };
        Ok(Box::new(Fitted { boxes, how }))
    }
}

#[derive(Debug)]
struct Fitted {
    boxes: Boxes,
    how: RoiAlign,
}

impl Layer for Fitted {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn output(&self) -> Shape {
        self.boxes.output()
    }

    fn cost(&self) -> Cost {
        let [channels, rows, columns] = self.boxes.input;
        let each = |roi: &Roi| self.how.macs(roi, [rows, columns]);
        let macs: u64 = self.boxes.in_batch(1).iter().map(each).sum();
        Cost { macs: channels as u64 * macs, other: 0 }
    }

    fn forward<'t>(&self, x: Var<'t>, _at: &Scope<'_, 't>) -> Var<'t> {
        let n = x.value().dims()[0];
        roi_align(&x, self.boxes.in_batch(n), self.how).reshaped(self.output().batched(n))
    }
}

#[cfg(test)]
mod tests {
    use cenote_autograd::gradcheck;
    use cenote_tensor::{Roi, RoiAlign, Scalar, Tensor};

    use super::roi_align;
    use crate::laws::{fit, run};

    #[test]
    fn a_box_over_the_whole_map_is_sampled_at_its_cells() {
        // Aligned, one part per cell and one sample per part: the centre of every cell.
        let text =
            "kind = 'roi_align'\noutput_size = [2, 3]\nboxes = [[0, 0, 3, 2]]\naligned = true";
        let layer = fit(&format!("{text}\nsampling_ratio = 1"), [1, 2, 3]).expect("fits");
        let x = Tensor::from_fn([1, 1, 2, 3], |i| i as Scalar * 0.7);
        for (y, x) in run(&layer, x.clone()).0.as_slice().iter().zip(x.as_slice()) {
            assert!((y - x).abs() < 1e-6);
        }
    }

    #[test]
    fn the_gradient_of_overlapping_boxes_in_several_images_matches_differences() {
        let roi = |image, corners| Roi { image, corners };
        let rois = vec![
            roi(1, [0.3, 0.1, 3.7, 2.2]),
            roi(0, [-1.5, 1.0, 8.0, 3.0]),
            roi(1, [1.0, 0.0, 2.0, 3.0]),
        ];
        for aligned in [false, true] {
            let how = RoiAlign { output: [2, 3], scale: 0.9, sampling_ratio: None, aligned };
            let x = Tensor::from_fn([2, 2, 4, 5], |i| (i * 37 % 80) as Scalar * 0.05);
            gradcheck(&[x], |v| roi_align(&v[0], rois.clone(), how)).expect("linear");
        }
    }
}
