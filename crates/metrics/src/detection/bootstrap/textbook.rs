//! The accumulation of the reference, read literally, on images written out as often as they are drawn.

use proptest::prelude::*;

use super::replicate::Scratch;
use super::{Averaged, Entry, Ranked, RankedClass, Statistic};
use crate::detection::Outcome;

const THRESHOLDS: usize = 2;
const AREAS: usize = 2;
const LIMITS: [u32; 2] = [1, 3];
const RECALLS: [f64; 5] = [0.0, 0.3, 0.5, 0.9, 1.0];

/// One image: how many objects each area has, and its detections in the order of the file.
#[derive(Clone, Debug)]
struct Image {
    objects: [u32; AREAS],
    said: Vec<(f64, [Outcome; AREAS * THRESHOLDS])>,
}

/// One class over all images.
type Class = Vec<Image>;

fn state() -> impl Strategy<Value = Outcome> {
    prop_oneof![Just(Outcome::Hit), Just(Outcome::Miss), Just(Outcome::Ignored)]
}

fn class(images: usize) -> impl Strategy<Value = Class> {
    let said = (0_u8..4, prop::array::uniform4(state()));
    let said = said.prop_map(|(score, states)| (f64::from(score), states));
    let image = (prop::array::uniform2(0_u32..4), prop::collection::vec(said, 0..5));
    let image = image.prop_map(|(objects, said)| Image { objects, said });
    prop::collection::vec(image, images)
}

/// Detections of an image by descending score, each with its place.
fn placed(image: &Image) -> Vec<(f64, [Outcome; AREAS * THRESHOLDS])> {
    let mut said = image.said.clone();
    said.sort_by(|a, b| b.0.total_cmp(&a.0));
    said
}

fn ranked(classes: &[Class], images: usize) -> Ranked {
    let class = |class: &Class| {
        let mut said = Vec::new();
        for (at, image) in class.iter().enumerate() {
            for (place, (score, states)) in placed(image).into_iter().enumerate() {
                let alike =
                    states.chunks(THRESHOLDS).all(|area| area.iter().all(|s| *s == area[0]));
                let matched = !alike || states.contains(&Outcome::Hit);
                let (image, place) = (at as u32, place as u32);
                said.push((Entry { image, score, place, matched }, states));
            }
        }
        said.sort_by(|a, b| b.0.score.total_cmp(&a.0.score));
        let entries: Vec<Entry> = said.iter().map(|(entry, _)| *entry).collect();
        let objects = (0..AREAS).map(|area| {
            let counts = class.iter().zip(0..).map(|(image, at)| (at, image.objects[area]));
            counts.filter(|&(_, count)| count > 0).collect()
        });
        RankedClass::new(&entries, objects.collect(), THRESHOLDS, &LIMITS, |at, area, t| {
            said[at].1[area * THRESHOLDS + t]
        })
    };
    Ranked {
        images,
        thresholds: THRESHOLDS,
        areas: AREAS,
        limits: LIMITS.to_vec(),
        epsilon: f64::EPSILON,
        recalls: RECALLS.to_vec(),
        classes: classes.iter().map(class).collect(),
    }
}

/// Precision at each recall, and recall, of one class at one area, threshold and limit; `None` without objects.
fn accumulate(class: &Class, area: usize, t: usize, limit: u32) -> Option<(Vec<f64>, f64)> {
    let objects: u32 = class.iter().map(|image| image.objects[area]).sum();
    if objects == 0 {
        return None;
    }
    let mut said: Vec<(f64, Outcome)> = Vec::new();
    for image in class {
        for (score, states) in placed(image).into_iter().take(limit as usize) {
            said.push((score, states[area * THRESHOLDS + t]));
        }
    }
    said.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut hits, mut misses) = (0.0, 0.0);
    let (mut recall, mut precision) = (Vec::new(), Vec::new());
    for (_, state) in &said {
        hits += f64::from(u8::from(*state == Outcome::Hit));
        misses += f64::from(u8::from(*state == Outcome::Miss));
        recall.push(hits / f64::from(objects));
        precision.push(hits / (misses + hits + f64::EPSILON));
    }
    for i in (1..precision.len()).rev() {
        precision[i - 1] = precision[i - 1].max(precision[i]);
    }
    let at = |wanted: f64| {
        let first = recall.iter().position(|&reached| reached >= wanted);
        first.map_or(0.0, |first| precision[first])
    };
    let last = recall.last().copied().unwrap_or(0.0);
    Some((RECALLS.iter().map(|&wanted| at(wanted)).collect(), last))
}

