//! Data sets of images with a text in each.

mod captcha;
mod set;
mod synthetic_captcha;

use std::fmt::Debug;

use cenote_spec::Kind;
use toml::Table;

use crate::Error;

pub use captcha::{captchas, pictures};
pub use set::{TextImage, TextSet};

/// A description of a set of texts that can be loaded.
pub trait TextSource: Debug + Send + Sync {
    /// Reads the texts; images are decoded later.
    ///
    /// # Errors
    ///
    /// When a file is missing, unreadable or damaged, or a text cannot be right.
    fn load(&self) -> Result<TextSet, Error>;

    /// Every setting that images are drawn by, the usual ones too, as a table with its `kind`; `None` where images are read.
    fn drawn_by(&self) -> Option<Table> {
        None
    }

    /// Whether images are drawn, so that [`crate::Picture::composition`] says where each letter is.
    fn is_drawn(&self) -> bool {
        self.drawn_by().is_some()
    }
}

/// Every kind of set of texts.
pub const TEXT_KINDS: &[Kind<dyn TextSource>] = &[captcha::KIND, synthetic_captcha::KIND];
