//! The evaluation as the reference states it: loops over lists, nothing shared, nothing skipped.

use cenote_metrics::{
    Category, CocoSettings, Detections, Grid, GroundTruth, Id, Image, Mode, Object, Similarity,
    xywh_iou,
};
use proptest::prelude::*;

/// One cell at one range of areas: per threshold and detection, found and ignored; and the objects that count.
struct Judged {
    scores: Vec<f64>,
    found: Vec<Vec<bool>>,
    ignored: Vec<Vec<bool>>,
    positives: usize,
}

fn judge(
    settings: &CocoSettings,
    area: usize,
    objects: &[&Object],
    detections: &[(f64, [f64; 4])],
) -> Judged {
    let range = &settings.areas[area];
    let outside = |area: f64| area < range.low || area > range.high;
    let mut objects: Vec<(&Object, bool)> =
        objects.iter().map(|object| (*object, object.crowd || outside(object.area))).collect();
    objects.sort_by_key(|object| object.1);
    let mut detections = detections.to_vec();
    detections.sort_by(|a, b| b.0.partial_cmp(&a.0).unwrap());
    detections.truncate(*settings.max_dets.iter().max().unwrap());
    let count = detections.len();
    let (mut found, mut ignored) = (Vec::new(), Vec::new());
    for &threshold in &settings.iou_thresholds {
        let mut taken = vec![false; objects.len()];
        let (mut found_here, mut ignored_here) = (vec![false; count], vec![false; count]);
        for (d, (_, bbox)) in detections.iter().enumerate() {
            let mut best = threshold.min(1.0 - 1e-10);
            let mut choice: Option<usize> = None;
            for (g, (object, skip)) in objects.iter().enumerate() {
                if taken[g] && !object.crowd {
                    continue;
                }
                if choice.is_some_and(|choice| !objects[choice].1) && *skip {
                    break;
                }
                let iou = xywh_iou(*bbox, object.bbox, object.crowd);
                if iou >= best {
                    best = iou;
                    choice = Some(g);
                }
            }
            if let Some(g) = choice {
                taken[g] = true;
                found_here[d] = !objects[g].0.id.is_zero();
                ignored_here[d] = objects[g].1;
            }
            ignored_here[d] |= !found_here[d] && outside(bbox[2] * bbox[3]);
        }
        found.push(found_here);
        ignored.push(ignored_here);
    }
    let positives = objects.iter().filter(|object| !object.1).count();
    Judged { scores: detections.iter().map(|d| d.0).collect(), found, ignored, positives }
}

