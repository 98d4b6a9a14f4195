//! Plots as hand-written SVG: one file per plot, no fonts or scripts from outside.
//!
//! Every plot says in words what it shows (`title`, `desc`), reads on a light and a dark page, and
//! has coordinates with one decimal, so the same analysis gives the same bytes.

mod accuracy;
mod canvas;
mod cost;
mod curves;
mod differences;
mod label;
mod scale;

use crate::Analysis;

/// A plot of a report.
pub(super) struct Plot {
    /// Name of its file.
    pub(super) file: &'static str,
    /// What it shows.
    pub(super) title: &'static str,
    /// Draws it.
    pub(super) draw: fn(&Analysis) -> String,
}

/// Every plot, in the order of the report.
pub(super) const PLOTS: &[Plot] = &[accuracy::PLOT, differences::PLOT, cost::PLOT, curves::PLOT];
