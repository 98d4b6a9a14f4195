//! A detector as its file describes it.

use std::path::Path;

use cenote_datasets::{Augmentation, Channels, DETECTION_KINDS, DetectionSource};
use cenote_layers::{OPTIMIZER_KINDS, Optimizer, SCHEDULE_KINDS, Schedule};
use serde::{Deserialize, Serialize};
use toml::Table;

use crate::study::Arms;
use crate::{Error, Filling};

/// What a detector is made of and how it is trained: what its TOML file holds, unchanged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detector {
    /// Table of a kind of detection set; it may be given later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<Table>,
    /// What a pixel is made of.
    #[serde(default)]
    pub channels: Channels,
    /// `[rows, columns]` that every image is scaled to, whatever its proportions; by the data unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<[u32; 2]>,
    /// The longest side where `input` is not given.
    #[serde(default = "longest")]
    pub longest: u32,
    /// How it is trained.
    pub training: DetectorTraining,
    /// What each part of the loss counts.
    #[serde(default)]
    pub losses: LossShares,
    /// How objects are read off its output.
    #[serde(default)]
    pub reading: Decoding,
    /// The arm that is trained when none is named.
    pub baseline: String,
    /// The network up to the maps that objects are read from, with slots.
    pub model: Vec<Table>,
    /// What each arm puts into the slots.
    pub arms: Arms,
}

/// How a detector is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetectorTraining {
    /// Passes over the training images.
    pub epochs: u64,
    /// Images per step.
    pub batch_size: usize,
    /// Learning rate before the schedule's factor.
    pub learning_rate: f64,
    /// Table of an optimiser kind.
    pub optimizer: Table,
    /// Table of a schedule kind.
    pub schedule: Table,
    /// Tables of transforms that change training images, and move their boxes.
    #[serde(default)]
    pub augment: Vec<Table>,
    /// Decay of the moving average of the parameters, which is what is used; 0 for none.
    #[serde(default)]
    pub average: f64,
}

/// What each part of the loss counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LossShares {
    /// Focal loss of the heat maps.
    pub heat: f64,
    /// Absolute error of offsets and logarithms of sizes.
    pub l1: f64,
    /// One minus the generalised overlap of boxes.
    pub giou: f64,
}

impl Default for LossShares {
    fn default() -> Self {
        Self { heat: 1.0, l1: 0.5, giou: 1.0 }
    }
}

/// How objects are read off the output.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Decoding {
    /// The least score of an object.
    pub least_score: f64,
    /// The most objects of an image; those with the highest scores.
    pub most: usize,
    /// The most that two boxes of one class may overlap; above it the one with the lower score goes. Without it peaks are
    /// all there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nms: Option<f64>,
}

impl Default for Decoding {
    fn default() -> Self {
        Self { least_score: 0.01, most: 100, nms: None }
    }
}

fn longest() -> u32 {
    320
}

/// The detector that is trained when no file is named.
const USUAL: &str = include_str!("usual.toml");

/// The most of what a file may ask for: far beyond any budget, and small enough that nothing overflows.
const LIMIT: u64 = 1_000_000;

impl Detector {
    /// The detector that comes with the program.
    pub fn usual() -> Self {
        Self::parse(USUAL).expect("the file is tested")
    }

    /// Reads and checks a description.
    ///
    /// # Errors
    /// When the text is not TOML, has unknown or missing fields, or a value is out of range.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let detector: Self = toml::from_str(text)
            .map_err(|error| Error::Detector(error.to_string().trim_end().to_owned()))?;
        detector.check()?;
        Ok(detector)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, or as [`Detector::parse`].
    pub fn read(file: &Path) -> Result<Self, Error> {
        let unreadable = |source| Error::Read { path: file.to_owned(), source };
        let text = std::fs::read_to_string(file).map_err(unreadable)?;
        Self::parse(&text).map_err(|error| match error {
            Error::Detector(words) => Error::Detector(format!("{}: {words}", file.display())),
            other => other,
        })
    }

