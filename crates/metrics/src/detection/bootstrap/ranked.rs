//! The detections of every class in the order of their scores, with all that a change of the images' weights needs.
//!
//! Of half a million detections only the hits decide the curve, and nearly every other detection is a miss at every
//! threshold or at none. So a class keeps, for each area, one bit per detection that says whether it counts, and for each
//! area and threshold a short list of *events*: the hits, and the few detections that depart from that bit.

use crate::detection::Outcome;
use crate::detection::scene::surest_first;

/// A detection as it is handed in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Entry {
    /// Position of the image in ascending order of its id.
    pub(crate) image: u32,
    pub(crate) score: f64,
    /// Position among the detections of its image and class, best first, from 0.
    pub(crate) place: u32,
    /// Whether it found something at some area and threshold; if not, it is the same at all thresholds.
    pub(crate) matched: bool,
}

/// The ranked detections of all classes.
#[derive(Clone, Debug)]
pub(crate) struct Ranked {
    pub(crate) images: usize,
    pub(crate) thresholds: usize,
    pub(crate) areas: usize,
    /// The most detections of an image and class, ascending; all but the last matter for recall alone.
    pub(crate) limits: Vec<u32>,
    /// What precision adds to the number that it divides by.
    pub(crate) epsilon: f64,
    /// Recalls that precision is read at, ascending.
    pub(crate) recalls: Vec<f64>,
    pub(crate) classes: Vec<RankedClass>,
}

/// The ranked detections of one class.
#[derive(Clone, Debug)]
pub(crate) struct RankedClass {
    /// Image of each detection, best score first; equal scores by image, then in the order of the file.
    pub(super) images: Vec<u32>,
    scores: Vec<f64>,
    /// Bit `a`: the detection counts at area `a`, where no event says otherwise.
    pub(super) counts: Vec<u32>,
    /// Ranks whose running totals are looked at, ascending: those of events, and around ties with events.
    pub(super) points: Vec<u32>,
    /// Whether each rank is one of them.
    pub(super) is_point: Vec<bool>,
    /// Where detections of one image with one score begin and end, for those that are more than one.
    pub(super) ties: Vec<(u32, u32)>,
    /// For each area, how many objects that count an image has: `(image, objects)`.
    pub(super) objects: Vec<Vec<(u32, u32)>>,
    /// For each area and threshold, in ascending order of rank.
    pub(super) events: Vec<Vec<Event>>,
}

/// A hit, or a detection that departs from its bit: one that is ignored though its bit says that it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) rank: u32,
    /// Position of the rank in [`RankedClass::points`].
    pub(super) point: u32,
    pub(super) image: u32,
    pub(super) hit: bool,
    /// What the detection adds to the running total of those that count by their bits: 1 for a hit whose bit says that it
    /// does not count, −1 for an ignored detection whose bit says that it does, else 0.
    pub(super) besides: i8,
    /// Position of the first limit that lets the detection in.
    pub(super) limit: u8,
    /// Whether the detection shares image and score with another.
    pub(super) tied: bool,
}

impl RankedClass {
    /// The class of detections given best score first, equal scores by image and then in the order of the file.
    ///
    /// `outcome` says what the detection with a position in `entries` is at an area and a threshold.
    pub(crate) fn new(
        entries: &[Entry],
        objects: Vec<Vec<(u32, u32)>>,
        thresholds: usize,
        limits: &[u32],
        outcome: impl Fn(usize, usize, usize) -> Outcome,
    ) -> Self {
        let areas = objects.len();
        let last = limits.last().copied().unwrap_or(0);
        let kept = entries.iter().enumerate().filter(|(_, entry)| entry.place < last);
        let kept: Vec<(usize, Entry)> = kept.map(|(at, entry)| (at, *entry)).collect();
        let mut class = Self {
            images: kept.iter().map(|(_, entry)| entry.image).collect(),
            scores: kept.iter().map(|(_, entry)| entry.score).collect(),
            counts: vec![0; kept.len()],
            points: Vec::new(),
            is_point: Vec::new(),
            ties: Vec::new(),
            objects,
            events: vec![Vec::new(); areas * thresholds],
        };
        let mut outcomes = Vec::with_capacity(thresholds);
        for (rank, &(at, entry)) in kept.iter().enumerate() {
            let limit = limits.partition_point(|limit| *limit <= entry.place) as u8;
            for area in 0..areas {
                let looked_at = if entry.matched { thresholds } else { thresholds.min(1) };
                outcomes.clear();
                outcomes.extend((0..looked_at).map(|t| outcome(at, area, t)));
                // What is nothing but hits and misses counts, and so does what is ever a miss.
                let counts =
                    outcomes.contains(&Outcome::Miss) || !outcomes.contains(&Outcome::Ignored);
                class.counts[rank] |= u32::from(counts) << area;
                if !entry.matched {
                    continue;
                }
                for (t, &outcome) in outcomes.iter().enumerate() {
                    let (hit, besides) = match (outcome, counts) {
                        (Outcome::Hit, true) => (true, 0),
                        (Outcome::Hit, false) => (true, 1),
                        (Outcome::Ignored, true) => (false, -1),
                        (Outcome::Miss, _) | (Outcome::Ignored, false) => continue,
                    };
                    let (rank, image, point, tied) = (rank as u32, entry.image, 0, false);
                    let event = Event { rank, point, image, hit, besides, limit, tied };
                    class.events[area * thresholds + t].push(event);
                }
            }
        }
        class.find_points();
        class
    }

