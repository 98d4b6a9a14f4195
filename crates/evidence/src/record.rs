//! What a study leaves behind: one design, and one record per run.
//!
//! The engine writes these, reports read them, and nothing else passes between the two.
//! Unknown fields are refused, so that a record from another version is an error and not a guess.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::stats::Looks;
use crate::{
    ConfusionCounts, CorruptedScore, CorruptionNote, Ending, Error, LayerGram, Limits, Marks,
    MeasureNote, Picture, Prices, Room, ScoreNote, Taken, TuningNote,
};

/// What was planned, frozen before the first run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Design {
    /// Layout of the records; [`Design::SCHEMA`] here.
    pub schema: u32,
    /// Short name of the study.
    pub name: String,
    /// The question in words.
    pub question: String,
    /// The images the runs saw.
    pub dataset: DatasetNote,
    /// The corruptions of test images that runs are scored on too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corruptions: Vec<CorruptionNote>,
    /// What is measured of every trained network besides its score.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub measures: Vec<MeasureNote>,
    /// The score that decides, where larger is better: a share between 0 and 1, or an agreement such as
    /// `cohen_kappa` or `matthews` between -1 and 1.
    pub metric: String,
    /// A smaller difference in the metric does not matter; set before the runs.
    pub margin: f64,
    /// Scores that are judged beside it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<ScoreNote>,
    /// The arm the study starts from.
    pub baseline: String,
    /// Every arm, in the order of the reports.
    pub arms: Vec<ArmNote>,
    /// Every seed each arm is to be trained with; where looks are planned, at most.
    pub seeds: Vec<u64>,
    /// Seeds after which the study is judged and stops if everything is decided, in rising order, the last
    /// of them all: see [`Looks`]. Empty where it is judged once, at the end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub looks: Vec<usize>,
    /// How long each run trains, in words: "5 epochs of 10,000 images".
    pub budget: String,
    /// What time and energy cost, where the study says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<Prices>,
    /// What ends training besides its epochs, and which of them is judged.
    #[serde(default, skip_serializing_if = "Limits::is_none")]
    pub limits: Limits,
    /// What fits into a limit on memory, where the study names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Room>,
    /// The learning rates that were tried before, where they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tuning: Option<TuningNote>,
    /// Which arms answer the four questions.
    pub questions: Questions,
    /// Hash of the frozen plan.
    pub plan: String,
    /// Content hash of every planned run. A record of another cell was made by other code, data or
    /// settings: it stays in the store and counts nowhere.
    pub cells: BTreeSet<String>,
}

/// The data set as the runs saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetNote {
    /// Name of the data set.
    pub name: String,
    /// Checksum of its bytes.
    pub checksum: String,
    /// Images trained on.
    pub train: u64,
    /// Images for choices, never for scores.
    pub validation: u64,
    /// Images scored on.
    pub test: u64,
    /// What the labels stand for, in order; empty where the study did not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// How the validation images are chosen, in words; `None` where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub division: Option<String>,
}

/// One arm and the arm it is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArmNote {
    /// Name of the arm.
    pub name: String,
    /// One line about it.
    pub about: String,
    /// The arm it is compared with; its own name if it is a baseline.
    pub against: String,
    /// What each of its layers costs, from input to output; empty where the study did not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<LayerNote>,
    /// Its level of each factor, where it is a combination of levels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub levels: BTreeMap<String, String>,
}

impl ArmNote {
    /// The receptive field of its last feature maps, in rows and columns of the image.
    pub(crate) fn sees(&self) -> Option<[u64; 2]> {
        self.layers.iter().rfind(|layer| layer.makes_maps())?.sees
    }
}

/// What one layer of an arm costs, for one image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerNote {
    /// Where it stands in the network.
    pub path: String,
    /// What it is.
    pub kind: String,
    /// Shape of its output, in words.
    pub output: String,
    /// Trained values.
    pub parameters: u64,
    /// Multiply-adds of the forward pass.
    pub macs: u64,
    /// Bytes that training keeps of it until its backward pass.
    pub kept_bytes: u64,
    /// Rows and columns of the image that a cell of its output depends on; older designs do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sees: Option<[u64; 2]>,
}

