//! The same learning rate throughout, after a linear warm-up if one is asked for.

use cenote_spec::{Kind, params};
use serde::Deserialize;

use super::warmup::warmup;
use super::{Progress, Schedule, checked};

pub(super) const KIND: Kind<dyn Schedule> = Kind {
    name: NAME,
    about: "the same rate throughout",
    example: "warmup_epochs = 0.5",
    notes: None,
    parse: |table| {
        let schedule = params::<Constant>(NAME, table)?;
        checked(NAME, "warmup_epochs", schedule.warmup_epochs, 0.0..=f64::INFINITY)?;
        Ok(Box::new(schedule))
    },
};

const NAME: &str = "constant";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Constant {
    #[serde(default)]
    warmup_epochs: f64,
}

impl Schedule for Constant {
    fn factor(&self, at: Progress) -> f64 {
        warmup(self.warmup_epochs, at)
    }
}
