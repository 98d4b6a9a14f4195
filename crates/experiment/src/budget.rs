//! How long a network is trained, and which of its epochs is judged.
//!
//! Training ends with its last epoch or, where that comes first, after a number of steps, at the first step after a number of
//! seconds, or with the first epoch of which the validation images have the score that is asked for. All but seconds are the
//! same steps whenever a run is made again: a clock is read for them alone, and only where a study asks for it.

use cenote_evidence::{EndedBy, Ending, EpochPoint, Limits, grouped};
use serde::{Deserialize, Serialize};

use crate::task::{Network, TOGETHER};
use crate::{Error, Fit, Part, Plan, Recipe, Study, Training};

/// The most steps that a study may ask for.
const STEPS_LIMIT: u64 = 1_000_000_000;

/// Which epoch's parameters are judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Select {
    /// Those of the last.
    #[default]
    Last,
    /// Those of the epoch with the best score on the validation images; of equals the first.
    Best,
}

impl Select {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(crate) fn is_last(&self) -> bool {
        *self == Self::Last
    }
}

impl Training {
    /// The validation score that ends training, if one does.
    pub fn target_score(&self) -> Option<f64> {
        self.target.as_ref()?.values().next().copied()
    }

    /// What may end training besides its epochs, and which of them is judged.
    pub fn limits(&self) -> Limits {
        Limits {
            steps: self.steps,
            seconds: self.seconds,
            target: self.target_score(),
            best_epoch: self.select == Select::Best,
        }
    }

    /// Whether images are held out of the training part.
    pub(crate) fn holds_out(&self) -> bool {
        self.validation > 0 || self.folds.is_some()
    }
}

impl Study {
    /// Checks what ends training and what is judged.
    pub(crate) fn check_budget(&self) -> Result<(), Error> {
        let Training { steps, seconds, target, select, judged_by, .. } = &self.training;
        self.within("training.steps", steps.unwrap_or(1), STEPS_LIMIT)?;
        if let Some(seconds) = seconds.filter(|s| !(s.is_finite() && *s > 0.0)) {
            return Err(self.setting("training.seconds", seconds, "a finite number above 0"));
        }
        let held_out = "validation or folds beside it, since it is judged by images held out of the training part";
        if let Some(target) = target {
            let metric = &self.measure.metric;
            let said: Vec<String> =
                target.iter().map(|(name, score)| format!("{name} = {score}")).collect();
            let fits =
                |(name, score): (&String, &f64)| name == metric && (0.0..=1.0).contains(score);
            if target.len() != 1 || !target.iter().all(fits) {
                let expected =
                    format!("the study's metric and a score from 0 to 1: {metric} = 0.95");
                return Err(self.setting("training.target", said.join(", "), &expected));
            }
            if !self.training.holds_out() {
                return Err(self.setting("training.target", said.join(", "), held_out));
            }
        }
        if *select == Select::Best && !self.training.holds_out() {
            return Err(self.setting("training.select", "best", held_out));
        }
        if *judged_by == Part::Validation && !self.training.holds_out() {
            return Err(self.setting("training.judged_by", "validation", held_out));
        }
        Ok(())
    }
}

impl Recipe {
    /// Steps of the whole training on so many images, where neither a clock nor a target ends it.
    pub(crate) fn steps(&self, images: usize) -> u64 {
        let all = self.epochs.saturating_mul(images.div_ceil(self.batch_size) as u64);
        self.limits.steps.map_or(all, |steps| steps.min(all))
    }

    /// How long training is, in words.
    pub(crate) fn budget(&self, images: usize) -> String {
        let Limits { steps, seconds, target, .. } = self.limits;
        let passes = format!(
            "{} epochs of {} images in batches of {}",
            self.epochs,
            grouped(images as u64),
            self.batch_size
        );
        let limits = [
            steps.map(|steps| format!("at most {} steps", grouped(steps))),
            seconds.map(|seconds| format!("at most {seconds} s of training")),
            target
                .map(|score| format!("until validation {} is {:.2} %", self.metric, 100.0 * score)),
        ];
        let limits: Vec<String> = limits.into_iter().flatten().collect();
        if limits.is_empty() { passes } else { format!("at most {passes}, {}", limits.join(", ")) }
    }
}

