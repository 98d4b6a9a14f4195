//! What is to be found, and what was found: the data of every detection protocol.

mod detections;
mod id;
mod truth;

pub use detections::{Detections, Shape};
pub use id::Id;
pub use truth::{Category, Frequency, GroundTruth, Image, Object, Pose, Segmentation};
