//! Every layer against the module or function of `PyTorch` that does the same.

use std::collections::BTreeMap;

use cenote_layers::Mode;
use serde::Deserialize;

use crate::golden::{Array, assert_all_close, cases, tensors};
use crate::pass::{model, pass};

/// One layer on one input.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    layer: toml::Table,
    x: Array,
    params: BTreeMap<String, Array>,
    dy: Array,
    y: Array,
    dx: Array,
    dparams: BTreeMap<String, Array>,
}

/// Whether outputs and input gradients may be rounded.
#[derive(Clone, Copy, PartialEq)]
enum Precision {
    Exact,
    Rounded,
}

fn check(precision: Precision, case: &Case, number: &str) {
    let Case { layer, x, params, dy, y, dx, dparams } = case;
    let (x, dy) = (x.tensor(), dy.tensor());
    // These layers do the same in training and in use.
    for mode in [Mode::Train, Mode::Eval] {
        let what = |part: &str| format!("{number}, {layer:?}: {part}");
        let got = pass(&model(layer, &x), mode, &tensors(params), [&x, &dy]);
        match precision {
            Precision::Exact => {
                y.assert_equal(&what("y"), &got.y);
                dx.assert_equal(&what("dx"), &got.dx);
            }
            Precision::Rounded => {
                y.assert_close(&what("y"), &got.y);
                dx.assert_close(&what("dx"), &got.dx);
            }
        }
        assert_all_close(dparams, &what("d"), &got.dparams);
        assert!(got.running.is_empty(), "{number}: no running statistics");
    }
}

#[test]
fn conv2d_agrees_for_every_pair_of_settings() {
    for (number, case) in cases(include_str!("../reference/conv2d.json")) {
        check(Precision::Rounded, &case, &number);
    }
}

#[test]
fn max_pool_has_the_same_maxima_and_sends_the_gradient_to_the_same_cells() {
    for (number, case) in cases(include_str!("../reference/max_pool.json")) {
        check(Precision::Exact, &case, &number);
    }
}

#[test]
fn avg_pool_agrees_for_every_pair_of_settings() {
    for (number, case) in cases(include_str!("../reference/avg_pool.json")) {
        check(Precision::Rounded, &case, &number);
    }
}

#[test]
fn decimation_global_pooling_head_layers_and_activations_agree() {
    for (number, case) in cases::<Case>(include_str!("../reference/others.json")) {
        let moves_only = match case.layer["kind"].as_str() {
            Some("decimate" | "flatten" | "relu") => Precision::Exact,
            _ => Precision::Rounded,
        };
        check(moves_only, &case, &number);
    }
}

#[test]
fn recurrent_layers_and_dense_layers_on_sequences_agree() {
    for (number, case) in cases(include_str!("../reference/recurrent.json")) {
        check(Precision::Rounded, &case, &number);
    }
}

/// Batch normalisation over several steps, each from the running statistics of the one before.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Series {
    layer: toml::Table,
    params: BTreeMap<String, Array>,
    steps: Vec<SeriesStep>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeriesStep {
    mode: String,
    x: Array,
    dy: Array,
    y: Array,
    dx: Array,
    dparams: BTreeMap<String, Array>,
    /// Running statistics after the step.
    running: BTreeMap<String, Array>,
}

#[test]
fn batch_norm_agrees_in_training_in_use_and_in_what_it_remembers() {
    for (number, case) in cases::<Series>(include_str!("../reference/batch_norm.json")) {
        let mut params = tensors(&case.params);
        let mut modes = Vec::new();
        for (i, step) in case.steps.iter().enumerate() {
            let what = |part: &str| format!("{number}, {:?}, step {i}: {part}", case.layer);
            let mode = match step.mode.as_str() {
                "train" => Mode::Train,
                "eval" => Mode::Eval,
                other => panic!("no mode is called {other}"),
            };
            modes.push(mode);
            let (x, dy) = (step.x.tensor(), step.dy.tensor());
            let got = pass(&model(&case.layer, &x), mode, &params, [&x, &dy]);
            step.y.assert_close(&what("y"), &got.y);
            step.dx.assert_close(&what("dx"), &got.dx);
            assert_all_close(&step.dparams, &what("d"), &got.dparams);
            let moved = if mode == Mode::Train { 2 } else { 0 };
            assert_eq!(got.running.len(), moved, "{}", what("running statistics in training only"));
            params.extend(got.running);
            for (name, expected) in &step.running {
                expected.assert_close(&what(name), &params[name]);
            }
        }
        assert!(modes.contains(&Mode::Train) && modes.contains(&Mode::Eval), "both modes");
    }
}
