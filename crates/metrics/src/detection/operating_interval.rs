//! How far the best threshold of a class depends on which images were looked at.

use rayon::prelude::*;
use serde::Serialize;

use super::bootstrap::{Draws, Estimate, Resampling};
use super::operating::best_weighted;
use super::{ClassJudgements, OperatingPoint, best_threshold};

/// A best threshold, its F-beta, and how both would differ with other images.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ThresholdEstimate {
    /// The choice on the images that there are.
    pub point: OperatingPoint,
    /// The threshold.
    pub score: Estimate,
    /// The F-beta at the best threshold. It is the largest of many, so it is too good for new images.
    pub f_beta: Estimate,
}

/// The threshold with the largest F-beta, chosen again on drawn images; `None` where [`best_threshold`] is.
///
/// `images` is the number of images that were judged. Percentile and BCa intervals; a threshold changes by steps, so its BCa
/// interval is rough for small classes.
pub fn best_threshold_interval(
    class: &ClassJudgements,
    images: usize,
    beta: f64,
    resampling: Resampling,
) -> Option<ThresholdEstimate> {
    let point = best_threshold(class, beta)?;
    let best = |weights: &[u32]| best_weighted(class, beta, |image| weights[image as usize]);
    let replicates: Vec<Option<OperatingPoint>> = (0..resampling.replicates)
        .into_par_iter()
        .map(|replicate| {
            best(&Draws::new(resampling.seed, replicate as u64).multiplicities(images))
        })
        .collect();
    let parts = resampling.parts.min(images);
    let left_out: Vec<Option<OperatingPoint>> = (0..parts)
        .into_par_iter()
        .map(|part| best(&super::bootstrap::left_out(images, parts, part)))
        .collect();
    let estimate = |of: fn(OperatingPoint) -> f64| {
        let each = |points: &[Option<OperatingPoint>]| -> Vec<Option<f64>> {
            points.iter().map(|point| point.map(of)).collect()
        };
        Estimate::new(Some(of(point)), &each(&replicates), &each(&left_out), resampling.level)
    };
    Some(ThresholdEstimate {
        point,
        score: estimate(|point| point.score),
        f_beta: estimate(|point| point.f_beta),
    })
}
