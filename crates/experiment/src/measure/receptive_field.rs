//! The effective receptive field: how far around its place a cell of the last layer of maps looks.
//!
//! ```text
//! g(p)  = mean over images of Σ_c |∂ Σ_k A_k(middle) / ∂x_c(p)|          A the last layer of maps
//! field = √ (number of pixels with g above 4.55 % of its largest value)   pixels; a Gaussian's two deviations
//! reach = side of the theoretical field (`Layer::reach`), cut by the image        ratio = field / reach
//! ```
//!
//! It is taken of the trained network and of the same network at its start. A network without pools has a smaller
//! theoretical field unless its convolutions are dilated: compare arms whose reach is equal, or the ratio of field and reach.
//!
//! After Luo, Li, Urtasun and Zemel (2016), arXiv:1701.04128.

use cenote_evidence::{Direction, MeasureNote};
use cenote_layers::{Model, Reach};
use cenote_spec::Kind;
use cenote_tensor::{Scalar, Tensor};
use serde::Deserialize;

use super::{
    IMAGES, MOST_IMAGES, Measure, Subject, checked, expected, maps_needed, notes, outside, plain,
};
use crate::{Data, Error};

pub(super) const KIND: Kind<dyn Measure> = Kind {
    name: NAME,
    about: "side of the effective receptive field of the last maps, trained and at the start",
    example: "images = 50",
    notes: Some(notes(
        "root of the number of pixels whose mean gradient is above 4.55 % of the largest, in 0 to the side of the image; over that of all pixels in reach, in 0 to 1",
        "2 passes forward and back of every image",
        "Luo et al. (2016), arXiv:1701.04128",
        &[IMAGES],
    )),
    parse: |table| {
        checked(NAME, table, |measure: &ReceptiveField| {
            outside("images", measure.images, 1, MOST_IMAGES)
        })
    },
};

const NAME: &str = "receptive_field";
/// What a Gaussian leaves outside two deviations.
const EDGE: f64 = 0.0455;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReceptiveField {
    #[serde(default = "super::images")]
    images: usize,
}

impl Measure for ReceptiveField {
    fn notes(&self) -> Vec<MeasureNote> {
        let plain = |name: &str, about| plain(name.to_owned(), about, "pixels");
        let about = "side of the field that the last maps see";
        vec![
            expected(NAME.to_owned(), about, "pixels", "C7", Direction::Lower),
            plain("receptive_field_initial", "the same before training"),
            plain("receptive_reach", "side of the field that they could see"),
            super::plain("receptive_ratio".to_owned(), "what they see of what they could", "ratio"),
        ]
    }

    fn fits(&self, model: &Model, _: &Data) -> Result<(), String> {
        maps_needed(model)
    }

    fn take(&self, subject: &Subject<'_>) -> Result<Vec<Option<f64>>, Error> {
        let (trained, initial) =
            (field(subject, self.images)?, field(&subject.untrained(), self.images)?);
        let (seen, reach) = (side(&trained), reach(subject));
        Ok(vec![seen, side(&initial), Some(reach), seen.map(|seen| seen / reach)])
    }
}

/// What each pixel does to the middle of the last layer of maps, summed over images and channels.
pub(super) fn field(subject: &Subject<'_>, images: usize) -> Result<Vec<f64>, Error> {
    let sample = subject.sample(images)?;
    let layers = subject.map_layers();
    let (last, [_, height, width]) = layers[layers.len() - 1];
    let middle = height / 2 * width + width / 2;
    let [channels, rows, columns] = subject.data.test.shape();
    let area = rows * columns;
    let mut sum = vec![0.0; area];
    for images in sample.images.chunks(subject.together) {
        let x = subject.scaled(images)?;
        let gradient = subject.gradient(0..last + 1, x, |tape, maps| {
            let at_middle = |at| Scalar::from(u8::from(at % (height * width) == middle));
            (&maps * &tape.constant(Tensor::from_fn(maps.shape(), at_middle))).sum()
        });
        for image in gradient.as_slice().chunks(channels * area) {
            let cells = image.iter().enumerate();
            cells.for_each(|(at, slope)| sum[at % area] += f64::from(slope.abs()));
        }
    }
    Ok(sum)
}

/// The root of the number of pixels that count; `None` where none does anything.
fn side(gradient: &[f64]) -> Option<f64> {
    let most = gradient.iter().copied().fold(0.0, f64::max);
    let count = gradient.iter().filter(|&&g| g > EDGE * most).count();
    (most > 0.0).then(|| (count as f64).sqrt())
}

/// The longer side of what a cell of the last maps could see. Gradients do not tell: fast convolutions round a little into
/// cells that theirs do not depend on.
fn reach(subject: &Subject<'_>) -> f64 {
    let layers = subject.map_layers();
    let (last, _) = layers[layers.len() - 1];
    let until = subject.network.model.layers().take(last + 1);
    let all = until.fold(Reach::CELL, |before, fitted| fitted.layer.reach().after(before));
    let [_, rows, columns] = subject.data.test.shape();
    all.within([rows, columns]).into_iter().max().unwrap_or_default() as f64
}

#[cfg(test)]
mod tests {
    use super::super::testbed::{Testbed, blocks};

    #[test]
    fn two_convolutions_of_three_see_five_and_equal_weights_use_all_of_it() {
        let layers = |dilation: usize| {
            format!("layer = [{{kind='conv2d', out_channels=1, kernel_size=3, padding=1}},
             {{kind='conv2d', out_channels=1, kernel_size=3, padding={dilation}, dilation={dilation}}}, {{kind='flatten'}},
             {{kind='dense', out_features=2}}]")
        };
        let ones = |_: &str, _: usize| Some(1.0);
        // Weights add up to a pyramid 1 2 3 2 1 along each axis, whose corner is 1/9 of its middle.
        let bed = Testbed::new(&layers(1), blocks(), ones);
        let values = bed.take("kind = 'receptive_field'\nimages = 10");
        assert_eq!((values[0], values[2], values[3]), (Some(5.0), Some(5.0), Some(1.0)));
        // Three apart they see 3x3 blocks of 3x3: 9 pixels a side, of which 8x8 are in the image.
        let bed = Testbed::new(&layers(3), blocks(), ones);
        let values = bed.take("kind = 'receptive_field'\nimages = 10");
        assert_eq!((values[0], values[2]), (Some(8.0), Some(8.0)));
        let bed = Testbed::new(&layers(1), blocks(), |_, _| Some(0.0));
        assert_eq!(bed.take("kind = 'receptive_field'\nimages = 10")[0], None);
    }
}
