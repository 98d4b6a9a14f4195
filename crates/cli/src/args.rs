//! The words of the command line.

mod beside;
mod captcha;
mod data;
mod detect;
mod detection;
mod metrics;
mod prices;
mod training;

use std::path::PathBuf;

use cenote_evidence::size_in_bytes;
use cenote_experiment::Workers;
use clap::{Args as ClapArgs, Parser, Subcommand};

pub(crate) use beside::Beside;
pub(crate) use captcha::{
    Captcha, CaptchaEvaluate, CaptchaLength, CaptchaMethod, CaptchaRead, CaptchaSegment,
    CaptchaSplit, CaptchaTrain,
};
pub(crate) use data::{Data, DataFetch, DataInspect, DataList, DataMake, DataPath, DataVerify};
pub(crate) use detect::{BoxedData, Detect, DetectEvaluate, DetectPredict, DetectTrain, Pixels};
pub(crate) use detection::{Compared, Convention, Detection, Format, Protocol};
pub(crate) use metrics::{Bins, Classification, Classified, Metrics, Sequence, WhenUndefined};
pub(crate) use prices::PriceArgs;
pub(crate) use training::Training;

/// Finds out, by experiment, whether pooling matters in your network.
#[derive(Debug, Parser)]
#[command(name = "cenote", version, propagate_version = true, after_help = EXIT_CODES)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 wrong usage or study, 3 some runs failed, \
4 data set missing or damaged, 130 interrupted.";

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
    /// Train, judge and use a detector of objects in images
    #[command(subcommand)]
    Detect(Detect),
    /// Draw what a checkpoint makes of an image: maps of every layer, what its answer hangs on, its receptive field
    Inspect(Inspect),
    /// Rebuild the report of a study from its runs.jsonl, without training, or compare two studies
    Report(Report),
    /// Say what memory training holds, and the largest batch and image that fit into so much
    Fit(Fit),
    /// Show a network layer by layer: shapes, parameters, MACs, bytes kept for training
    Summary(Summary),
    /// Score a file of predictions, by any program
    #[command(subcommand)]
    Metrics(Metrics),
    /// Apply one operator to an array or an image, or show every operator on one image
    Op(Op),
    /// Read short texts in images, such as those of one's own forms: cut, train, judge, read
    #[command(subcommand)]
    Captcha(Captcha),
    /// Fetch, compare, look into and draw data sets
    #[command(subcommand)]
    Data(Data),
    /// List what a study file may name
    List(List),
    /// Time networks and operators as the scripts in benches/peers time other libraries
    Bench(Bench),
}

/// Which study, and which part of it.
#[derive(Debug, ClapArgs)]
pub(crate) struct StudyArgs {
    /// Name of a study (see `cenote list studies`), its folder, or its file
    #[arg(default_value = "quick")]
    pub(crate) study: String,
    /// Train for this many epochs, in place of the study's number
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    pub(crate) epochs: Option<u64>,
}

