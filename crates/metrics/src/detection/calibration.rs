//! Whether the score of a detection is the chance that it is right.
//!
//! Detections that count are sorted into bins of equal width along one or more axes, each from 0 to 1: the score, the
//! place of the box (its centre as a share of the image), its size (width and height as shares of the image).
//!
//! ```text
//! D-ECE = Σ_b |b| / N · | precision(b) − mean score(b) |        over bins b with at least one detection
//! ```
//!
//! 0 is calibrated, 1 the worst; smaller is better. A bin holds its lower end, the last also 1. After Küppers, Kronenberger,
//! Shantia and Haselhoff (2020), arXiv:2004.13546. With more than one axis, the bins get few detections and the value grows
//! with their number even for calibrated scores, so compare only values over the same bins and about as many detections.

use std::collections::BTreeMap;

use serde::Serialize;

/// What detections are told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Axis {
    /// How sure the model is.
    Score,
    /// Horizontal centre of the box over the width of the image.
    CentreX,
    /// Vertical centre over the height of the image.
    CentreY,
    /// Width of the box over the width of the image.
    Width,
    /// Height of the box over the height of the image.
    Height,
}

impl Axis {
    /// Score alone.
    pub const SCORE: &'static [Self] = &[Self::Score];
    /// Score and place.
    pub const POSITION: &'static [Self] = &[Self::Score, Self::CentreX, Self::CentreY];
    /// Score and size.
    pub const SIZE: &'static [Self] = &[Self::Score, Self::Width, Self::Height];
}

/// A detection that counts: a hit or a miss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoredBox {
    /// How sure the model is, 0 to 1.
    pub score: f64,
    /// Whether it found an object.
    pub hit: bool,
    /// `[x-centre, y-centre, width, height]`, shares of the image.
    pub shares: [f64; 4],
}

/// The detections of one bin.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CalibrationBin {
    /// Position of the bin along each axis, from 0.
    pub at: Vec<usize>,
    /// How many detections are in it.
    pub count: u64,
    /// Share of them that are right, 0 to 1.
    pub precision: f64,
    /// Mean of their scores, 0 to 1.
    pub mean_score: f64,
}

/// A calibration error and the bins behind it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DetectionCalibration {
    /// What the bins go along.
    pub axes: Vec<Axis>,
    /// Bins along each axis.
    pub bins: usize,
    /// Detections that count.
    pub count: u64,
    /// D-ECE, 0 to 1; smaller is better.
    pub error: f64,
    /// The largest gap of a bin, 0 to 1.
    pub largest_gap: f64,
    /// Bins that hold something, ascending.
    pub table: Vec<CalibrationBin>,
}

/// The calibration error of detections in `bins` bins along each axis.
///
/// `None` without detections, without bins, or when a score is outside 0 to 1 and so is no probability. Places and sizes
/// outside 0 to 1 count to the nearest bin.
///
/// ```
/// use cenote_metrics::{Axis, ScoredBox, detection_calibration};
///
/// let said = |score, hit| ScoredBox { score, hit, shares: [0.5, 0.5, 0.1, 0.1] };
/// // Of two detections at 0.75 one is right, and the one at 0.25 is not.
/// let boxes = [said(0.75, true), said(0.75, false), said(0.25, false)];
/// let calibration = detection_calibration(boxes, Axis::SCORE, 2).expect("there are detections");
/// assert_eq!(calibration.error, 2.0 / 3.0 * 0.25 + 1.0 / 3.0 * 0.25);
/// ```
pub fn detection_calibration(
    boxes: impl IntoIterator<Item = ScoredBox>,
    axes: &[Axis],
    bins: usize,
) -> Option<DetectionCalibration> {
    if bins == 0 {
        return None;
    }
    let mut filled: BTreeMap<Vec<usize>, (u64, u64, f64)> = BTreeMap::new();
    let mut count = 0;
    for said in boxes {
        if !(0.0..=1.0).contains(&said.score) {
            return None;
        }
        let at = axes.iter().map(|axis| bin(axis.of(&said), bins)).collect();
        let (total, hits, scores) = filled.entry(at).or_default();
        *total += 1;
        *hits += u64::from(said.hit);
        *scores += said.score;
        count += 1;
    }
    if count == 0 {
        return None;
    }
    let row = |(at, (total, hits, scores)): (Vec<usize>, (u64, u64, f64))| CalibrationBin {
        at,
        count: total,
        precision: hits as f64 / total as f64,
        mean_score: scores / total as f64,
    };
    let table: Vec<CalibrationBin> = filled.into_iter().map(row).collect();
    let gap = |bin: &CalibrationBin| (bin.precision - bin.mean_score).abs();
    Some(DetectionCalibration {
        axes: axes.to_vec(),
        bins,
        count,
        error: table.iter().map(|bin| bin.count as f64 / count as f64 * gap(bin)).sum(),
        largest_gap: table.iter().map(gap).fold(0.0, f64::max),
        table,
    })
}

