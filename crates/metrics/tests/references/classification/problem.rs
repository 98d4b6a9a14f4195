//! A stored problem as the states that the crate computes with.

use cenote_metrics::{
    BinaryScores, ConfusionMatrix, Counts, MulticlassScores, MultilabelPredictions,
    MultilabelScores,
};
use serde_json::Value;

use crate::{array, indices, number};

/// Labels, predictions, scores and weights of one problem.
pub(super) struct Problem {
    pub(super) truths: Vec<Vec<usize>>,
    pub(super) said: Vec<Vec<usize>>,
    pub(super) scores: Vec<Vec<f64>>,
    pub(super) weighted: bool,
    pub(super) kind: Kind,
}

/// What can be asked depends on how many classes an example has.
pub(super) enum Kind {
    Binary(ConfusionMatrix<f64>, BinaryScores),
    Multiclass(ConfusionMatrix<f64>, MulticlassScores),
    Multilabel(MultilabelPredictions, MultilabelScores),
}

impl Problem {
    pub(super) fn of(case: &Value) -> Self {
        let rows = |name: &str| -> Vec<Vec<usize>> {
            let row = |value: &Value| match value.as_u64() {
                Some(class) => vec![class as usize],
                None => indices(value),
            };
            array(&case[name]).iter().map(row).collect()
        };
        let (truths, said) = (rows("y_true"), rows("y_pred"));
        let weights: Vec<f64> = match &case["sample_weight"] {
            Value::Null => vec![1.0; truths.len()],
            weights => array(weights).iter().map(number).collect(),
        };
        let classes = array(&case["labels"]).len();
        let scores: Vec<Vec<f64>> = array(&case["y_score"])
            .iter()
            .map(|value| {
                let row = array(value).iter().map(number).collect::<Vec<_>>();
                if value.is_array() { row } else { vec![number(value)] }
            })
            .collect();
        let examples = || truths.iter().zip(&said).zip(&scores).zip(&weights);
        let kind = match case["kind"].as_str() {
            Some("binary") => {
                let mut binary = BinaryScores::new();
                for (((truth, _), score), weight) in examples() {
                    binary.push(truth[0] == 1, score[0], *weight).expect("stored scores fit");
                }
                Kind::Binary(matrix(2, &truths, &said, &weights), binary)
            }
            Some("multiclass") => {
                let mut multiclass = MulticlassScores::new(classes);
                for (((truth, _), score), weight) in examples() {
                    multiclass.push(truth[0], score, *weight).expect("stored scores fit");
                }
                Kind::Multiclass(matrix(classes, &truths, &said, &weights), multiclass)
            }
            Some("multilabel") => {
                let mut predictions = MultilabelPredictions::new(classes);
                let mut multilabel = MultilabelScores::new(classes);
                let bits = |row: &[usize]| row.iter().map(|&bit| bit == 1).collect::<Vec<_>>();
                for (((truth, said), score), weight) in examples() {
                    let truth = bits(truth);
                    predictions.push(&truth, &bits(said), *weight).expect("stored labels fit");
                    multilabel.push(&truth, score, *weight).expect("stored scores fit");
                }
                Kind::Multilabel(predictions, multilabel)
            }
            other => panic!("unknown kind {other:?}"),
        };
        let weighted = !case["sample_weight"].is_null();
        Self { truths, said, scores, weighted, kind }
    }

    /// Counts of every class or label.
    pub(super) fn per_class(&self) -> Vec<Counts<f64>> {
        match &self.kind {
            Kind::Binary(matrix, _) | Kind::Multiclass(matrix, _) => matrix.per_class(),
            Kind::Multilabel(predictions, _) => predictions.per_label(),
        }
    }

    /// The classes that scikit-learn looks at: the given ones, else those that occur (all of several labels).
    pub(super) fn looked_at(&self, labels: &Value) -> Vec<usize> {
        if !labels.is_null() {
            return indices(labels);
        }
        let all = 0..self.per_class().len();
        let occurs =
            |class: &usize| self.truths.iter().chain(&self.said).any(|row| row[0] == *class);
        if let Kind::Multilabel(..) = self.kind {
            all.collect()
        } else {
            all.filter(occurs).collect()
        }
    }
}

fn matrix(
    classes: usize,
    truths: &[Vec<usize>],
    said: &[Vec<usize>],
    weights: &[f64],
) -> ConfusionMatrix<f64> {
    let mut matrix = ConfusionMatrix::weighted(classes);
    for ((truth, said), weight) in truths.iter().zip(said).zip(weights) {
        matrix.add(truth[0], said[0], *weight).expect("stored labels are in range");
    }
    matrix
}
