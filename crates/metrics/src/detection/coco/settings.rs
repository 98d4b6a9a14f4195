//! What is evaluated, and by which conventions.

use super::super::data::Id;
use crate::numerics::linspace;
use crate::{COCO_SIGMAS, Error};

/// Whose numbers are wanted where the reference has a defect; the module's table lists them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Those of pycocotools 2.0.11, to the bit.
    #[default]
    Strict,
    /// Those that were meant.
    Corrected,
}

/// How alike a detection and an object are.
#[derive(Clone, Debug, PartialEq)]
pub enum Similarity {
    /// Intersection over union of boxes.
    Boxes,
    /// Intersection over union of masks.
    Masks,
    /// Object keypoint similarity.
    Keypoints {
        /// How uncertain each keypoint is.
        sigmas: Vec<f64>,
    },
}

impl Similarity {
    /// Keypoints of a person as COCO has them.
    pub fn coco_keypoints() -> Self {
        Self::Keypoints { sigmas: COCO_SIGMAS.to_vec() }
    }
}

/// Objects of some sizes; others are ignored, and so are unmatched detections of other sizes.
#[derive(Clone, Debug, PartialEq)]
pub struct AreaRange {
    /// Name in tables.
    pub name: String,
    /// Smallest area.
    pub low: f64,
    /// Largest area: inside in [`Mode::Strict`], outside in [`Mode::Corrected`].
    pub high: f64,
}

/// What is evaluated.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Whose conventions.
    pub mode: Mode,
    /// What is compared.
    pub similarity: Similarity,
    /// Similarities that are asked for.
    pub iou_thresholds: Vec<f64>,
    /// Recalls at which precision is read.
    pub recall_thresholds: Vec<f64>,
    /// Ranges of sizes that are looked at apart; the first should be all.
    pub areas: Vec<AreaRange>,
    /// How many detections per image and category are looked at, in any order.
    pub max_dets: Vec<usize>,
    /// Whether a detection must name the category of the object.
    pub use_categories: bool,
    /// The images to look at; all when `None`.
    pub images: Option<Vec<Id>>,
    /// The categories to look at; all that the ground truth lists when `None`.
    pub categories: Option<Vec<Id>>,
}

/// Bits of a word that holds one flag per threshold or per range.
pub(super) const FLAGS: usize = 32;

const SMALL: f64 = 32.0 * 32.0;
const MEDIUM: f64 = 96.0 * 96.0;

impl Settings {
    /// What pycocotools evaluates when it is not told otherwise.
    pub fn new(similarity: Similarity, mode: Mode) -> Self {
        let largest = match mode {
            Mode::Strict => 1e10,
            Mode::Corrected => f64::INFINITY,
        };
        let ranges = [
            ("all", 0.0, largest),
            ("small", 0.0, SMALL),
            ("medium", SMALL, MEDIUM),
            ("large", MEDIUM, largest),
        ];
        let pose = matches!(similarity, Similarity::Keypoints { .. });
        let areas = ranges.into_iter().filter(|range| !(pose && range.0 == "small"));
        let (iou_thresholds, recall_thresholds) = match mode {
            Mode::Strict => (linspace(0.5, 0.95, 10), linspace(0.0, 1.0, 101)),
            Mode::Corrected => (
                (0..10).map(|i| f64::from(50 + 5 * i) / 100.0).collect(),
                (0..101).map(|i| f64::from(i) / 100.0).collect(),
            ),
        };
        Self {
            mode,
            similarity,
            iou_thresholds,
            recall_thresholds,
            areas: areas
                .map(|(name, low, high)| AreaRange { name: name.to_owned(), low, high })
                .collect(),
            max_dets: if pose { vec![20] } else { vec![1, 10, 100] },
            use_categories: true,
            images: None,
            categories: None,
        }
    }

    /// These settings with limits in ascending order, if they make sense.
    pub(super) fn checked(&self) -> Result<Self, Error> {
        let refuse = |what, got: String| Err(Error::Evaluation { what, got });
        if self.iou_thresholds.is_empty() || !self.iou_thresholds.iter().all(|t| t.is_finite()) {
            return refuse(
                "finite IoU thresholds, at least one",
                format!("{:?}", self.iou_thresholds),
            );
        }
        if !self.recall_thresholds.iter().all(|r| r.is_finite()) {
            return refuse("finite recall thresholds", format!("{:?}", self.recall_thresholds));
        }
        if self.areas.is_empty() || self.areas.len() > FLAGS {
            return refuse("1 to 32 ranges of areas", self.areas.len().to_string());
        }
        if self.areas.iter().any(|area| area.low.is_nan() || area.high.is_nan()) {
            return refuse("ranges of areas that are numbers", format!("{:?}", self.areas));
        }
        if self.max_dets.is_empty() || self.max_dets.len() > FLAGS {
            return refuse("1 to 32 limits of detections", format!("{:?}", self.max_dets));
        }
        if let Similarity::Keypoints { sigmas } = &self.similarity
            && (sigmas.is_empty() || !sigmas.iter().all(|sigma| sigma.is_finite()))
        {
            return refuse("finite sigmas, at least one", format!("{sigmas:?}"));
        }
        let mut settings = self.clone();
        settings.max_dets.sort_unstable();
        Ok(settings)
    }

    /// One flag per range that `area` lies outside of.
    pub(super) fn outside(&self, area: f64) -> u32 {
        let mut flags = 0;
        for (bit, range) in self.areas.iter().enumerate() {
            let above = match self.mode {
                Mode::Strict => area > range.high,
                Mode::Corrected => area >= range.high,
            };
            flags |= u32::from(area < range.low || above) << bit;
        }
        flags
    }

    /// Words that hold one flag per threshold.
    pub(super) fn words(&self) -> usize {
        self.iou_thresholds.len().div_ceil(FLAGS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_on_the_border_is_in_two_ranges_or_in_the_upper_one() {
        let strict = Settings::new(Similarity::Boxes, Mode::Strict);
        let corrected = Settings::new(Similarity::Boxes, Mode::Corrected);
        assert_eq!(strict.outside(1024.0), 0b1000);
        assert_eq!(corrected.outside(1024.0), 0b1010);
        assert_eq!(strict.outside(2e10), 0b1111);
        assert_eq!(corrected.outside(2e10), 0b0110);
    }

    #[test]
    fn settings_that_make_no_sense_are_refused() {
        let with = |change: fn(&mut Settings)| {
            let mut settings = Settings::new(Similarity::Boxes, Mode::Strict);
            change(&mut settings);
            settings.checked().unwrap_err().to_string()
        };
        assert_eq!(
            with(|s| s.max_dets.clear()),
            "evaluation: got []; expected 1 to 32 limits of detections"
        );
        assert!(with(|s| s.iou_thresholds[3] = f64::NAN).contains("finite IoU thresholds"));
        assert!(with(|s| s.areas.clear()).contains("ranges of areas"));
        assert!(with(|s| s.recall_thresholds[0] = f64::INFINITY).contains("recall"));
    }
}
