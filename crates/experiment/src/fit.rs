//! Training: one network, epoch by epoch.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cenote_autograd::Tape;
use cenote_datasets::{Batches, Parts};
use cenote_evidence::EpochPoint;
use cenote_layers::{Mode, Model, OptimizerState, Params, Progress, Segments, Step};
use cenote_tensor::{Seed, Tensor, awake};
use serde::{Deserialize, Serialize};

use crate::task::{Amounts, Within};
use crate::{Data, Error, Recipe};

/// A request to stop, shared between whoever asks and whoever works.
///
/// ```
/// let stop = cenote_experiment::Stop::default();
/// assert!(!stop.requested());
/// stop.request();
/// assert!(stop.requested());
/// ```
#[derive(Debug, Default)]
pub struct Stop(AtomicBool);

impl Stop {
    /// Asks everybody who looks at it to stop.
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody asked to stop.
    pub fn requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A network in training.
///
/// Everything random is named by seed, epoch and step, so a training that goes on from saved
/// parameters and optimiser state ends with the same bits as one that never stopped.
#[derive(Debug)]
pub struct Fit<'a> {
    pub(crate) model: &'a Model,
    pub(crate) data: &'a Data,
    pub(crate) recipe: &'a Recipe,
    seed: Seed,
    /// Where a step is cut, if what is within is computed again.
    segments: Option<Segments>,
    /// The parameters as they are now.
    pub params: Params,
    /// What the optimiser remembers, and the average of the parameters if one is kept.
    pub state: OptimizerState,
    /// What the steps of the epoch in progress gave.
    pub sums: Sums,
    /// Seconds that training has taken.
    pub seconds: f64,
}

/// Sums over the steps of an epoch in progress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sums {
    /// Loss of every image.
    pub loss: f64,
    /// Images whose label was predicted.
    pub right: u64,
    /// Images.
    pub seen: u64,
}

impl<'a> Fit<'a> {
    /// A network as it starts.
    pub fn start(model: &'a Model, data: &'a Data, recipe: &'a Recipe, seed: Seed) -> Self {
        let params = model.init(seed);
        let mut state = OptimizerState::start(&params, recipe.average);
        if recipe.limits.best_epoch {
            state = state.keeping_best(&params);
        }
        let segments = recipe.checkpoint.then(|| Segments::of(model, &params));
        let (sums, seconds) = (Sums::default(), 0.0);
        Self { model, data, recipe, seed, segments, params, state, sums, seconds }
    }

    /// A network that goes on from where it was, in the middle of an epoch too.
    #[must_use]
    pub fn resume(self, params: Params, state: OptimizerState, sums: Sums) -> Self {
        Self { params, state, sums, ..self }
    }

    /// The same after so many seconds of training.
    #[must_use]
    pub fn after(self, seconds: f64) -> Self {
        Self { seconds, ..self }
    }

    /// The parameters that are judged: the best, where they are kept, or their average, where one is.
    pub fn used(&self) -> &Params {
        self.state.used(&self.params)
    }

    /// Steps of one pass over the training images.
    pub fn steps_per_epoch(&self) -> u64 {
        self.data.train.len().div_ceil(self.recipe.batch_size) as u64
    }

    /// Epochs that are done.
    pub fn epochs_done(&self) -> u64 {
        self.state.steps / self.steps_per_epoch()
    }

    /// Trains to the end of a pass over the training images, or of training, and returns the mean loss and accuracy.
    ///
    /// Where images are decoded or changed, background threads do that ahead of the steps, with the same bits.
    ///
    /// `each_step` is called after every step with the network and the number of steps done in this epoch.
    ///
    /// # Errors
    /// [`Error::Diverged`] when the loss is no longer a number, [`Error::Interrupted`] when `stop`
    /// is requested, [`Error::Data`] when an image stays in its file and that cannot be decoded.
    pub fn epoch(
        &mut self,
        stop: &Stop,
        mut each_step: impl FnMut(&Self, u64),
    ) -> Result<EpochPoint, Error> {
        let Self { data, recipe, seed, .. } = *self;
        let (epoch, done) = (self.epochs_done(), self.state.steps % self.steps_per_epoch());
        let mut order = seed.stream(&format!("order/epoch{epoch}"));
        let batches =
            Batches::shuffled(&data.train, &data.normalization, recipe.batch_size, &mut order)?
                .augmented(&recipe.augmentation, seed, epoch as usize)?
                .skipped(done as usize);
        let workers = batches.workers_for(rayon::current_num_threads());
        let (clock, before, mut outside) = (Instant::now(), self.seconds, Duration::ZERO);
        let (mut batches, mut step) = (batches.prefetched(workers)?, done);
        while let Some(batch) = batches.next_in_parts(recipe.accumulate) {
            let batch = batch?;
            if stop.requested() {
                return Err(Error::Interrupted);
            }
            step += 1;
            let n = batch.total();
            let (loss, correct) = awake(|| self.step(&batch));
            batches.give_back(batch);
            if !loss.is_finite() {
                return Err(Error::Diverged { epoch: epoch as u32 + 1 });
            }
            self.sums.loss += loss * n as f64;
            self.sums.right += correct as u64;
            self.sums.seen += n as u64;
            self.seconds = before + clock.elapsed().saturating_sub(outside).as_secs_f64();
            // What is done with the network between steps, such as writing it, is no training.
            let pause = Instant::now();
            each_step(self, step);
            outside += pause.elapsed();
            if self.is_spent() {
                break;
            }
        }
        let Sums { loss, right, seen } = std::mem::take(&mut self.sums);
        Ok(EpochPoint {
            epoch: epoch as u32 + 1,
            train_loss: loss / seen as f64,
            train_accuracy: right as f64 / seen as f64,
            validation: None,
        })
    }

