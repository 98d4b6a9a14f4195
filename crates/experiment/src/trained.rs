//! One trained network, with everything needed to use it or to go on training.

use std::collections::BTreeMap;
use std::path::Path;

use cenote_datasets::{Damage, Normalization};
use cenote_evidence::EpochPoint;
use cenote_layers::{Checkpoint, Model, OptimizerState, Params, predictions, softmax};
use cenote_layers::{Mode, Step};
use cenote_tensor::{Scalar, Seed, Tensor};
use serde::{Deserialize, Serialize};

use crate::fit::Sums;
use crate::robustness::damaged;
use crate::{Data, Error, Evaluation, Fit, Plan, Stop, Study, evaluate};

/// The note of a checkpoint under which [`Notes`] stand.
const NOTES: &str = "cenote.trained/1";

/// A network that an arm of a study trained.
#[derive(Debug)]
pub struct Trained {
    /// The network.
    pub model: Model,
    /// Its parameters as they are trained.
    pub params: Params,
    /// What the optimiser remembers, and the average of the parameters if one is kept.
    pub state: OptimizerState,
    /// What it was trained on, and how.
    pub notes: Notes,
}

/// What a network was trained on, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notes {
    /// The study as it was planned.
    pub study: Study,
    /// The arm.
    pub arm: String,
    /// The seed.
    pub seed: u64,
    /// What the labels stand for.
    pub classes: Vec<String>,
    /// Digest of the data.
    pub data: String,
    /// Scaling of pixels.
    pub normalization: Normalization,
    /// Loss and accuracy of each epoch that was done.
    pub curve: Vec<EpochPoint>,
    /// Seconds that these took, where seconds end training.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
}

/// What a network says of one image.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Prediction {
    /// Position of the most probable class.
    pub label: usize,
    /// Its name.
    pub class: String,
    /// Its probability.
    pub probability: f64,
    /// Probability of every class.
    pub probabilities: Vec<f64>,
}

impl Trained {
    /// Trains one arm of a plan with one seed, from its start or from a checkpoint of the same, and
    /// writes the checkpoint `file` after every epoch.
    ///
    /// # Errors
    /// When the arm does not exist, the checkpoint was made by another study, arm or seed, the file
    /// cannot be written, training diverges, or `stop` is requested. What was written stays.
    pub fn train(
        plan: &Plan,
        arm: &str,
        seed: u64,
        file: &Path,
        resume: Option<Self>,
        stop: &Stop,
        mut watch: impl FnMut(Watch<'_>),
    ) -> Result<Self, Error> {
        plan.study.setup(arm)?;
        let place = plan.arms.iter().position(|a| a.name == arm).expect("every setup is an arm");
        let (arm, data) = (&plan.arms[place], &*plan.data_of(place, seed)?);
        let mut notes = Notes {
            study: plan.study.clone(),
            arm: arm.name.clone(),
            seed,
            classes: data.classes.clone(),
            data: data.checksum.clone(),
            normalization: data.normalization.clone(),
            curve: Vec::new(),
            seconds: None,
        };
        let mut fit = Fit::start(&arm.model, data, &arm.recipe, Seed(seed));
        if let Some(earlier) = resume {
            earlier.continues(&notes)?;
            (notes.curve, notes.seconds) = (earlier.notes.curve, earlier.notes.seconds);
            fit = fit
                .resume(earlier.params, earlier.state, Sums::default())
                .after(notes.seconds.unwrap_or(0.0));
        }
        let write = |fit: &Fit<'_>, notes: &Notes| -> Result<(), Error> {
            let text = serde_json::to_string(notes)
                .map_err(|error| Error::Checkpoint(format!("notes cannot be written: {error}")))?;
            let notes = BTreeMap::from([(NOTES.to_owned(), text)]);
            Checkpoint::of(&arm.model, fit.params.clone(), fit.state.clone(), notes)?
                .write(file)?;
            Ok(())
        };
        // Written before the first epoch too, so that a place that cannot be written costs no time.
        write(&fit, &notes)?;
        let steps = fit.steps_per_epoch();
        while fit.ended(&notes.curve).is_none() {
            let epoch = fit.epochs_done();
            let each = |_: &Fit<'_>, step| watch(Watch::Step { epoch, step, steps });
            let point = fit.epoch(stop, each)?;
            let point = fit.judged(point, &notes.curve)?;
            watch(Watch::Epoch(&point));
            notes.curve.push(point);
            notes.seconds = arm.recipe.limits.seconds.map(|_| fit.seconds);
            write(&fit, &notes)?;
        }
        Self::read(file)
    }

