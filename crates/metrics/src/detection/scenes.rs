//! The images of a data set as scenes.

use std::collections::HashMap;

use rayon::prelude::*;

use super::coco::Comparison;
use super::{Scene, SceneDetection, SceneObject};
use crate::{CocoSettings, Detections, Error, GroundTruth, Id, Mode};

/// Takes a data set apart into scenes, and numbers its categories.
///
/// Categories that the ground truth lists have the numbers that [`crate::Matches::categories`] gives them, their positions in
/// ascending order of ids; categories that only detections or objects name come after, in the order of their ids.
#[derive(Debug)]
pub struct Scenes<'a> {
    settings: &'a CocoSettings,
    truth: &'a GroundTruth,
    detections: &'a Detections,
    images: Vec<Id>,
    categories: Vec<Id>,
    listed: usize,
    numbers: HashMap<Id, u32>,
    /// Rows of objects and of detections by image.
    objects: HashMap<Id, Vec<usize>>,
    said: HashMap<Id, Vec<usize>>,
    /// Whether the data set is a federation: without crowds, and `ignore` of an object always holds.
    federated: bool,
}

/// The order in which scenes come; it decides between equal scores of different images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageOrder {
    /// Ascending ids, as COCO evaluates.
    ById,
    /// As the ground truth lists them, as tidecv evaluates.
    AsListed,
}

impl<'a> Scenes<'a> {
    /// Prepares the images, categories and similarity of `settings`.
    pub fn new(
        settings: &'a CocoSettings,
        truth: &'a GroundTruth,
        detections: &'a Detections,
        order: ImageOrder,
    ) -> Self {
        let mut images: Vec<Id> = match &settings.images {
            Some(images) => images.clone(),
            None => truth.images.iter().map(|image| image.id).collect(),
        };
        if order == ImageOrder::ById {
            images.sort_unstable();
            images.dedup();
        }
        let chosen =
            |id: &Id| settings.categories.as_ref().is_none_or(|chosen| chosen.contains(id));
        let listed = truth.categories.iter().map(|category| category.id).filter(chosen);
        let mut categories: Vec<Id> = listed.collect();
        categories.sort_unstable();
        categories.dedup();
        let listed = categories.len();
        let mut numbers: HashMap<Id, u32> = categories.iter().copied().zip(0..).collect();
        let named = truth.objects.iter().map(|object| object.category);
        let named = named.chain(detections.categories().0.iter().copied());
        let mut others: Vec<Id> =
            named.filter(|id| chosen(id) && !numbers.contains_key(id)).collect();
        others.sort_unstable();
        others.dedup();
        numbers.extend(others.iter().copied().zip(listed as u32..));
        categories.extend(others);
        let mut objects: HashMap<Id, Vec<usize>> = HashMap::new();
        for (row, object) in truth.objects.iter().enumerate() {
            if numbers.contains_key(&object.category) {
                objects.entry(object.image).or_default().push(row);
            }
        }
        let mut said: HashMap<Id, Vec<usize>> = HashMap::new();
        for row in 0..detections.len() {
            if numbers.contains_key(&detections.category(row)) {
                said.entry(detections.image(row)).or_default().push(row);
            }
        }
        let federated = false;
        Self {
            settings,
            truth,
            detections,
            images,
            categories,
            listed,
            numbers,
            objects,
            said,
            federated,
        }
    }

    /// The same by the rules of LVIS: objects without an area and detections that are not looked at are gone.
    pub(super) fn federated(mut self, looked_at: &[bool]) -> Self {
        let truth = self.truth;
        let sized = |row: &usize| {
            let area = truth.objects[*row].area;
            area > 0.0 && area < f64::INFINITY
        };
        self.objects.values_mut().for_each(|rows| rows.retain(sized));
        self.said.values_mut().for_each(|rows| rows.retain(|&row| looked_at[row]));
        self.federated = true;
        self
    }

    /// The number of a category.
    pub(super) fn number(&self, category: Id) -> Option<u32> {
        self.numbers.get(&category).copied()
    }

    /// Ids of the images, in the order of the scenes.
    pub fn images(&self) -> &[Id] {
        &self.images
    }

    /// Ids of the categories, by number.
    pub fn categories(&self) -> &[Id] {
        &self.categories
    }

    /// How many categories the ground truth lists: those with smaller numbers.
    pub fn listed(&self) -> usize {
        self.listed
    }

    /// All scenes, compared on the threads of the current pool.
    ///
    /// # Errors
    ///
    /// When something has no shape of the kind that is compared.
    pub fn all(&self) -> Result<Vec<Scene>, Error> {
        let comparison =
            Comparison::new(self.settings, self.truth, self.detections, !self.federated);
        self.images.par_iter().map(|image| self.scene(&comparison, *image)).collect()
    }

    fn scene(&self, comparison: &Comparison<'_>, image: Id) -> Result<Scene, Error> {
        let rows = |of: &HashMap<Id, Vec<usize>>| of.get(&image).cloned().unwrap_or_default();
        let (objects, said) = (rows(&self.objects), rows(&self.said));
        let number = |id: Id| if self.settings.use_categories { self.numbers[&id] } else { 0 };
        let mut overlaps = Vec::new();
        let compared: Vec<(u32, u32)> = objects.iter().map(|&row| (0, row as u32)).collect();
        let given: Vec<(f64, u32)> =
            said.iter().map(|&row| (self.detections.score(row), row as u32)).collect();
        comparison.fill(&compared, &given, &mut overlaps)?;
        overlaps.resize(objects.len() * said.len(), 0.0);
        let object = |row: usize| {
            let object = &self.truth.objects[row];
            let unlabelled = object.pose.as_ref().is_some_and(|pose| pose.labelled == 0)
                && matches!(self.settings.similarity, crate::Similarity::Keypoints { .. });
            let honoured =
                object.ignore && (self.federated || self.settings.mode == Mode::Corrected);
            let crowd = object.crowd && !self.federated;
            SceneObject {
                category: number(object.category),
                ignored: crowd || unlabelled || honoured,
                crowd,
                number: row,
            }
        };
        let detection = |row: usize| SceneDetection {
            category: number(self.detections.category(row)),
            score: self.detections.score(row),
            number: row,
        };
        Ok(Scene {
            objects: objects.into_iter().map(object).collect(),
            detections: said.into_iter().map(detection).collect(),
            overlaps,
        })
    }
}
