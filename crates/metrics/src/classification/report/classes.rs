//! The scores of each class.

use super::ClassReport;
use crate::classification::Thresholds;
use crate::{Counts, Error, f_beta, jaccard, precision, recall, specificity};

/// A score of counts, and why it may be undefined.
pub(super) struct CountScore {
    pub(super) name: &'static str,
    pub(super) score: fn(Counts<f64>, f64) -> Option<f64>,
    pub(super) examples: fn(Counts, f64) -> Option<f64>,
    pub(super) why: &'static str,
}

/// Scores of counts, in the order of tables; β is for F alone.
pub(super) const COUNT_SCORES: [CountScore; 5] = [
    CountScore {
        name: "precision",
        score: |counts, _| precision(counts),
        examples: |counts, _| precision(counts),
        why: "nothing was predicted as it",
    },
    CountScore {
        name: "recall",
        score: |counts, _| recall(counts),
        examples: |counts, _| recall(counts),
        why: "no example belongs to it",
    },
    CountScore {
        name: "specificity",
        score: |counts, _| specificity(counts),
        examples: |counts, _| specificity(counts),
        why: "every example belongs to it",
    },
    CountScore {
        name: "f_beta",
        score: f_beta,
        examples: f_beta,
        why: "it neither occurs nor was predicted",
    },
    CountScore {
        name: "jaccard",
        score: |counts, _| jaccard(counts),
        examples: |counts, _| jaccard(counts),
        why: "it neither occurs nor was predicted",
    },
];

/// A score of a ranking, and why it may be undefined.
pub(super) struct RankScore {
    pub(super) name: &'static str,
    pub(super) score: fn(&Thresholds) -> Option<f64>,
    pub(super) why: &'static str,
}

/// Scores of rankings.
pub(super) const RANK_SCORES: [RankScore; 2] = [
    RankScore {
        name: "roc_auc",
        score: Thresholds::roc_auc,
        why: "either all or none of the examples belong to it",
    },
    RankScore {
        name: "average_precision",
        score: Thresholds::average_precision,
        why: "no example belongs to it",
    },
];

/// One class with its counts, and its ranking if there are scores.
pub(super) struct Class {
    pub(super) name: String,
    pub(super) counts: Counts<f64>,
    pub(super) ranked: Option<Thresholds>,
}

impl Class {
    pub(super) fn report(&self, beta: f64) -> Result<ClassReport, Error> {
        let best = self.ranked.as_ref().map(|ranked| ranked.best_f_beta(beta)).transpose()?;
        Ok(ClassReport {
            class: self.name.clone(),
            counts: self.counts,
            support: self.counts.support(),
            predicted: self.counts.predicted(),
            precision: precision(self.counts),
            recall: recall(self.counts),
            specificity: specificity(self.counts),
            f_beta: f_beta(self.counts, beta),
            jaccard: jaccard(self.counts),
            roc_auc: self.ranked.as_ref().and_then(Thresholds::roc_auc),
            average_precision: self.ranked.as_ref().and_then(Thresholds::average_precision),
            best_threshold: best.flatten(),
        })
    }
}
