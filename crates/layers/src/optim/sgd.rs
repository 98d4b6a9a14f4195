//! Stochastic gradient descent with momentum.
//!
//! ```text
//! g ← g + weight_decay · w
//! v ← momentum · v + g
//! w ← w − rate · v                      plain
//! w ← w − rate · (g + momentum · v)     nesterov
//! ```
//!
//! As PyTorch's `SGD` with dampening 0: weight decay acts on every trained parameter.
//! Nesterov's form after Sutskever et al. (2013).

use cenote_spec::{Error, Kind, params};
use cenote_tensor::{Scalar, update_each};
use serde::Deserialize;

use super::{Optimizer, Update, checked};

pub(super) const KIND: Kind<dyn Optimizer> = Kind {
    name: NAME,
    about: "gradient descent with momentum",
    example: "momentum = 0.9\nnesterov = true\nweight_decay = 5e-4",
    notes: None,
    parse: |table| Ok(Box::new(params::<Sgd>(NAME, table)?.checked()?)),
};

const NAME: &str = "sgd";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sgd {
    #[serde(default)]
    momentum: f64,
    #[serde(default)]
    nesterov: bool,
    #[serde(default)]
    weight_decay: f64,
}

impl Sgd {
    fn checked(self) -> Result<Self, Error> {
        checked(NAME, "momentum", self.momentum, 0.0..=1.0)?;
        checked(NAME, "weight_decay", self.weight_decay, 0.0..=f64::INFINITY)?;
        Ok(self)
    }
}

impl Optimizer for Sgd {
    fn memories(&self) -> usize {
        usize::from(self.momentum != 0.0)
    }

    fn step(&self, param: &mut [Scalar], update: Update<'_>) {
        let Update { rate, gradient, memories, .. } = update;
        let (momentum, decay) = (self.momentum as Scalar, self.weight_decay as Scalar);
        let [velocity] = memories else {
            return update_each(param, gradient, [], |w, g, []| (w - rate * (g + decay * w), []));
        };
        let nesterov = self.nesterov;
        update_each(param, gradient, [velocity.as_mut_slice()], |w, g, [v]| {
            let g = g + decay * w;
            let v = momentum * v + g;
            (w - rate * if nesterov { g + momentum * v } else { v }, [v])
        });
    }
}