    /// Reads a checkpoint that [`Trained::train`] wrote.
    ///
    /// # Errors
    /// When the file is missing, damaged, or no checkpoint of a study.
    pub fn read(file: &Path) -> Result<Self, Error> {
        let Checkpoint { model, params, state, notes } = Checkpoint::read(file)?;
        let refuse = |problem: String| {
            Error::Checkpoint(format!("checkpoint {}: {problem}", file.display()))
        };
        let text =
            notes.get(NOTES).ok_or_else(|| refuse("was not made by `cenote train`".into()))?;
        let notes: Notes = serde_json::from_str(text)
            .map_err(|error| refuse(format!("its notes do not parse: {error}")))?;
        Ok(Self { model, params, state, notes })
    }

    /// The parameters that it is judged and used with: the best, where they are kept, or their average, where one is.
    pub fn used(&self) -> &Params {
        self.state.used(&self.params)
    }

    /// The data it was trained on, loaded again.
    ///
    /// # Errors
    /// When the data cannot be had, or are no longer the same.
    pub fn data(&self) -> Result<Data, Error> {
        let data = Data::load(&self.notes.study)?;
        if data.checksum != self.notes.data {
            return Err(Error::Checkpoint(format!(
                "the network was trained on data with checksum {}; {} now has {}",
                self.notes.data, data.name, data.checksum
            )));
        }
        Ok(data)
    }

    /// Judges it by the test images of its data.
    ///
    /// # Errors
    /// When the images do not fit.
    pub fn evaluate(&self, data: &Data) -> Result<Evaluation, Error> {
        self.notes.study.must_classify()?;
        evaluate(&self.model, self.used(), &data.test, &self.notes.normalization)
    }

    /// Judges it by the test images of its data under a corruption, those that every run of its study would see.
    ///
    /// # Errors
    /// When the images do not fit the corruption or the network.
    pub fn evaluate_under(&self, damage: &Damage, data: &Data) -> Result<Evaluation, Error> {
        self.notes.study.must_classify()?;
        let images = damaged(&data.test, damage)?;
        evaluate(&self.model, self.used(), &images, &self.notes.normalization)
    }

    /// What it says of one image, given as bytes of `(C, H, W)`.
    ///
    /// # Errors
    /// When the number of bytes is not the network's.
    pub fn predict(&self, pixels: &[u8]) -> Result<Prediction, Error> {
        self.notes.study.must_classify()?;
        let input = self.model.input();
        if pixels.len() != input.len() {
            return Err(Error::Checkpoint(format!(
                "an image has {} values; the network takes {input}",
                pixels.len()
            )));
        }
        let Normalization { mean, deviation } = &self.notes.normalization;
        let area = input.len() / mean.len().max(1);
        let scaled = Tensor::from_fn(input.batched(1), |i| {
            let channel = i / area;
            let deviation = if deviation[channel] == 0.0 { 1.0 } else { deviation[channel] };
            (Scalar::from(pixels[i]) / 255.0 - mean[channel]) / deviation
        });
        let tape = cenote_autograd::Tape::without_gradients();
        let step = Step::new(&tape, &self.model, self.used(), Mode::Eval, Seed(0), 0);
        let logits = step.forward(tape.constant(scaled));
        let label = predictions(logits.value())[0];
        let probabilities: Vec<f64> =
            softmax(logits.value()).as_slice().iter().map(|&p| f64::from(p)).collect();
        Ok(Prediction {
            label,
            class: self.notes.classes.get(label).cloned().unwrap_or_default(),
            probability: probabilities[label],
            probabilities,
        })
    }

