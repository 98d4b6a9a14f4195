//! The few numbers that say what values are like.

use cenote_tensor::Scalar;

/// Extremes and mean of values, and how many are no numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Statistics {
    pub(super) count: usize,
    pub(super) not_finite: usize,
    /// Smallest, mean and largest of the finite values, where there are any.
    finite: Option<[f64; 3]>,
}

impl Statistics {
    pub(super) fn of(values: &[Scalar]) -> Self {
        let finite = || values.iter().map(|&x| f64::from(x)).filter(|x| x.is_finite());
        let count = finite().count();
        let extremes =
            [finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max)];
        let mean = finite().sum::<f64>() / count as f64;
        Self {
            count: values.len(),
            not_finite: values.len() - count,
            finite: (count > 0).then_some([extremes[0], mean, extremes[1]]),
        }
    }

    fn shown(&self, which: usize) -> String {
        self.finite.map_or_else(|| "–".to_owned(), |finite| format!("{:.4}", finite[which]))
    }

    pub(super) fn lowest(&self) -> String {
        self.shown(0)
    }

    pub(super) fn mean(&self) -> String {
        self.shown(1)
    }

    pub(super) fn highest(&self) -> String {
        self.shown(2)
    }

    /// All of it in one line.
    pub(super) fn words(&self) -> String {
        let mut words = match self.finite {
            Some([low, mean, high]) => format!("{low:.6} to {high:.6}, mean {mean:.6}"),
            None if self.count == 0 => "no values".to_owned(),
            None => "no finite values".to_owned(),
        };
        if self.not_finite > 0 {
            words = format!("{words}, {} not finite", self.not_finite);
        }
        words
    }

    /// All of it as JSON; `null` where there is no finite value.
    pub(super) fn json(&self) -> serde_json::Value {
        let part = |which: usize| self.finite.map(|finite| finite[which]);
        serde_json::json!({
            "min": part(0), "mean": part(1), "max": part(2), "not_finite": self.not_finite,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_no_numbers_are_counted_and_left_out() {
        let statistics = Statistics::of(&[1.0, Scalar::NAN, -2.0, Scalar::INFINITY, 4.0]);
        assert_eq!(statistics.words(), "-2.000000 to 4.000000, mean 1.000000, 2 not finite");
        assert_eq!(Statistics::of(&[]).words(), "no values");
        assert_eq!(Statistics::of(&[Scalar::NAN]).words(), "no finite values, 1 not finite");
        assert_eq!(Statistics::of(&[]).json()["mean"], serde_json::Value::Null);
    }
}
