//! Operators that are another one in disguise.

use cenote_tensor::{Scalar, Tensor};
use proptest::prelude::*;

use crate::apply::{Operator, ROUNDING, close, inputs, positive_inputs, windows, y};

/// `avg_pool` as most of the others count: only cells there are.
fn average(window: &str) -> String {
    format!("kind = 'avg_pool'\n{window}\ncount_include_pad = false")
}

fn maximum(window: &str) -> String {
    format!("kind = 'max_pool'\n{window}")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn mixed_pooling_of_share_one_is_the_maximum_and_of_share_zero_the_mean(
        x in inputs(), window in windows(),
    ) {
        for (share, same) in [("1.0", maximum(&window)), ("0.0", average(&window))] {
            let mixed = format!(
                "kind = 'mixed_pool'\nmix = 'fixed'\na = {share}\ncount_include_pad = false\n{window}"
            );
            close(&y(&mixed, &x), &y(&same, &x), ROUNDING)?;
        }
    }

    #[test]
    fn a_closed_gate_is_half_maximum_and_half_mean(x in inputs(), window in windows()) {
        let gated = y(&format!("kind = 'gated_pool'\n{window}"), &x);
        let half = y(&format!("kind = 'mixed_pool'\nmix = 'fixed'\na = 0.5\n{window}"), &x);
        close(&gated, &half, ROUNDING)?;
    }

    #[test]
    fn max_avg_is_the_sum_of_its_parts(x in inputs(), window in windows()) {
        let mut parts = y(&maximum(&window), &x);
        parts.add_assign(&y(&average(&window), &x));
        let both = format!("kind = 'max_avg_pool'\ncount_include_pad = false\n{window}");
        close(&y(&both, &x), &parts, ROUNDING)?;
    }

    #[test]
    fn a_tree_of_equal_leaves_is_their_filter(x in inputs(), kernel in 1_usize..4, levels in 2_usize..4) {
        let window = format!("kernel_size = {kernel}\nstride = 2");
        let tree = format!("kind = 'tree_pool'\nlevels = {levels}\n{window}");
        let area = (kernel * kernel) as Scalar;
        let tree = Operator::of(&tree, &x)
            .with("leaves", |_| 1.0 / area)
            .with("gates", |i| (i as Scalar).sin());
        close(&tree.y(&x), &y(&average(&window), &x), ROUNDING)?;
    }

    #[test]
    fn the_one_norm_is_the_number_of_cells_times_the_mean(x in positive_inputs(), kernel in 1_usize..4) {
        let window = format!("kernel_size = {kernel}\nstride = 2");
        let norm = y(&format!("kind = 'lp_pool'\np = 1.0\n{window}"), &x);
        let mean = y(&average(&window), &x).map(|mean| mean * (kernel * kernel) as Scalar);
        close(&norm, &mean, ROUNDING)?;
    }

    #[test]
    fn the_generalised_mean_of_power_one_is_the_mean(x in positive_inputs(), window in windows()) {
        let gem = format!("kind = 'gem_pool'\np = 1.0\n{window}");
        close(&y(&gem, &x), &y(&average(&window), &x), ROUNDING)?;
    }

    #[test]
    fn equal_weights_of_ranks_are_the_mean_and_the_first_alone_the_maximum(
        x in inputs(), window in windows(),
    ) {
        let ordinal = format!("kind = 'ordinal_pool'\n{window}");
        close(&y(&ordinal, &x), &y(&average(&window), &x), ROUNDING)?;
        let layer = Operator::of(&format!("{ordinal}\nper = 'layer'"), &x);
        let first = layer.with("logits", |i| if i == 0 { 80.0 } else { 0.0 });
        close(&first.y(&x), &y(&maximum(&window), &x), ROUNDING)?;
    }

    #[test]
    fn the_top_rank_is_the_maximum_and_all_ranks_are_the_mean(x in inputs(), window in windows()) {
        let top = |count| y(&format!("kind = 'rank_pool'\ntop = {count}\n{window}"), &x);
        close(&top(1), &y(&maximum(&window), &x), ROUNDING)?;
        let kernel = "kernel_size = [2, 3]\nstride = [1, 2]\npadding = 1";
        let all = y(&format!("kind = 'rank_pool'\ntop = 6\n{kernel}"), &x);
        close(&all, &y(&average(kernel), &x), ROUNDING)?;
    }

    #[test]
    fn the_median_of_three_cells_is_neither_the_largest_nor_the_smallest(x in inputs()) {
        let window = "kernel_size = [1, 3]\nstride = 1";
        let mut middle = y(&average(window), &x).map(|mean| 3.0 * mean);
        let largest = y(&maximum(window), &x);
        let smallest = y(&maximum(window), &x.clone().map(|x| -x)).map(|y| -y);
        middle.zip_assign(&largest, |sum, most| sum - most);
        middle.zip_assign(&smallest, |sum, least| sum - least);
        close(&y(&format!("kind = 'median_pool'\n{window}"), &x), &middle, ROUNDING)?;
    }

    #[test]
    fn subsampling_without_a_squash_starts_as_the_mean(x in inputs(), window in windows()) {
        let plain = format!("kind = 'subsample'\nsquash = 'none'\n{window}");
        close(&y(&plain, &x), &y(&average(&window), &x), ROUNDING)?;
    }

    #[test]
    fn indifferent_importance_is_the_mean(x in inputs(), window in windows()) {
        // The convolution starts at 0.
        close(&y(&format!("kind = 'lip_pool'\n{window}"), &x), &y(&average(&window), &x), ROUNDING)?;
    }

    #[test]
    fn detail_that_does_not_matter_leaves_the_mean(x in inputs(), window in windows()) {
        let details = Operator::of(&format!("kind = 'detail_preserving_pool'\n{window}"), &x);
        let details = details.with("log_alpha", |_| 30.0);
        close(&details.y(&x), &y(&average(&window), &x), ROUNDING)?;
    }

    #[test]
    fn draws_are_expected_to_be_the_mean(x in inputs(), window in windows()) {
        close(&y(&format!("kind = 'random_pool'\n{window}"), &x), &y(&average(&window), &x), ROUNDING)?;
    }

    #[test]
    fn a_blur_of_two_taps_is_the_mean_of_two_by_two(rows in 1_usize..4, columns in 1_usize..5) {
        let x = Tensor::from_fn([2, 2, 2 * rows, 2 * columns + 2], |i| (i as Scalar * 0.7).sin());
        let blur = y("kind = 'blur_pool'\nfilter_size = 2\nstride = 2", &x);
        close(&blur, &y("kind = 'avg_pool'\nkernel_size = 2", &x), ROUNDING)?;
    }

    #[test]
    fn decimation_is_a_strided_convolution_with_the_identity(
        x in inputs(), rows in 1_usize..4, columns in 1_usize..4,
    ) {
        let text = format!("kind = 'strided_conv'\nkernel_size = 1\nstride = [{rows}, {columns}]\nbias = false");
        let identity = Operator::of(&text, &x).with("weight", |i| if i % 3 == 0 { 1.0 } else { 0.0 });
        let decimated = y(&format!("kind = 'decimate'\nstride = [{rows}, {columns}]"), &x);
        close(&identity.y(&x), &decimated, 0.0)?;
        // And so is a stride that finds no convolution to move into.
        let raised = y(&format!("kind = 'raise_stride'\nstride = [{rows}, {columns}]"), &x);
        close(&raised, &decimated, 0.0)?;
    }

    #[test]
    fn space_to_depth_and_a_fixed_mean_of_its_channels_is_the_mean(
        block in 1_usize..4, rows in 1_usize..3, columns in 1_usize..4,
    ) {
        let x = Tensor::from_fn([2, 2, block * rows, block * (columns + 1)], |i| (i as Scalar).cos());
        let text = format!("kind = 'space_to_depth_conv'\nblock_size = {block}\nkernel_size = 1\nbias = false");
        let cells = block * block;
        // Output channel o reads the cells of input channel o, which follow each other.
        let of_own_channel = |i: usize| {
            let (output, input) = (i / (2 * cells), i % (2 * cells) / cells);
            if output == input { 1.0 / cells as Scalar } else { 0.0 }
        };
        let mean = Operator::of(&text, &x).with("weight", of_own_channel);
        close(&mean.y(&x), &y(&format!("kind = 'avg_pool'\nkernel_size = {block}"), &x), ROUNDING)?;
    }

    #[test]
    fn adaptive_sampling_of_a_flat_image_is_decimation(value in -3.0_f32..3.0, stride in 1_usize..4) {
        let x = Tensor::full([2, 3, 6, 12], Scalar::from(value));
        let decimated = y(&format!("kind = 'decimate'\nstride = {stride}"), &x);
        let sampled = y(&format!("kind = 'aps_pool'\nstride = {stride}"), &x);
        close(&sampled, &decimated, 0.0)?;
    }

    #[test]
    fn one_cell_for_the_whole_map_is_a_global_pool(x in inputs()) {
        let [n, channels, rows, columns] = x.nchw();
        for (adaptive, global, window) in [
            ("adaptive_avg_pool", "global_avg_pool", "avg_pool"),
            ("adaptive_max_pool", "global_max_pool", "max_pool"),
        ] {
            let whole = y(&format!("kind = '{global}'"), &x);
            let one = y(&format!("kind = '{adaptive}'\noutput_size = 1"), &x);
            close(&one.reshaped([n, channels]), &whole, ROUNDING)?;
            let slid = y(&format!("kind = '{window}'\nkernel_size = [{rows}, {columns}]"), &x);
            close(&slid.reshaped([n, channels]), &whole, ROUNDING)?;
        }
        let pyramid = y("kind = 'spatial_pyramid_pool'\nlevels = [1]", &x);
        close(&pyramid, &y("kind = 'global_max_pool'", &x), 0.0)?;
    }

    #[test]
    fn adaptive_windows_of_a_size_that_divides_are_plain_windows(
        block in 1_usize..4, rows in 1_usize..4, columns in 1_usize..4,
    ) {
        let x = Tensor::from_fn([2, 2, block * rows, block * (columns + 1)], |i| (i as Scalar).cos());
        for (adaptive, window) in [("adaptive_avg_pool", "avg_pool"), ("adaptive_max_pool", "max_pool")] {
            let size = format!("output_size = [{rows}, {}]", columns + 1);
            let adapted = y(&format!("kind = '{adaptive}'\n{size}"), &x);
            close(&adapted, &y(&format!("kind = '{window}'\nkernel_size = {block}"), &x), ROUNDING)?;
        }
    }

    #[test]
    fn low_frequency_pooling_is_spectral_pooling_to_half_the_size(x in inputs()) {
        let [_, _, rows, columns] = x.nchw();
        let half = format!("output_size = [{}, {}]", rows.div_ceil(2), columns.div_ceil(2));
        close(&y("kind = 'flc_pool'", &x), &y(&format!("kind = 'spectral_pool'\n{half}"), &x), ROUNDING)?;
    }

    #[test]
    fn the_mean_over_the_map_survives_spectral_pooling(x in inputs(), rows in 1_usize..4, columns in 1_usize..4) {
        let pooled = y(&format!("kind = 'spectral_pool'\noutput_size = [{rows}, {columns}]"), &x);
        let mean = "kind = 'global_avg_pool'";
        close(&y(mean, &pooled), &y(mean, &x), ROUNDING)?;
    }

    #[test]
    fn spatial_sampling_is_expected_to_be_the_mean_of_maxima(x in inputs(), kernel in 1_usize..4) {
        let maxima = y(&format!("kind = 'same_max_pool'\nkernel_size = {kernel}"), &x);
        let sampled = y(&format!("kind = 's3_pool'\nkernel_size = {kernel}\nstride = 2"), &x);
        close(&sampled, &y("kind = 'avg_pool'\nkernel_size = 2", &maxima), ROUNDING)?;
    }

    #[test]
    fn pooling_and_unpooling_twice_is_the_same_as_once(x in positive_inputs(), kernel in 1_usize..4) {
        let text = format!("kind = 'max_unpool'\nkernel_size = {kernel}");
        let once = y(&text, &x);
        close(&y(&text, &once), &once, 0.0)?;
        let pooled = y(&format!("kind = 'max_pool'\nkernel_size = {kernel}"), &x);
        close(&y(&format!("kind = 'max_pool'\nkernel_size = {kernel}"), &once), &pooled, 0.0)?;
    }

    #[test]
    fn a_removed_pool_does_nothing(x in inputs(), factor in 1_usize..4) {
        close(&y("kind = 'identity'", &x), &x, 0.0)?;
        close(&y(&format!("kind = 'dilate'\nfactor = {factor}"), &x), &x, 0.0)?;
    }
}

