//! Images drawn again under the rules of LVIS and Pascal VOC, against data sets in which the copies are written out.

use std::collections::BTreeMap;

use cenote_metrics::{
    BBox, Category, Detection, Detections, Difficult, Frequency, GroundTruth, Id, Image,
    Interpolation, LvisMatches, LvisSettings, Mode, Object, Resampling, Similarity, Truth,
    VocClass, VocMatches, VocProblem, VocRule,
};
use proptest::prelude::*;

use crate::shards::parts;

const CATEGORIES: usize = 4;
const IMAGES: usize = 4;

/// A box on a coarse grid, so that overlaps of every kind and all ranges of areas occur: column, row, size.
type Place = (u8, u8, u8);

/// What one image says of a category: its objects, whether it is known to be absent, whether not all are listed.
type Cell = (Vec<(Place, bool)>, bool, bool);

/// A detection: category, place, score.
type Said = (usize, Place, u8);

type Scene = ([Cell; CATEGORIES], Vec<Said>);

fn corner_and_size((column, row, size): Place) -> [f64; 4] {
    let side = [8.0, 24.0, 40.0, 120.0][usize::from(size) % 4];
    [f64::from(column) * side / 6.0, f64::from(row) * side / 6.0, side, side]
}

fn place() -> impl Strategy<Value = Place> {
    (0_u8..3, 0_u8..2, 0_u8..4)
}

fn scenes() -> impl Strategy<Value = Vec<Scene>> {
    let object = (place(), prop::bool::weighted(0.2));
    let cell = (prop::collection::vec(object, 0..3), any::<bool>(), prop::bool::weighted(0.3));
    let said = (0..CATEGORIES, place(), 0_u8..6);
    let scene = (prop::array::uniform4(cell), prop::collection::vec(said, 0..9));
    prop::collection::vec(scene, IMAGES)
}

/// The images, each as often as its weight says, as LVIS has them; every copy has ids of its own.
fn lvis(scenes: &[Scene], weights: &[u32]) -> (GroundTruth, Detections) {
    let mut truth = GroundTruth::default();
    let mut said = Detections::default();
    for (k, frequency) in
        [Frequency::Rare, Frequency::Common, Frequency::Frequent, Frequency::Common]
            .into_iter()
            .enumerate()
    {
        let id = Id::new(k as i64 + 1);
        truth.categories.push(Category { id, frequency: Some(frequency), ..Category::default() });
    }
    for ((cells, found), &weight) in scenes.iter().zip(weights) {
        for _ in 0..weight {
            let image = Id::new(truth.images.len() as i64 + 1);
            let mut listed = Image { id: image, ..Image::default() };
            for (k, (objects, absent, open)) in cells.iter().enumerate() {
                let category = Id::new(k as i64 + 1);
                if *absent && objects.is_empty() {
                    listed.negative.push(category);
                }
                if *open {
                    listed.not_exhaustive.push(category);
                }
                for &(place, ignore) in objects {
                    let bbox = corner_and_size(place);
                    let id = Id::new(truth.objects.len() as i64 + 1);
                    let area = bbox[2] * bbox[3];
                    let object =
                        Object { id, image, category, bbox, area, ignore, ..Object::default() };
                    truth.objects.push(object);
                }
            }
            truth.images.push(listed);
            for &(k, place, score) in found {
                let (category, score) = (Id::new(k as i64 + 1), f64::from(score) / 8.0);
                said.push(image, category, score, corner_and_size(place)).expect("finite numbers");
            }
        }
    }
    (truth, said)
}

fn lvis_matches(problem: &(GroundTruth, Detections), mode: Mode, most: usize) -> LvisMatches {
    let mut settings = LvisSettings::new(Similarity::Boxes, mode);
    settings.max_dets = Some(most);
    settings.evaluate(&problem.0, &problem.1).expect("the problem is right")
}

fn bits(numbers: impl IntoIterator<Item = Option<f64>>) -> Vec<Option<u64>> {
    numbers.into_iter().map(|number| number.map(f64::to_bits)).collect()
}

