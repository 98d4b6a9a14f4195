//! What a change of scale or level of the input does to the output, and what follows for gradients.

use cenote_tensor::{Scalar, Tensor};
use proptest::prelude::*;

use crate::apply::{
    Operator, ROUNDING, above, close, inputs, largest, positive_inputs, sum, windows,
};

/// Operators with a window whose output scales with the input, for values that are not negative.
const SCALING: &[&str] = &[
    "kind = 'max_pool'",
    "kind = 'avg_pool'",
    "kind = 'max_avg_pool'",
    "kind = 'mixed_pool'",
    "kind = 'tree_pool'",
    "kind = 'lp_pool'\np = 3.0",
    "kind = 'lp_pool'\np = 2.0\nscale = 'mean'",
    "kind = 'gem_pool'",
    "kind = 'stochastic_pool'",
    "kind = 'random_pool'",
    "kind = 'rank_pool'\ntop = 2",
    "kind = 'median_pool'",
    "kind = 'ordinal_pool'",
];

/// Operators with a window whose output follows a constant that is added to the input.
const FOLLOWING: &[&str] = &[
    "kind = 'max_pool'",
    "kind = 'avg_pool'\ncount_include_pad = false",
    "kind = 'mixed_pool'\ncount_include_pad = false",
    "kind = 'log_sum_exp_pool'",
    "kind = 'soft_pool'",
    "kind = 'lip_pool'",
    "kind = 'detail_preserving_pool'",
    "kind = 'random_pool'",
    "kind = 'rank_pool'\ntop = 2",
    "kind = 'median_pool'",
    "kind = 'ordinal_pool'",
];

/// Operators with a window whose output scales with any input, with powers of two that take the input
/// out of the range in which windows share their sums.
const SCALING_FAR: &[(&str, &[i32])] = &[
    ("kind = 'lp_pool'\np = 1.0\nscale = 'mean'", &[-110, 110]),
    ("kind = 'lp_pool'\np = 1.5", &[-110, 110]),
    ("kind = 'lp_pool'\np = 2.0\nscale = 'torch'", &[-110, 110]),
    ("kind = 'lp_pool'\np = 4.0\nscale = 'mean'", &[-110, 110]),
    // Small cells count as ε, which is not scaled, and has to be less than rounding.
    ("kind = 'gem_pool'\np = 1.0\neps = 1e-13", &[110]),
    ("kind = 'gem_pool'\np = 1.5\neps = 1e-13", &[76]),
    ("kind = 'gem_pool'\np = 2.0\neps = 1e-13", &[60]),
    // Squares have to be numbers.
    ("kind = 'stochastic_pool'", &[-60, 60]),
];

/// Operators without such a window that do.
const WHOLE: &[&str] = &[
    "kind = 'decimate'\nstride = 2",
    "kind = 'identity'",
    "kind = 'dilate'",
    "kind = 'global_avg_pool'",
    "kind = 'global_max_pool'",
    "kind = 'adaptive_avg_pool'\noutput_size = [3, 2]",
    "kind = 'adaptive_max_pool'\noutput_size = [3, 2]",
    "kind = 'same_avg_pool'\nkernel_size = [2, 3]",
    "kind = 'same_max_pool'\nkernel_size = [2, 3]",
    "kind = 'blur_pool'\nfilter_size = 3",
    "kind = 'blur_pool'\nfilter_size = 4\npadding_mode = 'circular'",
    "kind = 'max_blur_pool'\nfilter_size = 3",
    "kind = 'spectral_pool'",
    "kind = 'flc_pool'",
    "kind = 'fractional_max_pool'\noutput_size = [2, 3]",
    "kind = 's3_pool'",
    "kind = 'spatial_pyramid_pool'\nlevels = [1, 2]",
    "kind = 'space_to_depth'\nblock_size = 1",
];

fn scaled(x: &Tensor, by: Scalar) -> Tensor {
    x.clone().map(|x| by * x)
}

fn raised(x: &Tensor, by: Scalar) -> Tensor {
    x.clone().map(|x| x + by)
}

/// The texts of operators with a window, and of those without.
fn with_window<'a>(texts: &'a [&str], window: &'a str) -> impl Iterator<Item = String> + 'a {
    texts.iter().map(move |text| format!("{text}\n{window}"))
}

