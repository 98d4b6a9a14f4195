//! What was found.

use std::collections::HashMap;

use super::{Id, Segmentation};
use crate::Error;

/// Detections in columns, in the order they came in.
///
/// The order matters: it decides between equal scores.
///
/// ```
/// use cenote_metrics::{Detections, Id};
///
/// let mut detections = Detections::default();
/// detections.push(Id::new(1), Id::new(18), 0.9, [258.0, 41.0, 348.0, 243.0])?;
/// assert_eq!(detections.area(0), 348.0 * 243.0);
/// # Ok::<(), cenote_metrics::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Detections {
    images: Names,
    categories: Names,
    image: Vec<u32>,
    category: Vec<u32>,
    scores: Vec<f64>,
    boxes: Vec<[f64; 4]>,
    /// Empty as long as every area is that of the box.
    areas: Vec<f64>,
    /// Empty as long as there are boxes only.
    shapes: Vec<Shape>,
}

/// What a detection says beside its box.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Shape {
    /// Nothing.
    #[default]
    Box,
    /// The pixels.
    Mask(Segmentation),
    /// `[x, y]` per keypoint.
    Pose(Vec<[f64; 2]>),
}

impl Detections {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.scores.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.scores.is_empty()
    }

    /// Appends a box `[x, y, width, height]`.
    ///
    /// # Errors
    ///
    /// When a number is not finite, or there are 2³² − 1 detections already.
    pub fn push(
        &mut self,
        image: Id,
        category: Id,
        score: f64,
        bbox: [f64; 4],
    ) -> Result<(), Error> {
        self.push_shape(image, category, score, bbox, bbox[2] * bbox[3], Shape::Box)
    }

    /// Appends a mask or a pose; `area` decides whether it is small, medium or large.
    ///
    /// # Errors
    ///
    /// When a number is not finite, or there are 2³² − 1 detections already.
    pub fn push_shape(
        &mut self,
        image: Id,
        category: Id,
        score: f64,
        bbox: [f64; 4],
        area: f64,
        shape: Shape,
    ) -> Result<(), Error> {
        if !score.is_finite() {
            return Err(Error::Score { score });
        }
        if !bbox.iter().all(|side| side.is_finite()) {
            return Err(Error::Box { bbox });
        }
        if self.len() >= u32::MAX as usize {
            return Err(Error::TooMany { what: "detections", most: u64::from(u32::MAX) });
        }
        let own_area = bbox[2] * bbox[3];
        if area.to_bits() != own_area.to_bits() && self.areas.is_empty() {
            self.areas = self.boxes.iter().map(|bbox| bbox[2] * bbox[3]).collect();
            self.areas.push(area);
        } else if !self.areas.is_empty() {
            self.areas.push(area);
        }
        if shape != Shape::Box && self.shapes.is_empty() {
            self.shapes = vec![Shape::Box; self.len()];
            self.shapes.push(shape);
        } else if !self.shapes.is_empty() {
            self.shapes.push(shape);
        }
        self.image.push(self.images.number(image));
        self.category.push(self.categories.number(category));
        self.scores.push(score);
        self.boxes.push(bbox);
        Ok(())
    }

    /// Appends all of another list after those that are here.
    ///
    /// # Errors
    ///
    /// When there would be more than 2³² − 1.
    pub fn append(&mut self, other: Self) -> Result<(), Error> {
        if self.is_empty() {
            *self = other;
            return Ok(());
        }
        if self.len() + other.len() > u32::MAX as usize {
            return Err(Error::TooMany { what: "detections", most: u64::from(u32::MAX) });
        }
        if !(self.areas.is_empty() && other.areas.is_empty()) {
            if self.areas.is_empty() {
                self.areas = self.boxes.iter().map(|bbox| bbox[2] * bbox[3]).collect();
            }
            self.areas.extend((0..other.len()).map(|row| other.area(row)));
        }
        if !(self.shapes.is_empty() && other.shapes.is_empty()) {
            self.shapes.resize(self.len(), Shape::Box);
            let whole = self.len() + other.len();
            self.shapes.extend(other.shapes);
            self.shapes.resize(whole, Shape::Box);
        }
        let images: Vec<u32> = other.images.ids.iter().map(|&id| self.images.number(id)).collect();
        let categories: Vec<u32> =
            other.categories.ids.iter().map(|&id| self.categories.number(id)).collect();
        self.image.extend(other.image.iter().map(|&image| images[image as usize]));
        self.category.extend(other.category.iter().map(|&of| categories[of as usize]));
        self.scores.extend_from_slice(&other.scores);
        self.boxes.extend_from_slice(&other.boxes);
        Ok(())
    }

    /// The image of a detection.
    pub fn image(&self, row: usize) -> Id {
        self.images.ids[self.image[row] as usize]
    }

    /// What a detection says the object is.
    pub fn category(&self, row: usize) -> Id {
        self.categories.ids[self.category[row] as usize]
    }

    /// How sure a detection is.
    pub fn score(&self, row: usize) -> f64 {
        self.scores[row]
    }

    /// All scores.
    pub fn scores(&self) -> &[f64] {
        &self.scores
    }

    /// The box of a detection, `[x, y, width, height]`.
    pub fn bbox(&self, row: usize) -> [f64; 4] {
        self.boxes[row]
    }

    /// What decides whether a detection is small, medium or large.
    pub fn area(&self, row: usize) -> f64 {
        match self.areas.get(row) {
            Some(&area) => area,
            None => self.boxes[row][2] * self.boxes[row][3],
        }
    }

    /// What a detection says beside its box.
    pub fn shape(&self, row: usize) -> &Shape {
        self.shapes.get(row).unwrap_or(&Shape::Box)
    }

    /// The images that detections name, each once, and per detection the position of its image among them.
    pub fn images(&self) -> (&[Id], &[u32]) {
        (&self.images.ids, &self.image)
    }

    /// The categories that detections name, each once, and per detection the position of its category among them.
    pub fn categories(&self) -> (&[Id], &[u32]) {
        (&self.categories.ids, &self.category)
    }
}

