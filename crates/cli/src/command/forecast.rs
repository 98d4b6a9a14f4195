//! `cenote ablate --plan`: what a study will run, and what that will take.

use std::path::{Path, PathBuf};
use std::time::Duration;

use cenote_evidence::{Design, bytes, grouped};
use cenote_experiment::{Cell, Error, Pace, Plan, Stop, Tuning, Workers};
use serde_json::json;

use crate::progress::span;
use crate::screen;

/// The sweep of learning rates that runs before a study.
pub(super) struct Sweep<'a> {
    pub(super) plan: &'a Plan,
    pub(super) tuning: Tuning,
    pub(super) folder: PathBuf,
}

/// What a study will take: memory foreseen, time measured by a few steps of each arm.
pub(super) struct Forecast<'a> {
    design: Design,
    /// Bytes of tensors in training, arm by arm, and what a run holds.
    peaks: Vec<u64>,
    held: Vec<u64>,
    pace: Pace,
    /// Runs that are done already.
    reused: usize,
    /// What runs before it.
    sweep: Option<Sweep<'a>>,
    /// Seconds on the clock, and of cores, of those that are not, and of the sweep.
    seconds: f64,
    core_seconds: f64,
}

impl<'a> Forecast<'a> {
    pub(super) fn of(
        plan: &Plan,
        folder: &Path,
        sweep: Option<Sweep<'a>>,
        workers: Workers,
        stop: &Stop,
    ) -> Result<Self, Error> {
        let cells = plan.pending(folder)?;
        let pace = Pace::of(plan, fewer(workers, &cells), stop)?;
        let (mut seconds, mut core_seconds) = (pace.seconds(&cells), pace.core_seconds(&cells));
        if let Some(Sweep { plan: sweep, folder, .. }) = &sweep {
            let cells = sweep.pending(folder)?;
            let pace = Pace::of(sweep, fewer(workers, &cells), stop)?;
            seconds += pace.seconds(&cells);
            core_seconds += pace.core_seconds(&cells);
        }
        Ok(Self {
            design: plan.design(),
            peaks: plan.peaks()?,
            held: plan.held()?,
            reused: plan.cells.len() - cells.len(),
            sweep,
            seconds,
            core_seconds,
            pace,
        })
    }

    /// Joules, and money where the study has prices.
    fn cost(&self) -> (f64, Option<f64>, String) {
        let prices = self.design.prices_or_assumed();
        let joules = prices.joules(self.core_seconds);
        (joules, prices.money(self.core_seconds, joules), prices.currency)
    }

    pub(super) fn document(&self, plan: &Plan) -> String {
        let design = &self.design;
        let arms: Vec<_> = plan
            .arms
            .iter()
            .zip(&design.arms)
            .zip(self.peaks.iter().zip(&self.held).zip(&self.pace.run_seconds))
            .map(|((arm, note), ((peak, held), seconds))| {
                json!({
                    "name": arm.name, "parameters": arm.model.trained(),
                    "macs": arm.model.cost().macs, "peak_bytes": peak, "held_bytes": held,
                    "against": note.against, "run_seconds": seconds,
                })
            })
            .collect();
        let (joules, money, currency) = self.cost();
        let Workers { jobs, threads, .. } = self.pace.workers;
        let mut text = json!({
            "schema": "cenote.plan/1", "study": design.name, "question": design.question,
            "arms": arms, "seeds": design.seeds, "runs": plan.cells.len(), "reused": self.reused,
            "budget": design.budget, "dataset": design.dataset,
            "corruptions": design.corruptions, "metric": design.metric, "also": design.also,
            "margin": design.margin, "plan": design.plan, "looks": design.looks,
            "jobs": jobs, "threads": threads, "seconds": self.seconds,
            "core_seconds": self.core_seconds, "joules": joules, "money": money,
            "currency": money.map(|_| currency),
        });
        if let Some(Sweep { plan: sweep, tuning, .. }) = &self.sweep {
            let design = sweep.design();
            text["tuning"] = json!({
                "learning_rate": tuning.learning_rate, "seeds": design.seeds,
                "runs": sweep.cells.len(), "budget": design.budget,
            });
        }
        format!("{text}\n")
    }

