//! The clutter tax: what clutter takes of the accuracy.
//!
//! ```text
//! tax = accuracy with each background painted over in its own median − accuracy of the images as they are
//! ```
//!
//! The median of each channel of an image's own background is black where most of it is empty, and the mean colour of the
//! ground where that is noise or texture. A network was trained on clutter, so a plain background is new to it, and a tax
//! may be negative; what compares arms is its difference.
//!
//! After Mnih, Heess, Graves and Kavukcuoglu (2014), arXiv:1406.6247, whose task it is.

use cenote_evidence::{Direction, MeasureNote};
use cenote_layers::Model;
use cenote_spec::Kind;
use serde::Deserialize;

use super::scene::{compositions, need_objects};
use super::{IMAGES, MOST_IMAGES, Measure, Subject, checked, expected, images, notes, outside};
use crate::{Data, Error};

pub(super) const KIND: Kind<dyn Measure> = Kind {
    name: NAME,
    about: "accuracy without clutter minus accuracy with it",
    example: "images = 200",
    notes: Some(notes(
        "accuracy over plain backgrounds minus accuracy; in -1 to 1",
        "2 forward passes of every image",
        "task of Mnih et al. (2014), arXiv:1406.6247",
        &[IMAGES],
    )),
    parse: |table| {
        checked(NAME, table, |measure: &ClutterTax| {
            outside("images", measure.images, 1, MOST_IMAGES)
        })
    },
};

const NAME: &str = "clutter_tax";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClutterTax {
    #[serde(default = "images")]
    images: usize,
}

impl Measure for ClutterTax {
    fn notes(&self) -> Vec<MeasureNote> {
        let about = "accuracy that clutter takes";
        vec![expected(NAME.to_owned(), about, "share", "C6", Direction::Higher)]
    }

    fn fits(&self, _: &Model, data: &Data) -> Result<(), String> {
        need_objects(data, None)
    }

    fn take(&self, subject: &Subject<'_>) -> Result<Vec<Option<f64>>, Error> {
        let sample = subject.sample(self.images)?;
        let [_, rows, columns] = subject.data.test.shape();
        let plain = |composition: &cenote_datasets::Composition| {
            composition.over(&flat(composition.background(), rows * columns))
        };
        let plain: Vec<Vec<u8>> =
            compositions(subject, &sample)?.iter().map(plain).collect::<Result<_, _>>()?;
        let without = subject.accuracy(&plain, &sample.labels)?;
        Ok(vec![Some(without - subject.accuracy(&sample.images, &sample.labels)?)])
    }
}

/// Planes that hold the median of each plane everywhere.
fn flat(planes: &[u8], area: usize) -> Vec<u8> {
    let median = |plane: &[u8]| {
        let mut sorted = plane.to_vec();
        sorted.sort_unstable();
        vec![sorted[area / 2]; area]
    };
    planes.chunks(area).flat_map(median).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testbed::Testbed;
    use super::*;
    use crate::measure::testbed::{bright, centred, of_splits};

    /// The middle of an image of 16x16, always object in [`centred`] ones; pixel 0 never is.
    const MIDDLE: usize = 8 * 16 + 8;

    #[test]
    fn a_plane_is_flattened_to_its_median() {
        assert_eq!(flat(&[9, 1, 1, 7, 8, 200], 3), [1, 1, 1, 8, 8, 8]);
    }

    #[test]
    fn clutter_takes_nothing_of_a_reader_of_the_object() {
        let data = centred("", |made| bright(made.image()[MIDDLE]));
        assert!(data.test.class_counts().iter().all(|&count| count > 20));
        let bed = Testbed::pixel_reader(data, MIDDLE);
        let subject = bed.subject();
        let sample = subject.sample(200).unwrap();
        assert_eq!(subject.classes(&sample.images).unwrap(), sample.labels);
        assert_eq!(bed.take("kind = 'clutter_tax'"), [Some(0.0)]);
    }

    #[test]
    fn clutter_takes_of_a_reader_of_the_background_what_it_hides_of_its_median() {
        let median = |made: &cenote_datasets::Composition| flat(made.background(), 16 * 16)[0];
        // The label is the brightness of the ground, which one pixel shows unless noise or clutter lies there.
        let data = centred("clutter = 1.0", |made| bright(median(made)));
        let images = data.test.images();
        let hidden = (0..images.len()).filter(|&nth| {
            let made = images.composition(nth).unwrap().unwrap();
            bright(made.image()[0]) != bright(median(&made))
        });
        let share = hidden.count() as f64 / images.len() as f64;
        assert!(share > 0.05, "{share}");
        let tax = Testbed::pixel_reader(data, 0).take("kind = 'clutter_tax'")[0].unwrap();
        assert!((tax - share).abs() < 1e-12, "{tax} {share}");
    }

    #[test]
    fn a_network_that_answers_the_same_always_pays_no_tax() {
        let table = "kind = 'shapes_on_clutter'\nsize = 16\ntrain = 16\ntest = 40\nclasses = ['disc', 'cross']";
        let table = table.parse().expect("a table");
        let drawn = cenote_spec::parse(&[cenote_datasets::KINDS], table).expect("a kind");
        let drawn = drawn.load().expect("it is drawn");
        let data = of_splits(drawn.train, drawn.test);
        let layers = "layer = [{kind='flatten'}, {kind='dense', out_features=2}]";
        let bed = Testbed::new(layers, data, |_, _| Some(0.0));
        assert_eq!(bed.take("kind = 'clutter_tax'"), [Some(0.0)]);
        let swapped = bed.take("kind = 'background_swap'");
        assert_eq!(swapped, [Some(0.0), Some(0.0)]);
        assert_eq!(bed.take("kind = 'focus'"), [None]);
    }
}
