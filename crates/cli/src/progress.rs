//! What a user sees while runs go on: on a terminal the time left, a bar for each run and the
//! verdicts so far; elsewhere a line for each run that ends and each verdict that changes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use cenote_evidence::{Analysis, EpochPoint, Outcome, Record, Store, Torn, TunedArm};
use cenote_experiment::{Cell, Observer, Plan};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::screen;
use crate::standing::Standing;

/// Work of a step beside its multiply-adds, in the same unit: small networks are bound by it.
const OVERHEAD: u64 = 500_000;

/// Shows the progress of a study on stderr.
#[derive(Debug)]
pub(crate) struct Progress {
    bars: MultiProgress,
    /// The whole study: runs done, and the time left.
    total: ProgressBar,
    /// The verdicts so far.
    verdicts: ProgressBar,
    /// A bar of each run that is going on, by seed and arm.
    going: Mutex<BTreeMap<(u64, usize), ProgressBar>>,
    quiet: bool,
    begun: OnceLock<Instant>,
    done: AtomicU64,
    runs_done: AtomicUsize,
    reused: AtomicUsize,
    all: AtomicU64,
}

impl Progress {
    /// A display that shows nothing yet, and nothing ever if `quiet`.
    pub(crate) fn new(quiet: bool) -> Self {
        let target =
            if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bars = MultiProgress::with_draw_target(target);
        let bar = |template: &str| {
            let style = ProgressStyle::with_template(template).expect("the template is valid");
            bars.add(ProgressBar::new(1).with_style(style.progress_chars("=> ")))
        };
        Self {
            total: bar("[{bar:30}] {wide_msg}"),
            verdicts: bar("{wide_msg}"),
            bars,
            going: Mutex::default(),
            quiet,
            begun: OnceLock::new(),
            done: AtomicU64::new(0),
            runs_done: AtomicUsize::new(0),
            reused: AtomicUsize::new(0),
            all: AtomicU64::new(1),
        }
    }

    /// Takes the display away.
    pub(crate) fn end(&self) {
        for bar in self.going.lock().expect("showing does not panic").values() {
            bar.finish_and_clear();
        }
        self.verdicts.finish_and_clear();
        self.total.finish_and_clear();
    }

    /// Runs of the plan that are done, now or before.
    pub(crate) fn kept(&self) -> usize {
        self.runs_done.load(Ordering::Relaxed) + self.reused.load(Ordering::Relaxed)
    }

    /// The time that the rest will take at the speed so far.
    pub(crate) fn left(&self) -> Option<Duration> {
        let (done, all) = (self.done.load(Ordering::Relaxed), self.all.load(Ordering::Relaxed));
        let elapsed = self.begun.get()?.elapsed();
        // The first second says little about the rest.
        if done == 0 || elapsed < Duration::from_secs(1) {
            return None;
        }
        Some(elapsed.mul_f64(all.saturating_sub(done) as f64 / done as f64))
    }

    /// Shows verdicts of which some have changed. They are of the runs so far and end nothing.
    pub(crate) fn judged(&self, standing: &[Standing], changed: &[&Standing]) {
        if self.bars.is_hidden() {
            for standing in changed {
                self.line(&format!("so far: {}", standing.words()));
            }
            return;
        }
        let words: Vec<String> = standing.iter().map(Standing::words).collect();
        self.verdicts.set_message(format!("so far: {}", words.join(" · ")));
    }

    /// Shows the learning rate that a sweep chose for an arm.
    pub(crate) fn tuned(&self, arm: &TunedArm) {
        let warning = arm.warning().map_or_else(String::new, |warning| format!("; {warning}"));
        self.line(&format!("{}: learning_rate = {}{warning}", arm.arm, arm.learning_rate));
    }

    /// Notes that a run is in this epoch, counted from 1.
    fn entered(&self, plan: &Plan, cell: &Cell, epoch: u64) {
        let (arm, epochs) = (&plan.arms[cell.arm].name, plan.recipe.epochs);
        let mut going = self.going.lock().expect("showing does not panic");
        let bar = going.entry((cell.seed, cell.arm)).or_insert_with(|| {
            let style = ProgressStyle::with_template("  [{bar:28}] {wide_msg}");
            let style = style.expect("the template is valid").progress_chars("-> ");
            let bar = ProgressBar::new(plan.steps(cell.arm)).with_style(style);
            self.bars.insert_before(&self.verdicts, bar)
        });
        bar.set_message(format!("{arm} seed {} epoch {epoch}/{epochs}", cell.seed));
    }

