//! A trained detector, with everything needed to use it or to go on training.

use std::collections::BTreeMap;
use std::path::Path;

use cenote_datasets::{Batches, Dataset, DetectionSet, Normalization, Scene, Split};
use cenote_layers::{Checkpoint, Inference, Model, OptimizerState, Params};
use cenote_tensor::{Scalar, Seed, Tensor};
use serde::{Deserialize, Serialize};

use super::fit::{DetectorFit, DetectorPoint};
use super::peaks::{Found, Peaks};
use super::plan::DetectorPlan;
use super::settings::Detector;
use crate::{Error, Stop};

/// The note of a checkpoint under which [`DetectorNotes`] stand.
const NOTES: &str = "cenote.detector/1";

/// Images that are looked at together; it changes no result.
const TOGETHER: usize = 8;

/// A detector that was trained, wholly or in part.
#[derive(Debug)]
pub struct TrainedDetector {
    /// The network.
    pub model: Model,
    /// Its parameters as they are trained.
    pub params: Params,
    /// Their moving average, which is what is used.
    pub average: Params,
    /// What the optimiser remembers.
    pub state: OptimizerState,
    /// What it was trained on, and how.
    pub notes: DetectorNotes,
}

/// What a detector was trained on, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetectorNotes {
    /// The detector as it was planned.
    pub detector: Detector,
    /// The arm that filled the slots.
    pub arm: String,
    /// The seed.
    pub seed: u64,
    /// What the classes stand for.
    pub classes: Vec<String>,
    /// Digest of the annotations.
    pub data: String,
    /// `[rows, columns]` that images are scaled to.
    pub size: [u32; 2],
    /// Scaling of pixels.
    pub normalization: Normalization,
    /// Losses of each epoch that was done.
    pub curve: Vec<DetectorPoint>,
}

impl TrainedDetector {
    /// Trains a planned detector with one seed, from its start or from a checkpoint of the same, and writes the checkpoint
    /// `file` after every epoch.
    ///
    /// `watch` is told the steps of an epoch that are done and how many it has, and the losses behind its last one.
    ///
    /// # Errors
    /// When the checkpoint was made by another detector, arm, seed or other data, the file cannot be written, training
    /// diverges, or `stop` is requested. What was written stays.
    pub fn train(
        plan: &DetectorPlan,
        seed: u64,
        file: &Path,
        resume: Option<Self>,
        stop: &Stop,
        mut watch: impl FnMut([u64; 3], Option<&DetectorPoint>),
    ) -> Result<Self, Error> {
        let mut notes = DetectorNotes {
            detector: plan.detector.clone(),
            arm: plan.arm.clone(),
            seed,
            classes: plan.data.classes.clone(),
            data: plan.data.checksum.clone(),
            size: plan.size,
            normalization: plan.normalization.clone(),
            curve: Vec::new(),
        };
        let mut fit = DetectorFit::start(plan, Seed(seed));
        if let Some(earlier) = resume {
            earlier.continues(&notes)?;
            notes.curve = earlier.notes.curve;
            fit = fit.resume(earlier.params, earlier.average, earlier.state);
        }
        // Written before the first epoch too, so that a place that cannot be written costs no time.
        write(file, plan, &fit, &notes)?;
        let steps = fit.steps_per_epoch();
        while fit.epochs_done() < plan.detector.training.epochs {
            let epoch = fit.epochs_done();
            let point = fit.epoch(stop, |step| watch([epoch, step, steps], None))?;
            watch([epoch, steps, steps], Some(&point));
            notes.curve.push(point);
            write(file, plan, &fit, &notes)?;
        }
        Self::read(file)
    }

    /// Reads a checkpoint that [`TrainedDetector::train`] wrote.
    ///
    /// # Errors
    /// When the file is missing, damaged, or no checkpoint of a detector.
    pub fn read(file: &Path) -> Result<Self, Error> {
        let Checkpoint { model, params, mut state, notes } = Checkpoint::read(file)?;
        let refuse = |problem: String| {
            Error::Checkpoint(format!("checkpoint {}: {problem}", file.display()))
        };
        let text = notes
            .get(NOTES)
            .ok_or_else(|| refuse("was not made by `cenote detect train`".to_owned()))?;
        let notes: DetectorNotes = serde_json::from_str(text)
            .map_err(|error| refuse(format!("its notes do not parse: {error}")))?;
        let mut average = params.clone();
        for (param, memories) in average.iter_mut().zip(&mut state.memories) {
            let kept = memories.pop();
            param.value =
                kept.ok_or_else(|| refuse(format!("it has no average of `{}`", param.path)))?;
        }
        Ok(Self { model, params, average, state, notes })
    }

