//! From an image to its letters, step by step.

use super::piece::left_to_right;
use super::{
    Cut, Piece, Plane, Segmentation, Threshold, columns, components, count, joining, median,
    opening, otsu, sauvola,
};
use crate::Error;

/// The largest image, in pixels: a line of text has far fewer.
const MOST_PIXELS: usize = 1 << 22;
/// The most components that are looked at, the largest: far more than a line of text has.
const MOST_COMPONENTS: usize = 512;

/// What became of an image.
#[derive(Clone, Debug, PartialEq)]
pub struct Segmented {
    /// The grey image, dark ink on light paper, whatever it was.
    pub grey: Plane<u8>,
    /// What was taken for ink.
    pub ink: Plane<bool>,
    /// Components that were left out for being too small.
    pub specks: usize,
    /// Components that were left, before any was joined or split.
    pub components: usize,
    /// The first row of the line and the one behind its last, where it was cut by its columns.
    pub line: Option<[usize; 2]>,
    /// Letters, from left to right.
    pub pieces: Vec<Piece>,
}

impl Segmentation {
    /// Cuts a grey image into `length` letters, or into as many as seem to stand there.
    ///
    /// An image without ink has no piece.
    ///
    /// # Errors
    ///
    /// When a setting lies outside its range, or the image is too large for a line of text.
    pub fn segment(&self, grey: &Plane<u8>, length: Option<usize>) -> Result<Segmented, Error> {
        self.check()?;
        if grey.values().len() > MOST_PIXELS {
            return Err(Error::Setting {
                what: "segmentation: image",
                got: format!("{}x{}", grey.rows(), grey.columns()),
                expected: format!("at most {MOST_PIXELS} pixels"),
            });
        }
        let grey = self.ink.darkened(grey);
        let smooth = if self.median > 1 { median(&grey, self.median) } else { grey.clone() };
        let ink = match self.threshold {
            Threshold::Otsu => {
                let most = otsu(&smooth);
                // An image of one grey has no ink, though it has a threshold.
                let plain = smooth.values().iter().all(|&value| value == smooth.values()[0]);
                smooth.map(|value| value <= most && !plain)
            }
            Threshold::Local => {
                let least = sauvola(&smooth, self.window_of(smooth.rows()), self.k);
                smooth.zip(&least, |value, least| f64::from(value) < least)
            }
        };
        let ink = if self.opening > 1 { opening(&ink, self.opening) } else { ink };
        let all = components(&ink);
        let glyph = glyph_height(&all);
        let (kept, specks) = self.without_specks(all, glyph);
        let components = kept.len();
        let whole = joining::with_dots(kept, glyph);
        let by_columns = match self.cut {
            Cut::Auto => length.is_some_and(|length| length != whole.len()),
            Cut::Components => false,
            Cut::Columns => true,
        };
        let pieces = if by_columns {
            let seem = || count::as_letters(whole.clone(), glyph, self.widest, None).len();
            columns::cut(&whole, length.unwrap_or_else(seem))
        } else {
            count::as_letters(whole, glyph, self.widest, length)
        };
        let rows = |axis: usize| pieces.iter().map(move |piece| piece.bounds()[axis]);
        let line = rows(0).min().zip(rows(2).max()).filter(|_| by_columns).map(<[usize; 2]>::from);
        Ok(Segmented { grey, ink, specks, components, line, pieces: left_to_right(pieces) })
    }

    /// Leaves out components whose area is too small a share of a glyph's square, and all but the largest where there are
    /// more than a line of text can have.
    fn without_specks(&self, all: Vec<Piece>, glyph: f64) -> (Vec<Piece>, usize) {
        let count = all.len();
        let least = self.speck * glyph * glyph;
        let mut kept: Vec<Piece> =
            all.into_iter().filter(|piece| piece.pixels.len() as f64 >= least).collect();
        if kept.len() > MOST_COMPONENTS {
            kept.sort_by_key(|piece| std::cmp::Reverse(piece.pixels.len()));
            kept.truncate(MOST_COMPONENTS);
            kept.sort_by_key(|piece| piece.pixels[0]);
        }
        let specks = count - kept.len();
        (kept, specks)
    }
}

/// The median height of the components that are at least half as high as the highest; 0 where there is none.
fn glyph_height(all: &[Piece]) -> f64 {
    let heights: Vec<usize> = all.iter().map(Piece::height).collect();
    let highest = heights.iter().copied().max().unwrap_or(0);
    middle(heights.into_iter().filter(|&height| 2 * height >= highest).collect())
}

