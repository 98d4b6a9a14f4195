//! Which detections count, and the matching of those.

use std::collections::{HashMap, HashSet};

use super::super::coco::{Federation, Matches, Mode, Settings, Similarity};
use super::super::data::{Detections, Frequency, GroundTruth, Id};
use crate::Error;

/// What is evaluated.
#[derive(Clone, Debug, PartialEq)]
pub struct LvisSettings {
    /// Whose numbers are wanted where a reference has a defect.
    pub mode: Mode,
    /// What is compared: boxes or masks.
    pub similarity: Similarity,
    /// The surest detections of an image, over all categories, that are looked at; all when `None`.
    pub max_dets: Option<usize>,
}

/// Judged detections, and which categories are how frequent.
#[derive(Clone, Debug, PartialEq)]
pub struct LvisMatches {
    /// The judged detections.
    pub matches: Matches,
    /// Classes by frequency: rare, common, frequent.
    pub groups: [Vec<usize>; 3],
    pub(super) max_dets: Option<usize>,
}

impl LvisMatches {
    /// Joins parts that were evaluated by the same settings, for the same categories, on different images, as
    /// [`Matches::merge`] does.
    ///
    /// # Errors
    ///
    /// As there, and when the limits of detections or the frequencies of categories differ.
    pub fn merge(parts: Vec<Self>) -> Result<Self, Error> {
        let Some(Self { groups, max_dets, .. }) = parts.first().cloned() else {
            return Err(Error::Merge { what: "there is no part".to_owned() });
        };
        if parts.iter().any(|part| part.groups != groups || part.max_dets != max_dets) {
            return Err(Error::Merge { what: "settings differ".to_owned() });
        }
        let matches = Matches::merge(parts.into_iter().map(|part| part.matches).collect())?;
        Ok(Self { matches, groups, max_dets })
    }
}

impl LvisSettings {
    /// What lvis-api evaluates: the 300 surest detections of an image.
    pub fn new(similarity: Similarity, mode: Mode) -> Self {
        Self { mode, similarity, max_dets: Some(300) }
    }

    /// Matches detections to objects.
    ///
    /// # Errors
    ///
    /// As [`Settings::evaluate`], and when a category has no frequency or keypoints are to be compared.
    pub fn evaluate(
        &self,
        truth: &GroundTruth,
        detections: &Detections,
    ) -> Result<LvisMatches, Error> {
        if let Similarity::Keypoints { .. } = self.similarity {
            let got = "keypoints".to_owned();
            return Err(Error::Evaluation { what: "boxes or masks, which LVIS has", got });
        }
        let settings = Settings {
            // Cut per image, not per category.
            max_dets: vec![usize::MAX],
            ..Settings::new(self.similarity.clone(), self.mode)
        };
        let federation = Federation {
            negative: cells(truth, |image| &image.negative),
            not_exhaustive: cells(truth, |image| &image.not_exhaustive),
            kept: self.kept(detections),
        };
        let matches = settings.evaluate_federated(truth, detections, Some(&federation))?;
        let mut frequencies: HashMap<Id, Frequency> = HashMap::new();
        for category in &truth.categories {
            let frequency =
                category.frequency.ok_or(Error::NoFrequency { category: category.id })?;
            frequencies.insert(category.id, frequency);
        }
        let of = |wanted: Frequency| -> Vec<usize> {
            let categories = matches.categories().iter().enumerate();
            let group = categories.filter(|(_, id)| frequencies.get(id) == Some(&wanted));
            group.map(|(k, _)| k).collect()
        };
        let groups = [Frequency::Rare, Frequency::Common, Frequency::Frequent].map(of);
        Ok(LvisMatches { groups, matches, max_dets: self.max_dets })
    }

    /// Whether each detection has a positive area and is among the surest of its image; of equals the first are.
    fn kept(&self, detections: &Detections) -> Vec<bool> {
        let sized = |row: usize| detections.area(row) > 0.0 && detections.area(row) < f64::INFINITY;
        let mut kept: Vec<bool> = (0..detections.len()).map(sized).collect();
        let Some(most) = self.max_dets else { return kept };
        let (images, of_row) = detections.images();
        let mut rows: Vec<Vec<u32>> = vec![Vec::new(); images.len()];
        for (row, &image) in of_row.iter().enumerate() {
            rows[image as usize].push(row as u32);
        }
        for mut rows in rows.into_iter().filter(|rows| rows.len() > most) {
            let score = |row: &u32| detections.score(*row as usize);
            rows.sort_by(|a, b| score(b).partial_cmp(&score(a)).expect("scores are finite"));
            rows[most..].iter().for_each(|&row| kept[row as usize] = false);
        }
        kept
    }
}

fn cells<'a>(
    truth: &'a GroundTruth,
    of: impl Fn(&'a super::super::data::Image) -> &'a Vec<Id>,
) -> HashSet<(Id, Id)> {
    let images = truth.images.iter();
    images.flat_map(|image| of(image).iter().map(|&category| (image.id, category))).collect()
}
