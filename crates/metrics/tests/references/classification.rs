//! scikit-learn's `precision_recall_fscore_support`, `accuracy_score` and confusion matrices.

use cenote_metrics::{
    Average, ConfusionMatrix, Counts, Undefined, accuracy, average, f_beta, precision, recall,
};
use serde_json::Value;

use crate::{agrees, array, indices, lines, number};

/// One stored problem; problems with sample weights are left out, since counts are whole numbers.
struct Problem {
    /// Counts of every class (or label, where several can hold).
    per_class: Vec<Counts>,
    /// `None` where several labels can hold at once.
    matrix: Option<ConfusionMatrix>,
}

fn problem(case: &Value) -> Problem {
    let (truths, said) = (&case["y_true"], &case["y_pred"]);
    if case["kind"] == "multilabel" {
        let labels = array(&case["labels"]).len();
        let rows = |value| -> Vec<Vec<usize>> { array(value).iter().map(indices).collect() };
        let (truths, said) = (rows(truths), rows(said));
        let of = |label: usize| {
            Counts::of(truths.iter().zip(&said).map(|(t, s)| (t[label] == 1, s[label] == 1)))
        };
        return Problem { per_class: (0..labels).map(of).collect(), matrix: None };
    }
    let classes = array(&case["labels"]).len();
    let matrix = ConfusionMatrix::from_labels(classes, &indices(truths), &indices(said));
    let matrix = matrix.expect("stored labels are in range");
    Problem { per_class: matrix.per_class(), matrix: Some(matrix) }
}

/// The classes that scikit-learn looks at: the given ones, else those that occur (all of several labels).
fn looked_at(problem: &Problem, labels: &Value) -> Vec<Counts> {
    if labels.is_null() {
        let occurs = |counts: &&Counts| counts.tp + counts.fp + counts.fn_ > 0;
        let all = problem.per_class.iter();
        return match problem.matrix {
            Some(_) => all.filter(occurs).copied().collect(),
            None => all.copied().collect(),
        };
    }
    indices(labels).into_iter().map(|label| problem.per_class[label]).collect()
}

fn undefined(zero_division: &Value) -> Undefined {
    match zero_division.as_f64() {
        Some(0.0) => Undefined::Zero,
        Some(1.0) => Undefined::One,
        None => Undefined::Skip,
        other => panic!("unknown zero_division {other:?}"),
    }
}

/// Checks `[precisions, recalls, f-scores, supports]`; returns how many numbers were compared.
fn check_scores(problem: &Problem, args: &Value, stored: &Value) -> usize {
    let beta = number(&args["beta"]);
    let policy = undefined(&args["zero_division"]);
    let classes = looked_at(problem, &args["labels"]);
    let f = |counts| f_beta(counts, beta);
    let scores: [&dyn Fn(Counts) -> Option<f64>; 3] = [&precision, &recall, &f];
    let alone = |score: &dyn Fn(Counts) -> Option<f64>, counts| {
        average(&[counts], Average::Macro, policy, score)
    };
    let mut compared = 0;
    for (score, stored) in scores.into_iter().zip(array(stored)) {
        let how = match args["average"].as_str() {
            None => {
                assert_eq!(array(stored).len(), classes.len());
                for (counts, stored) in classes.iter().zip(array(stored)) {
                    assert!(agrees(alone(score, *counts), stored), "{counts:?} {stored}");
                    compared += 1;
                }
                continue;
            }
            Some("binary") => {
                assert!(agrees(alone(score, problem.per_class[1]), stored), "{stored}");
                compared += 1;
                continue;
            }
            Some("macro") => Average::Macro,
            Some("micro") => Average::Micro,
            Some("weighted") => Average::Weighted,
            // A mean over examples, which is another family.
            Some(_) => continue,
        };
        let got = average(&classes, how, policy, score);
        assert!(agrees(got, stored), "{args}: {got:?}, stored {stored}");
        compared += 1;
    }
    compared
}

#[test]
fn scores_and_averages_equal_those_of_scikit_learn() {
    let Some(cases) = lines("classification_cases.jsonl") else { return };
    let mut compared = 0;
    for case in cases.iter().filter(|case| case["sample_weight"].is_null()) {
        let problem = problem(case);
        for expected in array(&case["expected"]) {
            let stored = &expected["value"];
            match expected["metric"].as_str() {
                Some("precision_recall_fscore_support") if !stored.is_null() => {
                    compared += check_scores(&problem, &expected["args"], stored);
                }
                Some("accuracy_score") => {
                    if let Some(matrix) = &problem.matrix {
                        assert!(agrees(accuracy(matrix), stored), "{}", case["name"]);
                        compared += 1;
                    }
                }
                Some("confusion_matrix") if expected["args"]["normalize"].is_null() => {
                    let matrix = problem.matrix.as_ref().expect("one label per example");
                    for (label, row) in array(stored).iter().enumerate() {
                        for (prediction, cell) in array(row).iter().enumerate() {
                            assert_eq!(Some(matrix.count(label, prediction)), cell.as_u64());
                            compared += 1;
                        }
                    }
                }
                _ => {}
            }
        }
    }
    assert!(compared > 1_000, "only {compared} numbers were compared");
}
