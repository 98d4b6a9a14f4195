//! What each kind of mistake costs, by the rules of TIDE.
//!
//! Every false positive gets one kind, the first that fits (`pos` is the overlap asked for, `bg` that of background):
//!
//! ```text
//! Loc    bg ≤ overlap ≤ pos with an object of its class      right class, box too far off
//! Cls    overlap ≥ pos with an object of another class       right box, wrong class
//! Dupe   overlap ≥ pos with an object that is taken          found before
//! Bkg    overlap ≤ bg with every object                      nothing there
//! Both   otherwise                                           box off and class wrong
//! Miss   an object that no Loc or Cls detection could find if it were mended
//! ```
//!
//! The cost of a kind is what AP gains when its mistakes alone are mended: `ΔAP = AP(mended) − AP`, at least 0, in AP
//! points (0 to 100, 0 is best). Mending Loc and Cls turns the surest detection of each free object into a hit and drops
//! the rest, mending Dupe, Bkg and Both drops the detections, mending Miss drops the objects. `FalsePos` mends all false
//! positives (their scores become 0, those of hits 1), `FalseNeg` all objects that were not found.
//!
//! The rules are those of the published tool, `tidecv` 1.0.1, whose numbers they equal, among them that:
//! at most `max_detections` an image are looked at, over all classes; a detection inside a crowd of its class is no
//! false positive but still a mistake of some kind, which mending can turn into a hit; a class without objects counts as
//! AP 0 while it has a detection; AP is the mean precision at the recalls 0, 0.01, … 1, in points.
//!
//! After Bolya, Foley, Hays and Hoffman (2020), arXiv:2008.08115.

mod ap;
mod judge;
mod mend;

use std::collections::BTreeMap;

use serde::Serialize;

use super::Scene;

/// What a mistake is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Mistake {
    /// The box is right and the class wrong.
    Cls,
    /// The class is right and the box too far off.
    Loc,
    /// Both are wrong.
    Both,
    /// The object was found before, by a surer detection.
    Dupe,
    /// There is nothing.
    Bkg,
    /// An object that nothing found.
    Miss,
}

impl Mistake {
    /// Every kind, in the order of the published tool.
    pub const ALL: [Self; 6] =
        [Self::Cls, Self::Loc, Self::Both, Self::Dupe, Self::Bkg, Self::Miss];

    /// The name that the published tool prints.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cls => "Cls",
            Self::Loc => "Loc",
            Self::Both => "Both",
            Self::Dupe => "Dupe",
            Self::Bkg => "Bkg",
            Self::Miss => "Miss",
        }
    }

    /// Half a sentence that says what is wrong.
    pub fn about(self) -> &'static str {
        match self {
            Self::Cls => "right box, wrong class",
            Self::Loc => "right class, box too far off",
            Self::Both => "box too far off and class wrong",
            Self::Dupe => "object found before by a surer detection",
            Self::Bkg => "nothing there",
            Self::Miss => "object that nothing found",
        }
    }
}

/// The overlaps and the number of detections that TIDE looks at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TideRule {
    /// Overlap that makes a hit, `pos`.
    pub foreground: f64,
    /// Overlap up to which a detection has found nothing, `bg`.
    pub background: f64,
    /// The most detections of an image, over all classes, best scores first.
    pub max_detections: usize,
}

impl Default for TideRule {
    /// 0.5, 0.1 and 100, as the published tool has them.
    fn default() -> Self {
        Self { foreground: 0.5, background: 0.1, max_detections: 100 }
    }
}

/// One mistake: the entry of a list of reasons.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Reason {
    /// What is wrong.
    pub kind: Mistake,
    /// Position of the image among the scenes.
    pub image: usize,
    /// Position of the detection among all detections; `None` for an object that was missed.
    pub detection: Option<usize>,
    /// The detection's score.
    pub score: Option<f64>,
    /// Number of the category that the detection has, or the missed object.
    pub category: u32,
    /// Position, among all objects, of the one that the mistake is about, where there is one.
    pub object: Option<usize>,
    /// Largest overlap with an object of the same class, 0 to 1.
    pub same_class_overlap: f64,
    /// Largest overlap with any object, 0 to 1.
    pub best_overlap: f64,
    /// Whether the detection lies in a crowd of its class and so is no false positive.
    pub in_crowd: bool,
}

/// The costs of all kinds of mistakes, in AP points.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tide {
    /// The rule that was used.
    #[serde(skip)]
    pub rule: TideRule,
    /// AP at the foreground overlap, 0 to 100; larger is better. `None` without any object or detection.
    pub ap: Option<f64>,
    /// Gain of AP when one kind is mended, in points, 0 or more.
    pub delta_ap: BTreeMap<&'static str, f64>,
    /// Gain of AP when all false positives are mended; may be negative by rounding.
    pub false_positives: f64,
    /// Gain of AP when all objects that were not found are dropped.
    pub false_negatives: f64,
    /// How many mistakes there are of each kind.
    pub counts: BTreeMap<&'static str, usize>,
    /// Every mistake, image by image, best score first, missed objects last.
    #[serde(skip)]
    pub reasons: Vec<Reason>,
}

/// Sorts the mistakes of all images into kinds and says what each kind costs.
pub fn tide(scenes: impl IntoIterator<Item = Scene>, rule: TideRule) -> Tide {
    let judged: Vec<judge::Judged> = (scenes.into_iter().enumerate())
        .map(|(image, scene)| judge::judge(image, &scene, rule))
        .collect();
    let run = mend::Run::new(&judged);
    let ap = run.ap();
    let gain = |kind| (run.mended(kind).unwrap_or(0.0) - ap.unwrap_or(0.0)).max(0.0);
    let reasons: Vec<Reason> = judged.iter().flat_map(judge::Judged::reasons).collect();
    let count = |kind| reasons.iter().filter(|reason| reason.kind == kind).count();
    Tide {
        rule,
        ap,
        delta_ap: Mistake::ALL.map(|kind| (kind.name(), gain(kind))).into(),
        false_positives: run.without_false_positives().unwrap_or(0.0) - ap.unwrap_or(0.0),
        false_negatives: run.without_misses().unwrap_or(0.0) - ap.unwrap_or(0.0),
        counts: Mistake::ALL.map(|kind| (kind.name(), count(kind))).into(),
        reasons,
    }
}
