//! Precision over recall of one class.
//!
//! ```text
//! recall    = tp / objects
//! precision = tp / (fp + tp + ε)        ε = 2⁻⁵² in strict mode, else 0
//! ```
//!
//! Along the detections by score; each precision becomes the best at its recall or above. Both change for the better at
//! hits alone, so hits are the points of the curve.

use super::class::ClassMatches;
use super::evaluate::Matches;
use super::settings::{FLAGS, Mode, Settings};

/// One class, range of areas and limit of detections, at `T` thresholds and `R` recalls.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    /// Precision, `(T, R)` row by row; 0 at recalls that are not reached.
    pub precision: Vec<f64>,
    /// Score of the detection at which the recall is reached, `(T, R)`; 0 where it is not.
    pub scores: Vec<f64>,
    /// Recall over all detections, `(T,)`.
    pub recall: Vec<f64>,
}

/// The hits at one threshold.
#[derive(Default)]
struct Points {
    /// Hits and misses up to and with each hit.
    totals: Vec<u64>,
    /// The detections that hit.
    detections: Vec<u32>,
}

impl Matches {
    /// Precision, recall and scores of class `k` for a range of areas and a limit of detections, all by position.
    ///
    /// `None` when no object counts.
    pub fn slice(&self, k: usize, area: usize, limit: usize) -> Option<Slice> {
        self.classes[k].slice(&self.settings, area, limit)
    }
}

impl ClassMatches {
    pub(super) fn slice(&self, settings: &Settings, area: usize, limit: usize) -> Option<Slice> {
        let positives = self.positives(area);
        if positives == 0 {
            return None;
        }
        let recalls = &settings.recall_thresholds;
        let epsilon = match settings.mode {
            Mode::Strict => f64::EPSILON,
            Mode::Corrected => 0.0,
        };
        let needed: Vec<usize> =
            recalls.iter().map(|&recall| hits_for(recall, positives)).collect();
        let surest = match self.shape.limits[limit] {
            0 => None,
            _ => self.ranked().order.first().map(|&d| self.scores[d as usize]),
        };
        let points = self.points(area, limit);
        let mut slice = Slice {
            precision: vec![0.0; points.len() * recalls.len()],
            scores: vec![0.0; points.len() * recalls.len()],
            recall: Vec::with_capacity(points.len()),
        };
        for (t, points) in points.iter().enumerate() {
            let mut best = 0.0_f64;
            let mut envelope = vec![0.0; points.totals.len()];
            for (at, &total) in points.totals.iter().enumerate().rev() {
                best = best.max((at + 1) as f64 / (total as f64 + epsilon));
                envelope[at] = best;
            }
            for (r, &hits) in needed.iter().enumerate() {
                let at = t * recalls.len() + r;
                if hits == 0 {
                    // Reached before the first hit, if there is any detection.
                    let Some(surest) = surest else { break };
                    (slice.precision[at], slice.scores[at]) = (best, surest);
                } else if let Some(&precision) = envelope.get(hits - 1) {
                    let detection = points.detections[hits - 1] as usize;
                    (slice.precision[at], slice.scores[at]) = (precision, self.scores[detection]);
                } else if settings.mode == Mode::Strict {
                    break;
                }
            }
            slice.recall.push(points.totals.len() as f64 / positives as f64);
        }
        Some(slice)
    }

    /// Recall at each threshold over all detections within a limit; `None` when no object counts.
    pub(super) fn recall(&self, area: usize, limit: usize) -> Option<Vec<f64>> {
        let positives = self.positives(area);
        let hits = self.points(area, limit).into_iter().map(|points| points.totals.len());
        (positives > 0).then(|| hits.map(|hits| hits as f64 / positives as f64).collect())
    }

    /// The hits at every threshold.
    fn points(&self, area: usize, limit: usize) -> Vec<Points> {
        let ranked = self.ranked();
        let thresholds = self.shape.thresholds;
        let mut points: Vec<Points> = (0..thresholds).map(|_| Points::default()).collect();
        // Matched detections that find nothing at a threshold.
        let mut misses = vec![0_u64; thresholds];
        let column = area * self.shape.limits.len() + limit;
        let before = ranked.misses.chunks_exact(self.shape.areas * self.shape.limits.len());
        for (event, before) in ranked.events.iter().zip(before) {
            if event.limit as usize > limit {
                continue;
            }
            let inside = self.outside[event.detection as usize] >> area & 1 == 0;
            for word in 0..self.shape.words() {
                let found = self.found(event.detection as usize, area, word);
                let first = word * FLAGS;
                for t in flags(found.hit) {
                    let points = &mut points[first + t];
                    let hits = points.totals.len() as u64 + 1;
                    points.totals.push(hits + misses[first + t] + u64::from(before[column]));
                    points.detections.push(event.detection);
                }
                if inside {
                    let all = u32::MAX >> (FLAGS - (thresholds - first).min(FLAGS));
                    for t in flags(!(found.hit | found.ignored) & all) {
                        misses[first + t] += 1;
                    }
                }
            }
        }
        points
    }
}

/// The positions of the flags that are set.
fn flags(mut word: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let position = (word != 0).then(|| word.trailing_zeros() as usize);
        word &= word.wrapping_sub(1);
        position
    })
}

/// The least number of hits whose recall is at least `recall`; more than there are objects where none is.
fn hits_for(recall: f64, positives: u64) -> usize {
    let reached = |hits: u64| hits as f64 / positives as f64 >= recall;
    let (mut low, mut high) = (0, positives + 1);
    // Near the product; the bounds take care of its rounding.
    let guess = (recall * positives as f64).clamp(0.0, positives as f64) as u64;
    if guess > 1 && !reached(guess - 2) {
        low = guess - 1;
    }
    if guess + 2 <= positives && reached(guess + 2) {
        high = guess + 2;
    }
    while low < high {
        let middle = u64::midpoint(low, high);
        if middle > positives || reached(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn hits_are_the_least_that_reach_the_recall(recall in -0.1_f64..1.1, hundredths in 0_u32..=100, positives in 1_u64..400) {
            for recall in [recall, f64::from(hundredths) * 0.01, f64::from(hundredths) / 100.0] {
                let expected = (0..=positives).find(|&hits| hits as f64 / positives as f64 >= recall);
                prop_assert_eq!(hits_for(recall, positives) as u64, expected.unwrap_or(positives + 1));
            }
        }
    }
}
