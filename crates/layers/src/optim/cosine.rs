//! A learning rate that falls along half a cosine, after a linear warm-up.
//!
//! ```text
//! f + (1 − f) · ½ (1 + cos(π · (step − w) / (steps − w)))      w = steps of the warm-up, f = final_factor
//! ```
//!
//! After Loshchilov and Hutter (2017), arXiv:1608.03983, without restarts.

use std::f64::consts::PI;

use cenote_spec::{Kind, params};
use serde::Deserialize;

use super::warmup::warmup;
use super::{Progress, Schedule, checked};

pub(super) const KIND: Kind<dyn Schedule> = Kind {
    name: NAME,
    about: "falls along half a cosine",
    example: "warmup_epochs = 0.5\nfinal_factor = 0.01",
    notes: None,
    parse: |table| {
        let schedule = params::<Cosine>(NAME, table)?;
        checked(NAME, "warmup_epochs", schedule.warmup_epochs, 0.0..=f64::INFINITY)?;
        checked(NAME, "final_factor", schedule.final_factor, 0.0..=1.0)?;
        Ok(Box::new(schedule))
    },
};

const NAME: &str = "cosine";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cosine {
    #[serde(default)]
    warmup_epochs: f64,
    #[serde(default)]
    final_factor: f64,
}

impl Schedule for Cosine {
    fn factor(&self, at: Progress) -> f64 {
        let (step, all) = (at.step as f64, at.steps as f64);
        let start = (self.warmup_epochs * at.steps_per_epoch as f64).min(all);
        if step < start {
            return warmup(self.warmup_epochs, at);
        }
        let gone = if all > start { ((step - start) / (all - start)).min(1.0) } else { 1.0 };
        self.final_factor + (1.0 - self.final_factor) * 0.5 * (1.0 + (PI * gone).cos())
    }
}

#[cfg(test)]
mod tests {
    use crate::{Progress, SCHEDULE_KINDS};

    fn factors(text: &str, epochs: u64) -> Vec<f64> {
        let table = text.parse().expect("a table");
        let schedule = cenote_spec::parse(&[SCHEDULE_KINDS], table).expect("a schedule");
        let steps = 4 * epochs;
        let at = |step| Progress { step, steps_per_epoch: 4, steps };
        (0..steps).map(|step| schedule.factor(at(step))).collect()
    }

    #[test]
    fn every_schedule_warms_up_to_the_whole_rate() {
        for kind in ["constant", "cosine", "step"] {
            let more = if kind == "step" { "every_epochs = 9" } else { "" };
            let rates = factors(&format!("kind = '{kind}'\nwarmup_epochs = 1\n{more}"), 3);
            assert_eq!(&rates[..4], [0.25, 0.5, 0.75, 1.0], "{kind}");
        }
    }

    #[test]
    fn cosine_is_half_way_down_in_the_middle_and_ends_near_its_last_value() {
        let rates = factors("kind = 'cosine'\nfinal_factor = 0.2", 100);
        assert!((rates[200] - 0.6).abs() < 1e-12);
        assert!((rates[399] - 0.2).abs() < 1e-4);
        assert!(rates.windows(2).all(|pair| pair[1] < pair[0]));
    }

    #[test]
    fn step_drops_at_the_start_of_its_epochs() {
        let rates = factors("kind = 'step'\nevery_epochs = 2\nfactor = 0.5", 5);
        let per_epoch: Vec<f64> = rates.chunks(4).map(|epoch| epoch[0]).collect();
        assert_eq!(per_epoch, [1.0, 1.0, 0.5, 0.5, 0.25]);
    }

    #[test]
    fn a_warm_up_longer_than_training_never_divides_by_zero() {
        let rates = factors("kind = 'cosine'\nwarmup_epochs = 9", 2);
        assert!(rates.iter().all(|rate| (0.0..=1.0).contains(rate)));
    }
}
