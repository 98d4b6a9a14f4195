//! What can be set about the segmentation.

use serde::{Deserialize, Serialize};

use super::{Plane, otsu};
use crate::Error;

/// How images are cut into letters; the usual settings measure everything in the image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Segmentation {
    /// Which side of the threshold is ink.
    pub ink: Ink,
    /// Side of the median filter before the threshold, odd; 1 is none.
    pub median: usize,
    /// How ink is told from paper.
    pub threshold: Threshold,
    /// Side of the local threshold's window, odd; 0 is a half of the rows.
    pub window: usize,
    /// How far below its surroundings ink must be, of the local threshold.
    pub k: f64,
    /// Side of the opening after the threshold, odd; 1 is none. It takes away lines that are thinner.
    pub opening: usize,
    /// The least area of a component, as a share of the square of the glyph height.
    pub speck: f64,
    /// What is cut into as many letters as there are.
    pub cut: Cut,
    /// How much wider than a usual letter one letter may be, where the length is not known.
    pub widest: f64,
}

impl Default for Segmentation {
    fn default() -> Self {
        Self {
            ink: Ink::Auto,
            median: 1,
            threshold: Threshold::Otsu,
            window: 0,
            k: 0.2,
            opening: 1,
            speck: 0.012,
            cut: Cut::Auto,
            widest: 1.7,
        }
    }
}

/// Which side of the threshold is ink.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ink {
    /// The side that fewer pixels are on, by Otsu's threshold; the dark one of equals.
    #[default]
    Auto,
    /// The dark side.
    Dark,
    /// The light side.
    Light,
}

impl Ink {
    /// The image with its ink dark.
    pub(super) fn darkened(self, grey: &Plane<u8>) -> Plane<u8> {
        let is_light = match self {
            Self::Dark => false,
            Self::Light => true,
            Self::Auto => {
                let most = otsu(grey);
                let dark = grey.values().iter().filter(|&&value| value <= most).count();
                // An image of one grey is all paper, whichever way round.
                2 * dark > grey.values().len() && dark < grey.values().len()
            }
        };
        if is_light { grey.map(|value| 255 - value) } else { grey.clone() }
    }
}

/// How ink is told from paper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Threshold {
    /// One value for the whole image: Otsu's.
    #[default]
    Otsu,
    /// One value for each pixel, from its surroundings: Sauvola's.
    Local,
}

/// What is cut into as many letters as there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// Components where there are as many as letters, or nobody knows how many letters there are; else columns.
    #[default]
    Auto,
    /// Components: the widest are split where least ink is, and the narrowest neighbours joined.
    Components,
    /// The columns of the whole line at once, so that strokes through the letters do not matter.
    Columns,
}

impl Segmentation {
    /// Side of the local threshold's window in an image of so many rows.
    pub(super) fn window_of(&self, rows: usize) -> usize {
        if self.window == 0 { (rows / 2).max(2) | 1 } else { self.window }
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        let side = |what, side: usize, most: usize| {
            if side % 2 == 1 && side <= most {
                return Ok(());
            }
            let expected = format!("an odd number from 1 to {most}");
            Err(Error::Setting { what, got: side.to_string(), expected })
        };
        let between = |what, value: f64, least: f64, most: f64| {
            if (least..=most).contains(&value) {
                return Ok(());
            }
            let expected = format!("{least} to {most}");
            Err(Error::Setting { what, got: value.to_string(), expected })
        };
        side("segmentation: median", self.median, 31)?;
        side("segmentation: opening", self.opening, 31)?;
        if self.window != 0 {
            side("segmentation: window", self.window, 1023)?;
        }
        between("segmentation: k", self.k, 0.0, 1.0)?;
        between("segmentation: speck", self.speck, 0.0, 1.0)?;
        between("segmentation: widest", self.widest, 1.0, 10.0)
    }
}
