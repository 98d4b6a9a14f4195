//! Parts of feature maps, read out for a loss: some of the channels, or single cells.

mod cells;
mod channels;

pub use cells::cells;
pub use channels::channels;
