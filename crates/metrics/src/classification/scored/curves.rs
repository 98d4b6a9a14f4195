//! Curves that are read from a ranking: receiver operating characteristic, precision over recall, error trade-off.

use serde::Serialize;

use super::Thresholds;

/// A point of the receiver operating characteristic.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RocPoint {
    /// Said yes from this score on; infinite at the start, where nothing is.
    pub threshold: f64,
    /// Share of the negatives that are said yes to.
    pub fpr: f64,
    /// Share of the positives that are said yes to.
    pub tpr: f64,
}

/// Which points of a curve are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RocPoints {
    /// One per distinct score.
    #[default]
    All,
    /// Without those in the middle of a straight step, as scikit-learn has it unless told otherwise.
    Corners,
}

/// A point of precision over recall.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PrPoint {
    /// Said yes from this score on; infinite at the start, where nothing is.
    pub threshold: f64,
    /// Share of the yes that is right; 1 at the start by convention.
    pub precision: f64,
    /// Share of the positives that are said yes to.
    pub recall: f64,
}

/// A point of the detection error trade-off.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DetPoint {
    /// Said yes from this score on.
    pub threshold: f64,
    /// Share of the negatives that are said yes to.
    pub fpr: f64,
    /// Share of the positives that are said no to.
    pub fnr: f64,
}

impl Thresholds {
    /// True over false positives, from nothing to everything said yes to.
    ///
    /// `None` without positives or without negatives. After Fawcett (2006), doi:10.1016/j.patrec.2005.10.010.
    pub fn roc_curve(&self, points: RocPoints) -> Option<Vec<RocPoint>> {
        let (positives, negatives) = (self.positives(), self.negatives());
        if positives * negatives == 0.0 {
            return None;
        }
        let steps = self.steps();
        let kept = (0..steps.len()).filter(|&i| {
            if points == RocPoints::All || i == 0 || i + 1 == steps.len() {
                return true;
            }
            let (a, b, c) = (&steps[i - 1], &steps[i], &steps[i + 1]);
            // Equal increments on both axes: the point lies in the middle of a straight line.
            let bend = |a: f64, b: f64, c: f64| (c - b) - (b - a) != 0.0;
            bend(a.fp, b.fp, c.fp) || bend(a.tp, b.tp, c.tp)
        });
        let start = RocPoint { threshold: f64::INFINITY, fpr: 0.0, tpr: 0.0 };
        let rest = kept.map(|i| RocPoint {
            threshold: steps[i].threshold,
            fpr: steps[i].fp / negatives,
            tpr: steps[i].tp / positives,
        });
        Some(std::iter::once(start).chain(rest).collect())
    }

    /// Precision and recall at each distinct score, from nothing to everything said yes to.
    ///
    /// scikit-learn's `precision_recall_curve` has the same points in the other order. `None` without positives.
    pub fn precision_recall_curve(&self) -> Option<Vec<PrPoint>> {
        let positives = self.positives();
        if positives == 0.0 {
            return None;
        }
        let start = PrPoint { threshold: f64::INFINITY, precision: 1.0, recall: 0.0 };
        let rest = self.steps().iter().map(|step| PrPoint {
            threshold: step.threshold,
            precision: step.tp / (step.tp + step.fp),
            recall: step.tp / positives,
        });
        Some(std::iter::once(start).chain(rest).collect())
    }

    /// Misses over false alarms, from everything to nothing said yes to; flat ends are cut to one point.
    ///
    /// It is meant for axes scaled by the normal distribution. After Martin and others (1997),
    /// doi:10.21437/Eurospeech.1997-504. `None` without positives or without negatives.
    pub fn det_curve(&self) -> Option<Vec<DetPoint>> {
        let (positives, negatives) = (self.positives(), self.negatives());
        if positives * negatives == 0.0 {
            return None;
        }
        // From the last threshold without a false alarm (nothing, if there is none) to the first without a miss.
        let steps = self.steps();
        let quiet = steps.partition_point(|step| step.fp <= 0.0);
        let found = steps.partition_point(|step| step.tp < positives);
        let start = DetPoint { threshold: f64::INFINITY, fpr: 0.0, fnr: 1.0 };
        let point = |i: usize| DetPoint {
            threshold: steps[i].threshold,
            fpr: steps[i].fp / negatives,
            fnr: (positives - steps[i].tp) / positives,
        };
        let mut points: Vec<DetPoint> = match quiet {
            0 => std::iter::once(start).chain((0..=found).map(point)).collect(),
            _ => (quiet - 1..=found.max(quiet - 1)).map(point).collect(),
        };
        points.reverse();
        Some(points)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BinaryScores;

    fn thresholds(labels: &[u8], scores: &[f64]) -> Thresholds {
        let labels: Vec<bool> = labels.iter().map(|&label| label == 1).collect();
        BinaryScores::from_scores(&labels, scores).unwrap().thresholds()
    }

    #[test]
    fn curves_begin_with_nothing_and_end_with_everything() {
        let ranked = thresholds(&[0, 0, 1, 1], &[0.1, 0.4, 0.35, 0.8]);
        let roc = ranked.roc_curve(RocPoints::All).unwrap();
        let rates: Vec<_> = roc.iter().map(|point| (point.fpr, point.tpr)).collect();
        assert_eq!(rates, [(0.0, 0.0), (0.0, 0.5), (0.5, 0.5), (0.5, 1.0), (1.0, 1.0)]);
        let pr = ranked.precision_recall_curve().unwrap();
        let points: Vec<_> = pr.iter().map(|point| (point.recall, point.precision)).collect();
        assert_eq!(points, [(0.0, 1.0), (0.5, 1.0), (0.5, 0.5), (1.0, 2.0 / 3.0), (1.0, 0.5)]);
        let det = ranked.det_curve().unwrap();
        let rates: Vec<_> = det.iter().map(|point| (point.fpr, point.fnr)).collect();
        assert_eq!(rates, [(0.5, 0.0), (0.5, 0.5), (0.0, 0.5)]);
    }

    #[test]
    fn corners_leave_out_what_lies_on_a_line() {
        let ranked = thresholds(&[1, 1, 1, 0, 0, 0], &[6.0, 5.0, 4.0, 3.0, 2.0, 1.0]);
        let thresholds: Vec<f64> =
            ranked.roc_curve(RocPoints::Corners).unwrap().iter().map(|p| p.threshold).collect();
        assert_eq!(thresholds, [f64::INFINITY, 6.0, 4.0, 1.0]);
    }

    #[test]
    fn curves_of_one_class_are_undefined() {
        let positives = thresholds(&[1, 1], &[0.1, 0.2]);
        assert_eq!((positives.roc_curve(RocPoints::All), positives.det_curve()), (None, None));
        assert!(positives.precision_recall_curve().is_some());
        assert_eq!(thresholds(&[0], &[0.1]).precision_recall_curve(), None);
        assert_eq!(thresholds(&[], &[]).roc_curve(RocPoints::Corners), None);
    }
}
