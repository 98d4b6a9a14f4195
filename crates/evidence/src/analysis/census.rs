//! Which records count, and what became of every planned run.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::chance::stuck_at_chance;
use crate::Error;
use crate::record::{Design, Environment, Outcome, Record};

/// What became of the planned runs: `planned = done + diverged + failed + missing`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Census {
    /// Arms times seeds, less the spared runs.
    pub planned: usize,
    /// Runs that were scored.
    pub done: usize,
    /// Runs whose loss left the finite numbers.
    pub diverged: usize,
    /// Runs that something else stopped.
    pub failed: usize,
    /// Runs without a record.
    pub missing: usize,
    /// Runs of later looks that were not needed, because everything they could tell was decided.
    pub spared: usize,
    /// Records of arms, seeds or cells outside the design; they count nowhere.
    pub outside: usize,
    /// Every run that diverged or failed.
    pub trouble: Vec<Trouble>,
    /// Every run that was scored and is no better than guessing. They count like all others.
    pub stuck: Vec<Trouble>,
}

/// A run that did not end as it should.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// The arm.
    pub arm: String,
    /// The seed.
    pub seed: u64,
    /// What happened, in words: "diverged in epoch 3".
    pub what: String,
}

/// The records that count, one for each arm and seed of the design that has any.
pub(super) struct Runs<'a> {
    pub(super) design: &'a Design,
    pub(super) seeds: Vec<u64>,
    /// The score that is compared.
    pub(super) metric: &'a str,
    chosen: BTreeMap<(&'a str, u64), &'a Record>,
    outside: usize,
}

impl<'a> Runs<'a> {
    /// Chooses, whatever the order of the records, the run of every arm and seed: one that is done
    /// before one that diverged before one that failed, and of equals the one started first.
    pub(super) fn select(design: &'a Design, records: &'a [Record]) -> Result<Self, Error> {
        let mut seeds = design.seeds.clone();
        seeds.sort_unstable();
        let metric = &design.metric;
        let mut runs = Self { design, seeds, metric, chosen: BTreeMap::new(), outside: 0 };
        for record in records {
            if !design.cells.contains(&record.cell)
                || design.arm(&record.arm).is_none()
                || runs.seeds.binary_search(&record.seed).is_err()
            {
                runs.outside += 1;
                continue;
            }
            check_scores(design, record)?;
            let key = (record.arm.as_str(), record.seed);
            match runs.chosen.get(&key) {
                Some(known) if known.cell != record.cell && is_done(known) && is_done(record) => {
                    return Err(ambiguous(known, record));
                }
                Some(known) if preference(known) <= preference(record) => {}
                _ => {
                    runs.chosen.insert(key, record);
                }
            }
        }
        Ok(runs)
    }

    pub(super) fn get(&self, arm: &str, seed: u64) -> Option<&'a Record> {
        self.chosen.get(&(arm, seed)).copied()
    }

    /// Every run that counts.
    pub(super) fn all(&self) -> impl Iterator<Item = &'a Record> {
        self.chosen.values().copied()
    }

    /// The scored runs of an arm, by seed.
    pub(super) fn done(&self, arm: &str) -> Vec<&'a Record> {
        self.seeds.iter().filter_map(|&seed| self.get(arm, seed)).filter(|r| is_done(r)).collect()
    }

    /// The score the study is about.
    pub(super) fn score(&self, record: &Record) -> f64 {
        record.scores[&self.design.metric] // `select` lets no scored run in without it
    }

    /// The score that is compared, where the run has it.
    pub(super) fn compared(&self, record: &Record) -> Option<f64> {
        record.scores.get(self.metric).copied().filter(|_| is_done(record))
    }

    /// The same runs, compared by another score.
    pub(super) fn by(&self, metric: &'a str) -> Self {
        Self { metric, seeds: self.seeds.clone(), chosen: self.chosen.clone(), ..*self }
    }

    /// Why a scored run is no better than guessing, in words; `None` if it is, or has no score.
    pub(super) fn stuck(&self, record: &Record) -> Option<String> {
        is_done(record).then(|| stuck_at_chance(record, &self.design.dataset)).flatten()
    }

    pub(super) fn environments(&self) -> Vec<Environment> {
        let distinct: BTreeSet<_> = self.chosen.values().map(|r| r.environment.clone()).collect();
        distinct.into_iter().collect()
    }
}

impl Census {
    /// Counts the runs of every arm of the design, of which the first `wanted` seeds are needed.
    pub(super) fn of(runs: &Runs<'_>, wanted: &[usize]) -> Self {
        let mut census = Self { outside: runs.outside, ..Self::default() };
        for (arm, &wanted) in runs.design.arms.iter().zip(wanted) {
            for (place, &seed) in runs.seeds.iter().enumerate() {
                let record = runs.get(&arm.name, seed);
                if record.is_none() && place >= wanted {
                    census.spared += 1;
                    continue;
                }
                census.planned += 1;
                match record.map(|record| &record.outcome) {
                    None => census.missing += 1,
                    Some(Outcome::Done) => census.done += 1,
                    Some(Outcome::Diverged { .. }) => census.diverged += 1,
                    Some(Outcome::Failed { .. }) => census.failed += 1,
                }
                let trouble = |what| Trouble { arm: arm.name.clone(), seed, what };
                census.trouble.extend(record.and_then(what_happened).map(trouble));
                census.stuck.extend(record.and_then(|record| runs.stuck(record)).map(trouble));
            }
        }
        census
    }
}

