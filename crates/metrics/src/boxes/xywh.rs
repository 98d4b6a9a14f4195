//! The overlap of COCO's boxes.

/// Intersection over union of boxes `[x, y, width, height]`, to the bit as pycocotools computes it.
///
/// ```text
/// i = w · h          w, h: size of what is shared; nothing is shared unless both are positive
/// u = a_d + a_o − i  or a_d, where the object is a crowd
/// ```
///
/// Sizes may be negative: such a box shares nothing with any other. Sizes so small that an area underflows give NaN.
///
/// ```
/// use cenote_metrics::xywh_iou;
///
/// let (detection, object) = ([0.0, 0.0, 4.0, 4.0], [2.0, 0.0, 4.0, 4.0]);
/// assert_eq!(xywh_iou(detection, object, false), 8.0 / 24.0);
/// assert_eq!(xywh_iou(detection, object, true), 8.0 / 16.0);
/// ```
#[inline]
pub fn xywh_iou(detection: [f64; 4], object: [f64; 4], crowd: bool) -> f64 {
    let ([dx, dy, dw, dh], [ox, oy, ow, oh]) = (detection, object);
    let width = (dw + dx).min(ow + ox) - dx.max(ox);
    if width <= 0.0 {
        return 0.0;
    }
    let height = (dh + dy).min(oh + oy) - dy.max(oy);
    if height <= 0.0 {
        return 0.0;
    }
    let shared = width * height;
    let own = dw * dh;
    shared / if crowd { own } else { own + ow * oh - shared }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "bits are the point")]
mod tests {
    use super::*;

    #[test]
    fn a_box_with_a_negative_side_shares_nothing() {
        let inside_out = [5.0, 5.0, -4.0, -4.0];
        assert_eq!(xywh_iou(inside_out, inside_out, false), 0.0);
        assert_eq!(xywh_iou([0.0, 0.0, 9.0, 9.0], inside_out, true), 0.0);
    }

    #[test]
    fn a_box_with_itself_may_score_more_than_one() {
        // (x + w) − x is not w; pycocotools has the same excess.
        let bbox = [0.68, 14.583, 30.157, 51.049];
        assert_eq!(xywh_iou(bbox, bbox, false), 1.000_000_000_000_000_2);
    }
}
