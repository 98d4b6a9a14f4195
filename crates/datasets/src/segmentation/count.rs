//! As many pieces as there are letters.

use super::Piece;
use super::piece::left_to_right;
use super::segmented::middle;
use super::splitting::split;

/// One letter is at most so wide, in heights of the highest; Geitgey cuts what is wider.
const WIDEST: f64 = 1.25;
/// Letters are at least so wide for the width that others are compared with, in glyph heights.
const NARROWEST: f64 = 0.6;

/// Splits and joins pieces into `length` letters; where that is not known, splits those that are wider than one letter is.
pub(super) fn as_letters(
    pieces: Vec<Piece>,
    glyph: f64,
    widest: f64,
    length: Option<usize>,
) -> Vec<Piece> {
    let pieces = left_to_right(pieces);
    let widths: Vec<usize> = pieces.iter().map(Piece::width).collect();
    let parts = match length {
        Some(length) if pieces.len() > length => return joined(pieces, length),
        Some(length) => in_all(&widths, length),
        None => {
            let highest = pieces.iter().map(Piece::height).max().unwrap_or(0);
            by_width(&widths, [glyph, highest as f64], widest)
        }
    };
    pieces.into_iter().zip(parts).flat_map(|(piece, parts)| split(&piece, parts)).collect()
}

/// Into how many parts each piece is cut for `length` in all, so that the widest part is as narrow as can be.
fn in_all(widths: &[usize], length: usize) -> Vec<usize> {
    let mut parts = vec![1; widths.len()];
    for _ in widths.len()..length {
        let width = |nth: usize| widths[nth] as f64 / parts[nth] as f64;
        // The first of equals.
        let widest = (0..widths.len()).reduce(|a, b| if width(b) > width(a) { b } else { a });
        match widest {
            Some(nth) => parts[nth] += 1,
            None => break,
        }
    }
    parts
}

/// Into how many parts each piece is cut by its width, with the usual height and the highest.
fn by_width(widths: &[usize], [glyph, highest]: [f64; 2], widest: f64) -> Vec<usize> {
    let single = |&&width: &&usize| width as f64 <= widest * NARROWEST * glyph;
    let usual = middle(widths.iter().filter(single).copied().collect());
    let usual = usual.max(NARROWEST * glyph).max(1.0);
    let parts = |&width: &usize| {
        let letters = width as f64 / usual;
        if letters < widest || width as f64 <= WIDEST * highest {
            return 1;
        }
        (letters.round() as usize).max(2)
    };
    widths.iter().map(parts).collect()
}

/// Joins neighbours until `length` are left, each time the two that are narrowest together, the first of equals.
fn joined(mut pieces: Vec<Piece>, length: usize) -> Vec<Piece> {
    while pieces.len() > length.max(1) {
        let together = |nth: usize| {
            let ([_, left, _, end], [_, start, _, right]) =
                (pieces[nth].bounds(), pieces[nth + 1].bounds());
            right.max(end) - left.min(start)
        };
        let nth = (0..pieces.len() - 1).min_by_key(|&nth| together(nth)).expect("two at least");
        let part = pieces.remove(nth + 1);
        let whole = pieces.remove(nth);
        pieces.insert(nth, whole.joined(part));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_go_to_the_pieces_whose_parts_are_widest() {
        assert_eq!(in_all(&[10, 30, 11], 5), [1, 3, 1]);
        assert_eq!(in_all(&[20, 20], 3), [2, 1]);
        assert_eq!(in_all(&[7], 1), [1]);
        assert_eq!(in_all(&[], 3), Vec::<usize>::new());
    }

    #[test]
    fn without_a_length_only_pieces_wider_than_a_letter_are_cut() {
        assert_eq!(by_width(&[12, 13, 26, 39, 4], [20.0; 2], 1.7), [1, 1, 2, 3, 1]);
        // One blob alone is measured by its height.
        assert_eq!(by_width(&[50], [20.0; 2], 1.7), [4]);
        // Beside a high letter, one that is twice as wide as usual may be an m.
        assert_eq!(by_width(&[12, 26], [16.0, 22.0], 1.7), [1, 1]);
    }
}
