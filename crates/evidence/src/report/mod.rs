//! The report: text for a terminal, Markdown, plots as SVG, and JSON for programs.
//!
//! Each is a pure function of an [`Analysis`](crate::Analysis): the same records give the same
//! bytes, so a report can be rebuilt and compared at any time.

mod files;
#[cfg(test)]
mod golden;
mod held_out;
mod markdown;
mod robustness;
mod svg;
mod terminal;

pub use files::{json, write_report};
pub use markdown::markdown;
pub use terminal::terminal;
