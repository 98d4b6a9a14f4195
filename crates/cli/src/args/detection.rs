//! The words of `cenote metrics detection`.

use std::path::PathBuf;

use cenote_metrics::Id;
use clap::Args as ClapArgs;

use super::workers;

/// Which detections are scored, and how.
#[derive(Debug, ClapArgs)]
pub(crate) struct Detection {
    /// What is there: a COCO or LVIS file of annotations, plain or packed by gzip
    #[arg(long, value_name = "FILE")]
    pub(crate) gt: PathBuf,
    /// What was found: a COCO file of results, plain or packed by gzip
    #[arg(long, value_name = "FILE")]
    pub(crate) dt: PathBuf,
    /// What is compared
    #[arg(long, value_enum, default_value = "bbox")]
    pub(crate) iou_type: Compared,
    /// Whose rules
    #[arg(long, value_enum, default_value = "coco")]
    pub(crate) protocol: Protocol,
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
    /// Threads; no number of threads changes a result [default: one per core]
    #[arg(long, value_name = "N", value_parser = workers, allow_negative_numbers = true)]
    pub(crate) threads: Option<usize>,
    /// Print one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

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
}

/// What becomes of defects of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Convention {
    /// Kept, for the same numbers to the bit
    Strict,
    /// Put right
    Corrected,
}

/// A number that names something.
fn id(text: &str) -> Result<Id, String> {
    let whole = text.parse().ok().map(Id::new);
    let fraction = || text.parse().ok().and_then(Id::from_f64);
    whole.or_else(fraction).ok_or_else(|| "expected a finite number".to_owned())
}
