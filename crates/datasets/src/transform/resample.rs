//! An image read at points between its pixels.

use serde::Deserialize;

/// What lies beyond the border of an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Border {
    /// Bytes of 0.
    #[default]
    Zero,
    /// The outermost pixel, again and again.
    Edge,
    /// The image mirrored at its outermost pixels, which are not repeated: `dcb|abcd|cba`.
    Reflect,
    /// The image again: what leaves at one side comes in at the other.
    Circular,
}

impl Border {
    /// The pixel that stands for the one at `at`, of `count` along an axis; none where it is 0.
    pub(crate) fn place(self, at: isize, count: usize) -> Option<usize> {
        let count = count as isize;
        if (0..count).contains(&at) {
            return Some(at as usize);
        }
        match self {
            Self::Zero => None,
            Self::Edge => Some(at.clamp(0, count - 1) as usize),
            Self::Circular => Some(at.rem_euclid(count) as usize),
            Self::Reflect if count == 1 => Some(0),
            Self::Reflect => {
                let at = at.rem_euclid(2 * (count - 1));
                Some(at.min(2 * (count - 1) - at) as usize)
            }
        }
    }
}

/// How a value between pixels is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Interpolation {
    /// The pixel that covers the point.
    Nearest,
    /// The mean of the four nearest centres, weighted by nearness along each axis.
    #[default]
    Bilinear,
}

/// Redraws `image` of shape `[c, h, w]`: the pixel with centre `(x, y)` shows what was at `source([x, y])`.
pub(crate) fn resample(
    image: &mut [u8],
    [_, height, width]: [usize; 3],
    (interpolation, border): (Interpolation, Border),
    source: impl Fn([f64; 2]) -> [f64; 2],
) {
    let before = image.to_vec();
    let area = height * width;
    for at in 0..area {
        let [x, y] = source([(at % width) as f64 + 0.5, (at / width) as f64 + 0.5]);
        let planes = before.chunks_exact(area).zip(image[at..].iter_mut().step_by(area));
        match interpolation {
            Interpolation::Nearest => {
                let row = border.place(y.floor() as isize, height);
                let place = row.zip(border.place(x.floor() as isize, width));
                for (plane, pixel) in planes {
                    *pixel = place.map_or(0, |(row, column)| plane[row * width + column]);
                }
            }
            Interpolation::Bilinear => {
                let (x, y) = (x - 0.5, y - 0.5);
                let (left, top) = (x.floor(), y.floor());
                let (u, v) = (x - left, y - top);
                let columns = [0, 1].map(|next| border.place(left as isize + next, width));
                let rows = [0, 1].map(|next| border.place(top as isize + next, height));
                for (plane, pixel) in planes {
                    let value = |row: Option<usize>, column: Option<usize>| {
                        let place = row.zip(column);
                        place.map_or(0.0, |(row, column)| f64::from(plane[row * width + column]))
                    };
                    let along =
                        |row| value(row, columns[0]) * (1.0 - u) + value(row, columns[1]) * u;
                    *pixel = byte(along(rows[0]) * (1.0 - v) + along(rows[1]) * v);
                }
            }
        }
    }
}

/// The nearest byte, the even one of two.
///
/// Adding 1.5 · 2^52 leaves the whole number, halves to the even one, in the lowest bits: rounding is a call where the
/// machine is not known to have an instruction for it.
pub(crate) fn byte(value: f64) -> u8 {
    (value.clamp(0.0, 255.0) + 6_755_399_441_055_744.0).to_bits() as u8
}

/// Changes every byte by itself: a table of 256 is quicker than arithmetic for every pixel.
pub(crate) fn each_byte(image: &mut [u8], change: impl Fn(f64) -> f64) {
    let table: [u8; 256] = std::array::from_fn(|x| byte(change(x as f64)));
    for pixel in image {
        *pixel = table[usize::from(*pixel)];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_continue_as_their_names_say() {
        let letters = |border: Border| -> String {
            let letter = |at| border.place(at, 4).map_or('.', |place| (b'a' + place as u8) as char);
            (-5..9).map(letter).collect()
        };
        assert_eq!(letters(Border::Zero), ".....abcd.....");
        assert_eq!(letters(Border::Edge), "aaaaaabcdddddd");
        assert_eq!(letters(Border::Reflect), "bcdcbabcdcbabc");
        assert_eq!(letters(Border::Circular), "dabcdabcdabcda");
        assert!((-3..4).all(|at| Border::Reflect.place(at, 1) == Some(0)));
    }

    #[test]
    fn a_byte_is_what_rounding_makes_of_any_number() {
        let rounded = |value: f64| value.round_ties_even().clamp(0.0, 255.0) as u8;
        let sixteenths = (-600..5000).map(|at| f64::from(at) / 16.0);
        let beside = sixteenths.flat_map(|value| [value.next_down(), value, value.next_up()]);
        let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, -0.0, f64::MIN_POSITIVE];
        for value in beside.chain(odd) {
            assert_eq!(byte(value), rounded(value), "{value}");
        }
    }

    #[test]
    fn a_point_between_four_pixels_is_their_mean_and_a_half_goes_to_the_even_byte() {
        let mut image = vec![10, 20, 30, 41];
        // The middle of the image, for every pixel: (10 + 20 + 30 + 41) / 4 = 25.25.
        resample(&mut image, [1, 2, 2], (Interpolation::Bilinear, Border::Zero), |_| [1.0, 1.0]);
        assert_eq!(image, [25; 4]);
        assert_eq!([2.5, 3.5, -7.0, 300.0].map(byte), [2, 4, 0, 255]);
    }
}