/// The median, the mean of the middle two of an even number; 0 of nothing.
pub(super) fn middle(mut values: Vec<usize>) -> f64 {
    values.sort_unstable();
    match values.len() {
        0 => 0.0,
        n if n % 2 == 1 => values[n / 2] as f64,
        n => (values[n / 2 - 1] + values[n / 2]) as f64 / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An image of this drawing: `#` is black, all else white.
    fn drawn(rows: &[&str]) -> Plane<u8> {
        let pixel = |c: u8| if c == b'#' { 0 } else { 255 };
        let values = rows.iter().flat_map(|row| row.bytes().map(pixel)).collect();
        Plane::new(rows.len(), rows[0].len(), values).expect("rows of one length")
    }

    fn widths(image: &Plane<u8>, length: Option<usize>) -> Vec<[usize; 2]> {
        let components = Segmentation { cut: Cut::Components, ..Segmentation::default() };
        let found = components.segment(image, length).expect("usual settings");
        found.pieces.iter().map(|piece| [piece.bounds()[1], piece.bounds()[3]]).collect()
    }

    const LETTERS: [&str; 8] = [
        "........................",
        "..###....#....#####.....",
        "..#.#.........#...#.....",
        "..#......#....#####.....",
        "..#......#....#.........",
        "..#.#....#....#.........",
        "..###....#....#.......#.",
        "........................",
    ];

    #[test]
    fn letters_are_found_from_left_to_right_with_their_dots_and_without_specks() {
        let found = Segmentation { speck: 0.05, ..Segmentation::default() };
        let found = found.segment(&drawn(&LETTERS), None).expect("usual settings");
        assert_eq!((found.specks, found.components), (2, 3), "the dot is as small as the speck");
        let kept = Segmentation { speck: 0.0, ..Segmentation::default() };
        let kept = kept.segment(&drawn(&LETTERS), Some(4)).expect("usual settings");
        assert_eq!((kept.specks, kept.components, kept.pieces.len()), (0, 5, 4));
        assert_eq!(kept.pieces[1].pixels.len(), 5, "the dot belongs to its stem");
    }

    #[test]
    fn letters_that_touch_are_parted_where_least_ink_is() {
        let image = drawn(&[
            ".........",
            ".###.###.",
            ".#.#.#.#.",
            ".#.###.#.",
            ".#.#.#.#.",
            ".###.###.",
            ".........",
        ]);
        assert_eq!(widths(&image, Some(1)), [[1, 8]]);
        assert_eq!(widths(&image, Some(2)), [[1, 4], [4, 8]]);
        assert_eq!(widths(&image, None), [[1, 4], [4, 8]], "wider than any letter is high");
    }

    #[test]
    fn more_pieces_than_letters_are_joined_where_that_is_narrowest() {
        let image = drawn(&[
            "..............",
            ".###.##....##.",
            ".#.#.##....##.",
            ".###.##....##.",
            "..............",
        ]);
        assert_eq!(widths(&image, Some(3)), [[1, 4], [5, 7], [11, 13]]);
        assert_eq!(widths(&image, Some(2)), [[1, 7], [11, 13]]);
    }

    #[test]
    fn the_line_is_cut_by_columns_where_components_are_no_letters() {
        // Three letters, and a stroke that joins them and goes on.
        let image = drawn(&[
            "............................",
            "..#####...#####...######....",
            "..#...#...#...#...######....",
            "..#...######################",
            "..#...#...#...#...######....",
            "..#####...#####...######....",
            "............................",
        ]);
        let pieces = |cut: Cut, length: Option<usize>| {
            let settings = Segmentation { cut, speck: 0.0, ..Segmentation::default() };
            settings.segment(&image, length).expect("usual settings").pieces
        };
        let by_columns = pieces(Cut::Columns, Some(3));
        let begin: Vec<usize> = by_columns.iter().map(|piece| piece.bounds()[1]).collect();
        assert!(matches!(begin[..], [2, 7..=10, 15..=18]), "{begin:?}");
        assert_eq!(by_columns[2].bounds()[3], 24, "without the end of the stroke");
        assert_eq!(pieces(Cut::Auto, Some(3)), by_columns);
        assert_ne!(pieces(Cut::Components, Some(3)), by_columns);
        for length in [None, Some(1)] {
            assert_eq!(pieces(Cut::Auto, length), pieces(Cut::Components, length));
        }
    }

    #[test]
    fn light_ink_on_dark_paper_is_read_as_dark_on_light() {
        let image = drawn(&LETTERS);
        let inverse = image.map(|value| 255 - value);
        let usual = Segmentation::default();
        let [a, b] = [&image, &inverse].map(|x| usual.segment(x, None).expect("usual settings"));
        assert_eq!(a, b);
    }

    #[test]
    fn an_image_without_ink_or_with_too_few_columns_has_too_few_pieces() {
        for value in [0, 128, 255] {
            let plain = Plane::new(5, 9, vec![value; 45]).expect("45 values");
            for threshold in [Threshold::Otsu, Threshold::Local] {
                let settings = Segmentation { threshold, ..Segmentation::default() };
                let found = settings.segment(&plain, Some(3)).expect("usual settings");
                assert!(found.pieces.is_empty(), "{threshold:?} of {value}");
            }
        }
        let narrow = drawn(&["...", ".#.", ".#.", "..."]);
        assert_eq!(widths(&narrow, Some(4)), [[1, 2]]);
    }

    #[test]
    fn settings_outside_their_range_are_refused() {
        let plain = Plane::new(2, 2, vec![0; 4]).expect("4 values");
        let refusal =
            |settings: Segmentation| settings.segment(&plain, None).unwrap_err().to_string();
        let even = refusal(Segmentation { median: 4, ..Segmentation::default() });
        assert_eq!(even, "segmentation: median is 4; expected an odd number from 1 to 31");
        let wide = refusal(Segmentation { widest: f64::NAN, ..Segmentation::default() });
        assert_eq!(wide, "segmentation: widest is NaN; expected 1 to 10");
    }
}
