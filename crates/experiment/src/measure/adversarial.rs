//! What an adversary takes of the accuracy who may change every pixel a little.
//!
//! ```text
//! x ← clip(x + α sign(∂loss/∂x)) to within ε of the image and to 0..1       steps times, α = 2.5 ε / steps (ε for one step)
//! loss = accuracy − accuracy of the changed images
//! ```
//!
//! `loss` in the first line is the cross entropy of the label. One step is the fast gradient sign method; more are
//! projected gradient descent, from the image itself. Pixels stay as they come, not rounded to bytes.
//!
//! After Goodfellow, Shlens and Szegedy (2014), arXiv:1412.6572, and Madry et al. (2017), arXiv:1706.06083.

use cenote_evidence::MeasureNote;
use cenote_layers::{cross_entropy, predictions};
use cenote_spec::{Kind, Setting};
use cenote_tensor::Scalar;
use serde::Deserialize;

use super::subject::alike;
use super::{IMAGES, MOST_IMAGES, Measure, Subject, checked, images, notes, outside, plain};
use crate::Error;

pub(super) const KIND: Kind<dyn Measure> = Kind {
    name: NAME,
    about: "accuracy that small changes against the gradient take (FGSM, PGD)",
    example: "epsilon = 0.02\nsteps = 5",
    notes: Some(notes(
        "accuracy minus accuracy after steps of projected gradient ascent within epsilon; in 0 to 1 but for flukes",
        "steps passes forward and back of every image, and 2 forward",
        "Goodfellow et al. (2014), arXiv:1412.6572; Madry et al. (2017), arXiv:1706.06083",
        &[
            Setting {
                name: "epsilon",
                default: "0.02",
                about: "most that a pixel changes, as a share of its range",
                values: &["0.02"],
            },
            Setting {
                name: "steps",
                default: "5",
                about: "steps up the gradient; 1 is the fast gradient sign method",
                values: &["1", "5"],
            },
            IMAGES,
        ],
    )),
    parse: |table| {
        checked(NAME, table, |measure: &Adversarial| {
            outside("epsilon", measure.epsilon, 0.0, 1.0)
                .or_else(|| outside("steps", measure.steps, 1, 1000))
                .or_else(|| outside("images", measure.images, 1, MOST_IMAGES))
        })
    },
};

const NAME: &str = "adversarial";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Adversarial {
    #[serde(default = "epsilon")]
    epsilon: f64,
    #[serde(default = "steps")]
    steps: usize,
    #[serde(default = "images")]
    images: usize,
}

fn epsilon() -> f64 {
    0.02
}

fn steps() -> usize {
    5
}

impl Measure for Adversarial {
    fn notes(&self) -> Vec<MeasureNote> {
        let name = format!("adversarial_loss_{}_{}", self.epsilon, self.steps);
        vec![plain(name, "accuracy that an adversary takes", "share")]
    }

    fn take(&self, subject: &Subject<'_>) -> Result<Vec<Option<f64>>, Error> {
        let sample = subject.sample(self.images)?;
        let clean = subject.accuracy(&sample.images, &sample.labels)?;
        let mut attacked = Vec::with_capacity(sample.len());
        for (images, labels) in
            sample.images.chunks(subject.together).zip(sample.labels.chunks(subject.together))
        {
            attacked.extend(self.attack(subject, images, labels)?);
        }
        Ok(vec![Some(clean - alike(&attacked, &sample.labels))])
    }
}

impl Adversarial {
    /// What the network takes the changed images for.
    fn attack(
        &self,
        subject: &Subject<'_>,
        images: &[Vec<u8>],
        labels: &[usize],
    ) -> Result<Vec<usize>, Error> {
        let bound = |byte: u8| -> Result<_, Error> {
            let flat: Vec<Vec<u8>> = images.iter().map(|image| vec![byte; image.len()]).collect();
            subject.scaled(&flat)
        };
        let (x, black, white) = (subject.scaled(images)?, bound(0)?, bound(255)?);
        let step = if self.steps == 1 { 1.0 } else { 2.5 / self.steps as f64 } * self.epsilon;
        let (epsilon, step) = (self.epsilon as Scalar, step as Scalar);
        let mut moved = x.clone();
        for _ in 0..self.steps {
            let slope = subject.gradient(0..subject.depth(), moved.clone(), |_, logits| {
                cross_entropy(&logits, labels)
            });
            let (x, slope) = (x.as_slice(), slope.as_slice());
            let (black, white) = (black.as_slice(), white.as_slice());
            for (at, pixel) in moved.as_mut_slice().iter_mut().enumerate() {
                let range = white[at] - black[at];
                let sign = if slope[at] == 0.0 { 0.0 } else { slope[at].signum() };
                let near = (*pixel + step * range * sign)
                    .clamp(x[at] - epsilon * range, x[at] + epsilon * range);
                *pixel = near.clamp(black[at], white[at]);
            }
        }
        Ok(predictions(&subject.run(moved)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testbed::Testbed;

    #[test]
    fn an_adversary_needs_as_much_as_lies_between_the_classes() {
        let bed = Testbed::object_reader();
        let take = |epsilon: &str, steps: usize| {
            bed.take(&format!("kind = 'adversarial'\nepsilon = {epsilon}\nsteps = {steps}"))[0]
        };
        // Objects are means of about 145 and 235 around 190: 45 of 255 is 0.18.
        for steps in [1, 5] {
            assert_eq!(take("0.1", steps), Some(0.0));
            assert_eq!(take("0.25", steps), Some(1.0));
        }
    }
}
