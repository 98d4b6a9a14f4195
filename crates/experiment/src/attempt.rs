//! A few steps of training with a batch or an image that the study does not have, to see what they take.

use cenote_layers::{Model, ModelSpec};
use cenote_tensor::{Seed, metered};

use crate::{Arm, Data, Error, Fit, Footprint, Plan, Recipe, Stop, Study};

/// Full batches of an attempt: the second finds what the first left, and after the third nothing new is asked for.
const STEPS: usize = 3;

/// A network of an arm and made-up images, ready for a few steps.
#[derive(Debug)]
pub struct Attempt {
    study: Study,
    model: Model,
    data: Data,
}

impl Attempt {
    /// An attempt at batches of `batch` images, of the size of the study's or of `side` rows and columns.
    ///
    /// # Errors
    /// When the arm does not fit such images.
    pub fn of(plan: &Plan, arm: &Arm, batch: usize, side: Option<usize>) -> Result<Self, Error> {
        let mut study = plan.study.of_arm(&arm.name)?;
        study.training.batch_size = batch;
        // Every step, however soon training would end.
        (study.training.steps, study.training.seconds) = (None, None);
        let [channels, height, width] = plan.data.train.shape();
        let (rows, columns) = side.map_or((height, width), |side| (side, side));
        let shape = [channels, rows, columns];
        let model = ModelSpec::parse(arm.model.tables().to_vec())?.fit(shape.into())?;
        let data = plan.data.made_up(shape, STEPS * batch, 1)?;
        Ok(Self { study, model, data })
    }

    /// What it will take, for any batch.
    ///
    /// # Errors
    /// As [`Footprint::of`].
    pub fn footprint(&self) -> Result<Footprint, Error> {
        Footprint::of(&self.study, &self.model, &self.data)
    }

    /// Takes the steps; returns the most bytes of tensors that it had at once.
    ///
    /// # Errors
    /// When the training settings do not fit the images.
    pub fn run(&self) -> Result<u64, Error> {
        let recipe = Recipe::of(&self.study)?;
        let (outcome, usage) = metered(|| {
            let mut fit = Fit::start(&self.model, &self.data, &recipe, Seed(1));
            fit.epoch(&Stop::default(), |_, _| ()).map(drop)
        });
        match outcome {
            // The loss of made-up images says nothing.
            Ok(()) | Err(Error::Diverged { .. }) => Ok(usage.peak_bytes as u64),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::find;

    #[test]
    fn an_attempt_takes_the_tensors_that_are_foreseen_for_its_batch_and_its_images() {
        let plan = Plan::new(find("smoke").expect("built in")).expect("fits");
        let arm = &plan.arms[1];
        let taken = [(7, None), (2, Some(11))].map(|(batch, side)| {
            let attempt = Attempt::of(&plan, arm, batch, side).expect("fits");
            let taken = attempt.run().expect("trains");
            let footprint = attempt.footprint().expect("trains");
            assert_eq!(taken, footprint.peak(batch), "{batch} {side:?}");
            taken
        });
        let footprint = Footprint::of(&plan.study, &arm.model, &plan.data).expect("trains");
        assert_eq!(taken[0], footprint.peak(7));
        let error = Attempt::of(&plan, &plan.arms[0], 1, Some(1)).expect_err("too small");
        assert!(error.to_string().contains("1x1"), "{error}");
    }
}
