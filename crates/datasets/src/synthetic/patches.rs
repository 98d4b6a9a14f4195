//! Clutter: small pieces of other objects.

use cenote_tensor::Stream;

use super::{Cutout, Piece, lay};
use crate::order::below;
use crate::{Error, Images};

/// Pieces of the images of one part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patches<'a> {
    pub(crate) images: &'a Images,
    /// What values are multiplied by.
    pub(crate) stretch: u8,
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
        let [_, height, width] = self.images.shape();
        let count = self.share * (rows * columns) as f64 / (self.side * self.side) as f64;
        for _ in 0..count.round() as usize {
            let image = below(self.images.len(), stream);
            let corner = [height, width].map(|side| below(side - self.side + 1, stream));
            let at = [rows, columns].map(|side| below(side - self.side + 1, stream) as isize);
            let [top, left] = corner;
            let cutout = Cutout::of(self.images, image, self.stretch)?;
            let cutout = cutout.part([top, left, top + self.side, left + self.side]);
            lay(planes, shape, &Piece { class: None, at, cutout });
        }
        Ok(())
    }
}
