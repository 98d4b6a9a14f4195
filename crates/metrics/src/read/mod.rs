//! Readers and writers of annotation files.
//!
//! What is read is checked record by record: an error names the file, the record and the field. Files are read piece by
//! piece, so that memory follows what they say and not what they claim.

mod coco;
mod coco_results;
mod coco_truth;
mod coco_write;
mod folder;
mod folder_error;
mod json;
mod named;
mod number;
mod voc_text;
mod voc_xml;
mod window;
mod yolo;

pub use coco::CocoReader;
pub use coco_write::write_coco_results;
pub use folder::Flaw;
pub use folder_error::FolderError;
pub use named::{Names, voc_detections, voc_ground_truth, yolo_detections, yolo_ground_truth};
pub use voc_text::{Far, LabelledBox, Scored, TextBox, parse_voc_text, read_voc_text_folder};
pub use voc_xml::{VocAnnotation, VocObject, parse_voc_xml, read_voc_folder};
pub use yolo::{
    ImageSizes, YoloBox, image_size, parse_image_sizes, parse_yolo, read_class_names,
    read_image_sizes, read_yolo_folder,
};
