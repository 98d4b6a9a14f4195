//! Which operator gives the larger value.

use cenote_tensor::Tensor;
use proptest::prelude::*;

use crate::apply::{at_most, inputs, positive_inputs, windows, y};

/// Refuses outputs that are not in this order, from the smallest to the largest.
fn ascending(chain: &[Tensor]) -> Result<(), TestCaseError> {
    chain.windows(2).try_for_each(|pair| at_most(&pair[0], &pair[1]))
}

fn minimum(window: &str, x: &Tensor) -> Tensor {
    y(&format!("kind = 'max_pool'\n{window}"), &x.clone().map(|x| -x)).map(|y| -y)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn minimum_mean_log_sum_exp_and_maximum_ascend(x in inputs(), window in windows()) {
        let of = |kind: &str| y(&format!("kind = {kind}\n{window}"), &x);
        ascending(&[
            minimum(&window, &x),
            of("'avg_pool'\ncount_include_pad = false"),
            of("'log_sum_exp_pool'\nr = 0.5"),
            of("'log_sum_exp_pool'\nr = 5.0"),
            of("'max_pool'"),
        ])?;
    }

    #[test]
    fn mean_softpool_and_maximum_ascend(x in inputs(), window in windows()) {
        let of = |kind: &str| y(&format!("kind = {kind}\n{window}"), &x);
        ascending(&[of("'avg_pool'\ncount_include_pad = false"), of("'soft_pool'"), of("'max_pool'")])?;
    }

    #[test]
    fn power_means_ascend_with_their_power(x in positive_inputs(), window in windows()) {
        let of = |kind: &str| y(&format!("kind = {kind}\n{window}"), &x);
        ascending(&[
            of("'avg_pool'\ncount_include_pad = false"),
            of("'gem_pool'\np = 1.5"),
            of("'gem_pool'\np = 4.0"),
            of("'max_pool'"),
            of("'lp_pool'\np = 4.0"),
            of("'lp_pool'\np = 1.5"),
        ])?;
    }

    #[test]
    fn mean_expected_draw_and_maximum_ascend(x in positive_inputs(), window in windows()) {
        let of = |kind: &str| y(&format!("kind = {kind}\n{window}"), &x);
        ascending(&[of("'avg_pool'\ncount_include_pad = false"), of("'stochastic_pool'"), of("'max_pool'")])?;
    }

    #[test]
    fn means_of_fewer_top_ranks_are_larger(x in inputs(), stride in 1_usize..4, ceil: bool) {
        let window = format!("kernel_size = [2, 3]\nstride = {stride}\npadding = 1\nceil_mode = {ceil}");
        let top = |count| y(&format!("kind = 'rank_pool'\ntop = {count}\n{window}"), &x);
        ascending(&[minimum(&window, &x), top(3), top(2), top(1)])?;
    }

    #[test]
    fn the_median_lies_between_the_extremes(x in inputs(), window in windows()) {
        let median = y(&format!("kind = 'median_pool'\n{window}"), &x);
        ascending(&[minimum(&window, &x), median, y(&format!("kind = 'max_pool'\n{window}"), &x)])?;
    }
}
