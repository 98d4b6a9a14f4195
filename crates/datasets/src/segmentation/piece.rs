//! A part of an image.

/// A part of an image that should be one letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its pixels, `[row, column]`, from the first row to the last.
    pub pixels: Vec<[usize; 2]>,
}

impl Piece {
    /// The first row and column, and those behind the last: `[top, left, bottom, right]`.
    ///
    /// # Panics
    ///
    /// When it has no pixel, which pieces of an image have.
    pub fn bounds(&self) -> [usize; 4] {
        let sides = |axis: usize| {
            let along = || self.pixels.iter().map(|pixel| pixel[axis]);
            let first = along().min().expect("a piece has a pixel");
            (first, along().max().expect("a piece has a pixel") + 1)
        };
        let ((top, bottom), (left, right)) = (sides(0), sides(1));
        [top, left, bottom, right]
    }

    pub(super) fn height(&self) -> usize {
        let [top, _, bottom, _] = self.bounds();
        bottom - top
    }

    pub(super) fn width(&self) -> usize {
        let [_, left, _, right] = self.bounds();
        right - left
    }

    /// Both as one.
    pub(super) fn joined(mut self, other: Self) -> Self {
        self.pixels.extend(other.pixels);
        self.pixels.sort_unstable();
        self
    }
}

/// In the order of their middles.
pub(super) fn left_to_right(mut pieces: Vec<Piece>) -> Vec<Piece> {
    pieces.sort_by_key(|piece| {
        let [top, left, _, right] = piece.bounds();
        (left + right, top)
    });
    pieces
}
