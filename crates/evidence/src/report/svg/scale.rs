//! From values to positions, and the round numbers to mark on the way.

/// A linear axis from values to pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    start: f64,
    end: f64,
}

impl Scale {
    /// An axis that shows every value with some room around, from pixel `start` to pixel `end`.
    ///
    /// Without values it runs from zero to one.
    pub(super) fn around(values: impl IntoIterator<Item = f64>, start: f64, end: f64) -> Self {
        let (low, high) = values
            .into_iter()
            .filter(|value| value.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        let (low, high) = if low > high { (0.0, 1.0) } else { (low, high) };
        let room = if high > low { 0.06 * (high - low) } else { low.abs().max(1e-3) * 0.05 };
        Self { low: low - room, high: high + room, start, end }
    }

    /// The pixel of a value.
    pub(super) fn at(&self, value: f64) -> f64 {
        self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)
    }

    /// Round values to mark, about five of them, with the decimals they need.
    pub(super) fn ticks(&self) -> (Vec<f64>, usize) {
        let span = self.high - self.low;
        let power = (span / 5.0).log10().floor();
        let unit = 10f64.powf(power);
        let step = [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .map(|factor| factor * unit)
            .find(|step| span / step <= 6.0)
            .unwrap_or(10.0 * unit);
        let (first, last) = ((self.low / step).ceil() as i64, (self.high / step).floor() as i64);
        let decimals = (-step.log10().floor()).max(0.0) as usize;
        ((first..=last).map(|i| i as f64 * step).collect(), decimals)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ticks_are_round() {
        let (ticks, decimals) = Scale::around([86.1, 88.4], 0.0, 100.0).ticks();
        assert_eq!((ticks, decimals), (vec![86.0, 86.5, 87.0, 87.5, 88.0, 88.5], 1));
    }

    #[test]
    fn one_value_or_none_still_has_an_axis() {
        assert!((Scale::around([5.0], 0.0, 10.0).at(5.0) - 5.0).abs() < 1e-9);
        assert!(Scale::around([], 0.0, 10.0).at(0.5).is_finite());
    }

    proptest! {
        #[test]
        fn there_are_a_few_ticks_and_all_are_on_the_axis(low in -1e6f64..1e6, span in 1e-6f64..1e6) {
            let scale = Scale::around([low, low + span], 0.0, 500.0);
            let (ticks, _) = scale.ticks();
            prop_assert!((2..=7).contains(&ticks.len()), "{ticks:?}");
            prop_assert!(ticks.iter().all(|&t| (-1e-6..=500.0 + 1e-6).contains(&scale.at(t))));
        }
    }
}
