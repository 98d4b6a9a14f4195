//! Average precision and recall with each image counted as often as its weight says.
//!
//! An image of weight `w` stands for `w` copies of it, one after the other: an object counts `w` times, and so does a
//! detection. Precision over recall has its peaks at hits that a miss follows, so a run of `w` hits is looked at where it
//! ends; a state of the curve that is looked at besides is one that the reference has too, and changes no maximum. The
//! numbers equal, bit for bit, those of the reference on a data set with the copies written out.
//!
//! Most of the time goes into running totals over all detections and into the walks over the events of each class, area and
//! threshold. Neither has a branch that depends on a weight: whether an image was drawn is a toss of a coin, and a
//! processor that has to guess it loses more than all the arithmetic takes.

use super::ranked::{Event, Ranked, RankedClass};
use super::summary::mean;

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
    /// Mean precision of each class at the first area, over all thresholds and at the first.
    pub(super) class_precision: Vec<[Option<f64>; 2]>,
}

/// Memory that replicates of one thread share.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) table: Table,
    /// For each area, how many objects each present class has.
    objects: Vec<Vec<u32>>,
    totals: Totals,
    walk: Walk,
    /// For each area, `[present class][threshold][recall]`.
    rows: Vec<Vec<f64>>,
}

impl Scratch {
    /// Fills the table for these weights, one an image.
    pub(super) fn fill(&mut self, ranked: &Ranked, weights: &[u32]) {
        let (thresholds, recalls) = (ranked.thresholds, ranked.recalls.len());
        self.make_room(ranked, weights);
        let mut next = vec![0; ranked.areas];
        for (k, class) in ranked.classes.iter().enumerate() {
            self.table.class_precision[k] = [None; 2];
            let here: Vec<bool> = (0..ranked.areas)
                .map(|area| self.table.present[area].get(next[area]) == Some(&(k as u32)))
                .collect();
            if !here.contains(&true) {
                continue;
            }
            self.totals.count(class, weights, ranked.areas);
            for area in (0..ranked.areas).filter(|&area| here[area]) {
                self.class(ranked, class, area, next[area], weights);
                if area == 0 {
                    let row = &self.rows[0][next[0] * thresholds * recalls..];
                    let [all, first] =
                        [thresholds, thresholds.min(1)].map(|t| mean(&row[..t * recalls]));
                    self.table.class_precision[k] = [all, first];
                }
                next[area] += 1;
            }
        }
        for (rows, into) in self.rows.iter().zip(&mut self.table.precision) {
            turn(rows, into, thresholds, recalls);
        }
    }

    fn make_room(&mut self, ranked: &Ranked, weights: &[u32]) {
        let (thresholds, recalls) = (ranked.thresholds, ranked.recalls.len());
        let table = &mut self.table;
        (table.present, self.objects) = (0..ranked.areas)
            .map(|area| {
                let classes = ranked.classes.iter().zip(0..);
                let counted = classes.map(|(class, k)| (k, objects(class, area, weights)));
                counted.filter(|&(_, objects)| objects > 0).unzip::<_, _, Vec<u32>, Vec<u32>>()
            })
            .unzip();
        table.class_precision.resize(ranked.classes.len(), [None; 2]);
        table.precision.resize(ranked.areas, Vec::new());
        table.recall.resize(ranked.areas, Vec::new());
        table.recall_at.resize(ranked.limits.len(), Vec::new());
        self.rows.resize(ranked.areas, Vec::new());
        for (area, present) in table.present.iter().enumerate() {
            table.precision[area].resize(thresholds * recalls * present.len(), 0.0);
            table.recall[area].resize(thresholds * present.len(), 0.0);
            self.rows[area].resize(thresholds * recalls * present.len(), 0.0);
        }
        for recall in &mut table.recall_at {
            recall.resize(thresholds * table.present.first().map_or(0, Vec::len), 0.0);
        }
    }

    /// Fills in one class at one area, the `column`-th present.
    fn class(
        &mut self,
        ranked: &Ranked,
        class: &RankedClass,
        area: usize,
        column: usize,
        weights: &[u32],
    ) {
        let Self { table, objects, totals, walk, rows } = self;
        let columns = table.present[area].len();
        let (thresholds, recalls) = (ranked.thresholds, ranked.recalls.len());
        let objects = objects[area][column];
        walk.begin(ranked, objects);
        let rows = &mut rows[area][column * thresholds * recalls..][..thresholds * recalls];
        for t in 0..thresholds {
            let events = &class.events[area * thresholds + t];
            walk.run(class, area, totals, events, weights);
            walk.read(&mut rows[t * recalls..][..recalls]);
            let share = |hits: u32| f64::from(hits) / f64::from(objects);
            table.recall[area][t * columns + column] = share(walk.hits);
            if area == 0 {
                let mut total = 0;
                for (at_limit, &more) in table.recall_at.iter_mut().zip(&walk.found) {
                    total += more;
                    at_limit[t * columns + column] = share(total);
                }
            }
        }
    }
}

fn objects(class: &RankedClass, area: usize, weights: &[u32]) -> u32 {
    class.objects[area].iter().map(|&(image, count)| weights[image as usize] * count).sum()
}

/// From `[class][threshold][recall]` to `[threshold][recall][class]`.
fn turn(rows: &[f64], into: &mut [f64], thresholds: usize, recalls: usize) {
    let each = thresholds * recalls;
    let columns = rows.len() / each.max(1);
    for t in 0..thresholds {
        let into = &mut into[t * recalls * columns..][..recalls * columns];
        for (column, row) in rows.chunks_exact(each.max(1)).enumerate() {
            let row = &row[t * recalls..][..recalls];
            let cells = into[column..].iter_mut().step_by(columns);
            cells.zip(row).for_each(|(cell, value)| *cell = *value);
        }
    }
}