#[test]
fn importance_that_follows_the_values_is_softpool() {
    // e^(12 σ(h)) has the exponent 6 + 3h − h³/4 …; with h a third of the deviation from the mean of the
    // plane, weights are those of SoftPool up to the cube of a small deviation.
    let x = Tensor::from_fn([1, 1, 5, 8], |i| 0.05 * (1.7 * i as Scalar).sin());
    let values: Vec<f64> = x.as_slice().iter().map(|&x| f64::from(x)).collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / values.len() as f64;
    let window = "kernel_size = 3\nstride = 2\npadding = 1";
    let lip = Operator::of(&format!("kind = 'lip_pool'\n{window}"), &x)
        .with("weight", |_| 1.0)
        .with("gamma", |_| ((variance + 1e-5).sqrt() / 3.0) as Scalar);
    let soft = Operator::of(&format!("kind = 'soft_pool'\n{window}"), &x);
    let (lip, soft) = (lip.y(&x), soft.y(&x));
    let average = y(&average(window), &x);
    let gap = |a: &Tensor| -> f64 {
        let pairs = a.as_slice().iter().zip(soft.as_slice());
        pairs.map(|(&a, &b)| (f64::from(a) - f64::from(b)).abs()).fold(0.0, f64::max)
    };
    assert!(gap(&lip) < 1e-6, "{}", gap(&lip));
    assert!(gap(&average) > 100.0 * gap(&lip), "the mean is farther away: {}", gap(&average));
}