    fn show(&self, plan: &Plan) {
        self.total.set_position(self.done.load(Ordering::Relaxed));
        let left = self.left().map_or_else(String::new, |left| format!(", {} left", span(left)));
        self.total.set_message(format!("{}/{} runs{left}", self.kept(), plan.cells.len()));
    }

    fn line(&self, line: &str) {
        if self.quiet {
            return;
        }
        // A terminal that went away does not want the line.
        let _ = if self.bars.is_hidden() {
            screen::say(line);
            Ok(())
        } else {
            self.bars.println(line)
        };
    }
}

/// Work of one step of a cell.
fn step_work(plan: &Plan, cell: &Cell) -> u64 {
    let arm = &plan.arms[cell.arm];
    arm.recipe.batch_size as u64 * (arm.model.cost().macs + OVERHEAD)
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
        let all: u64 =
            pending.iter().map(|cell| step_work(plan, cell) * plan.steps(cell.arm)).sum();
        self.all.store(all.max(1), Ordering::Relaxed);
        self.total.set_length(all.max(1));
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
        if !self.bars.is_hidden() {
            let going = self.going.lock().expect("showing does not panic");
            if let Some(bar) = going.get(&(cell.seed, cell.arm)) {
                bar.inc(1);
            }
            drop(going);
            self.show(plan);
        }
    }

    fn epoch(&self, plan: &Plan, cell: &Cell, point: &EpochPoint) {
        self.entered(plan, cell, plan.recipe.epochs.min(u64::from(point.epoch) + 1));
    }

    fn resumed(&self, plan: &Plan, cell: &Cell, steps: u64) {
        let epoch = steps / plan.steps_per_epoch(cell.arm) + 1;
        self.entered(plan, cell, plan.recipe.epochs.min(epoch));
        let going = self.going.lock().expect("showing does not panic");
        if let Some(bar) = going.get(&(cell.seed, cell.arm)) {
            bar.set_position(steps);
        }
        drop(going);
        // The time left follows from what is done now.
        let before = steps * step_work(plan, cell);
        let all = self.all.fetch_sub(before, Ordering::Relaxed) - before;
        self.total.set_length(all);
    }

    fn elsewhere(&self, plan: &Plan, cell: &Cell) {
        let runs = 1 + self.reused.fetch_add(1, Ordering::Relaxed);
        // Nobody here spends time on it.
        let work = step_work(plan, cell) * plan.steps(cell.arm);
        self.total.set_length(self.all.fetch_sub(work, Ordering::Relaxed) - work);
        self.line(&format!(
            "[{}/{}] {} seed {}: done by another process",
            runs + self.runs_done.load(Ordering::Relaxed),
            plan.cells.len(),
            plan.arms[cell.arm].name,
            cell.seed
        ));
        self.show(plan);
    }

    fn warned(&self, plan: &Plan, cell: &Cell, warning: &str) {
        self.line(&format!("{} seed {}: {warning}", plan.arms[cell.arm].name, cell.seed));
    }

    fn finished(&self, plan: &Plan, cell: &Cell, record: &Record) {
        let ended =
            self.going.lock().expect("showing does not panic").remove(&(cell.seed, cell.arm));
        if let Some(bar) = ended {
            bar.finish_and_clear();
            self.bars.remove(&bar);
        }
        // What a limit of time or a target spared is no work that is left.
        if let Some(ending) = record.ending {
            let spared = plan.steps(cell.arm).saturating_sub(ending.steps);
            self.done.fetch_add(spared * step_work(plan, cell), Ordering::Relaxed);
        }
        let runs = 1 + self.runs_done.fetch_add(1, Ordering::Relaxed);
        let outcome = match &record.outcome {
            Outcome::Done => {
                let metric = plan.study.judged_metric();
                let score = record.scores.get(&metric).copied().unwrap_or(f64::NAN);
                format!("{metric} {:.2} %", 100.0 * score)
            }
            Outcome::Diverged { epoch } => format!("diverged in epoch {epoch}"),
            Outcome::Failed { message } => format!("failed: {message}"),
        };
        // On a terminal the bar below tells the time left.
        let hidden = self.bars.is_hidden();
        let left = self.left().filter(|_| hidden && self.kept() < plan.cells.len());
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
