//! Components that are parts of one letter: dots over their stems, and letters that a gap runs through.

use super::Piece;

/// A dot is at most so high and wide, in glyph heights.
const DOT: f64 = 0.4;
/// How far a dot may be from its letter, in glyph heights.
const GAP: f64 = 0.6;
/// Share of the narrower of two pieces whose columns the other one has too, from which on they are one letter.
const SHARED: f64 = 0.6;

/// The pieces, with dots joined to their letters and pieces above one another made one.
pub(super) fn with_dots(mut pieces: Vec<Piece>, glyph: f64) -> Vec<Piece> {
    let mut bounds: Vec<[usize; 4]> = pieces.iter().map(Piece::bounds).collect();
    while let Some((a, b)) = first_pair(&bounds, glyph) {
        let part = pieces.remove(b);
        bounds.remove(b);
        pieces[a] = pieces[a].clone().joined(part);
        bounds[a] = pieces[a].bounds();
    }
    pieces
}

/// The first two pieces, `a < b`, that belong together.
fn first_pair(bounds: &[[usize; 4]], glyph: f64) -> Option<(usize, usize)> {
    let mut pairs = (0..bounds.len()).flat_map(|a| (a + 1..bounds.len()).map(move |b| (a, b)));
    pairs.find(|&(a, b)| {
        let (a, b) = (bounds[a], bounds[b]);
        stacked(a, b) || is_dot_of(a, b, glyph) || is_dot_of(b, a, glyph)
    })
}

/// Whether most columns of the narrower are columns of the other.
fn stacked(a: [usize; 4], b: [usize; 4]) -> bool {
    let shared = a[3].min(b[3]).saturating_sub(a[1].max(b[1])) as f64;
    shared >= SHARED * (a[3] - a[1]).min(b[3] - b[1]) as f64
}

/// Whether `dot` is small and right above or below `letter`: over a slanted stem it need not share its columns.
fn is_dot_of(dot: [usize; 4], letter: [usize; 4], glyph: f64) -> bool {
    let small = |side: usize| side as f64 <= DOT * glyph;
    if !small(dot[2] - dot[0]) || !small(dot[3] - dot[1]) || small(letter[2] - letter[0]) {
        return false;
    }
    let between = |a: usize, b: usize| a.saturating_sub(b) as f64;
    let gap = between(letter[0], dot[2]).max(between(dot[0], letter[2]));
    let aside = between(letter[1], dot[3]).max(between(dot[1], letter[3]));
    let apart = dot[2] <= letter[0] || letter[2] <= dot[0];
    apart && gap <= GAP * glyph && aside == 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(top: usize, left: usize, bottom: usize, right: usize) -> Piece {
        let pixels =
            (top..bottom).flat_map(|row| (left..right).map(move |column| [row, column])).collect();
        Piece { pixels }
    }

    #[test]
    fn a_dot_beside_a_slanted_stem_is_part_of_it_and_one_far_above_is_not() {
        let stem = || block(6, 4, 20, 7);
        assert_eq!(with_dots(vec![block(1, 6, 4, 9), stem()], 14.0).len(), 1);
        assert_eq!(with_dots(vec![block(1, 8, 4, 11), stem()], 14.0).len(), 2);
        let far = block(30, 6, 32, 9);
        assert_eq!(with_dots(vec![stem(), far], 14.0).len(), 2);
    }

    #[test]
    fn halves_above_one_another_are_one_letter_and_neighbours_are_two() {
        assert_eq!(with_dots(vec![block(0, 0, 5, 8), block(7, 1, 14, 8)], 14.0).len(), 1);
        assert_eq!(with_dots(vec![block(0, 0, 14, 8), block(0, 7, 14, 16)], 14.0).len(), 2);
    }
}
