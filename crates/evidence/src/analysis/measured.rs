//! What was measured of the networks besides their score: paired as the score is, measure by measure.
//!
//! ```text
//! D_i = measure(arm, seed i) − measure(partner, seed i)
//! ```
//!
//! A measure is a family of its own: the sign-flip p values of its comparisons are adjusted by Holm. A difference is
//! *decided* where the adjusted p is at most 5 %; then its sign agrees with the article or contradicts it. Intervals are BCa
//! from eight pairs on and Student's below, each alone. The measures of a study are several looks at one question, so what
//! one of them says alone is a lead, and what most say together is the finding.

use serde::Serialize;

use super::census::Runs;
use crate::MeasureNote;
use crate::measure::Direction;
use crate::stats::{
    Interval, IntervalMethod, SignFlip, difference_interval, holm, mean, standard_deviation,
};
use crate::verdict::ALPHA;

/// One measure over all arms.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// What it is.
    pub note: MeasureNote,
    /// One summary per arm, in the order of the design.
    pub arms: Vec<ArmMeasured>,
    /// Every arm that has a partner against it: one family of tests.
    pub comparisons: Vec<MeasureComparison>,
}

/// A measure of the runs of an arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmMeasured {
    /// The arm.
    pub arm: String,
    /// Runs that have it.
    pub runs: usize,
    /// Mean over runs.
    pub mean: Option<f64>,
    /// Standard deviation over runs.
    pub sd: Option<f64>,
}

/// A measure of an arm minus that of its partner, seed by seed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MeasureComparison {
    /// The arm.
    pub arm: String,
    /// Its partner.
    pub against: String,
    /// Seeds for which both have the measure.
    pub pairs: usize,
    /// Mean difference.
    pub mean: Option<f64>,
    /// 95 % interval of it, unadjusted.
    pub interval: Option<Interval>,
    /// How that was made.
    pub method: Option<IntervalMethod>,
    /// Two-sided sign-flip p; `None` below two pairs.
    pub p: Option<f64>,
    /// The same, adjusted for the other arms of this measure.
    pub adjusted_p: Option<f64>,
    /// The sign of the difference, where it is decided.
    pub decided: Option<Direction>,
}

impl Measured {
    /// One per measure of the design, in its order.
    pub(super) fn of(runs: &Runs<'_>) -> Vec<Self> {
        let measured = |note: &MeasureNote| {
            let arms = runs.design.arms.iter().map(|arm| ArmMeasured::of(&arm.name, note, runs));
            Self { note: note.clone(), arms: arms.collect(), comparisons: comparisons(note, runs) }
        };
        runs.design.measures.iter().map(measured).collect()
    }

    /// The comparison of an arm with its partner.
    pub fn comparison(&self, arm: &str) -> Option<&MeasureComparison> {
        self.comparisons.iter().find(|comparison| comparison.arm == arm)
    }

    /// Whether a decided difference of an arm without pooling has the sign that the article expects; `None` where nothing
    /// is decided or the article says nothing.
    pub fn agrees(&self, comparison: &MeasureComparison) -> Option<bool> {
        Some(comparison.decided? == self.note.expects.as_ref()?.without_pooling)
    }
}

impl ArmMeasured {
    fn of(arm: &str, note: &MeasureNote, runs: &Runs<'_>) -> Self {
        let done = runs.done(arm);
        let values: Vec<f64> =
            done.iter().filter_map(|record| record.measures.get(&note.name).copied()).collect();
        let (mean, sd) = (mean(&values), standard_deviation(&values));
        Self { arm: arm.to_owned(), runs: values.len(), mean, sd }
    }
}

