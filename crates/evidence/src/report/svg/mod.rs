//! Plots as hand-written SVG: one file per plot, no fonts or scripts from outside.
//!
//! Every plot says in words what it shows (`title`, `desc`), every mark says its value, and all
//! read on a light and a dark page. Coordinates have one decimal, so the same analysis gives the
//! same bytes. A plot is drawn for a page or, narrower and with its words above its marks, for a
//! phone: text keeps its size on both.

mod accuracy;
mod canvas;
mod cost;
mod curves;
mod differences;
mod field;
mod interval;
mod label;
mod layers;
mod legend;
mod lines;
mod measured;
mod rows;
mod scale;
mod severity;
mod similarity;

pub(super) use canvas::{Canvas, escape, style};
pub(super) use interval::{Shown, interval_bar};
pub(super) use measured::{curves, draw as draw_curve, name as name_of_curve};

use crate::Analysis;

/// A plot of a report.
pub(super) struct Plot {
    /// Its name; that of its file before the dot.
    pub(super) name: &'static str,
    /// What it shows.
    pub(super) title: &'static str,
    /// Draws it; `None` where the records do not have what it shows.
    pub(super) draw: fn(&Analysis, Layout) -> Option<Canvas>,
}

/// How much room there is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// A page: names to the left, words to the right.
    Wide,
    /// A phone: names and words above.
    Narrow,
}

/// Every plot, in the order of the report.
pub(super) const PLOTS: &[Plot] = &[
    accuracy::PLOT,
    differences::PLOT,
    cost::MACS,
    cost::SECONDS,
    curves::PLOT,
    layers::MACS,
    layers::KEPT,
    severity::PLOT,
    severity::PANELS,
    similarity::ACROSS,
    similarity::WITHIN,
];

impl Plot {
    /// Name of its file.
    pub(super) fn file(&self) -> String {
        format!("{}.svg", self.name)
    }

    /// The plot as a file of its own.
    pub(super) fn svg(&self, analysis: &Analysis) -> Option<String> {
        (self.draw)(analysis, Layout::Wide).map(|canvas| canvas.file())
    }
}

impl Layout {
    /// Pixels from edge to edge.
    fn width(self) -> f64 {
        match self {
            Self::Wide => 760.0,
            Self::Narrow => 328.0,
        }
    }
}
