//! Precision, recall, F, Jaccard and specificity, per class and averaged.

use cenote_metrics::{
    Average, Counts, Undefined, average, f_beta, jaccard, precision, recall, specificity,
};
use serde_json::Value;

use super::Check;
use super::problem::Kind;
use crate::{array, number};

pub(super) fn check(check: &Check<'_>, stored: &Value) -> Option<usize> {
    let all = check.problem.per_class();
    match check.metric {
        "precision_recall_fscore_support" => Some(check_scores(check, stored)),
        "jaccard_score" => Some(check_one(
            check,
            Undefined::Zero,
            &Score { labels: jaccard, examples: jaccard },
            stored,
        )),
        "specificity" => {
            let each = all.iter().zip(array(stored));
            Some(each.map(|(counts, stored)| check.score(specificity(*counts), stored)).sum())
        }
        "multilabel_confusion_matrix" => {
            let each = all.iter().zip(array(stored));
            let cells = |c: &Counts<f64>| [[c.tn, c.fp], [c.fn_, c.tp]];
            let each = each.map(|(counts, stored)| {
                let rows = cells(counts).into_iter().zip(array(stored));
                rows.map(|(row, stored)| check.list(&row, stored)).sum::<usize>()
            });
            Some(each.sum())
        }
        _ => None,
    }
}

/// A score of the counts of a label, and the same of the counts of an example.
struct Score<L, E> {
    labels: L,
    examples: E,
}

/// Checks `[precisions, recalls, f-scores, supports]`.
fn check_scores(check: &Check<'_>, stored: &Value) -> usize {
    let beta = number(&check.args["beta"]);
    let policy = match check.args["zero_division"].as_f64() {
        Some(0.0) => Undefined::Zero,
        Some(1.0) => Undefined::One,
        None => Undefined::Skip,
        other => panic!("unknown zero_division {other:?}"),
    };
    let [p, r, f, support] = array(stored) else { panic!("four are stored") };
    let mut compared =
        check_one(check, policy, &Score { labels: precision, examples: precision }, p)
            + check_one(check, policy, &Score { labels: recall, examples: recall }, r);
    let by_beta =
        Score { labels: |counts| f_beta(counts, beta), examples: |counts| f_beta(counts, beta) };
    compared += check_one(check, policy, &by_beta, f);
    if support.is_array() {
        let all = check.problem.per_class();
        let classes = check.problem.looked_at(&check.args["labels"]);
        let supports: Vec<f64> = classes.iter().map(|&class| all[class].support()).collect();
        compared += check.list(&supports, support);
    }
    compared
}

fn check_one<L, E>(
    check: &Check<'_>,
    policy: Undefined,
    score: &Score<L, E>,
    stored: &Value,
) -> usize
where
    L: Fn(Counts<f64>) -> Option<f64>,
    E: Fn(Counts) -> Option<f64>,
{
    let (all, looked_at) =
        (check.problem.per_class(), check.problem.looked_at(&check.args["labels"]));
    let classes: Vec<Counts<f64>> = looked_at.iter().map(|&class| all[class]).collect();
    let by = |how| average(&classes, how, policy, &score.labels);
    match check.args["average"].as_str() {
        None => {
            assert_eq!(array(stored).len(), classes.len());
            let each = classes.iter().zip(array(stored));
            each.map(|(counts, stored)| {
                check.score((score.labels)(*counts).or(policy.value()), stored)
            })
            .sum()
        }
        Some("binary") => check.score((score.labels)(all[1]).or(policy.value()), stored),
        Some("macro") => check.score(by(Average::Macro), stored),
        Some("micro") => check.score(by(Average::Micro), stored),
        Some("weighted") => check.score(by(Average::Weighted), stored),
        Some("samples") => {
            let Kind::Multilabel(predictions, _) = &check.problem.kind else {
                panic!("samples have several labels")
            };
            let part = predictions.part(&looked_at).expect("stored labels are in range");
            check.score(part.average_examples(policy, &score.examples), stored)
        }
        Some(other) => panic!("unknown average {other}"),
    }
}
