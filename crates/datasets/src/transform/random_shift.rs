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
    // The columns that stay inside move as one; the border is asked for the others.
    let inside = |at: isize| at.clamp(0, width as isize) as usize;
    let (start, end) = (inside(right), inside(width as isize + right));
    let mut before = vec![0; height * width];
    for plane in image.chunks_exact_mut(height * width) {
        before.copy_from_slice(plane);
        for (row, values) in plane.chunks_exact_mut(width).enumerate() {
            let Some(row) = border.place(row as isize - down, height) else {
                values.fill(0);
                continue;
            };
            let source = &before[row * width..][..width];
            if start < end {
                let first = (start as isize - right) as usize;
                values[start..end].copy_from_slice(&source[first..first + end - start]);
            }
            for column in (0..start).chain(end..width) {
                let place = border.place(column as isize - right, width);
                values[column] = place.map_or(0, |place| source[place]);
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

    use super::*;

    /// The definition: every cell takes the value `down` above and `right` before it, or 0.
    fn moved(image: &[u8], [height, width]: [isize; 2], [down, right]: [isize; 2]) -> Vec<u8> {
        let cell = |y: isize, x: isize| {
            let inside = (0..height).contains(&y) && (0..width).contains(&x);
            if inside { image[(y * width + x) as usize] } else { 0 }
        };
        (0..height)
            .flat_map(|y| (0..width).map(move |x| (y, x)))
            .map(|(y, x)| cell(y - down, x - right))
            .collect()
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
                let count = seen.remove(&moved(&image, [3, 4], [down, right])).unwrap_or(0);
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
