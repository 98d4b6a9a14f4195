//! Optimisers on given gradients, and schedules.
//!
//! A schedule's factor at `Progress::step = k` is the share of the base rate that the step done after
//! `k` others uses: what `get_last_lr` answers after `k` calls of `scheduler.step`. `PyTorch`'s
//! `StepLR` is stepped once an epoch, its `CosineAnnealingLR` once a step with `T_max` all steps.

use std::collections::BTreeMap;

use cenote_layers::{
    OPTIMIZER_KINDS, Optimizer, OptimizerState, Param, Params, Progress, Role, SCHEDULE_KINDS,
    Schedule,
};
use cenote_tensor::Tensor;
use serde::Deserialize;

use crate::golden::{Array, assert_all_close, cases, tensors};

pub(crate) fn optimizer(table: toml::Table) -> Box<dyn Optimizer> {
    cenote_spec::parse(&[OPTIMIZER_KINDS], table).expect("a known optimiser")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Trajectory {
    optimizer: toml::Table,
    initial: BTreeMap<String, Array>,
    steps: Vec<Move>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    rate: f64,
    gradients: BTreeMap<String, Array>,
    /// The parameters after the step.
    params: BTreeMap<String, Array>,
}

/// The parameters by their paths.
fn by_path(params: &Params) -> BTreeMap<String, Tensor> {
    params.iter().map(|param| (param.path.clone(), param.value.clone())).collect()
}

#[test]
fn optimisers_follow_the_same_trajectories_on_given_gradients() {
    for (number, case) in cases::<Trajectory>(include_str!("../reference/optimizers.json")) {
        let optimizer = optimizer(case.optimizer.clone());
        let initial = tensors(&case.initial).into_iter();
        let mut params: Params =
            initial.map(|(path, value)| Param { path, value, role: Role::Trained }).collect();
        let mut state = OptimizerState::default();
        assert_eq!(case.steps.len(), 20);
        for (i, step) in case.steps.iter().enumerate() {
            let gradients: Vec<_> = tensors(&step.gradients).into_values().map(Some).collect();
            state.step(&*optimizer, step.rate, &mut params, &gradients);
            let what = format!("{number}, {:?}, step {i}:", case.optimizer);
            assert_all_close(&step.params, &what, &by_path(&params));
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scheduled {
    schedule: toml::Table,
    steps_per_epoch: u64,
    epochs: u64,
    /// The share of the base rate at each step.
    factors: Vec<f64>,
}

fn schedule(table: toml::Table) -> Box<dyn Schedule> {
    cenote_spec::parse(&[SCHEDULE_KINDS], table).expect("a known schedule")
}

/// The factors of all steps of a training.
fn factors(schedule: &dyn Schedule, steps_per_epoch: u64, epochs: u64) -> Vec<f64> {
    let steps = steps_per_epoch * epochs;
    (0..steps).map(|step| schedule.factor(Progress { step, steps_per_epoch, steps })).collect()
}

fn assert_factors(got: &[f64], expected: &[f64], what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (step, (got, expected)) in got.iter().zip(expected).enumerate() {
        // Factors are double precision in both builds; the golden ones have 11 digits.
        assert!((got - expected).abs() < 1e-10, "{what}: {got} at step {step}, not {expected}");
    }
}

#[test]
fn cosine_and_step_schedules_agree_where_the_definitions_do() {
    for (number, case) in cases::<Scheduled>(include_str!("../reference/schedules.json")) {
        let got = factors(&*schedule(case.schedule.clone()), case.steps_per_epoch, case.epochs);
        assert_factors(&got, &case.factors, &format!("{number}, {:?}", case.schedule));
    }
}

#[test]
fn warm_ups_are_those_worked_by_hand() {
    let check = |text: &str, epochs, expected: &[f64]| {
        let schedule = schedule(text.parse().expect("a table"));
        assert_factors(&factors(&*schedule, 4, epochs), expected, text);
    };
    // One epoch is four steps, so six steps rise by sixths and the rest stays.
    let sixths = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0].map(|n| n / 6.0);
    check("kind = 'constant'\nwarmup_epochs = 1.5", 2, &[&sixths[..], &[1.0; 2]].concat());
    // The drops keep to the epochs and multiply the rise: steps 4 and 5 are in epoch 1.
    let [a, b, c, d, e, f] = sixths;
    let dropped = [a, b, c, d, e / 4.0, f / 4.0, 0.25, 0.25];
    check("kind = 'step'\nevery_epochs = 1\nfactor = 0.25\nwarmup_epochs = 1.5", 2, &dropped);
    // A warm-up of 1.6 steps: one is on the way, the next is there, and the cosine has begun at 1.6.
    // cos(π · 0.4 / 2.4) = √3/2 and cos(π · 1.4 / 2.4) = −sin 15° = −(√6 − √2)/4.
    let cosine = |cosine: f64| 0.5 * (1.0 + cosine);
    let last = (2.0_f64.sqrt() - 6.0_f64.sqrt()) / 4.0;
    let fractional = [0.625, 1.0, cosine(3.0_f64.sqrt() / 2.0), cosine(last)];
    check("kind = 'cosine'\nwarmup_epochs = 0.4", 1, &fractional);
}