impl LayerNote {
    /// Whether its output is feature maps.
    pub(crate) fn makes_maps(&self) -> bool {
        self.output.matches('x').count() == 2
    }
}

/// Which arms answer the four questions of the study.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Questions {
    /// The arm with the pools removed and everything else held.
    pub removed: String,
    /// The arm with the pools deleted and nothing else adapted, if the study has one.
    pub naive: Option<String>,
    /// Every arm that does without pooling.
    pub unpooled: Vec<String>,
}

/// What one run, an arm with a seed, left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Content hash that identifies the run: same cell, same result.
    pub cell: String,
    /// The arm.
    pub arm: String,
    /// The seed.
    pub seed: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// Test scores by name; empty unless the run is done.
    pub scores: BTreeMap<String, f64>,
    /// How often each class was taken for which, on the test images; empty unless the run is done.
    #[serde(default, skip_serializing_if = "ConfusionCounts::is_empty")]
    pub confusion: ConfusionCounts,
    /// Which test images it got right; older records do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marks: Option<Marks>,
    /// What it took each test image for; older records and networks of many classes do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<Taken>,
    /// Accuracy on corrupted test images, where the study asks for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrupted: Vec<CorruptedScore>,
    /// What was measured of the network besides its score, by name; a measure that is not defined for it is absent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub measures: BTreeMap<String, f64>,
    /// Pictures of what its network does, where the study asks this run for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pictures: Vec<Picture>,
    /// What its layers make of test images, to be compared with others, where the study asks for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub similarity: Vec<LayerGram>,
    /// Scaling of pixels; older records do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scaling: Option<Scaling>,
    /// What it needed, exactly.
    pub costs: Costs,
    /// Training loss and accuracy after each epoch.
    pub curve: Vec<EpochPoint>,
    /// How its training ended, where anything but its epochs can end it or choose among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
    /// Hash of the weights that are judged.
    pub weights: String,
    /// What it took on the clock.
    pub times: Times,
    /// Energy by the processor's counters, where they can be read: its share of what runs at its time took together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joules: Option<f64>,
    /// Where it ran.
    pub environment: Environment,
}

/// Scaling of pixels, from the images that the run trained on and from no other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scaling {
    /// Mean of each channel, of pixels in `0..=1`.
    pub mean: Vec<f64>,
    /// Standard deviation of each channel.
    pub deviation: Vec<f64>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Outcome {
    /// It trained to its end and was scored.
    Done,
    /// Its loss left the finite numbers.
    Diverged {
        /// The epoch in which it did.
        epoch: u32,
    },
    /// Something else stopped it; it may be tried again.
    Failed {
        /// Why.
        message: String,
    },
}

/// What a run needs; the same on every machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Costs {
    /// Trained values.
    pub parameters: u64,
    /// Multiply-adds of one forward pass of one image.
    pub macs: u64,
    /// High-water mark of tensor memory in training.
    pub peak_bytes: u64,
}

/// The training curve after one epoch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EpochPoint {
    /// Counted from one.
    pub epoch: u32,
    /// Mean loss over the epoch.
    pub train_loss: f64,
    /// Accuracy over the epoch.
    pub train_accuracy: f64,
    /// The study's metric on the validation images after it, where they end training or choose an epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<f64>,
}

/// What a run took on the clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Times {
    /// Start in UTC, RFC 3339.
    pub started: String,
    /// The whole run.
    pub total_seconds: f64,
    /// Each epoch.
    pub epoch_seconds: Vec<f64>,
    /// Training until the end of the epoch that reached the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_seconds: Option<f64>,
}

/// Where a run was made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Version of cenote.
    pub cenote: String,
    /// Hash or commit of the code.
    pub code: String,
    /// Processor.
    pub cpu: String,
    /// Operating system.
    pub os: String,
    /// Threads inside the run.
    pub threads: u32,
    /// Runs that shared the machine.
    pub jobs: u32,
    /// The words that started the program; empty where it did not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub command: String,
}

