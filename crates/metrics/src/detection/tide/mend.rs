//! AP with some mistakes mended.
//!
//! Equal scores are taken in the order in which the published tool builds its lists: mended and unmended mistakes first,
//! image by image, then the hits. Without mending, detections stand image by image, best first.

use std::collections::BTreeMap;

use super::Mistake;
use super::ap::Class;
use super::judge::{Fate, Judged};

/// All images, judged, and the AP of their classes under various repairs.
pub(super) struct Run<'a> {
    images: &'a [Judged],
}

type Classes = BTreeMap<u32, Class>;

/// Mean over the classes that have something; `None` where none has.
fn mean(classes: &Classes) -> Option<f64> {
    let each: Vec<f64> =
        classes.values().filter(|class| !class.is_empty()).map(Class::ap).collect();
    (!each.is_empty()).then(|| each.iter().sum::<f64>() / each.len() as f64)
}

impl<'a> Run<'a> {
    pub(super) fn new(images: &'a [Judged]) -> Self {
        Self { images }
    }

    /// AP with nothing mended.
    pub(super) fn ap(&self) -> Option<f64> {
        let mut classes = self.objects();
        for said in self.images.iter().flat_map(|image| &image.said) {
            let hit = match said.fate {
                Fate::Hit => true,
                Fate::Mistake { reason, .. } if reason.in_crowd => continue,
                Fate::Mistake { .. } => false,
            };
            classes.entry(said.category).or_default().points.push((said.score, hit));
        }
        mean(&classes)
    }

    /// AP with every mistake of a kind mended.
    pub(super) fn mended(&self, kind: Mistake) -> Option<f64> {
        let mut classes = self.objects();
        for image in self.images {
            for said in &image.said {
                let Fate::Mistake { reason, repaired } = said.fate else { continue };
                let point = if reason.kind == kind {
                    repaired.map(|category| (category, true))
                } else {
                    (!reason.in_crowd).then_some((said.category, false))
                };
                if let Some((category, hit)) = point {
                    classes.entry(category).or_default().points.push((said.score, hit));
                }
            }
            if kind == Mistake::Miss {
                for lost in image.lost.iter().filter(|lost| lost.missed.is_some()) {
                    classes.entry(lost.category).or_default().objects -= 1;
                }
            }
        }
        self.add_hits(&mut classes, |score| score);
        mean(&classes)
    }

    /// AP when false positives score 0 and hits 1.
    pub(super) fn without_false_positives(&self) -> Option<f64> {
        let mut classes = self.objects();
        self.add_misses(&mut classes, |_| 0.0);
        self.add_hits(&mut classes, |_| 1.0);
        mean(&classes)
    }

    /// AP when the objects that were not found are dropped.
    pub(super) fn without_misses(&self) -> Option<f64> {
        let mut classes = self.objects();
        for lost in self.images.iter().flat_map(|image| &image.lost) {
            classes.entry(lost.category).or_default().objects -= 1;
        }
        self.add_misses(&mut classes, |score| score);
        self.add_hits(&mut classes, |score| score);
        mean(&classes)
    }

    fn objects(&self) -> Classes {
        let mut classes = Classes::new();
        for &category in self.images.iter().flat_map(|image| &image.objects) {
            classes.entry(category).or_default().objects += 1;
        }
        classes
    }

    fn add_hits(&self, classes: &mut Classes, score: impl Fn(f64) -> f64) {
        for said in self.images.iter().flat_map(|image| &image.said) {
            if matches!(said.fate, Fate::Hit) {
                classes.entry(said.category).or_default().points.push((score(said.score), true));
            }
        }
    }

    fn add_misses(&self, classes: &mut Classes, score: impl Fn(f64) -> f64) {
        for said in self.images.iter().flat_map(|image| &image.said) {
            if let Fate::Mistake { reason, .. } = said.fate
                && !reason.in_crowd
            {
                classes.entry(said.category).or_default().points.push((score(said.score), false));
            }
        }
    }
}
