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
    /// Draw a synthetic set and write it as files, with the truth about every pixel
    Make(DataMake),
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

const KINDS: &str = "Kinds are those of `cenote list datasets`, and voc, coco, yolo, canvases (images with boxes), \
captcha and synthetic_captcha (images with texts). Sets with boxes or texts are decoded once from end to end. \
Of sets that are drawn the picture shows masks and boxes.";

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

const MADE: &str = "Kinds are shapes_on_clutter and cluttered_fashion_mnist (a folder of images per class, masks, \
labels.csv; read by image_folder), canvases (JSON of COCO with masks; read by coco) and synthetic_captcha (names of \
files are the texts, letters.json has boxes and masks; read by captcha). The same settings give the same bytes.\n\n\
Example: cenote data make canvases --out few --train 100 --test 20 --set size=[96,128] --set objects=[1,4]";

#[derive(Debug, ClapArgs)]
#[command(after_help = MADE)]
pub(crate) struct DataMake {
    /// Kind of the set (see `cenote data list`: those that are drawn)
    pub(crate) kind: String,
    /// Folder to write; it must not be there, or be empty
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// One setting of the set, its value in TOML; may be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = super::setting)]
    pub(crate) set: Vec<(String, String)>,
    /// Seed of every random draw
    #[arg(long, value_name = "N", value_parser = super::number, allow_negative_numbers = true)]
    pub(crate) seed: Option<u64>,
    /// Images to learn from
    #[arg(long, value_name = "N", value_parser = super::count, allow_negative_numbers = true)]
    pub(crate) train: Option<u64>,
    /// Images to judge by
    #[arg(long, value_name = "N", value_parser = super::count, allow_negative_numbers = true)]
    pub(crate) test: Option<u64>,
    /// Show no progress
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}
