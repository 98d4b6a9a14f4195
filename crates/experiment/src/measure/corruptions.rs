//! Corruption error: what the corruptions of CIFAR-10-C add to the error, by kind and by severity.
//!
//! ```text
//! E[c,s] = error on the sample under corruption c at severity s        E[c] = mean over s        E[s] = mean over c
//! loss   = mean over c and s of E[c,s] − E                             E the error on the sample as it is
//! ```
//!
//! The damaged images are the same for all runs. As every measure, each is paired with that of the partner, so the report says
//! how much more an arm suffers than its baseline; what all test images under all corruptions say, with the mean corruption
//! error that divides by the baseline's, is asked for by `[robustness]`.
//!
//! After Hendrycks and Dietterich (2019), arXiv:1903.12261.

use cenote_datasets::{Damage, Images, Split, corrupted};
use cenote_evidence::{Direction, MeasureNote};
use cenote_layers::Model;
use cenote_spec::{Kind, Notes, Random, Setting};
use cenote_tensor::Seed;
use serde::Deserialize;

use super::subject::average;
use super::{
    IMAGES, MOST_IMAGES, Measure, Subject, checked, expected, images, on_curve, outside, plain,
};
use crate::{Data, Error};

pub(super) const KIND: Kind<dyn Measure> = Kind {
    name: NAME,
    about: "what corruptions of images add to the error, by kind and severity",
    example: "kinds = [\"gaussian_noise\", \"shot_noise\", \"impulse_noise\"]\nseverities = [1, 3, 5]",
    notes: Some(Notes {
        formula: "mean error under kinds and severities minus error, in -1 to 1; mean error by severity and by kind, and each error, in 0 to 1",
        cost: "a forward pass of every image for each kind at each severity, and one more",
        reference: "Hendrycks and Dietterich (2019), arXiv:1903.12261",
        random: Random::Free,
        settings: &[
            Setting {
                name: "kinds",
                default: "['gaussian_noise', 'shot_noise', 'impulse_noise']",
                about: "corruptions that have severities, each once",
                values: &["['gaussian_noise']", "['contrast', 'brightness']"],
            },
            Setting {
                name: "severities",
                default: "[1, 3, 5]",
                about: "how strong they are, each once, 1 to 5",
                values: &["[5]", "[1, 3, 5]"],
            },
            IMAGES,
        ],
    }),
    parse: |table| {
        checked(NAME, table, |measure: &Corruptions| {
            measure.problem().or_else(|| outside("images", measure.images, 1, MOST_IMAGES))
        })
    },
};

const NAME: &str = "corruptions";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Corruptions {
    #[serde(default = "kinds")]
    kinds: Vec<String>,
    #[serde(default = "severities")]
    severities: Vec<u8>,
    #[serde(default = "images")]
    images: usize,
}

fn kinds() -> Vec<String> {
    ["gaussian_noise", "shot_noise", "impulse_noise"].map(str::to_owned).to_vec()
}

fn severities() -> Vec<u8> {
    vec![1, 3, 5]
}

impl Corruptions {
    /// Says what about the lists does not hold.
    fn problem(&self) -> Option<String> {
        fn unlike<T: PartialEq>(list: &[T]) -> bool {
            !list.is_empty() && !(1..list.len()).any(|at| list[..at].contains(&list[at]))
        }
        if !unlike(&self.kinds) {
            return Some(format!("kinds is {:?}; expected each once, at least one", self.kinds));
        }
        if !unlike(&self.severities) {
            let got = &self.severities;
            return Some(format!("severities is {got:?}; expected each once, at least one"));
        }
        let all =
            self.kinds.iter().flat_map(|kind| self.severities.iter().map(move |s| (kind, *s)));
        all.into_iter().find_map(|(kind, s)| Some(Damage::named(kind, Some(s)).err()?.to_string()))
    }

    /// Every corruption at every severity; none where there is one severity, at which the errors of the corruptions are.
    fn each(&self) -> impl Iterator<Item = (&String, u8)> {
        let several = self.kinds.iter().filter(|_| self.severities.len() > 1);
        several.flat_map(|kind| self.severities.iter().map(move |&severity| (kind, severity)))
    }

    /// A corruption of its lists.
    fn damage(kind: &str, severity: u8) -> Damage {
        Damage::named(kind, Some(severity)).expect("both are checked when the measure is read")
    }
}

