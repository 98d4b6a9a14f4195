//! A study as it goes on, for programs: one JSON object a line on stdout.
//!
//! `docs/reports.md` lists them with their fields.

use cenote_evidence::{Analysis, EpochPoint, Record, Torn, TunedArm};
use cenote_experiment::{Cell, Ended, Observer, Plan};
use serde_json::{Value, json};

use crate::screen;
use crate::standing::Standing;

/// The layout of the lines.
const SCHEMA: &str = "cenote.events/1";

/// Writes an event for everything that happens.
#[derive(Debug)]
pub(crate) struct Events;

impl Events {
    /// Tells the verdicts that have changed.
    pub(crate) fn judged(&self, changed: &[&Standing]) {
        for Standing { arm, against, verdict, pairs, mean, interval } in changed {
            self.line(&json!({
                "event": "verdict", "arm": arm, "against": against, "verdict": verdict,
                "pairs": pairs, "mean": mean, "interval": interval,
            }));
        }
    }

    /// Tells the learning rate that was chosen for an arm, and what was tried.
    pub(crate) fn tuned(&self, arm: &TunedArm) {
        self.line(&json!({
            "event": "tuned", "arm": arm.arm, "learning_rate": arm.learning_rate, "tried": arm.tried,
        }));
    }

    /// Tells that every planned run is over.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub(crate) fn ended(&self, ended: Ended, analysis: &Analysis) -> std::io::Result<()> {
        let Ended { reused, ran, failed, elsewhere } = ended;
        let event = json!({
            "event": "study_finished", "reused": reused, "ran": ran, "failed": failed,
            "elsewhere": elsewhere,
            "report": analysis,
        });
        self.write(&event)
    }

    /// Tells that the study stopped on request.
    pub(crate) fn interrupted(&self, kept: usize, runs: usize) {
        self.line(&json!({ "event": "interrupted", "kept": kept, "runs": runs }));
    }

    fn line(&self, event: &Value) {
        // A reader that went away does not stop a study; other failures show at its end.
        let _ = self.write(event);
    }

    #[expect(clippy::unused_self, reason = "whoever has no `Events` writes none")]
    fn write(&self, event: &Value) -> std::io::Result<()> {
        screen::print(&format!("{event}\n"))
    }
}

impl Observer for Events {
    fn repaired(&self, torn: Torn) {
        self.line(&json!({ "event": "repaired", "line": torn.line, "bytes": torn.bytes }));
    }

    fn planned(&self, plan: &Plan, pending: &[&Cell]) {
        let design = plan.design();
        let arms: Vec<&str> = plan.arms.iter().map(|arm| arm.name.as_str()).collect();
        self.line(&json!({
            "event": "planned", "schema": SCHEMA, "study": design.name, "plan": design.plan,
            "arms": arms, "seeds": design.seeds, "epochs": plan.recipe.epochs,
            "runs": plan.cells.len(), "reused": plan.cells.len() - pending.len(),
        }));
    }

    fn started(&self, plan: &Plan, cell: &Cell) {
        let arm = &plan.arms[cell.arm].name;
        self.line(&json!({ "event": "run_started", "arm": arm, "seed": cell.seed }));
    }

    fn stepped(&self, _: &Plan, _: &Cell) {}

    fn elsewhere(&self, plan: &Plan, cell: &Cell) {
        let arm = &plan.arms[cell.arm].name;
        self.line(&json!({ "event": "run_elsewhere", "arm": arm, "seed": cell.seed }));
    }

    fn epoch(&self, plan: &Plan, cell: &Cell, point: &EpochPoint) {
        let mut event = json!({
            "event": "epoch", "arm": plan.arms[cell.arm].name, "seed": cell.seed,
            "epoch": point.epoch, "epochs": plan.recipe.epochs,
            "train_loss": point.train_loss, "train_accuracy": point.train_accuracy,
        });
        if let Some(score) = point.validation {
            event["validation"] = json!(score);
        }
        self.line(&event);
    }

    fn resumed(&self, plan: &Plan, cell: &Cell, steps: u64) {
        let arm = &plan.arms[cell.arm].name;
        self.line(
            &json!({ "event": "run_resumed", "arm": arm, "seed": cell.seed, "steps": steps }),
        );
    }

    fn warned(&self, plan: &Plan, cell: &Cell, warning: &str) {
        let arm = &plan.arms[cell.arm].name;
        self.line(
            &json!({ "event": "warning", "arm": arm, "seed": cell.seed, "message": warning }),
        );
    }

    fn looked(&self, _: &Plan, analysis: &Analysis) {
        let taken = analysis.looks.iter().filter(|look| look.taken);
        self.line(&json!({ "event": "look", "taken": taken.collect::<Vec<_>>() }));
    }

    fn finished(&self, _: &Plan, _: &Cell, record: &Record) {
        self.line(&json!({
            "event": "run_finished", "arm": record.arm, "seed": record.seed,
            "outcome": record.outcome, "scores": record.scores,
            "seconds": record.times.total_seconds,
        }));
    }
}
