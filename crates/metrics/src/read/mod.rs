//! Files of boxes in the layouts that people have them in.

mod folder;
mod folder_error;
mod voc_text;
mod voc_xml;
mod yolo;

pub use folder::Flaw;
pub use folder_error::FolderError;
pub use voc_text::{Far, LabelledBox, Scored, TextBox, parse_voc_text, read_voc_text_folder};
pub use voc_xml::{VocAnnotation, VocObject, parse_voc_xml, read_voc_folder};
pub use yolo::{
    ImageSizes, YoloBox, image_size, parse_image_sizes, parse_yolo, read_class_names,
    read_image_sizes, read_yolo_folder,
};
