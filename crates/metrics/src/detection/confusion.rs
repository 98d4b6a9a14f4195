//! Which class was said for which, with a class for nothing.
//!
//! A row is what is there and a column what was said; the last row and column, *background*, are nothing: a detection
//! without an object is in the last row, an object without a detection in the last column. Three conventions are in
//! use, and give different numbers:
//!
//! - [`Pairing::ClassFirst`]: detections are matched inside their class as COCO matches them; what is left is
//!   paired across classes, in descending order of score, each with the free object that it overlaps most. The
//!   diagonal is then the number of hits that average precision counts.
//! - [`Pairing::ScoreFirst`]: without regard to classes, detections in descending order of score each take the
//!   free object that they overlap most. Ultralytics does so from 8.4.
//! - [`Pairing::OverlapFirst`]: without regard to classes, every detection chooses the object that it overlaps most, and
//!   every object the detection that overlaps it most among those that chose it. Ultralytics did so before, and so do most
//!   stand-alone scripts; a wrong class with a slightly better box takes the object from the right one.
//!
//! Detections with a score below `score` are left out, as are those that a crowd of their class swallows.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Scene;
use super::judgements::{Fate, judge};

/// How detections and objects are paired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Pairing {
    /// Inside classes first, as COCO does, then across.
    ClassFirst,
    /// Across classes by score, as Ultralytics does.
    ScoreFirst,
    /// Across classes by overlap, as Ultralytics did before 8.4.
    OverlapFirst,
}

/// Which detections are looked at and what is a pair.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ConfusionRule {
    /// How detections and objects are paired.
    pub pairing: Pairing,
    /// Overlap that makes a pair: at least this with [`Pairing::ClassFirst`], more than this with the others.
    pub overlap: f64,
    /// Least score: at least this with [`Pairing::ClassFirst`], more than this with the others.
    pub score: f64,
}

impl ConfusionRule {
    /// COCO's matching at an overlap of 0.5 of the detections with a score of at least `score`.
    pub fn class_first(score: f64) -> Self {
        Self { pairing: Pairing::ClassFirst, overlap: 0.5, score }
    }

    /// The rule of Ultralytics 8.4: overlap above 0.45, score above 0.25.
    pub fn ultralytics() -> Self {
        Self { pairing: Pairing::ScoreFirst, overlap: 0.45, score: 0.25 }
    }
}

/// How often each class was said for each, kept for the pairs that occur.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DetectionConfusion {
    cells: BTreeMap<(Side, Side), u64>,
}

/// A class, or nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The class with this number.
    Class(u32),
    /// Nothing: no object, or no detection.
    Background,
}

impl DetectionConfusion {
    /// Counts the pairs of all scenes.
    pub fn new(scenes: impl IntoIterator<Item = Scene>, rule: ConfusionRule) -> Self {
        let mut confusion = Self::default();
        for scene in scenes {
            match rule.pairing {
                Pairing::ClassFirst => confusion.class_first(scene, rule),
                Pairing::ScoreFirst => confusion.across(&scene, rule, score_first),
                Pairing::OverlapFirst => confusion.across(&scene, rule, overlap_first),
            }
        }
        confusion
    }

    /// How often `said` was said for `truth`.
    pub fn count(&self, truth: Side, said: Side) -> u64 {
        self.cells.get(&(truth, said)).copied().unwrap_or(0)
    }

    /// Cells that are not 0, by truth, then by what was said.
    pub fn cells(&self) -> impl Iterator<Item = (Side, Side, u64)> {
        self.cells.iter().map(|(&(truth, said), &count)| (truth, said, count))
    }

    /// Rows and columns of `classes` classes and of the background behind them, for drawing.
    ///
    /// Counts of classes with larger numbers are in the background's row or column.
    pub fn dense(&self, classes: u32) -> Vec<Vec<u64>> {
        let at = |side| match side {
            Side::Class(class) => class.min(classes) as usize,
            Side::Background => classes as usize,
        };
        let mut rows = vec![vec![0; classes as usize + 1]; classes as usize + 1];
        for (truth, said, count) in self.cells() {
            rows[at(truth)][at(said)] += count;
        }
        rows
    }

    fn add(&mut self, truth: Side, said: Side) {
        *self.cells.entry((truth, said)).or_default() += 1;
    }