impl Design {
    /// The layout this version writes and reads.
    pub const SCHEMA: u32 = 1;

    /// The score that is the share of test images that are right.
    pub const ACCURACY: &str = "accuracy";

    /// Whether that is the score that decides.
    pub fn is_accuracy(&self) -> bool {
        self.metric == Self::ACCURACY
    }

    /// The score that decides, in words: `test accuracy`, or `validation accuracy` where no test image is looked at.
    pub fn judged(&self) -> String {
        match self.metric.strip_prefix("validation_") {
            None => format!("test {}", self.metric),
            Some(metric) => format!("validation {metric}"),
        }
    }

    /// The same at the head of a plot.
    pub(crate) fn judged_title(&self) -> String {
        let words = self.judged();
        words[..1].to_uppercase() + &words[1..]
    }

    /// The score that validation images are judged by, without the part that they are.
    pub(crate) fn validation_metric(&self) -> &str {
        self.metric.strip_prefix("validation_").unwrap_or(&self.metric)
    }

    /// What time and energy cost; where the study does not say, nothing but the assumed power of a core.
    pub fn prices_or_assumed(&self) -> Prices {
        self.prices.clone().unwrap_or_default()
    }

    /// The note of an arm.
    pub fn arm(&self, name: &str) -> Option<&ArmNote> {
        self.arms.iter().find(|arm| arm.name == name)
    }

    /// Checks that the design does not contradict itself.
    ///
    /// # Errors
    /// [`Error::Schema`] for another layout, [`Error::Design`] for names that are missing or
    /// doubled, a margin that is not a positive number, or no seeds.
    pub fn check(&self) -> Result<(), Error> {
        if self.schema != Self::SCHEMA {
            return Err(Error::Schema { found: self.schema.into(), expected: Self::SCHEMA });
        }
        self.problem()
            .map_or(Ok(()), |problem| Err(Error::Design { design: self.name.clone(), problem }))
    }

    fn problem(&self) -> Option<String> {
        if !(self.margin.is_finite() && self.margin > 0.0) {
            return Some(format!("the margin is {}; expected a number above 0", self.margin));
        }
        if let Some((name, got, expected)) = self.prices.as_ref().and_then(Prices::problem) {
            return Some(format!("price {name} is {got}; expected {expected}"));
        }
        if let Some(seed) = first_double(&self.seeds) {
            return Some(format!("seed {seed} is listed twice; expected each once"));
        }
        if self.seeds.is_empty() {
            return Some("there are no seeds; expected at least one".to_owned());
        }
        if let Some(problem) = self.problem_of_looks().or_else(|| ScoreNote::problem(self)) {
            return Some(problem);
        }
        let names: Vec<&str> = self.arms.iter().map(|arm| arm.name.as_str()).collect();
        if let Some(name) = first_double(&names) {
            return Some(format!("arm `{name}` is listed twice; expected each once"));
        }
        let measures: Vec<&str> = self.measures.iter().map(|note| note.name.as_str()).collect();
        if let Some(name) = first_double(&measures) {
            return Some(format!("measure `{name}` is listed twice; expected each once"));
        }
        let roles = std::iter::once(("the baseline", &self.baseline))
            .chain(self.arms.iter().map(|arm| ("the partner of an arm", &arm.against)))
            .chain([("the removed arm", &self.questions.removed)])
            .chain(self.questions.naive.iter().map(|name| ("the naive arm", name)))
            .chain(self.questions.unpooled.iter().map(|name| ("an unpooled arm", name)));
        for (role, name) in roles {
            if !names.contains(&name.as_str()) {
                let arms = names.join(", ");
                return Some(format!("{role} is `{name}`; expected one of the arms {arms}"));
            }
        }
        let asked = std::iter::once(&self.questions.removed)
            .chain(&self.questions.naive)
            .chain(&self.questions.unpooled);
        asked
            .filter_map(|name| self.arm(name))
            .find(|arm| arm.against == arm.name)
            .map(|arm| format!("arm `{}` answers a question but is compared with itself", arm.name))
    }

