//! Sheets of small pictures: images, maps of evidence, and feature maps side by side.

use cenote_datasets::{Mask, Tile};
use cenote_tensor::Scalar;

/// An image as it is: bytes `(C, H, W)`.
pub(super) fn image(planes: &[u8], shape: [usize; 3], words: &str) -> Tile {
    Tile { planes: planes.to_vec(), shape, words: words.to_owned(), boxes: Vec::new(), mask: None }
}

/// A plane of values as brightness, from the smallest to the largest.
pub(super) fn plane(values: &[f64], [rows, columns]: [usize; 2], words: &str) -> Tile {
    image(&bytes(values), [1, rows, columns], words)
}

/// The first maps of a layer, given map after map.
pub(super) fn maps(
    values: &[Scalar],
    [_, rows, columns]: [usize; 3],
    most: usize,
    words: impl Fn(usize) -> String,
) -> Vec<Tile> {
    let tile = |(nth, map): (usize, &[Scalar])| {
        let map: Vec<f64> = map.iter().map(|&value| f64::from(value)).collect();
        plane(&map, [rows, columns], &words(nth))
    };
    values.chunks(rows * columns).take(most).enumerate().map(tile).collect()
}

/// The tile with the outline of an object, where it is known.
pub(super) fn outlined(tile: Tile, mask: Option<&Mask>) -> Tile {
    Tile { mask: mask.cloned(), ..tile }
}

/// Values as brightness.
fn bytes(values: &[f64]) -> Vec<u8> {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let range = values.iter().copied().fold(f64::NEG_INFINITY, f64::max) - low;
    let byte =
        |value: &f64| if range > 0.0 { (255.0 * (value - low) / range).round() as u8 } else { 0 };
    values.iter().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_bytes_from_the_smallest_to_the_largest() {
        assert_eq!(bytes(&[-1.0, 0.0, 3.0]), [0, 64, 255]);
        assert_eq!(bytes(&[2.0, 2.0]), [0, 0]);
    }

    #[test]
    fn the_first_maps_of_a_layer_have_a_tile_each() {
        let tiles =
            maps(&[0.0, 1.0, 3.0, 2.0, 9.0, 9.0], [3, 1, 2], 2, |nth| format!("conv {nth}"));
        let seen: Vec<_> = tiles.iter().map(|tile| (&tile.planes[..], &tile.words[..])).collect();
        assert_eq!(seen, [(&[0, 255][..], "conv 0"), (&[255, 0][..], "conv 1")]);
    }
}