fn comparisons(note: &MeasureNote, runs: &Runs<'_>) -> Vec<MeasureComparison> {
    let compared = runs.design.arms.iter().filter(|arm| arm.against != arm.name);
    let mut all: Vec<MeasureComparison> = compared
        .map(|arm| {
            let partners = runs.done(&arm.against);
            let pairs = runs.done(&arm.name).into_iter().filter_map(|record| {
                let partner = partners.iter().find(|partner| partner.seed == record.seed)?;
                Some(record.measures.get(&note.name)? - partner.measures.get(&note.name)?)
            });
            let differences: Vec<f64> = pairs.collect();
            let interval = difference_interval(&differences, 1.0 - ALPHA);
            MeasureComparison {
                arm: arm.name.clone(),
                against: arm.against.clone(),
                pairs: differences.len(),
                mean: mean(&differences),
                interval: interval.map(|(interval, _)| interval),
                method: interval.map(|(_, method)| method),
                p: (differences.len() > 1).then(|| SignFlip::new(&differences).p(0.0)),
                adjusted_p: None,
                decided: None,
            }
        })
        .collect();
    // What has no pairs yet counts with p = 1, so that the family does not grow as runs come in.
    let p_values: Vec<f64> = all.iter().map(|comparison| comparison.p.unwrap_or(1.0)).collect();
    for (comparison, step) in all.iter_mut().zip(holm(&p_values, ALPHA)) {
        comparison.adjusted_p = comparison.p.map(|_| step.adjusted);
        let decided = comparison.adjusted_p.is_some_and(|p| p <= ALPHA);
        comparison.decided = comparison.mean.filter(|_| decided).and_then(Direction::of);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{design, record};
    use crate::{Analysis, Design, Expectation, Record};

    fn asking() -> Design {
        let note = MeasureNote {
            name: "focus".to_owned(),
            about: "evidence inside the object".to_owned(),
            unit: "share".to_owned(),
            expects: Some(Expectation {
                claim: "C6".to_owned(),
                without_pooling: Direction::Lower,
            }),
            curve: None,
        };
        Design { measures: vec![note], ..design() }
    }

    fn run(arm: &str, seed: u64, focus: f64) -> Record {
        let mut record = record(arm, seed, 0.9);
        record.measures.insert("focus".to_owned(), focus);
        record
    }

    #[test]
    fn differences_are_paired_by_seed_and_adjusted_within_the_measure() {
        let mut records = Vec::new();
        for seed in 1..=10 {
            let base = 0.5 + 0.01 * seed as f64;
            let wave = if seed % 2 == 0 { 0.02 } else { -0.02 };
            records.push(run("max", seed, base));
            records.push(run("none", seed, base - 0.1 - 0.001 * seed as f64));
            records.push(run("avg", seed, base + wave));
        }
        let analysis = Analysis::of(&asking(), &records).unwrap();
        let focus = &analysis.measures[0];
        let none = focus.comparison("none").unwrap();
        assert_eq!((none.pairs, none.method), (10, Some(IntervalMethod::Bca)));
        assert!((none.mean.unwrap() + 0.1055).abs() < 1e-12);
        // All ten signs agree: 2 of 2^10 flips, times the five comparisons of the family.
        assert!((none.p.unwrap() - 2.0 / 1024.0).abs() < 1e-15);
        assert!((none.adjusted_p.unwrap() - 5.0 * 2.0 / 1024.0).abs() < 1e-15);
        assert_eq!((none.decided, focus.agrees(none)), (Some(Direction::Lower), Some(true)));
        let avg = focus.comparison("avg").unwrap();
        assert_eq!((avg.decided, focus.agrees(avg)), (None, None));
        let strided = focus.comparison("strided").unwrap();
        assert_eq!((strided.pairs, strided.p, strided.adjusted_p), (0, None, None));
        let max = &focus.arms[0];
        assert!((max.mean.unwrap() - 0.555).abs() < 1e-12 && max.runs == 10);
    }

    #[test]
    fn records_and_designs_without_measures_are_written_as_before() {
        let plain = serde_json::to_string(&record("max", 1, 0.9)).unwrap();
        let text = serde_json::to_string(&design()).unwrap();
        assert!(!plain.contains("measures") && !text.contains("measures"), "{plain} {text}");
        let back: Design =
            serde_json::from_str(&serde_json::to_string(&asking()).unwrap()).unwrap();
        assert_eq!(back, asking());
    }

    #[test]
    fn a_measure_that_is_no_number_or_listed_twice_is_named() {
        let error = run("max", 1, f64::NAN).check().unwrap_err().to_string();
        assert!(error.contains("measure `focus`"), "{error}");
        let mut twice = asking();
        twice.measures.push(twice.measures[0].clone());
        assert!(twice.check().unwrap_err().to_string().contains("`focus` is listed twice"));
    }
}
