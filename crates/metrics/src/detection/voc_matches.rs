//! What a data set judged by the rule of Pascal VOC comes to, on its images and on images drawn again.
//!
//! A drawn image stands for as many copies of it as it was drawn times: its objects are there so often, and each of its
//! detections stands so often in the list, one copy behind the other. Among equal scores the list decides, as everywhere
//! under this rule.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::average_precision::{mean, of_hits};
use super::bootstrap::{Bootstrap, Numbers, Resampling, Weighted, apart};
use super::compare::{Comparison, compare};
use super::scene::surest_first;
use super::{
    ClassJudgements, Difficult, Interpolation, Judgement, Outcome, VocClassResult, VocResult,
    VocRule,
};
use crate::{Counts, Error};

/// Judged detections of every class.
#[derive(Clone, Debug, PartialEq)]
pub struct VocMatches {
    /// Names of the images, in the order of their numbers.
    pub images: Vec<String>,
    /// When an object was found.
    pub rule: VocRule,
    /// Where precision is read.
    pub interpolation: Interpolation,
    /// What became of difficult objects.
    pub difficult: Difficult,
    /// The classes, by name.
    pub classes: BTreeMap<String, ClassJudgements>,
}

impl VocMatches {
    /// Average precision of every class and its mean.
    pub fn result(&self) -> VocResult {
        let drawn = self.drawn();
        let Numbers { summary, class_ap, .. } = drawn.numbers(&vec![1; self.images.len()]);
        let result = |((name, class), ap): ((&String, &ClassJudgements), Option<f64>)| {
            let count = |wanted| class.judged.iter().filter(|one| one.outcome == wanted).count();
            let (hits, misses) = (count(Outcome::Hit) as u64, count(Outcome::Miss) as u64);
            let fn_ = class.total().saturating_sub(hits);
            let counts = Counts { tp: hits, fp: misses, fn_, tn: 0 };
            let result = VocClassResult {
                objects: class.total() as usize,
                detections: class.judged.len(),
                hits,
                misses,
                ap,
                recall: crate::recall(counts),
                precision: crate::precision(counts),
            };
            (name.clone(), result)
        };
        let classes = self.classes.iter().zip(class_ap).map(result).collect();
        VocResult { map: summary[0], classes }
    }

    /// Estimates of the mean average precision and of the average precision of each class, from images drawn again.
    ///
    /// Classes are in the order of their names. Runs on the threads of the current pool; the numbers do not depend on how
    /// many there are.
    pub fn bootstrap(&self, resampling: Resampling) -> Bootstrap {
        self.drawn().bootstrap(resampling)
    }

    /// The mean average precision and that of each class with each image counted as often as its weight says.
    ///
    /// # Errors
    ///
    /// When there is not one weight for each image.
    pub fn weighted(&self, weights: &[u32]) -> Result<(Option<f64>, Vec<Option<f64>>), Error> {
        let images = self.images.len();
        if weights.len() != images {
            let got = format!("{} for {images}", weights.len());
            return Err(Error::Evaluation { what: "a weight for each image", got });
        }
        let Numbers { summary, class_ap, .. } = self.drawn().numbers(weights);
        Ok((summary[0], class_ap))
    }

    /// Compares with another detector, `other − self`, on the same images; see [`Comparison`].
    ///
    /// Classes are those that either has, in the order of their names.
    ///
    /// # Errors
    ///
    /// When the two were not evaluated alike.
    pub fn compare(&self, other: &Self, resampling: Resampling) -> Result<Comparison, Error> {
        if self.images != other.images || self.rules() != other.rules() {
            return Err(apart());
        }
        let (mut one, mut another) = (self.clone(), other.clone());
        for name in other.classes.keys() {
            one.classes.entry(name.clone()).or_default();
        }
        for name in self.classes.keys() {
            another.classes.entry(name.clone()).or_default();
        }
        let pairs = || one.classes.values().zip(another.classes.values());
        if pairs().any(|(one, other)| one.objects != other.objects) {
            return Err(apart());
        }
        let both = Drawn {
            images: 2 * one.images.len(),
            interpolation: one.interpolation,
            classes: pairs().map(|(one, other)| Ranks::new(&interleaved(one, other))).collect(),
        };
        Ok(compare(&one.drawn(), &another.drawn(), &both, resampling))
    }

    /// What was judged by.
    pub(super) fn rules(&self) -> (VocRule, Interpolation, Difficult) {
        (self.rule, self.interpolation, self.difficult)
    }

    fn drawn(&self) -> Drawn {
        Drawn {
            images: self.images.len(),
            interpolation: self.interpolation,
            classes: self.classes.values().map(Ranks::new).collect(),
        }
    }
}

