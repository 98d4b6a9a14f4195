//! Training of a detector, epoch by epoch.

use cenote_autograd::Tape;
use cenote_datasets::{Batch, Batches};
use cenote_layers::{Mode, OptimizerState, Params, Progress, Step, average_in};
use cenote_tensor::{Scalar, Seed, awake};
use serde::{Deserialize, Serialize};

use super::PRIOR;
use super::loss::loss_of;
use super::plan::{DetectorPlan, HEAD};
use crate::{Error, Stop};

/// A detector in training.
///
/// Everything random is named by seed, epoch and step, so a training that goes on from what an epoch left ends with the
/// same bits as one that never stopped.
#[derive(Debug)]
pub struct DetectorFit<'a> {
    plan: &'a DetectorPlan,
    seed: Seed,
    /// The parameters as they are now.
    pub params: Params,
    /// Their moving average, or they themselves where none is kept.
    pub average: Params,
    /// What the optimiser remembers.
    pub state: OptimizerState,
}

/// Mean losses of an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetectorPoint {
    /// The epoch, counted from 1.
    pub epoch: u32,
    /// The weighted sum.
    pub loss: f64,
    /// Of the heat maps.
    pub heat: f64,
    /// Of what is said of boxes.
    pub l1: f64,
    /// Of the boxes.
    pub giou: f64,
}

impl<'a> DetectorFit<'a> {
    /// A detector as it starts: it expects little anywhere.
    pub fn start(plan: &'a DetectorPlan, seed: Seed) -> Self {
        let mut params = plan.model.init(seed);
        let bias = params.iter_mut().find(|param| param.path == format!("{HEAD}.bias"));
        let bias = bias.expect("the head has a bias").value.as_mut_slice();
        bias[..plan.data.classes.len()].fill((PRIOR / (1.0 - PRIOR)).ln() as Scalar);
        let average = params.clone();
        Self { plan, seed, params, average, state: OptimizerState::default() }
    }

    /// A detector that goes on after its last whole epoch.
    #[must_use]
    pub fn resume(self, params: Params, average: Params, state: OptimizerState) -> Self {
        Self { params, average, state, ..self }
    }

    /// Steps of one pass over the training scenes.
    pub fn steps_per_epoch(&self) -> u64 {
        let scenes = self.plan.data.train.len();
        scenes.div_ceil(self.plan.detector.training.batch_size) as u64
    }

    /// Epochs that are done.
    pub fn epochs_done(&self) -> u64 {
        self.state.steps / self.steps_per_epoch()
    }

    /// Passes once over the training scenes and returns the mean losses; `each_step` is told how many steps are done.
    ///
    /// # Errors
    /// [`Error::Diverged`] when the loss is no longer a number, [`Error::Interrupted`] when `stop` is requested,
    /// [`Error::Data`] when an image cannot be decoded.
    pub fn epoch(
        &mut self,
        stop: &Stop,
        mut each_step: impl FnMut(u64),
    ) -> Result<DetectorPoint, Error> {
        let plan = self.plan;
        let epoch = self.epochs_done();
        let mut order = self.seed.stream(&format!("order/epoch{epoch}"));
        let (train, by) = (&plan.data.train, &plan.normalization);
        let batches = Batches::shuffled(train, by, plan.detector.training.batch_size, &mut order)?
            .augmented(&plan.augmentation, self.seed, epoch as usize)?;
        let workers = batches.workers_for(rayon::current_num_threads());
        let mut sums = [0.0; 4];
        for (done, batch) in (1..).zip(batches.prefetched(workers)?) {
            let batch = batch?;
            if stop.requested() {
                return Err(Error::Interrupted);
            }
            let images = batch.objects.len() as f64;
            let losses = awake(|| self.step(batch));
            if !losses.iter().all(|loss| loss.is_finite()) {
                return Err(Error::Diverged { epoch: epoch as u32 + 1 });
            }
            for (sum, loss) in sums.iter_mut().zip(losses) {
                *sum += loss * images;
            }
            each_step(done);
        }
        let [loss, heat, l1, giou] = sums.map(|sum| sum / plan.data.train.len() as f64);
        Ok(DetectorPoint { epoch: epoch as u32 + 1, loss, heat, l1, giou })
    }

    /// One step: forward, backward, update. Returns the loss and its parts.
    fn step(&mut self, Batch { images, objects, .. }: Batch) -> [f64; 4] {
        let DetectorPlan { model, detector, size, .. } = self.plan;
        let input = size.map(|side| side as usize);
        let tape = Tape::new();
        let number = self.state.steps;
        let pass = Step::new(&tape, model, &self.params, Mode::Train, self.seed, number);
        let output = pass.forward(tape.constant(images));
        let (loss, [heat, l1, giou]) = loss_of(&output, &objects, input, detector.losses);
        drop(output);
        let value = f64::from(loss.value().as_slice()[0]);
        let gradients = pass.gradients(loss.backward());
        drop(loss);
        let updates = pass.into_updates();
        let training = &detector.training;
        let progress = Progress {
            step: number,
            steps_per_epoch: self.steps_per_epoch(),
            epochs: training.epochs,
        };
        let rate = training.learning_rate * self.plan.schedule.factor(progress);
        self.state.step(&*self.plan.optimizer, rate, &mut self.params, &gradients);
        for (i, value) in updates {
            self.params.set(i, value);
        }
        if training.average > 0.0 {
            average_in(&mut self.average, &self.params, training.average, number);
        } else {
            self.average = self.params.clone();
        }
        [value, heat, l1, giou]
    }
}
