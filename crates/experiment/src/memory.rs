//! Whether a network can be trained on this machine at all.

use std::fs;

use cenote_layers::Model;
use cenote_tensor::Scalar;

use crate::{Error, Recipe};

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

/// Bytes that certainly live at once: each parameter with its gradient and what the optimiser
/// remembers of it, and the largest output of one batch.
fn least(model: &Model, recipe: &Recipe, images: usize) -> u64 {
    let copies = 2 + recipe.optimizer.memories() as u64;
    let batch = recipe.batch_size.min(images) as u64;
    let largest = model.layers().map(|fitted| fitted.layer.output().len() as u64).max();
    let parameters = (model.trained() as u64).saturating_mul(copies);
    let activations = largest.unwrap_or(0).saturating_mul(batch);
    parameters.saturating_add(activations).saturating_mul(size_of::<Scalar>() as u64)
}

/// All memory of the machine, where the system tells it.
fn available() -> Option<u64> {
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
    fn an_arm_that_no_machine_holds_is_refused_with_both_sizes() {
        let text = smoke().text.replacen("out_channels = 8", "out_channels = 16000000", 1);
        let outcome = Plan::new(Study::parse("smoke", &text).expect("valid"));
        if available().is_some() {
            let error = outcome.expect_err("2.3e9 weights").to_string();
            assert!(error.starts_with("arm `max`: training needs at least "), "{error}");
        }
    }
}
