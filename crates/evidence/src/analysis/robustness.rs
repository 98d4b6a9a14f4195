//! Robustness: errors under corruptions, relative to those of the baseline.
//!
//! With `E[c,s]` the error on test images under corruption `c` at severity `s`, and `E` that on the images as they are, after
//! Hendrycks and Dietterich (2019), arXiv:1903.12261:
//!
//! ```text
//! E[c] = mean of E[c,s] over s        mCE = mean over c of E[c] / E[c] of the baseline        degradation = mean over c of E[c] − E
//! ```
//!
//! Both runs of a seed saw the same damaged images, so every ratio and difference is of one seed, and the intervals are
//! Student's over seeds. They are not adjusted for each other.

use serde::Serialize;

use super::census::Runs;
use super::severity::{self, ErrorAt};
use crate::record::{Design, Record};
use crate::stats::{Interval, mean, t_interval};

/// What the networks of a study do with corrupted images.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Robustness {
    /// The corruptions, in the order of the design.
    pub corruptions: Vec<String>,
    /// The severities that they have, rising; empty where each has one level.
    pub severities: Vec<u8>,
    /// One summary per arm, in the order of the design.
    pub arms: Vec<ArmRobustness>,
}

/// What the networks of an arm do with corrupted images.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmRobustness {
    /// The arm.
    pub arm: String,
    /// Seeds that both it and the baseline finished.
    pub pairs: usize,
    /// Mean error on the images as they are.
    pub clean_error: Option<f64>,
    /// Mean error under each corruption.
    pub errors: Vec<Option<f64>>,
    /// Mean error under all corruptions.
    pub error: Option<f64>,
    /// Mean corruption error: 1 for the baseline, less for an arm that is more robust.
    pub mce: Option<f64>,
    /// 95 % interval of the mean corruption error; none for the baseline.
    pub mce_interval: Option<Interval>,
    /// What corruptions add to the error.
    pub degradation: Option<f64>,
    /// Degradation minus that of the baseline.
    pub extra_degradation: Option<f64>,
    /// 95 % interval of that difference; none for the baseline.
    pub extra_interval: Option<Interval>,
    /// On the images as they are, then at every severity, mean over the corruptions that have it; empty where each has one
    /// level.
    pub by_severity: Vec<ErrorAt>,
    /// Under each corruption, at each of its severities.
    pub by_corruption: Vec<Vec<ErrorAt>>,
}

/// The errors of one run.
pub(super) struct Errors {
    pub(super) clean: f64,
    /// Under each corruption, at each of its levels.
    pub(super) damaged: Vec<Vec<f64>>,
}

/// The errors of an arm and of the baseline with the same seed.
pub(super) type Pair = (Errors, Errors);

impl Robustness {
    /// `None` where the design asks nothing of robustness.
    pub(super) fn of(runs: &Runs<'_>) -> Option<Self> {
        let design = runs.design;
        if design.corruptions.is_empty() {
            return None;
        }
        let arm = |name: &str| ArmRobustness::of(name, runs);
        Some(Self {
            corruptions: design.corruptions.iter().map(|note| note.name.clone()).collect(),
            severities: severity::severities(&design.corruptions),
            arms: design.arms.iter().map(|note| arm(&note.name)).collect(),
        })
    }
}

impl ArmRobustness {
    fn of(name: &str, runs: &Runs<'_>) -> Self {
        let baseline = &runs.design.baseline;
        let pairs = runs.done(name).into_iter().filter_map(|record| {
            let partner =
                runs.done(baseline).into_iter().find(|other| other.seed == record.seed)?;
            Some((Errors::of(record, runs)?, Errors::of(partner, runs)?))
        });
        let pairs: Vec<Pair> = pairs.collect();
        let notes = &runs.design.corruptions;
        let over = |value: &dyn Fn(&Pair) -> Option<f64>| -> Vec<f64> {
            pairs.iter().filter_map(value).collect()
        };
        let of_arm = |value: &dyn Fn(&Errors) -> f64| mean(&over(&|(arm, _)| Some(value(arm))));
        let mces = over(&|(arm, base)| arm.relative_to(base));
        let extra = over(&|(arm, base)| Some(arm.degradation() - base.degradation()));
        let compared = name != baseline;
        Self {
            arm: name.to_owned(),
            pairs: pairs.len(),
            clean_error: of_arm(&|arm| arm.clean),
            errors: (0..notes.len()).map(|nth| of_arm(&|arm| arm.under(nth))).collect(),
            error: of_arm(&Errors::mean),
            mce: mean(&mces),
            mce_interval: t_interval(&mces, 0.95).filter(|_| compared),
            degradation: of_arm(&Errors::degradation),
            extra_degradation: mean(&extra).filter(|_| compared),
            extra_interval: t_interval(&extra, 0.95).filter(|_| compared),
            by_severity: severity::by_severity(notes, &pairs),
            by_corruption: (0..notes.len())
                .map(|nth| severity::of_corruption(nth, &notes[nth], &pairs))
                .collect(),
        }
    }
}

impl Errors {
    /// `None` where a score is missing.
    fn of(record: &Record, runs: &Runs<'_>) -> Option<Self> {
        let error = |name: &str, severity: Option<u8>| {
            let mut scores = record.corrupted.iter();
            let found = scores.find(|s| s.corruption == name && s.severity == severity)?;
            Some(1.0 - found.accuracy)
        };
        let damaged = runs.design.corruptions.iter().map(|note| match &note.severities[..] {
            [] => Some(vec![error(&note.name, None)?]),
            all => all.iter().map(|&s| error(&note.name, Some(s))).collect(),
        });
        let clean = 1.0 - record.scores.get(Design::ACCURACY)?;
        Some(Self { clean, damaged: damaged.collect::<Option<_>>()? })
    }

