//! Images that occur more than once, pixel by pixel.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

/// How many pairs are kept.
const MOST_PAIRS: usize = 20;

/// Images that occur more than once. One that is in training and in the test leaks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Duplicates {
    /// Training images that a training image before them has, too.
    pub within_train: usize,
    /// Test images that a test image before them has, too, and no training image.
    pub within_test: usize,
    /// Test images that are training images.
    pub across: usize,
    /// How many of all these have another label than the image they repeat.
    pub contradicting: usize,
    /// The first pairs, each with the image that was met first.
    pub pairs: Vec<(Place, Place)>,
}

/// Which image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// `train` or `test`.
    pub part: &'static str,
    /// Its position there.
    pub index: usize,
}

/// The name of an image by its pixels, `(C, H, W)`, and their sizes.
pub fn digest(shape: [usize; 3], planes: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for size in shape {
        hash.update((size as u64).to_le_bytes());
    }
    hash.update(planes);
    hash.finalize().into()
}

impl Duplicates {
    /// Looks for equal digests; each comes with the label of its image.
    ///
    /// ```
    /// use cenote_datasets::{Duplicates, digest};
    ///
    /// let [a, b, c] = [1, 2, 3].map(|pixel| digest([1, 1, 1], &[pixel]));
    /// let found = Duplicates::among(&[(a, 0), (b, 1), (a, 0)], &[(c, 0), (b, 0)]);
    /// assert_eq!((found.within_train, found.within_test, found.across), (1, 0, 1));
    /// assert_eq!(found.contradicting, 1);
    /// ```
    pub fn among<L: PartialEq>(train: &[([u8; 32], L)], test: &[([u8; 32], L)]) -> Self {
        let mut found = Self::default();
        let mut first: HashMap<&[u8; 32], (Place, &L)> = HashMap::new();
        for (part, images) in [("train", train), ("test", test)] {
            for (index, (digest, label)) in images.iter().enumerate() {
                let place = Place { part, index };
                let Some(&(before, known)) = first.get(digest) else {
                    first.insert(digest, (place, label));
                    continue;
                };
                match (before.part, part) {
                    ("train", "test") => found.across += 1,
                    ("train", _) => found.within_train += 1,
                    _ => found.within_test += 1,
                }
                found.contradicting += usize::from(known != label);
                if found.pairs.len() < MOST_PAIRS {
                    found.pairs.push((before, place));
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shape_belongs_to_the_digest() {
        assert_ne!(digest([1, 2, 3], &[0; 6]), digest([1, 3, 2], &[0; 6]));
    }

    #[test]
    fn every_repetition_is_counted_once_where_it_belongs() {
        let of = |pixels: &[u8]| -> Vec<([u8; 32], u8)> {
            pixels.iter().map(|&pixel| (digest([1, 1, 1], &[pixel]), 0)).collect()
        };
        let found = Duplicates::among(&of(&[1, 2, 1, 1]), &of(&[3, 2, 3, 2]));
        assert_eq!((found.within_train, found.within_test, found.across), (2, 1, 2));
        assert_eq!((found.contradicting, found.pairs.len()), (0, 5));
        let train = |index| Place { part: "train", index };
        assert_eq!(found.pairs[1], (train(0), train(3)));
        assert_eq!(found.pairs[4], (train(1), Place { part: "test", index: 3 }));
    }
}
