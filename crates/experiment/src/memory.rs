//! Whether a network can be trained on this machine at all.

use std::fs;

use cenote_evidence::{ArmRoom, Room};
use cenote_layers::Model;
use cenote_tensor::Scalar;

use crate::{Arm, Error, Footprint, Plan, Recipe, Side, Workers};

/// Refuses an arm that needs more memory than the machine has, before it is asked for.
///
/// It compares what certainly lives at once with all memory there is, so it never refuses what could
/// run; where the system does not tell its memory it refuses nothing.
pub(crate) fn check(arm: &str, model: &Model, recipe: &Recipe, images: usize) -> Result<(), Error> {
    let needed = least(model, recipe, images);
    match available() {
        Some(available) if needed > available => {
            Err(Error::Memory { arm: arm.to_owned(), needed, available })
        }
        _ => Ok(()),
    }
}

impl Plan {
    /// The tensor memory of every arm's training, in the order of the arms.
    ///
    /// # Errors
    /// As [`Footprint::of`].
    pub fn footprints(&self) -> Result<Vec<Footprint>, Error> {
        let of = |arm: &Arm| Footprint::of(&self.study.of_arm(&arm.name)?, &arm.model, &self.data);
        self.arms.iter().map(of).collect()
    }

    /// The most bytes of tensors that each arm's training has at once, in the order of the arms.
    ///
    /// # Errors
    /// As [`Footprint::of`].
    pub fn peaks(&self) -> Result<Vec<u64>, Error> {
        let footprints = self.footprints()?;
        let of = |(arm, footprint): (&Arm, &Footprint)| footprint.peak(fullest(arm));
        Ok(self.arms.iter().zip(&footprints).map(of).collect())
    }

    /// The most bytes that a run of each arm holds, in the order of the arms: of tensors, and of buffers that wait to be used
    /// again.
    ///
    /// # Errors
    /// As [`Footprint::of`].
    pub fn held(&self) -> Result<Vec<u64>, Error> {
        let footprints = self.footprints()?;
        let of = |(arm, footprint): (&Arm, &Footprint)| self.held_by(arm, footprint);
        Ok(self.arms.iter().zip(&footprints).map(of).collect())
    }

    /// How large batches and images of every arm may be within `limit` bytes.
    ///
    /// # Errors
    /// As [`Footprint::of`].
    pub fn room(&self, limit: u64) -> Result<Room, Error> {
        let arms = self.arms.iter().zip(self.footprints()?);
        let arms = arms.map(|(arm, footprint)| self.room_of(arm, &footprint, limit));
        Ok(Room { limit_bytes: limit, arms: arms.collect::<Result<_, _>>()? })
    }

    /// The same of one arm, whose footprint this is.
    ///
    /// # Errors
    /// As [`Footprint::largest_side`].
    pub fn room_of(&self, arm: &Arm, footprint: &Footprint, limit: u64) -> Result<ArmRoom, Error> {
        let study = self.study.of_arm(&arm.name)?;
        let batch = arm.recipe.batch_size;
        let side = Footprint::largest_side(&study, &arm.model, &self.data, batch, limit)?;
        let (side, or_more) = match side {
            None => (None, false),
            Some(Side::Most(side)) => (Some(side), false),
            Some(Side::AtLeast(side)) => (Some(side), true),
        };
        Ok(ArmRoom {
            arm: arm.name.clone(),
            held_bytes: self.held_by(arm, footprint),
            batch: footprint.largest_batch(limit).map(|batch| batch as u64),
            side: side.map(|side| side as u64),
            or_more,
        })
    }

    pub(crate) fn held_by(&self, arm: &Arm, footprint: &Footprint) -> u64 {
        footprint.held_by_run(arm.recipe.batch_size, arm.images, self.data.test.len())
    }