impl Axis {
    fn of(self, said: &ScoredBox) -> f64 {
        match self {
            Self::Score => said.score,
            Self::CentreX => said.shares[0],
            Self::CentreY => said.shares[1],
            Self::Width => said.shares[2],
            Self::Height => said.shares[3],
        }
    }
}

/// The bin of a value: the largest whose lower end the value reaches.
///
/// Ends are `b · (1 / bins)` in floating point, as `numpy.linspace` and with it netcal have them, so that with ten bins the
/// fourth begins at 0.30000000000000004 and a score of 0.3 is in the third.
fn bin(value: f64, bins: usize) -> usize {
    let guess = (value.clamp(0.0, 1.0) * bins as f64) as usize;
    let end = |bin: usize| bin as f64 * (1.0 / bins as f64);
    // The product above may round across an end that the one below does not.
    let guess = if guess > 0 && value < end(guess) { guess - 1 } else { guess };
    let guess = if value >= end(guess + 1) { guess + 1 } else { guess };
    guess.min(bins - 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(score: f64, hit: bool) -> ScoredBox {
        ScoredBox { score, hit, shares: [score, 1.0 - score, 2.0, -1.0] }
    }

    #[test]
    fn a_value_on_an_edge_belongs_to_the_bin_above_and_one_to_the_last() {
        for bins in 1..200 {
            for edge in 0..bins {
                let end = edge as f64 * (1.0 / bins as f64);
                assert_eq!(bin(end, bins), edge);
                assert_eq!(bin(end.next_down(), bins), edge.saturating_sub(1));
            }
            assert_eq!((bin(1.0, bins), bin(7.0, bins), bin(-7.0, bins)), (bins - 1, bins - 1, 0));
        }
    }

    #[test]
    fn scores_that_are_no_probabilities_and_nothing_are_undefined() {
        let none: [ScoredBox; 0] = [];
        assert_eq!(detection_calibration(none, Axis::SCORE, 10), None);
        assert_eq!(detection_calibration([said(0.5, true)], Axis::SCORE, 0), None);
        for score in [1.5, -0.1, f64::NAN] {
            assert_eq!(detection_calibration([said(score, true)], Axis::SCORE, 10), None);
        }
    }

    #[test]
    fn perfect_and_worst_scores_give_zero_and_one() {
        let error = |hit: f64| {
            let boxes = [said(1.0, hit > 0.5), said(0.0, hit <= 0.5)];
            detection_calibration(boxes, Axis::POSITION, 7).unwrap().error
        };
        assert!((error(1.0)).abs() < 1e-15 && (error(0.0) - 1.0).abs() < 1e-15);
    }

    proptest! {
        #[test]
        fn more_axes_never_make_the_error_smaller(
            boxes in prop::collection::vec((0.0..=1.0, any::<bool>()), 1..60),
        ) {
            let boxes: Vec<ScoredBox> = boxes.into_iter().map(|(score, hit)| said(score, hit)).collect();
            let error = |axes| detection_calibration(boxes.clone(), axes, 4).unwrap().error;
            prop_assert!(error(Axis::POSITION) >= error(Axis::SCORE) - 1e-12);
            let table = detection_calibration(boxes.clone(), Axis::SIZE, 4).unwrap().table;
            prop_assert_eq!(table.iter().map(|bin| bin.count).sum::<u64>(), boxes.len() as u64);
        }
    }
}
