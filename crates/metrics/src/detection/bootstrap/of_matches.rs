//! From the matches of an evaluation to what is drawn again.

use rayon::prelude::*;

use super::{
    Averaged, Bootstrap, Entry, Numbers, Ranked, RankedClass, Resampling, Statistic, Summarised,
    Weighted as _,
};
use crate::detection::compare::{Comparison, compare};
use crate::{Error, Matches, Measure, Mode};

impl Matches {
    /// Estimates of the numbers of the summary and of the average precision of each class, from images drawn again.
    ///
    /// Classes are in the order of [`Matches::categories`]. Runs on the threads of the current pool; the numbers do not
    /// depend on how many there are.
    ///
    /// # Errors
    ///
    /// When there is no summary, the recalls do not ascend, or the summary reads precision at several limits of detections.
    pub fn bootstrap(&self, resampling: Resampling) -> Result<Bootstrap, Error> {
        Ok(self.summarised()?.bootstrap(resampling))
    }

    /// The numbers of the summary with each image counted as often as its weight says, by name.
    ///
    /// They equal, to the last bit, those of a data set in which image `i` of [`Matches::images`] stands `weights[i]` times.
    ///
    /// # Errors
    ///
    /// As [`Matches::bootstrap`], and when there is not one weight for each image.
    pub fn weighted_summary(&self, weights: &[u32]) -> Result<Vec<(String, Option<f64>)>, Error> {
        let summarised = self.summarised()?;
        Ok(summarised.named(summarised.with_weights(weights)?))
    }

    /// Compares with another detector, `other − self`, on the same images; see [`Comparison`].
    ///
    /// # Errors
    ///
    /// As [`Matches::bootstrap`], and when the two were not evaluated alike.
    pub fn compare(&self, other: &Self, resampling: Resampling) -> Result<Comparison, Error> {
        if !self.alike(other) {
            return Err(apart());
        }
        let (one, other) = (self.summarised()?, other.summarised()?);
        let both = one.interleaved(&other).ok_or_else(apart)?;
        Ok(compare(&one, &other, &both, resampling))
    }

    /// Whether another detector was judged by the same settings on the same images.
    pub(in crate::detection) fn alike(&self, other: &Self) -> bool {
        self.images() == other.images()
            && self.categories() == other.categories()
            && self.settings() == other.settings()
    }

    fn summarised(&self) -> Result<Summarised, Error> {
        let (statistics, last) = self.statistics()?;
        Ok(Summarised { ranked: self.ranked(last)?, statistics })
    }

    /// What is drawn again, where precision is read at the limit of detections with position `last`.
    pub(in crate::detection) fn ranked(&self, last: usize) -> Result<Ranked, Error> {
        let settings = self.settings();
        if !settings.recall_thresholds.is_sorted() {
            let got = "others".to_owned();
            return Err(Error::Evaluation {
                what: "recalls in ascending order for a bootstrap",
                got,
            });
        }
        let limits: Vec<u32> = settings.max_dets[..=last]
            .iter()
            .map(|&limit| limit.min(u32::MAX as usize) as u32)
            .collect();
        let classes = (0..self.categories().len()).into_par_iter();
        let classes = classes.map(|k| self.ranked_class(k, &limits));
        Ok(Ranked {
            images: self.images().len(),
            thresholds: settings.iou_thresholds.len(),
            areas: settings.areas.len(),
            epsilon: match settings.mode {
                Mode::Strict => f64::EPSILON,
                Mode::Corrected => 0.0,
            },
            recalls: settings.recall_thresholds.clone(),
            classes: classes.collect(),
            limits,
        })
    }

    /// The numbers of the summary, and the position of the limit at which precision is read.
    ///
    /// Numbers at a limit or a range that is not evaluated are left out: they are undefined on all images too.
    fn statistics(&self) -> Result<(Vec<Statistic>, usize), Error> {
        let settings = self.settings();
        let lines = self.summary()?.lines;
        let limit = |most: usize| settings.max_dets.iter().position(|&limit| limit == most);
        let mut last = None;
        let mut statistics = Vec::new();
        for line in lines {
            let area = settings.areas.iter().position(|area| area.name == line.area);
            #[expect(
                clippy::float_cmp,
                reason = "as in the summary, a threshold is selected by its value"
            )]
            let at =
                |iou: f64| settings.iou_thresholds.iter().position(|&threshold| threshold == iou);
            let threshold = line.iou.map(at);
            let (Some(area), Some(limit)) = (area, limit(line.max_dets)) else { continue };
            if threshold == Some(None) {
                continue;
            }
            let of = match line.measure {
                Measure::Precision => Averaged::Precision,
                Measure::Recall => Averaged::Recall { limit },
            };
            if of == Averaged::Precision || area > 0 {
                if last.is_some_and(|last| last != limit) {
                    return Err(Error::Evaluation {
                        what: "precision at one limit of detections for a bootstrap",
                        got: format!("{:?}", settings.max_dets),
                    });
                }
                last = Some(limit);
            }
            let threshold = threshold.flatten();
            statistics.push(Statistic { name: line.name, of, threshold, area, classes: None });
        }
        let last = last.unwrap_or(settings.max_dets.len().saturating_sub(1));
        // Recall at a limit past the one of precision is not to be had.
        statistics.retain(|statistic| match statistic.of {
            Averaged::Recall { limit } => limit <= last,
            Averaged::Precision => true,
        });
        Ok((statistics, last))
    }

    fn ranked_class(&self, k: usize, limits: &[u32]) -> RankedClass {
        let class = self.class(k);
        let (cell_of, places) = (class.cell_of(), class.ranks());
        let order = class.order();
        let entry = |&at: &u32| {
            let at = at as usize;
            Entry {
                image: class.cells()[cell_of[at] as usize].image,
                score: class.scores()[at],
                place: places[at],
                matched: class.matched(at),
            }
        };
        let entries: Vec<Entry> = order.iter().map(entry).collect();
        let areas = self.settings().areas.len();
        let objects = (0..areas).map(|area| {
            let cells = class.cells().iter().enumerate();
            let counts = cells.map(|(at, cell)| (cell.image, class.cell_positives(at)[area]));
            counts.filter(|&(_, count)| count > 0).collect()
        });
        let thresholds = self.settings().iou_thresholds.len();
        RankedClass::new(&entries, objects.collect(), thresholds, limits, |at, area, t| {
            class.outcome(order[at] as usize, area, t)
        })
    }
}

impl Summarised {
    /// The numbers with these weights.
    pub(in crate::detection) fn with_weights(&self, weights: &[u32]) -> Result<Numbers, Error> {
        let images = self.images();
        if weights.len() != images {
            let got = format!("{} for {images}", weights.len());
            return Err(Error::Evaluation { what: "a weight for each image", got });
        }
        Ok(self.all_numbers(1, |_| weights.to_vec()).remove(0))
    }

    /// Numbers of the summary by name.
    pub(in crate::detection) fn named(&self, numbers: Numbers) -> Vec<(String, Option<f64>)> {
        self.names().into_iter().zip(numbers.summary).collect()
    }
}

/// The error of a comparison of what cannot be compared.
pub(in crate::detection) fn apart() -> Error {
    Error::Evaluation {
        what: "two evaluations of the same images, categories and settings",
        got: "evaluations that differ".to_owned(),
    }
}
