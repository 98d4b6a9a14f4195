//! One run: one arm with one seed, from first weights to record.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Instant, SystemTime};

use cenote_evidence::{
    ConfusionCounts, Costs, Environment, EpochPoint, Marks, Outcome, Record, Times,
};
use cenote_tensor::{Seed, metered};

use crate::unfinished::{Traces, Unfinished};
use crate::{Arm, Cell, Error, Fit, Plan, Stop, evaluate};

/// Trains and judges one cell of a plan, on the current thread pool.
///
/// It goes on from where `unfinished` has it and is written there now and then; neither changes a bit of the
/// result. A run that diverges or panics still leaves a record that says so; only an interrupted one leaves none.
///
/// # Errors
/// [`Error::Interrupted`] when `stop` is requested.
pub(crate) fn run(
    plan: &Plan,
    cell: &Cell,
    environment: &Environment,
    unfinished: &Unfinished,
    stop: &Stop,
    mut show: impl FnMut(Seen<'_>),
) -> Result<Record, Error> {
    let arm = &plan.arms[cell.arm];
    let started = SystemTime::now();
    let clock = Instant::now();
    let mut traces = Traces::default();
    let work = || {
        let (fit, usage) = metered(|| train(plan, cell, unfinished, stop, &mut traces, &mut show));
        traces.peak_bytes = traces.peak_bytes.max(usage.peak_bytes);
        judge(plan, arm, &fit?, &traces)
    };
    let judged = catch_unwind(AssertUnwindSafe(work));
    let (outcome, Judged { scores, confusion, marks, weights }) = match judged {
        Ok(Ok(judged)) => (Outcome::Done, judged),
        Ok(Err(Error::Interrupted)) => return Err(Error::Interrupted),
        Ok(Err(Error::Diverged { epoch })) => (Outcome::Diverged { epoch }, Judged::default()),
        Ok(Err(error)) => (Outcome::Failed { message: error.to_string() }, Judged::default()),
        Err(panic) => (Outcome::Failed { message: words(&*panic) }, Judged::default()),
    };
    Ok(Record {
        cell: cell.id.clone(),
        arm: arm.name.clone(),
        seed: cell.seed,
        outcome,
        scores,
        confusion,
        marks,
        costs: Costs {
            parameters: arm.model.trained() as u64,
            macs: arm.model.cost().macs,
            peak_bytes: traces.peak_bytes as u64,
        },
        curve: traces.curve,
        weights,
        times: Times {
            started: humantime::format_rfc3339_seconds(started).to_string(),
            total_seconds: traces.earlier_seconds + clock.elapsed().as_secs_f64(),
            epoch_seconds: traces.epoch_seconds,
        },
        environment: environment.clone(),
    })
}

/// What a run that reached its end is worth.
#[derive(Default)]
struct Judged {
    scores: BTreeMap<String, f64>,
    confusion: ConfusionCounts,
    marks: Option<Marks>,
    weights: String,
}

/// What a run shows while it goes on.
pub(crate) enum Seen<'a> {
    /// A step is done.
    Step,
    /// An epoch is done.
    Epoch(&'a EpochPoint),
    /// The run could not be written; it goes on all the same.
    Unwritten(&'a Error),
}

/// Trains the network of a cell, from its start or from where it was.
fn train<'a>(
    plan: &'a Plan,
    cell: &Cell,
    unfinished: &Unfinished,
    stop: &Stop,
    traces: &mut Traces,
    show: &mut impl FnMut(Seen<'_>),
) -> Result<Fit<'a>, Error> {
    let model = &plan.arms[cell.arm].model;
    let mut fit = Fit::start(model, &plan.data, &plan.recipe, Seed(cell.seed));
    if let Some(kept) = unfinished.read(&cell.id)? {
        *traces = kept.traces;
        fit = fit.resume(kept.params, kept.state, kept.sums);
    }
    let (mut keeper, steps) = (unfinished.keeper(cell, model, traces), fit.steps_per_epoch());
    while fit.epochs_done() < plan.recipe.epochs {
        let (clock, before) = (Instant::now(), traces.seconds);
        let outcome = fit.epoch(stop, |fit, step| {
            show(Seen::Step);
            // After the last step of an epoch its loss and accuracy are still to come.
            if step < steps && keeper.is_due() {
                traces.seconds = before + clock.elapsed().as_secs_f64();
                keeper.keep(fit, traces).unwrap_or_else(|error| show(Seen::Unwritten(&error)));
            }
        });
        traces.seconds = before + clock.elapsed().as_secs_f64();
        if matches!(outcome, Err(Error::Interrupted)) {
            keeper.keep(&fit, traces).unwrap_or_else(|error| show(Seen::Unwritten(&error)));
        }
        let point = outcome?;
        traces.epoch_seconds.push(std::mem::take(&mut traces.seconds));
        show(Seen::Epoch(&point));
        traces.curve.push(point);
    }
    Ok(fit)
}

/// Scores what training made by the images that are kept for that.
fn judge(plan: &Plan, arm: &Arm, fit: &Fit<'_>, traces: &Traces) -> Result<Judged, Error> {
    let judge = |split| evaluate(&arm.model, &fit.params, split, &plan.data.normalization);
    let tested = judge(&plan.data.test)?;
    let (mut scores, confusion) = (tested.scores(), tested.counts());
    if let Some(validation) = &plan.data.validation {
        let held_out = judge(validation)?.scores();
        scores.extend(
            held_out.into_iter().map(|(name, score)| (format!("validation_{name}"), score)),
        );
    }
    let last = traces.curve.last().expect("a study has at least one epoch");
    scores.insert("train_accuracy".to_owned(), last.train_accuracy);
    let marks = Some(tested.marks);
    Ok(Judged { scores, confusion, marks, weights: fit.params.digest() })
}

/// What a panic said.
fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("panicked: {}", text.unwrap_or_else(|| "without a message".to_owned()))
}
