//! Objects read off the output: peaks of the heat maps, and the boxes said there.
//!
//! A peak is a cell that none of its eight neighbours on the map of its class exceeds, found by max pooling of 3x3. Of all
//! peaks of an image whose score, the sigmoid of the heat, is large enough, those with the highest scores are objects; of
//! equal scores the first in the order of classes, rows and columns. Boxes are cut at the border of the image.

use cenote_layers::{Inference, Model, ModelSpec, Params};
use cenote_metrics::{BBox, Extent, nms_per_class};
use cenote_tensor::{Scalar, Shape, Tensor};
use serde::Serialize;

use super::SIDES;
use super::boxes::corners;
use super::settings::Decoding;

/// An object that was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Found {
    /// Index of its class.
    pub class: usize,
    /// How sure it is, from 0 to 1.
    pub score: f64,
    /// `[x1, y1, x2, y2]` in pixels of the image.
    pub corners: [f64; 4],
}

/// What finds peaks on maps of one size.
#[derive(Debug)]
pub(super) struct Peaks {
    pool: Model,
    classes: usize,
    map: [usize; 2],
}

impl Peaks {
    /// For outputs of this shape, `(C + 4, H, W)`.
    pub(super) fn new(output: Shape) -> Self {
        let &[channels, high, wide] = output.dims() else { unreachable!("the head makes maps") };
        let classes = channels - SIDES;
        let text = "layer = [{ kind = 'max_pool', kernel_size = 3, stride = 1, padding = 1 }]";
        let pool = ModelSpec::from_toml(text).expect("a pool is described");
        let pool = pool.fit([classes, high, wide].into()).expect("a padded window fits any map");
        Self { pool, classes, map: [high, wide] }
    }

    /// The objects of each image of an output `(N, C + 4, H, W)`, in pixels of images of these sizes `[rows, columns]`.
    pub(super) fn of(
        &self,
        output: &Tensor,
        sizes: &[[u32; 2]],
        reading: &Decoding,
    ) -> Vec<Vec<Found>> {
        let area = self.map[0] * self.map[1];
        let (of_heat, of_image) = (self.classes * area, (self.classes + SIDES) * area);
        let images = output.as_slice().chunks_exact(of_image);
        let heat: Vec<Scalar> =
            images.clone().flat_map(|image| &image[..of_heat]).copied().collect();
        let shape = self.pool.input().batched(sizes.len());
        let heat = Tensor::from_vec(shape, heat).expect("a heat map per class and image");
        let highest = Inference::new(&self.pool, &Params::default()).run(heat);
        let highest = highest.as_slice().chunks_exact(of_heat);
        let found = images.zip(highest).zip(sizes);
        found
            .map(|((image, highest), &size)| self.of_image(image, highest, size, reading))
            .collect()
    }

    fn of_image(
        &self,
        image: &[Scalar],
        highest: &[Scalar],
        size: [u32; 2],
        reading: &Decoding,
    ) -> Vec<Found> {
        let area = self.map[0] * self.map[1];
        let peaks = (0..highest.len()).filter(|&at| image[at] >= highest[at]);
        let scored = peaks.map(|at| (at, sigmoid(image[at].into())));
        let mut scored: Vec<(usize, f64)> =
            scored.filter(|&(_, score)| score >= reading.least_score).collect();
        scored.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        scored.truncate(reading.most);
        let per_pixel = [1, 0].map(|axis| f64::from(size[axis]) / self.map[axis] as f64);
        let found = scored.into_iter().filter_map(|(at, score)| {
            let (class, cell) = (at / area, at % area);
            let said = [0, 1, 2, 3].map(|k| image[(self.classes + k) * area + cell]);
            let sides = corners([cell / self.map[1], cell % self.map[1]], said);
            let side = |k: usize| {
                let most = f64::from(size[1 - k % 2]);
                (f64::from(sides[k]) * per_pixel[k % 2]).clamp(0.0, most)
            };
            let corners = [side(0), side(1), side(2), side(3)];
            let whole = corners[0] < corners[2] && corners[1] < corners[3];
            whole.then_some(Found { class, score, corners })
        });
        suppressed(found.collect(), reading.nms)
    }
}

