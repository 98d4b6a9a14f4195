//! Gradients are what central differences of the forward pass say.

use super::check_gradient;
use super::drawn::{Size, examples, over_settings};

#[test]
fn gradients_match_central_differences() {
    for (_, model) in examples() {
        check_gradient(&model, 2).expect("the gradient of every example");
    }
}

#[test]
fn gradients_match_central_differences_for_drawn_settings() {
    over_settings(10, Size::Small, |_, model| check_gradient(model, 1));
}