impl Measure for Corruptions {
    fn notes(&self) -> Vec<MeasureNote> {
        let loss = "error that corruptions add, on average";
        let loss = expected("corruption_loss".to_owned(), loss, "share", "C6", Direction::Higher);
        let at = |severity: u8| {
            let note = plain(
                format!("corruption_error_{severity}"),
                "error at a severity, mean over kinds; 0 is without any",
                "share",
            );
            let title = "Error under corruptions, mean over kinds";
            on_curve(note, NAME, title, "severity, 0 is without", f64::from(severity))
        };
        let of = |kind: &String| {
            let about = "error under a corruption, mean over severities";
            plain(format!("corruption_error_{kind}"), about, "share")
        };
        let of_at = |(kind, severity): (&String, u8)| {
            let about = "error under a corruption at a severity";
            let note = plain(format!("corruption_error_{kind}_{severity}"), about, "share");
            let (curve, title) = (format!("{NAME}_{kind}"), format!("Error under {kind}"));
            on_curve(note, &curve, &title, "severity", f64::from(severity))
        };
        std::iter::once(loss)
            .chain(std::iter::once(0).chain(self.severities.iter().copied()).map(at))
            .chain(self.kinds.iter().map(of))
            .chain(self.each().map(of_at))
            .collect()
    }

    fn fits(&self, _: &Model, data: &Data) -> Result<(), String> {
        let shape = data.test.shape();
        self.kinds.iter().try_for_each(|kind| {
            let damage = Self::damage(kind, self.severities[0]);
            damage.corruption.fits(shape).map_err(|error| error.to_string())
        })
    }

    fn take(&self, subject: &Subject<'_>) -> Result<Vec<Option<f64>>, Error> {
        let sample = subject.sample(self.images)?;
        let images = Images::new(subject.data.test.shape(), sample.images.concat())?;
        let split = Split::new(images, sample.labels.clone())?;
        let clean = 1.0 - subject.accuracy(&sample.images, &sample.labels)?;
        let error = |kind: &String, severity: u8| -> Result<f64, Error> {
            let damage = Self::damage(kind, severity);
            let damaged = corrupted(&split, &*damage.corruption, Seed(0))?;
            let image = |nth: usize| damaged.images().image(nth).to_vec();
            let damaged: Vec<Vec<u8>> = (0..damaged.len()).map(image).collect();
            Ok(1.0 - subject.accuracy(&damaged, &sample.labels)?)
        };
        // Errors of each kind, severity by severity.
        let of_kind = |kind| self.severities.iter().map(|&s| error(kind, s)).collect();
        let errors: Vec<Vec<f64>> = self.kinds.iter().map(of_kind).collect::<Result<_, Error>>()?;
        let loss = average(errors.iter().flatten().map(|error| error - clean));
        let by_severity =
            (0..self.severities.len()).map(|nth| average(errors.iter().map(|kind| kind[nth])));
        let by_kind = errors.iter().map(|kind| average(kind.iter().copied()));
        let each = errors.iter().flatten().map(|&error| Some(error)).take(self.each().count());
        Ok([loss, Some(clean)].into_iter().chain(by_severity).chain(by_kind).chain(each).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testbed::Testbed;

    fn take(bed: &Testbed, kinds: &str, severities: &str) -> Vec<Option<f64>> {
        bed.take(&format!("kind = 'corruptions'\nkinds = [{kinds}]\nseverities = [{severities}]"))
    }

    #[test]
    fn a_network_that_says_one_class_suffers_nothing() {
        let values = take(&Testbed::linear(|_, _| 0.0), "'gaussian_noise', 'contrast'", "1, 5");
        assert_eq!(values.len(), 1 + 3 + 2 + 4);
        assert_eq!(values[0], Some(0.0));
        assert!(values[1..].iter().all(|error| *error == Some(0.5)), "{values:?}");
    }

    #[test]
    fn light_takes_a_reader_of_brightness_the_darker_class() {
        // 0.3 of the range is 76: the darker corner, 130 to 160, comes above 190 and the brighter stays there. With 0.05 none
        // does, so the errors are 0 and 1/2.
        let values = take(&Testbed::corner_reader(), "'brightness'", "1, 5");
        assert_eq!(values, [0.25, 0.0, 0.0, 0.5, 0.25, 0.0, 0.5].map(Some));
        // At one severity that is what the error of the corruption is already.
        assert_eq!(take(&Testbed::corner_reader(), "'brightness'", "5").len(), 1 + 2 + 1);
    }

    #[test]
    fn what_is_no_corruption_or_severity_is_refused() {
        for (lines, expected) in [
            ("kinds = ['fgo']", "unknown kind `fgo`; did you mean `fog`?"),
            ("kinds = []", "kinds is []; expected each once, at least one"),
            ("severities = [6]", "severity is 6; expected 1 to 5"),
            ("severities = [2, 2]", "severities is [2, 2]; expected each once"),
            ("kinds = ['mnist_c/fog']", "expected none, for it has one level"),
        ] {
            let table = format!("kind = 'corruptions'\n{lines}").parse().unwrap();
            let error = cenote_spec::parse(&[super::super::MEASURES], table).unwrap_err();
            assert!(error.to_string().contains(expected), "{lines}: {error}");
        }
    }
}
