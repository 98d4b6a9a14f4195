//! Linear operators: their backward pass is their transpose, wherever it is taken.

use cenote_tensor::Tensor;
use proptest::prelude::*;

use crate::apply::{Operator, ROUNDING, above, close, dot, inputs, largest, windows};

/// Linear operators without a window of their own.
const LINEAR: &[&str] = &[
    "kind = 'identity'",
    "kind = 'dilate'",
    "kind = 'decimate'\nstride = [2, 3]",
    "kind = 'raise_stride'\nstride = [3, 2]",
    "kind = 'global_avg_pool'",
    "kind = 'adaptive_avg_pool'\noutput_size = [3, 2]",
    "kind = 'adaptive_avg_pool'\noutput_size = [9, 10]",
    "kind = 'same_avg_pool'\nkernel_size = [2, 3]",
    "kind = 'blur_pool'\nfilter_size = 2",
    "kind = 'blur_pool'\nfilter_size = 4\nstride = [1, 2]",
    "kind = 'blur_pool'\nfilter_size = 5\npadding_mode = 'zeros'",
    "kind = 'blur_pool'\nfilter_size = 7\npadding_mode = 'circular'",
    "kind = 'space_to_depth'\nceil_mode = true",
    "kind = 'space_to_depth_conv'\nceil_mode = true\nbias = false",
    "kind = 'strided_conv'\nbias = false",
    "kind = 'conv2d'\nout_channels = 3\nkernel_size = 3\npadding = 1\npadding_mode = 'circular'\nbias = false",
    "kind = 'spectral_pool'",
    "kind = 'spectral_pool'\noutput_size = [3, 4]",
    "kind = 'flc_pool'",
    "kind = 'flc_pool'\nwindow = 'hamming'",
    "kind = 'roi_align'\noutput_size = [2, 3]\nboxes = [[0, 0, 4, 3], [-1.2, 0.7, 3.6, 9.2]]",
];

/// Those with one, in use.
const WINDOWED: &[&str] = &[
    "kind = 'avg_pool'",
    "kind = 'avg_pool'\ncount_include_pad = false",
    "kind = 'avg_pool'\ndivisor_override = 3",
    "kind = 'random_pool'",
    "kind = 'subsample'\nsquash = 'none'",
];

fn all(window: &str) -> Vec<String> {
    let windowed = WINDOWED.iter().map(|text| format!("{text}\n{window}"));
    windowed.chain(LINEAR.iter().map(|&text| text.to_owned())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_backward_pass_is_the_adjoint(x in inputs(), window in windows()) {
        for text in all(&window) {
            let operator = Operator::of(&text, &x);
            let y = operator.y(&x);
            let dy = above(&y);
            // Wherever the tape recorded it: the adjoint of a linear map does not look at the input.
            let elsewhere = Tensor::zeros(x.shape());
            let (above, below) = (dot(&y, &dy), dot(&x, &operator.dx(&elsewhere, &dy)));
            let allowed = 4.0 * ROUNDING * largest(&x) * largest(&dy) * (y.len().max(x.len())) as f64;
            prop_assert!((above - below).abs() <= allowed, "{}: {} and {}", text, above, below);
        }
    }

    #[test]
    fn the_output_of_a_sum_is_the_sum_of_the_outputs(x in inputs(), window in windows()) {
        let other = x.clone().map(|x| (3.0 * x).sin());
        for text in all(&window) {
            let operator = Operator::of(&text, &x);
            let mut both = x.clone();
            both.add_assign(&other);
            let mut sum = operator.y(&x);
            sum.add_assign(&operator.y(&other));
            close(&operator.y(&both), &sum, 2.0 * ROUNDING)
                .map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
        }
    }
}
