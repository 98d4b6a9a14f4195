//! Labels, predictions and scores from a file of records.
//!
//! | task | columns |
//! |---|---|
//! | binary | `label`; `prediction`, `score` (of the positive class) or both |
//! | multiclass | `label`; `prediction`, a `score_CLASS` per class or both |
//! | multilabel | a `label_NAME` per label; `prediction_NAME`, `score_NAME` or both per label |
//!
//! Columns of other names are not looked at, but for that of the weights, which is asked for by its name.

mod binary;
mod multiclass;
mod multilabel;
mod names;

use super::{
    BinaryScores, ConfusionMatrix, MulticlassScores, MultilabelPredictions, MultilabelScores,
};
use crate::Error;
use crate::table::{Record, Table, TableFormat};

/// What an example can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// One of two classes.
    Binary,
    /// One of several classes.
    Multiclass,
    /// Any number of several labels.
    Multilabel,
}

/// How a file of examples is to be read.
#[derive(Clone, Debug)]
pub struct ReadOptions {
    /// What an example can be.
    pub task: Task,
    /// The positive class of a binary task; without it `1` or `true` is.
    pub positive: Option<String>,
    /// All classes of a multiclass task, in their order. Without them they are those of the `score_CLASS` columns in
    /// the order of the file, or else those that occur, in the order of numbers or of text.
    pub classes: Option<Vec<String>>,
    /// The score from which to say yes, in place of the predictions of the file. Without both it is 0.5.
    pub threshold: Option<f64>,
    /// The column that says how much each example counts.
    pub weights: Option<String>,
}

/// Examples as the states that scores are computed from.
#[derive(Clone, Debug)]
pub struct Examples {
    /// How many there are.
    pub examples: usize,
    /// Names of the classes or labels, in their order; of a binary task the positive one is the second.
    pub classes: Vec<String>,
    /// What is known of them.
    pub known: Known,
}

/// What is known of examples, by task.
#[derive(Clone, Debug)]
pub enum Known {
    /// One of two classes.
    Binary(ConfusionMatrix<f64>, Option<BinaryScores>),
    /// One of several classes.
    Multiclass(ConfusionMatrix<f64>, Option<MulticlassScores>),
    /// Any number of several labels.
    Multilabel(MultilabelPredictions, Option<MultilabelScores>),
}

impl ReadOptions {
    /// Reads a task with nothing said about it.
    pub fn new(task: Task) -> Self {
        Self { task, positive: None, classes: None, threshold: None, weights: None }
    }
}

impl Examples {
    /// Reads examples from the bytes of a file.
    ///
    /// ```
    /// use cenote_metrics::{Examples, Known, ReadOptions, TableFormat, Task, accuracy};
    ///
    /// let file = b"label,prediction\ncat,cat\ndog,cat\n";
    /// let read = Examples::read(file, TableFormat::Csv, &ReadOptions::new(Task::Multiclass))?;
    /// assert_eq!(read.classes, ["cat", "dog"]);
    /// let Known::Multiclass(confusion, None) = &read.known else { panic!("there are no scores") };
    /// assert_eq!(accuracy(confusion), Some(0.5));
    /// # Ok::<(), cenote_metrics::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the file is malformed, lacks a column, holds no record, or a field does not hold what it should: the error
    /// names record, line and field. When an option does not fit the task or the file.
    pub fn read(bytes: &[u8], format: TableFormat, options: &ReadOptions) -> Result<Self, Error> {
        options.check()?;
        let table = Table::open(bytes, format)?;
        let weights = options.weights.as_ref().map(|name| table.need(name)).transpose()?;
        let rows = Rows { table, weights, read: 0 };
        match options.task {
            Task::Binary => binary::read(rows, options),
            Task::Multiclass => multiclass::read(rows, options),
            Task::Multilabel => multilabel::read(rows, options),
        }
    }
}

impl ReadOptions {
    /// Refuses what would have no effect.
    fn check(&self) -> Result<(), Error> {
        let refuse = |what: &str, task: &str| {
            Err(Error::Options(format!("{what} belong to the {task} task only")))
        };
        if self.positive.is_some() && self.task != Task::Binary {
            return refuse("positive classes", "binary");
        }
        if self.classes.is_some() && self.task != Task::Multiclass {
            return refuse("classes given by name", "multiclass");
        }
        if self.threshold.is_some() && self.task == Task::Multiclass {
            return refuse("thresholds", "binary and the multilabel");
        }
        match self.threshold {
            Some(got) if !got.is_finite() => {
                Err(Error::Setting { what: "threshold", got, expected: "a finite number" })
            }
            _ => Ok(()),
        }
    }
}

/// The records of a file with the weight of each.
struct Rows<'a> {
    table: Table<'a>,
    weights: Option<usize>,
    read: usize,
}

