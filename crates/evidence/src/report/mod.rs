//! The report: a page for a browser, text for a terminal, Markdown, plots as SVG, tables for
//! LaTeX and spreadsheets, and JSON for programs.
//!
//! Each is a pure function of an [`Analysis`](crate::Analysis) and its runs: the same records give
//! the same bytes, so a report can be rebuilt and compared at any time.

mod agreement;
mod csv;
mod effects;
mod ending;
mod files;
#[cfg(test)]
mod golden;
mod held_out;
mod html;
mod latex;
mod markdown;
mod measures;
mod method;
mod other_scores;
mod robustness;
mod side_by_side;
mod similarity;
mod spending;
mod svg;
mod terminal;
mod tuning;

pub use files::{Report, json, write_file};
pub use markdown::markdown;
pub use side_by_side::side_by_side;
pub use terminal::terminal;
