//! The judged detections of all categories.

use rayon::prelude::*;

use super::super::data::{Detections, GroundTruth, Id};
use super::cells::{Cells, Federation};
use super::class::{Cell, ClassMatches, Shape, UNMATCHED};
use super::matching::{Found, Matcher, Target};
use super::settings::{Mode, Settings, Similarity};
use super::similarity::Comparison;
use crate::Error;

/// What every detection that was looked at turned out to be, class by class.
///
/// Parts that share no image can be evaluated apart and joined: see [`Matches::merge`].
#[derive(Clone, Debug, PartialEq)]
pub struct Matches {
    pub(super) settings: Settings,
    pub(super) images: Vec<Id>,
    pub(super) categories: Vec<Id>,
    pub(super) classes: Vec<ClassMatches>,
    /// Detections given, looked at or not.
    pub(super) detections: usize,
}

impl Matches {
    /// The settings, with the limits of detections in ascending order.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The images that were looked at, in ascending order of ids.
    pub fn images(&self) -> &[Id] {
        &self.images
    }

    /// The categories that were looked at, in ascending order of ids; one, −1, where they are pooled.
    pub fn categories(&self) -> &[Id] {
        &self.categories
    }

    /// The classes, in the order of the categories.
    pub fn classes(&self) -> &[ClassMatches] {
        &self.classes
    }

    /// The class of the category at a position.
    pub fn class(&self, k: usize) -> &ClassMatches {
        &self.classes[k]
    }
}

impl Settings {
    /// Matches detections to objects.
    ///
    /// Detections of categories that are not looked at are left out, as objects are.
    ///
    /// ```
    /// use cenote_metrics::{
    ///     Category, CocoSettings, Detections, GroundTruth, Id, Image, Mode, Object, Similarity,
    /// };
    ///
    /// let id = Id::new(1);
    /// let bbox = [10.0, 10.0, 40.0, 40.0];
    /// let object = Object { id, image: id, category: id, bbox, area: 1_600.0, ..Object::default() };
    /// let truth = GroundTruth {
    ///     images: vec![Image { id, ..Image::default() }],
    ///     categories: vec![Category { id, ..Category::default() }],
    ///     objects: vec![object],
    /// };
    /// let mut detections = Detections::default();
    /// // Half of the object: found at a threshold of 0.5 and no other.
    /// detections.push(id, id, 0.9, [10.0, 10.0, 40.0, 20.0])?;
    ///
    /// let settings = CocoSettings::new(Similarity::Boxes, Mode::Corrected);
    /// let summary = settings.evaluate(&truth, &detections)?.summary()?;
    /// assert_eq!(summary.value("AP50"), Some(1.0));
    /// assert_eq!(summary.value("AP75"), Some(0.0));
    /// assert_eq!(summary.value("AP"), Some(0.1));
    /// assert_eq!(summary.value("APs"), None); // no small object
    /// # Ok::<(), cenote_metrics::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When a setting makes no sense, a detection names an image that the ground truth does not list, a shape is missing
    /// or cannot be read, or, in [`Mode::Corrected`], two objects share an id.
    pub fn evaluate(&self, truth: &GroundTruth, detections: &Detections) -> Result<Matches, Error> {
        self.evaluate_federated(truth, detections, None)
    }

    pub(in super::super) fn evaluate_federated(
        &self,
        truth: &GroundTruth,
        detections: &Detections,
        federation: Option<&Federation>,
    ) -> Result<Matches, Error> {
        let settings = self.checked()?;
        let cells = Cells::new(&settings, truth, detections, federation)?;
        let job = Job {
            comparison: Comparison::new(&settings, truth, detections, federation.is_none()),
            settings: &settings,
            truth,
            detections,
            federation,
            cells: &cells,
        };
        let classes = (0..cells.categories.len()).into_par_iter().map(|class| job.class(class));
        let classes = classes.collect::<Result<Vec<ClassMatches>, Error>>()?;
        let Cells { images, categories, .. } = cells;
        Ok(Matches { images, categories, classes, detections: detections.len(), settings })
    }

    /// What the matching needs to know about an object.
    pub(super) fn target(&self, truth: &GroundTruth, row: u32, federated: bool) -> Target {
        let object = &truth.objects[row as usize];
        let unlabelled = matches!(self.similarity, Similarity::Keypoints { .. })
            && object.pose.as_ref().is_some_and(|pose| pose.labelled == 0);
        let ignored = if federated {
            object.ignore
        } else {
            object.crowd || unlabelled || (self.mode == Mode::Corrected && object.ignore)
        };
        Target {
            ignored: if ignored { u32::MAX } else { self.outside(object.area) },
            crowd: object.crowd && !federated,
            void: self.mode == Mode::Strict && object.id.is_zero(),
        }
    }
}

