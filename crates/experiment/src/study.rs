//! A study as its file describes it.

use std::collections::BTreeMap;
use std::fmt::Display;

use cenote_evidence::{Gram, Looks, Prices, Questions, size_in_bytes};
use cenote_layers::Model;
use cenote_spec::nearest;
use serde::{Deserialize, Serialize};
use toml::Table;

use crate::arms::{Arms, Setup};
use crate::measure::pictures;
use crate::{Error, Measure, Measures, Part, Robustness, SplitBy, Task, Training, Tuning};

/// The most epochs and so on that a study may ask for: far beyond any budget, and small enough
/// that nothing computed from them overflows.
const LIMIT: u64 = 1_000_000;

/// The most seeds: every run has a place in the design, and a design is one line of a file.
const SEEDS_LIMIT: u64 = 10_000;

/// The settings of a training that an arm may have differently. What all share is what pairs their runs: which images are held
/// out and which labels are wrong, how long training is and which epoch is judged.
const BY_ARM: [&str; 9] = [
    "learning_rate",
    "optimizer",
    "schedule",
    "augment",
    "average",
    "batch_size",
    "per_class",
    "accumulate",
    "checkpoint",
];

/// One question, the data and network to ask it of, and the arms that answer it.
///
/// It is what `experiment.toml` holds, unchanged but for arms that were combined from factors; [`crate::Plan`] turns it into runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Study {
    /// Name, taken from the file's folder when the file gives none.
    #[serde(default)]
    pub name: String,
    /// What the study asks, as a sentence.
    pub question: String,
    /// What the network is trained for; labels of images unless it is given.
    #[serde(default, skip_serializing_if = "Task::is_classify")]
    pub task: Task,
    /// Table of a dataset kind.
    pub dataset: Table,
    /// What decides, and how small a difference does not matter.
    pub measure: Measure,
    /// The seeds that every arm runs with; where looks are planned, at most.
    pub seeds: Seeds,
    /// Seeds after which the study is judged and stops if everything is decided, the last of them all;
    /// without them it is judged once, at its end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub looks: Vec<usize>,
    /// The arm that others are compared with.
    pub baseline: String,
    /// How every arm is trained.
    pub training: Training,
    /// The learning rates that every arm is tried with before, to be trained with its best.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tuning: Option<Tuning>,
    /// The corruptions of test images that every trained network is judged by too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub robustness: Option<Robustness>,
    /// Tables of measures that are taken of every trained network too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub measures: Vec<Table>,
    /// Test images that pictures are taken of, of every trained network of the first seed; none unless it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pictures: Option<usize>,
    /// What time and energy cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<Prices>,
    /// A limit on memory, `64MB`: reports say how large batches and images may be within it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
    /// Test images by which the layers of all networks are compared; none unless it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub similarity: Option<usize>,
    /// Which arms answer the article's questions.
    pub questions: Questions,
    /// Arms that are compared with another arm than the baseline.
    #[serde(default)]
    pub against: BTreeMap<String, String>,
    /// A line about each arm, for reports.
    #[serde(default)]
    pub about: BTreeMap<String, String>,
    /// The network, with slots.
    pub model: Vec<Table>,
    /// What each arm puts into the slots, and how its training differs.
    pub arms: Arms,
}

/// Consecutive seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seeds {
    /// The first.
    pub first: u64,
    /// How many.
    pub count: u64,
}

impl Seeds {
    /// The seeds in order.
    pub fn iter(self) -> impl Iterator<Item = u64> {
        self.first..self.first.saturating_add(self.count)
    }
}

impl Study {
    /// The most epochs that may be asked for.
    pub(crate) const EPOCHS_LIMIT: u64 = LIMIT;

    /// Reads and checks a study; `name` is used where the file gives none.
    ///
    /// # Errors
    /// When the text is not TOML, has unknown or missing fields, or contradicts itself.
    pub fn parse(name: &str, text: &str) -> Result<Self, Error> {
        let mut study: Self = toml::from_str(text).map_err(|error| Error::Parse {
            study: name.to_owned(),
            message: error.to_string().trim_end().to_owned(),
        })?;
        if study.name.is_empty() {
            name.clone_into(&mut study.name);
        }
        study.check()?;
        Ok(study)
    }