/// Areas that are counted side by side.
const LANES: usize = 4;

/// All bits where a bit of the index is set.
const MASKS: [[u32; LANES]; 1 << LANES] = {
    let mut masks = [[0; LANES]; 1 << LANES];
    let mut bits = 0;
    while bits < masks.len() {
        let mut lane = 0;
        while lane < LANES {
            masks[bits][lane] = if bits >> lane & 1 == 1 { u32::MAX } else { 0 };
            lane += 1;
        }
        bits += 1;
    }
    masks
};

/// Running totals of the weights of the detections that count by their bits, at the points of a class.
#[derive(Debug, Default)]
struct Totals {
    /// For each [`LANES`] areas.
    groups: Vec<Vec<[u32; LANES]>>,
}

impl Totals {
    fn count(&mut self, class: &RankedClass, weights: &[u32], areas: usize) {
        self.groups.resize(areas.div_ceil(LANES), Vec::new());
        for (group, counted) in self.groups.iter_mut().enumerate() {
            // The totals since the last point stand where the next one will be, behind the last one too.
            counted.resize(class.points.len() + 1, [0; LANES]);
            let (mut total, mut at) = ([0; LANES], 0);
            let detections = class.images.iter().zip(&class.counts).zip(&class.is_point);
            for ((&image, &bits), &is_point) in detections {
                let weight = weights[image as usize];
                let mask = &MASKS[(bits >> (group * LANES)) as usize % MASKS.len()];
                for (total, mask) in total.iter_mut().zip(mask) {
                    *total += weight & mask;
                }
                counted[at] = total;
                at += usize::from(is_point);
            }
        }
    }

    fn at(&self, area: usize, point: usize) -> u32 {
        self.groups[area / LANES][point][area % LANES]
    }
}

/// One pass over the events of a class at one area and threshold.
#[derive(Debug, Default)]
struct Walk {
    objects: u32,
    epsilon: f64,
    hits: u32,
    /// What the events so far add to the running total.
    shift: i32,
    /// Hits by the first limit that lets them in, and those that none does.
    found: Vec<u32>,
    /// How many recalls so many hits reach, up to all objects.
    reached: Vec<u32>,
    /// The best precision of the states that reach so many recalls.
    best: Vec<f64>,
}

impl Walk {
    /// Begins with a class and an area that have so many objects.
    fn begin(&mut self, ranked: &Ranked, objects: u32) {
        let recalls = &ranked.recalls;
        (self.objects, self.epsilon) = (objects, ranked.epsilon);
        self.found.resize(ranked.limits.len() + 1, 0);
        self.best.resize(recalls.len() + 1, 0.0);
        let mut reached = 0;
        self.reached.clear();
        self.reached.extend((0..=objects).map(|hits| {
            let recall = f64::from(hits) / f64::from(objects);
            while recalls.get(reached).is_some_and(|&wanted| wanted <= recall) {
                reached += 1;
            }
            reached as u32
        }));
    }

    fn run(
        &mut self,
        class: &RankedClass,
        area: usize,
        totals: &Totals,
        events: &[Event],
        weights: &[u32],
    ) {
        (self.hits, self.shift) = (0, 0);
        self.found.fill(0);
        self.best.fill(0.0);
        let mut at = 0;
        while let Some(event) = events.get(at) {
            let weight = weights[event.image as usize];
            if event.tied && weight > 1 {
                at += self.tied(class, area, totals, &events[at..], weight);
                continue;
            }
            let hits = weight * u32::from(event.hit);
            self.hits += hits;
            self.found[usize::from(event.limit)] += hits;
            self.shift += i32::from(event.besides) * weight as i32;
            let counted = totals.at(area, event.point as usize);
            self.see(counted.wrapping_add_signed(self.shift));
            at += 1;
        }
    }

    /// Notes the precision where `said` detections that count have been seen.
    fn see(&mut self, said: u32) {
        // Where nothing counts nothing hits, and 0 of 1 is 0 as well.
        let precision = f64::from(self.hits) / (f64::from(said.max(1)) + self.epsilon);
        let best = &mut self.best[self.reached[self.hits.min(self.objects) as usize] as usize];
        *best = if precision > *best { precision } else { *best };
    }

    /// Takes the copies of detections that share image and score one after the other; returns how many events that were.
    fn tied(
        &mut self,
        class: &RankedClass,
        area: usize,
        totals: &Totals,
        events: &[Event],
        weight: u32,
    ) -> usize {
        let rank = events[0].rank;
        let next = class.ties.partition_point(|&(_, end)| end <= rank);
        let (start, end) = class.ties[next];
        let group = &events[..events.partition_point(|event| event.rank < end)];
        let counted = |rank: u32| totals.at(area, class.point(rank));
        let before = start.checked_sub(1).map_or(0, counted);
        let mut said = before.wrapping_add_signed(self.shift);
        for _ in 0..weight {
            let mut events = group.iter().peekable();
            for rank in start..end {
                let counts = class.counts[rank as usize] >> area & 1;
                let event = events.next_if(|event| event.rank == rank);
                let besides = event.map_or(0, |event| i32::from(event.besides));
                said += counts.wrapping_add_signed(besides);
                if let Some(event) = event {
                    self.hits += u32::from(event.hit);
                    self.found[usize::from(event.limit)] += u32::from(event.hit);
                    self.see(said);
                }
            }
        }
        self.shift = said.wrapping_sub(counted(end - 1)).cast_signed();
        group.len()
    }

    /// For each recall the best precision at it or above.
    fn read(&self, into: &mut [f64]) {
        let mut most = 0.0;
        for (best, into) in self.best[1..].iter().zip(into).rev() {
            most = if *best > most { *best } else { most };
            *into = most;
        }
    }
}
