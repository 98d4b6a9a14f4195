//! The shift-response curve: how many images keep their class as they move further and further.
//!
//! ```text
//! kept(d) = mean over images and the four directions of [class of the image moved by d pixels = class of the image]
//! ```
//!
//! What enters at the border is as for `shift_consistency`. A curve that falls and rises again with the stride of the network
//! is what sampling without a filter before it does.
//!
//! After Azulay and Weiss (2019), arXiv:1805.12177.

use cenote_evidence::MeasureNote;
use cenote_layers::Model;
use cenote_spec::Kind;
use serde::Deserialize;

use super::shift_consistency::{BORDER, Border, shifted};
use super::subject::{alike, average};
use super::{
    IMAGES, MOST_IMAGES, Measure, Subject, checked, images, notes, on_curve, outside, plain,
};
use crate::{Data, Error};

pub(super) const KIND: Kind<dyn Measure> = Kind {
    name: NAME,
    about: "how many images keep their class when they move by 1, 2, 3, ... pixels",
    example: "max_pixels = 4\nborder = \"zero\"",
    notes: Some(notes(
        "mean over images and four directions of whether the class stays; in 0 to 1",
        "4 max_pixels + 1 forward passes of every image",
        "Azulay and Weiss (2019), arXiv:1805.12177",
        &[
            cenote_spec::Setting {
                name: "max_pixels",
                default: "4",
                about: "the longest move, 1 to 16",
                values: &["2", "4"],
            },
            BORDER,
            IMAGES,
        ],
    )),
    parse: |table| {
        checked(NAME, table, |measure: &ShiftResponse| {
            outside("max_pixels", measure.max_pixels, 1, 16)
                .or_else(|| outside("images", measure.images, 1, MOST_IMAGES))
        })
    },
};

const NAME: &str = "shift_response";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ShiftResponse {
    #[serde(default = "four")]
    max_pixels: usize,
    #[serde(default)]
    border: Border,
    #[serde(default = "images")]
    images: usize,
}

fn four() -> usize {
    4
}

impl Measure for ShiftResponse {
    fn notes(&self) -> Vec<MeasureNote> {
        let border = self.border.word();
        let title = format!("Images that keep their class when they move, {border} at the border");
        let note = |pixels: usize| {
            let name = format!("shift_kept_{border}_{pixels}");
            let note = plain(name, "images that keep their class when they move", "share");
            let curve = format!("{NAME}_{border}");
            on_curve(note, &curve, &title, "pixels moved", pixels as f64)
        };
        (1..=self.max_pixels).map(note).collect()
    }

    fn fits(&self, _: &Model, data: &Data) -> Result<(), String> {
        let [_, rows, columns] = data.test.shape();
        if self.max_pixels < rows.min(columns) {
            return Ok(());
        }
        Err(format!("moves by {} pixels do not fit images of {rows}x{columns}", self.max_pixels))
    }

    fn take(&self, subject: &Subject<'_>) -> Result<Vec<Option<f64>>, Error> {
        let sample = subject.sample(self.images)?;
        let shape = subject.data.test.shape();
        let still = subject.classes(&sample.images)?;
        let kept = |by: [isize; 2]| -> Result<f64, Error> {
            let moved = |image: &Vec<u8>| shifted(image, shape, by, self.border);
            let classes = subject.classes(&sample.images.iter().map(moved).collect::<Vec<_>>())?;
            Ok(alike(&still, &classes))
        };
        let at = |pixels: isize| {
            let ways = [[pixels, 0], [-pixels, 0], [0, pixels], [0, -pixels]];
            Ok(average(ways.into_iter().map(kept).collect::<Result<Vec<_>, Error>>()?))
        };
        (1..=self.max_pixels as isize).map(at).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testbed::Testbed;

    #[test]
    fn a_mean_over_a_circle_keeps_every_class_and_a_reader_of_one_corner_half_of_some() {
        let table = "kind = 'shift_response'\nmax_pixels = 3\nborder = 'circular'";
        assert_eq!(Testbed::mean_of_everything().take(table), [Some(1.0); 3]);
        // Up and left bring cells of the object of three by three to the corner for two steps; down and right bring what is
        // dark, which is class 0. Half of the images are of class 1.
        let corner = Testbed::corner_reader().take(table);
        assert_eq!(corner, [Some(0.75), Some(0.75), Some(0.5)]);
    }
}
