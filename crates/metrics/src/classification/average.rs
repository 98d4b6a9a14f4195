//! One number from the scores of several classes.

use crate::Counts;

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

/// What an undefined score counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undefined {
    /// As 0, the usual choice.
    Zero,
    /// As 1.
    One,
    /// Not at all; the average is undefined when nothing is left.
    Skip,
    /// The average is undefined too.
    Propagate,
}

impl Undefined {
    fn value(self) -> Option<f64> {
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
/// `None` when no class is left to average, or when the classes that are left have no weight.
pub fn average(
    per_class: &[Counts],
    average: Average,
    undefined: Undefined,
    score: impl Fn(Counts) -> Option<f64>,
) -> Option<f64> {
    let weight = |counts: &Counts| match average {
        Average::Weighted => counts.support() as f64,
        Average::Macro | Average::Micro => 1.0,
    };
    if average == Average::Micro {
        return score(per_class.iter().copied().sum()).or(undefined.value());
    }
    let (mut sum, mut weights) = (0.0, 0.0);
    for counts in per_class {
        match score(*counts).or(undefined.value()) {
            Some(score) => {
                sum += weight(counts) * score;
                weights += weight(counts);
            }
            None if undefined == Undefined::Skip => {}
            None => return None,
        }
    }
    (weights > 0.0).then(|| sum / weights)
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
        assert_eq!(average(&[], Average::Macro, Undefined::Zero, precision), None);
        let unsupported = [Counts { tp: 0, fp: 3, fn_: 0, tn: 1 }];
        assert_eq!(average(&unsupported, Average::Weighted, Undefined::Zero, precision), None);
    }
}
