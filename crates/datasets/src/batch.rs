//! Splits cut into batches of tensors.

use cenote_tensor::{Scalar, Seed, Stream, Tensor};

use crate::augmentation::Draws;
use crate::order::shuffle;
use crate::{Augmentation, Error, Normalization, Split};

/// Some examples as a network takes them.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Scaled pixels, `(N, C, H, W)`.
    pub images: Tensor,
    /// Label of each image.
    pub labels: Vec<usize>,
    /// Position of each image in its split.
    pub indices: Vec<usize>,
}

/// What becomes of the last batch when the batch size does not divide the number of examples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Last {
    /// It is smaller than the others.
    #[default]
    Keep,
    /// It is left out.
    Drop,
}

/// One pass over a split, batch by batch.
///
/// Pixels are looked up in one table of 256 scaled values per channel, straight from the bytes of the split.
///
/// ```
/// use cenote_datasets::{Batches, KINDS, Normalization};
/// use cenote_tensor::Seed;
///
/// let table = "kind = 'digits'".parse()?;
/// let digits = cenote_spec::parse(&[KINDS], table)?.load()?;
/// let normalization = Normalization::of(&digits.train);
/// let mut order = Seed(1).stream("order/epoch0");
/// let mut batches = Batches::shuffled(&digits.train, &normalization, 32, &mut order)?;
/// assert_eq!(batches.len(), 43);
/// assert_eq!(batches.next().expect("there are 43").images.dims(), [32, 1, 8, 8]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Batches {
    split: Split,
    tables: Vec<[Scalar; 256]>,
    order: Vec<usize>,
    start: usize,
    batch_size: usize,
    augment: Option<Draws>,
}

impl Batches {
    /// Takes the examples in their own order, as evaluation does.
    ///
    /// # Errors
    ///
    /// When `batch_size` is 0 or `normalization` has another number of channels than the split.
    pub fn sequential(
        split: &Split,
        normalization: &Normalization,
        batch_size: usize,
    ) -> Result<Self, Error> {
        if batch_size == 0 {
            let expected = "at least 1".to_owned();
            return Err(Error::Setting { what: "batch_size", got: "0".to_owned(), expected });
        }
        normalization.fits(split)?;
        Ok(Self {
            split: split.clone(),
            tables: normalization.tables(),
            order: (0..split.len()).collect(),
            start: 0,
            batch_size,
            augment: None,
        })
    }

    /// Takes the examples in an order drawn from `stream`, as training does.
    ///
    /// # Errors
    ///
    /// As [`Batches::sequential`].
    pub fn shuffled(
        split: &Split,
        normalization: &Normalization,
        batch_size: usize,
        stream: &mut Stream,
    ) -> Result<Self, Error> {
        let mut batches = Self::sequential(split, normalization, batch_size)?;
        shuffle(&mut batches.order, stream);
        Ok(batches)
    }

    /// Says what becomes of a last batch that is not full.
    #[must_use]
    pub fn last(mut self, last: Last) -> Self {
        if last == Last::Drop {
            self.order.truncate(self.order.len() / self.batch_size * self.batch_size);
        }
        self
    }

    /// Changes every image at random before it is scaled.
    ///
    /// What happens to an example depends on the seed, the epoch and its index in the split, never on the batch
    /// it is in.
    ///
    /// # Errors
    ///
    /// When a transform does not fit the size of the images.
    pub fn augmented(
        mut self,
        augmentation: &Augmentation,
        seed: Seed,
        epoch: usize,
    ) -> Result<Self, Error> {
        augmentation.fits(self.split.shape())?;
        self.augment = Some(augmentation.draws(seed, epoch));
        Ok(self)
    }

