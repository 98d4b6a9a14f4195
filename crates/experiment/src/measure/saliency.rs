//! Maps of evidence against the object's mask, and curves of what happens when pixels go in their order.
//!
//! ```text
//! energy   = Σ of the map inside the mask / Σ of the map             1 all inside, 0 none
//! pointing = share of images whose map is largest inside the mask    the pointing game
//! deletion, insertion = mean over 10 steps of softmax(z)_y while the first pixels of the map are painted over with the
//!                       channel's mean, or are the only ones that are not
//! ```
//!
//! With `occlusion` the map asks what pixels do and treats every network alike: that energy speaks to the article's claim.
//! The others rest on gradients and are shown beside it. A max pool sends its gradient to one cell of each window, so raw
//! gradients of nets of maxima are sparse by construction; and maps of `grad_cam` are finer where nothing down-samples.
//!
//! After Zhang et al. (2016), arXiv:1608.00507 (pointing), and Petsiuk, Das and Saenko (2018), arXiv:1806.07421 (curves).

use cenote_evidence::{Direction, MeasureNote};
use cenote_layers::Model;
use cenote_spec::{Kind, Setting};
use serde::Deserialize;

use super::focus::MASK_THRESHOLD;
use super::maps::{Method, mean_byte};
use super::scene::{Scenes, need_objects};
use super::subject::average;
use super::{IMAGES, MOST_IMAGES, Measure, Subject, checked, expected, notes, outside, plain};
use crate::{Data, Error};

pub(super) const KIND: Kind<dyn Measure> = Kind {
    name: NAME,
    about: "maps of evidence against the object: energy, pointing game, deletion and insertion",
    example: "method = \"occlusion\"\nimages = 100",
    notes: Some(notes(
        "share of the map inside the mask, share of maxima inside it, mean probability of the label along both curves; all in 0 to 1",
        "20 forward passes of every image, and for the map 37 (occlusion), 3 (gradient, grad_cam) or 24 (smooth_gradient, integrated_gradients)",
        "Petsiuk et al. (2018), arXiv:1806.07421; Zhang et al. (2016), arXiv:1608.00507",
        &[
            Setting {
                name: "method",
                default: "'occlusion'",
                about: "occlusion, gradient, smooth_gradient, integrated_gradients or grad_cam",
                values: &[
                    "'occlusion'",
                    "'gradient'",
                    "'smooth_gradient'",
                    "'integrated_gradients'",
                    "'grad_cam'",
                ],
            },
            MASK_THRESHOLD,
            IMAGES,
        ],
    )),
    parse: |table| {
        checked(NAME, table, |measure: &Saliency| {
            outside("images", measure.images, 1, MOST_IMAGES).or_else(|| {
                outside("mask_threshold", measure.mask_threshold.unwrap_or(0.5), 0.0, 1.0)
            })
        })
    },
};

const NAME: &str = "saliency";
/// Points of a curve.
const STEPS: usize = 10;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saliency {
    #[serde(default)]
    method: Method,
    mask_threshold: Option<f64>,
    #[serde(default = "super::images")]
    images: usize,
}

impl Measure for Saliency {
    fn notes(&self) -> Vec<MeasureNote> {
        let name = |what: &str| format!("{what}_{}", self.method.word());
        let energy = "the map that lies in the object";
        let pointing = "maps that are largest in the object";
        let lower =
            |what: &str, about| expected(name(what), about, "share", "C6", Direction::Lower);
        let alone = |what: &str, about| plain(name(what), about, "share");
        let [energy, pointing] = if self.method == Method::Occlusion {
            [lower("energy", energy), lower("pointing", pointing)]
        } else {
            [alone("energy", energy), alone("pointing", pointing)]
        };
        vec![
            energy,
            pointing,
            alone("deletion", "probability of the label while pixels go"),
            alone("insertion", "probability of the label while pixels come"),
        ]
    }

    fn fits(&self, model: &Model, data: &Data) -> Result<(), String> {
        let maps = |layer: cenote_layers::Fitted<'_>| layer.layer.output().dims().len() == 3;
        if self.method == Method::GradCam && !model.layers().any(maps) {
            return Err("grad_cam needs a network with a layer of maps".to_owned());
        }
        need_objects(data, self.mask_threshold)
    }

    fn take(&self, subject: &Subject<'_>) -> Result<Vec<Option<f64>>, Error> {
        let Scenes { sample, masks } = Scenes::of(subject, self.images, self.mask_threshold)?;
        let maps = self.method.maps(subject, &sample.images, &sample.labels)?;
        let energies = maps.iter().zip(&masks).filter_map(|(map, mask)| {
            let inside: f64 = map.iter().zip(mask).filter(|(_, m)| **m).map(|(cell, _)| cell).sum();
            let all: f64 = map.iter().sum();
            (all > 0.0).then(|| inside / all)
        });
        let orders: Vec<Vec<usize>> = maps.iter().map(|map| falling(map)).collect();
        let pointing =
            orders.iter().zip(&masks).map(|(order, mask)| f64::from(u8::from(mask[order[0]])));
        let (energy, pointing) = (average(energies), average(pointing));
        let mut curves = [Vec::new(), Vec::new()];
        for step in 1..=STEPS {
            for (keep, curve) in [false, true].into_iter().zip(&mut curves) {
                let painted: Vec<Vec<u8>> = sample
                    .images
                    .iter()
                    .zip(&orders)
                    .map(|(image, order)| painted(image, order, step, keep))
                    .collect();
                let logits = subject.logits(&painted)?;
                let sure = logits.iter().zip(&sample.labels).map(|(z, &y)| probability(z, y));
                curve.extend(average(sure));
            }
        }
        let [deletion, insertion] = curves.map(average);
        Ok(vec![energy, pointing, deletion, insertion])
    }
}

