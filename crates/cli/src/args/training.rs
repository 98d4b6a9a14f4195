//! The words of every command that trains single networks.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::{count, number, workers};

/// How a network is trained, and what is seen of it.
#[derive(Debug, ClapArgs)]
pub(crate) struct Training {
    /// Arm to train [default: the study's baseline]
    #[arg(long, value_name = "ARM")]
    pub(crate) arm: Option<String>,
    /// Train for this many epochs, in place of the study's number
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    pub(crate) epochs: Option<u64>,
    /// Seed of every random draw of training
    #[arg(long, value_name = "N", default_value = "1", value_parser = number)]
    #[arg(allow_negative_numbers = true)]
    pub(crate) seed: u64,
    /// Checkpoint to write after every epoch; its folder is made if need be
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Go on from the checkpoint at --out
    #[arg(long)]
    pub(crate) resume: bool,
    /// Threads; no number of threads changes a result [default: one per core]
    #[arg(long, value_name = "N", value_parser = workers, allow_negative_numbers = true)]
    pub(crate) threads: Option<usize>,
    /// Print the scores as one JSON document
    #[arg(long)]
    pub(crate) json: bool,
    /// Show no progress
    #[arg(long, short)]
    pub(crate) quiet: bool,
}
