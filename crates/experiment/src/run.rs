//! One run: one arm with one seed, from first weights to record.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant, SystemTime};

use cenote_datasets::Normalization;
use cenote_evidence::{
    CorruptedScore, Costs, Environment, EpochPoint, LayerGram, Outcome, Picture, Record, Scaling,
    Times,
};
use cenote_tensor::{Scalar, Seed, metered, release};

use crate::measure::{Subject, pictures as sheets, similarity as likeness};
use crate::power::Meter;
use crate::slot::{around_slots, slot_names};
use crate::task::{Judged, Network, TOGETHER};
use crate::unfinished::{Keeper, Traces, Unfinished};
use crate::{Arm, Cell, Data, Error, Fit, Part, Plan, Stop};

/// What training alone took that is worth a file before its network is judged.
const WORTH_KEEPING: Duration = Duration::from_secs(1);

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
    let mut meter = Meter::start();
    let mut show = |seen: Seen<'_>| {
        meter.tick();
        show(seen);
    };
    let (mut traces, mut scaling) = (Traces::default(), None);
    let work = || {
        let data = &*plan.data_of(cell.arm, cell.seed)?;
        scaling = Some(scaling_of(data));
        let train = || train(plan, data, cell, unfinished, stop, &mut traces, &mut show);
        let (fit, usage) = metered(train);
        traces.peak_bytes = traces.peak_bytes.max(usage.peak_bytes);
        judge(plan, data, cell, &fit?, &traces, stop)
    };
    let judged = catch_unwind(AssertUnwindSafe(work));
    // Another run may be of another arm, and on another thread.
    release();
    let (outcome, worth) = match judged {
        Ok(Ok(judged)) => (Outcome::Done, judged),
        Ok(Err(Error::Interrupted)) => return Err(Error::Interrupted),
        Ok(Err(Error::Diverged { epoch })) => (Outcome::Diverged { epoch }, Worth::default()),
        Ok(Err(error)) => (Outcome::Failed { message: error.to_string() }, Worth::default()),
        Err(panic) => (Outcome::Failed { message: words(&*panic) }, Worth::default()),
    };
    let Worth { judged, corrupted, measures, pictures, similarity, weights } = worth;
    let Judged { scores, confusion, marks, taken } = judged;
    // What runs at the same time take is one number; a run that went on knows its last sitting alone.
    let whole = traces.earlier_seconds == 0.0;
    let share = f64::from(environment.jobs);
    let joules = meter.joules().filter(|_| whole).map(|joules| joules / share);
    let reached = traces.ending.and_then(|ending| ending.reached);
    let target_seconds =
        reached.map(|epoch| traces.epoch_seconds.iter().take(epoch as usize).sum::<f64>());
    Ok(Record {
        cell: cell.id.clone(),
        arm: arm.name.clone(),
        seed: cell.seed,
        outcome,
        scores,
        confusion,
        marks,
        taken,
        corrupted,
        measures,
        pictures,
        similarity,
        scaling,
        costs: Costs {
            parameters: arm.model.trained() as u64,
            macs: arm.model.cost().macs,
            peak_bytes: traces.peak_bytes as u64,
        },
        ending: traces.ending,
        curve: traces.curve,
        weights,
        times: Times {
            started: humantime::format_rfc3339_seconds(started).to_string(),
            total_seconds: traces.earlier_seconds + clock.elapsed().as_secs_f64(),
            target_seconds,
            epoch_seconds: traces.epoch_seconds,
        },
        joules,
        environment: environment.clone(),
    })
}

/// What a run that reached its end is worth.
#[derive(Default)]
struct Worth {
    judged: Judged,
    corrupted: Vec<CorruptedScore>,
    measures: BTreeMap<String, f64>,
    pictures: Vec<Picture>,
    similarity: Vec<LayerGram>,
    weights: String,
}

/// What a run shows while it goes on.
pub(crate) enum Seen<'a> {
    /// A step is done.
    Step,
    /// An epoch is done.
    Epoch(&'a EpochPoint),
    /// The run goes on from where it was, after so many steps.
    Resumed(u64),
    /// Something went wrong that the run does without.
    Warning(String),
}

/// The scaling that a run's own training images gave.
fn scaling_of(data: &Data) -> Scaling {
    let exact = |values: &[Scalar]| values.iter().map(|&value| f64::from(value)).collect();
    let Normalization { mean, deviation } = &data.normalization;
    Scaling { mean: exact(mean), deviation: exact(deviation) }
}

