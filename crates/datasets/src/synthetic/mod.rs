//! Images that are put together from a background and pieces, so that what is object and what is not is known.
//!
//! # Conventions
//!
//! - Every draw comes from a stream named `KIND/PART/INDEX/WHAT`: an example depends on the seed, its part and its index,
//!   never on its neighbours or on threads. What is drawn has a stream each (`object`, `colours`, `ground`, `clutter`), so
//!   that more clutter or another background leaves the object where it is, and more clutter keeps the clutter there was.
//! - Points are measured in pixels from the top left corner, `x` across and `y` down; the pixel in row `i` and column `j`
//!   covers `[j, j + 1) × [i, i + 1)`.
//! - A piece covers a share of each pixel, in 255 steps; it is laid over what is below it by that share, rounded to the
//!   nearest byte. A pixel belongs to the foremost piece that covers at least half of it.

mod backdrop;
mod composition;
mod cutout;
mod example;
mod figure;
mod items;
mod lettering;
mod limits;
mod mask;
mod outline;
mod patches;
mod settings;

use std::fmt::Debug;

use crate::Error;

pub use composition::{Composition, DrawnObject};
pub use mask::Mask;

pub(crate) use backdrop::{Backdrop, Colours};
pub(crate) use composition::{Piece, lay};
pub(crate) use cutout::Cutout;
pub(crate) use example::{Example, Part};
pub(crate) use figure::{FIGURES, Figure};
pub(crate) use items::Items;
pub(crate) use lettering::{FACES, SANS, letter};
pub(crate) use limits::{counts, number, share, span};
pub(crate) use outline::{Contour, Window, bounds, cover, moved};
pub(crate) use patches::Patches;
pub(crate) use settings::table;

/// A part of a set that is drawn rather than stored: every image can be drawn again and taken apart.
pub(crate) trait Drawing: Debug + Send + Sync {
    /// Number of images.
    fn len(&self) -> usize;

    /// `[c, h, w]` of every image.
    fn shape(&self) -> [usize; 3];

    /// Draws one image.
    ///
    /// # Errors
    ///
    /// When it is made of images that stay in their files and one cannot be read.
    fn compose(&self, index: usize) -> Result<Composition, Error>;
}
