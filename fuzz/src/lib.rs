//! What each fuzz target does with its bytes. The ordinary tests do the same with the corpora.

mod coco_problem;
mod coco_results;
// The tests of metrics include this file and cannot import what rests on metrics.
#[cfg(not(test))]
mod datasets;
mod predictions;
mod sequence;
mod voc_text;
mod voc_xml;
mod yolo;

pub use coco_problem::coco_problem;
pub use coco_results::coco_results;
#[cfg(not(test))]
pub use datasets::{
    archive as dataset_archive, boxes as dataset_boxes, cifar as dataset_cifar, csv as dataset_csv,
    idx as dataset_idx, labels as dataset_labels, npy as dataset_npy, picture as dataset_picture,
};
pub use predictions::predictions;
pub use sequence::sequence;
pub use voc_text::voc_text;
pub use voc_xml::voc_xml;
pub use yolo::yolo;
