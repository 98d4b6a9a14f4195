//! Results as a few lines of text, for people; the same results are JSON by `serde`.

use std::fmt;

use super::{
    Bootstrap, Comparison, Difference, Estimate, Interval, Mistake, Tide, VocResult, Warning,
};

/// A number with three decimals, or a dash where it is undefined.
struct Number(Option<f64>);

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(number) => f.pad(&format!("{number:.3}")),
            None => f.pad("–"),
        }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{:.3}, {:.3}]", self.low, self.high)
    }
}

impl fmt::Display for Estimate {
    /// The value and its BCa interval, or its percentile interval where there is no other.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Number(self.value))?;
        match (self.bca, self.percentile) {
            (Some(interval), _) => write!(f, " {interval}"),
            (None, Some(interval)) => write!(f, " {interval} (percentile)"),
            (None, None) => Ok(()),
        }
    }
}

impl fmt::Display for Bootstrap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plan = self.resampling;
        let (percent, count, seed) = (100.0 * plan.level, plan.replicates, plan.seed);
        writeln!(f, "{percent} % intervals over images, {count} replicates, seed {seed}")?;
        for (name, estimate) in &self.summary {
            writeln!(f, "{name:<8} {estimate}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (one, other) = (Number(self.one), Number(self.other));
        write!(f, "{one} → {other}  difference {}", Number(self.difference))?;
        if let Some(interval) = self.interval {
            write!(f, " {interval}")?;
        }
        if let Some(p) = self.p_holm.or(self.p_value) {
            let which = if self.p_holm.is_some() { " (Holm)" } else { "" };
            write!(f, "  p = {p:.4}{which}")?;
        }
        match self.detectable {
            Some(detectable) => write!(f, "  detectable {detectable:.3}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plan = self.resampling;
        let (percent, count, seed) = (100.0 * plan.level, plan.replicates, plan.seed);
        writeln!(
            f,
            "paired over images: {percent} % intervals, {count} replicates and swaps, seed {seed}"
        )?;
        for (name, difference) in &self.summary {
            writeln!(f, "{name:<8} {difference}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Tide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ap = self.ap.map_or("–".to_owned(), |ap| format!("{ap:.2}"));
        writeln!(
            f,
            "TIDE: AP at an overlap of {} is {ap} points; mending gains",
            self.rule.foreground
        )?;
        for kind in Mistake::ALL {
            let (gain, count) = (self.delta_ap[kind.name()], self.counts[kind.name()]);
            writeln!(f, "{:<8} {gain:>6.2}  {count:>7} times  {}", kind.name(), kind.about())?;
        }
        writeln!(f, "FalsePos {:>6.2}  all that was wrongly found", self.false_positives)?;
        writeln!(f, "FalseNeg {:>6.2}  all that was not found", self.false_negatives)
    }
}

impl fmt::Display for VocResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "mAP {}", Number(self.map))?;
        for (name, class) in &self.classes {
            let ap = Number(class.ap);
            let (objects, hits, misses) = (class.objects, class.hits, class.misses);
            writeln!(f, "{name:<20} {ap:>5}  {objects} objects, {hits} hits, {misses} misses")?;
        }
        Ok(())
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "warning ({}, {}): {}", self.kind, self.count, self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_says_which_interval_it_shows() {
        let interval = Some(Interval { low: 0.1, high: 0.35 });
        let mut estimate = Estimate {
            value: Some(0.25),
            standard_error: Some(0.1),
            percentile: interval,
            bca: Some(Interval { low: 0.125, high: 0.375 }),
            replicates: 9,
        };
        assert_eq!(estimate.to_string(), "0.250 [0.125, 0.375]");
        estimate.bca = None;
        assert_eq!(estimate.to_string(), "0.250 [0.100, 0.350] (percentile)");
        assert_eq!(Estimate::new(None, &[], &[], 0.95).to_string(), "–");
    }

    #[test]
    fn a_difference_reads_like_a_sentence() {
        let difference = Difference {
            one: Some(0.4),
            other: Some(0.45),
            difference: Some(0.05),
            interval: Some(Interval { low: 0.01, high: 0.09 }),
            standard_error: Some(0.02),
            detectable: Some(0.056),
            p_value: Some(0.012),
            p_holm: Some(0.024),
        };
        assert_eq!(
            difference.to_string(),
            "0.400 → 0.450  difference 0.050 [0.010, 0.090]  p = 0.0240 (Holm)  detectable 0.056"
        );
    }
}
