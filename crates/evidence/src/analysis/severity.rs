//! Errors by severity: how they grow with the strength of the corruptions.
//!
//! ```text
//! E[s] = mean over c of E[c,s]        mCE[s] = mean over c of E[c,s] / E[c,s] of the baseline        c has the severity s
//! ```
//!
//! Severity 0 is the image as it is. Means, deviations and ratios are over the seeds that the arm shares with the baseline.

use serde::Serialize;

use super::robustness::{Errors, Pair};
use crate::CorruptionNote;
use crate::stats::{mean, standard_deviation};

/// The errors of an arm at one strength of one corruption or of several.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ErrorAt {
    /// How strong: 0 is without any; none where the corruption has one level.
    pub severity: Option<u8>,
    /// Mean error over runs.
    pub mean: Option<f64>,
    /// Standard deviation over runs.
    pub sd: Option<f64>,
    /// Mean over runs of the error divided by that of the baseline, 1 for the baseline itself.
    pub relative: Option<f64>,
}

/// Where an error of a run stands.
#[derive(Clone, Copy)]
enum Place {
    /// On the images as they are.
    Clean,
    /// Under a corruption at one of its levels, both by position.
    Damaged(usize, usize),
}

/// The severities that corruptions have, rising; empty where all have one level.
pub(super) fn severities(notes: &[CorruptionNote]) -> Vec<u8> {
    let mut all: Vec<u8> = notes.iter().flat_map(|note| note.severities.clone()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The errors of an arm as the images are and then at every severity, mean over the corruptions that have it.
pub(super) fn by_severity(notes: &[CorruptionNote], pairs: &[Pair]) -> Vec<ErrorAt> {
    let severities = severities(notes);
    if severities.is_empty() {
        return Vec::new();
    }
    let at = |severity: u8| {
        let places = notes.iter().enumerate().filter_map(|(nth, note)| {
            let level = note.severities.iter().position(|&has| has == severity)?;
            Some(Place::Damaged(nth, level))
        });
        ErrorAt::of(Some(severity), &places.collect::<Vec<_>>(), pairs)
    };
    let clean = ErrorAt::of(Some(0), &[Place::Clean], pairs);
    std::iter::once(clean).chain(severities.iter().map(|&severity| at(severity))).collect()
}

/// The errors of an arm under a corruption, at each of its levels.
pub(super) fn of_corruption(nth: usize, note: &CorruptionNote, pairs: &[Pair]) -> Vec<ErrorAt> {
    let at = |level: usize| {
        let severity = note.severities.get(level).copied();
        ErrorAt::of(severity, &[Place::Damaged(nth, level)], pairs)
    };
    (0..note.severities.len().max(1)).map(at).collect()
}

impl ErrorAt {
    fn of(severity: Option<u8>, places: &[Place], pairs: &[Pair]) -> Self {
        let average = |of: &Errors| {
            let each: Vec<f64> = places.iter().map(|place| place.of(of)).collect();
            mean(&each)
        };
        let ratio = |(arm, base): &Pair| {
            let each = places.iter().map(|place| {
                let (arm, base) = (place.of(arm), place.of(base));
                (base > 0.0).then(|| arm / base)
            });
            mean(&each.collect::<Option<Vec<f64>>>()?)
        };
        let errors: Vec<f64> = pairs.iter().filter_map(|(arm, _)| average(arm)).collect();
        let ratios: Vec<f64> = pairs.iter().filter_map(ratio).collect();
        Self {
            severity,
            mean: mean(&errors),
            sd: standard_deviation(&errors),
            relative: mean(&ratios),
        }
    }
}

impl Place {
    fn of(self, errors: &Errors) -> f64 {
        match self {
            Self::Clean => errors.clean,
            Self::Damaged(nth, level) => errors.damaged[nth][level],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: Option<f64>, expected: f64) {
        assert!(got.is_some_and(|got| (got - expected).abs() < 1e-12), "{got:?}, not {expected}");
    }

    #[test]
    fn each_severity_is_of_the_corruptions_that_have_it() {
        let note = |name: &str, severities: &[u8]| CorruptionNote {
            name: name.to_owned(),
            severities: severities.to_vec(),
        };
        let notes = [note("fog", &[1, 3]), note("snow", &[3]), note("mnist_c/shear", &[])];
        let errors = |clean: f64, fog: [f64; 2], snow: f64, shear: f64| Errors {
            clean,
            damaged: vec![fog.to_vec(), vec![snow], vec![shear]],
        };
        let base = || errors(0.1, [0.2, 0.4], 0.5, 0.25);
        let pairs = [
            (errors(0.2, [0.3, 0.5], 0.7, 0.5), base()),
            (errors(0.2, [0.1, 0.7], 0.9, 0.75), base()),
        ];
        let all = by_severity(&notes, &pairs);
        assert_eq!(all.iter().map(|at| at.severity).collect::<Vec<_>>(), [0, 1, 3].map(Some));
        near(all[0].mean, 0.2);
        near(all[0].relative, 2.0);
        near(all[1].mean, 0.2); // fog alone
        near(all[2].mean, 0.7); // (0.5 + 0.7) / 2 and (0.7 + 0.9) / 2
        near(all[2].sd, 0.02_f64.sqrt());
        // (0.5/0.4 + 0.7/0.5) / 2 and (0.7/0.4 + 0.9/0.5) / 2.
        near(all[2].relative, f64::midpoint(1.325, 1.775));
        let fog = of_corruption(0, &notes[0], &pairs);
        assert_eq!(fog.len(), 2);
        near(fog[1].mean, 0.6);
        let shear = of_corruption(2, &notes[2], &pairs);
        assert_eq!((shear.len(), shear[0].severity), (1, None));
        near(shear[0].relative, 2.5);
        assert!(by_severity(&notes[2..], &[]).is_empty());
        let none = &by_severity(&notes, &[])[1];
        assert_eq!((none.mean, none.sd, none.relative), (None, None, None));
    }
}
