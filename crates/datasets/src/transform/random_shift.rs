//! Moves the image by whole pixels.
//!
//! Rows and columns move independently, each by `-max_pixels..=max_pixels` with equal chance. What moves out is lost. What
//! moves in is said by `border`: `zero` (bytes of 0), `edge` (the outermost pixel), `reflect` (the image mirrored at its
//! outermost pixels, which are not repeated), or `circular`: what moved out comes in at the opposite side.

use cenote_spec::{Error as SpecError, Kind, params};
use cenote_tensor::Stream;
use serde::Deserialize;

use super::{Border, Matrix, Motion, Transform};
use crate::Error;
use crate::order::below;

pub(super) const KIND: Kind<dyn Transform> = Kind {
    name: NAME,
    about: "moves the image by up to `max_pixels` along rows and columns, filling with 0 or by `border`",
    example: "max_pixels = 2",
    notes: None,
    parse: |table| {
        let shift: RandomShift = params(NAME, table)?;
        if shift.max_pixels == 0 {
            let message = "max_pixels is 0; expected at least 1".to_owned();
            return Err(SpecError::Params { kind: NAME, message });
        }
        Ok(Box::new(shift))
    },
};

const NAME: &str = "random_shift";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RandomShift {
    max_pixels: usize,
    #[serde(default)]
    border: Border,
}

impl Transform for RandomShift {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fits(&self, [_, height, width]: [usize; 3]) -> Result<(), Error> {
        let smaller = height.min(width);
        if self.max_pixels < smaller {
            return Ok(());
        }
        Err(Error::Setting {
            what: "random_shift: max_pixels",
            got: self.max_pixels.to_string(),
            expected: format!("less than {smaller}, the smaller side of the images"),
        })
    }

    fn apply(&self, image: &mut [u8], shape: [usize; 3], stream: &mut Stream) -> Motion {
        let mut offset =
            || below(2 * self.max_pixels + 1, stream) as isize - self.max_pixels as isize;
        let (down, right) = (offset(), offset());
        slide(image, shape, [down, right], self.border)
    }
}

/// Moves the image, `down` and `right` being negative where it moves up and left.
pub(super) fn slide(
    image: &mut [u8],
    [_, height, width]: [usize; 3],
    [down, right]: [isize; 2],
    border: Border,
) -> Motion {
    let area = height * width;
    // What stays inside of a row, a column or a plane that moves `by`.
    let span = |by: isize, count: usize| {
        [by, count as isize + by].map(|at| at.clamp(0, count as isize) as usize)
    };
    let from = |at: usize, by: isize| (at as isize - by) as usize;
    let by = down * width as isize + right;
    let ([top, bottom], [start, end]) = (span(down, height), span(right, width));
    let [first, last] = span(by, area);
    let mut before = vec![0; area];
    for plane in image.chunks_exact_mut(area) {
        before.copy_from_slice(plane);
        // The plane moves at once; rows and columns from beyond the border are then mended.
        if first < last {
            plane[first..last].copy_from_slice(&before[from(first, by)..from(last, by)]);
        }
        for row in (0..top).chain(bottom..height) {
            let values = &mut plane[row * width..][..width];
            match border.place(row as isize - down, height) {
                Some(row) if start < end => {
                    let source = &before[row * width..][from(start, right)..from(end, right)];
                    values[start..end].copy_from_slice(source);
                }
                _ => values.fill(0),
            }
        }
        for column in (0..start).chain(end..width) {
            let place = border.place(column as isize - right, width);
            for (row, value) in plane[column..].iter_mut().step_by(width).enumerate() {
                let row = place.and_then(|_| border.place(row as isize - down, height));
                *value = row.zip(place).map_or(0, |(row, column)| before[row * width + column]);
            }
        }
    }
    match border {
        Border::Circular => Motion::Circular([right, down]),
        _ => Motion::Linear(Matrix::shift(right as f64, down as f64)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use cenote_tensor::Seed;
    use proptest::prelude::*;

    use super::*;

    /// The definition: every cell takes the value `down` above and `right` before it, or what the border has there.
    fn moved(
        image: &[u8],
        [height, width]: [usize; 2],
        [down, right]: [isize; 2],
        border: Border,
    ) -> Vec<u8> {
        let cell = |y: usize, x: usize| {
            let row = border.place(y as isize - down, height);
            let place = row.zip(border.place(x as isize - right, width));
            place.map_or(0, |(row, column)| image[row * width + column])
        };
        (0..height).flat_map(|y| (0..width).map(move |x| cell(y, x))).collect()
    }

    proptest! {
        #[test]
        fn every_cell_comes_from_where_the_border_says(
            size in [1_usize..9, 1_usize..9], by in [-9_isize..10, -9_isize..10],
        ) {
            let area = size[0] * size[1];
            let image: Vec<u8> = (1..=2 * area as u8).collect();
            for border in [Border::Zero, Border::Edge, Border::Reflect, Border::Circular] {
                let mut shifted = image.clone();
                slide(&mut shifted, [2, size[0], size[1]], by, border);
                let planes = image.chunks(area).flat_map(|plane| moved(plane, size, by, border));
                prop_assert_eq!(shifted, planes.collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn the_image_moves_to_every_offset_equally_often() {
        let image: Vec<u8> = (1..=12).collect();
        let mut seen = BTreeMap::new();
        for draw in 0..2_500 {
            let mut shifted = image.clone();
            RandomShift { max_pixels: 2, border: Border::Zero }.apply(
                &mut shifted,
                [1, 3, 4],
                &mut Seed(draw).stream("shift"),
            );
            *seen.entry(shifted).or_insert(0_u32) += 1;
        }
        for down in -2..=2 {
            for right in -2..=2 {
                // 100 expected, deviation 9.8.
                let there = moved(&image, [3, 4], [down, right], Border::Zero);
                let count = seen.remove(&there).unwrap_or(0);
                assert!(count.abs_diff(100) < 50, "({down}, {right}) {count} times");
            }
        }
        assert!(seen.is_empty(), "{seen:?} is no shift");
    }

    #[test]
    fn a_shift_as_large_as_the_image_is_refused() {
        let shift = RandomShift { max_pixels: 3, border: Border::Zero };
        assert!(shift.fits([1, 4, 5]).is_ok());
        let error = shift.fits([1, 4, 3]).unwrap_err().to_string();
        assert_eq!(
            error,
            "random_shift: max_pixels is 3; expected less than 3, the smaller side of the images"
        );
        assert!((KIND.parse)("max_pixels = 0".parse().unwrap()).is_err());
    }

    #[test]
    fn what_moves_in_is_what_the_border_says() {
        // The cells of one row, moved two to the right.
        let moved = |border| {
            let mut image = [1, 2, 3, 4, 5];
            slide(&mut image, [1, 1, 5], [0, 2], border);
            image
        };
        assert_eq!(moved(Border::Zero), [0, 0, 1, 2, 3]);
        assert_eq!(moved(Border::Edge), [1, 1, 1, 2, 3]);
        assert_eq!(moved(Border::Reflect), [3, 2, 1, 2, 3]);
        assert_eq!(moved(Border::Circular), [4, 5, 1, 2, 3]);
        let mut column = [1, 2, 3, 4, 5, 6];
        slide(&mut column, [1, 3, 2], [-1, 0], Border::Circular);
        assert_eq!(column, [3, 4, 5, 6, 1, 2]);
    }
}
