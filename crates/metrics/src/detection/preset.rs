//! Numbers as a given tool computes them, and why two tools differ.
//!
//! "AP" and "mAP" name at least eight numbers. A preset is everything that a tool decides: how detections find objects,
//! what overlap is asked for and whether meeting it exactly is enough, what a corner is, what does not count, at
//! which recalls precision is read, and which classes are averaged. [`Preset::differences`] lists where two of them part.

use std::fmt;

use super::{Bound, Interpolation, VocRule};
use crate::{CocoSettings, Extent, Mode, Similarity};

/// A tool whose numbers are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// pycocotools 2.0.11.
    Pycocotools,
    /// torchmetrics 1.9 (`MeanAveragePrecision`).
    Torchmetrics,
    /// The development kit of Pascal VOC, 2007 to 2009.
    Voc2007,
    /// The development kit of Pascal VOC, from 2010.
    Voc2010,
    /// py-faster-rcnn with its 2007 measure, as for VOC 2007; also detectron's and mmdetection's VOC modes.
    PyFasterRcnn,
    /// py-faster-rcnn without its 2007 measure, as for VOC 2012.
    PyFasterRcnn2010,
    /// rafaelpadilla's Object-Detection-Metrics, every point.
    Rafaelpadilla,
    /// rafaelpadilla's Object-Detection-Metrics, eleven points.
    Rafaelpadilla11,
}

/// What the preset evaluates with.
#[derive(Clone, Debug, PartialEq)]
pub enum Protocol {
    /// COCO's matching and averages.
    Coco(CocoSettings),
    /// Pascal VOC's.
    Voc {
        /// When an object is found.
        rule: VocRule,
        /// Where precision is read.
        interpolation: Interpolation,
        /// Whether objects that are marked difficult are left out of the count.
        difficult: Difficult,
    },
}

/// What becomes of objects that are marked difficult.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difficult {
    /// They count for nothing, and neither does what finds them.
    Ignored,
    /// They are objects like others.
    Counted,
}

/// A decision on which two tools differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// What is decided.
    pub about: &'static str,
    /// How the first tool decides.
    pub one: &'static str,
    /// How the second does.
    pub other: &'static str,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; the other {}", self.about, self.one, self.other)
    }
}

/// What tools decide, in the order in which it is told.
const ABOUT: [&str; 8] = [
    "overlap asked for",
    "an overlap exactly as asked for",
    "which object a detection finds",
    "corners of boxes",
    "crowds and difficult objects",
    "where precision is read",
    "equal scores",
    "what is averaged",
];

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 8] = [
        Self::Pycocotools,
        Self::Torchmetrics,
        Self::Voc2007,
        Self::Voc2010,
        Self::PyFasterRcnn,
        Self::PyFasterRcnn2010,
        Self::Rafaelpadilla,
        Self::Rafaelpadilla11,
    ];

    /// The preset with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name() == name)
    }

    /// The name on a command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pycocotools => "pycocotools",
            Self::Torchmetrics => "torchmetrics",
            Self::Voc2007 => "voc2007",
            Self::Voc2010 => "voc2010",
            Self::PyFasterRcnn => "py-faster-rcnn",
            Self::PyFasterRcnn2010 => "py-faster-rcnn-2010",
            Self::Rafaelpadilla => "rafaelpadilla",
            Self::Rafaelpadilla11 => "rafaelpadilla-11",
        }
    }

    /// Half a sentence about the tool.
    pub fn about(self) -> &'static str {
        match self {
            Self::Pycocotools => "COCO's reference, bit for bit",
            Self::Torchmetrics => "pycocotools with thresholds and recalls rounded to float32",
            Self::Voc2007 => "Pascal VOC development kit, 11 recalls",
            Self::Voc2010 => "Pascal VOC development kit, area under the curve",
            Self::PyFasterRcnn => "py-faster-rcnn and its children, 11 recalls, overlap above 0.5",
            Self::PyFasterRcnn2010 => "py-faster-rcnn and its children, area, overlap above 0.5",
            Self::Rafaelpadilla => "Object-Detection-Metrics, area, difficult objects count",
            Self::Rafaelpadilla11 => {
                "Object-Detection-Metrics, 11 recalls, difficult objects count"
            }
        }
    }

    /// What to evaluate with; `similarity` matters to the presets of COCO alone.
    pub fn protocol(self, similarity: Similarity) -> Protocol {
        let voc = |bound, interpolation, difficult| Protocol::Voc {
            rule: VocRule { threshold: 0.5, bound, extent: Extent::Inclusive },
            interpolation,
            difficult,
        };
        let (eleven, all) = (Interpolation::ElevenPoint, Interpolation::AllPoint);
        match self {
            Self::Pycocotools => Protocol::Coco(CocoSettings::new(similarity, Mode::Strict)),
            Self::Torchmetrics => Protocol::Coco(CocoSettings {
                iou_thresholds: linspace_f32(0.5, 0.95, 10),
                recall_thresholds: linspace_f32(0.0, 1.0, 101),
                ..CocoSettings::new(similarity, Mode::Strict)
            }),
            Self::Voc2007 => voc(Bound::AtLeast, eleven, Difficult::Ignored),
            Self::Voc2010 => voc(Bound::AtLeast, all, Difficult::Ignored),
            Self::PyFasterRcnn => voc(Bound::Above, eleven, Difficult::Ignored),
            Self::PyFasterRcnn2010 => voc(Bound::Above, all, Difficult::Ignored),
            Self::Rafaelpadilla => voc(Bound::AtLeast, all, Difficult::Counted),
            Self::Rafaelpadilla11 => voc(Bound::AtLeast, eleven, Difficult::Counted),
        }
    }

    /// What the tool decides, each with what it is about.
    pub fn decisions(self) -> [(&'static str, &'static str); 8] {
        let coco = matches!(self, Self::Pycocotools | Self::Torchmetrics);
        let (bound, area, counted) = match self.protocol(Similarity::Boxes) {
            Protocol::Coco(_) => (Bound::AtLeast, false, false),
            Protocol::Voc { rule, interpolation, difficult } => (
                rule.bound,
                interpolation == Interpolation::AllPoint,
                difficult == Difficult::Counted,
            ),
        };
        let decided = [
            match self {
                Self::Pycocotools => "0.50, 0.55, … 0.95 (the ninth is 0.8999999999999999)",
                Self::Torchmetrics => "0.5, 0.550000011920929, … 0.949999988079071 (float32)",
                _ => "0.5",
            },
            match bound {
                Bound::AtLeast => "is enough",
                Bound::Above => "is not enough",
            },
            if coco {
                "the most overlapped object of its class that is free, the last of equals"
            } else {
                "the most overlapped object of its class, found before or not, the first of equals"
            },
            if coco { "points: width is x2 − x1" } else { "pixels: width is x2 − x1 + 1" },
            match (coco, counted) {
                (true, _) => {
                    "crowds are ignored, as is what lies in them; other marks have no effect"
                }
                (false, false) => "difficult objects are ignored, as is what finds them",
                (false, true) => "difficult objects count like others",
            },
            match self {
                Self::Pycocotools => "at the recalls 0, 0.01, … 1",
                Self::Torchmetrics => {
                    "at the recalls 0, 0.01, … 1 rounded to float32, 60 of them down"
                }
                _ if area => "at every recall: the area under the envelope",
                _ => "at the recalls 0, 0.1, … 1, with 0.30000000000000004 for 0.3",
            },
            match self {
                Self::Pycocotools | Self::Torchmetrics => {
                    "by image id, then in the order of the file"
                }
                Self::PyFasterRcnn | Self::PyFasterRcnn2010 => {
                    "in no defined order (an unstable sort); here in that of the file"
                }
                _ => "in the order of the file",
            },
            if coco {
                "classes with objects, overlaps and recalls together, at most 100 detections of an image and class"
            } else {
                "classes with objects, all detections"
            },
        ];
        std::array::from_fn(|at| (ABOUT[at], decided[at]))
    }

    /// On what two tools differ; empty for one and the same.
    pub fn differences(self, other: Self) -> Vec<Disagreement> {
        let both = self.decisions().into_iter().zip(other.decisions());
        let parted = both.filter(|((_, one), (_, other))| one != other);
        parted.map(|((about, one), (_, other))| Disagreement { about, one, other }).collect()
    }
}

