//! Learning rates of the arms, tried on validation images before a study.
//!
//! An arm that is trained with a rate that suits another loses by tuning and not by what it is. So a study may list rates, and
//! every arm is trained with each of them by seeds of their own. That sweep is a study like any other, which differs from the
//! one it is for in its arms, its seeds, and in that nothing of it ever sees a test image.

use std::collections::BTreeMap;

use cenote_evidence::{Outcome, Questions, Record, TriedRate, TunedArm, TuningNote, mean};
use serde::{Deserialize, Serialize};
use toml::Value;

use crate::{Error, Measure, Part, Plan, Seeds, Setup, Study, Training};

/// The first seed of a sweep, far from those of studies: more seeds of a study tune nothing again.
const FIRST_SEED: u64 = 1_000_000_000;
/// The setting that is tuned.
const RATE: &str = "learning_rate";
/// The most rates that may be tried.
const MOST: usize = 100;

/// The learning rates that every arm of a study is tried with before it, to be trained with its best.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tuning {
    /// The rates.
    pub learning_rate: Vec<f64>,
    /// Seeds that each is tried with; none of them is the study's.
    #[serde(default = "one")]
    pub seeds: u64,
    /// Epochs of these runs; as many as the study's unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epochs: Option<u64>,
}

fn one() -> u64 {
    1
}

impl Tuning {
    /// The rates from the smallest.
    fn rates(&self) -> Vec<f64> {
        let mut rates = self.learning_rate.clone();
        rates.sort_by(f64::total_cmp);
        rates
    }
}

impl Study {
    /// Checks what is to be tried.
    pub(crate) fn check_tuning(&self) -> Result<(), Error> {
        let Some(tuning) = &self.tuning else { return Ok(()) };
        let rates = tuning.rates();
        let fits = rates.iter().all(|rate| rate.is_finite() && *rate > 0.0);
        let rising = rates.windows(2).all(|pair| pair[0] < pair[1]);
        if !(fits && rising && (2..=MOST).contains(&rates.len())) {
            let got = format!("{:?}", tuning.learning_rate);
            let expected = format!("2 to {MOST} different finite numbers above 0");
            return Err(self.setting("tuning.learning_rate", got, &expected));
        }
        self.within("tuning.seeds", tuning.seeds, 100)?;
        self.within("tuning.epochs", tuning.epochs.unwrap_or(1), Self::EPOCHS_LIMIT)?;
        if !self.training.holds_out() {
            let expected = "training.validation or training.folds beside it, since rates are chosen by images held out of the training part";
            return Err(self.setting("tuning", "given", expected));
        }
        if self.seeds.iter().last().is_some_and(|last| last >= FIRST_SEED) {
            let expected = format!("seeds below {FIRST_SEED}, from where rates are tried");
            return Err(self.setting("seeds.first", self.seeds.first, &expected));
        }
        let own = self.arms.iter().find(|(_, setup)| setup.training.contains_key(RATE));
        if let Some((arm, setup)) = own {
            let (setting, got) = (format!("arms.{arm}.training.{RATE}"), &setup.training[RATE]);
            return Err(self.setting(&setting, got, "none beside tuning, which chooses it"));
        }
        Ok(())
    }

    /// The study that tries every rate with every arm; `None` where there is none to try.
    pub fn sweep(&self) -> Option<Self> {
        let tuning = self.tuning.as_ref()?;
        let rates = tuning.rates();
        let arms = self.arms.iter().flat_map(|(arm, setup)| {
            // Rates of one arm are no levels of a factor.
            let setup = Setup { levels: BTreeMap::new(), ..setup.clone() };
            rates.iter().map(move |&rate| (tried(arm, rate), with_rate(&setup, rate)))
        });
        let training = Training {
            epochs: tuning.epochs.unwrap_or(self.training.epochs),
            // A rate is not better for reaching what is enough sooner.
            target: None,
            judged_by: Part::Validation,
            ..self.training.clone()
        };
        Some(Self {
            prices: self.prices.clone(),
            name: format!("{} tuning", self.name),
            question: format!(
                "Which learning rate of each arm of {} is best by its validation images?",
                self.name
            ),
            task: self.task.clone(),
            dataset: self.dataset.clone(),
            // A rate is chosen by the score that decides.
            measure: Measure { also: BTreeMap::new(), ..self.measure.clone() },
            seeds: Seeds { first: FIRST_SEED, count: tuning.seeds },
            looks: Vec::new(),
            baseline: tried(&self.baseline, rates[0]),
            training,
            robustness: None,
            measures: Vec::new(),
            pictures: None,
            similarity: None,
            memory: None,
            questions: Questions {
                removed: tried(&self.baseline, rates[1]),
                naive: None,
                unpooled: Vec::new(),
            },
            against: BTreeMap::new(),
            about: BTreeMap::new(),
            model: self.model.clone(),
            arms: arms.collect(),
            tuning: None,
        })
    }

