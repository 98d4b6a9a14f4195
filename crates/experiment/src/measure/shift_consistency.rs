//! Shift consistency: how often a network gives the same class to an image at two places.
//!
//! ```text
//! S = mean over images of Σ_c (n_c / N)²          n_c of the N = (2m + 1)² shifts by up to m pixels give class c
//! D = mean over images of the share of the 2m diagonal shifts (±d, ±d) in one direction that give the class of the image
//! ```
//!
//! `S` is the chance that two shifts, each drawn with equal odds, give one class: every pair is counted, nothing is drawn.
//! What enters at the border is black (`zero`), the image mirrored at its edge (`reflect`), or what left on the other side
//! (`circular`). A network that is a mean over places has exactly 1 in a circle.
//!
//! After Zhang (2019), arXiv:1904.11486.

use cenote_evidence::{Direction, MeasureNote};
use cenote_layers::Model;
use cenote_spec::{Kind, Setting};
use serde::Deserialize;

use super::subject::{alike, average};
use super::{IMAGES, MOST_IMAGES, Measure, Subject, checked, expected, images, notes, outside};
use crate::{Data, Error};

pub(super) const KIND: Kind<dyn Measure> = Kind {
    name: NAME,
    about: "how often an image shifted by a few pixels keeps its class",
    example: "max_pixels = 2\nborder = \"circular\"",
    notes: Some(notes(
        "S = mean over images of sum over classes (n_c/N)^2, N = (2m+1)^2 shifts; in 1/N to 1",
        "(2m+1)^2 forward passes of every image",
        "Zhang (2019), arXiv:1904.11486",
        &[
            Setting {
                name: "max_pixels",
                default: "2",
                about: "largest shift along each axis, 1 to 4",
                values: &["1", "2"],
            },
            BORDER,
            IMAGES,
        ],
    )),
    parse: |table| {
        checked(NAME, table, |measure: &ShiftConsistency| {
            outside("max_pixels", measure.max_pixels, 1, 4)
                .or_else(|| outside("images", measure.images, 1, MOST_IMAGES))
        })
    },
};

const NAME: &str = "shift_consistency";

/// The setting that says what enters where an image moves away.
pub(super) const BORDER: Setting = Setting {
    name: "border",
    default: "'zero'",
    about: "what enters: zero, reflect or circular",
    values: &["'zero'", "'reflect'", "'circular'"],
};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ShiftConsistency {
    #[serde(default = "two")]
    max_pixels: usize,
    #[serde(default)]
    border: Border,
    #[serde(default = "images")]
    images: usize,
}

fn two() -> usize {
    2
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Border {
    #[default]
    Zero,
    Reflect,
    Circular,
}

impl Border {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Zero => "zero",
            Self::Reflect => "reflect",
            Self::Circular => "circular",
        }
    }

    /// Where a cell of `0..side` that may lie outside is read; `None` where it is black.
    fn place(self, at: isize, side: usize) -> Option<usize> {
        let last = side as isize - 1;
        match self {
            Self::Zero => usize::try_from(at).ok().filter(|at| *at < side),
            Self::Reflect => {
                let mirrored = if at > last { 2 * last - at } else { at.abs() };
                Some(mirrored as usize)
            }
            Self::Circular => Some(at.rem_euclid(side as isize) as usize),
        }
    }
}

impl Measure for ShiftConsistency {
    fn notes(&self) -> Vec<MeasureNote> {
        let border = self.border.word();
        let lower = |name: &str, about| {
            let name = format!("{name}_{border}_{}", self.max_pixels);
            expected(name, about, "share", "C6", Direction::Lower)
        };
        vec![
            lower(NAME, "two shifts of an image give one class"),
            lower("diagonal_consistency", "a diagonal shift leaves the class of an image alone"),
        ]
    }

    fn fits(&self, _: &Model, data: &Data) -> Result<(), String> {
        let [_, rows, columns] = data.test.shape();
        if self.max_pixels < rows.min(columns) {
            return Ok(());
        }
        Err(format!("shifts by {} pixels do not fit images of {rows}x{columns}", self.max_pixels))
    }

    fn take(&self, subject: &Subject<'_>) -> Result<Vec<Option<f64>>, Error> {
        let sample = subject.sample(self.images)?;
        let shape = subject.data.test.shape();
        let most = self.max_pixels as isize;
        let at = |down: isize, across: isize| {
            let moved = |image: &Vec<u8>| shifted(image, shape, [down, across], self.border);
            subject.classes(&sample.images.iter().map(moved).collect::<Vec<_>>())
        };
        let mut counts = vec![vec![0_usize; subject.data.classes.len()]; sample.len()];
        let mut diagonal = Vec::new();
        for (down, across) in (-most..=most).flat_map(|d| (-most..=most).map(move |a| (d, a))) {
            let classes = at(down, across)?;
            counts.iter_mut().zip(&classes).for_each(|(counts, &class)| counts[class] += 1);
            if down == across {
                diagonal.push(classes);
            }
        }
        let shifts = (2 * most + 1).pow(2) as f64;
        let agreement = |counts: &Vec<usize>| {
            counts.iter().map(|&count| (count as f64 / shifts).powi(2)).sum::<f64>()
        };
        let still = diagonal.remove(self.max_pixels);
        Ok(vec![
            average(counts.iter().map(agreement)),
            average(diagonal.iter().map(|classes| alike(&still, classes))),
        ])
    }
}

/// An image moved down and across.
pub(super) fn shifted(
    image: &[u8],
    [channels, rows, columns]: [usize; 3],
    [down, across]: [isize; 2],
    border: Border,
) -> Vec<u8> {
    let mut moved = Vec::with_capacity(image.len());
    for plane in image.chunks(rows * columns).take(channels) {
        for row in 0..rows {
            let row = border.place(row as isize - down, rows);
            for column in 0..columns {
                let column = border.place(column as isize - across, columns);
                let inside = row.zip(column);
                moved.push(inside.map_or(0, |(row, column)| plane[row * columns + column]));
            }
        }
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::super::testbed::Testbed;
    use super::*;

    #[test]
    fn a_shift_moves_pixels_and_the_border_says_what_enters() {
        let image = [1, 2, 3, 4, 5, 6];
        let moved = |by, border| shifted(&image, [1, 2, 3], by, border);
        assert_eq!(moved([0, 1], Border::Zero), [0, 1, 2, 0, 4, 5]);
        assert_eq!(moved([0, 1], Border::Circular), [3, 1, 2, 6, 4, 5]);
        assert_eq!(moved([0, 1], Border::Reflect), [2, 1, 2, 5, 4, 5]);
        assert_eq!(moved([-1, -2], Border::Circular), [6, 4, 5, 3, 1, 2]);
        assert_eq!(moved([-1, 0], Border::Reflect), [4, 5, 6, 1, 2, 3]);
    }

    #[test]
    fn a_mean_over_places_is_consistent_in_a_circle_and_a_reader_of_one_corner_is_not() {
        let take = |bed: &Testbed| bed.take("kind = 'shift_consistency'\nborder = 'circular'");
        assert_eq!(take(&Testbed::mean_of_everything()), [Some(1.0), Some(1.0)]);
        // Of the bright half, nine of 25 shifts and half of the diagonal ones leave the object at the corner.
        let expected = [f64::midpoint((81.0 + 256.0) / 625.0, 1.0), 0.75];
        for (got, expected) in take(&Testbed::corner_reader()).into_iter().zip(expected) {
            assert!(got.is_some_and(|got| (got - expected).abs() < 1e-12), "{got:?} {expected}");
        }
    }
}
