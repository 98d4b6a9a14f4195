//! A line of letters cut all at once, by how much ink stands in each column.
//!
//! A stroke through the letters makes one component of them, and its ends are longer than the line of text: there are no pieces
//! to count. Where the number `n` of letters is known, the columns `c0 < c1 < … < cn` are taken that make
//!
//! ```text
//! Σ over letters   ln(n s) − ½ w/m − 2 (w/m − 1)²        s its share of the ink, w its columns
//! − Σ over cuts between letters   ½ h/h̄                  h the ink beside the cut
//! ```
//!
//! as large as can be, over all usual widths `m` of a letter that are tried; `h̄` is the ink of a column if all of it stood in `n`
//! letters of width `m`. Letters have ink, about as much each, and about equal widths; they do not reach farther than their
//! ink, and are cut where little of it is. For one `m` the best cuts are found exactly, by dynamic programming. What a stroke
//! adds to every column is taken away before: the ink of a column is counted from the lowest fifth upwards.

use super::Piece;

/// What a letter costs for each usual width that it is wide.
const REACH: f64 = 0.5;
/// What it costs to be twice as wide as usual.
const UNEVEN: f64 = 2.0;
/// What a cut through as much ink as is usual in a column costs.
const CUT: f64 = 0.5;
/// The share of columns that have nothing but a stroke.
const STROKE: f64 = 0.2;
/// The least that the ink of a letter counts as, in letters.
const LEAST_INK: f64 = 0.05;
/// The usual widths that are tried, from two fifths of the columns per letter to all of them.
const WIDTHS: usize = 24;
const NARROWEST: f64 = 0.4;
/// Widths of a letter, in usual widths.
const LETTER: [f64; 2] = [0.5, 1.7];
/// The most steps across an image: of a wider one several columns are taken together.
const MOST_STEPS: usize = 512;

/// Cuts the ink of all pieces into `letters` parts, from left to right; what lies beside them is left out.
///
/// Where there are fewer columns than letters, there are fewer parts.
pub(super) fn cut(pieces: &[Piece], letters: usize) -> Vec<Piece> {
    let columns = || pieces.iter().flat_map(|piece| &piece.pixels).map(|pixel| pixel[1]);
    let (Some(left), Some(last)) = (columns().min(), columns().max()) else { return Vec::new() };
    let step = (last + 1 - left).div_ceil(MOST_STEPS);
    let mut ink = vec![0.0; (last + 1 - left).div_ceil(step)];
    for column in columns() {
        ink[(column - left) / step] += 1.0;
    }
    let ink = without_stroke(ink);
    let mut cuts = best_cuts(&ink, letters);
    // The first and the last letter end where their ink does.
    let last = cuts.len() - 1;
    while cuts[0] + 1 < cuts[1] && ink[cuts[0]] == 0.0 {
        cuts[0] += 1;
    }
    while cuts[last] - 1 > cuts[last - 1] && ink[cuts[last] - 1] == 0.0 {
        cuts[last] -= 1;
    }
    let part = |range: &[usize]| {
        let columns = left + range[0] * step..left + range[1] * step;
        let pixels = pieces.iter().flat_map(|piece| &piece.pixels);
        let mut pixels: Vec<_> = pixels.filter(|[_, c]| columns.contains(c)).copied().collect();
        pixels.sort_unstable();
        Piece { pixels }
    };
    cuts.windows(2).map(part).filter(|piece| !piece.pixels.is_empty()).collect()
}

/// The ink of each column above that of a column with nothing but a stroke.
fn without_stroke(mut ink: Vec<f64>) -> Vec<f64> {
    let mut sorted = ink.clone();
    sorted.sort_by(f64::total_cmp);
    let stroke = sorted[((sorted.len() - 1) as f64 * STROKE) as usize];
    // All columns alike are no stroke.
    if stroke < sorted[sorted.len() - 1] {
        for ink in &mut ink {
            *ink = (*ink - stroke).max(0.0);
        }
    }
    ink
}

/// The columns that the letters begin with, and the one behind the last.
fn best_cuts(ink: &[f64], letters: usize) -> Vec<usize> {
    let letters = letters.clamp(1, ink.len());
    let whole = ink.len() as f64 / letters as f64;
    let usual = (0..WIDTHS).map(|nth| {
        let share = nth as f64 / (WIDTHS - 1) as f64;
        whole * (NARROWEST + (1.0 - NARROWEST) * share)
    });
    let found = usual.filter_map(|usual| Line::of(ink, letters, usual).cuts());
    let best = found.reduce(|a, b| if b.0 > a.0 { b } else { a });
    // As wide as the columns allow always fits.
    best.map_or_else(|| (0..=letters).map(|nth| nth * ink.len() / letters).collect(), |best| best.1)
}

/// A line of so many letters of some usual width.
struct Line<'a> {
    ink: &'a [f64],
    /// The ink before each column.
    before: Vec<f64>,
    letters: usize,
    usual: f64,
}

impl<'a> Line<'a> {
    fn of(ink: &'a [f64], letters: usize, usual: f64) -> Self {
        let mut before = vec![0.0];
        before.extend(ink.iter().scan(0.0, |sum, ink| {
            *sum += ink;
            Some(*sum)
        }));
        Self { ink, before, letters, usual }
    }

    /// What a letter of these columns is worth.
    fn letter(&self, [from, to]: [usize; 2]) -> f64 {
        let share = (self.before[to] - self.before[from]) / self.before[self.ink.len()];
        let wide = (to - from) as f64 / self.usual;
        (share * self.letters as f64).max(LEAST_INK).ln()
            - REACH * wide
            - UNEVEN * (wide - 1.0).powi(2)
    }