/// `torch.linspace` in float32: the lower half counts up from the start, the upper down from the end, each with one rounding.
fn linspace_f32(start: f32, end: f32, count: u32) -> Vec<f64> {
    let step = f64::from((end - start) / (count - 1) as f32);
    let number = |at: u32| {
        if at < count / 2 {
            f64::from(start) + step * f64::from(at)
        } else {
            f64::from(end) - step * f64::from(count - 1 - at)
        }
    };
    (0..count).map(|at| f64::from(number(at) as f32)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "the grids are checked to the last bit")]
    fn the_grids_of_torchmetrics_are_torchs_to_the_bit() {
        // torch.linspace(0.5, 0.95, 10).tolist() and entries of torch.linspace(0, 1, 101).tolist(), torch 2.15.0
        let thresholds = [
            0.5,
            0.550_000_011_920_929,
            0.600_000_023_841_857_9,
            0.649_999_976_158_142_1,
            0.699_999_988_079_071,
            0.75,
            0.800_000_011_920_929,
            0.850_000_023_841_857_9,
            0.899_999_976_158_142_1,
            0.949_999_988_079_071,
        ];
        assert_eq!(linspace_f32(0.5, 0.95, 10), thresholds);
        let recalls = linspace_f32(0.0, 1.0, 101);
        for (at, recall) in [
            (3, 0.029_999_999_329_447_746),
            (35, 0.349_999_994_039_535_5),
            (53, 0.530_000_030_994_415_3),
            (58, 0.579_999_983_310_699_5),
            (70, 0.699_999_988_079_071),
            (99, 0.990_000_009_536_743_2),
        ] {
            assert_eq!(recalls[at], recall, "{at}");
        }
        let below = (0..=100).filter(|&at| recalls[at] < at as f64 / 100.0).count();
        let above = (0..=100).filter(|&at| recalls[at] > at as f64 / 100.0).count();
        assert_eq!((below, above), (60, 36));
    }

    #[test]
    fn names_lead_back_to_their_presets_and_only_twins_agree_on_everything() {
        for one in Preset::ALL {
            assert_eq!(Preset::named(one.name()), Some(one));
            for other in Preset::ALL {
                assert_eq!(one.differences(other).is_empty(), one == other, "{one:?} {other:?}");
            }
        }
        assert_eq!(Preset::named("matlab"), None);
    }

    #[test]
    fn what_parts_two_papers_is_told_in_words() {
        let parted = Preset::Voc2007.differences(Preset::PyFasterRcnn);
        let about: Vec<&str> = parted.iter().map(|difference| difference.about).collect();
        assert_eq!(about, ["an overlap exactly as asked for", "equal scores"]);
        assert_eq!(
            parted[0].to_string(),
            "an overlap exactly as asked for: is enough; the other is not enough"
        );
    }
}
