//! Readers and writers of annotation files.
//!
//! What is read is checked record by record: an error names the file, the record and the field. Files are read piece by
//! piece, so that memory follows what they say and not what they claim.

mod coco;
mod coco_results;
mod coco_truth;
mod coco_write;
mod json;
mod number;
mod window;

pub use coco::CocoReader;
pub use coco_write::write_coco_results;