    fn gather(&self, indices: &[usize]) -> Tensor {
        let shape @ [c, h, w] = self.split.shape();
        // Recycled memory: a batch is as large as the one before.
        let mut images = Tensor::stale([indices.len(), c, h, w]);
        let scale = |image: &[u8], values: &mut [Scalar]| {
            let planes = image.chunks_exact(h * w).zip(values.chunks_exact_mut(h * w));
            for ((plane, values), table) in planes.zip(&self.tables) {
                for (value, &pixel) in values.iter_mut().zip(plane) {
                    *value = table[usize::from(pixel)];
                }
            }
        };
        let mut changed = Vec::new();
        for (&index, values) in
            indices.iter().zip(images.as_mut_slice().chunks_exact_mut(c * h * w))
        {
            let image = self.split.images().image(index);
            match &self.augment {
                None => scale(image, values),
                Some(draws) => {
                    changed.clear();
                    changed.extend_from_slice(image);
                    draws.apply(&mut changed, shape, index);
                    scale(&changed, values);
                }
            }
        }
        images
    }
}

impl Iterator for Batches {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let end = self.order.len().min(self.start + self.batch_size);
        let indices = self.order[self.start..end].to_vec();
        if indices.is_empty() {
            return None;
        }
        self.start = end;
        let labels = indices.iter().map(|&index| self.split.labels()[index]).collect();
        Some(Batch { images: self.gather(&indices), labels, indices })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = (self.order.len() - self.start).div_ceil(self.batch_size);
        (left, Some(left))
    }
}

impl ExactSizeIterator for Batches {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::Images;

    /// `count` images of two channels and 2x3 pixels; every pixel tells its image, channel and place.
    fn split(count: usize) -> Split {
        let pixels = (0..count * 12).map(|at| at as u8).collect();
        let labels = (0..count).map(|index| index % 4).collect();
        Split::new(Images::new([2, 2, 3], pixels).unwrap(), labels).unwrap()
    }

    fn scaled() -> Normalization {
        Normalization { mean: vec![0.5, 0.25], deviation: vec![0.5, 0.125] }
    }

    fn augmentation(kinds: &[&str]) -> Augmentation {
        let table = |text: &&str| text.parse().expect("the test's text is TOML");
        Augmentation::parse(kinds.iter().map(table).collect()).unwrap()
    }

    fn order(name: &str) -> Stream {
        Seed(1).stream(name)
    }

    #[test]
    fn values_are_scaled_per_channel_as_the_formula_says() {
        let split = split(2);
        let batch = Batches::sequential(&split, &scaled(), 2).unwrap().next().unwrap();
        assert_eq!(batch.images.dims(), [2, 2, 2, 3]);
        for (at, &y) in batch.images.as_slice().iter().enumerate() {
            let pixel = f64::from(at as u8) / 255.0;
            let expected =
                if at / 6 % 2 == 0 { (pixel - 0.5) / 0.5 } else { (pixel - 0.25) / 0.125 };
            assert!((f64::from(y) - expected).abs() < 1e-6, "{at}: {y} {expected}");
        }
    }

    #[test]
    fn the_last_batch_is_smaller_or_left_out_as_asked() {
        let sizes = |last| {
            let batches = Batches::sequential(&split(7), &scaled(), 3).unwrap().last(last);
            let promised = batches.len();
            let sizes: Vec<usize> = batches.map(|batch| batch.labels.len()).collect();
            assert_eq!(sizes.len(), promised);
            sizes
        };
        assert_eq!(sizes(Last::Keep), [3, 3, 1]);
        assert_eq!(sizes(Last::Drop), [3, 3]);
    }

    #[test]
    fn an_empty_split_has_no_batches() {
        assert_eq!(Batches::sequential(&split(0), &scaled(), 3).unwrap().count(), 0);
    }

    #[test]
    fn a_batch_size_of_zero_and_wrong_channels_are_refused() {
        let error = Batches::sequential(&split(2), &scaled(), 0).unwrap_err().to_string();
        assert_eq!(error, "batch_size is 0; expected at least 1");
        let grey = Normalization { mean: vec![0.0], deviation: vec![1.0] };
        assert!(Batches::sequential(&split(2), &grey, 1).is_err());
    }

