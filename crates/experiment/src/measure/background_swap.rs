//! The background swapped and the object kept.
//!
//! ```text
//! gap   = accuracy over a background of the same class − accuracy over one of another class
//! flips = share of images whose class changes when their background becomes that of another class
//! ```
//!
//! Backgrounds are those of other images of the sample. Where they are independent of the class, as in the sets that are
//! drawn here, the gap is zero but for chance and the flips say how much a background moves the answer.
//!
//! After Xiao, Engstrom, Ilyas and Madry (2020), arXiv:2006.09994, whose gap is between `Mixed-Same` and `Mixed-Rand`.

use cenote_evidence::{Direction, MeasureNote};
use cenote_layers::Model;
use cenote_spec::Kind;
use serde::Deserialize;

use super::scene::{compositions, need_objects};
use super::subject::alike;
use super::{IMAGES, MOST_IMAGES, Measure, Subject, checked, expected, images, notes, outside};
use crate::{Data, Error};

pub(super) const KIND: Kind<dyn Measure> = Kind {
    name: NAME,
    about: "background gap, and how often another background changes the answer",
    example: "images = 200",
    notes: Some(notes(
        "accuracy over same-class minus over other-class backgrounds, in -1 to 1; share of answers that flip, in 0 to 1",
        "3 forward passes of every image",
        "Xiao et al. (2020), arXiv:2006.09994",
        &[IMAGES],
    )),
    parse: |table| {
        checked(NAME, table, |measure: &BackgroundSwap| {
            outside("images", measure.images, 2, MOST_IMAGES)
        })
    },
};

const NAME: &str = "background_swap";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BackgroundSwap {
    #[serde(default = "images")]
    images: usize,
}

impl Measure for BackgroundSwap {
    fn notes(&self) -> Vec<MeasureNote> {
        let higher =
            |name: &str, about| expected(name.to_owned(), about, "share", "C6", Direction::Higher);
        vec![
            higher("background_gap", "accuracy that a background of another class takes"),
            higher("background_flips", "answers that another background changes"),
        ]
    }

    fn fits(&self, _: &Model, data: &Data) -> Result<(), String> {
        need_objects(data, None)
    }

    fn take(&self, subject: &Subject<'_>) -> Result<Vec<Option<f64>>, Error> {
        let sample = subject.sample(self.images)?;
        let made = compositions(subject, &sample)?;
        // The next image in turn that has the same label, or another; the image itself where there is none.
        let next = |nth: usize, same: bool| {
            let turn = (1..sample.len()).map(|step| (nth + step) % sample.len());
            let fits = |other: &usize| (sample.labels[*other] == sample.labels[nth]) == same;
            turn.clone().find(fits).unwrap_or(nth)
        };
        let over = |same: bool| -> Result<Vec<usize>, Error> {
            let swapped = |nth: usize| made[nth].over(made[next(nth, same)].background());
            subject.classes(&(0..sample.len()).map(swapped).collect::<Result<Vec<_>, _>>()?)
        };
        let (same, other) = (over(true)?, over(false)?);
        let gap = alike(&same, &sample.labels) - alike(&other, &sample.labels);
        let kept = alike(&other, &subject.classes(&sample.images)?);
        Ok(vec![Some(gap), Some(1.0 - kept)])
    }
}

#[cfg(test)]
mod tests {
    use super::super::testbed::{Testbed, bright, centred};

    /// The values of a network that reads one pixel, over flat grounds, where what it reads is the label.
    fn take(pixel: usize) -> Vec<Option<f64>> {
        let plain = "clutter = 0.0\nbackground = 'flat'";
        let data = centred(plain, |made| bright(made.image()[pixel]));
        assert!(data.test.class_counts().iter().all(|&count| count > 20));
        Testbed::pixel_reader(data, pixel).take("kind = 'background_swap'")
    }

    #[test]
    fn another_background_changes_nothing_to_a_reader_of_the_object() {
        assert_eq!(take(8 * 16 + 8), [Some(0.0), Some(0.0)]);
    }

    #[test]
    fn another_background_is_everything_to_a_reader_of_the_background() {
        assert_eq!(take(0), [Some(1.0), Some(1.0)]);
    }
}
