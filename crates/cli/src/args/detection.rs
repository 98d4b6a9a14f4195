//! The words of `cenote metrics detection`.

use std::path::PathBuf;

use cenote_metrics::{Id, Preset};
use clap::Args as ClapArgs;

use super::workers;

/// Which detections are scored, and how.
#[derive(Debug, ClapArgs)]
#[command(after_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub(crate) struct Detection {
    /// What is there: a COCO or LVIS file of annotations, plain or packed by gzip; of VOC a folder of XML, of YOLO a folder of
    /// labels
    #[arg(long, value_name = "PATH")]
    pub(crate) gt: PathBuf,
    /// What was found: a COCO file of results, plain or packed by gzip; of VOC and YOLO a folder of text files
    #[arg(long, value_name = "PATH")]
    pub(crate) dt: PathBuf,
    /// How the files are written
    #[arg(long, value_enum, default_value = "coco")]
    pub(crate) format: Format,
    /// Sizes of YOLO's images: a table of `name width height`, or the folder of the images
    #[arg(long, value_name = "PATH")]
    pub(crate) image_sizes: Option<PathBuf>,
    /// Names of YOLO's classes, one a line
    #[arg(long, value_name = "FILE")]
    pub(crate) class_names: Option<PathBuf>,
    /// What is compared
    #[arg(long, value_enum, default_value = "bbox")]
    pub(crate) iou_type: Compared,
    /// Whose rules
    #[arg(long, value_enum, default_value = "coco")]
    pub(crate) protocol: Protocol,
    /// Compute what this tool computes: pycocotools, torchmetrics, voc2007, voc2010, py-faster-rcnn, py-faster-rcnn-2010,
    /// rafaelpadilla or rafaelpadilla-11
    #[arg(long, value_name = "TOOL", conflicts_with_all = ["protocol", "mode"], value_parser = preset)]
    pub(crate) like: Option<Preset>,
    /// Whether known defects of the reference are kept
    #[arg(long, value_enum, default_value = "strict")]
    pub(crate) mode: Convention,
    /// Detections per image and category that are looked at; of LVIS one number, per image [default: 1,10,100, keypoints 20,
    /// LVIS 300]
    #[arg(long, value_name = "N", value_delimiter = ',')]
    pub(crate) max_dets: Vec<usize>,
    /// Overlaps that are asked for [default: 0.5 to 0.95 by 0.05]
    #[arg(long, value_name = "IOU", value_delimiter = ',', allow_negative_numbers = true)]
    pub(crate) iou_thresholds: Vec<f64>,
    /// Look only at these categories
    #[arg(long, value_name = "ID", value_delimiter = ',', value_parser = id)]
    #[arg(allow_negative_numbers = true)]
    pub(crate) category_ids: Vec<Id>,
    /// Look only at these images
    #[arg(long, value_name = "ID", value_delimiter = ',', value_parser = id)]
    #[arg(allow_negative_numbers = true)]
    pub(crate) image_ids: Vec<Id>,
    /// Let a detection find objects of any category
    #[arg(long)]
    pub(crate) no_categories: bool,
    /// Show every category
    #[arg(long)]
    pub(crate) per_class: bool,
    /// Show the images that were done worst
    #[arg(long, value_name = "N", value_parser = workers, allow_negative_numbers = true)]
    pub(crate) worst: Option<usize>,
    /// Add 95 % intervals from N draws of the images
    #[arg(long, value_name = "N", value_parser = replicates, allow_negative_numbers = true)]
    pub(crate) bootstrap: Option<usize>,
    /// Seed of the draws
    #[arg(long, value_name = "N", default_value = "0", value_parser = super::number, allow_negative_numbers = true)]
    pub(crate) seed: u64,
    /// Compare with another detector on the same images
    #[arg(long, value_name = "PATH")]
    pub(crate) against: Option<PathBuf>,
    /// Add what each kind of mistake costs
    #[arg(long)]
    pub(crate) tide: bool,
    /// Add the threshold on the score of each category that maximises F-beta, its LRP error, and the calibration of the scores
    #[arg(long)]
    pub(crate) operating_points: bool,
    /// How much recall counts against precision in the F-beta of --operating-points
    #[arg(long, value_name = "B", default_value = "1", value_parser = beta)]
    #[arg(allow_negative_numbers = true, requires = "operating_points")]
    pub(crate) beta: f64,
    /// Add what is odd about the files
    #[arg(long)]
    pub(crate) check: bool,
    /// Folder for plots (SVG): precision over recall, by overlap and by category, reliability, confusion matrix, costs of
    /// mistakes; the last two by the rules of COCO alone, the first not by those of Pascal VOC
    #[arg(long, value_name = "DIR")]
    pub(crate) plots: Option<PathBuf>,
    /// Threads; no number of threads changes a result [default: one per core]
    #[arg(long, value_name = "N", value_parser = workers, allow_negative_numbers = true)]
    pub(crate) threads: Option<usize>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

const EXAMPLES: &str = "Examples:
  cenote metrics detection --gt instances.json --dt results.json --per-class
  cenote metrics detection --gt instances.json --dt a.json --against b.json --bootstrap 1000 --json
  cenote metrics detection --gt instances.json --dt a.json --tide --operating-points --beta 2 --plots plots
  cenote metrics detection --protocol lvis --gt lvis.json --dt results.json --bootstrap 1000
  cenote metrics detection --format voc --protocol voc2007 --gt Annotations --dt results --per-class
  cenote metrics detection --format yolo --gt labels --dt said --image-sizes images --class-names names.txt
Numbers are from 0 to 1, larger is better; -1 and – stand for undefined.";

/// What of a detection and an object is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Compared {
    /// Boxes
    Bbox,
    /// Masks
    Segm,
    /// Keypoints
    Keypoints,
}

/// The rules of a benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Protocol {
    /// COCO, as pycocotools
    Coco,
    /// LVIS: of each category only some images were looked through
    Lvis,
    /// Pascal VOC up to 2009: precision at 11 recalls, overlap of 0.5
    Voc2007,
    /// Pascal VOC from 2010: area under precision over recall, overlap of 0.5
    Voc2010,
}

/// What becomes of defects of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Convention {
    /// Kept, for the same numbers to the bit
    Strict,
    /// Put right
    Corrected,
}

/// How annotations and detections are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// JSON of COCO or LVIS
    Coco,
    /// Pascal VOC: XML files, and text files of detections per class or per image
    Voc,
    /// YOLO: text files per image, boxes as shares of it
    Yolo,
}

/// The name of a tool.
fn preset(text: &str) -> Result<Preset, String> {
    Preset::named(text).ok_or_else(|| {
        let names: Vec<&str> = Preset::ALL.iter().map(|preset| preset.name()).collect();
        format!("expected one of {}", names.join(", "))
    })
}

/// How many draws.
fn replicates(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if (2..=1_000_000).contains(&count) => Ok(count),
        _ => Err("expected a whole number from 2 to 1000000".to_owned()),
    }
}

/// A weight of recall.
fn beta(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|beta: &f64| beta.is_finite() && *beta >= 0.0);
    number.ok_or_else(|| "expected a number from 0 up".to_owned())
}

/// A number that names something.
fn id(text: &str) -> Result<Id, String> {
    let whole = text.parse().ok().map(Id::new);
    let fraction = || text.parse().ok().and_then(Id::from_f64);
    whole.or_else(fraction).ok_or_else(|| "expected a finite number".to_owned())
}