    proptest! {
        #[test]
        fn a_shuffled_pass_holds_every_example_once_with_its_own_pixels_and_label(
            count in 0_usize..40, batch_size in 1_usize..50, seed: u64,
        ) {
            let split = split(count);
            let mut stream = Seed(seed).stream("order");
            let mut indices = Vec::new();
            for batch in Batches::shuffled(&split, &scaled(), batch_size, &mut stream).unwrap() {
                let alone = split.subset(&batch.indices);
                let expected = Batches::sequential(&alone, &scaled(), batch_size).unwrap().next().unwrap();
                prop_assert_eq!(batch.images.as_slice(), expected.images.as_slice());
                prop_assert_eq!(&batch.labels, &expected.labels);
                indices.extend(batch.indices);
            }
            indices.sort_unstable();
            prop_assert!(indices.into_iter().eq(0..count));
        }
    }

    #[test]
    fn the_order_depends_on_the_stream() {
        let indices = |name| -> Vec<usize> {
            let split = split(20);
            let batches = Batches::shuffled(&split, &scaled(), 6, &mut order(name)).unwrap();
            batches.flat_map(|batch| batch.indices).collect()
        };
        assert_eq!(indices("order/epoch0"), indices("order/epoch0"));
        assert_ne!(indices("order/epoch0"), indices("order/epoch1"));
    }

    /// The augmented pixels of every example of a pass.
    fn augmented(
        kinds: &[&str],
        epoch: usize,
        batch_size: usize,
        name: &str,
    ) -> BTreeMap<usize, Vec<Scalar>> {
        let batches =
            Batches::shuffled(&split(30), &scaled(), batch_size, &mut order(name)).unwrap();
        let batches = batches.augmented(&augmentation(kinds), Seed(5), epoch).unwrap();
        let mut images = BTreeMap::new();
        for batch in batches {
            let each = batch.images.as_slice().chunks_exact(12).map(<[Scalar]>::to_vec);
            images.extend(batch.indices.into_iter().zip(each));
        }
        images
    }

    const FLIP: &str = "kind = 'horizontal_flip'";
    const SHIFT: &str = "kind = 'random_shift'\nmax_pixels = 1";

    #[test]
    fn augmentation_depends_on_epoch_and_example_but_not_on_batches() {
        let base = augmented(&[FLIP, SHIFT], 3, 4, "a");
        assert_eq!(base, augmented(&[FLIP, SHIFT], 3, 7, "b"));
        assert_ne!(base, augmented(&[FLIP, SHIFT], 4, 4, "a"));
        assert_ne!(base, augmented(&[], 3, 4, "a"));
    }

    #[test]
    fn examples_of_one_epoch_are_changed_differently() {
        let (plain, flipped) = (augmented(&[], 0, 30, "a"), augmented(&[FLIP], 0, 30, "a"));
        let changed = plain.values().zip(flipped.values()).filter(|(a, b)| a != b).count();
        assert!((5..=25).contains(&changed), "{changed} of 30 are flipped");
    }

    #[test]
    fn another_transform_in_the_list_leaves_the_draws_of_the_first_alone() {
        let never = "kind = 'horizontal_flip'\nprobability = 0.0";
        assert_eq!(augmented(&[SHIFT], 0, 4, "a"), augmented(&[never, SHIFT], 0, 4, "a"));
    }

    #[test]
    fn the_same_kind_twice_draws_twice() {
        // Were both draws the same, every image would be flipped back.
        assert_ne!(augmented(&[FLIP, FLIP], 0, 4, "a"), augmented(&[], 0, 4, "a"));
    }

    #[test]
    fn a_transform_too_large_for_the_images_is_refused() {
        let batches = Batches::sequential(&split(1), &scaled(), 1).unwrap();
        let shift = augmentation(&["kind = 'random_shift'\nmax_pixels = 2"]);
        let error = batches.augmented(&shift, Seed(1), 0).unwrap_err().to_string();
        assert_eq!(
            error,
            "random_shift: max_pixels is 2; expected less than 2, the smaller side of the images"
        );
    }
}
