//! A batch that is taken in parts, so that no more of it than a part is scaled at a time.

use std::ops::Range;
use std::sync::Arc;

use cenote_tensor::{Scalar, Tensor};

use crate::batch::{Raw, scale};
use crate::{Answers, Mixed};

/// The images of a batch as bytes, and what they are to be answered with, part by part.
///
/// Part `i` of `k` holds the images from `⌊i·n/k⌋` on: parts differ by one image at most, the last is as large as any, and
/// a batch of fewer images than parts were asked for has a part for each. [`crate::Loader::next_in_parts`] gives it.
///
/// ```
/// use cenote_datasets::{Batches, KINDS, Normalization};
///
/// let digits = cenote_spec::parse(&[KINDS], "kind = 'digits'".parse()?)?.load()?;
/// let normalization = Normalization::of(&digits.train)?;
/// let mut loader = Batches::sequential(&digits.train, &normalization, 32)?.prefetched(0)?;
/// let parts = loader.next_in_parts(5).expect("there are images")?;
/// let sizes: Vec<usize> = (0..parts.count()).map(|nth| parts.images(nth).dims()[0]).collect();
/// assert_eq!(sizes, [6, 6, 7, 6, 7]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Parts {
    raw: Raw,
    shape: [usize; 3],
    tables: Arc<Vec<[Scalar; 256]>>,
    count: usize,
}

impl Parts {
    pub(crate) fn new(
        raw: Raw,
        shape: [usize; 3],
        tables: Arc<Vec<[Scalar; 256]>>,
        count: usize,
    ) -> Self {
        let count = count.clamp(1, raw.labels.len().max(1));
        Self { raw, shape, tables, count }
    }

    /// Number of parts, at least one.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Images of the whole batch.
    pub fn total(&self) -> usize {
        self.raw.labels.len()
    }

    /// Where the images of a part lie among those of the batch.
    pub fn place(&self, nth: usize) -> Range<usize> {
        let start = |nth: usize| nth * self.total() / self.count;
        start(nth)..start(nth + 1)
    }

    /// The scaled images of a part, `(N, C, H, W)`.
    pub fn images(&self, nth: usize) -> Tensor {
        let (place, [c, h, w]) = (self.place(nth), self.shape);
        let area = c * h * w;
        // Recycled memory: a part is as large as one before.
        let mut images = Tensor::stale([place.len(), c, h, w]);
        let pixels = &self.raw.pixels[place.start * area..place.end * area];
        scale(pixels.chunks_exact(h * w), &mut images, &self.tables);
        images
    }

    /// What the images of a part are to be answered with.
    pub fn answers(&self, nth: usize) -> Answers {
        let (Raw { labels, mixed, texts, objects, .. }, place) = (&self.raw, self.place(nth));
        let mixed = mixed.as_ref().map(|mixed| Mixed {
            labels: mixed.labels[place.clone()].to_vec(),
            shares: mixed.shares[place.clone()].to_vec(),
        });
        let [_, rows, columns] = self.shape;
        Answers {
            labels: labels[place.clone()].to_vec(),
            mixed,
            // Empty where the split has none.
            texts: texts.get(place.clone()).unwrap_or_default().to_vec(),
            objects: objects.get(place).unwrap_or_default().to_vec(),
            size: [rows, columns],
        }
    }

    /// The memory of the bytes.
    pub(crate) fn into_memory(self) -> Vec<u8> {
        self.raw.pixels
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Seed;
    use proptest::prelude::*;

    use super::*;
    use crate::{Augmentation, Batches, Images, Loader, Normalization, Split};

    /// A pass over `count` images of two pixels with texts, of which some are flipped, by this many workers.
    fn loader(count: usize, batch_size: usize, workers: usize) -> Loader {
        let images = Images::new([1, 1, 2], (0..2 * count).map(|at| at as u8).collect()).unwrap();
        let split = Split::of_texts(images, (0..count).map(|at| vec![at]).collect()).unwrap();
        let plain = Normalization { mean: vec![0.5], deviation: vec![0.25] };
        let batches =
            Batches::shuffled(&split, &plain, batch_size, &mut Seed(1).stream("order")).unwrap();
        let flip = Augmentation::parse(vec!["kind = 'horizontal_flip'".parse().unwrap()]).unwrap();
        batches.augmented(&flip, Seed(3), 1).unwrap().prefetched(workers).unwrap()
    }

    proptest! {
        #[test]
        fn the_parts_of_a_batch_are_the_batch(
            count in 1_usize..40, batch_size in 1_usize..20, parts in 1_usize..9, workers in 0_usize..3,
        ) {
            let mut parted = loader(count, batch_size, workers);
            for whole in loader(count, batch_size, workers) {
                let (images, answers) = whole.unwrap().parted();
                let batch = parted.next_in_parts(parts).expect("as many batches").unwrap();
                prop_assert_eq!(batch.count(), parts.min(batch.total()));
                let (mut pixels, mut texts, mut labels, mut end) = (vec![], vec![], vec![], 0);
                for nth in 0..batch.count() {
                    prop_assert_eq!(batch.place(nth).start, end);
                    end = batch.place(nth).end;
                    pixels.extend_from_slice(batch.images(nth).as_slice());
                    let part = batch.answers(nth);
                    texts.extend(part.texts);
                    labels.extend(part.labels);
                }
                let last = batch.place(batch.count() - 1).len();
                prop_assert_eq!(last, batch.total().div_ceil(batch.count()), "as large as any");
                prop_assert_eq!(end, batch.total());
                prop_assert_eq!(pixels.as_slice(), images.as_slice());
                prop_assert_eq!((texts, labels), (answers.texts, answers.labels));
                parted.give_back(batch);
            }
            prop_assert!(parted.next_in_parts(parts).is_none());
        }
    }

    #[test]
    fn labels_that_were_mixed_in_stay_with_their_images() {
        let images = Images::new([1, 2, 2], (0..40).collect()).unwrap();
        let split = Split::new(images, (0..10).map(|at| at % 3).collect()).unwrap();
        let plain = Normalization { mean: vec![0.0], deviation: vec![1.0] };
        let mixup = Augmentation::parse(vec!["kind = 'mixup'\nalpha = 0.4".parse().unwrap()]);
        let batches = Batches::sequential(&split, &plain, 10).unwrap();
        let batches = batches.augmented(&mixup.unwrap(), Seed(2), 0).unwrap();
        let mut loader = batches.prefetched(0).unwrap();
        let parts = loader.next_in_parts(3).unwrap().unwrap();
        let shares: Vec<Scalar> = (0..3)
            .flat_map(|nth| parts.answers(nth).mixed.expect("images are mixed").shares)
            .collect();
        assert_eq!(shares.len(), 10);
        assert!(shares.iter().any(|&share| share < 1.0) && shares[..3] != shares[3..6]);
    }
}
