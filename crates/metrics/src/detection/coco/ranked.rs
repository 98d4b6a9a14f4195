//! The detections of a class over all images, by score.
//!
//! Most detections find nothing at any threshold. How many of these precede a matched one is all that matters, so curves
//! run over the matched ones alone.

use super::class::{ClassMatches, UNMATCHED};

/// Detections by descending score, and the matched ones among them.
#[derive(Clone, Debug)]
pub(super) struct Ranked {
    /// Every detection of the class.
    pub(super) order: Vec<u32>,
    /// The matched ones.
    pub(super) events: Vec<Event>,
    /// Per event, range of areas and limit: unmatched detections before it that count as wrong.
    pub(super) misses: Vec<u32>,
}

/// A matched detection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    pub(super) detection: u32,
    /// Position of the first limit that leaves it in.
    pub(super) limit: u32,
}

impl ClassMatches {
    pub(super) fn ranked(&self) -> &Ranked {
        self.ranked.get_or_init(|| self.rank())
    }

    fn rank(&self) -> Ranked {
        let mut keyed: Vec<(u64, u32)> =
            self.scores.iter().zip(0..).map(|(&score, d)| (descending(score), d)).collect();
        // Places in the list differ, so equal scores stay in its order.
        keyed.sort_unstable();
        let order: Vec<u32> = keyed.into_iter().map(|(_, d)| d).collect();
        let ranks = self.ranks();
        let (areas, limits) = (self.shape.areas, &self.shape.limits);
        let mut events = Vec::new();
        let mut misses = Vec::new();
        let mut counts = vec![0_u32; areas * limits.len()];
        for &d in &order {
            let detection = d as usize;
            let limit = limits.partition_point(|&limit| limit <= ranks[detection] as usize);
            if self.places[detection] == UNMATCHED {
                let outside = self.outside[detection];
                for area in 0..areas {
                    counts[area * limits.len() + limit] += !outside >> area & 1;
                }
                continue;
            }
            events.push(Event { detection: d, limit: limit as u32 });
            for of_area in counts.chunks_exact(limits.len()) {
                let mut sum = 0;
                misses.extend(of_area.iter().map(|count| {
                    sum += count;
                    sum
                }));
            }
        }
        Ranked { order, events, misses }
    }
}

/// A key that ascends as scores descend; +0 and −0 are one.
fn descending(score: f64) -> u64 {
    let bits = (score + 0.0).to_bits();
    if bits >> 63 == 1 { bits } else { !(bits | 1 << 63) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_ascend_as_scores_descend() {
        let scores = [1e300, 2.0, 1.0, 1e-300, 0.0, -1e-300, -1.0, -1e300];
        assert!(scores.iter().map(|&score| descending(score)).is_sorted());
        assert_eq!(descending(0.0), descending(-0.0));
    }
}
