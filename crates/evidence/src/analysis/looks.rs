//! Which looks were taken, and which runs the next one needs.

use serde::Serialize;

use super::census::Runs;
use super::comparison::Pairs;
use crate::record::{ArmNote, Design};
use crate::sequential::{Sequence, judge_looks};
use crate::stats::Looks;
use crate::verdict::{ALPHA, Judgement, judge_all};

/// One planned look at the study.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LookSummary {
    /// Seeds that every open comparison has by then.
    pub seeds: usize,
    /// Two-sided level at which this look judges a single comparison of the study.
    pub level: f64,
    /// Share of the 5 % that a comparison has spent by this look, between 0 and 1.
    pub spent: f64,
    /// Whether it was taken.
    pub taken: bool,
    /// The arms whose comparison it decided.
    pub decided: Vec<String>,
}

/// Every comparison judged by the score that `runs` are compared by: at the planned looks where the design has some, by all
/// pairs otherwise.
pub(super) fn judgements(notes: &[&ArmNote], runs: &Runs<'_>, margin: f64) -> Vec<Judgement> {
    let (design, all) = (runs.design, runs.seeds.len());
    if design.looks.is_empty() {
        let pairs = notes.iter().map(|note| Pairs::of(note, runs, all).differences());
        return judge_all(&pairs.collect::<Vec<_>>(), margin);
    }
    let sequences: Vec<Sequence> = notes.iter().map(|note| sequence(note, runs)).collect();
    judge_looks(&sequences, margin, &Looks::after(&design.looks))
}

/// The differences of an arm, and how many of them belong to each look whose runs are over.
fn sequence(note: &ArmNote, runs: &Runs<'_>) -> Sequence {
    let over =
        |seed: &u64| [&note.name, &note.against].iter().all(|arm| runs.get(arm, *seed).is_some());
    let complete = runs.seeds.iter().take_while(|seed| over(seed)).count();
    let taken = runs.design.looks.iter().filter(|&&look| look <= complete);
    let looks: Vec<usize> =
        taken.map(|&look| Pairs::of(note, runs, look).differences().len()).collect();
    // Before the first look only what belongs to it is shown, whichever seeds were first to run.
    let seen = if looks.is_empty() { runs.design.looks[0] } else { runs.seeds.len() };
    Sequence { differences: Pairs::of(note, runs, seen).differences(), looks }
}

/// How many seeds a comparison rests on: those of the look that judged it, or of the first one.
pub(super) fn seeds_of(judgement: &Judgement, design: &Design) -> usize {
    let look = judgement.look.max(1) - 1;
    design.looks.get(look).copied().unwrap_or(design.seeds.len())
}

/// How many seeds each arm must run by what is known now, in the order of the design.
///
/// An arm goes on while a comparison it takes part in is open; one in no comparison stops at the first
/// look.
pub(super) fn wanted(notes: &[&ArmNote], judgements: &[Judgement], design: &Design) -> Vec<usize> {
    let Some(&first) = design.looks.first() else {
        return vec![design.seeds.len(); design.arms.len()];
    };
    let until = |judgement: &Judgement| {
        let index = if judgement.is_decided() { judgement.look - 1 } else { judgement.look };
        design.looks[index.min(design.looks.len() - 1)]
    };
    let of = |arm: &ArmNote| {
        let mine = |note: &ArmNote| note.name == arm.name || note.against == arm.name;
        let comparisons = notes.iter().zip(judgements).filter(|(note, _)| mine(note));
        comparisons.map(|(_, judgement)| until(judgement)).fold(first, usize::max)
    };
    design.arms.iter().map(of).collect()
}

/// The planned looks; none where the study is judged once.
pub(super) fn summaries(
    notes: &[&ArmNote],
    judgements: &[Judgement],
    design: &Design,
) -> Vec<LookSummary> {
    if design.looks.is_empty() {
        return Vec::new();
    }
    let looks = Looks::after(&design.looks);
    let taken = judgements.iter().map(|judgement| judgement.look).max().unwrap_or(0);
    let decided = |look: usize| {
        let by = notes.iter().zip(judgements);
        by.filter(|(_, judgement)| judgement.is_decided() && judgement.look == look)
            .map(|(note, _)| note.name.clone())
            .collect()
    };
    let summary = |look: usize| LookSummary {
        seeds: looks.seeds(look),
        level: 2.0 * looks.level(look, ALPHA / 2.0),
        spent: looks.spent(look, ALPHA / 2.0) / (ALPHA / 2.0),
        taken: look <= taken,
        decided: decided(look),
    };
    (1..=looks.count()).map(summary).collect()
}

#[cfg(test)]
mod tests {
    use crate::record::Record;
    use crate::sample::{design, records};
    use crate::{Analysis, Design, Outcome};

    fn at(looks: &[usize], records: &[Record]) -> Analysis {
        Analysis::of(&Design { looks: looks.to_vec(), ..design() }, records).unwrap()
    }

