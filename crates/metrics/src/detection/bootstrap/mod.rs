//! How far a detector's numbers would differ with other images.
//!
//! Each replicate draws as many images as there are, with replacement, and evaluates them, an image that is drawn
//! three times counting three times. That is the bootstrap (Efron 1979, doi:10.1214/aos/1176344552) over images, the unit
//! that was sampled; drawing objects or detections would take those of one image for independent. Replicates are
//! evaluated from the ranking, without matching again, and each equals to the last bit the evaluation of a data set in
//! which the images are written out as often as they were drawn.
//!
//! It speaks of other images of the same kind, not of other training runs.

mod draw;
mod interval;
mod of_matches;
mod ranked;
mod replicate;
mod summary;
#[cfg(test)]
mod textbook;

use rayon::prelude::*;
use serde::Serialize;

pub use interval::{Estimate, Interval};
pub(super) use summary::{Averaged, Statistic};

pub(super) use draw::Draws;
pub(super) use interval::{percentile, standard_deviation};
pub(super) use of_matches::apart;
pub(super) use ranked::{Entry, Ranked, RankedClass};
use replicate::Scratch;

/// How many replicates, from which seed, and how wide the intervals.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Resampling {
    /// Number of replicates; 1000 or more for intervals that are published.
    pub replicates: usize,
    /// The same seed gives the same numbers, for any number of threads.
    pub seed: u64,
    /// Share of such intervals that hold the truth.
    pub level: f64,
    /// Parts that the images are dealt into for the acceleration of BCa, each left out once; fewer where there are fewer
    /// images. The more, the steadier, at the cost of a replicate each.
    pub parts: usize,
}

impl Default for Resampling {
    /// 1000 replicates of seed 0, 95 % intervals, 200 parts.
    fn default() -> Self {
        Self { replicates: 1_000, seed: 0, level: 0.95, parts: 200 }
    }
}

/// Estimates of summary numbers and of the average precision of each class.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bootstrap {
    /// What was drawn.
    pub resampling: Resampling,
    /// Name and estimate of each summary number, in the order asked for.
    pub summary: Vec<(String, Estimate)>,
    /// Average precision over all thresholds of each class, by position.
    pub class_ap: Vec<Estimate>,
    /// Average precision at the first threshold of each class, by position.
    pub class_ap_first: Vec<Estimate>,
}

/// The numbers of one set of weights: summary, then AP of each class, then AP of each class at the first threshold.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Numbers {
    pub(super) summary: Vec<Option<f64>>,
    pub(super) class_ap: Vec<Option<f64>>,
    pub(super) class_ap_first: Vec<Option<f64>>,
}

/// Judged detections whose numbers follow from how often each image counts.
pub(super) trait Weighted {
    /// How many images there are.
    fn images(&self) -> usize;

    /// What the numbers of the summary are called.
    fn names(&self) -> Vec<String>;

    /// The numbers of many sets of weights, in their order, on the threads of the current pool.
    fn all_numbers(&self, count: usize, weights: impl Fn(usize) -> Vec<u32> + Sync)
    -> Vec<Numbers>;

    /// Estimates from replicates of the images.
    fn bootstrap(&self, resampling: Resampling) -> Bootstrap {
        let images = self.images();
        let whole = self.all_numbers(1, |_| vec![1; images]).remove(0);
        let replicates = self.all_numbers(resampling.replicates, |replicate| {
            Draws::new(resampling.seed, replicate as u64).multiplicities(images)
        });
        let count = resampling.parts.min(images);
        let parts = self.all_numbers(count, |part| left_out(images, count, part));
        let estimate = |of: &dyn Fn(&Numbers) -> Option<f64>| {
            let each =
                |numbers: &[Numbers]| -> Vec<Option<f64>> { numbers.iter().map(of).collect() };
            Estimate::new(of(&whole), &each(&replicates), &each(&parts), resampling.level)
        };
        let classes = 0..whole.class_ap.len();
        let names = self.names().into_iter().enumerate();
        Bootstrap {
            resampling,
            summary: names
                .map(|(m, name)| (name, estimate(&|numbers| numbers.summary[m])))
                .collect(),
            class_ap: classes.clone().map(|k| estimate(&|numbers| numbers.class_ap[k])).collect(),
            class_ap_first: classes
                .map(|k| estimate(&|numbers| numbers.class_ap_first[k]))
                .collect(),
        }
    }
}

/// Ranked detections, and the numbers that are read off them.
pub(super) struct Summarised {
    pub(super) ranked: Ranked,
    pub(super) statistics: Vec<Statistic>,
}

impl Summarised {
    /// Both detectors as one, as [`Ranked::interleaved`] has them.
    pub(super) fn interleaved(&self, other: &Self) -> Option<Self> {
        let ranked = self.ranked.interleaved(&other.ranked)?;
        Some(Self { ranked, statistics: self.statistics.clone() })
    }
}

impl Weighted for Summarised {
    fn images(&self) -> usize {
        self.ranked.images
    }

    fn names(&self) -> Vec<String> {
        self.statistics.iter().map(|statistic| statistic.name.clone()).collect()
    }

    fn all_numbers(
        &self,
        count: usize,
        weights: impl Fn(usize) -> Vec<u32> + Sync,
    ) -> Vec<Numbers> {
        let each = (0..count).into_par_iter().map_init(Scratch::default, |scratch, index| {
            self.ranked.numbers(&self.statistics, &weights(index), scratch)
        });
        each.collect()
    }
}

impl Ranked {
    /// The numbers with each image counted as often as its weight says.
    fn numbers(&self, statistics: &[Statistic], weights: &[u32], scratch: &mut Scratch) -> Numbers {
        scratch.fill(self, weights);
        let table = &scratch.table;
        let of_classes = |which: usize| table.class_precision.iter().map(move |found| found[which]);
        Numbers {
            summary: statistics.iter().map(|statistic| statistic.value(self, table)).collect(),
            class_ap: of_classes(0).collect(),
            class_ap_first: of_classes(1).collect(),
        }
    }
}

/// Weights that leave out every image whose position is `part` modulo `parts`.
pub(super) fn left_out(images: usize, parts: usize, part: usize) -> Vec<u32> {
    (0..images).map(|image| u32::from(image % parts != part)).collect()
}
