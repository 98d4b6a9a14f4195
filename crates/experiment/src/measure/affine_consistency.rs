//! Rotation and scale consistency: how often a network gives the same class to an image turned, or made larger or smaller.
//!
//! ```text
//! kept(A) = share of images with class(x) = class(x'),   x'(p) = x(c + A (p − c)),   c the middle of the image
//! rotation = mean of kept over turns by ±θ for every angle θ        scale = mean of kept over sizes
//! ```
//!
//! Pixels are read straight between their neighbours, beyond the edge the edge itself. Neither pooling nor convolution is
//! built to bear turns or sizes, so these are changes that a network has to have learnt to bear.
//!
//! After Azulay and Weiss (2019), arXiv:1805.12177, who move, turn and scale, and Engstrom et al. (2019), arXiv:1712.02779.

use cenote_evidence::{Direction, MeasureNote};
use cenote_spec::{Kind, Setting};
use serde::Deserialize;

use super::deformation::{GRID, warped};
use super::subject::{alike, average};
use super::{
    IMAGES, MOST_IMAGES, Measure, Subject, checked, expected, images, notes, on_curve, outside,
    plain,
};
use crate::Error;

pub(super) const KIND: Kind<dyn Measure> = Kind {
    name: NAME,
    about: "how often an image that is turned or scaled keeps its class",
    example: "degrees = [5.0, 10.0, 20.0]\nscales = [0.8, 1.25]",
    notes: Some(notes(
        "share of images whose class a turn or another size leaves alone; in 0 to 1",
        "2 forward passes of every image for each angle, one for each size, and one more",
        "Azulay and Weiss (2019), arXiv:1805.12177; Engstrom et al. (2019), arXiv:1712.02779",
        &[
            Setting {
                name: "degrees",
                default: "[5.0, 10.0, 20.0]",
                about: "angles of turns, each taken both ways, 0 to 180",
                values: &["[10.0]"],
            },
            Setting {
                name: "scales",
                default: "[0.8, 1.25]",
                about: "sizes relative to the image, 0.25 to 4",
                values: &["[0.8]"],
            },
            IMAGES,
        ],
    )),
    parse: |table| {
        checked(NAME, table, |measure: &AffineConsistency| {
            let listed = |name: &str, list: &[f64]| {
                let twice = (1..list.len()).any(|at| list[..at].contains(&list[at]));
                (list.is_empty() || twice)
                    .then(|| format!("{name} is {list:?}; expected each once, at least one"))
            };
            let (degrees, scales) = (&measure.degrees, &measure.scales);
            listed("degrees", degrees)
                .or_else(|| listed("scales", scales))
                .or_else(|| degrees.iter().find_map(|&by| outside("an angle", by, 0.0, 180.0)))
                .or_else(|| scales.iter().find_map(|&by| outside("a scale", by, 0.25, 4.0)))
                .or_else(|| outside("images", measure.images, 1, MOST_IMAGES))
        })
    },
};

const NAME: &str = "affine_consistency";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AffineConsistency {
    #[serde(default = "degrees")]
    degrees: Vec<f64>,
    #[serde(default = "scales")]
    scales: Vec<f64>,
    #[serde(default = "images")]
    images: usize,
}

fn degrees() -> Vec<f64> {
    vec![5.0, 10.0, 20.0]
}

fn scales() -> Vec<f64> {
    vec![0.8, 1.25]
}

impl Measure for AffineConsistency {
    fn notes(&self) -> Vec<MeasureNote> {
        let lower =
            |name: &str, about| expected(name.to_owned(), about, "share", "C6", Direction::Lower);
        let turned = |degrees: &f64| {
            let about = "images that keep their class when they are turned";
            let note = plain(format!("rotation_kept_{degrees}"), about, "share");
            let title = "Images that keep their class when they are turned";
            on_curve(note, "rotation", title, "degrees, both ways", *degrees)
        };
        [
            lower("rotation_consistency", "images that keep their class when turned, on average"),
            lower("scale_consistency", "images that keep their class at another size"),
        ]
        .into_iter()
        .chain(self.degrees.iter().map(turned))
        .collect()
    }