/// The same for Pascal VOC: every line of a detection stands as often as its image, one copy behind the other.
fn voc(scenes: &[Scene], weights: &[u32]) -> VocProblem {
    let mut problem = VocProblem::default();
    let copies: Vec<Vec<usize>> = (weights.iter())
        .map(|&weight| {
            let copies = (0..weight).map(|_| {
                problem.images.push(format!("image {}", problem.images.len()));
                problem.images.len() - 1
            });
            copies.collect()
        })
        .collect();
    let bbox = |place| {
        let [x, y, width, height] = corner_and_size(place);
        BBox::new([x, y, x + width, y + height]).expect("a size is positive")
    };
    let mut classes: BTreeMap<String, VocClass> = BTreeMap::new();
    for k in 0..CATEGORIES {
        classes.insert(format!("class {k}"), VocClass::default());
    }
    for ((cells, found), copies) in scenes.iter().zip(&copies) {
        for ((objects, _, _), class) in cells.iter().zip(classes.values_mut()) {
            for &(place, difficult) in objects {
                let bbox = bbox(place);
                class.truths.extend(copies.iter().map(|&image| Truth { image, bbox, difficult }));
            }
        }
        for &(k, place, score) in found {
            let (bbox, score) = (bbox(place), f64::from(score) / 8.0);
            let class = classes.get_mut(&format!("class {k}")).expect("every class is there");
            let copies = copies.iter().map(|&image| Detection { image, bbox, score });
            class.detections.extend(copies);
        }
    }
    problem.classes = classes;
    problem
}

fn voc_matches(problem: &VocProblem, interpolation: Interpolation) -> VocMatches {
    let rule = VocRule { threshold: 0.4, ..VocRule::default() };
    problem.judge(rule, interpolation, Difficult::Ignored).expect("scores are numbers")
}

/// The images from `start` on and before `end`, with their objects and detections.
fn part(problem: &VocProblem, start: usize, end: usize) -> VocProblem {
    let inside = |image: usize| (start..end).contains(&image).then(|| image - start);
    let classes = problem.classes.iter().map(|(name, class)| {
        let truths = class.truths.iter();
        let truths = truths.filter_map(|one| Some(Truth { image: inside(one.image)?, ..*one }));
        let said = class.detections.iter();
        let said = said.filter_map(|one| Some(Detection { image: inside(one.image)?, ..*one }));
        (name.clone(), VocClass { truths: truths.collect(), detections: said.collect() })
    });
    let classes = classes.collect();
    VocProblem { images: problem.images[start..end].to_vec(), classes }
}

proptest! {
    #[test]
    fn parts_of_federated_data_that_are_joined_equal_the_whole(
        scenes in scenes(), most in prop_oneof![Just(3_usize), Just(300)], count in 1_usize..4,
    ) {
        let (truth, said) = lvis(&scenes, &[1; IMAGES]);
        let evaluated = parts(&truth, &said, count);
        let evaluated =
            evaluated.iter().map(|part| lvis_matches(part, Mode::Strict, most)).rev().collect();
        let joined = LvisMatches::merge(evaluated).expect("parts without a common image");
        let whole = lvis_matches(&(truth, said), Mode::Strict, most);
        prop_assert_eq!(joined.summary(), whole.summary());
        let plan = Resampling { replicates: 3, parts: 2, ..Resampling::default() };
        prop_assert_eq!(joined.bootstrap(plan), whole.bootstrap(plan));
    }

    #[test]
    fn parts_of_voc_that_are_joined_equal_the_whole(scenes in scenes(), cut in 0_usize..=IMAGES) {
        let whole = voc(&scenes, &[1; IMAGES]);
        let each = [part(&whole, 0, cut), part(&whole, cut, IMAGES)];
        let judged = each.iter().map(|part| voc_matches(part, Interpolation::AllPoint)).collect();
        let joined = VocMatches::merge(judged).expect("parts without a common image");
        let whole = voc_matches(&whole, Interpolation::AllPoint);
        prop_assert_eq!(joined.result(), whole.result());
        let plan = Resampling { replicates: 3, parts: 2, ..Resampling::default() };
        prop_assert_eq!(joined.bootstrap(plan), whole.bootstrap(plan));
    }
}

