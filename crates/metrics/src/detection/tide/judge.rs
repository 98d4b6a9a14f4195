//! The mistakes of one image.

use super::{Mistake, Reason, TideRule};
use crate::detection::{Scene, SceneObject};

/// A detection of an image after matching.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said {
    pub(super) category: u32,
    pub(super) score: f64,
    pub(super) fate: Fate,
}

/// What became of a detection.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fate {
    Hit,
    /// `repaired` is the class of the hit that mending makes of it, where mending does not drop it.
    Mistake {
        reason: Reason,
        repaired: Option<u32>,
    },
}

/// An object that is no crowd and that nothing found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lost {
    pub(super) category: u32,
    /// Present where no other mistake could be mended to find it.
    pub(super) missed: Option<Reason>,
}

/// One image, judged: detections best first.
#[derive(Clone, Debug, Default)]
pub(super) struct Judged {
    pub(super) said: Vec<Said>,
    pub(super) lost: Vec<Lost>,
    /// Categories of all objects that are no crowds.
    pub(super) objects: Vec<u32>,
}

impl Judged {
    pub(super) fn reasons(&self) -> impl Iterator<Item = Reason> {
        let said = self.said.iter().filter_map(|said| match said.fate {
            Fate::Hit => None,
            Fate::Mistake { reason, .. } => Some(reason),
        });
        said.chain(self.lost.iter().filter_map(|lost| lost.missed))
    }
}

/// Position and value of the first of the largest; `None` when all are 0 or there is none.
fn largest(values: impl Iterator<Item = f64>) -> Option<(usize, f64)> {
    let mut best: Option<(usize, f64)> = None;
    for (index, value) in values.enumerate() {
        if best.is_none_or(|(_, most)| value > most) {
            best = Some((index, value));
        }
    }
    best
}

pub(super) fn judge(image: usize, scene: &Scene, rule: TideRule) -> Judged {
    let mut order = scene.by_score();
    order.truncate(rule.max_detections);
    // Objects that count, by their position in the scene.
    let real: Vec<usize> =
        (0..scene.objects.len()).filter(|&object| !scene.objects[object].ignored).collect();
    let category = |at: usize| scene.objects[real[at]].category;
    let taken = take(scene, &order, &real, rule.foreground);
    let is_taken = |at: usize| taken.contains(&Some(at));

    // Which free objects a Loc or Cls detection could find; the first to say so is the surest.
    let mut claimed = vec![false; real.len()];
    let mut judged = Judged::default();
    for (rank, &detection) in order.iter().enumerate() {
        let said = scene.detections[detection];
        let row = scene.row(detection);
        let mut fate = Fate::Hit;
        if taken[rank].is_none() {
            let masked = |keep: &dyn Fn(usize) -> bool| {
                largest((0..real.len()).map(|at| if keep(at) { row[real[at]] } else { 0.0 }))
            };
            let same = masked(&|at| category(at) == said.category);
            let other = masked(&|at| category(at) != said.category);
            let used = masked(&|at| category(at) == said.category && is_taken(at));
            let any = masked(&|_| true);
            let (kind, object) = match (same, other, used, any) {
                (None, ..) => (Mistake::Bkg, None),
                (Some((at, iou)), ..) if rule.background <= iou && iou <= rule.foreground => {
                    (Mistake::Loc, Some(at))
                }
                (_, Some((at, iou)), ..) if iou >= rule.foreground => (Mistake::Cls, Some(at)),
                (_, _, Some((at, iou)), _) if iou >= rule.foreground => (Mistake::Dupe, Some(at)),
                (.., Some((_, iou))) if iou <= rule.background => (Mistake::Bkg, None),
                (.., any) => (Mistake::Both, any.map(|(at, _)| at)),
            };
            let repaired = match (kind, object) {
                (Mistake::Loc | Mistake::Cls, Some(at)) if !is_taken(at) => {
                    let surest = !std::mem::replace(&mut claimed[at], true);
                    surest.then(|| category(at))
                }
                _ => None,
            };
            let reason = Reason {
                kind,
                image,
                detection: Some(said.number),
                score: Some(said.score),
                category: said.category,
                object: object.map(|at| scene.objects[real[at]].number),
                same_class_overlap: same.map_or(0.0, |(_, iou)| iou),
                best_overlap: any.map_or(0.0, |(_, iou)| iou),
                in_crowd: in_crowd(scene, detection, rule.foreground),
            };
            fate = Fate::Mistake { reason, repaired };
        }
        judged.said.push(Said { category: said.category, score: said.score, fate });
    }
    judged.objects = (0..real.len()).map(category).collect();
    let free = (0..real.len()).filter(|&at| !is_taken(at));
    judged.lost = free.map(|at| lost(image, scene, real[at], claimed[at])).collect();
    judged
}

/// The object that each detection takes, in descending order of score: the first of those of its class that it overlaps
/// most among the free ones, if that is enough.
fn take(scene: &Scene, order: &[usize], real: &[usize], enough: f64) -> Vec<Option<usize>> {
    let mut free = vec![true; real.len()];
    let choose = |&detection: &usize| {
        let said = scene.detections[detection];
        let row = scene.row(detection);
        let open = |at: usize| free[at] && scene.objects[real[at]].category == said.category;
        let overlaps = (0..real.len()).map(|at| if open(at) { row[real[at]] } else { 0.0 });
        let (at, _) = largest(overlaps).filter(|&(_, overlap)| overlap >= enough)?;
        free[at] = false;
        Some(at)
    };
    order.iter().map(choose).collect()
}

/// Whether more than `enough` of a detection lies in a crowd of its class.
fn in_crowd(scene: &Scene, detection: usize, enough: f64) -> bool {
    let category = scene.detections[detection].category;
    let crowds = scene.objects.iter().zip(scene.row(detection));
    let mut crowds = crowds.filter(|(object, _)| object.ignored && object.category == category);
    crowds.any(|(_, &inside)| inside > enough)
}

fn lost(image: usize, scene: &Scene, object: usize, claimed: bool) -> Lost {
    let SceneObject { category, number, .. } = scene.objects[object];
    let overlap = |same: bool| {
        let detections = scene.detections.iter().enumerate();
        let fitting = detections.filter(|(_, said)| !same || said.category == category);
        fitting.map(|(at, _)| scene.overlap(at, object)).fold(0.0, f64::max)
    };
    let missed = (!claimed).then(|| Reason {
        kind: Mistake::Miss,
        image,
        detection: None,
        score: None,
        category,
        object: Some(number),
        same_class_overlap: overlap(true),
        best_overlap: overlap(false),
        in_crowd: false,
    });
    Lost { category, missed }
}