    /// Checks what the file format cannot: ranges, and names that must refer to something.
    ///
    /// # Errors
    /// Naming the first setting that does not fit.
    pub fn check(&self) -> Result<(), Error> {
        // The name becomes a folder, so it must not lead out of where results are kept.
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ' | '.');
        if self.name.is_empty() || self.name.starts_with('.') || !self.name.chars().all(plain) {
            return Err(self.setting(
                "name",
                &self.name,
                "letters, digits, `-`, `_`, spaces and inner dots",
            ));
        }
        let Training { epochs, label_noise, .. } = self.training;
        self.check_split()?;
        self.within("seeds.count", self.seeds.count, SEEDS_LIMIT)?;
        self.within("training.epochs", epochs, LIMIT)?;
        self.check_training("training", &self.training)?;
        self.check_budget()?;
        self.check_tuning()?;
        for (name, setup) in self.arms.iter() {
            if !setup.training.is_empty() {
                let at = format!("arms.{name}.training");
                self.check_training(&at, &self.training_of(name)?)?;
            }
        }
        if !(0.0..1.0).contains(&label_noise) {
            let expected = "at least 0 and below 1";
            return Err(self.setting("training.label_noise", label_noise, expected));
        }
        self.check_measure()?;
        if self.seeds.first.checked_add(self.seeds.count).is_none() {
            return Err(self.setting("seeds.first", self.seeds.first, "a smaller number"));
        }
        self.check_looks()?;
        if let Some((price, got, expected)) = self.prices.as_ref().and_then(Prices::problem) {
            return Err(self.setting(&format!("prices.{price}"), got, expected));
        }
        for name in self.arm_references() {
            self.setup(name)?;
        }
        for (arm, against) in &self.against {
            if self.against.get(against).is_some_and(|next| next != against) {
                let expected = "an arm that is not itself compared with another";
                return Err(self.setting(&format!("against.{arm}"), against, expected));
            }
        }
        self.task.check_study(&self.name, &self.dataset)?;
        // Both ask how a network labels images.
        let asked = [
            ("robustness", self.robustness.is_some()),
            ("measures", !self.measures.is_empty()),
            ("pictures", self.pictures.is_some()),
            ("similarity", self.similarity.is_some()),
            ("training.label_noise", label_noise > 0.0),
        ];
        if let Some((setting, _)) =
            asked.iter().find(|(_, given)| *given && !self.task.is_classify())
        {
            return Err(self.setting(setting, "given", "none, since it is judged by labels"));
        }
        let by_test = asked.iter().filter(|(setting, _)| !setting.starts_with("training."));
        let held_out_only = self.training.judged_by == Part::Validation;
        if let Some((setting, _)) = by_test.into_iter().find(|(_, given)| *given && held_out_only) {
            let expected =
                "none beside training.judged_by = \"validation\", since it looks at test images";
            return Err(self.setting(setting, "given", expected));
        }
        if let Some(robustness) = &self.robustness {
            robustness.damages(&self.name)?;
        }
        self.within("pictures", self.pictures.unwrap_or(1) as u64, pictures::MOST as u64)?;
        if let Some(images) = self.similarity.filter(|n| !(Gram::LEAST..=Gram::MOST).contains(n)) {
            let expected = format!("{} to {} images", Gram::LEAST, Gram::MOST);
            return Err(self.setting("similarity", images, &expected));
        }
        self.memory_limit()?;
        Measures::of(self)?;
        Ok(())
    }

    /// The limit on memory in bytes.
    pub(crate) fn memory_limit(&self) -> Result<Option<u64>, Error> {
        let limit = self.memory.as_ref().map(|text| {
            size_in_bytes(text).map_err(|expected| {
                let expected = expected.trim_start_matches("expected ");
                self.setting("memory", text, expected)
            })
        });
        limit.transpose()
    }

    /// Test images that the runs of a seed take pictures of, if they do.
    pub(crate) fn pictures_of(&self, seed: u64) -> Option<usize> {
        self.pictures.filter(|_| seed == self.seeds.first)
    }

    /// Runs so many seeds, without looks on the way: those were planned for another number.
    pub fn with_seeds(&mut self, count: u64) {
        self.seeds.count = count;
        self.looks.clear();
    }

