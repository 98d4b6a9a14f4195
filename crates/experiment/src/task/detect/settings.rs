//! What a study says of its detection.

use cenote_datasets::{Channels, DetectionSet};
use serde::{Deserialize, Serialize};

use crate::Error;

/// What a study says of its detection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detect {
    /// `[rows, columns]` that images are scaled to, whatever their proportions; by the data unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<[u32; 2]>,
    /// The longest side where `size` is not given.
    #[serde(default = "longest")]
    pub longest: u32,
    /// What a pixel is made of.
    #[serde(default)]
    pub channels: Channels,
    /// What each part of the loss counts.
    #[serde(default)]
    pub losses: LossShares,
    /// How objects are read off the output.
    #[serde(default)]
    pub reading: Decoding,
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

/// The longest side of an input.
const MOST_SIDE: u32 = 4096;
/// The most objects that may be asked for: far beyond any image.
const MOST_OBJECTS: usize = 1_000_000;
/// Both sides of the usual input are multiples of this.
const UNIT: u32 = 16;

impl Detect {
    /// `[rows, columns]` that the images of a set are scaled to.
    pub(super) fn size_for(&self, set: &DetectionSet) -> Result<[u32; 2], Error> {
        match self.size {
            Some(size) => Ok(size),
            None => Ok(usual_input(set.usual_size()?, self.longest)),
        }
    }

    /// Checks ranges.
    pub(super) fn check_settings(&self, study: &str) -> Result<(), Error> {
        let within = |setting: &str, value: f64, [low, high]: [f64; 2]| {
            if (low..=high).contains(&value) {
                return Ok(());
            }
            Err(Error::Setting {
                study: study.to_owned(),
                setting: format!("task.{setting}"),
                got: value.to_string(),
                expected: format!("{low} to {high}"),
            })
        };
        let sides = [1.0, f64::from(MOST_SIDE)];
        for side in self.size.into_iter().flatten() {
            within("size", side.into(), sides)?;
        }
        within("longest", self.longest.into(), sides)?;
        let LossShares { heat, l1, giou } = self.losses;
        for (name, share) in [("losses.heat", heat), ("losses.l1", l1), ("losses.giou", giou)] {
            within(name, share, [0.0, 1e6])?;
        }
        let Decoding { least_score, most, nms } = self.reading;
        within("reading.least_score", least_score, [0.0, 1.0])?;
        within("reading.most", most as f64, [1.0, MOST_OBJECTS as f64])?;
        within("reading.nms", nms.unwrap_or(1.0), [0.0, 1.0])
    }
}

/// The input that is usual for the data: the size that most training images have, made smaller until no side exceeds
/// `longest`, each side rounded to the nearest multiple of [`UNIT`] and at least that.
fn usual_input(size: [u32; 2], longest: u32) -> [u32; 2] {
    let sides = size.map(f64::from);
    let factor = (f64::from(longest) / sides[0].max(sides[1])).min(1.0);
    sides.map(|side| (side * factor / f64::from(UNIT)).round().max(1.0) as u32 * UNIT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{STUDIES, Study};

    fn error(from: &str, to: &str) -> String {
        let text = STUDIES.iter().find(|study| study.name == "detect").expect("built in").text;
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "`{from}` is in the file");
        Study::parse("detect", &changed).expect_err(to).to_string()
    }

    #[test]
    fn the_usual_input_keeps_proportions_within_the_longest_side() {
        assert_eq!(usual_input([480, 640], 320), [240, 320]);
        assert_eq!(usual_input([96, 96], 320), [96, 96]);
        assert_eq!(usual_input([3, 4000], 320), [16, 320]);
    }

    #[test]
    fn what_does_not_fit_is_named_with_what_would() {
        let task =
            |settings: &str| error("kind = \"detect\"", &format!("kind = \"detect\", {settings}"));
        assert_eq!(task("size = [0, 96]"), "study detect: task.size is 0; expected 1 to 4096");
        assert_eq!(
            task("reading = { nms = 1.5 }"),
            "study detect: task.reading.nms is 1.5; expected 0 to 1"
        );
        assert_eq!(
            task("losses = { l1 = nan }"),
            "study detect: task.losses.l1 is NaN; expected 0 to 1000000"
        );
        assert!(task("speed = 3").contains("unknown field `speed`"));
        assert_eq!(
            error("average       = 0.998", "average = 1.0"),
            "study detect: training.average is 1; expected at least 0 and below 1"
        );
        assert_eq!(
            error("baseline = \"max\"", "baseline = \"maximum\""),
            "study detect: unknown arm `maximum`; expected one of max, avg, strided, blur, s2d, none"
        );
        let odd = error("kind = \"adamw\"", "kind = \"adan\"");
        assert!(odd.starts_with("study detect: unknown kind `adan`"), "{odd}");
        let odd = error("kind = \"canvases\"", "kind = \"canvas\"");
        assert!(
            odd.contains("unknown kind `canvas`") && odd.contains("voc, coco, yolo, canvases"),
            "{odd}"
        );
    }
}
