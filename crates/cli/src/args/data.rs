//! The words of `cenote data`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

/// What is to be done with data sets.
#[derive(Debug, Subcommand)]
pub(crate) enum Data {
    /// List data sets, and whether their files are there
    List(DataList),
    /// Print the folder that the files of a set are read from
    Path(DataPath),
    /// Download the files of a published set, or what is missing of them
    Fetch(DataFetch),
    /// Compare the files of published sets with what was published
    Verify(DataVerify),
    /// Look into a set: counts, balance, statistics, duplicates, and some images as a picture
    Inspect(DataInspect),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct DataList {
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct DataPath {
    /// Name of a set [default: the folder that holds all sets]
    pub(crate) name: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct DataFetch {
    /// Name of a published set (see `cenote data list`)
    pub(crate) name: String,
    /// Ask here first: an address that the names of the files are appended to
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) from: Option<String>,
    /// Show no progress
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct DataVerify {
    /// Names of published sets (see `cenote data list`)
    #[arg(required = true)]
    pub(crate) names: Vec<String>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

const KINDS: &str = "Kinds are those of `cenote list datasets`, and voc, coco, yolo (images with boxes) and \
captcha (images with texts). Sets with boxes or texts are decoded once from end to end.";

#[derive(Debug, ClapArgs)]
#[command(after_help = KINDS)]
pub(crate) struct DataInspect {
    /// Kind of the set
    pub(crate) kind: String,
    /// One setting of the set, its value in TOML; may be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = super::setting)]
    pub(crate) set: Vec<(String, String)>,
    /// PNG file to draw some images into, each class in turn
    #[arg(long, value_name = "FILE")]
    pub(crate) grid: Option<PathBuf>,
    /// Images in a row of the picture
    #[arg(long, value_name = "N", default_value = "10", value_parser = super::columns)]
    #[arg(requires = "grid", allow_negative_numbers = true)]
    pub(crate) columns: usize,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
