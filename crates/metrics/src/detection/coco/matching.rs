//! Who found what, in one cell.
//!
//! At each threshold, detections choose in descending order of score. A detection takes the object it is most like, if at
//! least as much as the threshold asks; among equals the last one listed. Objects that count come before those that do
//! not, and a detection that found one that counts looks no further. An object is taken once, a crowd as often as found.

use super::settings::FLAGS;

/// A threshold above this is this: equal boxes match whatever the threshold.
const HIGHEST: f64 = 1.0 - 1e-10;

/// An object as the matching sees it.
#[derive(Clone, Copy)]
pub(super) struct Target {
    /// One flag per range of areas for which it does not count.
    pub(super) ignored: u32,
    /// May be found by many.
    pub(super) crowd: bool,
    /// Whoever finds it has found nothing: the object with id 0, to the reference.
    pub(super) void: bool,
}

/// What a detection found at the thresholds of a word: one flag each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// Found an object that counts.
    pub(super) hit: u32,
    /// Found one that does not.
    pub(super) ignored: u32,
}

/// Matches the cells of a class, one after the other.
pub(super) struct Matcher<'a> {
    thresholds: &'a [f64],
    lowest: f64,
    areas: usize,
    /// Objects in the order in which detections look at them.
    order: Vec<u32>,
    /// Per object one flag per threshold at which it is taken.
    taken: Vec<u32>,
}

impl<'a> Matcher<'a> {
    pub(super) fn new(thresholds: &'a [f64], areas: usize) -> Self {
        let lowest = thresholds.iter().copied().fold(HIGHEST, f64::min);
        Self { thresholds, lowest, areas, order: Vec::new(), taken: Vec::new() }
    }

    /// Whether a detection with these similarities can match anything; what is not a number can.
    pub(super) fn may_match(&self, similarities: &[f64]) -> bool {
        !similarities.iter().all(|&similarity| similarity < self.lowest)
    }

    /// Matches the detections `rows` of a cell, given with their similarity to every object, for every range of areas.
    ///
    /// `found` gets, per detection and range, one [`Found`] per word of thresholds. `on_match` hears of every match:
    /// range, threshold, detection, object.
    pub(super) fn run(
        &mut self,
        targets: &[Target],
        rows: &[&[f64]],
        found: &mut [Found],
        mut on_match: impl FnMut(usize, usize, usize, usize),
    ) {
        let words = self.thresholds.len().div_ceil(FLAGS);
        for area in 0..self.areas {
            let ignored = |target: &Target| target.ignored >> area & 1;
            let as_before = (0..area).find(|&before| {
                targets.iter().all(|target| target.ignored >> before & 1 == ignored(target))
            });
            for word in 0..words {
                let at = |row: usize, area: usize| (row * self.areas + area) * words + word;
                if let Some(before) = as_before {
                    for row in 0..rows.len() {
                        found[at(row, area)] = found[at(row, before)];
                    }
                    continue;
                }
                let first = word * FLAGS;
                let last = self.thresholds.len().min(first + FLAGS);
                self.order.clear();
                for wanted in 0..2 {
                    let of_kind = |g: &u32| ignored(&targets[*g as usize]) == wanted;
                    self.order.extend((0..targets.len() as u32).filter(of_kind));
                }
                self.taken.clear();
                self.taken.resize(targets.len(), 0);
                for (row, similarities) in rows.iter().enumerate() {
                    let mut result = Found::default();
                    for t in first..last {
                        let Some(g) = self.choose(targets, similarities, t, word, area) else {
                            continue;
                        };
                        let flag = 1 << (t - first);
                        self.taken[g] |= flag;
                        on_match(area, t, row, g);
                        if ignored(&targets[g]) == 1 {
                            result.ignored |= flag;
                        } else if !targets[g].void {
                            result.hit |= flag;
                        }
                    }
                    found[at(row, area)] = result;
                }
            }
        }
    }

    /// The object a detection takes at threshold `t`.
    #[inline]
    fn choose(
        &self,
        targets: &[Target],
        similarities: &[f64],
        t: usize,
        word: usize,
        area: usize,
    ) -> Option<usize> {
        let mut best = self.thresholds[t].min(HIGHEST);
        let flag = 1_u32 << (t - word * FLAGS);
        let mut choice: Option<usize> = None;
        for &g in &self.order {
            let g = g as usize;
            let target = &targets[g];
            if self.taken[g] & flag != 0 && !target.crowd {
                continue;
            }
            if target.ignored >> area & 1 == 1
                && choice.is_some_and(|choice| targets[choice].ignored >> area & 1 == 0)
            {
                break;
            }
            if similarities[g] < best {
                continue;
            }
            best = similarities[g];
            choice = Some(g);
        }
        choice
    }
}