impl Plan {
    /// Steps of the runs of an arm, at its place in [`Plan::arms`], where neither a clock nor a target ends them.
    pub fn steps(&self, arm: usize) -> u64 {
        self.arms[arm].recipe.steps(self.arms[arm].images)
    }

    /// Steps of one of their epochs.
    pub fn steps_per_epoch(&self, arm: usize) -> u64 {
        self.arms[arm].images.div_ceil(self.arms[arm].recipe.batch_size) as u64
    }
}

impl Fit<'_> {
    /// Steps of the whole training, where neither a clock nor a target ends it.
    pub fn steps(&self) -> u64 {
        self.recipe.steps(self.data.train.len())
    }

    /// Whether training ends here, in the middle of an epoch too.
    pub(crate) fn is_spent(&self) -> bool {
        let Limits { steps, seconds, .. } = self.recipe.limits;
        steps.is_some_and(|most| self.state.steps >= most)
            || seconds.is_some_and(|most| self.seconds >= most)
    }

    /// What has ended training, after the epochs of this curve; `None` where it goes on.
    pub fn ended(&self, curve: &[EpochPoint]) -> Option<EndedBy> {
        let done = self.steps_per_epoch().saturating_mul(self.recipe.epochs);
        if reached(curve, self.recipe.limits.target).is_some() {
            Some(EndedBy::Target)
        } else if self.state.steps >= done {
            Some(EndedBy::Epochs)
        } else if self.recipe.limits.steps.is_some_and(|most| self.state.steps >= most) {
            Some(EndedBy::Steps)
        } else {
            self.is_spent().then_some(EndedBy::Seconds)
        }
    }

    /// An epoch that follows those of a curve with its validation score, where that decides anything; the parameters are
    /// kept if they are the best so far.
    ///
    /// # Errors
    /// When the validation images do not fit, or one stays in its file and that cannot be decoded.
    pub fn judged(&mut self, point: EpochPoint, curve: &[EpochPoint]) -> Result<EpochPoint, Error> {
        if !self.recipe.limits.watches() {
            return Ok(point);
        }
        let validation = self.validated()?;
        if curve.iter().all(|earlier| earlier.validation < validation) {
            self.state.keep(&self.params);
        }
        Ok(EpochPoint { validation, ..point })
    }

    /// The study's metric on the validation images; `None` where it is not defined for what the network says.
    fn validated(&self) -> Result<Option<f64>, Error> {
        let Some(validation) = &self.data.validation else { return Ok(None) };
        let Recipe { task, metric, .. } = self.recipe;
        let (params, normalization) = (self.state.latest(&self.params), &self.data.normalization);
        let network = Network { model: self.model, params, normalization };
        // No more at once than in the fullest batch, whose memory is foreseen.
        let together = TOGETHER.min(self.recipe.together()).min(self.data.train.len());
        let judged = task.judge(network, validation, together)?;
        Ok(judged.scores.get(metric).copied().filter(|score| score.is_finite()))
    }

    /// How training ended that left this curve, where a record says so.
    pub(crate) fn ending(&self, curve: &[EpochPoint]) -> Option<Ending> {
        let limits = self.recipe.limits;
        let last = curve.last()?.epoch;
        let judged = if limits.best_epoch { best(curve)? } else { last };
        let reached = reached(curve, limits.target);
        let ending = |by| Ending { by, steps: self.state.steps, judged, reached };
        self.ended(curve).filter(|_| !limits.is_none()).map(ending)
    }
}

/// The first epoch with the best validation score.
fn best(curve: &[EpochPoint]) -> Option<u32> {
    let better = |best: &'_ EpochPoint, point: &'_ EpochPoint| best.validation < point.validation;
    let best = curve.iter().reduce(|best, point| if better(best, point) { point } else { best });
    best.map(|point| point.epoch)
}