#[derive(Debug, ClapArgs)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct Ablate {
    #[command(flatten)]
    pub(crate) study: StudyArgs,
    /// Run this many seeds, in place of the study's number and of the looks it plans
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    pub(crate) seeds: Option<u64>,
    /// Look at the study at most three times and stop when every comparison is decided; the error is
    /// spent over the looks, so that stopping early claims no more than it may
    #[arg(long, conflicts_with = "seeds")]
    pub(crate) until_decided: bool,
    /// With --until-decided: never run more seeds than this [default: the study's number]
    #[arg(long, value_name = "N", value_parser = count, allow_negative_numbers = true)]
    #[arg(requires = "until_decided")]
    pub(crate) max_seeds: Option<u64>,
    /// Run only these arms, and those they are compared with
    #[arg(long, value_name = "ARM", value_delimiter = ',')]
    pub(crate) arms: Vec<String>,
    /// Folder for runs.jsonl, report.html and all else [default: runs/NAME]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Runs at a time [default: one per core]
    #[arg(long, value_name = "N", value_parser = workers, allow_negative_numbers = true)]
    pub(crate) jobs: Option<usize>,
    /// Threads of each run [default: 1 for small networks, else measured]; no number of threads or jobs changes a result
    #[arg(long, value_name = "N", value_parser = workers, allow_negative_numbers = true)]
    pub(crate) threads: Option<usize>,
    /// Refuse arms whose runs hold more, and run fewer at a time, such as 2GB [default: the machine's memory]
    #[arg(long, value_name = "SIZE", value_parser = size_in_bytes)]
    pub(crate) memory_limit: Option<u64>,
    /// Put a run in progress on disk this often; 0 is after every step
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = number, allow_negative_numbers = true)]
    pub(crate) save_every: u64,
    /// Show what would run, and stop
    #[arg(long)]
    pub(crate) plan: bool,
    /// Print what happens as JSON, an object a line, the analysis last; with --plan the plan
    #[arg(long)]
    pub(crate) json: bool,
    /// Show no progress
    #[arg(long, short)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) prices: PriceArgs,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Fit {
    #[command(flatten)]
    pub(crate) study: StudyArgs,
    /// What a run may hold, such as 512MB, 2GB or 1.5GiB
    #[arg(long, value_name = "SIZE", value_parser = size_in_bytes, default_value = "2GB")]
    pub(crate) memory: u64,
    /// Only this arm
    #[arg(long, value_name = "ARM")]
    pub(crate) arm: Option<String>,
    /// Train a few steps with the largest batch and image, and with larger ones, in processes with a limit (Linux)
    #[arg(long)]
    pub(crate) confirm: bool,
    /// What such a process is to try
    #[arg(long, hide = true, value_name = "JSON")]
    pub(crate) trial: Option<String>,
    /// Print the figures as one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Train {
    /// Name of a study (see `cenote list studies`), its folder, or its file
    #[arg(default_value = "quick")]
    pub(crate) study: String,
    #[command(flatten)]
    pub(crate) training: Training,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Evaluate {
    /// Checkpoint that `cenote train` wrote
    pub(crate) checkpoint: PathBuf,
    /// Judge by test images under this corruption; `cenote list corruptions` names them
    #[arg(long, value_name = "NAME")]
    pub(crate) corruption: Option<String>,
    /// How strong the corruption is, from 1 to 5; those of MNIST-C have one level
    #[arg(long, value_name = "N", requires = "corruption")]
    pub(crate) severity: Option<u8>,
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
    /// Positions in the test part of the network's own data, counted from 0
    #[arg(long, value_name = "N", value_delimiter = ',', value_parser = number)]
    #[arg(allow_negative_numbers = true)]
    pub(crate) test: Vec<u64>,
    /// Print one JSON line per image
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Inspect {
    /// Checkpoint that `cenote train` wrote
    pub(crate) checkpoint: PathBuf,
    /// Image file (PNG, JPEG, BMP, PNM), scaled to the network's input
    #[arg(long, value_name = "FILE")]
    pub(crate) image: PathBuf,
    /// PNG that is written
    #[arg(long, value_name = "FILE", default_value = "inspect.png")]
    pub(crate) out: PathBuf,
    /// Maps shown of each layer
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub(crate) maps: usize,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Report {
    /// Folder that holds runs.jsonl
    pub(crate) folder: PathBuf,
    /// Folder of a second study: compare it with the first, arm by arm and seed by seed, and write nothing
    pub(crate) second: Option<PathBuf>,
    /// Rebuild from the records alone, as is done whether this is said or not
    #[arg(long)]
    pub(crate) from_records: bool,
    /// Compare the arms by another score of the records too [default margin: the study's]; can be given several times
    #[arg(long, value_name = "SCORE[=MARGIN]", conflicts_with = "second")]
    pub(crate) also: Vec<Beside>,
    /// Print the analysis, or the comparison of two, as one JSON document
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) prices: PriceArgs,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Summary {
    /// Name of a study (see `cenote list studies`), its folder, or its file
    #[arg(default_value = "quick")]
    pub(crate) study: String,
    /// Arm to show [default: every arm]
    #[arg(long, value_name = "ARM")]
    pub(crate) arm: Option<String>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

const NUMBERS: &str = "Numbers: everything is computed in float32, as in training; a float64 array is \
rounded to float32 when it is read, and arrays are written as float32. Without --params, learned \
parameters start as in a network, drawn from --seed.";

#[derive(Debug, ClapArgs)]
#[command(after_help = NUMBERS)]
pub(crate) struct Op {
    /// Name of an operator (see `cenote list operators`)
    #[arg(required_unless_present = "gallery", conflicts_with = "gallery")]
    pub(crate) name: Option<String>,
    /// One setting of the operator, its value in TOML; may be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = setting, conflicts_with = "gallery")]
    pub(crate) set: Vec<(String, String)>,
    /// Array (.npy, float32 or float64, of shape N,C,H,W) or image (PNG, JPEG, BMP, PNM)
    #[arg(long, value_name = "FILE", required_unless_present = "gallery")]
    #[arg(conflicts_with = "gallery")]
    pub(crate) input: Option<PathBuf>,
    /// Gradient from above, an array of the output's shape [default: ones]
    #[arg(long, value_name = "FILE", conflicts_with = "gallery")]
    pub(crate) upstream: Option<PathBuf>,
    /// Where to write the output: .npy, or .png for a picture [default: what the input is]
    #[arg(long, value_name = "FILE", conflicts_with = "gallery")]
    pub(crate) output: Option<PathBuf>,
    /// Where to write the gradient of the input, the vector-Jacobian product, likewise
    #[arg(long, value_name = "FILE", conflicts_with = "gallery")]
    pub(crate) input_gradient: Option<PathBuf>,
    /// Parameters of the operator, a safetensors file that has one tensor for each by its name
    #[arg(long, value_name = "FILE", conflicts_with = "gallery")]
    pub(crate) params: Option<PathBuf>,
    /// Apply it as in training, draws and all
    #[arg(long)]
    pub(crate) train: bool,
    /// Seed of every random draw
    #[arg(long, value_name = "N", default_value = "1", value_parser = number)]
    #[arg(allow_negative_numbers = true)]
    pub(crate) seed: u64,
    /// Show every operator's effect on this image, side by side
    #[arg(long, value_name = "IMAGE", requires = "out")]
    pub(crate) gallery: Option<PathBuf>,
    /// HTML file to write the gallery to
    #[arg(long, value_name = "FILE", requires = "gallery", conflicts_with = "input")]
    pub(crate) out: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long, conflicts_with = "gallery")]
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

#[derive(Debug, ClapArgs)]
pub(crate) struct Bench {
    /// all, nets, ops, machine, or the name of a network or an operator; a wrong one lists them
    #[arg(long, value_name = "NAME", value_delimiter = ',', default_value = "all")]
    pub(crate) workload: Vec<String>,
    /// Threads [default: one per core]
    #[arg(long, value_name = "N", value_parser = workers, allow_negative_numbers = true)]
    pub(crate) threads: Option<usize>,
    /// Stop a workload after so long, three runs done [default: 30]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    pub(crate) budget: Option<f64>,
    /// Else take at least so many runs [default: 10]
    #[arg(long, value_name = "N", value_parser = workers, allow_negative_numbers = true)]
    pub(crate) min_runs: Option<usize>,
    /// and at least so long [default: 2]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    pub(crate) min_seconds: Option<f64>,
    /// Print one JSON line per workload
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
    /// Everything that can stand where a pooling layer stands, with settings, cost and source
    Operators,
    /// Data sets
    Datasets,
    /// Changes of training images
    Transforms,
    /// Damage to test images, by benchmark, with the constants of each severity
    Corruptions,
    /// What can be measured of trained networks, with formula, range, cost and source
    Measures,
    /// Optimisers
    Optimizers,
    /// Learning-rate schedules
    Schedules,
    /// Scores
    Metrics,
}

/// How many of something, at least one; the study knows the most.
fn count(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => Err("expected a whole number, 1 or more".to_owned()),
    }
}

/// How many jobs or threads.
fn workers(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if (1..=Workers::LIMIT).contains(&count) => Ok(count),
        _ => Err(format!("expected a whole number from 1 to {}", Workers::LIMIT)),
    }
}

/// Images in a row.
fn columns(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(columns) if (1..=100).contains(&columns) => Ok(columns),
        _ => Err("expected a whole number from 1 to 100".to_owned()),
    }
}

/// A length of time.
fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds.is_finite() && seconds >= 0.0 => Ok(seconds),
        _ => Err("expected a number of seconds, 0 or more".to_owned()),
    }
}

/// A key and its value.
fn setting(text: &str) -> Result<(String, String), String> {
    let is_word = |key: &str| key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() && is_word(key.trim()) => {
            Ok((key.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err("expected KEY=VALUE, such as kernel_size=2 or kernel_size=[2,3]".to_owned()),
    }
}

/// A whole number that may be 0.
fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("expected a whole number from 0 to {}", u64::MAX))
}