    /// Checks ranges, and that everything named is known.
    ///
    /// # Errors
    /// Naming the first setting that does not fit.
    pub fn check(&self) -> Result<(), Error> {
        let whole = |name: &str, value: u64, most: u64| {
            let fits = (1..=most).contains(&value);
            fits.then_some(()).ok_or_else(|| refused(name, value, &format!("1 to {most}")))
        };
        let number = |name: &str, value: f64, [low, high]: [f64; 2]| {
            let fits = (low..=high).contains(&value);
            fits.then_some(()).ok_or_else(|| refused(name, value, &format!("{low} to {high}")))
        };
        let DetectorTraining { epochs, batch_size, learning_rate, average, .. } = self.training;
        whole("training.epochs", epochs, LIMIT)?;
        whole("training.batch_size", batch_size as u64, LIMIT)?;
        number("training.learning_rate", learning_rate, [f64::MIN_POSITIVE, 1e6])?;
        number("training.average", average, [0.0, 1.0 - f64::EPSILON])?;
        whole("longest", self.longest.into(), MOST_SIDE.into())?;
        for side in self.input.into_iter().flatten() {
            whole("input", side.into(), MOST_SIDE.into())?;
        }
        let LossShares { heat, l1, giou } = self.losses;
        for (name, share) in [("losses.heat", heat), ("losses.l1", l1), ("losses.giou", giou)] {
            number(name, share, [0.0, 1e6])?;
        }
        number("reading.least_score", self.reading.least_score, [0.0, 1.0])?;
        whole("reading.most", self.reading.most as u64, LIMIT)?;
        number("reading.nms", self.reading.nms.unwrap_or(1.0), [0.0, 1.0])?;
        self.filling(&self.baseline)?;
        if self.dataset.is_some() {
            self.source()?;
        }
        self.optimizer()?;
        self.schedule()?;
        self.augmentation()?;
        Ok(())
    }

    /// What an arm puts into the slots.
    ///
    /// # Errors
    /// When there is no such arm.
    pub fn filling(&self, arm: &str) -> Result<&Filling, Error> {
        let known = || format!("one of {}", self.arms.names().join(", "));
        self.arms.get(arm).ok_or_else(|| refused("arm", format!("`{arm}`"), &known()))
    }

    /// The detection set, not yet loaded.
    ///
    /// # Errors
    /// When none is given, or it is of an unknown kind or has unknown fields.
    pub fn source(&self) -> Result<Box<dyn DetectionSource>, Error> {
        let table = self.dataset.clone().ok_or_else(|| {
            let kinds: Vec<&str> = DETECTION_KINDS.iter().map(|kind| kind.name).collect();
            refused("dataset", "not given", &format!("a table of a kind: {}", kinds.join(", ")))
        })?;
        cenote_spec::parse(&[DETECTION_KINDS], table).map_err(|error| spec("dataset", &error))
    }

    pub(super) fn optimizer(&self) -> Result<Box<dyn Optimizer>, Error> {
        let parsed = cenote_spec::parse(&[OPTIMIZER_KINDS], self.training.optimizer.clone());
        parsed.map_err(|error| spec("training.optimizer", &error))
    }

    pub(super) fn schedule(&self) -> Result<Box<dyn Schedule>, Error> {
        let parsed = cenote_spec::parse(&[SCHEDULE_KINDS], self.training.schedule.clone());
        parsed.map_err(|error| spec("training.schedule", &error))
    }

    pub(super) fn augmentation(&self) -> Result<Augmentation, Error> {
        let parsed = Augmentation::parse(self.training.augment.clone());
        parsed.map_err(|error| spec("training.augment", &error))
    }
}

/// The longest side of an input.
const MOST_SIDE: u32 = 4096;

fn refused(name: &str, got: impl std::fmt::Display, expected: &str) -> Error {
    Error::Detector(format!("{name} is {got}; expected {expected}"))
}

fn spec(name: &str, error: &cenote_spec::Error) -> Error {
    Error::Detector(format!("{name}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(from: &str, to: &str) -> String {
        let text = USUAL.replacen(from, to, 1);
        assert_ne!(text, USUAL, "`{from}` is in the file");
        Detector::parse(&text).expect_err(to).to_string()
    }

    #[test]
    fn what_does_not_fit_is_named_with_what_would() {
        assert_eq!(
            error("average = 0.998", "average = 1.0"),
            "detector: training.average is 1; expected 0 to 0.9999999999999998"
        );
        assert_eq!(
            error("baseline = \"max\"", "baseline = \"maximum\""),
            "detector: arm is `maximum`; expected one of max, avg, strided, blur, s2d, none"
        );
        let odd = error("[training]", "[training]\nspeed = 3");
        assert!(odd.contains("unknown field `speed`"), "{odd}");
        let odd = error("kind = \"adamw\"", "kind = \"adan\"");
        assert!(odd.starts_with("detector: training.optimizer: unknown kind `adan`"), "{odd}");
        let none = Detector::usual().source().expect_err("no data").to_string();
        assert_eq!(
            none,
            "detector: dataset is not given; expected a table of a kind: voc, coco, yolo, canvases"
        );
    }
}