impl<'a> Rows<'a> {
    fn next(&mut self) -> Result<Option<(Record<'a>, f64)>, Error> {
        let Some(record) = self.table.next()? else {
            return if self.read > 0 {
                Ok(None)
            } else {
                Err(Error::Table("no records".to_owned()))
            };
        };
        self.read += 1;
        let weight = self.weights.map_or(Ok(1.0), |column| record.weight(&self.table, column))?;
        Ok(Some((record, weight)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Counts, accuracy};

    fn read(text: &str, options: &ReadOptions) -> Result<Examples, String> {
        let format = if text.starts_with('{') { TableFormat::JsonLines } else { TableFormat::Csv };
        Examples::read(text.as_bytes(), format, options).map_err(|error| error.to_string())
    }

    fn options(task: Task) -> ReadOptions {
        ReadOptions::new(task)
    }

    #[test]
    fn a_binary_file_may_hold_predictions_scores_or_both() {
        let counts = |text: &str, options: &ReadOptions| match read(text, options).unwrap().known {
            Known::Binary(matrix, scores) => (matrix.counts(1), scores.map(|scores| scores.len())),
            other => panic!("{other:?}"),
        };
        let plain = options(Task::Binary);
        let all = Counts { tp: 1.0, fp: 1.0, fn_: 0.0, tn: 1.0 };
        assert_eq!(counts("label,prediction\n1,1\n0,1\n0,0\n", &plain), (all, None));
        assert_eq!(counts("score,label\n0.5,1\n0.9,0\n0.4,0\n", &plain), (all, Some(3)));
        let both = "label,prediction,score\n1,0,0.8\n0,0,0.2\n";
        let missed = Counts { tp: 0.0, fp: 0.0, fn_: 1.0, tn: 1.0 };
        assert_eq!(counts(both, &plain), (missed, Some(2)));
        let found = Counts { tp: 1.0, fp: 0.0, fn_: 0.0, tn: 1.0 };
        let threshold = ReadOptions { threshold: Some(0.3), ..options(Task::Binary) };
        assert_eq!(counts(both, &threshold), (found, Some(2)));
        let named = ReadOptions { positive: Some("dog".to_owned()), ..options(Task::Binary) };
        assert_eq!(counts("label,prediction\ndog,dog\ncat,cat\n", &named), (found, None));
        let weighted = ReadOptions { weights: Some("w".to_owned()), ..options(Task::Binary) };
        let doubled = Counts { tp: 2.0, fp: 0.0, fn_: 0.0, tn: 0.5 };
        let text = "{\"label\":true,\"prediction\":true,\"w\":2}\n{\"label\":false,\"prediction\":false,\"w\":0.5}";
        assert_eq!(counts(text, &weighted), (doubled, None));
    }

    #[test]
    fn the_negative_class_has_its_own_name_or_none() {
        let classes = |text: &str| read(text, &options(Task::Binary)).unwrap().classes;
        assert_eq!(classes("label,prediction\ntrue,false\n"), ["false", "true"]);
        assert_eq!(classes("label,prediction\n1,1\n"), ["not 1", "1"]);
        assert_eq!(classes("label,prediction\n0,0\n"), ["0", "1"]);
    }

    #[test]
    fn a_multiclass_file_says_its_classes_in_one_of_three_ways() {
        let plain = options(Task::Multiclass);
        let sorted = read("label,prediction\n10,9\n9,2\n", &plain).unwrap();
        assert_eq!(sorted.classes, ["2", "9", "10"]);
        let words = read("label,prediction\nb,a\nB,10\n", &plain).unwrap();
        assert_eq!(words.classes, ["10", "B", "a", "b"]);
        let scored = read("label,score_b,score_a\na,0.5,0.5\nb,0.2,0.8\n", &plain).unwrap();
        assert_eq!(scored.classes, ["b", "a"]);
        let Known::Multiclass(matrix, Some(scores)) = scored.known else { panic!("scored") };
        assert_eq!((matrix.count(1, 0), matrix.count(0, 1), scores.len()), (1.0, 1.0, 2));
        let given = ["c", "b", "a"].map(str::to_owned).to_vec();
        let given = ReadOptions { classes: Some(given), ..plain };
        let read = read("label,prediction\na,a\n", &given).unwrap();
        let Known::Multiclass(matrix, None) = read.known else { panic!("not scored") };
        assert_eq!((matrix.count(2, 2), accuracy(&matrix)), (1.0, Some(1.0)));
    }

    #[test]
    fn a_multilabel_file_has_a_column_per_label_whatever_their_order() {
        let text = "label_a,score_b,label_b,score_a\n1,0.9,0,0.4\n0,0.2,1,0.6\n";
        let read = read(text, &options(Task::Multilabel)).unwrap();
        assert_eq!(read.classes, ["a", "b"]);
        let Known::Multilabel(predictions, Some(scores)) = read.known else { panic!("scored") };
        assert_eq!(predictions.hamming_loss(), Some(1.0));
        assert_eq!(scores.label(0).thresholds().roc_auc(), Some(0.0));
    }

    #[test]
    fn what_does_not_fit_is_named_with_its_place() {
        let (binary, multiclass, multilabel) =
            (options(Task::Binary), options(Task::Multiclass), options(Task::Multilabel));
        let positive = ReadOptions { positive: Some("x".to_owned()), ..options(Task::Binary) };
        let weights = ReadOptions { weights: Some("w".to_owned()), ..options(Task::Binary) };
        let classes =
            ReadOptions { classes: Some(vec!["a".to_owned()]), ..options(Task::Multiclass) };
        for (text, options, error) in [
            ("label,prediction\n", &binary, "no records"),
            ("prediction\n1\n", &binary, "no column `label`; the columns are `prediction`"),
            ("label\n1\n", &binary, "no column `prediction` or `score`"),
            (
                "label,score\n1,nan\n",
                &binary,
                "record 1 (line 2), field `score`: got `nan`; expected a finite number",
            ),
            ("label,score\n1,-inf\n", &binary, "field `score`: got `-inf`"),
            (
                "label,score\n1,0.1\n,0.2\n",
                &binary,
                "record 2 (line 3), field `label`: got ``; expected",
            ),
            (
                "label,prediction\na,b\n",
                &binary,
                "the classes are `a` and `b`; say which of them is the positive one",
            ),
            (
                "label,prediction\na,b\nb,c\n",
                &binary,
                "record 2 (line 3), field `prediction`: got `c`; expected `a` or `b`",
            ),
            (
                "label,prediction\na,b\n",
                &positive,
                "the classes are `a` and `b`, none of them the positive `x`",
            ),
            ("label,prediction\n1,1\n", &weights, "no column `w`"),
            (
                "label,prediction,w\n1,1,-2\n",
                &weights,
                "field `w`: got `-2`; expected 0, or a number from 1e-60 to 1e60",
            ),
            (
                "label,score_a\nb,0.5\n",
                &multiclass,
                "field `label`: got `b`; expected one of the classes `a`",
            ),
            (
                "label,prediction\na,b\n",
                &classes,
                "field `prediction`: got `b`; expected one of the classes `a`",
            ),
            (
                "label,score_b\na,1\n",
                &classes,
                "the columns `score_CLASS` name the classes `b`; expected `a`",
            ),
            (
                "{\"label\": 1, \"prediction\": null}",
                &multiclass,
                "field `prediction`: got nothing",
            ),
            (
                "{\"label\": [1], \"prediction\": 1}",
                &multiclass,
                "field `label`: got a list or an object",
            ),
            ("score_a\n0.5\n", &multilabel, "no column `label_NAME`"),
            ("label_a,label_b\n0,1\n", &multilabel, "no columns `prediction_NAME` or `score_NAME`"),
            ("label_a,label_b,score_b\n0,1,1\n", &multilabel, "no column `score_a`"),
            ("label_a,prediction_a,prediction_c\n0,1,1\n", &multilabel, "no column `label_c`"),
            (
                "label_a,prediction_a\n0,1\n2,1\n",
                &multilabel,
                "record 2 (line 3), field `label_a`: got `2`; expected 0, 1, false or true",
            ),
        ] {
            let got = read(text, options).unwrap_err();
            assert!(got.contains(error), "{text:?}: {got}");
        }
    }

    #[test]
    fn options_without_effect_are_refused() {
        for (task, positive, classes, threshold) in [
            (Task::Multiclass, Some("a"), false, None),
            (Task::Binary, None, true, None),
            (Task::Multiclass, None, false, Some(0.5)),
            (Task::Binary, None, false, Some(f64::NAN)),
        ] {
            let options = ReadOptions {
                positive: positive.map(str::to_owned),
                classes: classes.then(Vec::new),
                threshold,
                ..options(task)
            };
            assert!(read("label,prediction,score\n1,1,1\n", &options).is_err());
        }
        let threshold = ReadOptions { threshold: Some(0.5), ..options(Task::Binary) };
        let error = read("label,prediction\n1,1\n", &threshold).unwrap_err();
        assert!(error.contains("no column `score`"), "{error}");
    }

    #[test]
    fn a_column_of_numbers_taken_for_classes_costs_no_memory() {
        let records: Vec<String> = (0..3_000).map(|i| format!("{i},{i}\n")).collect();
        let text = format!("label,prediction\n{}", records.concat());
        let error = read(&text, &options(Task::Multiclass)).unwrap_err();
        assert!(error.contains("3000 classes in 3000 records"), "{error}");
    }
}
