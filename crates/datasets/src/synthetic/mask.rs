//! Which pixels of an image belong to something.

use cenote_metrics::Rle;

/// The pixels of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    size: [usize; 2],
    inside: Vec<bool>,
}

impl Mask {
    /// The pixels of an image of `[rows, columns]`, row after row.
    pub(crate) fn new(size: [usize; 2], inside: Vec<bool>) -> Self {
        assert_eq!(inside.len(), size[0] * size[1], "a mask says of each pixel whether it is in");
        Self { size, inside }
    }

    /// `[rows, columns]` of the image.
    pub fn size(&self) -> [usize; 2] {
        self.size
    }

    /// Whether a pixel belongs to it, row after row.
    pub fn pixels(&self) -> &[bool] {
        &self.inside
    }

    /// Number of its pixels.
    pub fn area(&self) -> usize {
        self.inside.iter().filter(|inside| **inside).count()
    }

    /// The smallest box around it, `[x1, y1, x2, y2]` in pixels from the left and the upper side; `None` if it is empty.
    pub fn bounds(&self) -> Option<[f32; 4]> {
        let [mut left, mut top, mut right, mut bottom] = [usize::MAX, usize::MAX, 0, 0];
        for (at, _) in self.inside.iter().enumerate().filter(|(_, inside)| **inside) {
            let (row, column) = (at / self.size[1], at % self.size[1]);
            (left, right) = (left.min(column), right.max(column + 1));
            (top, bottom) = (top.min(row), bottom.max(row + 1));
        }
        (right > 0).then(|| [left, top, right, bottom].map(|side| side as f32))
    }

    /// As an image: 255 inside, 0 outside.
    pub fn bytes(&self) -> Vec<u8> {
        self.inside.iter().map(|&inside| if inside { 255 } else { 0 }).collect()
    }

    /// As COCO's runs.
    pub fn runs(&self) -> Rle {
        let [rows, columns] = self.size;
        let (mut counts, mut length, mut within) = (Vec::new(), 0, false);
        for column in 0..columns {
            for row in 0..rows {
                if self.inside[row * columns + column] != within {
                    counts.push(length);
                    (length, within) = (0, !within);
                }
                length += 1;
            }
        }
        counts.push(length);
        Rle::new(rows as u32, columns as u32, counts).expect("the runs are those of the image")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_knows_its_box_and_its_runs() {
        let inside = [[0, 0, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]].concat();
        let mask = Mask::new([3, 4], inside.iter().map(|&pixel| pixel == 1).collect());
        assert_eq!((mask.area(), mask.bounds()), (3, Some([1.0, 0.0, 3.0, 2.0])));
        // Down the columns: three outside, `0 1 0`, `1 1 0`, three outside.
        assert_eq!(mask.runs().counts(), [4, 1, 1, 2, 4]);
        assert_eq!(mask.runs().bounds().as_slice(), [1.0, 0.0, 2.0, 2.0]);
        assert_eq!(mask.bytes()[..4], [0, 0, 255, 0]);
        let empty = Mask::new([1, 2], vec![false; 2]);
        assert_eq!((empty.bounds(), empty.runs().area()), (None, 0));
    }
}
