//! Parts evaluated apart, joined.

use std::collections::HashMap;

use super::super::data::Id;
use super::class::{Cell, ClassMatches};
use super::evaluate::Matches;
use crate::Error;

impl Matches {
    /// Joins parts that were evaluated by the same settings, for the same categories, on different images.
    ///
    /// The result equals, to the bit, the evaluation of everything at once, but for object ids that occur in more than one
    /// part: each part is judged by its own objects. Rows of detections count on from part to part.
    ///
    /// # Errors
    ///
    /// When there is no part, settings or categories differ, or an image is in more than one part.
    pub fn merge(parts: Vec<Self>) -> Result<Self, Error> {
        let mut parts = parts.into_iter();
        let Some(mut whole) = parts.next() else {
            return Err(Error::Merge { what: "there is no part".to_owned() });
        };
        whole.settings.images = None;
        let mut rest = Vec::new();
        let mut offset = whole.detections;
        for mut part in parts {
            part.settings.images = None;
            if part.settings != whole.settings {
                return Err(Error::Merge { what: "settings differ".to_owned() });
            }
            if part.categories != whole.categories {
                return Err(Error::Merge { what: "categories differ".to_owned() });
            }
            let most = u64::from(u32::MAX);
            if offset + part.detections > u32::MAX as usize {
                return Err(Error::TooMany { what: "detections", most });
            }
            for class in &mut part.classes {
                class.rows.iter_mut().for_each(|row| *row += offset as u32);
            }
            offset += part.detections;
            rest.push(part);
        }
        let others = rest.iter().flat_map(|part| &part.images);
        let mut images: Vec<Id> = whole.images.iter().chain(others).copied().collect();
        images.sort_unstable();
        if let Some([twice, ..]) = images.windows(2).find(|two| two[0] == two[1]) {
            return Err(Error::Merge { what: format!("image {twice} is in two parts") });
        }
        let places: HashMap<Id, u32> = images.iter().copied().zip(0..).collect();
        let parts: Vec<Self> = std::iter::once(whole).chain(rest).collect();
        let renumbered: Vec<Vec<u32>> =
            parts.iter().map(|part| part.images.iter().map(|id| places[id]).collect()).collect();
        let classes = (0..parts[0].classes.len()).map(|k| {
            let of_class: Vec<(&ClassMatches, &[u32])> = parts
                .iter()
                .zip(&renumbered)
                .map(|(part, to)| (&part.classes[k], &to[..]))
                .collect();
            join(&of_class)
        });
        let classes = classes.collect();
        let first = parts.into_iter().next().expect("there is a part");
        Ok(Self { images, classes, detections: offset, ..first })
    }
}

/// The cells of all parts of a class in the order of images.
fn join(parts: &[(&ClassMatches, &[u32])]) -> ClassMatches {
    let mut cells: Vec<(u32, usize, usize)> = Vec::new();
    for (part, (class, images)) in parts.iter().enumerate() {
        let own = class.cells.iter().enumerate();
        cells.extend(own.map(|(at, cell)| (images[cell.image as usize], part, at)));
    }
    cells.sort_unstable();
    let shape = parts[0].0.shape.clone();
    let mut whole = ClassMatches::new(shape);
    for (image, part, at) in cells {
        let class = parts[part].0;
        let range = class.cells[at].detections.clone();
        let rows = range.start as usize..range.end as usize;
        let first = whole.scores.len() as u32;
        whole.cells.push(Cell { image, detections: first..first + (range.end - range.start) });
        whole.cell_positives.extend_from_slice(class.cell_positives(at));
        whole.scores.extend_from_slice(&class.scores[rows.clone()]);
        whole.rows.extend_from_slice(&class.rows[rows.clone()]);
        whole.outside.extend_from_slice(&class.outside[rows.clone()]);
        whole.append_found(class, rows);
    }
    whole
}
