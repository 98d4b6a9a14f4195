//! Masks of pixels as runs, column by column, as COCO keeps them.

mod overlap;
mod polygon;
mod rle;
mod text;

pub use polygon::rasterise;
pub use rle::Rle;