/// The first epoch that reached a score on validation images.
fn reached(curve: &[EpochPoint], target: Option<f64>) -> Option<u32> {
    let target = target?;
    let point = curve.iter().find(|point| point.validation.is_some_and(|score| score >= target));
    point.map(|point| point.epoch)
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Seed;

    use super::*;
    use crate::Stop;
    use crate::named::smoke;

    fn study(lines: &str) -> Result<Study, Error> {
        let text = smoke().text.replacen("[questions]", &format!("{lines}\n[questions]"), 1);
        Study::parse("smoke", &text)
    }

    fn plan(lines: &str) -> Plan {
        Plan::new(study(lines).expect(lines)).expect(lines)
    }

    /// Trains the first arm to its end and gives what came of it to `look`.
    fn trained<R>(plan: &Plan, look: impl FnOnce(&Fit<'_>, &[EpochPoint]) -> R) -> R {
        let Plan { arms, data, .. } = plan;
        let mut fit = Fit::start(&arms[0].model, data, &arms[0].recipe, Seed(4));
        let mut curve = Vec::new();
        while fit.ended(&curve).is_none() {
            let point = fit.epoch(&Stop::default(), |_, _| ()).expect("trains");
            curve.push(fit.judged(point, &curve).expect("fits"));
        }
        look(&fit, &curve)
    }

    #[test]
    fn steps_end_training_within_an_epoch_and_schedules_run_over_them() {
        let digest = |lines: &str| trained(&plan(lines), |fit, _| fit.params.digest());
        // 1,347 images are 43 steps, and the cosine of the smoke study goes down over all steps.
        let one_epoch = {
            let text = smoke().text.replacen("epochs        = 2", "epochs = 1", 1);
            let plan = Plan::new(Study::parse("smoke", &text).expect("valid")).expect("fits");
            trained(&plan, |fit, _| fit.params.digest())
        };
        assert_eq!(digest("steps = 43"), one_epoch);
        assert_eq!(digest("steps = 900"), digest(""), "epochs are the most");
        let (ending, curve) = trained(&plan("steps = 50"), |fit, curve| {
            (fit.ending(curve).expect("it says so"), curve.to_vec())
        });
        assert_eq!((ending.by, ending.steps, ending.judged), (EndedBy::Steps, 50, 2));
        assert_eq!(curve.len(), 2, "seven steps of the second epoch have a point");
        assert!(curve[1].train_loss < curve[0].train_loss, "{curve:?}");
        trained(&plan(""), |fit, curve| {
            assert_eq!((fit.ended(curve), fit.ending(curve)), (Some(EndedBy::Epochs), None));
        });
    }

    #[test]
    fn seconds_end_training_at_the_next_step_and_those_before_count() {
        let plan = plan("seconds = 1e-9");
        let ending = trained(&plan, |fit, curve| fit.ending(curve).expect("it says so"));
        assert_eq!((ending.by, ending.steps), (EndedBy::Seconds, 1));
        let Plan { arms, data, .. } = &plan;
        let hour = self::plan("seconds = 3600");
        let start = || Fit::start(&arms[0].model, data, &hour.arms[0].recipe, Seed(4));
        assert_eq!(start().after(3599.0).ended(&[]), None);
        assert_eq!(start().after(3600.0).ended(&[]), Some(EndedBy::Seconds));
        assert_ne!(plan.cells[0].id, hour.cells[0].id);
    }

    #[test]
    fn the_first_epoch_that_reaches_the_target_is_the_last() {
        let scores = |lines: &str| {
            trained(&plan(lines), |fit, curve| {
                let scores: Vec<f64> = curve.iter().filter_map(|point| point.validation).collect();
                (scores, fit.ending(curve).expect("it says so"))
            })
        };
        let (all, missed) = scores("validation = 200\ntarget = { accuracy = 1.0 }");
        assert_eq!((missed.by, missed.reached, all.len()), (EndedBy::Epochs, None, 2));
        assert!(all[0] > 0.1, "{all:?}");
        let lines = format!("validation = 200\ntarget = {{ accuracy = {} }}", all[0]);
        let (some, hit) = scores(&lines);
        assert_eq!((some.len(), some[0]), (1, all[0]));
        assert_eq!((hit.by, hit.reached, hit.steps), (EndedBy::Target, Some(1), 36));
    }

    #[test]
    fn the_best_epoch_by_validation_images_is_judged() {
        // At such a rate scores go up and down, and what the first epochs give does not depend on how many follow.
        let with = |epochs: usize, lines: &str| {
            let text = smoke().text.replacen("learning_rate = 0.05", "learning_rate = 0.5", 1);
            let text = text.replacen("epochs        = 2", &format!("epochs = {epochs}"), 1);
            let text = text.replacen("\"cosine\"", "\"constant\"", 1);
            let lines = format!("validation = 200\n{lines}\n[questions]");
            let text = text.replacen("[questions]", &lines, 1);
            Plan::new(Study::parse("smoke", &text).expect("valid")).expect("fits")
        };
        let scores = |curve: &[EpochPoint]| -> Vec<_> {
            curve.iter().map(|point| point.validation.expect("every epoch is judged")).collect()
        };
        for average in ["", "average = 0.5"] {
            let best = format!("select = \"best\"\n{average}");
            let all = trained(&with(10, &best), |_, curve| scores(curve));
            let falls = (1..10).find(|&epoch| all[epoch] <= all[epoch - 1]);
            let falls = falls.unwrap_or_else(|| panic!("scores go down somewhere: {all:?}"));
            let (judged, kept) = trained(&with(falls + 1, &best), |fit, curve| {
                assert_eq!(scores(curve), all[..=falls]);
                let judged = fit.ending(curve).expect("it says so").judged;
                (judged as usize, fit.used().digest())
            });
            assert_eq!(judged, falls, "the last that was better than all before: {all:?}");
            let digest = |plan: &Plan| trained(plan, |fit, _| fit.used().digest());
            assert_eq!(kept, digest(&with(falls, average)), "what that epoch left");
            assert_ne!(kept, digest(&with(falls + 1, average)));
        }
    }

    #[test]
    fn limits_that_cannot_be_are_refused() {
        let refusal = |lines: &str| study(lines).expect_err(lines).to_string();
        assert_eq!(
            refusal("steps = 0"),
            "study smoke: training.steps is 0; expected a whole number from 1 to 1000000000"
        );
        assert_eq!(
            refusal("seconds = -1"),
            "study smoke: training.seconds is -1; expected a finite number above 0"
        );
        let held_out = "expected validation or folds beside it, since it is judged by images held out of the training part";
        assert_eq!(
            refusal("target = { accuracy = 0.9 }"),
            format!("study smoke: training.target is accuracy = 0.9; {held_out}")
        );
        assert_eq!(
            refusal("select = 'best'"),
            format!("study smoke: training.select is best; {held_out}")
        );
        for target in ["f1 = 0.9", "accuracy = 1.5", "accuracy = 0.9, f1 = 0.9"] {
            assert_eq!(
                refusal(&format!("validation = 9\ntarget = {{ {target} }}")),
                format!(
                    "study smoke: training.target is {target}; expected the study's metric and a score from 0 to 1: accuracy = 0.95"
                )
            );
        }
    }

    #[test]
    fn a_study_without_limits_has_the_cells_and_words_it_had() {
        let plain = plan("");
        let json = serde_json::to_value(&plain.study.training).expect("plain data");
        for key in ["steps", "seconds", "target", "select"] {
            assert!(json.get(key).is_none(), "{json}");
        }
        let design = plain.design();
        assert_eq!(design.budget, "2 epochs of 1,347 images in batches of 32");
        let json = serde_json::to_value(&design).expect("plain data");
        assert!(json.get("limits").is_none() && json.get("tuning").is_none());
        let all = plan(
            "validation = 200\nsteps = 1500\nseconds = 2.5\ntarget = { accuracy = 0.95 }\nselect = 'best'",
        );
        let design = all.design();
        assert_eq!(
            design.budget,
            "at most 2 epochs of 1,147 images in batches of 32, at most 1,500 steps, at most 2.5 s of training, until validation accuracy is 95.00 %"
        );
        assert!(design.limits.best_epoch && design.limits.target == Some(0.95));
        assert!(plain.cells.iter().zip(&all.cells).all(|(a, b)| a.id != b.id));
    }
}