    fn problem_of_looks(&self) -> Option<String> {
        let (looks, seeds) = (&self.looks, self.seeds.len());
        if looks.len() > Looks::MOST {
            return Some(format!(
                "there are {} looks; expected at most {}",
                looks.len(),
                Looks::MOST
            ));
        }
        let fits = Looks::are_apart(looks) && looks.last().is_none_or(|last| *last == seeds);
        (!fits).then(|| {
            format!(
                "the looks are after {looks:?} seeds; expected rising numbers at least a tenth of the seeds apart that end with all {seeds}"
            )
        })
    }
}

impl Outcome {
    /// Whether the run came to an end that another try would only repeat.
    ///
    /// A diverged run is finished: the same cell diverges again. A failed one is not.
    pub fn is_final(&self) -> bool {
        !matches!(self, Self::Failed { .. })
    }
}

impl Record {
    /// Checks that every number in the record is finite, and every accuracy a share.
    ///
    /// # Errors
    /// [`Error::NotFinite`] names the first field that is not: JSON would turn it into `null`.
    /// [`Error::OutOfRange`] names the first accuracy below 0 or above 1.
    pub fn check(&self) -> Result<(), Error> {
        let scores = self.scores.iter().map(|(name, &value)| (format!("score `{name}`"), value));
        let curve = self.curve.iter().flat_map(|point| {
            let of = |name: &str| format!("{name} of epoch {}", point.epoch);
            let trained = [
                (of("train_loss"), point.train_loss),
                (of("train_accuracy"), point.train_accuracy),
            ];
            trained.into_iter().chain(point.validation.map(|score| (of("validation"), score)))
        });
        let times = std::iter::once(("total_seconds".to_owned(), self.times.total_seconds))
            .chain(self.times.target_seconds.map(|s| ("target_seconds".to_owned(), s)))
            .chain(self.times.epoch_seconds.iter().map(|&s| ("epoch_seconds".to_owned(), s)))
            .chain(self.joules.map(|joules| ("joules".to_owned(), joules)));
        let corrupted = self.corrupted.iter();
        let corrupted =
            corrupted.map(|score| (format!("accuracy under {}", score.corruption), score.accuracy));
        let measures =
            self.measures.iter().map(|(name, &value)| (format!("measure `{name}`"), value));
        if let Some((field, value)) = scores
            .chain(measures)
            .chain(corrupted.clone())
            .chain(curve)
            .chain(times)
            .find(|(_, value)| !value.is_finite())
        {
            return Err(Error::NotFinite { arm: self.arm.clone(), seed: self.seed, field, value });
        }
        let curve = self.curve.iter();
        let learnt = curve.map(|point| {
            (format!("train_accuracy of epoch {}", point.epoch), point.train_accuracy)
        });
        corrupted.chain(learnt).try_for_each(|(field, value)| self.within(field, value, 0))
    }

    /// Checks that a share or an agreement is one; sums of many images may round a little past 1.
    pub(crate) fn within(&self, field: String, value: f64, least: i8) -> Result<(), Error> {
        if (f64::from(least) - ROUNDING..=1.0 + ROUNDING).contains(&value) {
            return Ok(());
        }
        Err(Error::OutOfRange { arm: self.arm.clone(), seed: self.seed, field, value, least })
    }
}

/// How far a share may lie past its ends.
const ROUNDING: f64 = 1e-6;

