//! An image as it was put together: a background, and pieces over it.

use super::{Contour, Cutout, Mask, Window, cover};
use crate::Error;

/// An image as it was put together, from which it can be made again, over another background too.
///
/// ```
/// use cenote_datasets::KINDS;
///
/// let table = "kind = 'shapes_on_clutter'\ntrain = 8\ntest = 8".parse()?;
/// let shapes = cenote_spec::parse(&[KINDS], table)?.load()?;
/// let images = shapes.test.images();
/// let (first, second) = (images.composition(0).unwrap()?, images.composition(1).unwrap()?);
/// assert_eq!(first.image(), images.image(0));
///
/// // The object of the first over the background of the second.
/// let swapped = first.over(second.background())?;
/// let mask = first.mask();
/// let outside = mask.pixels().iter().zip(&swapped).zip(second.background());
/// let alike = outside.filter(|((inside, _), _)| !**inside).filter(|((_, a), b)| a == b).count();
/// // All but the pixels at its edge, of which it covers less than half.
/// assert!(alike > 500);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Composition {
    shape: [usize; 3],
    background: Vec<u8>,
    pieces: Vec<Piece>,
}

/// An object of a drawn image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawnObject {
    /// Index of its class, or of its character in the alphabet.
    pub class: usize,
    /// What is seen of it; empty where other pieces hide all of it.
    pub mask: Mask,
}

/// Something that lies over the background.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    /// What it is; `None` for what hides objects and is none.
    pub(crate) class: Option<usize>,
    /// Row and column of its upper left pixel, which may be outside.
    pub(crate) at: [isize; 2],
    pub(crate) cutout: Cutout,
}

impl Composition {
    /// Lays pieces over a background of shape `[c, h, w]`, the last one foremost.
    pub(crate) fn new(shape: [usize; 3], background: Vec<u8>, pieces: Vec<Piece>) -> Self {
        assert_eq!(
            background.len(),
            shape.iter().product::<usize>(),
            "a background fills the image"
        );
        Self { shape, background, pieces }
    }

    /// `[c, h, w]` of the image.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// What lies behind all objects, clutter included: bytes `(C, H, W)`.
    pub fn background(&self) -> &[u8] {
        &self.background
    }

    /// The image: bytes `(C, H, W)`.
    pub fn image(&self) -> Vec<u8> {
        self.laid_over(self.background.clone())
    }

    /// The same objects at the same places over another background, such as [`Composition::background`] of another image.
    ///
    /// # Errors
    ///
    /// When the background does not fill the image.
    pub fn over(&self, background: &[u8]) -> Result<Vec<u8>, Error> {
        if background.len() == self.background.len() {
            return Ok(self.laid_over(background.to_vec()));
        }
        Err(Error::Setting {
            what: "bytes of a background",
            got: background.len().to_string(),
            expected: format!("{}, as the image has", self.background.len()),
        })
    }

    /// The objects in the order of drawing, of a text from left to right.
    ///
    /// A pixel belongs to the foremost piece that covers at least half of it, so masks never overlap.
    pub fn objects(&self) -> Vec<DrawnObject> {
        let owners = self.owners();
        let [_, rows, columns] = self.shape;
        let objects = self.pieces.iter().enumerate().filter_map(|(piece, of)| {
            let inside = || owners.iter().map(|owner| *owner == Some(piece)).collect();
            let mask = |class| DrawnObject { class, mask: Mask::new([rows, columns], inside()) };
            of.class.map(mask)
        });
        objects.collect()
    }

    /// The pixels of all objects together; the others are background, or something that hides objects.
    pub fn mask(&self) -> Mask {
        let [_, rows, columns] = self.shape;
        let is_object =
            |owner: Option<usize>| owner.is_some_and(|piece| self.pieces[piece].class.is_some());
        Mask::new([rows, columns], self.owners().into_iter().map(is_object).collect())
    }

    /// The piece that each pixel belongs to.
    fn owners(&self) -> Vec<Option<usize>> {
        let [_, rows, columns] = self.shape;
        let mut owners = vec![None; rows * columns];
        for (index, piece) in self.pieces.iter().enumerate() {
            piece.cells([rows, columns], |at, cell| {
                if piece.cutout.coverage[cell] >= HALF {
                    owners[at] = Some(index);
                }
            });
        }
        owners
    }

