//! What a study asks of robustness: the corruptions of test images that every trained network is judged by.

use std::sync::Mutex;

use cenote_datasets::{Benchmark, Damage, Split, corrupted};
use cenote_evidence::CorruptedScore;
use cenote_tensor::Seed;
use serde::{Deserialize, Serialize};

use crate::task::{Network, evaluate_by};
use crate::{Data, Error, Stop, Study};

/// The corruptions of a study, and how strong they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Robustness {
    /// A benchmark, or corruptions by name.
    pub corruptions: Corruptions,
    /// Severities; all that a benchmark has unless they are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severities: Option<Vec<u8>>,
}

/// A benchmark, or corruptions by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected the name of a benchmark, or a list of corruptions")]
pub enum Corruptions {
    /// Every corruption of a benchmark.
    Benchmark(String),
    /// These.
    Named(Vec<String>),
}

/// Corrupted images that may be kept between runs, in bytes of all together.
const MOST_KEPT: usize = 512 << 20;

/// The images that are damaged are those of every arm and seed.
const SEED: Seed = Seed(0);

impl Robustness {
    /// Every corruption at every severity, corruption by corruption.
    ///
    /// # Errors
    /// When there is no such corruption or severity, or one is named twice.
    pub fn damages(&self, study: &str) -> Result<Vec<Damage>, Error> {
        let setting = |setting: &str, got: String, expected: &str| Error::Setting {
            study: study.to_owned(),
            setting: setting.to_owned(),
            got,
            expected: expected.to_owned(),
        };
        let spec = |source| Error::Spec { study: study.to_owned(), source };
        let names = match &self.corruptions {
            Corruptions::Benchmark(name) => Benchmark::named(name).map_err(spec)?.names().collect(),
            Corruptions::Named(names) => names.clone(),
        };
        if let Some(name) = doubled(&names) {
            let got = format!("`{name}` twice");
            return Err(setting("robustness.corruptions", got, "each corruption once"));
        }
        if names.is_empty() {
            let expected = "at least one corruption";
            return Err(setting("robustness.corruptions", "an empty list".to_owned(), expected));
        }
        if let Some(severities) = &self.severities
            && (severities.is_empty() || doubled(severities).is_some())
        {
            let got = format!("{severities:?}");
            return Err(setting("robustness.severities", got, "each severity once, at least one"));
        }
        let mut damages = Vec::new();
        for name in &names {
            damages.extend(Damage::at(name, self.severities.as_deref()).map_err(spec)?);
        }
        Ok(damages)
    }
}

/// A value that a list has twice.
fn doubled<T: PartialEq>(list: &[T]) -> Option<&T> {
    (1..list.len()).find(|&at| list[..at].contains(&list[at])).map(|at| &list[at])
}

/// The corruptions of a plan, with the images they damaged where these may be kept.
#[derive(Debug, Default)]
pub struct Trials {
    trials: Vec<Trial>,
    kept: bool,
}

#[derive(Debug)]
struct Trial {
    damage: Damage,
    images: Mutex<Option<Split>>,
}

impl Trials {
    /// Checks that the corruptions of a study fit its images.
    ///
    /// # Errors
    /// When one of them does not.
    pub(crate) fn of(study: &Study, data: &Data) -> Result<Self, Error> {
        let Some(robustness) = &study.robustness else { return Ok(Self::default()) };
        let damages = robustness.damages(&study.name)?;
        for damage in &damages {
            damage.corruption.fits(data.test.shape())?;
        }
        let images = data.test.len().saturating_mul(data.test.shape().iter().product());
        let kept = images.saturating_mul(damages.len()) <= MOST_KEPT;
        let trial = |damage| Trial { damage, images: Mutex::new(None) };
        Ok(Self { trials: damages.into_iter().map(trial).collect(), kept })
    }

    /// How often a trained network is judged again.
    pub fn len(&self) -> usize {
        self.trials.len()
    }

    /// Whether a study asks nothing of robustness.
    pub fn is_empty(&self) -> bool {
        self.trials.is_empty()
    }

    /// Every corruption at every severity.
    pub(crate) fn damages(&self) -> impl Iterator<Item = &Damage> {
        self.trials.iter().map(|trial| &trial.damage)
    }

    /// The accuracy of a network on the test images under each corruption, so many of them at a time.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when `stop` is requested, [`Error::Data`] when an image cannot be decoded.
    pub(crate) fn judge(
        &self,
        network: Network<'_>,
        test: &Split,
        together: usize,
        stop: &Stop,
    ) -> Result<Vec<CorruptedScore>, Error> {
        let judge = |trial: &Trial| {
            if stop.requested() {
                return Err(Error::Interrupted);
            }
            let images = trial.images(test, self.kept)?;
            let judged = evaluate_by(network, &images, together)?;
            Ok(CorruptedScore {
                corruption: trial.damage.name.clone(),
                severity: trial.damage.severity,
                accuracy: judged.accuracy(),
            })
        };
        self.trials.iter().map(judge).collect()
    }
}

impl Trial {
    /// The damaged images: made by whoever needs them first, and kept if they may be.
    fn images(&self, test: &Split, kept: bool) -> Result<Split, Error> {
        let make = || damaged(test, &self.damage);
        if !kept {
            return make();
        }
        let mut images = self.images.lock().expect("damaging does not panic");
        if let Some(images) = &*images {
            return Ok(images.clone());
        }
        Ok(images.insert(make()?).clone())
    }
}