    /// As many of the runs at a time as fit into `limit` bytes, or into the machine's memory.
    ///
    /// # Errors
    /// [`Error::Limit`] naming the arm that does not fit alone, and what would.
    pub fn admit(&self, workers: Workers, limit: Option<u64>) -> Result<Workers, Error> {
        let Some(limit) = limit.or_else(available) else { return Ok(workers) };
        let mut largest = 1;
        for (arm, footprint) in self.arms.iter().zip(self.footprints()?) {
            let needed = self.held_by(arm, &footprint);
            if needed > limit {
                let ways = self.ways(arm, limit)?;
                return Err(Error::Limit { arm: arm.name.clone(), needed, limit, ways });
            }
            largest = largest.max(needed);
        }
        let jobs = usize::try_from(limit / largest).unwrap_or(usize::MAX);
        Ok(Workers { jobs: workers.jobs.min(jobs), ..workers })
    }
}

/// Images of an arm's fullest batch, which may be the only one.
pub(crate) fn fullest(arm: &Arm) -> usize {
    arm.recipe.batch_size.min(arm.images)
}

/// Bytes that certainly live at once: each parameter with its gradient, what the optimiser remembers of
/// it, its average and its best value, if these are kept, and the largest output of one batch, or of a part where it is cut.
pub(crate) fn least(model: &Model, recipe: &Recipe, images: usize) -> u64 {
    let beside = u64::from(recipe.average > 0.0) + u64::from(recipe.limits.best_epoch);
    let copies = 2 + recipe.optimizer.memories() as u64 + beside;
    let batch = recipe.batch_size.min(images).div_ceil(recipe.accumulate) as u64;
    let largest = model.layers().map(|fitted| fitted.layer.output().len() as u64).max();
    let parameters = (model.trained() as u64).saturating_mul(copies);
    let activations = largest.unwrap_or(0).saturating_mul(batch);
    parameters.saturating_add(activations).saturating_mul(size_of::<Scalar>() as u64)
}

/// All memory of the machine, where the system tells it.
pub(crate) fn available() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::named::smoke;
    use crate::{Plan, Study};

    #[test]
    fn the_least_memory_counts_parameters_their_copies_and_the_largest_output() {
        let plan = Plan::new(Study::parse("smoke", smoke().text).expect("valid")).expect("fits");
        let none = &plan.arms[1].model;
        // 1,418 parameters with gradient and momentum; 32 images of 16x8x8 after conv2.
        let values = 3 * 1_418 + 32 * 16 * 8 * 8;
        assert_eq!(least(none, &plan.recipe, 1_347), (values * size_of::<Scalar>()) as u64);
    }

    #[test]
    fn a_limit_lessens_the_runs_at_a_time_before_it_refuses_an_arm() {
        let plan = Plan::new(Study::parse("smoke", smoke().text).expect("valid")).expect("fits");
        let held = plan.held().expect("trains");
        let (least, most) = (held[0].min(held[1]), held[0].max(held[1]));
        assert!(least < most, "without pools the maps stay large");
        let workers = Workers { jobs: 4, ..Workers::per_core() };
        let jobs = |limit| plan.admit(workers, Some(limit)).map(|workers| workers.jobs);
        assert_eq!(jobs(9 * most).expect("fits"), 4);
        assert_eq!(jobs(3 * most - 1).expect("fits"), 2);
        assert_eq!(jobs(most).expect("fits"), 1);
        let Err(Error::Limit { needed, ways, .. }) = jobs(most - 1) else {
            panic!("a byte is missing");
        };
        // A smaller last batch takes buffers of its own, so it is not always 31.
        let batch = ways.batch.is_some_and(|batch| (24..32).contains(&batch));
        assert!(needed == most && batch, "{needed} {ways:?}");
        let error = jobs(1_000).expect_err("nothing fits").to_string();
        assert!(error.starts_with("arm `max`: a run of it holds "), "{error}");
        assert!(
            error.ends_with(
                "may have 1.00 kB; not even one image fits: use fewer channels or smaller images"
            ),
            "{error}"
        );
    }

    #[test]
    fn an_arm_that_no_machine_holds_is_refused_with_both_sizes() {
        let text = smoke().text.replacen("out_channels = 8", "out_channels = 16000000", 1);
        let outcome = Plan::new(Study::parse("smoke", &text).expect("valid"));
        if available().is_some() {
            let error = outcome.expect_err("2.3e9 weights").to_string();
            assert!(error.starts_with("arm `max`: training needs at least "), "{error}");
        }
    }
}
