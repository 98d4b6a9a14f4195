//! What a user sees while runs go on: one line with runs done, the newest epoch, and the time left.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use cenote_evidence::{Analysis, EpochPoint, Outcome, Record, Store, Torn};
use cenote_experiment::{Cell, Error, Observer, Plan};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::screen;

/// Work of a step beside its multiply-adds, in the same unit: small networks are bound by it.
const OVERHEAD: u64 = 500_000;

/// Shows the progress of a study on stderr: a bar on a terminal, a line per finished run elsewhere.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    quiet: bool,
    begun: OnceLock<Instant>,
    done: AtomicU64,
    runs_done: AtomicUsize,
    reused: AtomicUsize,
    all: AtomicU64,
    /// The newest epoch of each run that is going on, by arm and seed.
    going: Mutex<BTreeMap<(u64, usize), String>>,
}

impl Progress {
    /// A display that shows nothing yet, and nothing ever if `quiet`.
    pub(crate) fn new(quiet: bool) -> Self {
        let target =
            if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(1), target);
        let style =
            ProgressStyle::with_template("[{bar:20}] {wide_msg}").expect("the template is valid");
        bar.set_style(style.progress_chars("=> "));
        Self {
            bar,
            quiet,
            begun: OnceLock::new(),
            done: AtomicU64::new(0),
            runs_done: AtomicUsize::new(0),
            reused: AtomicUsize::new(0),
            all: AtomicU64::new(1),
            going: Mutex::default(),
        }
    }

    /// Takes the display away.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }

    /// Runs of the plan that are done, now or before.
    pub(crate) fn kept(&self) -> usize {
        self.runs_done.load(Ordering::Relaxed) + self.reused.load(Ordering::Relaxed)
    }

    /// The time that the rest will take at the speed so far.
    fn left(&self) -> Option<Duration> {
        let (done, all) = (self.done.load(Ordering::Relaxed), self.all.load(Ordering::Relaxed));
        let elapsed = self.begun.get()?.elapsed();
        // The first second says little about the rest.
        if done == 0 || elapsed < Duration::from_secs(1) {
            return None;
        }
        Some(elapsed.mul_f64(all.saturating_sub(done) as f64 / done as f64))
    }

    /// Notes that a run is in this epoch, counted from 1.
    fn entered(&self, plan: &Plan, cell: &Cell, epoch: u64) {
        let (arm, epochs) = (&plan.arms[cell.arm].name, plan.recipe.epochs);
        let shown = format!("{arm} seed {} epoch {epoch}/{epochs}", cell.seed);
        self.going.lock().expect("showing does not panic").insert((cell.seed, cell.arm), shown);
        self.show(plan);
    }

    fn show(&self, plan: &Plan) {
        self.bar.set_position(self.done.load(Ordering::Relaxed));
        let runs = self.kept();
        let going = self.going.lock().expect("showing does not panic");
        let going: Vec<&str> = going.values().map(String::as_str).collect();
        let left = self.left().map_or_else(String::new, |left| format!(", {} left", span(left)));
        let message = format!("{runs}/{} runs{left} · {}", plan.cells.len(), going.join(" · "));
        self.bar.set_message(message);
    }

    fn line(&self, line: &str) {
        if self.quiet {
            return;
        }
        if self.bar.is_hidden() { screen::say(line) } else { self.bar.println(line) }
    }
}

/// Work of one step of a cell.
fn step_work(plan: &Plan, cell: &Cell) -> u64 {
    let images = plan.recipe.batch_size as u64;
    images * (plan.arms[cell.arm].model.cost().macs + OVERHEAD)
}

fn run_work(plan: &Plan, cell: &Cell) -> u64 {
    let steps = plan.data.train.len().div_ceil(plan.recipe.batch_size) as u64;
    step_work(plan, cell) * steps * plan.recipe.epochs
}

/// A duration as people say it: `48 s`, `3 min 20 s`, `2 h 5 min`.
pub(crate) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, s) => format!("{m} min {s} s"),
        (h, m, _) => format!("{h} h {m} min"),
    }
}

