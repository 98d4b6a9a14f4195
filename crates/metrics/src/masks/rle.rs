//! Runs of pixels outside and inside an object.

use crate::Error;

/// A mask as the lengths of its runs, outside first, down each column and then the next.
///
/// ```
/// use cenote_metrics::Rle;
///
/// // Two rows, three columns; the middle column is inside.
/// let mask = Rle::new(2, 3, vec![2, 2, 2])?;
/// assert_eq!(mask.area(), 2);
/// assert_eq!(mask.bounds(), [1.0, 0.0, 1.0, 2.0]);
/// # Ok::<(), cenote_metrics::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rle {
    height: u32,
    width: u32,
    counts: Vec<u32>,
}

impl Rle {
    /// The mask with these runs.
    ///
    /// Runs that end early leave the rest as the last run has it not: pycocotools accepts such masks, so they are.
    ///
    /// # Errors
    ///
    /// When the runs are longer than the image, or the image has 2³² pixels or more.
    pub fn new(height: u32, width: u32, counts: Vec<u32>) -> Result<Self, Error> {
        let pixels = u64::from(height) * u64::from(width);
        let covered: u64 = counts.iter().map(|&count| u64::from(count)).sum();
        if pixels > u64::from(u32::MAX) || covered > pixels {
            return Err(Error::Runs { covered, height, width });
        }
        Ok(Self { height, width, counts })
    }

    /// Rows of pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Columns of pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Lengths of the runs, outside and inside in turn.
    pub fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// Pixels inside.
    pub fn area(&self) -> u64 {
        self.counts.iter().skip(1).step_by(2).map(|&count| u64::from(count)).sum()
    }

    /// The smallest box `[x, y, width, height]` around the pixels inside; all 0 where there is none.
    ///
    /// As pycocotools has it: a run that goes on in the next column makes the box as high as the image, also when the
    /// run is empty.
    pub fn bounds(&self) -> [f64; 4] {
        let pairs = self.counts.len() / 2 * 2;
        if pairs == 0 || self.height == 0 {
            return [0.0; 4];
        }
        let (mut left, mut top, mut right, mut bottom) = (self.width, self.height, 0, 0);
        let (mut end, mut start_column) = (0_u32, 0);
        for (position, &count) in self.counts[..pairs].iter().enumerate() {
            end += count;
            // The first pixel of a run inside, then the last one.
            let pixel = end.wrapping_sub((position % 2) as u32);
            let (x, y) = (pixel / self.height, pixel % self.height);
            if position % 2 == 0 {
                start_column = x;
            } else if start_column < x {
                top = 0;
                bottom = self.height - 1;
            }
            left = left.min(x);
            right = right.max(x);
            top = top.min(y);
            bottom = bottom.max(y);
        }
        let size = |first: u32, last: u32| f64::from(last.wrapping_sub(first).wrapping_add(1));
        [f64::from(left), f64::from(top), size(left, right), size(top, bottom)]
    }

    /// The pixels that are in any of several masks.
    ///
    /// `None` when there is no mask or their sizes differ.
    pub fn union(masks: &[Self]) -> Option<Self> {
        let (first, rest) = masks.split_first()?;
        let mut whole = first.clone();
        for mask in rest {
            if (mask.height, mask.width) != (first.height, first.width) {
                return None;
            }
            whole.counts = join(&whole.counts, &mask.counts);
        }
        Some(whole)
    }
}

/// Runs of the pixels that are in either of two masks.
fn join(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut counts = Vec::with_capacity(a.len() + b.len());
    let (mut run, mut inside) = (0, false);
    let mut walk = Walk::new(a, b);
    while let Some((count, in_a, in_b)) = walk.step() {
        if (in_a || in_b) == inside {
            run += count;
        } else {
            counts.push(run);
            run = count;
            inside = !inside;
        }
    }
    counts.push(run);
    counts
}

/// Two masks run beside each other, in pieces that neither changes within.
///
/// As in the COCO API the walk is over when both runs are used up and the next of both, if any, are empty. Where one mask
/// ends before the other it is over as well; there the COCO API would not end.
pub(super) struct Walk<'a> {
    a: Runs<'a>,
    b: Runs<'a>,
    over: bool,
}