/// Trains the network of a cell, from its start or from where it was.
fn train<'a>(
    plan: &'a Plan,
    data: &'a Data,
    cell: &Cell,
    unfinished: &Unfinished,
    stop: &Stop,
    traces: &mut Traces,
    show: &mut impl FnMut(Seen<'_>),
) -> Result<Fit<'a>, Error> {
    let Arm { model, recipe, .. } = &plan.arms[cell.arm];
    let mut fit = Fit::start(model, data, recipe, Seed(cell.seed));
    match unfinished.read(&cell.id) {
        Ok(None) => {}
        Ok(Some(kept)) => {
            *traces = kept.traces;
            fit = fit.resume(kept.params, kept.state, kept.sums).after(traces.seconds);
            show(Seen::Resumed(fit.state.steps));
        }
        Err(error) => show(Seen::Warning(format!("the run starts again: {error}"))),
    }
    let (mut keeper, steps) = (unfinished.keeper(cell, model, traces), fit.steps_per_epoch());
    while fit.ended(&traces.curve).is_none() {
        let outcome = fit.epoch(stop, |fit, step| {
            show(Seen::Step);
            // After the last step of an epoch its loss and accuracy are still to come.
            if step < steps && !fit.is_spent() && keeper.is_due() {
                traces.seconds = fit.seconds;
                keep(&mut keeper, fit, traces, show);
            }
        });
        traces.seconds = fit.seconds;
        if matches!(outcome, Err(Error::Interrupted)) {
            keep(&mut keeper, &fit, traces, show);
        }
        let point = fit.judged(outcome?, &traces.curve)?;
        let earlier: f64 = traces.epoch_seconds.iter().sum();
        traces.epoch_seconds.push(fit.seconds - earlier);
        show(Seen::Epoch(&point));
        traces.curve.push(point);
        // Judging may take long too.
        let last = fit.ended(&traces.curve).is_some();
        if keeper.is_due() || last && keeper.unwritten() >= WORTH_KEEPING {
            keep(&mut keeper, &fit, traces, show);
        }
    }
    traces.ending = fit.ending(&traces.curve);
    Ok(fit)
}

/// Puts a run on disk, or says why that failed.
fn keep(keeper: &mut Keeper<'_>, fit: &Fit<'_>, traces: &Traces, show: &mut impl FnMut(Seen<'_>)) {
    if let Err(error) = keeper.keep(fit, traces) {
        show(Seen::Warning(format!("not put on disk, the run goes on: {error}")));
    }
}

/// Scores what training made by the images that are kept for that.
fn judge(
    plan: &Plan,
    data: &Data,
    cell: &Cell,
    fit: &Fit<'_>,
    traces: &Traces,
    stop: &Stop,
) -> Result<Worth, Error> {
    let (params, normalization) = (fit.used(), &data.normalization);
    let model = &plan.arms[cell.arm].model;
    let network = Network { model, params, normalization };
    let recipe = &plan.arms[cell.arm].recipe;
    // No more at once than in training, so that judging seldom is what takes most memory.
    let together = TOGETHER.min(recipe.together());
    let judge = |split| recipe.task.judge(network, split, together);
    let named = |scores: BTreeMap<String, f64>| {
        scores.into_iter().map(|(name, score)| (format!("validation_{name}"), score))
    };
    let mut judged = match (&data.validation, plan.study.training.judged_by) {
        (Some(validation), Part::Validation) => {
            let judged = judge(validation)?;
            let scores = named(judged.scores).collect();
            // With folds every seed is judged by other images, so none of them can be found again in another run.
            match &data.folds {
                None => Judged { scores, ..judged },
                Some(_) => Judged { scores, marks: None, taken: None, ..judged },
            }
        }
        (Some(validation), Part::Test) => {
            let mut judged = judge(&data.test)?;
            judged.scores.extend(named(judge(validation)?.scores));
            judged
        }
        (None, _) => judge(&data.test)?,
    };
    let last = traces.curve.last().expect("a study has at least one epoch");
    judged.scores.insert("train_accuracy".to_owned(), last.train_accuracy);
    let corrupted = plan.trials.judge(network, &data.test, together, stop)?;
    let seed = Seed(cell.seed);
    let (mut measures, mut pictures, mut similarity) = Default::default();
    let shown = plan.study.pictures_of(cell.seed);
    let compared = plan.study.similarity;
    if !plan.measures.is_empty() || shown.is_some() || compared.is_some() {
        let initial = &model.init(seed);
        let subject = Subject { network, initial, data, seed, together };
        measures = plan.measures.take(&subject, stop)?;
        if let Some(count) = shown {
            pictures = sheets::take(&subject, &slot_names(&plan.study.model), count)?;
        }
        if let Some(count) = compared {
            similarity = likeness::take(&subject, &around_slots(&plan.study.model), count)?;
        }
    }
    let weights = params.digest();
    Ok(Worth { judged, corrupted, measures, pictures, similarity, weights })
}

/// What a panic said.
fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("panicked: {}", text.unwrap_or_else(|| "without a message".to_owned()))
}