    /// One step: forward and backward of every part, then an update. Returns the loss and how many images were right.
    fn step(&mut self, batch: &Parts) -> (f64, usize) {
        let (mut loss, mut right, mut gradients, mut updates) = (0.0, 0, Vec::new(), Vec::new());
        for (nth, within) in self.within(batch).into_iter().enumerate() {
            let part = self.pass(batch, nth, within);
            loss += part.loss;
            right += part.right;
            add(&mut gradients, part.gradients);
            // Layers that couple no images ask the same of every part.
            updates = part.updates;
        }
        let progress = Progress {
            step: self.state.steps,
            steps_per_epoch: self.steps_per_epoch(),
            steps: self.steps(),
        };
        let rate = self.recipe.learning_rate * self.recipe.schedule.factor(progress);
        self.state.step(&*self.recipe.optimizer, rate, &mut self.params, &gradients);
        for (i, value) in updates {
            self.params.set(i, value);
        }
        self.state.follow(&self.params, self.recipe.average);
        (loss, right)
    }

    /// What each part counts within the batch; nothing for a batch in one part.
    fn within(&self, batch: &Parts) -> Vec<Option<Within>> {
        if batch.count() == 1 {
            return vec![None];
        }
        let amounts = |nth| self.recipe.task.amounts(self.model.output(), &batch.answers(nth));
        let parts: Vec<Amounts> = (0..batch.count()).map(amounts).collect();
        let sum = |term: usize| parts.iter().map(|part| part[term]).sum();
        let batch = [sum(0), sum(1)];
        parts.into_iter().map(|part| Some(Within { part, batch })).collect()
    }

    /// Forward and backward of a part of a batch.
    fn pass(&self, batch: &Parts, nth: usize, within: Option<Within>) -> Passed {
        let Self { model, params, seed, state, recipe, .. } = self;
        let tape = Tape::new();
        let mut pass = Step::new(&tape, model, params, Mode::Train, *seed, state.steps)
            .from_example(batch.place(nth).start);
        if let Some(segments) = &self.segments {
            pass = pass.in_segments(segments);
        }
        let output = pass.forward(tape.constant(batch.images(nth)));
        let (loss, right) = recipe.task.loss(&output, &batch.answers(nth), within);
        drop(output);
        let value = f64::from(loss.value().as_slice()[0]);
        let gradients = pass.gradients(loss.backward());
        Passed { loss: value, right, gradients, updates: pass.into_updates() }
    }
}

/// What a pass over a part of a batch gives.
struct Passed {
    loss: f64,
    right: usize,
    gradients: Vec<Option<Tensor>>,
    updates: Vec<(usize, Tensor)>,
}