pub(crate) fn first_double<T: Ord + Copy>(items: &[T]) -> Option<T> {
    let mut seen = BTreeSet::new();
    items.iter().copied().find(|item| !seen.insert(*item))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{design, record};

    #[test]
    fn the_layout_of_a_record_is_stable() {
        let mut record = record("max", 3, 0.875);
        record.outcome = Outcome::Diverged { epoch: 2 };
        let text = serde_json::to_string(&record).unwrap();
        assert!(text.starts_with(r#"{"cell":"max-3","arm":"max","seed":3,"outcome":{"diverged":{"epoch":2}},"scores":{"accuracy":0.875}"#));
        assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record);
        record.outcome = Outcome::Done;
        assert!(serde_json::to_string(&record).unwrap().contains(r#""outcome":"done""#));
    }

    #[test]
    fn records_from_before_a_field_are_read_and_written_as_they_were() {
        let old = r#"{"name":"max","about":"","against":"max"}"#;
        let note: ArmNote = serde_json::from_str(old).unwrap();
        assert!(note.layers.is_empty());
        assert_eq!(serde_json::to_string(&note).unwrap(), old);
        let mut record = record("max", 1, 0.9);
        (record.confusion, record.environment.command) = Default::default();
        let text = serde_json::to_string(&record).unwrap();
        assert!(!text.contains("confusion") && !text.contains("command"), "{text}");
        assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record);
    }

    #[test]
    fn an_unknown_field_is_refused() {
        let text = serde_json::to_string(&design()).unwrap().replacen("\"name\"", "\"nmae\"", 1);
        let error = serde_json::from_str::<Design>(&text).unwrap_err().to_string();
        assert!(error.contains("unknown field `nmae`"), "{error}");
    }

    #[test]
    fn a_score_that_is_not_finite_is_named() {
        for (value, shown) in [(f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
            let error = record("max", 3, value).check().unwrap_err().to_string();
            assert!(error.contains("score `accuracy`") && error.contains(shown), "{error}");
        }
        let mut record = record("max", 3, 0.5);
        record.curve[1].train_loss = f64::NAN;
        assert!(record.check().unwrap_err().to_string().contains("train_loss of epoch 2"));
    }

    #[test]
    fn an_accuracy_that_is_no_share_is_named_with_its_range() {
        let mut record = record("max", 3, 0.5);
        record.curve[1].train_accuracy = -1.7e308;
        let error = record.check().unwrap_err().to_string();
        assert!(error.contains("train_accuracy of epoch 2 is -17"), "{error}");
        assert!(error.ends_with("expected a number from 0 to 1"), "{error}");
    }

    #[test]
    fn a_contradictory_design_says_what_would_fit() {
        let check = |change: fn(&mut Design), expected: &str| {
            let mut design = design();
            change(&mut design);
            let error = design.check().unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        assert!(design().check().is_ok());
        check(|d| d.schema = 2, "schema 2");
        check(|d| d.margin = 0.0, "margin is 0");
        check(|d| d.margin = f64::NAN, "margin is NaN");
        check(|d| d.seeds.clear(), "no seeds");
        check(|d| d.seeds.push(1), "seed 1 is listed twice");
        check(|d| d.baseline = "mx".to_owned(), "`mx`; expected one of the arms max");
        check(|d| d.arms[1].against = "nobody".to_owned(), "partner of an arm is `nobody`");
        check(|d| d.questions.removed = "max".to_owned(), "compared with itself");
        check(|d| d.arms[1].name = "max".to_owned(), "listed twice");
        check(|d| d.looks = vec![2, 4, 6, 10], "4 looks; expected at most 3");
        check(|d| d.looks = vec![4, 8], "after [4, 8] seeds; expected rising numbers");
        check(|d| d.looks = vec![8, 4, 10], "that end with all 10");
        check(|d| d.looks = vec![0, 10], "at least a tenth");
        assert!(Design { looks: vec![4, 8, 10], ..design() }.check().is_ok());
    }

    #[test]
    fn the_looks_that_are_proposed_are_those_that_a_design_may_have() {
        for most in 1..=100 {
            for family in 1..=12 {
                let looks = Looks::proposed(most, family);
                let study = Design { seeds: (0..most as u64).collect(), looks, ..design() };
                assert!(study.check().is_ok(), "{most} {family}: {:?}", study.check());
            }
        }
    }
}
