//! Evaluation by the rules of LVIS.
//!
//! LVIS is a federation: of each category only some images were looked through. So a detection counts in an image only if
//! the category is known to be there or known not to be there, and where not every object of a category was listed, a
//! detection that finds none is ignored. There are no crowds, and an image keeps its surest detections over all
//! categories. Matching and curves are those of COCO.
//!
//! In strict mode equal to the bit to lvis-api 0.5.3, which also drops objects and detections whose area is not positive.
//! After Gupta, Dollár and Girshick (2019), arXiv:1908.03195.

mod evaluate;
mod intervals;
mod judgements;
mod summary;

pub use evaluate::{LvisMatches, LvisSettings};
pub use summary::{LvisLine, LvisSummary};
