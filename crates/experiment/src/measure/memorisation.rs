//! Memorisation: whether a network learns labels that are wrong.
//!
//! ```text
//! memorised = share of the training images with a wrong label that are taken for it
//! gap       = accuracy on training images, by the labels they were given − accuracy on test images
//! ```
//!
//! A study makes labels wrong by `training.label_noise`, the same for all arms and seeds. An image of a wrong label looks like one
//! of its class, so only what is peculiar to it tells the two apart: a network that keeps what images have in common leaves
//! it at its true class, one that "captures everything" learns it by heart.
//!
//! After Zhang, Bengio, Hardt, Recht and Vinyals (2017), arXiv:1611.03530, and Arpit et al. (2017), arXiv:1706.05394.

use cenote_evidence::{Direction, MeasureNote};
use cenote_layers::Model;
use cenote_spec::Kind;
use serde::Deserialize;

use super::{IMAGES, MOST_IMAGES, Measure, Subject, checked, expected, images, notes, outside};
use crate::{Data, Error};

pub(super) const KIND: Kind<dyn Measure> = Kind {
    name: NAME,
    about: "wrong labels learnt by heart, where the study makes some wrong",
    example: "images = 200",
    notes: Some(notes(
        "share of wrongly labelled training images that are taken for their label, in 0 to 1; training minus test accuracy, in -1 to 1",
        "a forward pass of as many wrongly labelled, training and test images",
        "Zhang et al. (2017), arXiv:1611.03530; Arpit et al. (2017), arXiv:1706.05394",
        &[IMAGES],
    )),
    parse: |table| {
        checked(NAME, table, |measure: &Memorisation| {
            outside("images", measure.images, 1, MOST_IMAGES)
        })
    },
};

const NAME: &str = "memorisation";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Memorisation {
    #[serde(default = "images")]
    images: usize,
}

impl Measure for Memorisation {
    fn notes(&self) -> Vec<MeasureNote> {
        let higher =
            |name: &str, about| expected(name.to_owned(), about, "share", "C6", Direction::Higher);
        vec![
            higher("memorised", "wrong labels that are learnt"),
            higher(
                "memorisation_gap",
                "accuracy on training images, with wrong labels, beyond that on test images",
            ),
        ]
    }

    fn fits(&self, _: &Model, data: &Data) -> Result<(), String> {
        if data.mislabelled().is_empty() {
            let expected = "expected a training.label_noise above 0";
            return Err(format!("no training image has a wrong label; {expected}"));
        }
        Ok(())
    }

    fn take(&self, subject: &Subject<'_>) -> Result<Vec<Option<f64>>, Error> {
        let train = &subject.data.train;
        let wrong = Subject::sample_of(&train.subset(&subject.data.mislabelled()), self.images)?;
        let seen = Subject::sample_of(train, self.images)?;
        let unseen = subject.sample(self.images)?;
        let memorised = subject.accuracy(&wrong.images, &wrong.labels)?;
        let gap = subject.accuracy(&seen.images, &seen.labels)?
            - subject.accuracy(&unseen.images, &unseen.labels)?;
        Ok(vec![Some(memorised), Some(gap)])
    }
}

#[cfg(test)]
mod tests {
    use cenote_datasets::Split;

    use super::super::testbed::{Testbed, blocks};

    /// What a reader of the corner, or its opposite, makes of blocks of which every third training label is wrong.
    fn take(sign: cenote_tensor::Scalar) -> Vec<f64> {
        let mut data = blocks();
        let truth = data.train.labels().to_vec();
        let wrong = |(nth, &label): (usize, &usize)| if nth % 3 == 0 { 1 - label } else { label };
        let labels = truth.iter().enumerate().map(wrong).collect();
        data.train = Split::new(data.train.images().clone(), labels).unwrap();
        data.truth = Some(truth);
        let mut bed = Testbed::linear(|row, column| if row + column == 0 { sign } else { 0.0 });
        bed.data = data;
        bed.take("kind = 'memorisation'").into_iter().map(Option::unwrap).collect()
    }

    #[test]
    fn a_reader_of_the_class_learns_no_wrong_label_and_its_opposite_has_all() {
        let near = |got: &[f64], expected: [f64; 2]| {
            assert!(got.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{got:?}");
        };
        near(&take(1.0), [0.0, 2.0 / 3.0 - 1.0]);
        near(&take(-1.0), [1.0, 1.0 / 3.0]);
    }
}
