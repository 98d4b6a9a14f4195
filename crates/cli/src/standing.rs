//! How the comparisons of a study stand while it runs.

use std::path::Path;
use std::sync::Mutex;

use cenote_evidence::{Analysis, Comparison, Interval};

/// A comparison by the runs so far.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Standing {
    pub(crate) arm: String,
    pub(crate) against: String,
    pub(crate) verdict: &'static str,
    pub(crate) pairs: usize,
    pub(crate) mean: Option<f64>,
    pub(crate) interval: Option<Interval>,
}

/// Looks into the records of a study and says what has changed since the last look.
#[derive(Debug, Default)]
pub(crate) struct Standings(Mutex<Vec<Standing>>);

impl Standing {
    fn of(comparison: &Comparison) -> Self {
        let judgement = &comparison.judgement;
        Self {
            arm: comparison.arm.clone(),
            against: comparison.against.clone(),
            verdict: judgement.verdict.words(),
            pairs: judgement.n,
            mean: judgement.mean,
            interval: judgement.interval,
        }
    }

    /// The verdict with what it rests on: `none against max hurts (8 pairs)`.
    pub(crate) fn words(&self) -> String {
        let Self { arm, against, verdict, pairs, .. } = self;
        format!("{arm} against {against} {verdict} ({pairs} pairs)")
    }
}

impl Standings {
    /// Tells every verdict, and those that are others than at the last look, if there are any.
    /// Records that cannot be read now are read when the study is over, and their error told then.
    pub(crate) fn look(&self, folder: &Path, tell: impl FnOnce(&[Standing], &[&Standing])) {
        let mut before = self.0.lock().expect("looking does not panic");
        let Ok(analysis) = Analysis::read(folder) else { return };
        let now: Vec<Standing> = analysis.comparisons.iter().map(Standing::of).collect();
        let known = |one: &Standing| {
            let before = before.iter().find(|other| other.arm == one.arm);
            before.map_or("undecided", |other| other.verdict) == one.verdict
        };
        let changed: Vec<&Standing> = now.iter().filter(|one| !known(one)).collect();
        if !changed.is_empty() {
            tell(&now, &changed);
        }
        drop(changed);
        *before = now;
    }
}