/// Adds the gradients of a further part.
fn add(sums: &mut Vec<Option<Tensor>>, part: Vec<Option<Tensor>>) {
    if sums.is_empty() {
        *sums = part;
        return;
    }
    for (sum, part) in sums.iter_mut().zip(part) {
        match (sum, part) {
            (Some(sum), Some(part)) => sum.add_assign(&part),
            (none @ None, part) => *none = part,
            (Some(_), None) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use cenote_layers::average_in;

    use super::*;
    use crate::named::smoke;
    use crate::{Plan, Study};

    #[test]
    fn training_that_was_interrupted_ends_with_the_same_bits() {
        let plan = Plan::new(Study::parse("smoke", smoke().text).expect("valid")).expect("fits");
        let model = &plan.arms[0].model;
        let start = || Fit::start(model, &plan.data, &plan.recipe, Seed(4));
        let stop = Stop::default();

        let mut whole = start();
        whole.epoch(&stop, |_, _| ()).expect("trains");
        let (params, state) = (whole.params.clone(), whole.state.clone());
        let second = whole.epoch(&stop, |_, _| ()).expect("trains");

        let mut resumed = start().resume(params, state, Sums::default());
        assert_eq!(resumed.epoch(&stop, |_, _| ()).expect("trains"), second);
        assert_eq!(resumed.params.digest(), whole.params.digest());
    }

    #[test]
    fn training_that_was_interrupted_within_an_epoch_ends_with_the_same_bits() {
        let augment = "augment = [{ kind = 'random_shift', max_pixels = 1 }]\n[questions]";
        let text = smoke().text.replacen("[questions]", augment, 1);
        let plan = Plan::new(Study::parse("smoke", &text).expect("valid")).expect("fits");
        let start = || Fit::start(&plan.arms[0].model, &plan.data, &plan.recipe, Seed(4));
        let mut kept = None;
        let mut whole = start();
        let point = whole.epoch(&Stop::default(), |fit, step| {
            if step == 5 {
                kept = Some((fit.params.clone(), fit.state.clone(), fit.sums));
            }
        });
        let (params, state, sums) = kept.expect("an epoch has more than five steps");
        let mut resumed = start().resume(params, state, sums);
        let mut first = None;
        let again = resumed.epoch(&Stop::default(), |_, step| {
            first.get_or_insert(step);
        });
        assert_eq!((first, again.expect("trains")), (Some(6), point.expect("trains")));
        assert_eq!(resumed.params.digest(), whole.params.digest());
    }

    #[test]
    fn the_average_is_what_is_judged_and_goes_on_with_the_same_bits() {
        let text = smoke().text.replacen("[questions]", "average = 0.9\n[questions]", 1);
        let plan = Plan::new(Study::parse("smoke", &text).expect("valid")).expect("fits");
        let start = || Fit::start(&plan.arms[0].model, &plan.data, &plan.recipe, Seed(4));
        let (mut whole, mut kept, mut expected) = (start(), None, Vec::new());
        let mut average = whole.params.clone();
        whole
            .epoch(&Stop::default(), |fit, step| {
                average_in(&mut average, &fit.params, 0.9, fit.state.steps - 1);
                expected.push(fit.used() == &average);
                if step == 5 {
                    kept = Some((fit.params.clone(), fit.state.clone(), fit.sums));
                }
            })
            .expect("trains");
        assert!(expected.iter().all(|&same| same), "{expected:?}");
        assert_ne!(whole.used().digest(), whole.params.digest());
        let (params, state, sums) = kept.expect("an epoch has more than five steps");
        let mut resumed = start().resume(params, state, sums);
        resumed.epoch(&Stop::default(), |_, _| ()).expect("trains");
        assert_eq!(resumed.used().digest(), whole.used().digest());
        let plain = Plan::new(Study::parse("smoke", smoke().text).expect("valid")).expect("fits");
        let mut plain = Fit::start(&plain.arms[0].model, &plain.data, &plain.recipe, Seed(4));
        plain.epoch(&Stop::default(), |_, _| ()).expect("trains");
        assert_eq!(plain.used().digest(), whole.params.digest(), "an average moves no parameter");
    }

    #[test]
    fn changed_and_mixed_images_train_to_the_same_bits_on_any_number_of_threads() {
        let digest = |augment: &str, threads| {
            let text = smoke().text.replacen("[questions]", &format!("{augment}\n[questions]"), 1);
            let plan = Plan::new(Study::parse("smoke", &text).expect("valid")).expect("fits");
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            pool.expect("a few threads").install(|| {
                let mut fit = Fit::start(&plan.arms[0].model, &plan.data, &plan.recipe, Seed(4));
                let mut epoch = || fit.epoch(&Stop::default(), |_, _| ()).expect("trains");
                let [first, second] = [epoch(), epoch()];
                assert!(second.train_loss < first.train_loss, "{first:?} {second:?}");
                assert!(second.train_accuracy > 0.15, "{second:?}");
                fit.params.digest()
            })
        };
        let mixup = "augment = [{ kind = 'random_shift', max_pixels = 1 }, { kind = 'mixup', alpha = 0.4 }]";
        let mixed = digest(mixup, 1);
        assert_eq!(mixed, digest(mixup, 3));
        assert_ne!(mixed, digest("augment = [{ kind = 'random_shift', max_pixels = 1 }]", 1));
    }

    #[test]
    fn a_loss_that_is_no_number_is_a_divergence() {
        let text = smoke().text.replacen("learning_rate = 0.05", "learning_rate = 1e30", 1);
        let plan = Plan::new(Study::parse("smoke", &text).expect("valid")).expect("fits");
        let mut fit = Fit::start(&plan.arms[0].model, &plan.data, &plan.recipe, Seed(1));
        let outcome = fit.epoch(&Stop::default(), |_, _| ());
        assert!(matches!(outcome, Err(Error::Diverged { epoch: 1 })), "{outcome:?}");
    }

    #[test]
    fn a_request_to_stop_is_heard_at_the_next_step() {
        let plan = Plan::new(Study::parse("smoke", smoke().text).expect("valid")).expect("fits");
        let mut fit = Fit::start(&plan.arms[0].model, &plan.data, &plan.recipe, Seed(1));
        let stop = Stop::default();
        let mut steps = 0;
        let outcome = fit.epoch(&stop, |_, _| {
            steps += 1;
            stop.request();
        });
        assert!(matches!(outcome, Err(Error::Interrupted)));
        assert_eq!(steps, 1);
    }
}