/// The test images of a study under a corruption, as every run of it sees them.
///
/// # Errors
/// When the images do not fit the corruption, or one cannot be decoded.
pub(crate) fn damaged(test: &Split, damage: &Damage) -> Result<Split, Error> {
    Ok(corrupted(test, &*damage.corruption, SEED)?)
}

#[cfg(test)]
mod tests {
    use cenote_tensor::metered;

    use super::*;
    use crate::Plan;
    use crate::named::smoke;

    fn plan(lines: &str) -> Result<Plan, Error> {
        let table = format!("[robustness]\n{lines}\n[questions]");
        Plan::new(Study::parse("smoke", &smoke().text.replacen("[questions]", &table, 1))?)
    }

    #[test]
    fn kept_images_and_images_made_again_give_the_same_scores_on_any_number_of_threads() {
        let lines = "corruptions = ['gaussian_noise', 'glass_blur']\nseverities = [1, 5]";
        let mut plan = plan(lines).expect("fits");
        let params = plan.arms[0].model.init(Seed(4));
        let judged = |plan: &Plan, threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.expect("a few threads").install(|| {
                let stop = Stop::default();
                let Data { test, normalization, .. } = &plan.data;
                let network =
                    Network { model: &plan.arms[0].model, params: &params, normalization };
                plan.trials.judge(network, test, 50, &stop).expect("fits")
            })
        };
        let first = judged(&plan, 1);
        assert_eq!(first, judged(&plan, 3), "the second time they are kept");
        plan.trials.kept = false;
        assert_eq!(first, judged(&plan, 3));
        let places: Vec<_> = first.iter().map(|s| (s.corruption.as_str(), s.severity)).collect();
        let expected = [
            ("gaussian_noise", Some(1)),
            ("gaussian_noise", Some(5)),
            ("glass_blur", Some(1)),
            ("glass_blur", Some(5)),
        ];
        assert_eq!(places, expected);
        let notes = plan.design().corruptions;
        assert_eq!(notes.len(), 2);
        assert_eq!((notes[1].name.as_str(), &notes[1].severities[..]), ("glass_blur", &[1, 5][..]));
    }

    #[test]
    fn judging_under_corruptions_takes_what_judging_does_that_is_foreseen() {
        let plan = plan("corruptions = ['fog']\nseverities = [1]").expect("fits");
        let arm = &plan.arms[1];
        let params = arm.model.init(Seed(4));
        let Data { test, normalization, .. } = &plan.data;
        let network = Network { model: &arm.model, params: &params, normalization };
        let footprints = plan.footprints().expect("trains");
        let most = [3, 32].map(|together| {
            let judge = || plan.trials.judge(network, test, together, &Stop::default());
            let (judged, usage) = metered(judge);
            judged.expect("fits");
            // What is foreseen holds the parameters too, which are there before.
            let held: u64 = params.iter().map(|param| param.value.bytes() as u64).sum();
            assert_eq!(usage.peak_bytes as u64 + held, footprints[1].judging(test.len(), together));
            usage.peak_bytes
        });
        assert!(most[0] < most[1], "{most:?}");
    }

    #[test]
    fn a_benchmark_stands_for_its_corruptions_at_all_their_severities() {
        let count = |lines: &str| plan(lines).expect("fits").trials.len();
        assert_eq!(count("corruptions = 'cifar10_c'"), 14 * 5);
        assert_eq!(count("corruptions = 'cifar10_c'\nseverities = [3]"), 14);
        assert_eq!(count("corruptions = 'mnist_c'"), 14);
        assert_eq!(count("corruptions = ['fog', 'mnist_c/fog']"), 6);
    }

    #[test]
    fn robustness_changes_the_cells_and_nothing_of_studies_without_it() {
        let with = plan("corruptions = ['fog']").expect("fits");
        let without = Plan::new(Study::parse("smoke", smoke().text).expect("valid")).expect("fits");
        assert_ne!(with.cells[0].id, without.cells[0].id);
        assert!(without.trials.is_empty() && without.design().corruptions.is_empty());
        let json = serde_json::to_string(&without.study).expect("plain data");
        assert!(!json.contains("robustness"), "{json}");
    }

    #[test]
    fn what_no_image_could_be_judged_under_is_refused_before_anything_runs() {
        let refusal = |lines: &str| plan(lines).expect_err(lines).to_string();
        for (lines, expected) in [
            ("corruptions = ['fgo']", "unknown kind `fgo`; did you mean `fog`?"),
            ("corruptions = 'cifar10c'", "unknown kind `cifar10c`; did you mean `cifar10_c`?"),
            ("corruptions = []", "robustness.corruptions is an empty list; expected at least one"),
            ("corruptions = ['fog', 'fog']", "is `fog` twice; expected each corruption once"),
            ("corruptions = ['fog']\nseverities = [6]", "severity is 6; expected 1 to 5"),
            (
                "corruptions = ['fog']\nseverities = [1, 1]",
                "is [1, 1]; expected each severity once",
            ),
            ("corruptions = ['fog']\nseverities = []", "is []; expected each severity once"),
            ("corruptions = 'mnist_c'\nseverities = [1]", "severity is 1; expected none"),
            ("corruptions = ['saturate']", "channels of images to corrupt is 1; expected 3"),
            ("corruptions = 3", "expected the name of a benchmark, or a list of corruptions"),
        ] {
            let got = refusal(lines);
            assert!(got.contains(expected), "{lines}: {got}");
        }
    }
}
