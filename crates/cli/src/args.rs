//! The words of the command line.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};

/// Finds out, by experiment, whether pooling matters in your network.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, after_help = EXIT_CODES)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 wrong usage or study, 3 some runs failed, \
4 data missing or damaged, 130 interrupted.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a study and print its verdicts; what is finished already is not run again
    Ablate(Ablate),
    /// Train one arm of a study and write a checkpoint
    Train(Train),
    /// Judge a checkpoint by the test images of its data
    Evaluate(Evaluate),
    /// Say what a checkpoint sees in images
    Predict(Predict),
    /// Rebuild report and plots of a study from its runs.jsonl, without training
    Report(Report),
    /// Show a network layer by layer: shapes, parameters, MACs, bytes kept for training
    Summary(Summary),
    /// List what a study file may name
    List(List),
}

/// Which study, and which part of it.
#[derive(Debug, ClapArgs)]
pub(crate) struct StudyArgs {
    /// Name of a study (see `cenote list studies`), its folder, or its file
    #[arg(default_value = "quick")]
    pub(crate) study: String,
    /// Train for this many epochs, in place of the study's number
    #[arg(long, value_name = "N")]
    pub(crate) epochs: Option<u64>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Ablate {
    #[command(flatten)]
    pub(crate) study: StudyArgs,
    /// Run this many seeds, in place of the study's number
    #[arg(long, value_name = "N")]
    pub(crate) seeds: Option<u64>,
    /// Run only these arms, and those they are compared with
    #[arg(long, value_name = "ARM", value_delimiter = ',')]
    pub(crate) arms: Vec<String>,
    /// Folder for runs.jsonl, report.md and plots [default: runs/NAME]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Runs at a time [default: one per core]
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<usize>,
    /// Threads of each run; no number of threads or jobs changes a result
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// Show what would run, and stop
    #[arg(long)]
    pub(crate) plan: bool,
    /// Print the analysis as one JSON document
    #[arg(long)]
    pub(crate) json: bool,
    /// Show no progress
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Train {
    #[command(flatten)]
    pub(crate) study: StudyArgs,
    /// Arm to train [default: the study's baseline]
    #[arg(long)]
    pub(crate) arm: Option<String>,
    /// Seed of every random draw
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Checkpoint to write, after every epoch
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Go on from the checkpoint at --out
    #[arg(long)]
    pub(crate) resume: bool,
    /// Threads; no number of threads changes a result [default: one per core]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// Print the scores as one JSON document
    #[arg(long)]
    pub(crate) json: bool,
    /// Show no progress
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Evaluate {
    /// Checkpoint that `cenote train` wrote
    pub(crate) checkpoint: PathBuf,
    /// Print the scores as one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Predict {
    /// Checkpoint that `cenote train` wrote
    pub(crate) checkpoint: PathBuf,
    /// Image files (PNG, JPEG, BMP, PNM), scaled to the network's input
    #[arg(required_unless_present = "test")]
    pub(crate) images: Vec<PathBuf>,
    /// Positions in the test part of the network's own data
    #[arg(long, value_name = "N", value_delimiter = ',')]
    pub(crate) test: Vec<usize>,
    /// Print one JSON line per image
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Report {
    /// Folder that holds runs.jsonl
    pub(crate) folder: PathBuf,
    /// Print the analysis as one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Summary {
    #[command(flatten)]
    pub(crate) study: StudyArgs,
    /// Arm to show [default: every arm]
    #[arg(long)]
    pub(crate) arm: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct List {
    /// What to list; everything when left out
    #[arg(value_enum)]
    pub(crate) what: Option<What>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// The lists that study files draw from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum What {
    /// Studies that come with the program
    Studies,
    /// Layers, pooling operators among them
    Layers,
    /// Data sets
    Datasets,
    /// Changes of training images
    Transforms,
    /// Optimisers
    Optimizers,
    /// Learning-rate schedules
    Schedules,
    /// Scores
    Metrics,
}