    /// Checks that training may go on from here towards what `wanted` describes.
    fn continues(&self, wanted: &Notes) -> Result<(), Error> {
        // More epochs are what resuming is for, and where the data lie and what runs cost changes no result; every other
        // difference would be another training.
        let mut study = self.notes.study.clone();
        study.training.epochs = wanted.study.training.epochs;
        study.dataset.clone_from(&wanted.study.dataset);
        study.prices.clone_from(&wanted.study.prices);
        let differs = if study != wanted.study {
            "another study"
        } else if self.notes.arm != wanted.arm {
            "another arm"
        } else if self.notes.seed != wanted.seed {
            "another seed"
        } else if self.notes.data != wanted.data {
            "other data"
        } else {
            return Ok(());
        };
        Err(Error::Checkpoint(format!(
            "cannot resume: the checkpoint was made by {differs} (study {}, arm {}, seed {})",
            self.notes.study.name, self.notes.arm, self.notes.seed
        )))
    }
}

/// What is shown of a training while it goes on.
#[derive(Debug)]
pub enum Watch<'a> {
    /// A step of an epoch is done.
    Step {
        /// The epoch, counted from 0.
        epoch: u64,
        /// Steps of it that are done.
        step: u64,
        /// Steps of an epoch.
        steps: u64,
    },
    /// An epoch is done.
    Epoch(&'a EpochPoint),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::named::smoke;

    fn plan(epochs: u64) -> Plan {
        let text = smoke().text.replacen("epochs        = 2", &format!("epochs = {epochs}"), 1);
        Plan::new(Study::parse("smoke", &text).expect("valid")).expect("fits")
    }

    fn train(
        plan: &Plan,
        seed: u64,
        file: &Path,
        resume: Option<Trained>,
    ) -> Result<Trained, Error> {
        Trained::train(plan, "max", seed, file, resume, &Stop::default(), |_| ())
    }

    #[test]
    fn a_network_predicts_alike_before_and_after_its_file() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let file = folder.path().join("net.cenote");
        let trained = train(&plan(1), 3, &file, None).expect("trains");
        let again = Trained::read(&file).expect("readable");
        let data = again.data().expect("embedded");
        assert_eq!(again.params.digest(), trained.params.digest());
        let image = data.test.images().image(5);
        let (a, b) = (trained.predict(image).expect("fits"), again.predict(image).expect("fits"));
        assert_eq!(a, b);
        assert!((a.probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-5);
        // The whole split through batches and one image by itself agree on the class.
        let one = data.test.subset(&[5]);
        let judged = evaluate(&again.model, &again.params, &one, &again.notes.normalization);
        let matrix = judged.expect("fits").confusion;
        assert_eq!(matrix.count(one.labels()[0], a.label), 1);
    }

    #[test]
    fn resuming_from_a_file_ends_with_the_bits_of_an_unbroken_training() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let (a, b) = (folder.path().join("a.cenote"), folder.path().join("b.cenote"));
        for average in ["", "average = 0.9"] {
            let constant = |epochs| {
                // A schedule over the planned epochs would differ between one and two of them.
                let text = smoke().text.replacen("kind = \"cosine\"", "kind = \"constant\"", 1);
                let epochs = format!("epochs = {epochs}\n{average}");
                let text = text.replacen("epochs        = 2", &epochs, 1);
                Plan::new(Study::parse("smoke", &text).expect("valid")).expect("fits")
            };
            let whole = train(&constant(2), 3, &a, None).expect("trains");
            let half = train(&constant(1), 3, &b, None).expect("trains");
            let resumed = train(&constant(2), 3, &b, Some(half)).expect("goes on");
            assert_eq!(resumed.params.digest(), whole.params.digest());
            assert_eq!(resumed.used().digest(), whole.used().digest());
            assert_eq!(resumed.notes.curve, whole.notes.curve);
            assert_eq!(whole.used() == &whole.params, average.is_empty());
        }
    }

    #[test]
    fn another_seed_cannot_resume_a_training() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let file = folder.path().join("net.cenote");
        let trained = train(&plan(1), 3, &file, None).expect("trains");
        let error = train(&plan(2), 4, &file, Some(trained)).expect_err("seed 4 is not 3");
        assert_eq!(
            error.to_string(),
            "cannot resume: the checkpoint was made by another seed (study smoke, arm max, seed 3)"
        );
    }
}
