//! How far the numbers of LVIS would differ with other images.
//!
//! The list of the categories, and which of them are rare, common or frequent, is part of the data set: it stays as it is
//! while images are drawn. A category of which no object was drawn is left out of a replicate's means, as one without objects
//! is left out of the summary's.

use super::super::bootstrap::{
    Averaged, Bootstrap, Resampling, Statistic, Summarised, Weighted as _, apart,
};
use super::super::coco::Measure;
use super::super::compare::{Comparison, compare};
use super::evaluate::LvisMatches;
use crate::Error;

impl LvisMatches {
    /// Estimates of the thirteen numbers and of the average precision of each class, from images drawn again.
    ///
    /// As [`crate::Matches::bootstrap`]: classes are in the order of its categories, and the numbers do not depend on the
    /// number of threads.
    ///
    /// # Errors
    ///
    /// When the recalls do not ascend.
    pub fn bootstrap(&self, resampling: Resampling) -> Result<Bootstrap, Error> {
        Ok(self.summarised()?.bootstrap(resampling))
    }

    /// The thirteen numbers with each image counted as often as its weight says, by name.
    ///
    /// They equal, to the last bit, those of a data set in which image `i` of [`crate::Matches::images`] stands `weights[i]`
    /// times.
    ///
    /// # Errors
    ///
    /// As [`LvisMatches::bootstrap`], and when there is not one weight for each image.
    pub fn weighted_summary(&self, weights: &[u32]) -> Result<Vec<(String, Option<f64>)>, Error> {
        let summarised = self.summarised()?;
        Ok(summarised.named(summarised.with_weights(weights)?))
    }

    /// Compares with another detector, `other − self`, on the same images; see [`Comparison`].
    ///
    /// # Errors
    ///
    /// As [`LvisMatches::bootstrap`], and when the two were not evaluated alike.
    pub fn compare(&self, other: &Self, resampling: Resampling) -> Result<Comparison, Error> {
        let alike = self.matches.alike(&other.matches)
            && (&self.groups, self.max_dets) == (&other.groups, other.max_dets);
        if !alike {
            return Err(apart());
        }
        let (one, other) = (self.summarised()?, other.summarised()?);
        let both = one.interleaved(&other).ok_or_else(apart)?;
        Ok(compare(&one, &other, &both, resampling))
    }

    fn summarised(&self) -> Result<Summarised, Error> {
        let settings = self.matches.settings();
        let statistics = self.summary().lines.into_iter().map(|line| {
            #[expect(
                clippy::float_cmp,
                reason = "as in the summary, a threshold is selected by its value"
            )]
            let at = |iou: f64| {
                let place = settings.iou_thresholds.iter().position(|&threshold| threshold == iou);
                place.expect("LVIS evaluates the usual thresholds")
            };
            let area = settings.areas.iter().position(|area| area.name == line.area_name());
            Statistic {
                of: match line.measure {
                    Measure::Precision => Averaged::Precision,
                    Measure::Recall => Averaged::Recall { limit: 0 },
                },
                threshold: line.threshold.map(at),
                area: area.expect("LVIS evaluates the usual ranges of areas"),
                classes: line
                    .group
                    .map(|group| self.groups[group].iter().map(|&k| k as u32).collect()),
                name: line.name,
            }
        });
        let statistics = statistics.collect();
        Ok(Summarised { ranked: self.matches.ranked(0)?, statistics })
    }
}
