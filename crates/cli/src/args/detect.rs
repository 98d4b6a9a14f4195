//! The words of `cenote detect`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use super::Training;

/// What is to be done with a detector.
#[derive(Debug, Subcommand)]
pub(crate) enum Detect {
    /// Train a detector on images with boxes, and write a checkpoint after every epoch
    Train(DetectTrain),
    /// Judge a detector by the test images of its data, as pycocotools does
    Evaluate(DetectEvaluate),
    /// Find objects in images
    Predict(DetectPredict),
}

/// Which data.
#[derive(Debug, ClapArgs)]
pub(crate) struct BoxedData {
    /// Kind of the data: voc, coco, yolo or canvases [default: those of the study]
    #[arg(long, value_name = "KIND")]
    pub(crate) data: Option<String>,
    /// One setting of the data, its value in TOML; may be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = super::setting, requires = "data")]
    pub(crate) set: Vec<(String, String)>,
}

const TRAINED: &str = "Example: cenote detect train --data voc --set dir=my/VOC2007 --out my.cenote\n\n\
The study that is used when none is named has the arms max, avg, strided, blur, s2d and none; docs/detection.md says what \
one of your own may say.";

#[derive(Debug, ClapArgs)]
#[command(after_help = TRAINED)]
pub(crate) struct DetectTrain {
    /// Name of a study of the task `detect`, its folder, or its file
    #[arg(default_value = "detect")]
    pub(crate) study: String,
    #[command(flatten)]
    pub(crate) data: BoxedData,
    /// What a pixel is made of, in place of what the study says
    #[arg(long, value_enum)]
    pub(crate) channels: Option<Pixels>,
    /// Rows and columns that images are scaled to, such as 240x320 [default: by the data]
    #[arg(long, value_name = "HxW", value_parser = size)]
    pub(crate) input: Option<[u32; 2]>,
    #[command(flatten)]
    pub(crate) training: Training,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct DetectEvaluate {
    /// Checkpoint that `cenote detect train` wrote
    pub(crate) checkpoint: PathBuf,
    #[command(flatten)]
    pub(crate) data: BoxedData,
    /// Write what was found as results of COCO
    #[arg(long, value_name = "FILE")]
    pub(crate) results: Option<PathBuf>,
    /// Write what is there as annotations of COCO, with the ids that the results have
    #[arg(long, value_name = "FILE")]
    pub(crate) truth: Option<PathBuf>,
    /// Most that two boxes of one class may overlap, in place of what its study says
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub(crate) nms: Option<f64>,
    /// Threads; no number of threads changes a result [default: one per core]
    #[arg(long, value_name = "N", value_parser = super::workers, allow_negative_numbers = true)]
    pub(crate) threads: Option<usize>,
    /// Print the scores as one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct DetectPredict {
    /// Checkpoint that `cenote detect train` wrote
    pub(crate) checkpoint: PathBuf,
    /// Images (PNG, JPEG, WebP, BMP), and folders and zips of them, scaled to the detector's input
    #[arg(required = true)]
    pub(crate) images: Vec<PathBuf>,
    /// Least score of an object that is shown
    #[arg(long, value_name = "SHARE", default_value = "0.3", value_parser = share)]
    pub(crate) least_score: f64,
    /// Most that two boxes of one class may overlap, in place of what its study says
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub(crate) nms: Option<f64>,
    /// Folder to write each image into as a PNG with boxes, labels and scores
    #[arg(long, value_name = "DIR")]
    pub(crate) draw: Option<PathBuf>,
    /// Write what was found as results of COCO; images are numbered from 1 in the order they are printed
    #[arg(long, value_name = "FILE")]
    pub(crate) results: Option<PathBuf>,
    /// Threads; no number of threads changes a result [default: one per core]
    #[arg(long, value_name = "N", value_parser = super::workers, allow_negative_numbers = true)]
    pub(crate) threads: Option<usize>,
    /// Print one JSON line per image
    #[arg(long)]
    pub(crate) json: bool,
}

/// What a pixel is made of.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Pixels {
    /// Red, green and blue
    Rgb,
    /// Luma
    Grey,
}

/// Rows and columns.
fn size(text: &str) -> Result<[u32; 2], String> {
    let sides = text.split_once('x').and_then(|(rows, columns)| {
        Some([rows.trim().parse().ok()?, columns.trim().parse().ok()?])
    });
    sides.ok_or_else(|| "expected rows and columns, such as 240x320".to_owned())
}

/// A number from 0 to 1.
fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("expected a number from 0 to 1".to_owned()),
    }
}
