//! The judged detections of one category.

use std::ops::Range;
use std::sync::OnceLock;

use super::super::Outcome;
use super::matching::Found;
use super::ranked::Ranked;
use super::settings::FLAGS;

/// One image's part of a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Position of the image among those evaluated.
    pub image: u32,
    /// Its detections among those of the class.
    pub detections: Range<u32>,
}

/// The judged detections of one category: image by image in ascending order of ids, in each by descending score (equal
/// scores in file order), cut to the largest limit.
#[derive(Clone, Debug)]
pub struct ClassMatches {
    pub(super) shape: Shape,
    pub(super) cells: Vec<Cell>,
    /// Objects that count, per cell and range.
    pub(super) cell_positives: Vec<u32>,
    pub(super) scores: Vec<f64>,
    pub(super) rows: Vec<u32>,
    /// Per detection one flag per range it is ignored in unless it matches.
    pub(super) outside: Vec<u32>,
    /// Per detection its place among the matched ones, or [`UNMATCHED`].
    pub(super) places: Vec<u32>,
    /// Per matched detection, range and word of thresholds.
    pub(super) found: Vec<Found>,
    pub(super) ranked: OnceLock<Ranked>,
}

/// How many of what an evaluation has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) areas: usize,
    pub(super) thresholds: usize,
    /// Limits of detections, ascending.
    pub(super) limits: Vec<usize>,
}

impl Shape {
    pub(super) fn words(&self) -> usize {
        self.thresholds.div_ceil(FLAGS)
    }

    /// Words per matched detection.
    pub(super) fn stride(&self) -> usize {
        self.areas * self.words()
    }
}

pub(super) const UNMATCHED: u32 = u32::MAX;

impl ClassMatches {
    pub(super) fn new(shape: Shape) -> Self {
        Self {
            shape,
            cells: Vec::new(),
            cell_positives: Vec::new(),
            scores: Vec::new(),
            rows: Vec::new(),
            outside: Vec::new(),
            places: Vec::new(),
            found: Vec::new(),
            ranked: OnceLock::new(),
        }
    }

    /// The images that have objects or detections of this class, in ascending order.
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// The objects of a cell that count, per range of areas.
    pub fn cell_positives(&self, cell: usize) -> &[u32] {
        &self.cell_positives[cell * self.shape.areas..][..self.shape.areas]
    }

    /// Per detection the position of its cell in [`ClassMatches::cells`].
    pub fn cell_of(&self) -> Vec<u32> {
        let cells = self.cells.iter().enumerate();
        cells.flat_map(|(at, cell)| cell.detections.clone().map(move |_| at as u32)).collect()
    }

    /// How many detections there are.
    pub fn len(&self) -> usize {
        self.scores.len()
    }

    /// Whether there are no detections.
    pub fn is_empty(&self) -> bool {
        self.scores.is_empty()
    }

    /// The scores.
    pub fn scores(&self) -> &[f64] {
        &self.scores
    }

    /// The rows in [`crate::Detections`].
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// Per detection its position within its cell: a limit of `m` detections leaves those below `m`.
    pub fn ranks(&self) -> Vec<u32> {
        self.cells.iter().flat_map(|cell| 0..cell.detections.end - cell.detections.start).collect()
    }

    /// Every detection by descending score; equal scores stay in the order of images and files.
    pub fn order(&self) -> &[u32] {
        &self.ranked().order
    }

    /// Whether a detection found anything at any threshold and range. One that did not is judged alike at all
    /// thresholds.
    pub fn matched(&self, detection: usize) -> bool {
        self.places[detection] != UNMATCHED
    }

    /// What a detection turned out to be for a range of areas and at a threshold.
    pub fn outcome(&self, detection: usize, area: usize, threshold: usize) -> Outcome {
        let found = self.found(detection, area, threshold / FLAGS);
        let flag = 1 << (threshold % FLAGS);
        if found.hit & flag != 0 {
            Outcome::Hit
        } else if found.ignored & flag != 0 || self.outside[detection] >> area & 1 == 1 {
            Outcome::Ignored
        } else {
            Outcome::Miss
        }
    }

    /// Objects that count, in a range of areas.
    pub fn positives(&self, area: usize) -> u64 {
        let of_area = self.cell_positives.iter().skip(area).step_by(self.shape.areas);
        of_area.map(|&count| u64::from(count)).sum()
    }

    pub(super) fn found(&self, detection: usize, area: usize, word: usize) -> Found {
        match self.places[detection] {
            UNMATCHED => Found::default(),
            place => {
                self.found[place as usize * self.shape.stride() + area * self.shape.words() + word]
            }
        }
    }
}

impl PartialEq for ClassMatches {
    /// What is derived from the rest is not compared.
    fn eq(&self, other: &Self) -> bool {
        self.shape == other.shape
            && self.cells == other.cells
            && self.cell_positives == other.cell_positives
            && self.scores == other.scores
            && self.rows == other.rows
            && self.outside == other.outside
            && self.places == other.places
            && self.found == other.found
    }
}