    /// The sample up to a seed, with the accuracies of one arm moved so far up and down.
    fn noisy(last: u64, arm: &str, by: f64) -> Vec<Record> {
        let mut records = records();
        records.retain(|record| record.seed <= last);
        for record in records.iter_mut().filter(|record| record.arm == arm) {
            let noise = if record.seed % 2 == 0 { by } else { -by };
            *record.scores.get_mut("accuracy").unwrap() += noise;
        }
        records
    }

    fn wanted(analysis: &Analysis) -> Vec<usize> {
        analysis.arms.iter().map(|arm| arm.wanted).collect()
    }

    #[test]
    fn a_study_that_decides_everything_at_a_look_needs_no_more_runs() {
        let analysis = at(&[9, 10], &noisy(9, "", 0.0));
        assert!(analysis.comparisons.iter().all(|c| c.judgement.look == 1 && c.planned == 9));
        assert_eq!(wanted(&analysis), [9; 7]);
        let census = &analysis.census;
        assert_eq!((census.planned, census.done, census.missing, census.spared), (63, 63, 0, 7));
        assert!(analysis.looks[0].taken && !analysis.looks[1].taken);
        assert_eq!(analysis.looks[0].decided.len(), 5);
        assert!(analysis.looks[0].spent > 0.7 && (analysis.looks[1].spent - 1.0).abs() < 1e-9);
    }

    #[test]
    fn only_the_arms_of_an_open_comparison_go_on() {
        let analysis = at(&[9, 10], &noisy(9, "avg", 0.02));
        assert_eq!(wanted(&analysis), [10, 10, 9, 9, 9, 9, 9], "max and avg");
        assert_eq!((analysis.census.missing, analysis.census.spared), (2, 5));
        let all = at(&[9, 10], &noisy(10, "avg", 0.02));
        let [one, other] = [&analysis, &all].map(|analysis| analysis.comparison("none").unwrap());
        assert_eq!(
            one.judgement, other.judgement,
            "decided at the first look, whatever came later"
        );
        assert_eq!(all.comparison("avg").unwrap().judgement.look, 2);
    }

    #[test]
    fn what_runs_next_follows_from_the_records_however_often_a_study_is_interrupted() {
        let all = noisy(10, "avg", 0.02);
        // Runs what the records so far ask for, at most so many runs before it looks at them again.
        let study = |at_once: usize| {
            let mut done: Vec<Record> = Vec::new();
            loop {
                let arms = at(&[9, 10], &done).arms;
                let wanted = |run: &Record| {
                    arms.iter().any(|a| a.name == run.arm && run.seed <= a.wanted as u64)
                };
                let next: Vec<Record> = all
                    .iter()
                    .filter(|run| wanted(run) && !done.contains(run))
                    .take(at_once)
                    .cloned()
                    .collect();
                if next.is_empty() {
                    break at(&[9, 10], &done);
                }
                done.extend(next);
            }
        };
        let whole = study(usize::MAX);
        assert_eq!((whole.census.done, whole.census.spared), (65, 5));
        assert_eq!(study(7), whole);
        assert_eq!(study(16), whole);
    }

    #[test]
    fn before_its_first_look_a_study_says_nothing() {
        let analysis = at(&[9, 10], &noisy(8, "", 0.0));
        assert!(analysis.comparisons.iter().all(|c| !c.judgement.is_decided()));
        assert!(analysis.looks.iter().all(|look| !look.taken));
        let phrase = analysis.comparisons[0].judgement.verdict.phrase();
        assert_eq!(phrase, "undecided (judged after 9 seeds)");
        assert_eq!(wanted(&analysis), [9; 7]);
        assert_eq!((analysis.census.missing, analysis.census.spared), (7, 7));
    }

    #[test]
    fn a_comparison_that_is_ahead_of_the_first_look_waits_with_the_pairs_of_that_look() {
        let mut records = noisy(10, "", 0.0);
        records.retain(|run| run.arm != "none" || run.seed < 5);
        let analysis = at(&[9, 10], &records);
        for comparison in &analysis.comparisons {
            let judgement = &comparison.judgement;
            assert_eq!((judgement.look, judgement.n), (0, comparison.pairs.len()));
        }
        assert_eq!(analysis.comparison("avg").unwrap().judgement.n, 9);
    }

    #[test]
    fn a_look_waits_for_every_run_but_not_for_its_success() {
        let mut records = noisy(9, "", 0.0);
        let last = records.iter().position(|r| r.arm == "none" && r.seed == 9).unwrap();
        let run = records.remove(last);
        assert!(!at(&[9, 10], &records).looks[0].taken);
        records.push(Record { outcome: Outcome::Diverged { epoch: 2 }, ..run });
        let analysis = at(&[9, 10], &records);
        assert!(analysis.looks[0].taken);
        assert_eq!(analysis.comparison("none").unwrap().pairs.len(), 8);
    }
}
