//! Every operator against `PyTorch` and torchvision where they have it, else against its formula in
//! `NumPy`: `tests/reference/generate_packed.py` computes all of it.
//!
//! Operators that only move numbers agree exactly; all others to [`TOLERANCE`] of the largest
//! magnitude of their tensor, gradients of parameters to that of the largest gradient. Sums that
//! cancel are held to a hundredth of what was added.

use std::collections::BTreeSet;

use cenote_layers::{Mode, OPERATOR_KINDS};

use crate::packed::{Case, TOLERANCE, cases, difference, largest};
use crate::pass::{model, pass};

/// A file of layers, by its name.
macro_rules! golden {
    ($name:literal) => {
        ($name, include_bytes!(concat!("../reference/", $name, ".safetensors")).as_slice())
    };
}

/// The files in which every case is a layer.
const LAYERS: &[(&str, &[u8])] = &[
    golden!("max_pools"),
    golden!("avg_pools"),
    golden!("lp_pools"),
    golden!("max_avg_pools"),
    golden!("adaptive_avg_pools"),
    golden!("adaptive_max_pools"),
    golden!("whole_maps"),
    golden!("convolutions"),
    golden!("blur_pools"),
    golden!("max_blur_pools"),
    golden!("strided_convs"),
    golden!("space_to_depth_convs"),
    golden!("conv_blurs"),
    golden!("attention_pools"),
    golden!("same_pools"),
    golden!("spatial_pyramid_pools"),
    golden!("removed_pools"),
    golden!("max_unpool_layers"),
    golden!("roi_pool_layers"),
    golden!("roi_align_layers"),
    golden!("mixed_pools"),
    golden!("gated_pools"),
    golden!("tree_pools"),
    golden!("norm_pools"),
    golden!("gem_pools"),
    golden!("log_sum_exp_pools"),
    golden!("soft_pools"),
    golden!("ordinal_pools"),
    golden!("rank_pools"),
    golden!("median_pools"),
    golden!("subsamples"),
    golden!("detail_preserving_pools"),
    golden!("random_pools"),
    golden!("stochastic_pools"),
    golden!("aps_pools"),
    golden!("s3_pools"),
    golden!("spectral_pools"),
    golden!("flc_pools"),
    golden!("fractional_layers"),
    golden!("lip_pools"),
];

/// Where a layer differs from its witness.
fn check(file: &str, case: &Case) -> Vec<String> {
    let modes: &[Mode] = match case.mode.as_str() {
        "both" => &[Mode::Train, Mode::Eval],
        "train" => &[Mode::Train],
        "eval" => &[Mode::Eval],
        other => panic!("no mode is called {other}"),
    };
    let share = if case.exact { 0.0 } else { TOLERANCE };
    // The gradient of a parameter is a sum over all cells, whose terms may cancel.
    let of_output = largest(&case.y).max(largest(&case.x) / 100.0);
    let of_params = case.dparams.values().map(largest).fold(largest(&case.dx), f64::max);
    let mut differences = Vec::new();
    for &mode in modes {
        let what = |part: &str| {
            let Case { number, layer, x, .. } = case;
            format!("{file} {number}, {layer:?} on {} in {mode:?}: {part}", x.shape())
        };
        let got = pass(&model(&case.layer, &case.x), mode, &case.params, [&case.x, &case.dy]);
        differences.extend(difference(share * of_output, &what("y"), &case.y, &got.y));
        differences.extend(difference(share * largest(&case.dx), &what("dx"), &case.dx, &got.dx));
        for (name, expected) in &case.dparams {
            let what = what(&format!("d {name}"));
            differences.extend(difference(share * of_params, &what, expected, &got.dparams[name]));
        }
    }
    differences
}

#[test]
fn every_layer_agrees_with_its_witness() {
    let of_file = |&(file, bytes): &(&'static str, &'static [u8])| {
        cases(bytes).into_iter().flat_map(move |case| check(file, &case))
    };
    let differences: Vec<String> = LAYERS.iter().flat_map(of_file).collect();
    let shown = &differences[..differences.len().min(40)];
    assert!(differences.is_empty(), "{} differences, such as {shown:#?}", differences.len());
}

#[test]
fn every_operator_has_a_witness() {
    let of_file = |&(_, bytes): &(&str, &'static [u8])| cases(bytes);
    let kind = |case: Case| case.layer["kind"].as_str().map(str::to_owned);
    let seen: BTreeSet<String> = LAYERS.iter().flat_map(of_file).filter_map(kind).collect();
    let unseen = OPERATOR_KINDS.iter().map(|kind| kind.name).filter(|name| !seen.contains(*name));
    let unseen: Vec<&str> = unseen.collect();
    assert!(unseen.is_empty(), "no golden file has {unseen:?}");
}