/// Precision, recall and scores, every number of every array.
fn textbook(settings: &CocoSettings, truth: &GroundTruth, detections: &Detections) -> [Grid; 3] {
    let mut limits = settings.max_dets.clone();
    limits.sort_unstable();
    let (t, r, k) =
        (settings.iou_thresholds.len(), settings.recall_thresholds.len(), truth.categories.len());
    let (a, m) = (settings.areas.len(), limits.len());
    let full = vec![t, r, k, a, m];
    let mut precision = Grid { values: vec![-1.0; full.iter().product()], shape: full.clone() };
    let mut scores = precision.clone();
    let mut recall = Grid { values: vec![-1.0; t * k * a * m], shape: vec![t, k, a, m] };
    for (kk, category) in truth.categories.iter().enumerate() {
        for aa in 0..a {
            let cells: Vec<Judged> = truth
                .images
                .iter()
                .map(|image| {
                    let here = |i: Id, c: Id| i == image.id && c == category.id;
                    let objects: Vec<&Object> =
                        truth.objects.iter().filter(|o| here(o.image, o.category)).collect();
                    let found: Vec<(f64, [f64; 4])> = (0..detections.len())
                        .filter(|&d| here(detections.image(d), detections.category(d)))
                        .map(|d| (detections.score(d), detections.bbox(d)))
                        .collect();
                    judge(settings, aa, &objects, &found)
                })
                .collect();
            let positives: usize = cells.iter().map(|cell| cell.positives).sum();
            if positives == 0 {
                continue;
            }
            for (mm, &limit) in limits.iter().enumerate() {
                let mut order: Vec<(usize, usize)> = Vec::new();
                for (cell, judged) in cells.iter().enumerate() {
                    order.extend((0..judged.scores.len().min(limit)).map(|d| (cell, d)));
                }
                let score = |&(cell, d): &(usize, usize)| cells[cell].scores[d];
                order.sort_by(|x, y| score(y).partial_cmp(&score(x)).unwrap());
                for tt in 0..t {
                    let (mut tp, mut fp) = (0.0, 0.0);
                    let mut curve: Vec<(f64, f64)> = Vec::new();
                    for &(cell, d) in &order {
                        if !cells[cell].ignored[tt][d] {
                            if cells[cell].found[tt][d] { tp += 1.0 } else { fp += 1.0 }
                        }
                        curve.push((tp / positives as f64, tp / (fp + tp + f64::EPSILON)));
                    }
                    for at in (1..curve.len()).rev() {
                        curve[at - 1].1 = curve[at - 1].1.max(curve[at].1);
                    }
                    recall.values[((tt * k + kk) * a + aa) * m + mm] =
                        curve.last().map_or(0.0, |point| point.0);
                    for (rr, wanted) in settings.recall_thresholds.iter().enumerate() {
                        let at = (((tt * r + rr) * k + kk) * a + aa) * m + mm;
                        let reached = curve.iter().position(|point| point.0 >= *wanted);
                        precision.values[at] = reached.map_or(0.0, |at| curve[at].1);
                        scores.values[at] = reached.map_or(0.0, |at| score(&order[at]));
                    }
                }
            }
        }
    }
    [precision, recall, scores]
}

/// Boxes on a coarse grid, so that equal overlaps, equal scores and overlaps equal to thresholds are common.
fn any_box() -> impl Strategy<Value = [f64; 4]> {
    (0_u8..6, 0_u8..6, prop::sample::select(vec![2_u8, 4, 5, 10, 36, 100]), 1_u8..6)
        .prop_map(|(x, y, w, h)| [x, y, w, h * w.min(40)].map(f64::from))
}

fn any_problem() -> impl Strategy<Value = (GroundTruth, Detections)> {
    let object = (1_i64..5, 0_i64..3, any_box(), prop::bool::weighted(0.2));
    let found = (1_i64..5, 0_i64..3, any_box(), 0_u8..6);
    (prop::collection::vec(object, 0..14), prop::collection::vec(found, 0..30), 0_i64..2).prop_map(
        |(objects, found, first)| {
            let object =
                |(at, (image, category, bbox, crowd)): (usize, (i64, i64, [f64; 4], bool))| {
                    Object {
                        id: Id::new(at as i64 + first),
                        image: Id::new(image),
                        category: Id::new(category),
                        bbox,
                        area: bbox[2] * bbox[3],
                        crowd,
                        ..Object::default()
                    }
                };
            let image = |id: i64| Image { id: Id::new(id), ..Image::default() };
            let category = |id: i64| Category { id: Id::new(id), ..Category::default() };
            let truth = GroundTruth {
                images: (1..5).map(image).collect(),
                categories: (0..3).map(category).collect(),
                objects: objects.into_iter().enumerate().map(object).collect(),
            };
            let mut detections = Detections::default();
            for (image, category, bbox, score) in found {
                let score = f64::from(score) / 5.0;
                detections.push(Id::new(image), Id::new(category), score, bbox).unwrap();
            }
            (truth, detections)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn evaluation_equals_the_textbook_bit_for_bit((truth, detections) in any_problem(), limits in prop::sample::select(vec![vec![1, 10, 100], vec![3, 1, 2]])) {
        let settings = CocoSettings { max_dets: limits, ..CocoSettings::new(Similarity::Boxes, Mode::Strict) };
        let matches = settings.evaluate(&truth, &detections).unwrap();
        let (got, expected) = (matches.grids(), textbook(&settings, &truth, &detections));
        for (got, expected) in got.iter().zip(&expected) {
            prop_assert_eq!(&got.shape, &expected.shape);
            let bits = |grid: &Grid| grid.values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(got), bits(expected));
        }
    }
}
