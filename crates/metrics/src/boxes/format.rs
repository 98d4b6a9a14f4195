//! The ways four numbers can mean a box.

use super::BBox;
use crate::Error;

/// What the four numbers of a box are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BoxFormat {
    /// Two corners `x1, y1, x2, y2`.
    #[default]
    Xyxy,
    /// First corner and size `x, y, width, height`, as in COCO.
    Xywh,
    /// Centre and size `cx, cy, width, height`, as in YOLO.
    Cxcywh,
}

impl BBox {
    /// The box that four numbers in a format mean.
    ///
    /// # Errors
    ///
    /// When a number is not finite or a size is negative.
    ///
    /// ```
    /// use cenote_metrics::{BBox, BoxFormat};
    ///
    /// let bbox = BBox::new([2.0, 3.0, 6.0, 9.0])?;
    /// assert_eq!(BBox::from_format([2.0, 3.0, 4.0, 6.0], BoxFormat::Xywh)?, bbox);
    /// assert_eq!(BBox::from_format([4.0, 6.0, 4.0, 6.0], BoxFormat::Cxcywh)?, bbox);
    /// assert_eq!(bbox.to_format(BoxFormat::Cxcywh), [4.0, 6.0, 4.0, 6.0]);
    /// # Ok::<(), cenote_metrics::Error>(())
    /// ```
    pub fn from_format([a, b, c, d]: [f64; 4], format: BoxFormat) -> Result<Self, Error> {
        Self::new(match format {
            BoxFormat::Xyxy => [a, b, c, d],
            BoxFormat::Xywh => [a, b, a + c, b + d],
            BoxFormat::Cxcywh => [a - c / 2.0, b - d / 2.0, a + c / 2.0, b + d / 2.0],
        })
    }

    /// The four numbers that mean this box in a format; corners are points.
    pub fn to_format(self, format: BoxFormat) -> [f64; 4] {
        let [x1, y1, x2, y2] = self.corners();
        match format {
            BoxFormat::Xyxy => [x1, y1, x2, y2],
            BoxFormat::Xywh => [x1, y1, x2 - x1, y2 - y1],
            BoxFormat::Cxcywh => [f64::midpoint(x1, x2), f64::midpoint(y1, y2), x2 - x1, y2 - y1],
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_negative_size_is_refused_in_every_format() {
        assert!(BBox::from_format([5.0, 5.0, -1.0, 2.0], BoxFormat::Xywh).is_err());
        assert!(BBox::from_format([5.0, 5.0, 1.0, -2.0], BoxFormat::Cxcywh).is_err());
    }

    proptest! {
        /// Halves of whole numbers are exact, so nothing is rounded.
        #[test]
        fn formats_lead_there_and_back(corners in [-99_i32..99, -99..99, 0..99, 0..99]) {
            let [x, y, width, height] = corners.map(f64::from);
            let bbox = BBox::new([x, y, x + width, y + height]).unwrap();
            for format in [BoxFormat::Xyxy, BoxFormat::Xywh, BoxFormat::Cxcywh] {
                prop_assert_eq!(BBox::from_format(bbox.to_format(format), format).unwrap(), bbox);
            }
        }
    }
}
