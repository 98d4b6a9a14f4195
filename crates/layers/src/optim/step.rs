//! A learning rate that drops by a factor every so many epochs.
//!
//! ```text
//! factor ^ ⌊epoch / every_epochs⌋
//! ```

use cenote_spec::{Kind, params};
use serde::Deserialize;

use super::warmup::warmup;
use super::{Progress, Schedule, checked};

pub(super) const KIND: Kind<dyn Schedule> = Kind {
    name: NAME,
    about: "drops by a factor every so many epochs",
    example: "every_epochs = 2\nfactor = 0.3",
    notes: None,
    parse: |table| {
        let schedule = params::<StepDown>(NAME, table)?;
        checked(NAME, "every_epochs", schedule.every_epochs as f64, 1.0..=f64::INFINITY)?;
        checked(NAME, "factor", schedule.factor, 0.0..=1.0)?;
        checked(NAME, "warmup_epochs", schedule.warmup_epochs, 0.0..=f64::INFINITY)?;
        Ok(Box::new(schedule))
    },
};

const NAME: &str = "step";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StepDown {
    every_epochs: u64,
    #[serde(default = "tenth")]
    factor: f64,
    #[serde(default)]
    warmup_epochs: f64,
}

fn tenth() -> f64 {
    0.1
}

impl Schedule for StepDown {
    fn factor(&self, at: Progress) -> f64 {
        let drops = at.step / at.steps_per_epoch.max(1) / self.every_epochs;
        warmup(self.warmup_epochs, at) * self.factor.powf(drops as f64)
    }
}
