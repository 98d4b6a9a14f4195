//! The words of `cenote metrics`.

use clap::Subcommand;

use super::Detection;

/// What a file of predictions is about.
#[derive(Debug, Subcommand)]
pub(crate) enum Metrics {
    /// Found objects: average precision and recall by the rules of COCO or LVIS
    Detection(Detection),
}