/// The objects without those that a surer one of their class overlaps too much.
fn suppressed(found: Vec<Found>, most: Option<f64>) -> Vec<Found> {
    let Some(most) = most else { return found };
    let boxes: Vec<BBox> =
        found.iter().map(|one| BBox::new(one.corners).expect("cut boxes are whole")).collect();
    let scores: Vec<f64> = found.iter().map(|one| one.score).collect();
    let classes: Vec<usize> = found.iter().map(|one| one.class).collect();
    let kept = nms_per_class(&boxes, &scores, &classes, most, Extent::Continuous);
    kept.into_iter().map(|at| found[at].clone()).collect()
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two classes on a map of 4x5, cold everywhere but at these cells `[class, row, column]`; boxes of 2x2 cells.
    fn output(hot: &[([usize; 3], Scalar)]) -> Tensor {
        let mut output = Tensor::full([1, 6, 4, 5], -9.0);
        let values = output.as_mut_slice();
        values[2 * 20..4 * 20].fill(0.0);
        values[4 * 20..].fill((2.0 as Scalar).ln());
        for &([class, i, j], heat) in hot {
            values[(class * 4 + i) * 5 + j] = heat;
        }
        output
    }

    fn found(hot: &[([usize; 3], Scalar)], reading: &Decoding) -> Vec<Found> {
        let peaks = Peaks::new([6, 4, 5].into());
        peaks.of(&output(hot), &[[8, 20]], reading).remove(0)
    }

    #[test]
    fn an_object_is_where_no_neighbour_is_hotter_and_its_box_is_in_pixels() {
        let hot = [([1, 1, 2], 2.0), ([1, 1, 3], 1.0), ([0, 3, 4], 0.0)];
        let found = found(&hot, &Decoding::default());
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].class, found[1].class), (1, 0));
        assert!((found[0].score - 0.880_797).abs() < 1e-5 && (found[1].score - 0.5).abs() < 1e-9);
        // Centre (2.5, 1.5) cells of 4x2 pixels, 2 cells wide and high; the other is cut at the border.
        let expected = [[6.0, 1.0, 14.0, 5.0], [14.0, 5.0, 20.0, 8.0]];
        for (found, expected) in found.iter().zip(expected) {
            for (got, expected) in found.corners.iter().zip(expected) {
                assert!((got - expected).abs() < 1e-5, "{found:?}");
            }
        }
    }

    #[test]
    fn only_the_surest_are_kept_and_suppression_thins_out_one_class() {
        let hot = [([0, 1, 1], 3.0), ([0, 1, 3], 2.0), ([1, 2, 1], 1.0)];
        let most = |most| Decoding { most, ..Decoding::default() };
        assert_eq!(found(&hot, &most(2)).len(), 2);
        assert_eq!(found(&hot, &most(9)).len(), 3);
        // Boxes of 2x2 cells two cells apart touch: nothing is shared.
        let nms = Decoding { nms: Some(0.0), ..Decoding::default() };
        assert_eq!(found(&hot, &nms).len(), 3);
        let near = [([0, 1, 1], 3.0), ([0, 3, 1], 2.0), ([0, 1, 2], 2.9)];
        assert_eq!(found(&near, &nms).len(), 2);
        let sure = Decoding { least_score: 0.9, ..Decoding::default() };
        assert_eq!(found(&hot, &sure).len(), 1);
    }

    #[test]
    fn numbers_that_are_none_find_nothing() {
        let hot = [([0, 1, 1], Scalar::NAN)];
        assert!(found(&hot, &Decoding::default()).iter().all(|one| one.score.is_finite()));
    }
}