    /// Runs at most so many seeds and stops at a planned look once every comparison is decided.
    ///
    /// Looks that the study plans itself are kept if they end with so many seeds, and proposed otherwise.
    ///
    /// # Errors
    /// When so many seeds are more than a study can hold.
    pub fn until_decided(&mut self, most: u64) -> Result<(), Error> {
        self.within("seeds.count", most, SEEDS_LIMIT)?;
        self.seeds.count = most;
        let most = most as usize;
        if self.looks.last() != Some(&most) {
            let compared = self.arms.iter().filter(|(arm, _)| self.partner(arm) != *arm).count();
            self.looks = Looks::proposed(most, compared);
        }
        self.check()
    }

    /// Checks what arms may have differently.
    fn check_training(&self, at: &str, training: &Training) -> Result<(), Error> {
        let Training { learning_rate, average, batch_size, per_class, .. } = *training;
        self.within(&format!("{at}.batch_size"), batch_size as u64, LIMIT)?;
        self.within(&format!("{at}.per_class"), per_class.unwrap_or(1) as u64, LIMIT)?;
        if !(learning_rate.is_finite() && learning_rate > 0.0) {
            let expected = "a finite number above 0";
            return Err(self.setting(&format!("{at}.learning_rate"), learning_rate, expected));
        }
        if !(0.0..1.0).contains(&average) {
            let expected = "at least 0 and below 1";
            return Err(self.setting(&format!("{at}.average"), average, expected));
        }
        let parts = format!("{at}.accumulate");
        self.within(&parts, training.accumulate as u64, training.batch_size as u64)?;
        training.optimizer(&self.name)?;
        training.schedule(&self.name)?;
        training.augmentation(&self.name)?;
        Ok(())
    }

    /// Checks that what is held out is said in one way.
    fn check_split(&self) -> Result<(), Error> {
        let Training { validation, folds, split_by, .. } = self.training;
        if let (Some(folds), 1..) = (folds, validation) {
            let expected = "no folds beside training.validation, which holds out images of its own";
            return Err(self.setting("training.folds", folds, expected));
        }
        if split_by == SplitBy::Group && folds.is_none() && validation == 0 {
            let expected = "folds or validation beside it";
            return Err(self.setting("training.split_by", "group", expected));
        }
        self.within("training.folds", folds.map_or(2, |folds| folds as u64), LIMIT)
    }

    /// What is said when groups are asked for that the data do not have.
    pub(crate) fn no_groups(&self, data: &str) -> Error {
        let expected = format!(
            "class, since {data} knows no groups; an image_folder has them in the column `group` of its file of labels"
        );
        self.setting("training.split_by", "group", &expected)
    }

    /// Refuses a study whose networks say something else than labels.
    ///
    /// # Errors
    /// Naming the command for its networks.
    pub fn must_classify(&self) -> Result<(), Error> {
        let (expected, command) = match self.task {
            Task::Classify => return Ok(()),
            Task::Read(_) => ("texts", "captcha"),
            Task::Detect(_) => ("boxes", "detect"),
        };
        Err(Error::Checkpoint(format!(
            "study {} is about {expected}, not classes; single networks of it are trained, judged and used by `cenote {command}`",
            self.name
        )))
    }

    /// What an arm has that others do not.
    ///
    /// # Errors
    /// When there is no such arm.
    pub fn setup(&self, arm: &str) -> Result<&Setup, Error> {
        self.arms.get(arm).ok_or_else(|| {
            let known = self.arms.names();
            let nearest = nearest(arm, known.iter().map(String::as_str)).map(str::to_owned);
            Error::UnknownArm { study: self.name.clone(), name: arm.to_owned(), known, nearest }
        })
    }

    /// How an arm is trained: as the study says, but for what the arm has differently.
    ///
    /// # Errors
    /// When there is no such arm, or a setting of it is one that all arms share, or no setting.
    pub fn training_of(&self, arm: &str) -> Result<Training, Error> {
        let changes = &self.setup(arm)?.training;
        if let Some(shared) = changes.keys().find(|key| !BY_ARM.contains(&key.as_str())) {
            let setting = format!("arms.{arm}.training.{shared}");
            let expected = format!("one of {}; all arms share the others", BY_ARM.join(", "));
            return Err(self.setting(&setting, "given", &expected));
        }
        let changed = Table::try_from(&self.training).map(|mut training| {
            training.extend(changes.clone());
            training
        });
        let message = |error: &dyn Display| Error::Parse {
            study: self.name.clone(),
            message: format!("arms.{arm}.training: {error}"),
        };
        changed.map_err(|error| message(&error))?.try_into().map_err(|error| message(&error))
    }