#[test]
fn parts_that_do_not_belong_together_are_refused() {
    let scenes = pair().0;
    let problem = voc(&scenes, &[1; 30]);
    let judged = |interpolation| voc_matches(&problem, interpolation);
    let refusal = |parts| VocMatches::merge(parts).expect_err("refused").to_string();
    assert_eq!(refusal(vec![]), "joining evaluations: there is no part");
    let twice = [Interpolation::AllPoint; 2].map(judged).to_vec();
    assert_eq!(refusal(twice), "joining evaluations: image image 0 is in two parts");
    let mixed = [Interpolation::AllPoint, Interpolation::ElevenPoint].map(judged).to_vec();
    assert_eq!(refusal(mixed), "joining evaluations: settings differ");
    let federated = lvis(&scenes, &[1; 30]);
    let limits = [3, 300].map(|most| lvis_matches(&federated, Mode::Strict, most)).to_vec();
    let refused = LvisMatches::merge(limits).expect_err("refused").to_string();
    assert_eq!(refused, "joining evaluations: settings differ");
}

proptest! {
    // Each evaluates three data sets at all overlaps and ranges.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn federated_scores_of_drawn_images_equal_those_of_images_written_out(
        scenes in scenes(),
        weights in prop::array::uniform4(0_u32..4),
        most in prop_oneof![Just(3_usize), Just(300)],
        mode in prop_oneof![Just(Mode::Strict), Just(Mode::Corrected)],
    ) {
        let drawn = lvis_matches(&lvis(&scenes, &[1; IMAGES]), mode, most);
        let copies = lvis_matches(&lvis(&scenes, &weights), mode, most);
        let got = drawn.weighted_summary(&weights).expect("a weight for each image");
        let lines = copies.summary().lines;
        for ((name, got), line) in got.iter().zip(&lines) {
            prop_assert_eq!(name, &line.name);
            prop_assert_eq!(got.map(f64::to_bits), line.value.map(f64::to_bits), "{}", name);
        }
        prop_assert_eq!(got.len(), 13);
        // The value that intervals surround is the summary's, and that of a class the table's.
        let plan = Resampling { replicates: 3, parts: 2, ..Resampling::default() };
        let bootstrap = drawn.bootstrap(plan).expect("recalls ascend");
        let whole = drawn.summary().lines;
        prop_assert_eq!(
            bits(bootstrap.summary.iter().map(|(_, estimate)| estimate.value)),
            bits(whole.iter().map(|line| line.value))
        );
        let table = drawn.matches.class_table();
        prop_assert_eq!(
            bits(bootstrap.class_ap.iter().map(|estimate| estimate.value)),
            bits(table.iter().map(|row| row.and_then(|row| row[0])))
        );
    }

    /// Judged apart from the evaluation, at each of its overlaps, detections turn out the same.
    #[test]
    fn federated_judgements_are_those_of_the_evaluation(
        scenes in scenes(),
        t in 0_usize..10,
        most in prop_oneof![Just(3_usize), Just(300)],
    ) {
        let (truth, said) = lvis(&scenes, &[1; IMAGES]);
        let evaluated = lvis_matches(&(truth.clone(), said.clone()), Mode::Strict, most);
        let overlap = evaluated.matches.settings().iou_thresholds[t];
        let judgements = evaluated.judgements(&truth, &said, overlap).expect("boxes are there");
        for (k, class) in evaluated.matches.classes().iter().enumerate() {
            let judged = judgements.classes.get(&(k as u32)).cloned().unwrap_or_default();
            prop_assert_eq!(judged.total(), class.positives(0));
            let expected: Vec<_> = (class.order().iter())
                .map(|&d| (class.rows()[d as usize] as usize, class.outcome(d as usize, 0, t)))
                .collect();
            let got: Vec<_> =
                judged.judged.iter().map(|one| (one.detection, one.outcome)).collect();
            prop_assert_eq!(got, expected);
        }
    }

    #[test]
    fn voc_scores_of_drawn_images_equal_those_of_images_written_out(
        scenes in scenes(),
        weights in prop::array::uniform4(0_u32..4),
        interpolation in prop_oneof![
            Just(Interpolation::AllPoint),
            Just(Interpolation::ElevenPoint),
            Just(Interpolation::ElevenPointRounded),
        ],
    ) {
        let drawn = voc_matches(&voc(&scenes, &[1; IMAGES]), interpolation);
        let copies = voc_matches(&voc(&scenes, &weights), interpolation).result();
        let (map, each) = drawn.weighted(&weights).expect("a weight for each image");
        prop_assert_eq!(bits([map]), bits([copies.map]));
        prop_assert_eq!(bits(each), bits(copies.classes.values().map(|class| class.ap)));
        let plan = Resampling { replicates: 3, parts: 2, ..Resampling::default() };
        prop_assert_eq!(bits([drawn.bootstrap(plan).summary[0].1.value]), bits([drawn.result().map]));
    }
}