    /// The data it was trained on, loaded again and scaled to its input.
    ///
    /// # Errors
    /// When the data cannot be had, or are no longer the same.
    pub fn data(&self) -> Result<(Dataset, Vec<Scene>), Error> {
        let (data, scenes) = self.scaled(self.notes.detector.source()?.load()?)?;
        if data.checksum != self.notes.data {
            return Err(Error::Checkpoint(format!(
                "the detector was trained on data with checksum {}; {} now has {}",
                self.notes.data, data.name, data.checksum
            )));
        }
        Ok((data, scenes))
    }

    /// A set scaled to its input, and the scenes of its test part as they are annotated.
    ///
    /// # Errors
    /// When an image cannot be read, or the classes are not those that the detector knows.
    pub fn scaled(&self, set: DetectionSet) -> Result<(Dataset, Vec<Scene>), Error> {
        if set.classes != self.notes.classes {
            return Err(Error::Checkpoint(format!(
                "{} has the classes {}; the detector was trained on {}",
                set.name,
                set.classes.join(", "),
                self.notes.classes.join(", ")
            )));
        }
        let data = set.scaled(self.notes.detector.channels, self.notes.size)?;
        Ok((data, set.test))
    }

    /// What it finds in each image of a split, in pixels of the scenes that these are of.
    ///
    /// # Errors
    /// When an image cannot be read.
    ///
    /// # Panics
    /// When there is not one scene per image.
    pub fn search(&self, split: &Split, scenes: &[Scene]) -> Result<Vec<Vec<Found>>, Error> {
        assert_eq!(split.len(), scenes.len(), "one scene per image");
        let (network, peaks) = self.ready();
        let batches = Batches::sequential(split, &self.notes.normalization, TOGETHER)?;
        let workers = batches.workers_for(rayon::current_num_threads());
        let mut found = Vec::with_capacity(scenes.len());
        for batch in batches.prefetched(workers)? {
            let batch = batch?;
            let sizes: Vec<[u32; 2]> = batch.indices.iter().map(|&at| scenes[at].size).collect();
            let output = network.run(batch.images);
            found.extend(peaks.of(&output, &sizes, &self.notes.detector.reading));
        }
        Ok(found)
    }

    /// What it finds in one image of `[rows, columns]`, given as bytes `(C, H, W)` scaled to its input.
    ///
    /// # Errors
    /// When the number of bytes is not the network's.
    pub fn find(&self, planes: &[u8], size: [u32; 2]) -> Result<Vec<Found>, Error> {
        let input = self.model.input();
        if planes.len() != input.len() {
            return Err(Error::Checkpoint(format!(
                "an image has {} values; the detector takes {input}",
                planes.len()
            )));
        }
        let (network, peaks) = self.ready();
        let Normalization { mean, deviation } = &self.notes.normalization;
        let area = input.len() / mean.len().max(1);
        let scaled = Tensor::from_fn(input.batched(1), |at| {
            let channel = at / area;
            let deviation = if deviation[channel] == 0.0 { 1.0 } else { deviation[channel] };
            (Scalar::from(planes[at]) / 255.0 - mean[channel]) / deviation
        });
        let mut found = peaks.of(&network.run(scaled), &[size], &self.notes.detector.reading);
        Ok(found.swap_remove(0))
    }

    fn ready(&self) -> (Inference<'_>, Peaks) {
        (Inference::new(&self.model, &self.average), Peaks::new(self.model.output()))
    }

    /// Checks that training may go on from here towards what `wanted` describes.
    fn continues(&self, wanted: &DetectorNotes) -> Result<(), Error> {
        // More epochs are what resuming is for, and where the data lie changes no result.
        let mut detector = self.notes.detector.clone();
        detector.training.epochs = wanted.detector.training.epochs;
        detector.dataset.clone_from(&wanted.detector.dataset);
        detector.reading = wanted.detector.reading;
        let differs = if detector != wanted.detector {
            "another detector"
        } else if self.notes.arm != wanted.arm {
            "another arm"
        } else if self.notes.seed != wanted.seed {
            "another seed"
        } else if self.notes.data != wanted.data {
            "other data"
        } else if self.notes.normalization != wanted.normalization {
            "other images"
        } else {
            return Ok(());
        };
        Err(Error::Checkpoint(format!(
            "cannot resume: the checkpoint was made by {differs} (arm {}, seed {})",
            self.notes.arm, self.notes.seed
        )))
    }
}

fn write(
    file: &Path,
    plan: &DetectorPlan,
    fit: &DetectorFit<'_>,
    notes: &DetectorNotes,
) -> Result<(), Error> {
    let text = serde_json::to_string(notes)
        .map_err(|error| Error::Checkpoint(format!("notes cannot be written: {error}")))?;
    let notes = BTreeMap::from([(NOTES.to_owned(), text)]);
    // The average of a parameter is kept behind what the optimiser remembers of it.
    let mut state = fit.state.clone();
    state.memories.resize_with(fit.params.len(), Vec::new);
    for (memories, average) in state.memories.iter_mut().zip(fit.average.iter()) {
        memories.push(average.value.clone());
    }
    Checkpoint::of(&plan.model, fit.params.clone(), state, notes)?.write(file)?;
    Ok(())
}
