//! Regions of interest: boxes of any size and place, each brought to one grid.
//!
//! Conventions are torchvision's: a box is `(x1, y1, x2, y2)` in the coordinates of the image, which
//! `scale` brings to those of the map.
//!
//! - [`roi_pool`] rounds the box to whole cells, both ends included, and takes the maximum of every
//!   part; a part that lies outside the map is 0. Unlike in torchvision a NaN makes its part NaN.
//! - [`roi_align`] rounds nothing: every part is the mean of bilinear samples. Samples more than one
//!   cell outside the map are 0.
//!
//! A box with a corner that is no finite number lies outside every map: its outputs are 0.

mod align;
#[cfg(not(cenote_f64))]
mod fast;
mod pool;
#[cfg(any(cenote_f64, test))]
mod reference;

#[cfg(not(cenote_f64))]
use fast as kernels;
#[cfg(cenote_f64)]
use reference as kernels;

pub use align::{RoiAlign, roi_align, roi_align_backward};
pub use pool::{RoiPool, roi_pool, roi_pool_backward};

use crate::{Scalar, Tensor};

/// A box in one image of a batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Roi {
    /// Which image.
    pub image: usize,
    /// `x1, y1, x2, y2`: left, top, right and bottom.
    pub corners: [Scalar; 4],
}

impl Roi {
    /// First and last row (`axis` 0) or column (1), or `None` where they are no numbers.
    fn span(&self, axis: usize) -> Option<[Scalar; 2]> {
        let [left, top, right, bottom] = self.corners;
        let finite = self.corners.iter().all(|corner| corner.is_finite());
        finite.then_some([[top, bottom], [left, right]][axis])
    }
}

/// Panics unless every box is in one of the images of `x`.
fn check(op: &str, x: &Tensor, rois: &[Roi]) {
    let batch = x.nchw()[0];
    let last = rois.iter().map(|roi| roi.image).max();
    assert!(last.is_none_or(|last| last < batch), "{op}: boxes are in one of {batch} images");
}

/// The boxes of every image, by position, in order.
fn by_image(rois: &[Roi], batch: usize) -> Vec<Vec<usize>> {
    let mut of_image = vec![Vec::new(); batch];
    for (i, roi) in rois.iter().enumerate() {
        of_image[roi.image].push(i);
    }
    of_image
}