/// Ids, numbered in the order they first came.
#[derive(Clone, Debug, Default)]
struct Names {
    ids: Vec<Id>,
    numbers: HashMap<Id, u32>,
    /// Numbers of small ids, which categories have; [`NONE`] where there is none.
    small: Vec<u32>,
    last: u32,
}

const NONE: u32 = u32::MAX;

/// Ids below this are small.
const SMALL: i64 = 2_048;

impl PartialEq for Names {
    fn eq(&self, other: &Self) -> bool {
        self.ids == other.ids
    }
}

impl Names {
    #[inline]
    fn number(&mut self, id: Id) -> u32 {
        // Detectors write image by image.
        if self.ids.get(self.last as usize) == Some(&id) {
            return self.last;
        }
        let small = id.whole().filter(|number| (0..SMALL).contains(number));
        if let Some(small) = small
            && let Some(&number) = self.small.get(small as usize)
            && number != NONE
        {
            self.last = number;
            return number;
        }
        self.last = self.number_of_any(id);
        if let Some(small) = small.map(|small| small as usize) {
            if self.small.len() <= small {
                self.small.resize(small + 1, NONE);
            }
            self.small[small] = self.last;
        }
        self.last
    }

    fn number_of_any(&mut self, id: Id) -> u32 {
        *self.numbers.entry(id).or_insert_with(|| {
            self.ids.push(id);
            self.ids.len() as u32 - 1
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask() -> Shape {
        Shape::Mask(Segmentation::Polygons(vec![vec![0.0, 0.0, 0.0, 1.0, 1.0, 1.0]]))
    }

    #[test]
    fn lists_that_are_joined_equal_the_list_that_was_not_cut() {
        let push = |list: &mut Detections, row: usize| {
            let (id, bbox) = (Id::new(row as i64 % 3), [0.0, 1.0, 2.0, row as f64]);
            if row == 4 {
                list.push_shape(id, id, 0.5, bbox, 7.0, mask()).unwrap();
            } else {
                list.push(id, Id::new(9 - row as i64), 0.1 * row as f64, bbox).unwrap();
            }
        };
        let mut whole = Detections::default();
        (0..8).for_each(|row| push(&mut whole, row));
        for cut in 0..=8 {
            let (mut head, mut tail) = (Detections::default(), Detections::default());
            (0..cut).for_each(|row| push(&mut head, row));
            (cut..8).for_each(|row| push(&mut tail, row));
            head.append(tail).unwrap();
            assert_eq!(head, whole, "cut at {cut}");
        }
        assert_eq!((whole.area(4), whole.area(5)), (7.0, 10.0));
        assert_eq!((whole.shape(4), whole.shape(5)), (&mask(), &Shape::Box));
    }

    #[test]
    fn numbers_that_are_not_finite_are_refused() {
        let mut list = Detections::default();
        let id = Id::new(1);
        assert!(list.push(id, id, f64::NAN, [0.0; 4]).is_err());
        assert!(list.push(id, id, 0.5, [0.0, 0.0, f64::INFINITY, 1.0]).is_err());
        assert!(list.is_empty());
    }
}