/// What all classes share.
struct Job<'a> {
    comparison: Comparison<'a>,
    settings: &'a Settings,
    truth: &'a GroundTruth,
    detections: &'a Detections,
    federation: Option<&'a Federation>,
    cells: &'a Cells,
}

impl Job<'_> {
    fn class(&self, class: usize) -> Result<ClassMatches, Error> {
        let settings = self.settings;
        let (areas, words) = (settings.areas.len(), settings.words());
        let mut objects = self.cells.objects.class(class);
        let mut rows = self.cells.detections.class(class);
        let shape = Shape {
            areas,
            thresholds: settings.iou_thresholds.len(),
            limits: settings.max_dets.clone(),
        };
        let mut matches = ClassMatches::new(shape);
        matches.reserve(rows.len());
        let mut matcher = Matcher::new(&settings.iou_thresholds, areas);
        let limit = settings.max_dets.last().copied().unwrap_or(0);
        let mut targets: Vec<Target> = Vec::new();
        let mut ordered: Vec<(f64, u32)> = Vec::new();
        let mut similarities: Vec<f64> = Vec::new();
        let mut found: Vec<Found> = Vec::new();

        while let Some(image) = next_image(objects, rows) {
            let own = take_image(&mut objects, image);
            let given = take_image(&mut rows, image);

            targets.clear();
            let federated = self.federation.is_some();
            targets.extend(own.iter().map(|&(_, row)| settings.target(self.truth, row, federated)));
            matches.push_positives(&targets);

            ordered.clear();
            ordered
                .extend(given.iter().map(|&(_, row)| (self.detections.score(row as usize), row)));
            if ordered.len() > 1 {
                ordered.sort_by(|a, b| b.0.partial_cmp(&a.0).expect("scores are finite"));
            }
            ordered.truncate(limit);
            let first = matches.scores.len();
            let open = self.federation.is_some_and(|federation| {
                let category = self.cells.categories[class];
                federation.not_exhaustive.contains(&(self.cells.images[image as usize], category))
            });
            for &(score, row) in &ordered {
                matches.scores.push(score);
                matches.rows.push(row);
                let outside = settings.outside(self.detections.area(row as usize));
                matches.outside.push(if open { u32::MAX } else { outside });
                matches.places.push(UNMATCHED);
            }
            matches
                .cells
                .push(Cell { image, detections: first as u32..matches.scores.len() as u32 });
            if targets.is_empty() || ordered.is_empty() {
                continue;
            }

            self.comparison.fill(own, &ordered, &mut similarities)?;
            // Only detections that can match anything take part.
            let all: Vec<&[f64]> = similarities.chunks_exact(targets.len()).collect();
            let part: Vec<usize> = (0..all.len()).filter(|&d| matcher.may_match(all[d])).collect();
            if part.is_empty() {
                continue;
            }
            let able: Vec<&[f64]> = part.iter().map(|&d| all[d]).collect();
            found.clear();
            found.resize(able.len() * areas * words, Found::default());
            matcher.run(&targets, &able, &mut found, |_, _, _, _| {});
            for (d, found) in part.iter().zip(found.chunks_exact(areas * words)) {
                if found.iter().any(|found| *found != Found::default()) {
                    matches.places[first + d] = (matches.found.len() / (areas * words)) as u32;
                    matches.found.extend_from_slice(found);
                }
            }
        }
        Ok(matches)
    }
}

impl ClassMatches {
    fn reserve(&mut self, detections: usize) {
        self.scores.reserve_exact(detections);
        self.rows.reserve_exact(detections);
        self.outside.reserve_exact(detections);
        self.places.reserve_exact(detections);
    }

    fn push_positives(&mut self, targets: &[Target]) {
        for area in 0..self.shape.areas {
            let counting = targets.iter().filter(|target| target.ignored >> area & 1 == 0);
            self.cell_positives.push(counting.count() as u32);
        }
    }
}

/// The next image of either list.
fn next_image(objects: &[(u32, u32)], rows: &[(u32, u32)]) -> Option<u32> {
    match (objects.first(), rows.first()) {
        (Some(object), Some(row)) => Some(object.0.min(row.0)),
        (object, row) => object.or(row).map(|entry| entry.0),
    }
}

/// Takes the entries of an image from the front of a list.
fn take_image<'a>(entries: &mut &'a [(u32, u32)], image: u32) -> &'a [(u32, u32)] {
    let own = entries.iter().take_while(|entry| entry.0 == image).count();
    let (taken, rest) = entries.split_at(own);
    *entries = rest;
    taken
}
