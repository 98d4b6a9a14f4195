//! Everybody who is told what happens while a study runs.

use std::path::{Path, PathBuf};

use cenote_evidence::{Analysis, EpochPoint, Record, Torn, TunedArm};
use cenote_experiment::{Cell, Observer, Plan};

use crate::events::Events;
use crate::progress::Progress;
use crate::standing::Standings;

/// A display for people, events for programs where they are asked for, and the verdicts so far for
/// both.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) progress: Progress,
    pub(crate) events: Option<Events>,
    /// Where anybody would be told of them.
    standings: Option<Standings>,
    folder: PathBuf,
}

impl Watch {
    /// Watches the study whose records are in `folder`.
    pub(crate) fn new(folder: PathBuf, quiet: bool, events: bool) -> Self {
        let progress = Progress::new(quiet);
        let standings = (!quiet || events).then(Standings::default);
        Self { progress, events: events.then_some(Events), standings, folder }
    }

    /// Where the records are.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Tells the learning rate that a sweep chose for an arm.
    pub(crate) fn tuned(&self, arm: &TunedArm) {
        self.progress.tuned(arm);
        if let Some(events) = &self.events {
            events.tuned(arm);
        }
    }

    /// The same without verdicts on the way: how the arms of a sweep compare decides nothing else.
    pub(crate) fn without_verdicts(self) -> Self {
        Self { standings: None, ..self }
    }

    fn everybody(&self) -> impl Iterator<Item = &dyn Observer> {
        let events = self.events.as_ref().map(|events| events as &dyn Observer);
        std::iter::once(&self.progress as &dyn Observer).chain(events)
    }
}

impl Observer for Watch {
    fn repaired(&self, torn: Torn) {
        self.everybody().for_each(|one| one.repaired(torn));
    }

    fn planned(&self, plan: &Plan, pending: &[&Cell]) {
        self.everybody().for_each(|one| one.planned(plan, pending));
    }

    fn started(&self, plan: &Plan, cell: &Cell) {
        self.everybody().for_each(|one| one.started(plan, cell));
    }

    fn stepped(&self, plan: &Plan, cell: &Cell) {
        self.everybody().for_each(|one| one.stepped(plan, cell));
    }

    fn epoch(&self, plan: &Plan, cell: &Cell, point: &EpochPoint) {
        self.everybody().for_each(|one| one.epoch(plan, cell, point));
    }

    fn resumed(&self, plan: &Plan, cell: &Cell, steps: u64) {
        self.everybody().for_each(|one| one.resumed(plan, cell, steps));
    }

    fn warned(&self, plan: &Plan, cell: &Cell, warning: &str) {
        self.everybody().for_each(|one| one.warned(plan, cell, warning));
    }

    fn elsewhere(&self, plan: &Plan, cell: &Cell) {
        self.everybody().for_each(|one| one.elsewhere(plan, cell));
    }

    fn looked(&self, plan: &Plan, analysis: &Analysis) {
        self.everybody().for_each(|one| one.looked(plan, analysis));
    }

    fn finished(&self, plan: &Plan, cell: &Cell, record: &Record) {
        self.everybody().for_each(|one| one.finished(plan, cell, record));
        let Some(standings) = &self.standings else { return };
        standings.look(&self.folder, |all, changed| {
            self.progress.judged(all, changed);
            if let Some(events) = &self.events {
                events.judged(changed);
            }
        });
    }
}