    /// Whether any arm has a setting of its training that is its own.
    pub(crate) fn arms_vary(&self, setting: &str) -> bool {
        self.arms.iter().any(|(_, setup)| setup.training.contains_key(setting))
    }

    /// The study as one arm runs it, whose training is then the study's.
    ///
    /// # Errors
    /// As [`Study::training_of`].
    pub fn of_arm(&self, arm: &str) -> Result<Self, Error> {
        Ok(Self { training: self.training_of(arm)?, ..self.clone() })
    }

    /// The arm that this one is compared with; itself where it is compared with none.
    pub fn partner<'s>(&'s self, arm: &'s str) -> &'s str {
        let named = self.against.get(arm).map(String::as_str);
        named.unwrap_or(if self.against.values().any(|a| a == arm) { arm } else { &self.baseline })
    }

    /// Keeps only some arms, and the baseline and partners they are compared with.
    ///
    /// # Errors
    /// When one of them does not exist.
    pub fn keep_arms(&mut self, names: &[String]) -> Result<(), Error> {
        let removed = &self.questions.removed;
        let mut kept =
            vec![self.baseline.clone(), removed.clone(), self.partner(removed).to_owned()];
        for name in names {
            self.setup(name)?;
            kept.push(self.partner(name).to_owned());
            kept.push(name.clone());
        }
        self.arms.retain(&kept);
        self.against.retain(|arm, _| kept.contains(arm));
        self.about.retain(|arm, _| kept.contains(arm));
        self.questions.unpooled.retain(|arm| kept.contains(arm));
        self.questions.naive = self.questions.naive.take().filter(|arm| kept.contains(arm));
        Ok(())
    }

    /// Every place that names an arm.
    fn arm_references(&self) -> impl Iterator<Item = &str> {
        let Questions { removed, naive, unpooled } = &self.questions;
        let asked = [&self.baseline, removed].into_iter().chain(naive).chain(unpooled);
        let compared = self.against.iter().flat_map(|(arm, against)| [arm, against]);
        asked.chain(compared).chain(self.about.keys()).map(String::as_str)
    }

    fn check_looks(&self) -> Result<(), Error> {
        let (looks, seeds) = (&self.looks, self.seeds.count);
        let rising = looks.windows(2).all(|pair| pair[0] < pair[1]) && looks.first() != Some(&0);
        let whole = looks.last().is_none_or(|&last| last as u64 == seeds);
        if rising && whole && looks.len() <= Looks::MOST {
            return Ok(());
        }
        let (got, most) = (format!("{looks:?}"), Looks::MOST);
        Err(self.setting(
            "looks",
            got,
            &format!("at most {most} rising numbers that end with {seeds}"),
        ))
    }

    pub(crate) fn within(&self, setting: &str, got: u64, most: u64) -> Result<(), Error> {
        if (1..=most).contains(&got) {
            return Ok(());
        }
        Err(self.setting(setting, got, &format!("a whole number from 1 to {most}")))
    }