    pub(super) fn text(&self, plan: &Plan) -> String {
        let design = &self.design;
        let heads = ["arm", "parameters", "MACs", "memory", "held", "s / run", "against"];
        let mut rows = vec![heads.map(str::to_owned).to_vec()];
        let took = self.peaks.iter().zip(&self.held).zip(&self.pace.run_seconds);
        for ((arm, note), ((&peak, &held), seconds)) in plan.arms.iter().zip(&design.arms).zip(took)
        {
            let against = if note.against == note.name { "–" } else { &note.against };
            rows.push(vec![
                arm.name.clone(),
                grouped(arm.model.trained() as u64),
                grouped(arm.model.cost().macs),
                bytes(peak),
                bytes(held),
                format!("{seconds:.1}"),
                against.to_owned(),
            ]);
        }
        let division = design.dataset.division.as_ref();
        let division = division.map_or_else(String::new, |words| format!("validation: {words}\n"));
        let tuning = match &self.sweep {
            Some(Sweep { plan: sweep, tuning, .. }) => {
                let rates: Vec<String> = tuning.learning_rate.iter().map(f64::to_string).collect();
                format!(
                    "tuning: {} runs before: {} arms x {} learning rates ({}) x {} seeds, each {}; judged by validation images\n",
                    sweep.cells.len(),
                    plan.arms.len(),
                    rates.len(),
                    rates.join(", "),
                    tuning.seeds,
                    sweep.design().budget,
                )
            }
            None => String::new(),
        };
        let robustness = match plan.trials.len() {
            0 => String::new(),
            trials => format!(
                "robustness: each network judged {trials} times more, by the test images under {} corruptions\n",
                design.corruptions.len()
            ),
        };
        let also: Vec<String> = design
            .also
            .iter()
            .map(|note| format!("{} \u{b1}{:.2}", note.metric, 100.0 * note.margin))
            .collect();
        let also = match also.len() {
            0 => String::new(),
            _ => format!("also judged by: {}\n", also.join(", ")),
        };
        let measures = match design.measures.len() {
            0 => String::new(),
            values => format!("measures: {values} values of every trained network\n"),
        };
        format!(
            "{}\n\n{}\n{}{} runs: {} arms x {} seeds, each {}{}\n{}data: {}, {} test images; margin \u{b1}{:.2} points of {}\n{also}{division}{tuning}{robustness}{measures}plan {}\n",
            design.question,
            screen::table(&rows),
            if design.looks.is_empty() { "" } else { "at most " },
            plan.cells.len(),
            plan.arms.len(),
            design.seeds.len(),
            design.budget,
            looks(&design.looks),
            self.time(),
            design.dataset.name,
            design.dataset.test,
            100.0 * design.margin,
            design.metric,
            design.plan,
        )
    }

    /// Time and cost, as lines of their own.
    fn time(&self) -> String {
        let Workers { jobs, threads, .. } = self.pace.workers;
        let (joules, money, currency) = self.cost();
        let money = money.map_or_else(String::new, |money| format!(", {money:.2} {currency}"));
        let watts = self.design.prices_or_assumed().watts_per_core;
        let done = match self.reused {
            0 => String::new(),
            done => format!("; {done} are done"),
        };
        let threads =
            if threads == 1 { "1 thread".to_owned() } else { format!("{threads} threads") };
        format!(
            "time: about {} with {jobs} at a time, {threads} each, by a few steps of each arm; measures and corruptions come on top{done}\n\
             cost: {:.2} core-hours, {:.1} Wh at {watts} W per core{money}\n",
            span(Duration::from_secs_f64(self.seconds.min(1e9))),
            self.core_seconds / 3_600.0,
            joules / 3_600.0,
        )
    }
}

/// No more runs at a time than there are.
fn fewer(workers: Workers, cells: &[&Cell]) -> Workers {
    Workers { jobs: workers.jobs.min(cells.len().max(1)), ..workers }
}

/// When the study is judged, as a line of its own; nothing where that is at its end only.
fn looks(looks: &[usize]) -> String {
    if looks.is_empty() {
        return String::new();
    }
    let seeds: Vec<String> = looks.iter().map(usize::to_string).collect();
    format!("\nlooks after {} seeds, the first that decides everything ends it", seeds.join(", "))
}
