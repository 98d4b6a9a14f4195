//! The area under precision over recall, and its mean over classes.

use super::{Outcome, Ranking};
use crate::Metric;

pub(super) const ALL_POINT: Metric<[Ranking]> = Metric {
    name: "map_voc2010",
    about: "mean over classes of the area under precision over recall (Pascal VOC from 2010)",
    score: |rankings| mean_average_precision(rankings, Interpolation::AllPoint),
};

pub(super) const ELEVEN_POINT: Metric<[Ranking]> = Metric {
    name: "map_voc2007",
    about: "mean over classes of the precision at eleven recalls (Pascal VOC 2007)",
    score: |rankings| mean_average_precision(rankings, Interpolation::ElevenPoint),
};

/// Which recalls the precision is read at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interpolation {
    /// At all of them: the area under the envelope, as Pascal VOC has it from 2010.
    AllPoint,
    /// At 0, 0.1, …, 1: Pascal VOC up to 2009.
    ///
    /// The recalls are `t · 0.1` in floating point, so the fourth is 0.30000000000000004 and a recall of exactly 3/10
    /// does not reach it. NumPy's `arange(0, 1.1, 0.1)` has it so, and with it py-faster-rcnn and its children.
    ElevenPoint,
    /// At 0, 0.1, …, 1, each the nearest number there is: `t / 10`. A recall of exactly 3/10 reaches the fourth.
    ElevenPointRounded,
}

/// Mean of the precision over recall, the precision at a recall being the best at that recall or above.
///
/// ```text
/// p*(r) = max { p_k : r_k ≥ r }
/// all-point     Σ_k (r_k − r_(k−1)) p*(r_k)
/// eleven-point  Σ_t p*(t · 0.1) / 11          t = 0 … 10; the rounded one at t / 10
/// ```
///
/// `None` when there is no object to find; 0 when there is and nothing was detected.
///
/// ```
/// use cenote_metrics::{Interpolation, Outcome::{Hit, Miss}, Ranking, average_precision};
///
/// // Precision 1 up to recall 1/2, then 2/3 up to recall 1.
/// let ranking = Ranking::new(2, vec![(0.9, Hit), (0.8, Miss), (0.7, Hit)])?;
/// let ap = average_precision(&ranking, Interpolation::AllPoint).expect("there are objects");
/// assert!((ap - (1.0 + 2.0 / 3.0) / 2.0).abs() < 1e-12);
/// let ap = average_precision(&ranking, Interpolation::ElevenPoint).expect("there are objects");
/// assert!((ap - (6.0 + 5.0 * 2.0 / 3.0) / 11.0).abs() < 1e-12);
/// # Ok::<(), cenote_metrics::Error>(())
/// ```
pub fn average_precision(ranking: &Ranking, interpolation: Interpolation) -> Option<f64> {
    let objects = ranking.objects() as u64;
    let mut counted = 0;
    let said = ranking.judged().iter().filter_map(|(_, outcome)| {
        counted += u64::from(*outcome != Outcome::Ignored);
        (*outcome == Outcome::Hit).then_some(counted)
    });
    let said: Vec<u64> = said.collect();
    (objects > 0).then(|| of_hits(&said, objects, interpolation))
}

/// Average precision from the number of detections that count up to and with each hit.
///
/// Precision falls at misses and recall stays, so hits are all the points that the curve needs.
pub(super) fn of_hits(said: &[u64], objects: u64, interpolation: Interpolation) -> f64 {
    // From the back, each precision becomes the best at its recall or above.
    let mut best = 0.0_f64;
    let mut envelope = vec![0.0; said.len()];
    for (hits, (&said, envelope)) in said.iter().zip(&mut envelope).enumerate().rev() {
        best = best.max((hits + 1) as f64 / said as f64);
        *envelope = best;
    }
    let recall = |hits: usize| hits as f64 / objects as f64;
    let eleven = |grid: fn(f64) -> f64| {
        let mut at = 0;
        let points = (0..11).map(|t| {
            while at < said.len() && recall(at + 1) < grid(f64::from(t)) {
                at += 1;
            }
            envelope.get(at).map_or(0.0, |precision| precision / 11.0)
        });
        points.sum()
    };
    match interpolation {
        Interpolation::AllPoint => {
            (0..said.len()).fold(0.0, |sum, at| sum + (recall(at + 1) - recall(at)) * envelope[at])
        }
        Interpolation::ElevenPoint => eleven(|t| t * 0.1),
        Interpolation::ElevenPointRounded => eleven(|t| t / 10.0),
    }
}