    /// Refuses to train an arm on parts of a batch where a layer of its network couples the images of one.
    pub(crate) fn check_parts(&self, arm: &str, model: &Model) -> Result<(), Error> {
        let accumulate = self.training_of(arm)?.accumulate;
        match model.coupling() {
            Some((layer, kind)) if accumulate > 1 => {
                let expected = format!(
                    "1, since `{layer}` of arm `{arm}` computes with all images of a batch ({kind}); \
                     training.checkpoint = true takes less memory too, and so does a smaller batch_size"
                );
                Err(self.setting("training.accumulate", accumulate, &expected))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn setting(&self, setting: &str, got: impl Display, expected: &str) -> Error {
        Error::Setting {
            study: self.name.clone(),
            setting: setting.to_owned(),
            got: got.to_string(),
            expected: expected.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::named::smoke;

    /// The message for the smoke study with one piece of its text replaced.
    fn refusal(from: &str, to: &str) -> String {
        let text = smoke().text.replacen(from, to, 1);
        assert_ne!(text, smoke().text, "`{from}` is in the study");
        Study::parse("smoke", &text).expect_err(to).to_string()
    }

    #[test]
    fn arms_keep_the_order_of_the_file() {
        let study = Study::parse("smoke", smoke().text).expect("valid");
        assert_eq!(study.arms.names(), ["max", "none"]);
    }

    #[test]
    fn an_unknown_field_is_refused_with_its_line() {
        let message = refusal("baseline", "basline");
        assert!(
            message.contains("unknown field `basline`") && message.contains("line 7"),
            "{message}"
        );
    }

    #[test]
    fn a_misspelt_arm_is_answered_with_the_nearest() {
        assert_eq!(
            refusal("removed  = \"none\"", "removed = \"none2\""),
            "study smoke: unknown arm `none2`; did you mean `none`? expected one of max, none"
        );
    }

    #[test]
    fn no_seeds_and_more_than_a_design_can_hold_are_refused() {
        assert_eq!(
            refusal("count = 2", "count = 0"),
            "study smoke: seeds.count is 0; expected a whole number from 1 to 10000"
        );
        assert!(refusal("count = 2", "count = 10001").contains("from 1 to 10000"));
    }

    #[test]
    fn an_average_of_everything_before_is_refused() {
        assert_eq!(
            refusal("epochs ", "average = 1.0\nepochs "),
            "study smoke: training.average is 1; expected at least 0 and below 1"
        );
        assert!(refusal("epochs ", "average = nan\nepochs ").contains("average is NaN"));
    }

    #[test]
    fn unknown_kinds_of_data_and_optimiser_are_refused() {
        assert!(refusal("\"digits\"", "\"digit\"").contains("did you mean `digits`?"));
        assert!(refusal("\"sgd\"", "\"sdg\"").contains("unknown kind `sdg`"));
    }

    #[test]
    fn a_name_that_leads_out_of_the_results_is_refused() {
        let text = format!("name = '../elsewhere'\n{}", smoke().text);
        let error = Study::parse("smoke", &text).expect_err("a path").to_string();
        assert!(error.contains("name is ../elsewhere; expected letters"), "{error}");
    }

    #[test]
    fn a_metric_that_nobody_computes_is_refused() {
        assert_eq!(
            refusal("metric = \"accuracy\"", "metric = \"beauty\""),
            "study smoke: measure.metric is beauty; expected one of accuracy, balanced_accuracy, \
             precision, recall, f1, cohen_kappa, matthews"
        );
    }

    #[test]
    fn looks_are_proposed_for_as_many_seeds_as_may_run() {
        let mut study = Study::parse("smoke", smoke().text).expect("valid");
        study.until_decided(20).expect("fits");
        assert_eq!((study.seeds.count, &*study.looks), (20, &[10, 15, 20][..]));
        study.looks = vec![12, 20];
        study.until_decided(20).expect("fits");
        assert_eq!(study.looks, [12, 20], "the study's own");
        let error = study.until_decided(99_999_999_999).expect_err("too many").to_string();
        assert!(error.contains("seeds.count is 99999999999"), "{error}");
    }

    #[test]
    fn looks_that_do_not_end_with_the_seeds_are_refused() {
        let message = refusal("baseline = ", "looks = [1, 3]\nbaseline = ");
        assert_eq!(
            message,
            "study smoke: looks is [1, 3]; expected at most 3 rising numbers that end with 2"
        );
    }

    #[test]
    fn keeping_one_arm_keeps_what_it_is_compared_with() {
        let mut study = Study::parse("quick", crate::named::quick().text).expect("valid");
        study.keep_arms(&["avg".to_owned()]).expect("exists");
        assert_eq!(study.arms.names(), ["max", "avg", "none"]);
        assert_eq!(study.questions.naive, None);
        study.check().expect("still whole");
    }

    #[test]
    fn what_is_judged_by_labels_is_refused_of_other_tasks() {
        let detect = crate::find("detect").expect("built in");
        let mut measured = detect.clone();
        measured.measures = vec!["kind = 'noise'".parse().expect("a table")];
        let error = measured.check().expect_err("boxes have no labels").to_string();
        assert_eq!(
            error,
            "study detect: measures is given; expected none, since it is judged by labels"
        );
        assert!(detect.check().is_ok());
    }
}