fn whole() -> impl Iterator<Item = String> {
    WHOLE.iter().map(|&text| text.to_owned())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn twice_the_input_is_twice_the_output(x in positive_inputs(), window in windows()) {
        let more = ["kind = 'aps_pool'", "kind = 'global_max_pool'", "kind = 'flc_pool'"];
        let all = with_window(SCALING, &window).chain(more.map(str::to_owned)).chain(whole());
        for text in all {
            let operator = Operator::of(&text, &x);
            let (y, scaled_y) = (operator.y(&x), operator.y(&scaled(&x, 3.0)));
            close(&scaled_y, &scaled(&y, 3.0), 2.0 * ROUNDING)
                .map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
        }
    }

    #[test]
    fn a_constant_added_to_the_input_is_added_to_the_output(x in inputs(), window in windows()) {
        for text in with_window(FOLLOWING, &window).chain(whole()) {
            let operator = Operator::of(&text, &x);
            let (y, raised_y) = (operator.y(&x), operator.y(&raised(&x, 1.5)));
            close(&raised_y, &raised(&y, 1.5), 2.0 * ROUNDING)
                .map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
        }
    }

    #[test]
    fn a_scale_of_any_size_leaves_the_gradient_as_it_is(x in inputs(), window in windows()) {
        for (text, powers) in SCALING_FAR {
            let operator = Operator::of(&format!("{text}\n{window}"), &x);
            let y = operator.y(&x);
            let dy = above(&y);
            let dx = operator.dx(&x, &dy);
            for by in powers.iter().map(|&power| Scalar::powi(2.0, power)) {
                let far = scaled(&x, by);
                close(&scaled(&operator.y(&far), by.recip()), &y, 2.0 * ROUNDING)
                    .and_then(|()| close(&operator.dx(&far, &dy), &dx, 2.0 * ROUNDING))
                    .map_err(|error| TestCaseError::fail(format!("{text} times {by}: {error}")))?;
            }
        }
    }

    #[test]
    fn a_constant_of_any_size_leaves_the_gradient_as_it_is(x in inputs(), window in windows()) {
        for text in with_window(FOLLOWING, &window) {
            let operator = Operator::of(&text, &x);
            let y = operator.y(&x);
            let dy = above(&y);
            let dx = operator.dx(&x, &dy);
            // Exponentials are shared up to 60; eighths beside 64 are exact, and means are not.
            for by in [-64.0, 64.0] {
                let far = raised(&x, by);
                let of_means = 2.0 * ROUNDING * largest(&far);
                close(&operator.y(&far), &raised(&y, by), 2.0 * ROUNDING)
                    .and_then(|()| close(&operator.dx(&far, &dy), &dx, of_means))
                    .map_err(|error| TestCaseError::fail(format!("{text} plus {by}: {error}")))?;
            }
        }
    }

    /// Euler's theorem: the derivative along a constant is the constant.
    #[test]
    fn what_follows_a_constant_passes_on_the_whole_gradient(x in inputs(), window in windows()) {
        let sampled = ["kind = 'aps_pool'".to_owned()];
        for text in with_window(FOLLOWING, &window).chain(whole()).chain(sampled) {
            let operator = Operator::of(&text, &x);
            let dy = above(&operator.y(&x));
            let (below, above) = (sum(&operator.dx(&x, &dy)), sum(&dy));
            let allowed = ROUNDING * largest(&dy) * dy.len() as f64;
            prop_assert!((below - above).abs() <= 4.0 * allowed, "{}: {} of {}", text, below, above);
        }
    }

    /// Euler's theorem for scales: `Σ x dx = Σ y dy`.
    #[test]
    fn what_scales_with_the_input_pairs_its_gradient_with_it(x in positive_inputs(), window in windows()) {
        for text in with_window(SCALING, &window).chain(whole()) {
            let operator = Operator::of(&text, &x);
            let y = operator.y(&x);
            let dy = above(&y);
            let below = crate::apply::dot(&x, &operator.dx(&x, &dy));
            let above = crate::apply::dot(&y, &dy);
            let allowed = 4.0 * ROUNDING * largest(&x) * largest(&y) * dy.len() as f64;
            prop_assert!((below - above).abs() <= allowed, "{}: {} of {}", text, below, above);
        }
    }
}

#[test]
fn some_operators_neither_scale_nor_follow() {
    let x = Tensor::from_fn([1, 1, 4, 6], |i| 0.1 + (i as Scalar * 0.9).sin().abs());
    let window = "kernel_size = 2";
    for text in with_window(&["kind = 'log_sum_exp_pool'", "kind = 'soft_pool'"], window) {
        let operator = Operator::of(&text, &x);
        assert!(close(&operator.y(&scaled(&x, 3.0)), &scaled(&operator.y(&x), 3.0), 1e-3).is_err());
    }
    for text in
        with_window(&["kind = 'lp_pool'", "kind = 'gem_pool'", "kind = 'stochastic_pool'"], window)
    {
        let operator = Operator::of(&text, &x);
        assert!(close(&operator.y(&raised(&x, 1.5)), &raised(&operator.y(&x), 1.5), 1e-3).is_err());
    }
}
