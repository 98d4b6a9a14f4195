//! Scores of whole confusion matrices, and their counterparts for several labels.

use cenote_metrics::{
    KappaWeights, Normalize, accuracy, adjusted_balanced_accuracy, balanced_accuracy, cohen_kappa,
    hamming_loss, matthews,
};
use serde_json::Value;

use super::Check;
use super::problem::Kind;
use crate::{array, indices};

pub(super) fn check(check: &Check<'_>, stored: &Value) -> Option<usize> {
    let (Kind::Binary(matrix, _) | Kind::Multiclass(matrix, _)) = &check.problem.kind else {
        let Kind::Multilabel(predictions, _) = &check.problem.kind else { return None };
        return match check.metric {
            "accuracy_score" => Some(check.score(predictions.exact_match(), stored)),
            "hamming_loss" => Some(check.score(predictions.hamming_loss(), stored)),
            _ => None,
        };
    };
    Some(match check.metric {
        "accuracy_score" => check.score(accuracy(matrix), stored),
        "hamming_loss" => check.score(hamming_loss(matrix), stored),
        "balanced_accuracy_score" if check.args["adjusted"] == true => {
            let got = adjusted_balanced_accuracy(matrix);
            // Of one class scikit-learn divides by zero, which may also come out as minus infinity.
            if got.is_none() && *stored == "-inf" { 1 } else { check.score(got, stored) }
        }
        "balanced_accuracy_score" => check.score(balanced_accuracy(matrix), stored),
        "matthews_corrcoef" => check.score_or(matthews(matrix), 0.0, stored),
        "cohen_kappa_score" => {
            let weights = match check.args["weights"].as_str() {
                None => KappaWeights::Unweighted,
                Some("linear") => KappaWeights::Linear,
                Some("quadratic") => KappaWeights::Quadratic,
                Some(other) => panic!("unknown weights {other}"),
            };
            let classes = match check.args.get("labels") {
                Some(labels) => check.problem.looked_at(labels),
                None => (0..matrix.classes()).collect(),
            };
            let part = matrix.part(&classes).expect("stored labels are in range");
            check.score(cohen_kappa(&part, weights), stored)
        }
        "confusion_matrix" => {
            let part = matrix.part(&indices(&check.args["labels"])).expect("labels are in range");
            let normalize = match check.args["normalize"].as_str() {
                None => None,
                Some("true") => Some(Normalize::Labels),
                Some("pred") => Some(Normalize::Predictions),
                Some("all") => Some(Normalize::All),
                Some(other) => panic!("unknown normalize {other}"),
            };
            let cells = match normalize {
                Some(by) => part.normalized(by),
                None => part.rows().flatten().copied().collect(),
            };
            let rows = cells.chunks(part.classes()).zip(array(stored));
            rows.map(|(row, stored)| check.list(row, stored)).sum()
        }
        _ => return None,
    })
}