    /// Under a corruption, the mean over its severities.
    fn under(&self, nth: usize) -> f64 {
        let levels = &self.damaged[nth];
        levels.iter().sum::<f64>() / levels.len() as f64
    }

    /// Under each corruption.
    fn corrupted(&self) -> impl Iterator<Item = f64> {
        (0..self.damaged.len()).map(|nth| self.under(nth))
    }

    fn mean(&self) -> f64 {
        self.corrupted().sum::<f64>() / self.damaged.len() as f64
    }

    fn degradation(&self) -> f64 {
        self.mean() - self.clean
    }

    /// The mean corruption error; `None` where the other makes no error under a corruption.
    fn relative_to(&self, base: &Self) -> Option<f64> {
        let ratios = self.corrupted().zip(base.corrupted());
        let ratios: Option<Vec<f64>> =
            ratios.map(|(arm, base)| (base > 0.0).then(|| arm / base)).collect();
        mean(&ratios?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Analysis;
    use crate::sample::{design, record};
    use crate::{CorruptedScore, CorruptionNote};

    fn asking() -> Design {
        let note = |name: &str, severities: &[u8]| CorruptionNote {
            name: name.to_owned(),
            severities: severities.to_vec(),
        };
        Design { corruptions: vec![note("fog", &[1, 3]), note("mnist_c/shear", &[])], ..design() }
    }

    /// A run with these accuracies under fog at 1 and 3 and under shear.
    fn run(arm: &str, seed: u64, clean: f64, accuracies: [f64; 3]) -> Record {
        let places = [("fog", Some(1)), ("fog", Some(3)), ("mnist_c/shear", None)];
        let corrupted = places.into_iter().zip(accuracies).map(|((name, severity), accuracy)| {
            CorruptedScore { corruption: name.to_owned(), severity, accuracy }
        });
        Record { corrupted: corrupted.collect(), ..record(arm, seed, clean) }
    }

    fn near(got: Option<f64>, expected: f64) {
        assert!(got.is_some_and(|got| (got - expected).abs() < 1e-12), "{got:?}, not {expected}");
    }

    #[test]
    fn the_mean_corruption_error_is_that_of_the_paper_seed_by_seed() {
        let records = [
            run("max", 1, 0.9, [0.8, 0.6, 0.5]),
            run("none", 1, 0.8, [0.7, 0.5, 0.75]),
            run("max", 2, 0.9, [0.8, 0.6, 0.5]),
            run("none", 2, 0.8, [0.7, 0.3, 0.25]),
            run("none", 3, 0.8, [0.0, 0.0, 0.0]), // the baseline has no run of this seed
        ];
        let robustness = Analysis::of(&asking(), &records).unwrap().robustness.unwrap();
        let of = |name: &str| robustness.arms.iter().find(|arm| arm.arm == name).unwrap();
        let (max, none) = (of("max"), of("none"));
        assert_eq!((max.pairs, none.pairs, of("avg").pairs), (2, 2, 0));
        assert_eq!(of("avg").mce, None);
        // Baseline: fog (0.2 + 0.4) / 2 = 0.3, shear 0.5. Seed 1: fog 0.4, shear 0.25; seed 2: fog 0.5, shear 0.75.
        let one = f64::midpoint(0.4 / 0.3, 0.25 / 0.5);
        let two = f64::midpoint(0.5 / 0.3, 0.75 / 0.5);
        near(none.mce, f64::midpoint(one, two));
        near(max.mce, 1.0);
        near(none.errors[0], 0.45);
        near(none.clean_error, 0.2);
        // 0.325 − 0.2 and 0.625 − 0.2 against 0.4 − 0.1.
        near(none.degradation, 0.275);
        near(none.extra_degradation, -0.025);
        // Student with one degree of freedom: half the distance of the two times 12.706.
        let interval = none.mce_interval.unwrap();
        near(Some((interval.high - interval.low) / 2.0), 12.706_204_736_174_7 * (two - one) / 2.0);
        assert_eq!((max.mce_interval, max.extra_degradation), (None, None));
    }

    #[test]
    fn records_and_designs_without_corruptions_are_read_as_before() {
        let plain = serde_json::to_string(&record("max", 1, 0.9)).unwrap();
        assert!(!plain.contains("corrupted") && !plain.contains("scaling"), "{plain}");
        assert_eq!(serde_json::from_str::<Record>(&plain).unwrap(), record("max", 1, 0.9));
        let text = serde_json::to_string(&design()).unwrap();
        assert!(!text.contains("corruptions") && !text.contains("division"), "{text}");
        assert_eq!(Analysis::of(&design(), &[]).unwrap().robustness, None);
    }

    #[test]
    fn a_run_without_all_its_scores_and_a_baseline_without_errors_count_nowhere() {
        let mut part = run("none", 1, 0.8, [0.7, 0.5, 0.75]);
        part.corrupted.pop();
        let records = [
            run("max", 1, 0.9, [0.8, 0.6, 0.5]),
            part,
            run("max", 2, 1.0, [1.0; 3]),
            run("none", 2, 0.8, [0.7; 3]),
        ];
        let robustness = Analysis::of(&asking(), &records).unwrap().robustness.unwrap();
        let none = robustness.arms.iter().find(|arm| arm.arm == "none").unwrap();
        assert_eq!((none.pairs, none.mce), (1, None));
        near(none.degradation, 0.1);
    }

    #[test]
    fn an_accuracy_that_is_not_finite_is_named() {
        let error = run("max", 1, 0.9, [0.8, f64::NAN, 0.5]).check().unwrap_err().to_string();
        assert!(error.contains("accuracy under fog"), "{error}");
    }
}
