//! Keypoints of bodies and hands.

mod oks;

pub use oks::{COCO_SIGMAS, oks};