    /// The study with the rate of each arm that the runs of its sweep found best by validation images, of equals the
    /// smallest, and what is to be told of that.
    ///
    /// # Errors
    /// When a run of the sweep failed or is not there, or an arm diverged with every rate.
    pub fn tuned(&self, sweep: &Plan, records: &[Record]) -> Result<(Self, TuningNote), Error> {
        let rates = self.tuning.as_ref().map(Tuning::rates).unwrap_or_default();
        let tuned = |arm: &str| {
            let score = |&rate: &f64| {
                let validation = mean_score(sweep, records, &tried(arm, rate))?;
                Ok(TriedRate { learning_rate: rate, validation })
            };
            let tried = rates.iter().map(score).collect::<Result<Vec<_>, Error>>()?;
            let better = |best: &TriedRate, next: &TriedRate| best.validation < next.validation;
            let best =
                tried.iter().reduce(|best, next| if better(best, next) { next } else { best });
            match best.filter(|best| best.validation.is_some()) {
                Some(best) => {
                    Ok(TunedArm { arm: arm.to_owned(), learning_rate: best.learning_rate, tried })
                }
                None => Err(Error::Tuning(format!(
                    "arm `{arm}` diverged with every learning rate; expected a smaller one than {} in tuning.learning_rate",
                    rates[0]
                ))),
            }
        };
        let tuned =
            self.arms.iter().map(|(arm, _)| tuned(arm)).collect::<Result<Vec<_>, Error>>()?;
        let arms = self.arms.iter().zip(&tuned);
        let arms = arms
            .map(|((arm, setup), tuned)| (arm.to_owned(), with_rate(setup, tuned.learning_rate)));
        let study = Self { arms: arms.collect(), tuning: None, ..self.clone() };
        let design = sweep.design();
        Ok((study, TuningNote { seeds: design.seeds, budget: design.budget, arms: tuned }))
    }
}

/// Name of the arm of a sweep that tries a rate with an arm.
fn tried(arm: &str, rate: f64) -> String {
    format!("{arm}@{rate}")
}

fn with_rate(setup: &Setup, rate: f64) -> Setup {
    let mut setup = setup.clone();
    setup.training.insert(RATE.to_owned(), Value::Float(rate));
    setup
}

/// The mean validation score of an arm of a sweep; `None` where one of its runs diverged or its score is not defined.
fn mean_score(sweep: &Plan, records: &[Record], arm: &str) -> Result<Option<f64>, Error> {
    let of_arm = sweep.cells.iter().filter(|cell| sweep.arms[cell.arm].name == arm);
    let metric = sweep.study.judged_metric();
    let scores = of_arm.map(|cell| {
        let problem =
            |what: &str| Error::Tuning(format!("the run of {arm} with seed {} {what}", cell.seed));
        let record = records.iter().find(|record| record.cell == cell.id);
        match record.map(|record| (&record.outcome, record)) {
            None => Err(problem("is not there")),
            Some((Outcome::Failed { message }, _)) => {
                Err(problem(&format!("failed, the same command tries it again: {message}")))
            }
            Some((Outcome::Diverged { .. }, _)) => Ok(None),
            Some((Outcome::Done, record)) => Ok(record.scores.get(&metric).copied()),
        }
    });
    let scores = scores.collect::<Result<Option<Vec<f64>>, Error>>()?;
    Ok(scores.and_then(|scores| mean(&scores)))
}
