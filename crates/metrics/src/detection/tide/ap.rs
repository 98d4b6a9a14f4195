//! Average precision as TIDE has it: the mean over 101 recalls, in points.

use crate::detection::scene::surest_first;

/// Hits and misses of a class with their scores, in the order in which equal scores are taken.
#[derive(Clone, Debug, Default)]
pub(super) struct Class {
    pub(super) points: Vec<(f64, bool)>,
    pub(super) objects: i64,
}

impl Class {
    /// A class that has neither detections nor objects is left out of the mean.
    pub(super) fn is_empty(&self) -> bool {
        self.points.is_empty() && self.objects == 0
    }

    /// Mean precision at the recalls 0, 0.01, … 1, in points; 0 without objects.
    pub(super) fn ap(&self) -> f64 {
        if self.objects == 0 {
            return 0.0;
        }
        let mut points = self.points.clone();
        points.sort_by(|a, b| surest_first(a.0, b.0));
        let (mut hits, mut said) = (0_u32, 0_u32);
        let curve = points.iter().map(|&(_, hit)| {
            hits += u32::from(hit);
            said += 1;
            (f64::from(hits) / self.objects as f64, f64::from(hits) / f64::from(said))
        });
        let mut curve: Vec<(f64, f64)> = curve.collect();
        let mut best = 0.0_f64;
        for (_, precision) in curve.iter_mut().rev() {
            best = best.max(*precision);
            *precision = best;
        }
        let at = |recall: f64| {
            let first = curve.partition_point(|&(reached, _)| reached < recall);
            curve.get(first).map_or(0.0, |&(_, precision)| precision)
        };
        (0..=100).map(|step| at(f64::from(step) / 100.0)).sum::<f64>() / 101.0 * 100.0
    }
}