/// Some images, and the same with every third detection moved away.
fn pair() -> (Vec<Scene>, Vec<Scene>) {
    let good: Vec<Scene> = (0..30_u8)
        .map(|image| {
            let cells = [0, 1, 2, 3].map(|k| (vec![((k, 0, 2), false)], false, false));
            let said = (0..CATEGORIES).map(|k| (k, (k as u8, 0, 2), (image + k as u8) % 6));
            (cells, said.collect())
        })
        .collect();
    let mut bad = good.clone();
    for said in bad.iter_mut().flat_map(|scene| &mut scene.1).step_by(3) {
        said.1 = (0, 1, 3);
    }
    (good, bad)
}

#[test]
fn intervals_and_comparisons_follow_the_seed_and_not_the_threads() {
    let (good, bad) = pair();
    let weights = [1; 30];
    let [good_lvis, bad_lvis] =
        [&good, &bad].map(|scenes| lvis_matches(&lvis(scenes, &weights), Mode::Strict, 300));
    let [good_voc, bad_voc] =
        [&good, &bad].map(|scenes| voc_matches(&voc(scenes, &weights), Interpolation::AllPoint));
    let plan = Resampling { replicates: 60, parts: 10, ..Resampling::default() };
    let on = |threads: usize, seed: u64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        let plan = Resampling { seed, ..plan };
        pool.install(|| {
            (
                bad_lvis.bootstrap(plan).expect("recalls ascend"),
                bad_lvis.compare(&good_lvis, plan).expect("evaluated alike"),
                bad_voc.bootstrap(plan),
                bad_voc.compare(&good_voc, plan).expect("evaluated alike"),
            )
        })
    };
    let one = on(1, 5);
    assert_eq!(one, on(3, 5));
    let other = on(2, 6);
    assert_ne!(one.0.summary, other.0.summary);
    assert_ne!(one.2.summary, other.2.summary);
    for difference in [&one.1.summary[0].1, &one.3.summary[0].1] {
        let interval = difference.interval.expect("objects in every draw");
        assert!(difference.difference > Some(0.1) && interval.low > 0.0, "{difference:?}");
        assert!(difference.p_value < Some(0.05), "{difference:?}");
    }
    let same = good_voc.compare(&good_voc, plan).expect("evaluated alike");
    assert_eq!((same.summary[0].1.difference, same.summary[0].1.p_value), (Some(0.0), Some(1.0)));
    // Swapping the two swaps the sign and nothing else.
    let back = good_voc.compare(&bad_voc, Resampling { seed: 5, ..plan }).expect("alike");
    assert_eq!(back.summary[0].1.p_value, one.3.summary[0].1.p_value);
}

#[test]
fn what_was_judged_otherwise_is_not_compared() {
    let (good, _) = pair();
    let weights = [1; 30];
    let problem = lvis(&good, &weights);
    let [one, other] = [3, 300].map(|most| lvis_matches(&problem, Mode::Strict, most));
    assert!(one.compare(&other, Resampling::default()).is_err());
    assert!(one.weighted_summary(&[1; 3]).is_err());
    let problem = voc(&good, &weights);
    let [one, other] = [Interpolation::AllPoint, Interpolation::ElevenPoint]
        .map(|interpolation| voc_matches(&problem, interpolation));
    assert!(one.compare(&other, Resampling::default()).is_err());
    assert!(one.weighted(&[1; 3]).is_err());
}