    fn take(&self, subject: &Subject<'_>) -> Result<Vec<Option<f64>>, Error> {
        let sample = subject.sample(self.images)?;
        let shape = subject.data.test.shape();
        let still = subject.classes(&sample.images)?;
        let kept = |degrees: f64, scale: f64| -> Result<f64, Error> {
            let vectors = vectors(shape, degrees, scale);
            let moved = sample.images.iter().map(|image| warped(image, shape, &vectors));
            Ok(alike(&still, &subject.classes(&moved.collect::<Vec<_>>())?))
        };
        let turned = |&by: &f64| Ok(f64::midpoint(kept(by, 1.0)?, kept(-by, 1.0)?));
        let turned = self.degrees.iter().map(turned).collect::<Result<Vec<f64>, Error>>()?;
        let scaled = self.scales.iter().map(|&by| kept(0.0, by)).collect::<Result<Vec<_>, _>>()?;
        let means = [average(turned.iter().copied()), average(scaled)];
        Ok(means.into_iter().chain(turned.into_iter().map(Some)).collect())
    }
}

/// Where each point of the grid of a warp is read, from where it stands: a field that is straight, so that the grid tells all
/// of it.
fn vectors([_, height, width]: [usize; 3], degrees: f64, scale: f64) -> Vec<f64> {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let place = |at: usize, side: usize| {
        let last = (side - 1) as f64;
        at as f64 / (GRID - 1) as f64 * last - last / 2.0
    };
    let points = (0..GRID * GRID).map(|at| [place(at / GRID, height), place(at % GRID, width)]);
    let read = points.map(|[y, x]| {
        let (down, across) = (cos * y - sin * x, sin * y + cos * x);
        [down / scale - y, across / scale - x]
    });
    let (down, across): (Vec<f64>, Vec<f64>) = read.map(|[down, across]| (down, across)).unzip();
    [down, across].concat()
}

#[cfg(test)]
mod tests {
    use super::super::testbed::Testbed;
    use super::*;

    #[test]
    fn a_quarter_turn_moves_rows_into_columns_and_half_the_size_reads_twice_as_far() {
        let image = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        let turned = warped(&image, [1, 3, 3], &vectors([1, 3, 3], 90.0, 1.0));
        assert_eq!(turned, [7, 4, 1, 8, 5, 2, 9, 6, 3]);
        assert_eq!(warped(&image, [1, 3, 3], &vectors([1, 3, 3], 0.0, 1.0)), image);
        // Twice the size reads half as far from the middle: 3 lies between 1 and 5.
        let larger = warped(&image, [1, 3, 3], &vectors([1, 3, 3], 0.0, 2.0));
        assert_eq!((larger[0], larger[4]), (3, 5));
        let smaller = warped(&image, [1, 3, 3], &vectors([1, 3, 3], 0.0, 0.5));
        assert_eq!(smaller, image, "beyond the edge is the edge");
    }

    #[test]
    fn no_change_keeps_every_class_and_half_a_turn_takes_the_object_from_its_corner() {
        let take = |bed: &Testbed, degrees: &str, scales: &str| {
            let table = "kind = 'affine_consistency'";
            bed.take(&format!("{table}\ndegrees = [{degrees}]\nscales = [{scales}]"))
        };
        let corner = Testbed::corner_reader();
        assert_eq!(take(&corner, "0.0", "1.0"), [Some(1.0); 3]);
        // What comes to the corner is dark, which is class 0, and half of the images are of it.
        assert_eq!(take(&corner, "180.0", "1.0"), [Some(0.5), Some(1.0), Some(0.5)]);
        let mean = take(&Testbed::mean_of_everything(), "180.0", "1.0");
        assert_eq!(mean[0], Some(1.0), "all pixels are still there");
    }
}