/// Why a run has no score, in words; `None` if it has one.
pub(crate) fn what_happened(record: &Record) -> Option<String> {
    match &record.outcome {
        Outcome::Done => None,
        Outcome::Diverged { epoch } => Some(format!("diverged in epoch {epoch}")),
        Outcome::Failed { message } => Some(format!("failed: {message}")),
    }
}

pub(super) fn is_done(record: &Record) -> bool {
    record.outcome == Outcome::Done
}

pub(super) fn has_diverged(record: &Record) -> bool {
    matches!(record.outcome, Outcome::Diverged { .. })
}

fn preference(record: &Record) -> (u8, &str, &str) {
    let rank = match record.outcome {
        Outcome::Done => 0,
        Outcome::Diverged { .. } => 1,
        Outcome::Failed { .. } => 2,
    };
    (rank, &record.times.started, &record.cell)
}

fn ambiguous(one: &Record, other: &Record) -> Error {
    let (first, second) = if one.cell < other.cell { (one, other) } else { (other, one) };
    Error::Ambiguous {
        arm: one.arm.clone(),
        seed: one.seed,
        first: first.cell.clone(),
        second: second.cell.clone(),
    }
}

fn check_scores(design: &Design, record: &Record) -> Result<(), Error> {
    record.check()?;
    if !is_done(record) {
        return Ok(());
    }
    if let Some(&score) = record.scores.get(&design.metric) {
        return record.within(format!("score `{}`", design.metric), score, -1);
    }
    Err(Error::MissingScore {
        cell: record.cell.clone(),
        arm: record.arm.clone(),
        seed: record.seed,
        metric: design.metric.clone(),
        scores: record.scores.keys().cloned().collect::<Vec<_>>().join(", "),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Analysis;
    use crate::sample::{design, record, records};

    #[test]
    fn a_score_that_no_run_can_have_is_refused() {
        for (score, shown) in [(1.7e308, "is 17"), (-1.5, "is -1.5"), (1.1, "is 1.1")] {
            let records = [record("max", 1, score), record("none", 1, -score)];
            let error = Analysis::of(&design(), &records).unwrap_err().to_string();
            let range = "expected a number from -1 to 1";
            assert!(error.contains(shown) && error.ends_with(range), "{error}");
        }
        assert!(
            Analysis::of(&design(), &[record("max", 1, -0.2)]).is_ok(),
            "kappa may be negative"
        );
    }

    #[test]
    fn every_planned_run_is_counted_once() {
        let mut records = records();
        records.retain(|record| record.seed != 4);
        records[0].outcome = Outcome::Diverged { epoch: 1 };
        records[1].outcome = Outcome::Failed { message: "full disk".to_owned() };
        records.push(record("max", 77, 0.1));
        let census = Analysis::of(&design(), &records).unwrap().census;
        assert_eq!((census.planned, census.done, census.diverged), (70, 61, 1));
        assert_eq!((census.failed, census.missing, census.outside), (1, 7, 1));
        assert_eq!(census.trouble[1].what, "failed: full disk");
    }

    #[test]
    fn a_run_that_is_done_counts_before_one_that_failed() {
        let failed = Record {
            cell: "another".to_owned(),
            outcome: Outcome::Failed { message: String::new() },
            ..record("max", 1, 0.1)
        };
        let done = record("max", 1, 0.8);
        for records in [[failed.clone(), done.clone()], [done, failed]] {
            let census = Analysis::of(&design(), &records).unwrap().census;
            assert_eq!((census.done, census.failed), (1, 0));
        }
    }

    #[test]
    fn two_finished_runs_of_one_arm_and_seed_are_an_error() {
        let other = Record { cell: "a-cell".to_owned(), ..record("max", 1, 0.9) };
        let mut design = design();
        design.cells.insert("a-cell".to_owned());
        let error = Analysis::of(&design, &[record("max", 1, 0.8), other]).unwrap_err();
        assert!(error.to_string().contains("`a-cell` and `max-1`"), "{error}");
    }

    #[test]
    fn a_record_of_an_earlier_plan_counts_nowhere() {
        let earlier = Record { cell: "a-cell".to_owned(), ..record("max", 1, 0.1) };
        let analysis = Analysis::of(&design(), &[earlier, record("max", 1, 0.8)]).unwrap();
        assert_eq!((analysis.census.done, analysis.census.outside), (1, 1));
        assert_eq!(analysis.arm("max").unwrap().mean, Some(0.8));
    }

    #[test]
    fn a_finished_run_without_the_metric_is_an_error_that_lists_what_it_has() {
        let mut odd = record("max", 1, 0.8);
        odd.scores = BTreeMap::from([("loss".to_owned(), 0.4), ("recall".to_owned(), 0.7)]);
        let error = Analysis::of(&design(), &[odd]).unwrap_err().to_string();
        assert!(error.contains("no score `accuracy`; it has loss, recall"), "{error}");
    }
}
