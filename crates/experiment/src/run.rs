//! One run: one arm with one seed, from first weights to record.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Instant, SystemTime};

use cenote_datasets::Normalization;
use cenote_evidence::{
    CorruptedScore, Costs, Environment, EpochPoint, Outcome, Record, Scaling, Times,
};
use cenote_tensor::{Scalar, Seed, metered};

use crate::{Arm, Cell, Error, Fit, Plan, Stop, evaluate};

/// Trains and judges one cell of a plan, on the current thread pool.
///
/// A run that diverges or panics still leaves a record that says so; only an interrupted one leaves
/// none.
///
/// # Errors
/// [`Error::Interrupted`] when `stop` is requested.
pub(crate) fn run(
    plan: &Plan,
    cell: &Cell,
    environment: &Environment,
    stop: &Stop,
    mut each_step: impl FnMut(u64),
    mut each_epoch: impl FnMut(&EpochPoint),
) -> Result<Record, Error> {
    let arm = &plan.arms[cell.arm];
    let started = SystemTime::now();
    let clock = Instant::now();
    let mut traces = Traces::default();
    let work = || {
        train_and_judge(plan, arm, Seed(cell.seed), stop, &mut traces, |seen| match seen {
            Seen::Step(steps) => each_step(steps),
            Seen::Epoch(point) => each_epoch(point),
        })
    };
    let (judged, usage) = metered(|| catch_unwind(AssertUnwindSafe(work)));
    let (outcome, Judged { scores, corrupted, weights, peak_bytes }) = match judged {
        Ok(Ok(judged)) => (Outcome::Done, judged),
        Ok(Err(Error::Interrupted)) => return Err(Error::Interrupted),
        Ok(Err(Error::Diverged { epoch })) => (Outcome::Diverged { epoch }, Judged::default()),
        Ok(Err(error)) => (Outcome::Failed { message: error.to_string() }, Judged::default()),
        Err(panic) => (Outcome::Failed { message: words(&*panic) }, Judged::default()),
    };
    let peak_bytes = peak_bytes.unwrap_or(usage.peak_bytes) as u64;
    Ok(Record {
        cell: cell.id.clone(),
        arm: arm.name.clone(),
        seed: cell.seed,
        outcome,
        scores,
        corrupted,
        scaling: traces.scaling,
        costs: Costs {
            parameters: arm.model.trained() as u64,
            macs: arm.model.cost().macs,
            peak_bytes,
        },
        curve: traces.curve,
        weights,
        times: Times {
            started: humantime::format_rfc3339_seconds(started).to_string(),
            total_seconds: clock.elapsed().as_secs_f64(),
            epoch_seconds: traces.epoch_seconds,
        },
        environment: environment.clone(),
    })
}

/// What a run leaves even when it does not reach its end.
#[derive(Default)]
struct Traces {
    curve: Vec<EpochPoint>,
    epoch_seconds: Vec<f64>,
    scaling: Option<Scaling>,
}

/// What a run that reached its end is worth.
#[derive(Default)]
struct Judged {
    scores: BTreeMap<String, f64>,
    corrupted: Vec<CorruptedScore>,
    weights: String,
    /// High-water mark of training alone.
    peak_bytes: Option<usize>,
}

/// What a run shows while it goes on.
enum Seen<'a> {
    Step(u64),
    Epoch(&'a EpochPoint),
}

fn train_and_judge(
    plan: &Plan,
    arm: &Arm,
    seed: Seed,
    stop: &Stop,
    traces: &mut Traces,
    mut show: impl FnMut(Seen<'_>),
) -> Result<Judged, Error> {
    let data = &*plan.data_of(seed.0)?;
    let exact = |values: &[Scalar]| values.iter().map(|&value| f64::from(value)).collect();
    let Normalization { mean, deviation } = &data.normalization;
    traces.scaling = Some(Scaling { mean: exact(mean), deviation: exact(deviation) });
    let (fit, usage) = metered(|| -> Result<Fit<'_>, Error> {
        let mut fit = Fit::start(&arm.model, data, &plan.recipe, seed);
        while fit.epochs_done() < plan.recipe.epochs {
            let clock = Instant::now();
            let point = fit.epoch(stop, |steps| show(Seen::Step(steps)))?;
            traces.epoch_seconds.push(clock.elapsed().as_secs_f64());
            show(Seen::Epoch(&point));
            traces.curve.push(point);
        }
        Ok(fit)
    });
    let fit = fit?;
    let judge = |split| evaluate(&arm.model, &fit.params, split, &data.normalization);
    let mut scores = judge(&data.test)?.scores();
    if let Some(validation) = &data.validation {
        let held_out = judge(validation)?.scores();
        scores.extend(
            held_out.into_iter().map(|(name, score)| (format!("validation_{name}"), score)),
        );
    }
    let last = traces.curve.last().expect("a study has at least one epoch");
    scores.insert("train_accuracy".to_owned(), last.train_accuracy);
    let corrupted = plan.trials.judge(&arm.model, &fit.params, data, stop)?;
    let peak_bytes = Some(usage.peak_bytes);
    Ok(Judged { scores, corrupted, weights: fit.params.digest(), peak_bytes })
}

/// What a panic said.
fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("panicked: {}", text.unwrap_or_else(|| "without a message".to_owned()))
}
