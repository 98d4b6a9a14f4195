//! How often what was said with a confidence came true.

use serde::Serialize;

use super::canvas::{Anchor, Look, short};
use super::frame::{Frame, at};

/// The examples whose confidence lies in one interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ReliabilityBin {
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Examples in it, or the sum of their weights.
    pub weight: f64,
    /// Their mean confidence; `None` without examples.
    pub confidence: Option<f64>,
    /// The share of them that came true; `None` without examples.
    pub accuracy: Option<f64>,
}

/// A reliability diagram as an SVG document: accuracy over confidence, and the diagonal of perfect calibration.
///
/// The area of a dot grows with the weight of its bin; the gap to the diagonal is the calibration error of the bin.
/// After DeGroot and Fienberg (1983), doi:10.2307/2987588.
///
/// ```
/// use cenote_metrics::{ReliabilityBin, reliability_plot};
///
/// let bin = ReliabilityBin {
///     low: 0.8, high: 0.9, weight: 40.0, confidence: Some(0.86), accuracy: Some(0.8),
/// };
/// assert!(reliability_plot("digits", &[bin]).contains("confidence"));
/// ```
pub fn reliability_plot(title: &str, bins: &[ReliabilityBin]) -> String {
    let about = "Share that came true over mean confidence, one bar per bin.";
    let mut frame = Frame::new(title, about, ["confidence", "accuracy"], "perfect calibration");
    let largest = bins.iter().map(|bin| bin.weight).filter(|w| w.is_finite()).fold(0.0, f64::max);
    for bin in bins {
        let (Some(confidence), Some(accuracy)) = (bin.confidence, bin.accuracy) else { continue };
        if ![bin.low, bin.high, bin.weight, confidence, accuracy].iter().all(|v| v.is_finite()) {
            continue;
        }
        frame.canvas.rect(at((bin.low, 0.0)), at((bin.high, accuracy)), 0.18, Look::Series(0));
        frame.canvas.line(
            at((confidence, accuracy)),
            at((confidence, confidence)),
            2.0,
            Look::Series(1),
        );
        let share = if largest > 0.0 { (bin.weight / largest).clamp(0.0, 1.0) } else { 0.0 };
        frame.canvas.dot(at((confidence, accuracy)), 2.0 + 4.0 * share.sqrt(), Look::Series(0));
        let (x, y) = at((f64::midpoint(bin.low, bin.high), 0.0));
        // Bins narrower than their counts would print them over each other.
        if bins.len() <= 12 {
            frame.canvas.text((x, y - 4.0), Anchor::Middle, Look::Dim, &short(bin.weight));
        }
    }
    frame.canvas.line(at((0.0, 0.0)), at((1.0, 1.0)), 1.0, Look::Reference);
    frame.legend(0, Some(0), "bins");
    frame.legend(1, Some(1), "gap");
    frame.canvas.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bin_without_examples_draws_nothing() {
        let empty =
            ReliabilityBin { low: 0.0, high: 0.5, weight: 0.0, confidence: None, accuracy: None };
        let full =
            ReliabilityBin { weight: 2.0, confidence: Some(0.4), accuracy: Some(1.0), ..empty };
        assert_eq!(reliability_plot("", &[empty]), reliability_plot("", &[]));
        assert_eq!(reliability_plot("", &[empty, full]).matches("<circle").count(), 1);
    }
}
