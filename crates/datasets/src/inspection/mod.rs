//! What can be seen of a set before anything is learnt from it.

mod duplicates;
mod font;
mod grid;
mod labelled;
mod survey;

pub use duplicates::{Duplicates, Place, digest};
pub use grid::{Tile, grid};
pub use labelled::{Label, labelled};
pub use survey::Survey;
