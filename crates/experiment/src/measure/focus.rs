//! Focus: how much of what a network says hangs on the object, by replacing pixels.
//!
//! ```text
//! O = mean |z_y(x) − z_y(x with the object's pixels replaced)|       z_y the logit of the image's label
//! B = mean |z_y(x) − z_y(x with all other pixels replaced)|
//! focus = O / (O + B)
//! ```
//!
//! What replaces is the same place of another image of the sample, so that pixels stay as bright as pixels are. 1 is a
//! network that sees nothing but the object, 0 one that is blind to it, one half gives both as much; undefined where the
//! output moves with neither. It needs no gradient, so it treats nets of maxima, whose gradients are sparse by
//! construction, as it treats others.
//!
//! After Xiao, Engstrom, Ilyas and Madry (2020), arXiv:2006.09994, who swap backgrounds, and Fong and Vedaldi (2017),
//! arXiv:1704.03296, who perturb evidence away.

use cenote_evidence::{Direction, MeasureNote};
use cenote_layers::Model;
use cenote_spec::{Kind, Setting};
use serde::Deserialize;

use super::scene::{Scenes, need_objects, replaced};
use super::{IMAGES, MOST_IMAGES, Measure, Subject, checked, expected, images, notes, outside};
use crate::{Data, Error};

pub(super) const KIND: Kind<dyn Measure> = Kind {
    name: NAME,
    about: "share of the evidence that lies in the object, by replacing pixels",
    example: "images = 200",
    notes: Some(notes(
        "O/(O+B), the mean changes of the label's logit when object and all else are replaced; in 0 to 1",
        "3 forward passes of every image",
        "after Xiao et al. (2020), arXiv:2006.09994",
        &[MASK_THRESHOLD, IMAGES],
    )),
    parse: |table| {
        checked(NAME, table, |measure: &Focus| {
            outside("images", measure.images, 2, MOST_IMAGES).or_else(|| {
                outside("mask_threshold", measure.mask_threshold.unwrap_or(0.5), 0.0, 1.0)
            })
        })
    },
};

const NAME: &str = "focus";

/// The setting that says what is object where images were not drawn.
pub(super) const MASK_THRESHOLD: Setting = Setting {
    name: "mask_threshold",
    default: "the objects of a drawn set",
    about: "share of the range above which a pixel is object, where images were not drawn",
    values: &["0.1"],
};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Focus {
    mask_threshold: Option<f64>,
    #[serde(default = "images")]
    images: usize,
}

impl Measure for Focus {
    fn notes(&self) -> Vec<MeasureNote> {
        let about = "evidence in the object";
        vec![expected(NAME.to_owned(), about, "share", "C6", Direction::Lower)]
    }

    fn fits(&self, _: &Model, data: &Data) -> Result<(), String> {
        need_objects(data, self.mask_threshold)
    }

    fn take(&self, subject: &Subject<'_>) -> Result<Vec<Option<f64>>, Error> {
        let Scenes { sample, masks } = Scenes::of(subject, self.images, self.mask_threshold)?;
        let count = sample.len();
        let said = |images: &[Vec<u8>]| -> Result<Vec<f64>, Error> {
            let logits = subject.logits(images)?;
            Ok(logits.iter().zip(&sample.labels).map(|(z, &y)| f64::from(z[y])).collect())
        };
        let without = |inside: bool| {
            let other = |nth: usize| &sample.images[(nth + 1) % count];
            let changed =
                |nth: usize| replaced(&sample.images[nth], other(nth), &masks[nth], inside);
            said(&(0..count).map(changed).collect::<Vec<_>>())
        };
        let whole = said(&sample.images)?;
        let moved = |others: Vec<f64>| -> f64 {
            whole.iter().zip(others).map(|(whole, other)| (whole - other).abs()).sum()
        };
        let (object, rest) = (moved(without(true)?), moved(without(false)?));
        Ok(vec![(object + rest > 0.0).then(|| object / (object + rest))])
    }
}

#[cfg(test)]
mod tests {
    use super::super::testbed::{THRESHOLD, Testbed};

    #[test]
    fn a_reader_of_the_object_has_one_and_a_reader_of_all_else_has_none() {
        let take = |bed: &Testbed| {
            bed.take(&format!("kind = 'focus'\nmask_threshold = {THRESHOLD}"))[0].unwrap()
        };
        // The sums skip pixels of weight zero, so nothing is left to rounding.
        assert!((take(&Testbed::object_reader()) - 1.0).abs() < 1e-6);
        assert!(take(&Testbed::outside_reader()) < 1e-6);
        let random = take(&Testbed::random());
        assert!((0.05..0.95).contains(&random), "{random}");
    }

    #[test]
    fn a_network_that_says_the_same_of_everything_has_no_focus() {
        let bed = Testbed::linear(|_, _| 0.0);
        assert_eq!(bed.take(&format!("kind = 'focus'\nmask_threshold = {THRESHOLD}")), [None]);
    }
}
