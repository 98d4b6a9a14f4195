//! Average precision and recall with each image counted as often as its weight says.
//!
//! An image of weight `w` stands for `w` copies of it, one after the other: an object counts `w` times, and so does a
//! detection. Precision over recall has its peaks at hits that a miss follows, so a step of `w` hits is looked at where it
//! ends, and which of two precisions is larger is decided in whole numbers; there is one division for each recall
//! that is read. The numbers equal, bit for bit, those of the reference on a data set with the copies written out.

use super::ranked::{Event, Kind, Ranked, RankedClass};

/// Precision and recall of every class at every threshold, area and limit that a summary asks for.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// For each area, the classes that have objects there.
    pub(super) present: Vec<Vec<u32>>,
    /// For each area, at the last limit: `[threshold][recall][present class]`.
    pub(super) precision: Vec<Vec<f64>>,
    /// For each area, at the last limit: `[threshold][present class]`.
    pub(super) recall: Vec<Vec<f64>>,
    /// For each limit, at the first area: `[threshold][present class]`.
    pub(super) recall_at: Vec<Vec<f64>>,
}

/// Memory that replicates of one thread share.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) table: Table,
    /// For each area, how many of the detections up to a rank count, by the bits alone.
    counted: Vec<Vec<u32>>,
    needed: Vec<u32>,
    best: Vec<(u32, u32)>,
}

impl Scratch {
    /// Fills the table for these weights, one an image.
    pub(super) fn fill(&mut self, ranked: &Ranked, weights: &[u32]) {
        let (thresholds, recalls) = (ranked.thresholds, ranked.recalls.len());
        let objects = |class: &RankedClass, area: usize| -> u32 {
            let objects = class.objects[area].iter();
            objects.map(|&(image, count)| weights[image as usize] * count).sum()
        };
        let table = &mut self.table;
        table.present = (0..ranked.areas)
            .map(|area| {
                let classes = 0..ranked.classes.len() as u32;
                classes.filter(|&k| objects(&ranked.classes[k as usize], area) > 0).collect()
            })
            .collect();
        table.precision.resize(ranked.areas, Vec::new());
        table.recall.resize(ranked.areas, Vec::new());
        table.recall_at.resize(ranked.limits.len(), Vec::new());
        for (area, present) in table.present.iter().enumerate() {
            table.precision[area].resize(thresholds * recalls * present.len(), 0.0);
            table.recall[area].resize(thresholds * present.len(), 0.0);
        }
        for recall in &mut table.recall_at {
            recall.resize(thresholds * table.present.first().map_or(0, Vec::len), 0.0);
        }
        let mut next = vec![0; ranked.areas];
        for (k, class) in ranked.classes.iter().enumerate() {
            let here: Vec<bool> = (0..ranked.areas)
                .map(|area| self.table.present[area].get(next[area]) == Some(&(k as u32)))
                .collect();
            if !here.contains(&true) {
                continue;
            }
            self.count(class, weights, ranked.areas);
            for area in (0..ranked.areas).filter(|&area| here[area]) {
                self.class(ranked, class, area, next[area], objects(class, area), weights);
                next[area] += 1;
            }
        }
    }

    /// Running totals of the weights of the detections that count by their bits.
    fn count(&mut self, class: &RankedClass, weights: &[u32], areas: usize) {
        self.counted.resize(areas, Vec::new());
        for counted in &mut self.counted {
            counted.resize(class.images.len(), 0);
        }
        for (area, counted) in self.counted.iter_mut().enumerate() {
            let mut total = 0;
            let detections = class.images.iter().zip(&class.counts);
            for (counted, (&image, &bits)) in counted.iter_mut().zip(detections) {
                total += weights[image as usize] * (bits >> area & 1);
                *counted = total;
            }
        }
    }

    /// Fills in one class at one area, the `column`-th present.
    fn class(
        &mut self,
        ranked: &Ranked,
        class: &RankedClass,
        area: usize,
        column: usize,
        objects: u32,
        weights: &[u32],
    ) {
        let columns = self.table.present[area].len();
        let recalls = ranked.recalls.len();
        hits_needed(&ranked.recalls, objects, &mut self.needed);
        let mut found = vec![0_u32; ranked.limits.len() + 1];
        for t in 0..ranked.thresholds {
            found.fill(0);
            self.best.clear();
            self.best.resize(recalls, (0, 1));
            let mut walk = Walk {
                class,
                area,
                counted: &self.counted[area],
                needed: &self.needed,
                best: &mut self.best,
                found: &mut found,
                reached: 0,
                hits: 0,
                shift: 0,
            };
            walk.run(&class.events[area * ranked.thresholds + t], weights);
            // From the back, each recall takes the best precision at it or above.
            let (mut best, mut precision) = ((0_u32, 1_u32), 0.0);
            let rows = &mut self.table.precision[area][t * recalls * columns..];
            for (r, &(hits, said)) in self.best.iter().enumerate().rev() {
                if exceeds((hits, said), best) {
                    best = (hits, said);
                    precision = f64::from(hits) / (f64::from(said) + ranked.epsilon);
                }
                rows[r * columns + column] = precision;
            }
            let mut total = 0;
            for (limit, &more) in found[..ranked.limits.len()].iter().enumerate() {
                total += more;
                if area == 0 {
                    self.table.recall_at[limit][t * columns + column] =
                        f64::from(total) / f64::from(objects);
                }
            }
            self.table.recall[area][t * columns + column] = f64::from(total) / f64::from(objects);
        }
    }
}

