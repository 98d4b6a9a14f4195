//! One number from the scores of several classes.

use crate::Counts;
use crate::counts::Amount;

/// How classes are weighed against each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Average {
    /// Every class counts the same.
    Macro,
    /// Every decision counts the same: the counts are added up and scored once.
    Micro,
    /// A class counts by its number of examples, `tp + fn`.
    Weighted,
}

/// What an undefined score counts as where scores are averaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undefined {
    /// As 0, what scikit-learn does unless told otherwise.
    Zero,
    /// As 1.
    One,
    /// Not at all; the average is undefined when nothing is left.
    Skip,
    /// The average is undefined too.
    Propagate,
}

impl Undefined {
    /// The number that stands for an undefined score, if one does.
    pub fn value(self) -> Option<f64> {
        match self {
            Self::Zero => Some(0.0),
            Self::One => Some(1.0),
            Self::Skip | Self::Propagate => None,
        }
    }
}

/// Averages `score` over the classes, given the counts of each.
///
/// ```text
/// macro     Σ s(c) / C
/// micro     s(Σ c)
/// weighted  Σ n(c) s(c) / Σ n(c)          n = tp + fn
/// ```
///
/// Where no class has any example, the weighted mean is the plain one, as in scikit-learn.
/// `None` when no class is left to average.
pub fn average<T: Amount>(
    per_class: &[Counts<T>],
    average: Average,
    undefined: Undefined,
    score: impl Fn(Counts<T>) -> Option<f64>,
) -> Option<f64> {
    let scored = per_class.iter().map(|&counts| (score(counts), counts));
    match average {
        Average::Micro => score(per_class.iter().copied().sum()).or(undefined.value()),
        Average::Macro => mean_score(scored.map(|(score, _)| (score, 1.0)), undefined),
        Average::Weighted => {
            mean_score(scored.map(|(score, c)| (score, c.support().as_f64())), undefined)
        }
    }
}

/// Mean of `(score, weight)` pairs, undefined scores counting as `undefined` says.
///
/// ```text
/// Σ w s / Σ w          the plain mean if every weight is 0
/// ```
///
/// A score of weight 0 does not matter, not even an undefined one, unless no score has any.
/// `None` when nothing is left to average.
pub fn mean_score(
    scores: impl IntoIterator<Item = (Option<f64>, f64)>,
    undefined: Undefined,
) -> Option<f64> {
    let mut weighted = Mean::default();
    let mut plain = Mean::default();
    for (score, weight) in scores {
        let score = score.or(undefined.value());
        plain.add(score, 1.0);
        if weight > 0.0 {
            weighted.add(score, weight);
        }
    }
    let mean = if weighted.weight + weighted.missing > 0.0 { weighted } else { plain };
    if mean.missing > 0.0 && undefined == Undefined::Propagate {
        return None;
    }
    // Every score that was left out was the only one of weight: the others may still speak.
    let mean = if mean.weight > 0.0 { mean } else { plain };
    (mean.weight > 0.0).then(|| mean.sum / mean.weight)
}

/// A weighted mean that grows.
#[derive(Clone, Copy, Default)]
struct Mean {
    sum: f64,
    weight: f64,
    /// Weight of what was undefined.
    missing: f64,
}

impl Mean {
    fn add(&mut self, score: Option<f64>, weight: f64) {
        match score {
            Some(score) => {
                self.sum += weight * score;
                self.weight += weight;
            }
            None => self.missing += weight,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::precision;

    /// Precision 1/2 with 3 examples, 1 with 1 example, undefined with 4 examples.
    const CLASSES: [Counts; 3] = [
        Counts { tp: 2, fp: 2, fn_: 1, tn: 3 },
        Counts { tp: 1, fp: 0, fn_: 0, tn: 7 },
        Counts { tp: 0, fp: 0, fn_: 4, tn: 4 },
    ];

    #[test]
    fn averages_of_a_worked_example() {
        let by = |how, undefined| average(&CLASSES, how, undefined, precision);
        assert_eq!(by(Average::Macro, Undefined::Zero), Some(0.5));
        assert_eq!(by(Average::Macro, Undefined::One), Some(2.5 / 3.0));
        assert_eq!(by(Average::Macro, Undefined::Skip), Some(0.75));
        assert_eq!(by(Average::Macro, Undefined::Propagate), None);
        assert_eq!(by(Average::Weighted, Undefined::Zero), Some(2.5 / 8.0));
        assert_eq!(by(Average::Weighted, Undefined::Skip), Some(2.5 / 4.0));
        assert_eq!(by(Average::Micro, Undefined::Propagate), Some(3.0 / 5.0));
    }

    #[test]
    fn nothing_left_to_average_is_undefined() {
        assert_eq!(average(&CLASSES[2..], Average::Macro, Undefined::Skip, precision), None);
        assert_eq!(average(&CLASSES[2..], Average::Micro, Undefined::Skip, precision), None);
        assert_eq!(average(&CLASSES[2..], Average::Micro, Undefined::Zero, precision), Some(0.0));
        assert_eq!(average(&CLASSES[..0], Average::Macro, Undefined::Zero, precision), None);
    }

    #[test]
    fn classes_without_examples_matter_only_among_themselves() {
        let alone = |precision| (precision, 0.0);
        let by = |scores: &[_], how| mean_score(scores.iter().copied(), how);
        let mixed = [alone(None), (Some(0.5), 2.0), alone(Some(1.0))];
        assert_eq!(by(&mixed, Undefined::Propagate), Some(0.5));
        let unsupported = [alone(Some(1.0)), alone(None)];
        assert_eq!(by(&unsupported, Undefined::Zero), Some(0.5));
        assert_eq!(by(&unsupported, Undefined::Skip), Some(1.0));
        assert_eq!(by(&unsupported, Undefined::Propagate), None);
    }
}
