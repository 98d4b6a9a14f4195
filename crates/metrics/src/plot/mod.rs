//! Plots of scores as SVG text: whoever has numbers gets a picture, without a file being touched.
//!
//! Every plot follows the page's light or dark scheme and carries a description for those who do not see it.
//! Values that are not finite are left out; names are escaped and cut where they would not fit.

mod bars;
mod canvas;
mod confusion;
mod curves;
mod frame;
mod reliability;

pub use bars::{Bar, bars_plot};
pub use confusion::confusion_plot;
pub use curves::{Curve, precision_recall_plot, roc_plot};
pub use reliability::{ReliabilityBin, reliability_plot};

/// The most series, rows or bars of one plot; what comes after them is counted in its last line.
const MOST: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each plot, with everything that could break it.
    fn plots() -> Vec<(&'static str, String)> {
        let evil = "a<b>&\"c\u{0}";
        let points = [(0.0, 1.0), (0.5, f64::NAN), (0.5, 0.75), (f64::INFINITY, 0.1), (1.0, 0.4)];
        let curves = vec![Curve { name: evil, points: &points }; 30];
        let bin = |low, high, weight, confidence, accuracy| ReliabilityBin {
            low,
            high,
            weight,
            confidence,
            accuracy,
        };
        let bins = [bin(0.0, 0.5, 3.0, Some(0.4), Some(0.3)), bin(0.5, 1.0, 0.0, None, None)];
        let bars = [
            Bar { name: evil, value: 0.12, note: "12 of 100" },
            Bar { name: "none", value: f64::NAN, note: "" },
        ];
        let names = vec![evil; 3];
        vec![
            ("precision-recall", precision_recall_plot(evil, &curves)),
            ("roc", roc_plot(evil, &curves)),
            ("confusion", confusion_plot(evil, &names, &[5.0, 1.0, 0.0, 0.0, 9.0, 1.5, f64::NAN])),
            ("reliability", reliability_plot(evil, &bins)),
            ("bars", bars_plot(evil, "AP points lost", &bars)),
            ("no curve", precision_recall_plot("none", &[])),
            ("no class", confusion_plot("none", &[], &[])),
            ("no bin", reliability_plot("none", &[])),
            ("no bar", bars_plot("none", "", &[])),
        ]
    }

    #[test]
    fn every_plot_is_whole_and_no_name_breaks_out_of_it() {
        for (name, svg) in plots() {
            assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{name}");
            assert!(svg.contains("<title id=\"title\">") && svg.contains("<desc id=\"desc\">"));
            assert!(!svg.contains("a<b>") && !svg.contains('\u{0}'), "{name}");
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{name}: {svg}");
            let opened = svg.matches('<').count();
            assert_eq!(opened, svg.matches('>').count(), "{name}");
            let closed = svg.matches("</").count() + svg.matches("/>").count();
            assert_eq!(opened, closed + svg.matches("</").count(), "{name}: every element ends");
        }
    }

    #[test]
    fn more_curves_than_can_be_told_apart_are_counted_in_words() {
        let points = [(0.0, 1.0), (1.0, 0.5)];
        let curves = vec![Curve { name: "c", points: &points }; MOST + 6];
        let svg = precision_recall_plot("many", &curves);
        assert_eq!(svg.matches("<polyline").count(), 2 * MOST, "each with its mark in the legend");
        assert!(svg.contains("and 6 more"), "{svg}");
    }

    #[test]
    fn the_same_data_give_the_same_text() {
        assert_eq!(plots(), plots());
    }
}