    /// What it costs to cut in front of a column.
    fn cut(&self, column: usize) -> f64 {
        let beside = self.ink[column - 1].min(self.ink[column]);
        let usual = self.before[self.ink.len()] / (self.letters as f64 * self.usual);
        CUT * beside / usual
    }

    /// What the best cuts are worth, and these; `None` where so many letters have no room.
    fn cuts(&self) -> Option<(f64, Vec<usize>)> {
        let columns = self.ink.len();
        let [least, most] = LETTER.map(|times| (times * self.usual) as usize);
        // The best worth of letters that end before each column, and where the last of them begins.
        let mut worth = vec![0.0; columns + 1];
        let mut begins: Vec<Vec<usize>> = Vec::new();
        for nth in 1..=self.letters {
            let mut next = vec![f64::NEG_INFINITY; columns + 1];
            let mut begin = vec![0; columns + 1];
            for end in least.max(1)..=columns {
                let between = nth < self.letters && end < columns;
                let cut = if between { self.cut(end) } else { 0.0 };
                for from in end.saturating_sub(most.max(1))..=end - least.max(1) {
                    let worth = worth[from] + self.letter([from, end]) - cut;
                    if worth > next[end] {
                        (next[end], begin[end]) = (worth, from);
                    }
                }
            }
            worth = next;
            begins.push(begin);
        }
        let end = (0..=columns).reduce(|a, b| if worth[b] > worth[a] { b } else { a })?;
        let mut cuts = vec![end];
        for begin in begins.iter().rev() {
            cuts.push(begin[cuts[cuts.len() - 1]]);
        }
        cuts.reverse();
        worth[end].is_finite().then_some((worth[end], cuts))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All ways of cutting, one after the other.
    fn by_trying(line: &Line<'_>) -> f64 {
        fn from(line: &Line<'_>, begin: usize, left: usize) -> f64 {
            let [least, most] = LETTER.map(|times| (times * line.usual) as usize);
            let ends = begin + least.max(1)..=(begin + most.max(1)).min(line.ink.len());
            let worth = |end: usize| {
                let letter = line.letter([begin, end]);
                match left {
                    1 => letter,
                    _ if end == line.ink.len() => f64::NEG_INFINITY,
                    _ => letter - line.cut(end) + from(line, end, left - 1),
                }
            };
            ends.map(worth).fold(f64::NEG_INFINITY, f64::max)
        }
        let begins = 0..line.ink.len();
        begins.map(|begin| from(line, begin, line.letters)).fold(f64::NEG_INFINITY, f64::max)
    }

    #[test]
    fn no_other_cuts_are_worth_more() {
        let mut state = 7_u32;
        let mut draw = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 28
        };
        for letters in 1..=4 {
            for columns in [6, 9, 14] {
                let ink: Vec<f64> = (0..columns).map(|_| f64::from(draw()) + 0.5).collect();
                for usual in [1.5, 2.2, 3.5] {
                    let line = Line::of(&ink, letters, usual);
                    let expected = by_trying(&line);
                    match line.cuts() {
                        Some((worth, cuts)) => {
                            assert!((worth - expected).abs() < 1e-9, "{worth} {expected}");
                            assert_eq!(cuts.len(), letters + 1);
                        }
                        None => assert!(expected < -1e300, "{expected}"),
                    }
                }
            }
        }
    }

    /// Blocks of ink of these columns, ten rows high, and a stroke of one row over all of `stroke`.
    fn struck(blocks: &[[usize; 2]], stroke: [usize; 2]) -> Vec<Piece> {
        let block = |&[from, to]: &[usize; 2]| {
            (from..to).flat_map(|column| (0..10).map(move |row| [row, column]))
        };
        let mut pixels: Vec<[usize; 2]> = blocks.iter().flat_map(block).collect();
        pixels.extend((stroke[0]..stroke[1]).map(|column| [5, column]));
        pixels.sort_unstable();
        pixels.dedup();
        vec![Piece { pixels }]
    }

    fn ranges(pieces: &[Piece]) -> Vec<[usize; 2]> {
        pieces.iter().map(|piece| [piece.bounds()[1], piece.bounds()[3]]).collect()
    }

    #[test]
    fn letters_that_a_stroke_runs_through_are_parted_between_them_and_its_ends_left_out() {
        let blocks = [[10, 18], [20, 30], [31, 39], [42, 50]];
        let found = ranges(&cut(&struck(&blocks, [0, 80]), 4));
        for (found, block) in found.iter().zip(&blocks) {
            let beside = |a: usize, b: usize| a.abs_diff(b) <= 3;
            assert!(
                beside(found[0], block[0]) && beside(found[1], block[1]),
                "{found:?} {block:?}"
            );
        }
        assert_eq!(found.len(), 4);
    }

    #[test]
    fn a_line_of_any_width_is_cut_and_one_without_room_into_fewer() {
        let wide = struck(&[[0, 1500], [1600, 3000]], [0, 3000]);
        assert!(matches!(ranges(&cut(&wide, 2))[..], [[_, 1500..=1600], [1500..=1600, _]]));
        assert_eq!(ranges(&cut(&struck(&[[3, 5]], [3, 5]), 4)), [[3, 4], [4, 5]]);
        assert!(cut(&[], 3).is_empty());
    }
}