/// The cells of a map from the largest to the smallest; the first of equal ones first.
fn falling(map: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..map.len()).collect();
    order.sort_by(|&a, &b| map[b].total_cmp(&map[a]));
    order
}

/// An image whose first cells of an order are painted over, or all but these: so many tenths of them.
fn painted(image: &[u8], order: &[usize], tenths: usize, keep: bool) -> Vec<u8> {
    let (first, last) = order.split_at(order.len() * tenths / STEPS);
    let cells = if keep { last } else { first };
    let mut image = image.to_vec();
    for plane in image.chunks_mut(order.len()) {
        let grey = mean_byte(plane);
        for &at in cells {
            plane[at] = grey;
        }
    }
    image
}

/// The share that softmax gives to a class.
fn probability(logits: &[cenote_tensor::Scalar], class: usize) -> f64 {
    let most = logits.iter().fold(f64::MIN, |most, &z| most.max(f64::from(z)));
    let odds = |&z: &cenote_tensor::Scalar| (f64::from(z) - most).exp();
    odds(&logits[class]) / logits.iter().map(odds).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Scalar;

    use super::super::testbed::{SIDE, THRESHOLD, Testbed, blocks};
    use super::*;

    #[test]
    fn evidence_of_a_reader_of_the_object_lies_in_it_and_that_of_its_opposite_does_not() {
        for method in ["gradient", "smooth_gradient", "integrated_gradients"] {
            let table =
                format!("kind = 'saliency'\nmethod = '{method}'\nmask_threshold = {THRESHOLD}");
            assert_eq!(
                Testbed::object_reader().take(&table)[..2],
                [Some(1.0), Some(1.0)],
                "{method}"
            );
            assert_eq!(
                Testbed::outside_reader().take(&table)[..2],
                [Some(0.0), Some(0.0)],
                "{method}"
            );
        }
    }

    /// Energy and pointing of a network.
    fn inside(bed: &Testbed, method: &str) -> [Option<f64>; 2] {
        let table = format!("kind = 'saliency'\nmethod = '{method}'\nmask_threshold = {THRESHOLD}");
        let values = bed.take(&table);
        [values[0], values[1]]
    }

    #[test]
    fn covering_what_is_read_tells_whether_it_is_of_the_object() {
        // Patches are two cells wide, so the first lies in the object whole and the last outside.
        let patch = |first: usize| {
            Testbed::linear(move |row, column| {
                Scalar::from(u8::from(row / 2 == first && column / 2 == first))
            })
        };
        assert_eq!(inside(&patch(0), "occlusion"), [Some(1.0); 2]);
        assert_eq!(inside(&patch(SIDE / 2 - 1), "occlusion"), [Some(0.0); 2]);
        // All of this map lies in sixteen cells, of which the object is nine.
        let [energy, _] = inside(&Testbed::object_reader(), "occlusion");
        assert!((0.5..1.0).contains(&energy.unwrap()), "{energy:?}");
    }

    #[test]
    fn maps_that_are_on_in_the_object_alone_have_their_grad_cam_there() {
        let layers =
            "layer = [{kind='conv2d', name='maps', out_channels=1, kernel_size=1}, {kind='relu'},
             {kind='global_avg_pool'}, {kind='dense', name='head', out_features=2}]";
        // Brightness of 115, between objects and all else, is (115 - 190) / 255 / 0.25 as pixels are scaled.
        let edge = (190.0 - 115.0) / 255.0 / 0.25;
        let lit = |sign: Scalar| {
            Testbed::new(layers, blocks(), move |path, at| match path {
                "maps.weight" => Some(sign),
                "maps.bias" => Some(sign * edge),
                "head.weight" => Some([1.0, 2.0][at]),
                _ => Some(0.0),
            })
        };
        assert_eq!(inside(&lit(1.0), "grad_cam"), [Some(1.0); 2]);
        assert_eq!(inside(&lit(-1.0), "grad_cam"), [Some(0.0); 2]);
    }

    #[test]
    fn pixels_go_and_come_in_the_order_of_the_map() {
        let image = [10, 20, 30, 40];
        assert_eq!(falling(&[0.1, 0.4, 0.4, 0.0]), [1, 2, 0, 3]);
        assert_eq!(painted(&image, &[1, 2, 0, 3], 5, false), [10, 25, 25, 40]);
        assert_eq!(painted(&image, &[1, 2, 0, 3], 5, true), [25, 20, 30, 25]);
        assert!((probability(&[1.0, 1.0, 1.0], 2) - 1.0 / 3.0).abs() < 1e-12);
    }
}
