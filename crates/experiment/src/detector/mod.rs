//! Object detection: a network that says where objects are and what they are, as points on a map.
//!
//! ```text
//! heat map    C channels   how much a cell is the centre of an object of each class, as a logit
//! offset      2 channels   from the middle of the cell to the centre of the object, right and down, in cells
//! size        2 channels   logarithm of width and height of the object, in cells
//! ```
//!
//! The model of a [`Detector`] ends with any feature maps; a convolution of 1x1 over these makes the `C + 4` channels.
//! An object is found where a heat map has a peak. After Zhou, Wang and Krähenbühl (2019), arXiv:1904.07850; boxes are
//! learnt at several cells of an object as by Liu et al. (2020), arXiv:1909.00700.

mod boxes;
mod fit;
mod judge;
mod loss;
mod peaks;
mod plan;
mod settings;
mod targets;
mod trained;

pub use fit::{DetectorFit, DetectorPoint};
pub(crate) use judge::scores;
pub use judge::{found_objects, ground_truth, judge};
pub(crate) use loss::{expecting_little, loss_of};
pub use peaks::Found;
pub(crate) use peaks::Peaks;
pub use plan::DetectorPlan;
pub use settings::{Decoding, Detector, DetectorTraining, LossShares};
pub use trained::{DetectorNotes, TrainedDetector};

/// Channels beside the heat maps: offset and size.
pub(crate) const SIDES: usize = 4;
/// How probable the centre of an object is taken for in every cell before anything is learnt.
const PRIOR: f64 = 0.1;
