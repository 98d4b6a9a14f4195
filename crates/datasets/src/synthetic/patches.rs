//! Clutter: small pieces of other objects.

use cenote_tensor::Stream;

use super::{Items, Piece, lay};
use crate::Error;
use crate::order::below;

/// Pieces of the images of one part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patches<'a> {
    pub(crate) items: &'a Items,
    /// Rows and columns of a piece.
    pub(crate) side: usize,
    /// Area of all pieces together as a share of the image, as if none lay over another.
    pub(crate) share: f64,
}

impl Patches<'_> {
    /// Lays pieces of images over planes of shape `[c, h, w]`, each wholly inside; black around an object is left out.
    ///
    /// # Errors
    ///
    /// When an image stays in its file and that cannot be read.
    pub(crate) fn scatter(
        self,
        planes: &mut [u8],
        shape @ [_, rows, columns]: [usize; 3],
        stream: &mut Stream,
    ) -> Result<(), Error> {
        let [_, height, width] = self.items.shape();
        let count = self.share * (rows * columns) as f64 / (self.side * self.side) as f64;
        for _ in 0..count.round() as usize {
            let item = below(self.items.len(), stream);
            let corner = [height, width].map(|side| below(side - self.side + 1, stream));
            let at = [rows, columns].map(|side| below(side - self.side + 1, stream) as isize);
            let [top, left] = corner;
            let part = [top, left, top + self.side, left + self.side];
            let cutout = self.items.part(item, part)?;
            lay(planes, shape, &Piece { class: None, at, cutout });
        }
        Ok(())
    }
}
