//! One cell in full: what was compared, and who found what.

use super::super::data::{Detections, GroundTruth, Id};
use super::cells::{Cells, Grouped};
use super::matching::{Found, Matcher, Target};
use super::settings::Settings;
use super::similarity::Comparison;
use crate::Error;

/// The matching of one image and category.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// Rows of the objects, in the order in which they are listed.
    pub objects: Vec<usize>,
    /// Rows of the detections, surest first, cut to the largest limit.
    pub detections: Vec<usize>,
    /// Similarity of each detection to each object, row by row; empty where nothing is compared.
    pub similarities: Vec<f64>,
    /// Per range of areas and object: does it not count?
    pub object_ignored: Vec<Vec<bool>>,
    /// Per range of areas, threshold and detection: the position of the object it found.
    pub matched: Vec<Vec<Vec<Option<usize>>>>,
    /// Per range of areas, threshold and detection: does it not count?
    pub ignored: Vec<Vec<Vec<bool>>>,
}

impl Settings {
    /// Judges the detections of one image and category, and says why.
    ///
    /// With pooled categories `category` is not looked at. Without objects and detections everything is empty. Looks
    /// through all objects and detections for those of the cell.
    ///
    /// # Errors
    ///
    /// As [`Settings::evaluate`].
    pub fn explain(
        &self,
        truth: &GroundTruth,
        detections: &Detections,
        image: Id,
        category: Id,
    ) -> Result<Explained, Error> {
        let settings = self.checked()?;
        let cells = Cells::new(&settings, truth, detections, None)?;
        let comparison = Comparison::new(&settings, truth, detections, true);
        let class = if settings.use_categories {
            cells.categories.iter().position(|&listed| listed == category)
        } else {
            Some(0)
        };
        let place = cells.images.binary_search(&image).ok().zip(class);
        let cell = |grouped: &Grouped| -> Vec<(u32, u32)> {
            let Some((image, class)) = place else { return Vec::new() };
            let entries = grouped.class(class).iter();
            entries.copied().filter(|entry| entry.0 as usize == image).collect()
        };
        let own = cell(&cells.objects);
        let rows = cell(&cells.detections).into_iter();
        let mut ordered: Vec<(f64, u32)> =
            rows.map(|(_, row)| (detections.score(row as usize), row)).collect();
        ordered.sort_by(|a, b| b.0.partial_cmp(&a.0).expect("scores are finite"));
        ordered.truncate(settings.max_dets.last().copied().unwrap_or(0));
        let mut similarities = Vec::new();
        if !own.is_empty() && !ordered.is_empty() {
            comparison.fill(&own, &ordered, &mut similarities)?;
        }
        let targets: Vec<Target> =
            own.iter().map(|&(_, row)| settings.target(truth, row, false)).collect();
        let (areas, thresholds) = (settings.areas.len(), settings.iou_thresholds.len());
        let mut explained = Explained {
            objects: own.iter().map(|&(_, row)| row as usize).collect(),
            detections: ordered.iter().map(|&(_, row)| row as usize).collect(),
            object_ignored: Vec::with_capacity(areas),
            matched: vec![vec![vec![None; ordered.len()]; thresholds]; areas],
            ignored: vec![vec![vec![false; ordered.len()]; thresholds]; areas],
            similarities,
        };
        let compared: Vec<&[f64]> =
            explained.similarities.chunks_exact(targets.len().max(1)).collect();
        for area in 0..areas {
            let of_area = targets
                .iter()
                .map(|target| Target { ignored: target.ignored >> area & 1, ..*target })
                .collect::<Vec<_>>();
            explained
                .object_ignored
                .push(of_area.iter().map(|target| target.ignored == 1).collect());
            let mut found = vec![Found::default(); compared.len() * settings.words()];
            let (matched, ignored) = (&mut explained.matched[area], &mut explained.ignored[area]);
            Matcher::new(&settings.iou_thresholds, 1).run(
                &of_area,
                &compared,
                &mut found,
                |_, t, d, g| {
                    ignored[t][d] = of_area[g].ignored == 1;
                    matched[t][d] = (!of_area[g].void).then_some(g);
                },
            );
            for (t, ignored) in ignored.iter_mut().enumerate() {
                for (d, &(_, row)) in ordered.iter().enumerate() {
                    let outside = settings.outside(detections.area(row as usize));
                    ignored[d] |= matched[t][d].is_none() && outside >> area & 1 == 1;
                }
            }
        }
        Ok(explained)
    }
}
