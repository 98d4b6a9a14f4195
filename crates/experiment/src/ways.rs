//! What would make the training of an arm fit into the memory it may have.

use std::fmt;

use crate::footprint::largest;
use crate::{Arm, Error, Footprint, Plan};

/// The ways out for an arm whose training does not fit, each foreseen as exactly as what does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// The fewest parts of a batch that would do, as `training.accumulate`.
    pub accumulate: Option<usize>,
    /// Whether `training.checkpoint` would do.
    pub checkpoint: bool,
    /// The fewest parts that would do with `training.checkpoint` beside it, where neither does alone.
    pub both: Option<usize>,
    /// The largest batch that would do: another training.
    pub batch: Option<usize>,
}

impl Plan {
    /// What would make an arm fit into `limit` bytes that does not.
    ///
    /// # Errors
    /// As [`Footprint::of`].
    pub fn ways(&self, arm: &Arm, limit: u64) -> Result<Ways, Error> {
        let study = self.study.of_arm(&arm.name)?;
        let (test, batch_size) = (self.data.test.len(), arm.recipe.batch_size);
        let fits = |footprint: &Footprint, batch: usize| {
            footprint.held_by_run(batch, arm.images, test) <= limit
        };
        let with = |accumulate: usize, checkpoint: bool| {
            let mut study = study.clone();
            (study.training.accumulate, study.training.checkpoint) = (accumulate, checkpoint);
            Footprint::of(&study, &arm.model, &self.data)
        };
        let parts = |checkpoint| {
            if batch_size == 1 || arm.model.coupling().is_some() {
                return Ok(None);
            }
            let footprint = with(2, checkpoint)?;
            // Each size of a part once, by the fewest parts that make it.
            let fewer = |&parts: &usize| {
                let part = batch_size.div_ceil(parts);
                (part > 1).then(|| batch_size.div_ceil(part - 1))
            };
            let mut all = std::iter::successors(Some(2), fewer);
            Ok::<_, Error>(all.find(|&parts| fits(&footprint.in_parts(parts), batch_size)))
        };
        let (now, again) = (study.training.accumulate, study.training.checkpoint);
        let footprint = with(now, again)?;
        let fewer = batch_size.saturating_sub(1) / now;
        let batch = largest(fewer, |part| fits(&footprint, part * now)).map(|part| part * now);
        let accumulate = parts(again)?;
        let mut ways = Ways { accumulate, batch, ..Ways::default() };
        if !again {
            ways.checkpoint = fits(&with(now, true)?, batch_size);
            if !ways.checkpoint && accumulate.is_none() {
                ways.both = parts(true)?;
            }
        }
        Ok(ways)
    }
}

impl fmt::Display for Ways {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { accumulate, checkpoint, both, batch } = *self;
        let accumulate = accumulate.map(|parts| format!("training.accumulate = {parts}"));
        let checkpoint = checkpoint.then(|| "training.checkpoint = true".to_owned());
        let both = both
            .map(|parts| format!("training.checkpoint = true with training.accumulate = {parts}"));
        let batch = batch.map(|batch| format!("batch_size = {batch}"));
        let ways: Vec<String> =
            [accumulate, checkpoint, both, batch].into_iter().flatten().collect();
        if ways.is_empty() {
            return f.write_str("not even one image fits: use fewer channels or smaller images");
        }
        write!(f, "{} would fit", ways.join(" or "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Study, named::smoke};

    /// The smoke study with these lines of training for its second arm, and what that arm needs.
    fn planned(training: &str) -> (Plan, u64) {
        let mut study = Study::parse("smoke", smoke().text).expect("valid");
        let arms = toml::to_string(&study.arms).expect("plain data");
        study.arms = toml::from_str(&format!("{arms}\n[none.training]\n{training}")).expect("arms");
        let plan = Plan::new(study).expect("fits");
        let needed = plan.held().expect("trains")[1];
        (plan, needed)
    }

    #[test]
    fn every_way_fits_and_one_step_less_of_it_does_not() {
        let (plan, needed) = planned("");
        for limit in [needed - 1, needed * 2 / 3, needed / 2, needed / 4] {
            let ways = plan.ways(&plan.arms[1], limit).expect("trains");
            let parts = ways.accumulate.expect("no layer couples images");
            assert!(planned(&format!("accumulate = {parts}")).1 <= limit, "{ways:?}");
            if parts > 2 {
                assert!(planned(&format!("accumulate = {}", parts - 1)).1 > limit, "{ways:?}");
            }
            assert_eq!(planned("checkpoint = true").1 <= limit, ways.checkpoint, "{ways:?}");
            assert!(ways.batch.is_some_and(|batch| batch < 32), "{ways:?}");
        }
    }

    #[test]
    fn an_arm_that_would_fit_another_way_is_told_so() {
        let ways = Ways { accumulate: Some(4), checkpoint: true, both: None, batch: Some(9) };
        let text =
            "training.accumulate = 4 or training.checkpoint = true or batch_size = 9 would fit";
        assert_eq!(ways.to_string(), text);
        let both = Ways { both: Some(3), ..Ways::default() };
        let text = "training.checkpoint = true with training.accumulate = 3 would fit";
        assert_eq!(both.to_string(), text);
    }
}