/// What a user should know of a last line that was cut off.
pub(crate) fn cut_off(torn: Torn) -> String {
    let Torn { line, bytes } = torn;
    let file = Store::FILE;
    format!("{file} line {line} was cut off after {bytes} bytes and does not count")
}

impl Observer for Progress {
    fn repaired(&self, torn: Torn) {
        // A loss is told even to those who want no progress.
        screen::say(&cut_off(torn));
    }

    fn planned(&self, plan: &Plan, pending: &[&Cell]) {
        let all: u64 = pending.iter().map(|cell| run_work(plan, cell)).sum();
        self.all.store(all.max(1), Ordering::Relaxed);
        self.bar.set_length(all.max(1));
        let reused = plan.cells.len() - pending.len();
        self.reused.store(reused, Ordering::Relaxed);
        let _ = self.begun.set(Instant::now());
        let done = match reused {
            0 => String::new(),
            n => format!(", {n} of them done before and reused"),
        };
        let (arms, seeds) = (plan.arms.len(), plan.study.seeds.count);
        self.line(&format!(
            "study {}: {} runs ({arms} arms x {seeds} seeds){done}",
            plan.study.name,
            plan.cells.len()
        ));
    }

    fn started(&self, plan: &Plan, cell: &Cell) {
        self.entered(plan, cell, 1);
    }

    fn stepped(&self, plan: &Plan, cell: &Cell) {
        self.done.fetch_add(step_work(plan, cell), Ordering::Relaxed);
        if !self.bar.is_hidden() {
            self.show(plan);
        }
    }

    fn epoch(&self, plan: &Plan, cell: &Cell, point: &EpochPoint) {
        self.entered(plan, cell, plan.recipe.epochs.min(u64::from(point.epoch) + 1));
    }

    fn unwritten(&self, plan: &Plan, cell: &Cell, error: &Error) {
        let arm = &plan.arms[cell.arm].name;
        self.line(&format!("{arm} seed {}: not put on disk, the run goes on: {error}", cell.seed));
    }

    fn finished(&self, plan: &Plan, cell: &Cell, record: &Record) {
        self.going.lock().expect("showing does not panic").remove(&(cell.seed, cell.arm));
        let runs = 1 + self.runs_done.fetch_add(1, Ordering::Relaxed);
        let outcome = match &record.outcome {
            Outcome::Done => {
                let metric = &plan.study.measure.metric;
                let score = record.scores.get(metric).copied().unwrap_or(f64::NAN);
                format!("{metric} {:.2} %", 100.0 * score)
            }
            Outcome::Diverged { epoch } => format!("diverged in epoch {epoch}"),
            Outcome::Failed { message } => format!("failed: {message}"),
        };
        // On a terminal the line below tells the time left.
        let left = self.left().filter(|_| self.bar.is_hidden() && self.kept() < plan.cells.len());
        let left = left.map_or_else(String::new, |left| format!(", {} left", span(left)));
        self.line(&format!(
            "[{}/{}] {} seed {}: {outcome} in {:.1} s{left}",
            runs + self.reused.load(Ordering::Relaxed),
            plan.cells.len(),
            record.arm,
            record.seed,
            record.times.total_seconds,
        ));
        self.show(plan);
    }

    fn looked(&self, _: &Plan, analysis: &Analysis) {
        let taken = analysis.looks.iter().filter(|look| look.taken).count();
        let decided = analysis.comparisons.iter().filter(|c| c.judgement.is_decided()).count();
        self.line(&format!(
            "look {taken} of {} after {} seeds: {decided} of {} comparisons decided",
            analysis.looks.len(),
            analysis.looks[taken - 1].seeds,
            analysis.comparisons.len()
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_said_in_its_two_largest_units() {
        let said = |seconds| span(Duration::from_secs(seconds));
        assert_eq!([said(48), said(200), said(7_500)], ["48 s", "3 min 20 s", "2 h 5 min"]);
    }
}