    /// Notes which detections share image and score, and which running totals are looked at.
    fn find_points(&mut self) {
        let mut start = 0;
        for end in 1..=self.images.len() {
            let same = end < self.images.len()
                && self.images[end] == self.images[start]
                && surest_first(self.scores[end], self.scores[start]).is_eq();
            if !same {
                if end - start > 1 {
                    self.ties.push((start as u32, end as u32));
                }
                start = end;
            }
        }
        self.is_point = vec![false; self.images.len()];
        for event in self.events.iter_mut().flatten() {
            self.is_point[event.rank as usize] = true;
            let next = self.ties.partition_point(|&(_, end)| end <= event.rank);
            let tie = self.ties.get(next).filter(|&&(start, _)| start <= event.rank);
            event.tied = tie.is_some();
            if let Some(&(start, end)) = tie {
                self.is_point[start.saturating_sub(1) as usize] = true;
                self.is_point[end as usize - 1] = true;
            }
        }
        let ranks = (0_u32..).zip(&self.is_point);
        self.points = ranks.filter(|(_, is_point)| **is_point).map(|(rank, _)| rank).collect();
        for event in self.events.iter_mut().flatten() {
            event.point = place(&self.points, event.rank) as u32;
        }
    }

    /// Where among the points a rank stands that is one.
    pub(super) fn point(&self, rank: u32) -> usize {
        place(&self.points, rank)
    }

    /// The class in which image `2 i` holds the detections of `self` and `2 i + 1` those of `other` in image `i`.
    fn interleaved(&self, other: &Self) -> Self {
        // (score, new image, which of the two, old rank), already in order within each of the two.
        let list = |class: &Self, which: u32| -> Vec<(f64, u32, u32, usize)> {
            let ranked = class.scores.iter().zip(&class.images).enumerate();
            ranked.map(|(rank, (&score, &image))| (score, 2 * image + which, which, rank)).collect()
        };
        let mut merged = list(self, 0);
        merged.extend(list(other, 1));
        merged.sort_by(|a, b| surest_first(a.0, b.0).then(a.1.cmp(&b.1)));
        let both = [self, other];
        let mut new_rank = both.map(|class| vec![0_u32; class.images.len()]);
        for (rank, &(_, _, which, old)) in merged.iter().enumerate() {
            new_rank[which as usize][old] = rank as u32;
        }
        let events = (0..self.events.len()).map(|at| {
            let moved = both.iter().zip(&new_rank).zip(0..).flat_map(|((class, new), which)| {
                class.events[at].iter().map(move |event| Event {
                    rank: new[event.rank as usize],
                    image: 2 * event.image + which,
                    ..*event
                })
            });
            let mut moved: Vec<Event> = moved.collect();
            moved.sort_by_key(|event| event.rank);
            moved
        });
        let objects = (0..self.objects.len()).map(|area| {
            let moved = both.iter().zip(0..).flat_map(|(class, which)| {
                class.objects[area].iter().map(move |&(image, count)| (2 * image + which, count))
            });
            let mut moved: Vec<(u32, u32)> = moved.collect();
            moved.sort_unstable();
            moved
        });
        let mut class = Self {
            images: merged.iter().map(|entry| entry.1).collect(),
            scores: merged.iter().map(|entry| entry.0).collect(),
            counts: merged.iter().map(|entry| both[entry.2 as usize].counts[entry.3]).collect(),
            points: Vec::new(),
            is_point: Vec::new(),
            ties: Vec::new(),
            objects: objects.collect(),
            events: events.collect(),
        };
        class.find_points();
        class
    }
}

fn place(points: &[u32], rank: u32) -> usize {
    points.partition_point(|&point| point < rank)
}

impl Ranked {
    /// Two detectors over the same images and objects as one over twice as many: those of `self` are `2 i`, those of
    /// `other` are `2 i + 1`. Weights then choose, image by image, whose detections are looked at.
    ///
    /// `None` when the two were not judged alike.
    pub(crate) fn interleaved(&self, other: &Self) -> Option<Self> {
        let alike = self.images == other.images
            && (self.thresholds, self.areas) == (other.thresholds, other.areas)
            && self.limits == other.limits
            && (self.epsilon.to_bits(), &self.recalls) == (other.epsilon.to_bits(), &other.recalls)
            && self.classes.len() == other.classes.len();
        let classes = self.classes.iter().zip(&other.classes);
        alike.then(|| Self {
            images: 2 * self.images,
            thresholds: self.thresholds,
            areas: self.areas,
            limits: self.limits.clone(),
            epsilon: self.epsilon,
            recalls: self.recalls.clone(),
            classes: classes.map(|(one, other)| one.interleaved(other)).collect(),
        })
    }
}
