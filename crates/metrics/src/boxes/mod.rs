//! Axis-parallel boxes: what they are, how much they overlap, and which of many to keep.

mod bbox;
mod format;
mod nms;
mod overlap;
mod soft_nms;
mod xywh;

pub use bbox::{BBox, Extent};
pub use format::BoxFormat;
pub use nms::{nms, nms_per_class};
pub use soft_nms::{Decay, soft_nms};
pub use xywh::xywh_iou;
