//! A whole data set by the rule of Pascal VOC.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde::Serialize;

use super::{Detection, Difficult, Interpolation, Ranking, Truth, VocMatches, VocRule};
use crate::read::{LabelledBox, VocAnnotation};
use crate::{BBox, Detections, Error, GroundTruth, Id};

/// Objects and detections of every class, over numbered images.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VocProblem {
    /// Names of the images, in the order of their numbers.
    pub images: Vec<String>,
    /// The classes, by name.
    pub classes: BTreeMap<String, VocClass>,
}

/// Objects and detections of one class.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VocClass {
    /// What is there.
    pub truths: Vec<Truth>,
    /// What was said, in the order in which equal scores are taken.
    pub detections: Vec<Detection>,
}

/// What the rule of Pascal VOC says about a class.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VocClassResult {
    /// Objects that count: those that are not difficult.
    pub objects: usize,
    /// Detections, ignored ones among them.
    pub detections: usize,
    /// Detections that found an object.
    pub hits: u64,
    /// Detections that found none, or one that was found before.
    pub misses: u64,
    /// Average precision, 0 to 1, larger is better; `None` without objects.
    pub ap: Option<f64>,
    /// Recall over all detections; `None` without objects.
    pub recall: Option<f64>,
    /// Precision over all detections; `None` without detections that count.
    pub precision: Option<f64>,
}

/// What the rule of Pascal VOC says about a data set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VocResult {
    /// Mean of the average precisions of the classes that have objects; `None` when none has.
    pub map: Option<f64>,
    /// Classes by name.
    pub classes: BTreeMap<String, VocClassResult>,
}

impl VocProblem {
    /// The problem of annotations and of detections in their images.
    ///
    /// # Errors
    ///
    /// When a detection names an image without annotation, lacks a score, or two annotations have one name.
    pub fn new(
        annotations: impl IntoIterator<Item = (String, VocAnnotation)>,
        detections: impl IntoIterator<Item = LabelledBox>,
    ) -> Result<Self, Error> {
        let mut problem = Self::default();
        let mut numbers = BTreeMap::new();
        for (name, annotation) in annotations {
            let image = problem.images.len();
            for object in annotation.objects {
                let bbox = BBox::new(object.corners)?;
                let class = problem.classes.entry(object.name).or_default();
                class.truths.push(Truth { image, bbox, difficult: object.difficult });
            }
            if numbers.insert(name.clone(), image).is_some() {
                return Err(Error::Twice { image: name });
            }
            problem.images.push(name);
        }
        for said in detections {
            let Some(&image) = numbers.get(&said.image) else {
                return Err(Error::Unannotated { image: said.image, class: said.class });
            };
            let score = said.score.unwrap_or(f64::NAN);
            if score.is_nan() {
                return Err(Error::Score { score });
            }
            let bbox = BBox::new(said.corners)?;
            let class = problem.classes.entry(said.class).or_default();
            class.detections.push(Detection { image, bbox, score });
        }
        Ok(problem)
    }

    /// The judged detections of every class.
    ///
    /// # Errors
    ///
    /// When a score is not a number.
    pub fn rank(&self, rule: VocRule) -> Result<BTreeMap<String, Ranking>, Error> {
        let each = self
            .classes
            .par_iter()
            .map(|(name, class)| Ok((name.clone(), rule.rank(&class.truths, &class.detections)?)));
        each.collect()
    }

    /// Judges the detections of every class.
    ///
    /// # Errors
    ///
    /// When a score is not a number.
    pub fn judge(
        &self,
        rule: VocRule,
        interpolation: Interpolation,
        difficult: Difficult,
    ) -> Result<VocMatches, Error> {
        let each = self.classes.par_iter().map(|(name, class)| {
            let judged = match difficult {
                Difficult::Ignored => rule.judge(&class.truths, &class.detections)?,
                Difficult::Counted => {
                    let mut truths = class.truths.clone();
                    for truth in &mut truths {
                        truth.difficult = false;
                    }
                    rule.judge(&truths, &class.detections)?
                }
            };
            Ok((name.clone(), judged))
        });
        let classes = each.collect::<Result<_, Error>>()?;
        Ok(VocMatches { images: self.images.clone(), rule, interpolation, difficult, classes })
    }

    /// Average precision of every class and its mean.
    ///
    /// # Errors
    ///
    /// When a score is not a number.
    pub fn evaluate(
        &self,
        rule: VocRule,
        interpolation: Interpolation,
    ) -> Result<VocResult, Error> {
        Ok(self.judge(rule, interpolation, Difficult::Ignored)?.result())
    }

    /// Classes that detections name and no object has.
    pub fn phantom_classes(&self) -> BTreeSet<&str> {
        let empty = self.classes.iter().filter(|(_, class)| class.truths.is_empty());
        empty.map(|(name, _)| name.as_str()).collect()
    }
}

impl VocProblem {
    /// The problem of COCO's data: boxes by corner and size, crowds and objects marked `ignore` for difficult ones.
    ///
    /// Corners are points here, so it wants a rule with [`crate::Extent::Continuous`]; data that were turned from pixels into
    /// points as usual, `x = xmin − 1` and `width = xmax − xmin + 1`, then give the numbers of the pixels.
    ///
    /// # Errors
    ///
    /// When a box has a negative side, or a detection is in an image that is not listed.
    pub fn of_data(truth: &GroundTruth, detections: &Detections) -> Result<Self, Error> {
        let bbox = |[x, y, width, height]: [f64; 4]| BBox::new([x, y, x + width, y + height]);
        let names: BTreeMap<Id, &str> =
            truth.categories.iter().map(|category| (category.id, category.name.as_str())).collect();
        let mut taken = BTreeMap::new();
        for name in names.values() {
            *taken.entry(*name).or_insert(0) += 1;
        }
        let class = |id: Id| match names.get(&id) {
            Some(name) if !name.is_empty() && taken[name] == 1 => (*name).to_owned(),
            _ => id.to_string(),
        };
        let mut ids: Vec<Id> = truth.images.iter().map(|image| image.id).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut problem =
            Self { images: ids.iter().map(Id::to_string).collect(), ..Self::default() };
        for object in &truth.objects {
            let Ok(image) = ids.binary_search(&object.image) else { continue };
            let difficult = object.crowd || object.ignore;
            let truth = Truth { image, bbox: bbox(object.bbox)?, difficult };
            problem.classes.entry(class(object.category)).or_default().truths.push(truth);
        }
        for row in 0..detections.len() {
            let image = ids
                .binary_search(&detections.image(row))
                .map_err(|_| Error::UnknownImage { row, image: detections.image(row) })?;
            let said = Detection {
                image,
                bbox: bbox(detections.bbox(row))?,
                score: detections.score(row),
            };
            problem
                .classes
                .entry(class(detections.category(row)))
                .or_default()
                .detections
                .push(said);
        }
        Ok(problem)
    }
}
