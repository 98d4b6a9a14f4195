//! How much two masks overlap.

use super::Rle;
use super::rle::Walk;
use crate::boxes::xywh_iou;

impl Rle {
    /// Shared pixels over covered pixels, or over the detection's own where the object is a crowd; to the bit as
    /// pycocotools computes it.
    ///
    /// 0 where the boxes around them share nothing, and −1 where the images differ in size.
    ///
    /// ```
    /// use cenote_metrics::Rle;
    ///
    /// let detection = Rle::new(2, 3, vec![0, 4, 2])?;
    /// let object = Rle::new(2, 3, vec![2, 4])?;
    /// assert_eq!(detection.iou(&object, false), 2.0 / 6.0);
    /// assert_eq!(detection.iou(&object, true), 2.0 / 4.0);
    /// # Ok::<(), cenote_metrics::Error>(())
    /// ```
    pub fn iou(&self, object: &Self, crowd: bool) -> f64 {
        self.iou_within(self.bounds(), object, object.bounds(), crowd)
    }

    /// As [`Rle::iou`], with the boxes around both masks already known.
    pub(crate) fn iou_within(
        &self,
        bounds: [f64; 4],
        object: &Self,
        object_bounds: [f64; 4],
        crowd: bool,
    ) -> f64 {
        let of_boxes = xywh_iou(bounds, object_bounds, crowd);
        if of_boxes.is_nan() || of_boxes <= 0.0 {
            return of_boxes;
        }
        if (self.height(), self.width()) != (object.height(), object.width()) {
            return -1.0;
        }
        let (mut shared, mut covered) = (0_u32, 0_u32);
        let mut walk = Walk::new(self.counts(), object.counts());
        while let Some((count, a, b)) = walk.step() {
            if a || b {
                covered += count;
            }
            if a && b {
                shared += count;
            }
        }
        if shared == 0 {
            return 0.0;
        }
        f64::from(shared) / if crowd { self.area() as f64 } else { f64::from(covered) }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "ratios of counts are exact")]
mod tests {
    use proptest::prelude::*;

    use super::super::rle::tests::any_mask;
    use super::*;

    #[test]
    fn masks_of_images_of_different_sizes_score_minus_one() {
        let a = Rle::new(2, 2, vec![0, 4]).unwrap();
        assert_eq!(a.iou(&Rle::new(2, 3, vec![0, 4, 2]).unwrap(), false), -1.0);
    }

    proptest! {
        #[test]
        fn the_overlap_is_a_ratio_of_counted_pixels(a in any_mask(4, 5), b in any_mask(4, 5), crowd: bool) {
            let both = a.0.iter().zip(&b.0).filter(|(a, b)| **a && **b).count() as f64;
            let either = a.0.iter().zip(&b.0).filter(|(a, b)| **a || **b).count() as f64;
            let own = a.0.iter().filter(|a| **a).count() as f64;
            let expected = if both == 0.0 { 0.0 } else { both / if crowd { own } else { either } };
            prop_assert_eq!(a.1.iou(&b.1, crowd), expected);
        }
    }
}
