//! Operators with a parameter that moves them between the mean and the maximum.

use proptest::prelude::*;

use crate::apply::{ROUNDING, at_most, close, inputs, positive_inputs, windows, y};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_norm_exceeds_the_maximum_by_at_most_the_root_of_the_number_of_cells(
        x in positive_inputs(), window in windows(), p in prop::sample::select(vec![8, 32, 64]),
    ) {
        let norm = y(&format!("kind = 'lp_pool'\np = {p}.0\n{window}"), &x);
        let most = y(&format!("kind = 'max_pool'\n{window}"), &x);
        // At most nine cells.
        let root = 9.0_f64.powf(1.0 / f64::from(p));
        at_most(&most, &norm)?;
        at_most(&norm, &most.map(|most| (f64::from(most) * root) as cenote_tensor::Scalar))?;
    }

    #[test]
    fn a_generalised_mean_falls_short_of_the_maximum_by_at_most_the_same_root(
        x in positive_inputs(), window in windows(), p in prop::sample::select(vec![8, 32, 64]),
    ) {
        let gem = y(&format!("kind = 'gem_pool'\np = {p}.0\n{window}"), &x);
        let most = y(&format!("kind = 'max_pool'\n{window}"), &x);
        let root = 9.0_f64.powf(-1.0 / f64::from(p));
        at_most(&gem, &most)?;
        at_most(&most.map(|most| (f64::from(most) * root) as cenote_tensor::Scalar), &gem)?;
    }

    #[test]
    fn a_sharp_log_sum_exp_is_the_maximum_less_the_log_of_the_number_of_cells(
        x in inputs(), window in windows(), r in prop::sample::select(vec![1, 16, 256]),
    ) {
        let smooth = y(&format!("kind = 'log_sum_exp_pool'\nr = {r}.0\n{window}"), &x);
        let most = y(&format!("kind = 'max_pool'\n{window}"), &x);
        let less = 9.0_f64.ln() / f64::from(r);
        at_most(&smooth, &most)?;
        at_most(&most.map(|most| (f64::from(most) - less) as cenote_tensor::Scalar), &smooth)?;
    }

    #[test]
    fn a_dull_log_sum_exp_is_the_mean(x in inputs(), window in windows()) {
        // The difference is r/2 times a variance that is at most 9.
        let smooth = y(&format!("kind = 'log_sum_exp_pool'\nr = 0.0078125\n{window}"), &x);
        let mean = y(&format!("kind = 'avg_pool'\ncount_include_pad = false\n{window}"), &x);
        at_most(&mean, &smooth.clone().map(|y| y + 2e-4))?;
        at_most(&smooth, &mean.map(|mean| mean + 0.5 * 0.007_812_5 * 9.0 + 2e-4))?;
    }

    #[test]
    fn softpool_of_equal_cells_is_their_value(value in -3.0..3.0_f64, window in windows()) {
        let x = cenote_tensor::Tensor::full([1, 1, 5, 8], value as cenote_tensor::Scalar);
        for kind in ["soft_pool", "log_sum_exp_pool", "median_pool", "ordinal_pool", "lip_pool"] {
            let pooled = y(&format!("kind = '{kind}'\n{window}"), &x);
            let flat = cenote_tensor::Tensor::full(pooled.shape(), value as cenote_tensor::Scalar);
            close(&pooled, &flat, ROUNDING)?;
        }
    }
}
