//! Overlaps that also tell apart boxes which do not touch.
//!
//! ```text
//! GIoU = IoU − (|C| − |A ∪ B|) / |C|          C: the smallest box around A and B
//! DIoU = IoU − d² / c²                        d: between the centres, c: diagonal of C
//! CIoU = DIoU − v² / (1 − IoU + v)            v = 4/π² (atan(w_A / h_A) − atan(w_B / h_B))²
//! ```
//!
//! After Rezatofighi et al. (2019), arXiv:1902.09630, and Zheng et al. (2020), arXiv:1911.08287. Where a term divides
//! by nothing it is 0, so two equal boxes without area score 0; torchvision adds 1e-7 to divisors instead.

use std::f64::consts::PI;

use super::{BBox, Extent};

impl BBox {
    /// Generalised intersection over union, −1 to 1.
    pub fn giou(self, other: Self, extent: Extent) -> f64 {
        let [width, height] = self.around(other, extent);
        let around = width * height;
        let covered = self.area(extent) + other.area(extent) - self.shared(other, extent);
        self.iou(other, extent) - ratio(around - covered, around)
    }

    /// Intersection over union less the distance of the centres, −1 to 1.
    pub fn diou(self, other: Self, extent: Extent) -> f64 {
        let [width, height] = self.around(other, extent);
        let ([ax, ay], [bx, by]) = (self.centre(), other.centre());
        let apart = (ax - bx).powi(2) + (ay - by).powi(2);
        self.iou(other, extent) - ratio(apart, width * width + height * height)
    }

    /// Intersection over union less the distance of the centres and the difference of the aspect ratios.
    pub fn ciou(self, other: Self, extent: Extent) -> f64 {
        let slope = |bbox: Self| {
            let [width, height] = bbox.size(extent);
            width.atan2(height)
        };
        let unlike = 4.0 / (PI * PI) * (slope(self) - slope(other)).powi(2);
        let weight = ratio(unlike, 1.0 - self.iou(other, extent) + unlike);
        self.diou(other, extent) - weight * unlike
    }

    fn size(self, extent: Extent) -> [f64; 2] {
        let [x1, y1, x2, y2] = self.corners();
        [x2 - x1 + extent.extra(), y2 - y1 + extent.extra()]
    }

    fn centre(self) -> [f64; 2] {
        let [x1, y1, x2, y2] = self.corners();
        [f64::midpoint(x1, x2), f64::midpoint(y1, y2)]
    }

    /// Size of the smallest box around two.
    fn around(self, other: Self, extent: Extent) -> [f64; 2] {
        let ([ax1, ay1, ax2, ay2], [bx1, by1, bx2, by2]) = (self.corners(), other.corners());
        let extra = extent.extra();
        [ax2.max(bx2) - ax1.min(bx1) + extra, ay2.max(by2) - ay1.min(by1) + extra]
    }
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "worked examples are exact")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bbox(corners: [f64; 4]) -> BBox {
        BBox::new(corners).unwrap()
    }

    #[test]
    fn boxes_side_by_side_are_told_apart_by_the_gap_between_them() {
        let (a, near, far) =
            (bbox([0.0, 0.0, 2.0, 2.0]), bbox([2.0, 0.0, 4.0, 2.0]), bbox([6.0, 0.0, 8.0, 2.0]));
        // Nothing shared; the box around is filled, or half of it.
        assert_eq!(a.giou(near, Extent::Continuous), 0.0);
        assert_eq!(a.giou(far, Extent::Continuous), -0.5);
        // Centres 2 and 6 apart, diagonals 4² + 2² and 8² + 2².
        assert_eq!(a.diou(near, Extent::Continuous), -4.0 / 20.0);
        assert_eq!(a.diou(far, Extent::Continuous), -36.0 / 68.0);
        // Equal shapes lose nothing more.
        assert_eq!(a.ciou(near, Extent::Continuous), a.diou(near, Extent::Continuous));
    }

    #[test]
    fn equal_boxes_without_area_score_zero() {
        let point = bbox([1.0, 1.0, 1.0, 1.0]);
        for score in [BBox::giou, BBox::diou, BBox::ciou] {
            assert_eq!(score(point, point, Extent::Continuous), 0.0);
            assert_eq!(score(point, point, Extent::Inclusive), 1.0);
        }
    }

    fn any_box() -> impl Strategy<Value = BBox> {
        [0.0..50.0, 0.0..50.0, 0.1..30.0, 0.1..30.0]
            .prop_map(|[x, y, w, h]: [f64; 4]| bbox([x, y, x + w, y + h]))
    }

    proptest! {
        #[test]
        fn overlaps_are_symmetric_bounded_and_in_order(a in any_box(), b in any_box()) {
            let extent = Extent::Continuous;
            let (iou, giou, diou, ciou) =
                (a.iou(b, extent), a.giou(b, extent), a.diou(b, extent), a.ciou(b, extent));
            prop_assert!((-1.0..=1.0).contains(&giou) && (-1.0..=1.0).contains(&diou));
            prop_assert!(giou <= iou + 1e-12 && diou <= iou && ciou <= diou);
            for score in [BBox::giou, BBox::diou, BBox::ciou] {
                prop_assert!((score(a, b, extent) - score(b, a, extent)).abs() < 1e-12);
                prop_assert!((score(a, a, extent) - 1.0).abs() < 1e-12);
            }
        }

        /// Pixels are points one further.
        #[test]
        fn inclusive_boxes_are_continuous_ones_with_a_wider_far_corner(a in any_box(), b in any_box()) {
            let wider = |of: BBox| { let [x1, y1, x2, y2] = of.corners(); bbox([x1, y1, x2 + 1.0, y2 + 1.0]) };
            for score in [BBox::iou, BBox::giou, BBox::diou, BBox::ciou] {
                let (pixels, points) = (score(a, b, Extent::Inclusive), score(wider(a), wider(b), Extent::Continuous));
                prop_assert!((pixels - points).abs() < 1e-9, "{} {}", pixels, points);
            }
        }
    }
}