/// Whether one ratio of whole numbers is larger than another.
fn exceeds((a, b): (u32, u32), (c, d): (u32, u32)) -> bool {
    u64::from(a) * u64::from(d) > u64::from(c) * u64::from(b)
}

/// For each recall the fewest hits among `objects` that reach it, as the division rounds.
fn hits_needed(recalls: &[f64], objects: u32, needed: &mut Vec<u32>) {
    let reaches = |hits: u32, recall: f64| f64::from(hits) / f64::from(objects) >= recall;
    needed.clear();
    needed.extend(recalls.iter().map(|&recall| {
        let mut hits = (recall * f64::from(objects)).ceil() as u32;
        while hits > 0 && reaches(hits - 1, recall) {
            hits -= 1;
        }
        while hits <= objects && !reaches(hits, recall) {
            hits += 1;
        }
        hits
    }));
}

/// One pass over the hits of a class at one area and threshold.
struct Walk<'a> {
    class: &'a RankedClass,
    area: usize,
    counted: &'a [u32],
    needed: &'a [u32],
    /// For each recall, the best ratio of hits to detections seen between it and the next.
    best: &'a mut [(u32, u32)],
    /// Hits by the first limit that lets them in.
    found: &'a mut [u32],
    /// Recalls reached.
    reached: usize,
    hits: u32,
    /// What the events so far add to the running total.
    shift: i64,
}

impl Walk<'_> {
    fn run(&mut self, events: &[Event], weights: &[u32]) {
        let mut at = 0;
        while let Some(event) = events.get(at) {
            let weight = weights[event.image as usize];
            if event.tied && weight > 1 {
                at = self.tied(events, at, weight);
                continue;
            }
            at += 1;
            if weight == 0 {
                continue;
            }
            match event.kind {
                Kind::Hit => {}
                Kind::HitBesides => self.shift += i64::from(weight),
                Kind::Ignored => {
                    self.shift -= i64::from(weight);
                    continue;
                }
            }
            self.found[event.limit as usize] += weight;
            self.hits += weight;
            let said = i64::from(self.counted[event.rank as usize]) + self.shift;
            self.see(said);
        }
    }

    /// Notes the precision after a hit, where `said` detections that count have been seen.
    fn see(&mut self, said: i64) {
        while self.needed.get(self.reached).is_some_and(|&needed| needed <= self.hits) {
            self.reached += 1;
        }
        if let Some(last) = self.reached.checked_sub(1) {
            let here = (self.hits, said as u32);
            if !exceeds(self.best[last], here) {
                self.best[last] = here;
            }
        }
    }

    /// Takes the copies of detections that share image and score one after the other; returns where events go on.
    fn tied(&mut self, events: &[Event], at: usize, weight: u32) -> usize {
        let rank = events[at].rank;
        let next = self.class.ties.partition_point(|&(_, end)| end <= rank);
        let (start, end) = self.class.ties[next];
        let group = &events[at..];
        let group = &group[..group.partition_point(|event| event.rank < end)];
        let before = start.checked_sub(1).map_or(0, |last| self.counted[last as usize]);
        let mut said = i64::from(before) + self.shift;
        for _ in 0..weight {
            let mut events = group.iter().peekable();
            for rank in start..end {
                let counts = self.class.counts[rank as usize] >> self.area & 1 == 1;
                match events.next_if(|event| event.rank == rank) {
                    None => said += i64::from(counts),
                    Some(event) => match event.kind {
                        Kind::Ignored => {}
                        Kind::Hit | Kind::HitBesides => {
                            said += 1;
                            self.hits += 1;
                            self.found[event.limit as usize] += 1;
                            self.see(said);
                        }
                    },
                }
            }
        }
        self.shift = said - i64::from(self.counted[end as usize - 1]);
        at + group.len()
    }
}