/// The class in which image `2 i` holds the detections of one and `2 i + 1` those of another in image `i`.
///
/// Equal scores stay in the order of their lists, and at equal places in that of the images: whose list a detection comes
/// from decides nothing.
fn interleaved(one: &ClassJudgements, other: &ClassJudgements) -> ClassJudgements {
    let both = [(one, 0), (other, 1)];
    let judged = both.iter().flat_map(|&(class, which)| {
        class
            .judged
            .iter()
            .map(move |judged| Judgement { image: 2 * judged.image + which, ..*judged })
    });
    let mut judged: Vec<Judgement> = judged.collect();
    judged.sort_by(|a, b| {
        let place = a.detection.cmp(&b.detection).then(a.image.cmp(&b.image));
        surest_first(a.score, b.score).then(place)
    });
    let objects = both.iter().flat_map(|&(class, which)| {
        class.objects.iter().map(move |&(image, count)| (2 * image + which, count))
    });
    let mut objects: Vec<(u32, u32)> = objects.collect();
    objects.sort_unstable();
    ClassJudgements { objects, judged }
}

/// What a change of the images' weights needs.
struct Drawn {
    images: usize,
    interpolation: Interpolation,
    classes: Vec<Ranks>,
}

/// The detections of a class that count, up to the last that hits.
struct Ranks {
    objects: Vec<(u32, u32)>,
    /// Image of each, and whether it hits.
    said: Vec<(u32, bool)>,
}

impl Ranks {
    fn new(class: &ClassJudgements) -> Self {
        let counting = class.judged.iter().filter(|judged| judged.outcome != Outcome::Ignored);
        let mut said: Vec<(u32, bool)> =
            counting.map(|judged| (judged.image, judged.outcome == Outcome::Hit)).collect();
        said.truncate(said.iter().rposition(|&(_, hit)| hit).map_or(0, |last| last + 1));
        Self { objects: class.objects.clone(), said }
    }

    fn average_precision(&self, weights: &[u32], interpolation: Interpolation) -> Option<f64> {
        let weight = |image: u32| u64::from(weights[image as usize]);
        let objects: u64 =
            self.objects.iter().map(|&(image, count)| weight(image) * u64::from(count)).sum();
        if objects == 0 {
            return None;
        }
        let (mut counted, mut at_hits) = (0, Vec::new());
        for &(image, hit) in &self.said {
            let times = weight(image);
            if hit {
                at_hits.extend(counted + 1..=counted + times);
            }
            counted += times;
        }
        Some(of_hits(&at_hits, objects, interpolation))
    }
}

impl Drawn {
    fn numbers(&self, weights: &[u32]) -> Numbers {
        let class_ap: Vec<Option<f64>> = (self.classes.iter())
            .map(|class| class.average_precision(weights, self.interpolation))
            .collect();
        let each: Vec<f64> = class_ap.iter().copied().flatten().collect();
        // The rule has one overlap, which is the first as well.
        Numbers { summary: vec![mean(&each)], class_ap_first: class_ap.clone(), class_ap }
    }
}

impl Weighted for Drawn {
    fn images(&self) -> usize {
        self.images
    }

    fn names(&self) -> Vec<String> {
        vec!["mAP".to_owned()]
    }

    fn all_numbers(
        &self,
        count: usize,
        weights: impl Fn(usize) -> Vec<u32> + Sync,
    ) -> Vec<Numbers> {
        (0..count).into_par_iter().map(|index| self.numbers(&weights(index))).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const IMAGES: u32 = 3;

    fn class() -> impl Strategy<Value = ClassJudgements> {
        let outcome = prop_oneof![Just(Outcome::Hit), Just(Outcome::Miss), Just(Outcome::Ignored)];
        let said = prop::collection::vec((0..IMAGES, 0_u8..4, outcome), 0..9);
        (prop::array::uniform3(0_u32..3), said).prop_map(|(counts, said)| {
            let judged =
                said.into_iter().enumerate().map(|(detection, (image, score, outcome))| {
                    let score = f64::from(score);
                    Judgement { image, detection, score, outcome, overlap: 0.0, object: None }
                });
            let mut judged: Vec<Judgement> = judged.collect();
            judged.sort_by(|a, b| surest_first(a.score, b.score));
            let objects = (0..IMAGES).zip(counts).filter(|&(_, count)| count > 0).collect();
            ClassJudgements { objects, judged }
        })
    }

    proptest! {
        /// Choosing one's images from the interleaved pair gives one's numbers, and the other's the other's; whose list a
        /// detection comes from decides nothing.
        #[test]
        fn an_interleaved_pair_holds_both(
            one in class(),
            other in class(),
            weights in prop::array::uniform3(0_u32..3),
            coins in prop::array::uniform3(0_u32..2),
        ) {
            let how = Interpolation::AllPoint;
            let both = Ranks::new(&interleaved(&one, &other));
            for (which, alone) in [&one, &other].into_iter().enumerate() {
                let chosen: Vec<u32> = weights.iter()
                    .flat_map(|&weight| if which == 0 { [weight, 0] } else { [0, weight] }).collect();
                let alone = Ranks::new(alone).average_precision(&weights, how);
                prop_assert_eq!(both.average_precision(&chosen, how), alone);
            }
            let turned = Ranks::new(&interleaved(&other, &one));
            let mixed: Vec<u32> = coins.iter().flat_map(|&coin| [1 - coin, coin]).collect();
            let swapped: Vec<u32> = coins.iter().flat_map(|&coin| [coin, 1 - coin]).collect();
            let (mixed, swapped) =
                (both.average_precision(&mixed, how), turned.average_precision(&swapped, how));
            prop_assert_eq!(mixed, swapped);
        }
    }
}