    fn laid_over(&self, mut planes: Vec<u8>) -> Vec<u8> {
        for piece in &self.pieces {
            lay(&mut planes, self.shape, piece);
        }
        planes
    }
}

/// The least coverage of at least half.
const HALF: u8 = 128;

impl Piece {
    /// What an outline covers of a window, in one colour.
    pub(crate) fn plain(
        class: Option<usize>,
        outline: &[Contour],
        window: Window,
        colour: &[u8],
    ) -> Self {
        let cutout = Cutout::plain(window.size(), colour, cover(outline, window));
        Self { class, at: [window.top as isize, window.left as isize], cutout }
    }

    /// Visits the pixels of an image that a piece lies on: where in a plane of it, and where in the piece.
    fn cells(&self, [rows, columns]: [usize; 2], mut visit: impl FnMut(usize, usize)) {
        let [height, width] = self.cutout.size;
        for row in 0..height {
            let Some(y) = self.at[0].checked_add_unsigned(row).filter(|y| inside(*y, rows)) else {
                continue;
            };
            for column in 0..width {
                let x = self.at[1] + column as isize;
                if inside(x, columns) {
                    visit(y as usize * columns + x as usize, row * width + column);
                }
            }
        }
    }
}

fn inside(at: isize, count: usize) -> bool {
    (0..count as isize).contains(&at)
}

/// Lays a piece over planes of shape `[c, h, w]`.
pub(crate) fn lay(planes: &mut [u8], [channels, rows, columns]: [usize; 3], piece: &Piece) {
    let (area, cells) = (rows * columns, piece.cutout.coverage.len());
    piece.cells([rows, columns], |at, cell| {
        let share = u32::from(piece.cutout.coverage[cell]);
        for channel in 0..channels {
            let below = &mut planes[channel * area + at];
            let above = u32::from(piece.cutout.colours[channel * cells + cell]);
            // The nearest byte: halves do not occur, since 255 is odd.
            *below = ((u32::from(*below) * (255 - share) + above * share + 127) / 255) as u8;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(class: Option<usize>, at: [isize; 2], colour: u8, coverage: &[u8]) -> Piece {
        let (size, coverage) = ([1, coverage.len()], coverage.to_vec());
        let cutout = Cutout { size, colours: vec![colour; coverage.len()], coverage };
        Piece { class, at, cutout }
    }

    #[test]
    fn pieces_lie_over_each_other_by_the_share_they_cover() {
        let pieces = vec![
            piece(Some(3), [0, 1], 200, &[255, 128, 127]),
            piece(None, [0, 2], 0, &[127]),
            piece(Some(1), [0, 3], 50, &[255, 255]),
        ];
        let drawn = Composition::new([1, 1, 4], vec![100; 4], pieces);
        // 100 + 128/255 of 100 is 150.2, and 127/255 less of that 75.2 (from 150).
        assert_eq!(drawn.image(), [100, 200, 75, 50]);
        let objects = drawn.objects();
        let pixels = |object: usize| objects[object].mask.pixels().to_vec();
        assert_eq!((objects[0].class, pixels(0)), (3, vec![false, true, true, false]));
        assert_eq!((objects[1].class, pixels(1)), (1, vec![false, false, false, true]));
        assert_eq!(drawn.mask().area(), 3);
        assert_eq!(drawn.over(&[0, 0, 0, 0]).unwrap(), [0, 200, 50, 50]);
        assert!(drawn.over(&[0; 3]).is_err());
    }

    #[test]
    fn what_hangs_over_the_image_is_cut() {
        let pieces =
            vec![piece(Some(0), [0, -1], 9, &[255; 4]), piece(Some(0), [-1, 0], 7, &[255])];
        let drawn = Composition::new([1, 1, 2], vec![0; 2], pieces);
        assert_eq!(drawn.image(), [9, 9]);
        assert_eq!(drawn.objects()[1].mask.bounds(), None);
    }
}
