//! What layers over regions of interest share: boxes that are given in the table.
//!
//! A detector draws its boxes while it runs and calls the functions. A layer in a slot has the same
//! boxes for every image, `[x1, y1, x2, y2]` each, and puts their grids side by side as channels:
//! `(C, H, W) → (R·C, OH, OW)` for `R` boxes.

use cenote_spec::Setting;
use cenote_tensor::{Roi, Scalar, Shape};

use super::adaptive::checked_size;
use crate::layer::maps;
use crate::{Error, Pair};

/// The boxes.
pub(super) const BOXES: Setting = Setting {
    name: "boxes",
    default: "",
    about: "boxes as [x1, y1, x2, y2], the same for every image",
    values: &["[[0, 0, 3, 2]]", "[[0.5, 1, 4.2, 3.3], [-1, 2, 9, 5]]"],
};

/// Cells of the map for one unit of a box.
pub(super) const SPATIAL_SCALE: Setting = Setting {
    name: "spatial_scale",
    default: "1.0",
    about: "cells of the map for one unit of a box",
    values: &["1.0", "0.5"],
};

/// As big as the boxes are.
pub(super) fn full_scale() -> f64 {
    1.0
}

/// Boxes of a table that were checked.
#[derive(Clone, Debug)]
pub(super) struct Boxes {
    pub(super) corners: Vec<[Scalar; 4]>,
    pub(super) scale: Scalar,
    /// Channels, rows and columns of the input.
    pub(super) input: [usize; 3],
    /// Rows and columns of a grid.
    pub(super) grid: [usize; 2],
}

impl Boxes {
    /// Checks what a table says.
    pub(super) fn fit(
        kind: &'static str,
        boxes: &[[f64; 4]],
        scale: f64,
        grid: Pair,
        input: Shape,
    ) -> Result<Self, Error> {
        let input = maps(kind, input)?;
        let grid = checked_size(kind, "output_size", grid)?;
        let refuse = |name, got: String, expected: &str| {
            Err(Error::Setting { kind, name, got, expected: expected.to_owned() })
        };
        if boxes.is_empty() {
            return refuse("boxes", "[]".into(), "at least one [x1, y1, x2, y2]");
        }
        if let Some(corners) = boxes.iter().find(|corners| !corners.iter().all(|x| x.is_finite())) {
            return refuse("boxes", format!("{corners:?}"), "finite corners");
        }
        if !(scale > 0.0 && scale.is_finite()) {
            return refuse("spatial_scale", scale.to_string(), "a positive number");
        }
        let corners = boxes.iter().map(|corners| corners.map(|x| x as Scalar)).collect();
        Ok(Self { corners, scale: scale as Scalar, input, grid })
    }

    /// Shape of one example of the output.
    pub(super) fn output(&self) -> Shape {
        let channels = self.corners.len().saturating_mul(self.input[0]);
        [channels, self.grid[0], self.grid[1]].into()
    }

    /// Every box in every image.
    pub(super) fn in_batch(&self, n: usize) -> Vec<Roi> {
        let of_image = |image| self.corners.iter().map(move |&corners| Roi { image, corners });
        (0..n).flat_map(of_image).collect()
    }
}