    fn class_first(&mut self, mut scene: Scene, rule: ConfusionRule) {
        keep(&mut scene, |score| score >= rule.score);
        let class = |object: usize| Side::Class(scene.objects[object].category);
        let mut open: Vec<bool> = scene.objects.iter().map(|object| !object.ignored).collect();
        let mut left = Vec::new();
        for (detection, fate) in judge(&scene, rule.overlap, usize::MAX) {
            match fate {
                Fate::Took(object) if scene.objects[object].ignored => {}
                Fate::Took(object) => {
                    open[object] = false;
                    self.add(class(object), class(object));
                }
                Fate::Nothing => left.push(detection),
            }
        }
        for detection in left {
            let mut best: Option<(f64, usize)> = None;
            for object in (0..scene.objects.len()).filter(|&object| open[object]) {
                let overlap = scene.overlap(detection, object);
                if overlap >= rule.overlap && best.is_none_or(|(most, _)| overlap > most) {
                    best = Some((overlap, object));
                }
            }
            let said = Side::Class(scene.detections[detection].category);
            match best {
                Some((_, object)) => {
                    open[object] = false;
                    self.add(class(object), said);
                }
                None => self.add(Side::Background, said),
            }
        }
        for object in (0..scene.objects.len()).filter(|&object| open[object]) {
            self.add(class(object), Side::Background);
        }
    }

    /// Counts a scene whose detections and objects `pair` pairs without regard to classes.
    fn across(&mut self, scene: &Scene, rule: ConfusionRule, pair: Pair) {
        let objects = 0..scene.objects.len();
        let real: Vec<usize> = objects.filter(|&object| !scene.objects[object].ignored).collect();
        let order = scene.by_score().into_iter();
        let kept = order.filter(|&detection| scene.detections[detection].score > rule.score);
        let kept: Vec<usize> =
            kept.filter(|&detection| !in_crowd(scene, detection, rule)).collect();
        let by_object = pair(scene, &kept, &real, rule.overlap);
        let class = |object: usize| Side::Class(scene.objects[object].category);
        let said = |detection: usize| Side::Class(scene.detections[detection].category);
        for &object in &real {
            let by = by_object.get(&object).map_or(Side::Background, |&by| said(by));
            self.add(class(object), by);
        }
        let paired: BTreeSet<usize> = by_object.into_values().collect();
        for &detection in kept.iter().filter(|detection| !paired.contains(detection)) {
            self.add(Side::Background, said(detection));
        }
    }
}

/// From a scene, the detections and objects that take part and the overlap that is not enough, the detection of each
/// object that has one.
type Pair = fn(&Scene, &[usize], &[usize], f64) -> BTreeMap<usize, usize>;

fn score_first(scene: &Scene, kept: &[usize], real: &[usize], over: f64) -> BTreeMap<usize, usize> {
    let mut by_object = BTreeMap::new();
    for &detection in kept {
        let free = real.iter().copied().filter(|object| !by_object.contains_key(object));
        if let Some((_, object)) = most_overlapped(scene, detection, free, over) {
            by_object.insert(object, detection);
        }
    }
    by_object
}

fn overlap_first(
    scene: &Scene,
    kept: &[usize],
    real: &[usize],
    over: f64,
) -> BTreeMap<usize, usize> {
    let mut chosen: BTreeMap<usize, (f64, usize)> = BTreeMap::new();
    for &detection in kept {
        let choice = most_overlapped(scene, detection, real.iter().copied(), over);
        let Some((overlap, object)) = choice else { continue };
        let rival = chosen.entry(object).or_insert((overlap, detection));
        if overlap > rival.0 {
            *rival = (overlap, detection);
        }
    }
    chosen.into_iter().map(|(object, (_, detection))| (object, detection)).collect()
}

/// The first of the objects that a detection overlaps most, if that is over `over`.
fn most_overlapped(
    scene: &Scene,
    detection: usize,
    objects: impl Iterator<Item = usize>,
    over: f64,
) -> Option<(f64, usize)> {
    let mut best: Option<(f64, usize)> = None;
    for object in objects {
        let overlap = scene.overlap(detection, object);
        if overlap > over && best.is_none_or(|(most, _)| overlap > most) {
            best = Some((overlap, object));
        }
    }
    best
}