/// Mean of [`average_precision`] over the classes that have objects; `None` when no class has.
pub fn mean_average_precision(rankings: &[Ranking], interpolation: Interpolation) -> Option<f64> {
    let each: Vec<f64> =
        rankings.iter().filter_map(|ranking| average_precision(ranking, interpolation)).collect();
    mean(&each)
}

/// The mean, added from the first to the last; `None` of nothing.
pub(super) fn mean(each: &[f64]) -> Option<f64> {
    (!each.is_empty()).then(|| each.iter().sum::<f64>() / each.len() as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ranking(objects: usize, hits: &[bool]) -> Ranking {
        let judged = hits.iter().enumerate().map(|(rank, &hit)| {
            (1.0 - rank as f64 / 100.0, if hit { Outcome::Hit } else { Outcome::Miss })
        });
        Ranking::new(objects, judged.collect()).unwrap()
    }

    #[test]
    fn undefined_without_objects_and_zero_without_detections() {
        for how in [Interpolation::AllPoint, Interpolation::ElevenPoint] {
            assert_eq!(average_precision(&ranking(0, &[false]), how), None);
            assert_eq!(average_precision(&ranking(3, &[]), how), Some(0.0));
            assert_eq!(mean_average_precision(&[ranking(0, &[])], how), None);
        }
    }

    #[test]
    fn a_class_without_objects_stays_out_of_the_mean() {
        let rankings = [ranking(1, &[true]), ranking(0, &[false]), ranking(2, &[true])];
        assert_eq!(mean_average_precision(&rankings, Interpolation::AllPoint), Some(0.75));
    }

    #[test]
    fn a_recall_of_three_tenths_misses_the_fourth_point() {
        let ap = average_precision(&ranking(10, &[true; 3]), Interpolation::ElevenPoint).unwrap();
        assert!((ap - 3.0 / 11.0).abs() < 1e-12, "{ap}");
        let rounded = Interpolation::ElevenPointRounded;
        let ap = average_precision(&ranking(10, &[true; 3]), rounded).unwrap();
        assert!((ap - 4.0 / 11.0).abs() < 1e-12, "{ap}");
    }

    proptest! {
        /// The definition, read literally, quadratic in the number of detections.
        #[test]
        fn both_interpolations_equal_their_definitions(hits: Vec<bool>, more in 0_usize..5) {
            let objects = hits.iter().filter(|&&hit| hit).count() + more;
            prop_assume!(objects > 0);
            let ranking = ranking(objects, &hits);
            let curve = ranking.curve().unwrap();
            let best_from = |recall: f64| {
                curve.iter().filter(|(r, _)| *r >= recall).map(|(_, p)| *p).fold(0.0, f64::max)
            };
            let area: f64 = (1..=objects)
                .map(|found| best_from(found as f64 / objects as f64) / objects as f64)
                .sum();
            let got = average_precision(&ranking, Interpolation::AllPoint).unwrap();
            prop_assert!((got - area).abs() < 1e-12, "{} {}", got, area);
            let points: f64 = (0..11).map(|t| best_from(f64::from(t) * 0.1) / 11.0).sum();
            let got = average_precision(&ranking, Interpolation::ElevenPoint).unwrap();
            prop_assert!((got - points).abs() < 1e-12, "{} {}", got, points);
        }
    }
}
