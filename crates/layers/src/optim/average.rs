//! An exponential moving average of parameters: what is used, while others are trained.
//!
//! ```text
//! a ← d a + (1 − d) w          d = min(decay, (1 + t) / (10 + t)),  t steps done before this one
//! ```
//!
//! The first average is of few steps, so that it is not held back by how parameters started. Running
//! statistics are averaged like the rest. After Polyak and Juditsky (1992), doi:10.1137/0330046; the first
//! steps are those of TensorFlow's `ExponentialMovingAverage`.

use cenote_tensor::Scalar;

use crate::Params;

/// The share of the average that stays after so many steps.
///
/// ```
/// assert_eq!(cenote_layers::kept_share(0.9, 0), 0.1);
/// assert_eq!(cenote_layers::kept_share(0.9, 1_000), 0.9);
/// ```
pub fn kept_share(decay: f64, steps: u64) -> f64 {
    decay.min((1 + steps) as f64 / (10 + steps) as f64)
}

/// Moves the average towards the parameters after a step, with `steps` done before it.
///
/// # Panics
/// When they are not of one model.
pub fn average_in(average: &mut Params, params: &Params, decay: f64, steps: u64) {
    assert_eq!(average.len(), params.len(), "parameters of one model");
    let new = (1.0 - kept_share(decay, steps)) as Scalar;
    for (average, param) in average.iter_mut().zip(params.iter()) {
        average.value.zip_assign(&param.value, |a, w| a + new * (w - a));
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::{Shape, Tensor};

    use super::*;
    use crate::{Param, Role};

    fn params(value: Scalar) -> Params {
        let param = |role| Param {
            path: "a".to_owned(),
            value: Tensor::full(Shape::from([2]), value),
            role,
        };
        [param(Role::Trained), param(Role::Running)].into_iter().collect()
    }

    #[test]
    fn it_follows_the_formula_step_by_step() {
        let (mut average, mut expected) = (params(1.0), 1.0);
        for step in 0..40 {
            let w = (step as f64 * 0.3).sin();
            average_in(&mut average, &params(w as Scalar), 0.6, step);
            let d = f64::min(0.6, (1.0 + step as f64) / (10.0 + step as f64));
            expected = d * expected + (1.0 - d) * w;
            for param in average.iter() {
                for &value in param.value.as_slice() {
                    assert!((f64::from(value) - expected).abs() < 1e-6, "{value} {expected}");
                }
            }
        }
    }
}
