//! Adam, and `AdamW` with its decoupled weight decay.
//!
//! ```text
//! g ← g + weight_decay · w                                 adam
//! w ← w − rate · weight_decay · w                          adamw
//! m ← β₁ m + (1 − β₁) g            v ← β₂ v + (1 − β₂) g²
//! w ← w − rate · m / (1 − β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + ε)
//! ```
//!
//! As PyTorch's `Adam` and `AdamW`, defaults included: without a `weight_decay`, `AdamW` decays by
//! 0.01 and Adam not at all. After Kingma and Ba (2015), arXiv:1412.6980, and Loshchilov and Hutter
//! (2019), arXiv:1711.05101.

use cenote_spec::{Error, Kind, params};
use cenote_tensor::{Scalar, update_each};
use serde::Deserialize;

use super::{Optimizer, Update, checked};

pub(super) const ADAM: Kind<dyn Optimizer> = Kind {
    name: "adam",
    about: "steps scaled by running moments of the gradient",
    example: "betas = [0.9, 0.99]\nweight_decay = 1e-3",
    notes: None,
    parse: |table| {
        let settings = params::<Settings>("adam", table)?.checked("adam")?;
        Ok(Box::new(Adam { settings, decay: Decay::InGradient }))
    },
};

pub(super) const ADAM_W: Kind<dyn Optimizer> = Kind {
    name: "adamw",
    about: "Adam with weight decay apart from the gradient",
    example: "weight_decay = 0.01",
    notes: None,
    parse: |table| {
        let mut settings = params::<Settings>("adamw", table)?.checked("adamw")?;
        settings.weight_decay.get_or_insert(0.01);
        Ok(Box::new(Adam { settings, decay: Decay::Apart }))
    },
};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(default = "betas")]
    betas: [f64; 2],
    #[serde(default = "epsilon")]
    epsilon: f64,
    weight_decay: Option<f64>,
}

fn betas() -> [f64; 2] {
    [0.9, 0.999]
}

fn epsilon() -> f64 {
    1e-8
}

impl Settings {
    fn checked(self, kind: &'static str) -> Result<Self, Error> {
        // A beta of 1 would divide by zero in the correction of the first steps.
        let below_one = 1.0 - f64::EPSILON;
        for beta in self.betas {
            checked(kind, "betas", beta, 0.0..=below_one)?;
        }
        checked(kind, "epsilon", self.epsilon, f64::MIN_POSITIVE..=f64::INFINITY)?;
        checked(kind, "weight_decay", self.weight_decay.unwrap_or(0.0), 0.0..=f64::INFINITY)?;
        Ok(self)
    }
}

#[derive(Debug)]
struct Adam {
    settings: Settings,
    decay: Decay,
}

/// Where weight decay acts.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Decay {
    InGradient,
    Apart,
}

impl Optimizer for Adam {
    fn memories(&self) -> usize {
        2
    }

    fn step(&self, param: &mut [Scalar], update: Update<'_>) {
        let Update { rate, number, gradient, memories } = update;
        let [first, second] = memories else { unreachable!("two memories were asked for") };
        let Settings { betas: [beta1, beta2], epsilon, weight_decay } = self.settings;
        let weight_decay = weight_decay.unwrap_or(0.0);
        let corrected = |beta: f64| 1.0 - beta.powf(number as f64);
        let size = (f64::from(rate) / corrected(beta1)) as Scalar;
        let root = corrected(beta2).sqrt() as Scalar;
        let (in_gradient, shrink) = match self.decay {
            Decay::InGradient => (weight_decay as Scalar, 1.0),
            Decay::Apart => (0.0, (1.0 - f64::from(rate) * weight_decay) as Scalar),
        };
        let (keep1, add1) = (beta1 as Scalar, (1.0 - beta1) as Scalar);
        let (keep2, add2) = (beta2 as Scalar, (1.0 - beta2) as Scalar);
        let epsilon = epsilon as Scalar;
        let moments = [first.as_mut_slice(), second.as_mut_slice()];
        update_each(param, gradient, moments, |w, g, [m, v]| {
            let g = g + in_gradient * w;
            let m = keep1 * m + add1 * g;
            let v = keep2 * v + add2 * g * g;
            (shrink * w - size * m / (v.sqrt() / root + epsilon), [m, v])
        });
    }
}