/// The mean of a statistic over classes whose images are written out.
fn literal(classes: &[Class], statistic: &Statistic) -> Option<f64> {
    let limit = match statistic.of {
        Averaged::Recall { limit } if statistic.area == 0 => LIMITS[limit],
        Averaged::Precision | Averaged::Recall { .. } => *LIMITS.last()?,
    };
    let thresholds = statistic.threshold.map_or(0..THRESHOLDS, |t| t..t + 1);
    let rows = if statistic.of == Averaged::Precision { RECALLS.len() } else { 1 };
    let mut values = Vec::new();
    for t in thresholds {
        let each: Vec<_> = classes
            .iter()
            .filter_map(|class| accumulate(class, statistic.area, t, limit))
            .collect();
        for row in 0..rows {
            values.extend(each.iter().map(|(precision, recall)| match statistic.of {
                Averaged::Precision => precision[row],
                Averaged::Recall { .. } => *recall,
            }));
        }
    }
    super::summary::mean(&values)
}

fn statistics() -> Vec<Statistic> {
    let mut all = Vec::new();
    for threshold in [None, Some(0), Some(1)] {
        for area in 0..AREAS {
            for of in
                [Averaged::Precision, Averaged::Recall { limit: 0 }, Averaged::Recall { limit: 1 }]
            {
                all.push(Statistic { name: String::new(), of, threshold, area, classes: None });
            }
        }
    }
    all
}

proptest! {
    #[test]
    fn weights_equal_images_written_out(
        classes in prop::collection::vec(class(4), 1..4),
        weights in prop::array::uniform4(0_u32..4),
    ) {
        let ranked = ranked(&classes, 4);
        let copies: Vec<Class> = classes.iter().map(|class| {
            let copied = class.iter().zip(weights).flat_map(|(image, weight)| {
                vec![image.clone(); weight as usize]
            });
            copied.collect()
        }).collect();
        let mut scratch = Scratch::default();
        let statistics = statistics();
        // A used scratch must not remember.
        ranked.numbers(&statistics, &[1; 4], &mut scratch);
        let numbers = ranked.numbers(&statistics, &weights, &mut scratch);
        for (statistic, got) in statistics.iter().zip(&numbers.summary) {
            let expected = literal(&copies, statistic);
            prop_assert_eq!(got.map(f64::to_bits), expected.map(f64::to_bits), "{:?}", statistic);
        }
        for (k, copies) in copies.iter().enumerate() {
            let all = Statistic { threshold: None, ..statistics[0].clone() };
            prop_assert_eq!(numbers.class_ap[k], literal(std::slice::from_ref(copies), &all));
        }
    }

    /// Choosing one's images from the interleaved pair gives one's numbers, and the other's the other's.
    #[test]
    fn an_interleaved_pair_holds_both(
        one in prop::collection::vec(class(3), 2),
        other in prop::collection::vec(class(3), 2),
        weights in prop::array::uniform3(0_u32..3),
    ) {
        let (one, other) = (ranked(&one, 3), ranked(&other, 3));
        let both = one.interleaved(&other).unwrap();
        let statistics = statistics();
        let mut scratch = Scratch::default();
        for (which, alone) in [one, other].iter().enumerate() {
            let chosen: Vec<u32> = weights.iter()
                .flat_map(|&weight| if which == 0 { [weight, 0] } else { [0, weight] }).collect();
            let chosen = both.numbers(&statistics, &chosen, &mut scratch);
            prop_assert_eq!(chosen, alone.numbers(&statistics, &weights, &mut scratch));
        }
    }
}
