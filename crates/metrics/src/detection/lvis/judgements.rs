//! Detections judged at one overlap by the rules of LVIS.

use std::collections::HashSet;

use super::super::{ImageOrder, Judgements, Outcome, Scenes};
use super::evaluate::LvisMatches;
use crate::{ClassMatches, Detections, Error, GroundTruth};

impl LvisMatches {
    /// Every detection that was looked at, judged at one overlap: what operating points, LRP and calibration start from.
    ///
    /// `truth` and `detections` are those that were evaluated; images and categories are numbered as by [`Scenes`]. A
    /// detection that finds nothing is ignored where not every object of its category was listed.
    ///
    /// # Errors
    ///
    /// When something has no shape of the kind that is compared.
    pub fn judgements(
        &self,
        truth: &GroundTruth,
        detections: &Detections,
        overlap: f64,
    ) -> Result<Judgements, Error> {
        let mut looked_at = vec![false; detections.len()];
        for &row in self.matches.classes().iter().flat_map(ClassMatches::rows) {
            looked_at[row as usize] = true;
        }
        let scenes = Scenes::new(self.matches.settings(), truth, detections, ImageOrder::ById)
            .federated(&looked_at);
        let open: HashSet<(u32, u32)> = (truth.images.iter())
            .flat_map(|image| {
                let place = scenes.images().binary_search(&image.id);
                let place = place.expect("scenes are those of all images") as u32;
                let categories = image.not_exhaustive.iter();
                categories.filter_map(|&id| scenes.number(id)).map(move |class| (place, class))
            })
            .collect();
        let mut judgements = Judgements::new(scenes.all()?, overlap, usize::MAX);
        for (&class, judged) in &mut judgements.classes {
            for one in &mut judged.judged {
                if one.outcome == Outcome::Miss && open.contains(&(one.image, class)) {
                    one.outcome = Outcome::Ignored;
                }
            }
        }
        Ok(judgements)
    }
}