/// Whether a detection lies in a crowd of its class and overlaps no object of any class enough.
fn in_crowd(scene: &Scene, detection: usize, rule: ConfusionRule) -> bool {
    let category = scene.detections[detection].category;
    let row = scene.objects.iter().zip(scene.row(detection));
    let enough = |(_, overlap): &(_, &f64)| **overlap > rule.overlap;
    let mut enough = row.filter(enough).map(|(object, _)| object).peekable();
    enough.peek().is_some() && enough.all(|object| object.ignored && object.category == category)
}

/// Drops detections, and their overlaps, whose score does not fit.
fn keep(scene: &mut Scene, fits: impl Fn(f64) -> bool) {
    let width = scene.objects.len();
    let kept: Vec<usize> =
        (0..scene.detections.len()).filter(|&at| fits(scene.detections[at].score)).collect();
    scene.overlaps = kept
        .iter()
        .flat_map(|&at| &scene.overlaps[at * width..(at + 1) * width])
        .copied()
        .collect();
    scene.detections = kept.iter().map(|&at| scene.detections[at]).collect();
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::scene::random;
    use super::super::{Judgements, Outcome, SceneDetection, SceneObject};
    use super::*;

    const CLASSES: [Side; 2] = [Side::Class(0), Side::Class(1)];

    /// One object of class 0; a detection of class 1 with the better box, and the right one with the better score.
    fn rivals() -> Scene {
        Scene {
            objects: vec![SceneObject { category: 0, ignored: false, crowd: false, number: 0 }],
            detections: vec![
                SceneDetection { category: 1, score: 0.8, number: 0 },
                SceneDetection { category: 0, score: 0.9, number: 1 },
            ],
            overlaps: vec![0.95, 0.7],
        }
    }

    #[test]
    fn the_conventions_part_where_a_wrong_class_has_the_better_box() {
        let [zero, one] = CLASSES;
        let count = |pairing| {
            let rule = ConfusionRule { pairing, overlap: 0.5, score: 0.0 };
            let confusion = DetectionConfusion::new([rivals()], rule);
            confusion.cells().collect::<Vec<_>>()
        };
        let right = vec![(zero, zero, 1), (Side::Background, one, 1)];
        assert_eq!(count(Pairing::ClassFirst), right);
        assert_eq!(count(Pairing::ScoreFirst), right);
        let wrong = vec![(zero, one, 1), (Side::Background, zero, 1)];
        assert_eq!(count(Pairing::OverlapFirst), wrong);
    }

    #[test]
    fn what_a_crowd_swallows_is_not_counted() {
        let mut scene = rivals();
        (scene.objects[0].ignored, scene.objects[0].crowd) = (true, true);
        for rule in [ConfusionRule::class_first(0.0), ConfusionRule::ultralytics()] {
            let confusion = DetectionConfusion::new([scene.clone()], rule);
            let counted: Vec<_> = confusion.cells().collect();
            assert_eq!(counted, [(Side::Background, CLASSES[1], 1)], "{rule:?}");
        }
    }

    #[test]
    fn the_dense_table_puts_unknown_classes_with_the_background() {
        let confusion = DetectionConfusion::new([rivals()], ConfusionRule::class_first(0.0));
        assert_eq!(confusion.dense(2), [[1, 0, 0], [0, 0, 0], [0, 1, 0]]);
        assert_eq!(confusion.dense(1), [[1, 0], [0, 1]]);
    }

    proptest! {
        #[test]
        fn class_first_has_the_hits_of_average_precision_on_its_diagonal(
            scenes in random::scenes(4),
        ) {
            let confusion =
                DetectionConfusion::new(scenes.clone(), ConfusionRule::class_first(0.0));
            let judgements = Judgements::new(scenes.clone(), 0.5, usize::MAX);
            for (&class, judged) in &judgements.classes {
                let hits = judged.judged.iter().filter(|one| one.outcome == Outcome::Hit).count();
                let side = Side::Class(class);
                prop_assert_eq!(confusion.count(side, side), hits as u64);
            }
            let objects: usize =
                scenes.iter().flat_map(|scene| &scene.objects).filter(|one| !one.ignored).count();
            let rows = confusion.cells().filter(|cell| cell.0 != Side::Background);
            prop_assert_eq!(rows.map(|cell| cell.2).sum::<u64>(), objects as u64);
        }
    }
}
