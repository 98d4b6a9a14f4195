//! Axis-parallel boxes and how much they overlap.
//!
//! Corners are `(x1, y1)` to `(x2, y2)`. What a corner means differs between data sets, so every measure takes an
//! [`Extent`]: COCO's corners are points, Pascal VOC's are the first and last pixel that belong to the box.

use crate::Error;

/// A box by two corners, `x1 <= x2` and `y1 <= y2`, all finite; a box without area is a box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BBox {
    x1: f64,
    y1: f64,
    x2: f64,
    y2: f64,
}

/// Whether the far corner belongs to the box.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// Corners are points: a box from 2 to 5 is 3 wide.
    #[default]
    Continuous,
    /// Corners are pixels, both inside: a box from 2 to 5 is 4 wide.
    Inclusive,
}

impl BBox {
    /// The box with these corners.
    ///
    /// # Errors
    ///
    /// When a corner is not finite or the corners are not in order.
    pub fn new(corners @ [x1, y1, x2, y2]: [f64; 4]) -> Result<Self, Error> {
        if corners.iter().all(|corner| corner.is_finite()) && x1 <= x2 && y1 <= y2 {
            return Ok(Self { x1, y1, x2, y2 });
        }
        Err(Error::Corners { corners })
    }

    /// The corners `[x1, y1, x2, y2]`.
    pub fn corners(self) -> [f64; 4] {
        [self.x1, self.y1, self.x2, self.y2]
    }

    /// Width times height.
    pub fn area(self, extent: Extent) -> f64 {
        let extra = extent.extra();
        (self.x2 - self.x1 + extra) * (self.y2 - self.y1 + extra)
    }

    /// Shared area over covered area, 0 to 1.
    ///
    /// ```text
    /// iou = |A ∩ B| / |A ∪ B|
    /// ```
    ///
    /// Boxes that share no area score 0, also two equal boxes without area.
    ///
    /// ```
    /// use cenote_metrics::{BBox, Extent};
    ///
    /// let a = BBox::new([0.0, 0.0, 4.0, 4.0])?;
    /// let b = BBox::new([2.0, 0.0, 6.0, 4.0])?;
    /// assert_eq!(a.iou(b, Extent::Continuous), 8.0 / 24.0);
    /// assert_eq!(a.iou(b, Extent::Inclusive), 15.0 / 35.0);
    /// # Ok::<(), cenote_metrics::Error>(())
    /// ```
    pub fn iou(self, other: Self, extent: Extent) -> f64 {
        let shared = self.shared(other, extent);
        if shared <= 0.0 {
            return 0.0;
        }
        shared / (self.area(extent) + other.area(extent) - shared)
    }

    /// The area that two boxes have in common.
    pub fn shared(self, other: Self, extent: Extent) -> f64 {
        let extra = extent.extra();
        let width = self.x2.min(other.x2) - self.x1.max(other.x1) + extra;
        let height = self.y2.min(other.y2) - self.y1.max(other.y1) + extra;
        if width <= 0.0 || height <= 0.0 { 0.0 } else { width * height }
    }
}

impl Extent {
    /// What is added to the difference of two corners to get a size.
    pub(super) fn extra(self) -> f64 {
        match self {
            Self::Continuous => 0.0,
            Self::Inclusive => 1.0,
        }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "areas of whole-number boxes are exact")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bbox(corners: [f64; 4]) -> BBox {
        BBox::new(corners).unwrap()
    }

    #[test]
    fn touching_boxes_share_pixels_but_no_area() {
        let (a, b) = (bbox([0.0, 0.0, 2.0, 2.0]), bbox([2.0, 0.0, 4.0, 2.0]));
        assert_eq!(a.iou(b, Extent::Continuous), 0.0);
        assert_eq!(a.iou(b, Extent::Inclusive), 3.0 / 15.0);
    }

    #[test]
    fn a_box_without_area_overlaps_nothing_unless_it_is_a_pixel() {
        let point = bbox([3.0, 3.0, 3.0, 3.0]);
        assert_eq!(point.iou(point, Extent::Continuous), 0.0);
        assert_eq!(point.iou(point, Extent::Inclusive), 1.0);
    }

    #[test]
    fn corners_out_of_order_or_not_finite_are_refused() {
        assert!(BBox::new([2.0, 0.0, 1.0, 1.0]).is_err());
        assert!(BBox::new([0.0, 2.0, 1.0, 1.0]).is_err());
        let error = BBox::new([0.0, 0.0, f64::INFINITY, 1.0]).unwrap_err().to_string();
        assert_eq!(
            error,
            "box: corners are [0.0, 0.0, inf, 1.0]; expected finite x1 <= x2 and y1 <= y2"
        );
        assert!(BBox::new([f64::NAN, 0.0, 1.0, 1.0]).is_err());
    }

    fn any_box() -> impl Strategy<Value = [u8; 4]> {
        [0_u8..12, 0_u8..12, 0_u8..12, 0_u8..12]
            .prop_map(|[a, b, c, d]| [a.min(c), b.min(d), a.max(c), b.max(d)])
    }

    proptest! {
        /// Whole-number boxes cover whole cells, which can be counted.
        #[test]
        fn the_iou_is_a_ratio_of_counted_cells(a in any_box(), b in any_box(), inclusive: bool) {
            let extent = if inclusive { Extent::Inclusive } else { Extent::Continuous };
            let covers = |[x1, y1, x2, y2]: [u8; 4], x: u8, y: u8| {
                let end = u8::from(inclusive);
                (x1..x2 + end).contains(&x) && (y1..y2 + end).contains(&y)
            };
            let cells = (0..13).flat_map(|y| (0..13).map(move |x| (x, y)));
            let (mut shared, mut covered) = (0_u32, 0_u32);
            for (x, y) in cells {
                shared += u32::from(covers(a, x, y) && covers(b, x, y));
                covered += u32::from(covers(a, x, y) || covers(b, x, y));
            }
            let expected = if shared == 0 { 0.0 } else { f64::from(shared) / f64::from(covered) };
            let (a, b) = (bbox(a.map(f64::from)), bbox(b.map(f64::from)));
            prop_assert_eq!(a.iou(b, extent), expected);
            prop_assert_eq!(b.iou(a, extent), expected);
        }
    }
}
