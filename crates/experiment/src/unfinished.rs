//! Runs in progress, kept on disk so that whatever ends the program costs seconds and not hours.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cenote_evidence::{Ending, EpochPoint};
use cenote_layers::{Checkpoint, Model, OptimizerState, Params};
use cenote_tensor::used_so_far;
use serde::{Deserialize, Serialize};

use crate::fit::Sums;
use crate::{Cell, Error, Fit};

/// The note of a checkpoint under which [`Traces`] and sums stand.
const NOTES: &str = "cenote.unfinished/1";

/// How the name of a file begins that is not whole yet.
const DRAFT: &[u8] = b".tmp";

/// Where the runs in progress of a study lie, and how often they are written.
#[derive(Debug)]
pub(crate) struct Unfinished {
    folder: PathBuf,
    every: Duration,
}

/// What a run leaves even when it does not reach its end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Traces {
    pub(crate) curve: Vec<EpochPoint>,
    pub(crate) epoch_seconds: Vec<f64>,
    /// Seconds that training has taken, those of the epoch in progress among them.
    pub(crate) seconds: f64,
    /// How training ended, if it has.
    #[serde(skip)]
    pub(crate) ending: Option<Ending>,
    /// Seconds of the run before it was gone on with.
    pub(crate) earlier_seconds: f64,
    /// The most memory that tensors had.
    pub(crate) peak_bytes: usize,
}

/// A run as it was when it was written.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) params: Params,
    pub(crate) state: OptimizerState,
    pub(crate) sums: Sums,
    pub(crate) traces: Traces,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Notes {
    sums: Sums,
    traces: Traces,
}

impl Unfinished {
    /// The runs in progress of the study in `folder`.
    pub(crate) fn of(folder: &Path, every: Duration) -> Self {
        Self { folder: folder.join("unfinished"), every }
    }

    /// Removes what an end in the middle of a write left behind; nobody else may be writing.
    pub(crate) fn remove_drafts(&self) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if entry.file_name().as_encoded_bytes().starts_with(DRAFT) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Writes the run of a cell that left these traces until now.
    pub(crate) fn keeper<'a>(
        &'a self,
        cell: &Cell,
        model: &'a Model,
        traces: &Traces,
    ) -> Keeper<'a> {
        let (begun, earlier) = (Instant::now(), traces.earlier_seconds);
        Keeper {
            unfinished: self,
            file: self.file(&cell.id),
            model,
            begun,
            earlier,
            written: begun,
        }
    }

    /// The run of a cell, if one was in progress.
    ///
    /// # Errors
    /// When its file is damaged.
    pub(crate) fn read(&self, cell: &str) -> Result<Option<Kept>, Error> {
        let file = self.file(cell);
        if !file.exists() {
            return Ok(None);
        }
        let refuse = |problem: String| {
            Error::Checkpoint(format!("checkpoint {}: {problem}", file.display()))
        };
        let Checkpoint { params, state, notes, .. } = Checkpoint::read(&file)?;
        let text = notes.get(NOTES).ok_or_else(|| refuse("it is no run of a study".to_owned()))?;
        let Notes { sums, traces } =
            serde_json::from_str(text).map_err(|error| refuse(error.to_string()))?;
        Ok(Some(Kept { params, state, sums, traces }))
    }

    /// Forgets the run of a cell, whose record is written.
    pub(crate) fn remove(&self, cell: &str) {
        // What cannot be removed is never read again: a recorded cell does not run.
        let _ = fs::remove_file(self.file(cell));
        let _ = fs::remove_dir(&self.folder);
    }

    fn file(&self, cell: &str) -> PathBuf {
        self.folder.join(format!("{cell}.cenote"))
    }
}

/// Writes one run now and then.
pub(crate) struct Keeper<'a> {
    unfinished: &'a Unfinished,
    file: PathBuf,
    model: &'a Model,
    begun: Instant,
    /// Seconds that the run had taken before.
    earlier: f64,
    written: Instant,
}

impl Keeper<'_> {
    /// Whether the last time is long enough ago.
    pub(crate) fn is_due(&self) -> bool {
        self.unwritten() >= self.unfinished.every
    }

    /// How long the last time, or the start, is ago.
    pub(crate) fn unwritten(&self) -> Duration {
        self.written.elapsed()
    }

    /// Writes the run, whole or not at all; to be called while it is metered.
    ///
    /// # Errors
    /// When it cannot be written; what was written before stays.
    pub(crate) fn keep(&mut self, fit: &Fit<'_>, traces: &Traces) -> Result<(), Error> {
        self.written = Instant::now();
        let folder = &self.unfinished.folder;
        fs::create_dir_all(folder)
            .map_err(|error| Error::Checkpoint(format!("folder {}: {error}", folder.display())))?;
        let traces = Traces {
            earlier_seconds: self.earlier + self.begun.elapsed().as_secs_f64(),
            peak_bytes: traces.peak_bytes.max(used_so_far().peak_bytes),
            ..traces.clone()
        };
        let text = serde_json::to_string(&Notes { sums: fit.sums, traces }).map_err(|error| {
            Error::Checkpoint(format!("the state of a run cannot be written: {error}"))
        })?;
        let notes = BTreeMap::from([(NOTES.to_owned(), text)]);
        Checkpoint::of(self.model, fit.params.clone(), fit.state.clone(), notes)?
            .write(&self.file)?;
        Ok(())
    }
}
