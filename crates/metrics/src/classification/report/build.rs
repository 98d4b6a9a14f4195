//! From examples to a report.

use super::average::{over_classes, over_examples};
use super::classes::{COUNT_SCORES, Class, RANK_SCORES};
use super::overall::Overall;
use super::{ClassificationReport, ReportOptions};
use crate::classification::{MulticlassScores, MultilabelScores, Thresholds};
use crate::table::short;
use crate::{BinaryScores, ConfusionMatrix, Error, Examples, Known};

impl ClassificationReport {
    /// Computes every score that the examples allow.
    ///
    /// # Errors
    ///
    /// When an option is out of its range or names a class that there is not, or when a score is undefined and that was
    /// to be an error.
    pub fn of(examples: &Examples, options: &ReportOptions) -> Result<Self, Error> {
        if options.beta.is_nan() || options.beta < 0.0 {
            return Err(Error::Setting { what: "beta", got: options.beta, expected: "0 or more" });
        }
        let shown = shown(examples, options)?;
        let mut overall = Overall::default();
        let weight;
        let (mut pooled, mut confusion, mut samples) = (None, None, None);
        let (task, classes) = match &examples.known {
            Known::Binary(matrix, scores) => {
                weight = matrix.total();
                overall.matrix(matrix);
                overall.positive(matrix.counts(1), options.beta);
                let mut classes = counted(&examples.classes, matrix, &shown)?;
                if let Some(scores) = scores {
                    overall.binary(scores, options)?;
                    let yes = shown.iter().position(|&class| class == 1);
                    if let Some(at) = yes {
                        classes[at].ranked = Some(scores.thresholds());
                    }
                }
                confusion = Some(matrix.part(&shown)?);
                ("binary", classes)
            }
            Known::Multiclass(matrix, scores) => {
                weight = matrix.total();
                overall.matrix(matrix);
                let mut classes = counted(&examples.classes, matrix, &shown)?;
                if let Some(scores) = scores {
                    overall.multiclass(scores, options)?;
                    for (class, &number) in classes.iter_mut().zip(&shown) {
                        class.ranked = Some(scores.one_vs_rest(number).into_thresholds());
                    }
                    pooled = Some(pool_classes(scores, &shown));
                }
                confusion = Some(matrix.part(&shown)?);
                ("multiclass", classes)
            }
            Known::Multilabel(predictions, scores) => {
                weight = predictions.total();
                overall.multilabel(predictions, scores.as_ref());
                let counts = predictions.per_label();
                let class = |&number: &usize| Class {
                    name: examples.classes[number].clone(),
                    counts: counts[number],
                    ranked: scores.as_ref().map(|scores| scores.label(number).into_thresholds()),
                };
                if let Some(scores) = scores {
                    let pairs = pool_labels(scores, &shown);
                    overall.calibrated(&pairs, options)?;
                    pooled = Some(pairs.into_thresholds());
                }
                let part = predictions.part(&shown)?;
                let ranked = scores.as_ref().map(|scores| scores.part(&shown)).transpose()?;
                samples =
                    Some(over_examples(&part, ranked.as_ref(), options.beta, options.undefined)?);
                ("multilabel", shown.iter().map(class).collect())
            }
        };
        let mut averages =
            over_classes(&classes, pooled.as_ref(), options.beta, options.undefined)?;
        averages.extend(samples.map(|means| ("samples", means)));
        let mut undefined = missing(&classes, options.beta);
        undefined.append(&mut overall.undefined);
        let per_class = classes.iter().map(|class| class.report(options.beta));
        Ok(Self {
            task,
            examples: examples.examples,
            weight,
            classes: classes.iter().map(|class| class.name.clone()).collect(),
            beta: options.beta,
            scores: overall.scores,
            averages,
            per_class: per_class.collect::<Result<_, _>>()?,
            confusion_matrix: confusion.map(|matrix| matrix.rows().map(<[f64]>::to_vec).collect()),
            calibration: overall.calibration,
            undefined,
        })
    }
}

/// The numbers of the classes to report.
fn shown(examples: &Examples, options: &ReportOptions) -> Result<Vec<usize>, Error> {
    let all = &examples.classes;
    let Some(names) = &options.labels else { return Ok((0..all.len()).collect()) };
    if let Some(twice) = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
        let name = short(twice.1);
        return Err(Error::Options(format!("label `{name}` is given twice; expected each once")));
    }
    let number = |name: &String| {
        all.iter().position(|class| class == name).ok_or_else(|| {
            let there: Vec<String> =
                all.iter().take(12).map(|name| format!("`{}`", short(name))).collect();
            Error::Options(format!(
                "no class `{}`; the classes are {}",
                short(name),
                there.join(", ")
            ))
        })
    };
    names.iter().map(number).collect()
}

fn counted(
    names: &[String],
    matrix: &ConfusionMatrix<f64>,
    shown: &[usize],
) -> Result<Vec<Class>, Error> {
    let counts = matrix.counts_of(shown)?;
    let class = |(&number, counts): (&usize, _)| Class {
        name: names[number].clone(),
        counts,
        ranked: None,
    };
    Ok(shown.iter().zip(counts).map(class).collect())
}

/// All pairs of example and class that are reported, as one question.
fn pool_classes(scores: &MulticlassScores, shown: &[usize]) -> Thresholds {
    let mut pooled = BinaryScores::new();
    for &class in shown {
        pooled.merge(&scores.one_vs_rest(class));
    }
    pooled.into_thresholds()
}

/// All pairs of example and label that are reported, as one question.
fn pool_labels(scores: &MultilabelScores, shown: &[usize]) -> BinaryScores {
    let mut pooled = BinaryScores::new();
    for &label in shown {
        pooled.merge(&scores.label(label));
    }
    pooled
}

/// Which scores of which classes are undefined, and why.
fn missing(classes: &[Class], beta: f64) -> Vec<String> {
    let mut words = Vec::new();
    for class in classes {
        let name = short(&class.name);
        for score in COUNT_SCORES.iter().filter(|score| (score.score)(class.counts, beta).is_none())
        {
            words.push(format!("{} of class `{name}`: {}", score.name, score.why));
        }
        let Some(ranked) = &class.ranked else { continue };
        for score in RANK_SCORES.iter().filter(|score| (score.score)(ranked).is_none()) {
            words.push(format!("{} of class `{name}`: {}", score.name, score.why));
        }
    }
    words
}
