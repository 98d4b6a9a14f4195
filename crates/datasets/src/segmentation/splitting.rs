//! One blob cut into several letters.

use super::Piece;

/// How far a cut may be from where equal parts would have it, in widths of a part.
const SEARCH: f64 = 0.35;

/// Cuts a piece into `parts` at the columns with least ink, each near where equal parts would be cut.
///
/// Of columns with as little ink, the nearest to the equal cut is taken, the left one first. A piece with fewer columns than
/// `parts` is cut into one part for each column that has ink.
pub(super) fn split(piece: &Piece, parts: usize) -> Vec<Piece> {
    let [_, left, _, right] = piece.bounds();
    let width = right - left;
    let parts = parts.min(width);
    if parts < 2 {
        return vec![piece.clone()];
    }
    let mut heights = vec![0_usize; width];
    for [_, column] in &piece.pixels {
        heights[column - left] += 1;
    }
    let part = width as f64 / parts as f64;
    let mut cuts = vec![0];
    for nth in 1..parts {
        let even = nth as f64 * part;
        // Room is left for the parts to come, of a column each.
        let least = (cuts[nth - 1] + 1).max((even - SEARCH * part).ceil() as usize);
        let most = (width - (parts - nth)).min((even + SEARCH * part).floor() as usize);
        let (least, most) = (least.min(width - (parts - nth)), most.max(least));
        let distance = |cut: usize| (cut as f64 - even).abs();
        let best = (least..=most).min_by(|&a, &b| {
            let by_ink = heights[a.min(width - 1)].cmp(&heights[b.min(width - 1)]);
            by_ink.then(distance(a).total_cmp(&distance(b)))
        });
        cuts.push(best.unwrap_or(least));
    }
    cuts.push(width);
    let of = |range: &[usize]| {
        let within = |pixel: &&[usize; 2]| (range[0]..range[1]).contains(&(pixel[1] - left));
        Piece { pixels: piece.pixels.iter().filter(within).copied().collect() }
    };
    cuts.windows(2).map(of).filter(|piece| !piece.pixels.is_empty()).collect()
}