struct Runs<'a> {
    left: u32,
    inside: bool,
    rest: std::slice::Iter<'a, u32>,
}

impl<'a> Runs<'a> {
    fn new(counts: &'a [u32]) -> Self {
        let mut rest = counts.iter();
        Self { left: rest.next().copied().unwrap_or(0), inside: false, rest }
    }

    fn take(&mut self, count: u32) {
        self.left -= count;
        if self.left == 0
            && let Some(&next) = self.rest.next()
        {
            self.left = next;
            self.inside = !self.inside;
        }
    }

    fn has_ended(&self) -> bool {
        self.left == 0 && self.rest.len() == 0
    }
}

impl<'a> Walk<'a> {
    pub(super) fn new(a: &'a [u32], b: &'a [u32]) -> Self {
        Self { a: Runs::new(a), b: Runs::new(b), over: false }
    }

    /// Length of the next piece and whether it is in each mask; an empty run gives an empty piece.
    pub(super) fn step(&mut self) -> Option<(u32, bool, bool)> {
        if self.over {
            return None;
        }
        let count = self.a.left.min(self.b.left);
        let piece = (count, self.a.inside, self.b.inside);
        self.a.take(count);
        self.b.take(count);
        self.over =
            (self.a.left == 0 && self.b.left == 0) || self.a.has_ended() || self.b.has_ended();
        Some(piece)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Pixels down the columns, and their mask.
    pub(in super::super) fn any_mask(
        height: u32,
        width: u32,
    ) -> impl Strategy<Value = (Vec<bool>, Rle)> {
        prop::collection::vec(any::<bool>(), (height * width) as usize)
            .prop_map(move |pixels| (pixels.clone(), encode(&pixels, height, width)))
    }

    fn encode(pixels: &[bool], height: u32, width: u32) -> Rle {
        let mut counts = vec![0];
        let mut inside = false;
        for &pixel in pixels {
            if pixel != inside {
                counts.push(0);
                inside = pixel;
            }
            *counts.last_mut().unwrap() += 1;
        }
        Rle::new(height, width, counts).unwrap()
    }

    #[test]
    fn runs_longer_than_the_image_are_refused() {
        let error = Rle::new(2, 3, vec![2, 5]).unwrap_err().to_string();
        assert_eq!(error, "mask: runs cover 7 pixels, which an image of 2x3 has not");
        assert!(Rle::new(1 << 16, 1 << 16, vec![]).is_err());
    }

    #[test]
    fn an_empty_mask_has_no_bounds() {
        assert!(Rle::new(4, 4, vec![16]).unwrap().bounds().iter().all(|side| side.abs() < 1e-300));
        assert_eq!(Rle::new(0, 0, vec![]).unwrap().area(), 0);
    }

    proptest! {
        #[test]
        fn area_and_bounds_are_those_of_the_pixels((pixels, mask) in any_mask(5, 4)) {
            let inside: Vec<(usize, usize)> =
                (0..20).filter(|&at| pixels[at]).map(|at| (at / 5, at % 5)).collect();
            prop_assert_eq!(mask.area(), inside.len() as u64);
            if let (Some(left), Some(right)) = (inside.iter().map(|p| p.0).min(), inside.iter().map(|p| p.0).max()) {
                let [x, y, width, height] = mask.bounds();
                prop_assert_eq!((x, width), (left as f64, (right - left + 1) as f64));
                // A run over the end of a column makes the box as high as the image.
                let spans = inside.windows(2).any(|two| two[0].0 != two[1].0 && two[0].1 == 4 && two[1].1 == 0);
                let (top, bottom) = (inside.iter().map(|p| p.1).min(), inside.iter().map(|p| p.1).max());
                let (top, bottom) = if spans { (0, 4) } else { (top.unwrap(), bottom.unwrap()) };
                prop_assert_eq!((y, height), (top as f64, (bottom - top + 1) as f64));
            }
        }

        #[test]
        fn the_union_is_that_of_the_pixels(a in any_mask(5, 4), b in any_mask(5, 4)) {
            let either: Vec<bool> = a.0.iter().zip(&b.0).map(|(a, b)| *a || *b).collect();
            prop_assert_eq!(Rle::union(&[a.1, b.1]).unwrap(), encode(&either, 5, 4));
        }
    }
}
