//! Splits cut into batches of tensors.

use std::sync::Arc;

use cenote_tensor::{Scalar, Seed, Stream, Tensor};

use crate::augmentation::Draws;
use crate::order::shuffle;
use crate::{Augmentation, BoxedObject, Error, Loader, Motion, Normalization, Parts, Split};

/// Some examples as a network takes them.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Scaled pixels, `(N, C, H, W)`.
    pub images: Tensor,
    /// Label of each image; of a mixed image, the label that has the larger share.
    pub labels: Vec<usize>,
    /// What was mixed into the images, where a transform mixes.
    pub mixed: Option<Mixed>,
    /// The text in each image, of a split that has texts.
    pub texts: Vec<Vec<usize>>,
    /// The objects in each image, moved with it by [`Motion::bbox`], of a split that has boxes.
    pub objects: Vec<Vec<BoxedObject>>,
    /// Position of each image in its split.
    pub indices: Vec<usize>,
}

/// What the images of a batch are to be answered with.
#[derive(Clone, Debug, PartialEq)]
pub struct Answers {
    /// As [`Batch::labels`].
    pub labels: Vec<usize>,
    /// As [`Batch::mixed`].
    pub mixed: Option<Mixed>,
    /// As [`Batch::texts`].
    pub texts: Vec<Vec<usize>>,
    /// As [`Batch::objects`].
    pub objects: Vec<Vec<BoxedObject>>,
    /// `[rows, columns]` of the images, in whose pixels the corners of objects are.
    pub size: [usize; 2],
}

impl Batch {
    /// The images, which a network takes, and what a loss compares its output with.
    pub fn parted(self) -> (Tensor, Answers) {
        let Self { images, labels, mixed, texts, objects, .. } = self;
        let [_, _, rows, columns] = images.nchw();
        (images, Answers { labels, mixed, texts, objects, size: [rows, columns] })
    }
}

/// The second label of every image of a batch whose images were mixed in pairs.
///
/// A loss takes both: `share · loss(label) + (1 − share) · loss(second label)`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mixed {
    /// The label that has the smaller share, for each image.
    pub labels: Vec<usize>,
    /// The share of [`Batch::labels`], `1/2` to 1, for each image.
    pub shares: Vec<Scalar>,
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
/// Pixels are looked up in one table of 256 scaled values per channel. Shuffling puts indices into another order and
/// copies no example. Iterating makes each batch on the thread that asks; [`Batches::prefetched`] has others make them
/// ahead of time, with the same bits.
///
/// ```
/// use cenote_datasets::{Batches, KINDS, Normalization};
/// use cenote_tensor::Seed;
///
/// let table = "kind = 'digits'".parse()?;
/// let digits = cenote_spec::parse(&[KINDS], table)?.load()?;
/// let normalization = Normalization::of(&digits.train)?;
/// let mut order = Seed(1).stream("order/epoch0");
/// let mut batches = Batches::shuffled(&digits.train, &normalization, 32, &mut order)?;
/// assert_eq!(batches.len(), 43);
/// let first = batches.next().expect("there are 43")?;
/// assert_eq!(first.images.dims(), [32, 1, 8, 8]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Batches {
    pass: Pass,
    next: usize,
    /// Memory of the batch before.
    spare: Vec<u8>,
}

/// What the batches of one pass are made from; each can be made by itself, on any thread.
#[derive(Clone, Debug)]
pub(crate) struct Pass {
    split: Split,
    tables: Arc<Vec<[Scalar; 256]>>,
    order: Arc<Vec<usize>>,
    batch_size: usize,
    augment: Option<Draws>,
}

/// A batch as bytes.
#[derive(Debug, Default)]
pub(crate) struct Raw {
    pub(crate) pixels: Vec<u8>,
    pub(crate) labels: Vec<usize>,
    pub(crate) mixed: Option<Mixed>,
    pub(crate) texts: Vec<Vec<usize>>,
    pub(crate) objects: Vec<Vec<BoxedObject>>,
    indices: Vec<usize>,
}

impl Pass {
    /// Number of batches.
    pub(crate) fn len(&self) -> usize {
        self.order.len().div_ceil(self.batch_size)
    }

    /// Reads and changes the images of one batch, into memory that may have been used before.
    pub(crate) fn read(&self, nth: usize, mut pixels: Vec<u8>) -> Result<Raw, Error> {
        let end = self.order.len().min((nth + 1) * self.batch_size);
        let indices = self.order[nth * self.batch_size..end].to_vec();
        let area: usize = self.split.shape().iter().product();
        pixels.clear();
        pixels.reserve_exact(area * indices.len());
        let mut labels = Vec::with_capacity(indices.len());
        let mut mixed =
            self.augment.as_ref().filter(|draws| draws.mixes()).map(|_| Mixed::default());
        let chosen = |all: &[Vec<usize>]| indices.iter().map(|&at| all[at].clone()).collect();
        let texts = self.split.texts().map_or_else(Vec::new, chosen);
        let mut objects = Vec::new();
        for &index in &indices {
            let start = pixels.len();
            self.split.images().read(index, &mut pixels)?;
            let mut label = self.split.labels()[index];
            let mut seen = self.split.objects().map(|objects| objects[index].clone());
            if let Some(draws) = &self.augment {
                let moved = |motion: &Motion| {
                    if let Some(seen) = &mut seen {
                        self.follow(seen, motion);
                    }
                };
                let pair = draws.apply(&mut pixels[start..], &self.split, index, moved)?;
                if let Some(mixed) = &mut mixed {
                    let (partner, share) = pair.unwrap_or((index, 1.0));
                    let mut second = self.split.labels()[partner];
                    if share < 0.5 {
                        std::mem::swap(&mut label, &mut second);
                    }
                    mixed.labels.push(second);
                    mixed.shares.push(share.max(1.0 - share) as Scalar);
                }
            }
            labels.push(label);
            objects.extend(seen);
        }
        Ok(Raw { pixels, labels, mixed, texts, objects, indices })
    }

    /// Moves boxes with their image, and drops those of which too little is left in it.
    fn follow(&self, objects: &mut Vec<BoxedObject>, motion: &Motion) {
        if matches!(motion, Motion::Still) {
            return;
        }
        let [_, height, width] = self.split.shape();
        objects.retain_mut(|object| match motion.bbox(object.corners, [height, width]) {
            Some(corners) => {
                object.corners = corners;
                true
            }
            None => false,
        });
    }

    /// Scales a batch; returns the memory of its bytes too.
    ///
    /// Tensors are recycled by the thread that drops them, so this is done on the thread that trains.
    pub(crate) fn scale(&self, raw: Raw) -> (Batch, Vec<u8>) {
        let Raw { pixels, labels, mixed, texts, objects, indices } = raw;
        let [c, h, w] = self.split.shape();
        // Recycled memory: a batch is as large as the one before.
        let mut images = Tensor::stale([indices.len(), c, h, w]);
        scale(pixels.chunks_exact(h * w), &mut images, &self.tables);
        (Batch { images, labels, mixed, texts, objects, indices }, pixels)
    }

    /// A batch in so many parts, not scaled yet.
    pub(crate) fn cut(&self, raw: Raw, count: usize) -> Parts {
        Parts::new(raw, self.split.shape(), Arc::clone(&self.tables), count)
    }
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
        Self::ordered(split, normalization, batch_size, (0..split.len()).collect())
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
        let mut order: Vec<usize> = (0..split.len()).collect();
        shuffle(&mut order, stream);
        Self::ordered(split, normalization, batch_size, order)
    }

    fn ordered(
        split: &Split,
        normalization: &Normalization,
        batch_size: usize,
        order: Vec<usize>,
    ) -> Result<Self, Error> {
        if batch_size == 0 {
            let expected = "at least 1".to_owned();
            return Err(Error::Setting { what: "batch_size", got: "0".to_owned(), expected });
        }
        normalization.fits(split)?;
        let (split, tables) = (split.clone(), Arc::new(normalization.tables()));
        let pass = Pass { split, tables, order: Arc::new(order), batch_size, augment: None };
        Ok(Self { pass, next: 0, spare: Vec::new() })
    }

    /// Says what becomes of a last batch that is not full.
    #[must_use]
    pub fn last(mut self, last: Last) -> Self {
        if last == Last::Drop {
            let full = self.pass.order.len() / self.pass.batch_size * self.pass.batch_size;
            Arc::make_mut(&mut self.pass.order).truncate(full);
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
    /// When a transform does not fit the size of the images, or mixes images that have boxes or texts.
    pub fn augmented(
        mut self,
        augmentation: &Augmentation,
        seed: Seed,
        epoch: usize,
    ) -> Result<Self, Error> {
        augmentation.fits(self.pass.split.shape())?;
        if self.pass.split.texts().is_some() || self.pass.split.objects().is_some() {
            augmentation.mixes_nothing()?;
        }
        if !augmentation.is_empty() {
            self.pass.augment = Some(augmentation.draws(seed, epoch));
        }
        Ok(self)
    }

    /// Leaves out the first `count` batches, as if they had been taken: a pass goes on where it was.
    ///
    /// No image of them is read.
    #[must_use]
    pub fn skipped(self, count: usize) -> Self {
        let next = self.next.saturating_add(count).min(self.pass.len());
        Self { next, ..self }
    }

    /// Has `workers` background threads read, decode and change what is still to come, ahead of time.
    ///
    /// With 0 of them the thread that asks does it. The batches are the same bits, in the same order, for any number.
    ///
    /// # Errors
    ///
    /// When there are more than [`Loader::LIMIT`] workers or the system gives no thread.
    pub fn prefetched(self, workers: usize) -> Result<Loader, Error> {
        Loader::start(self, workers)
    }

    /// Background threads that a training on `threads` threads gains from: none where a batch is only copied from memory,
    /// one where images in memory are changed, else, where they are decoded, as many as it trains on.
    pub fn workers_for(&self, threads: usize) -> usize {
        match (self.pass.split.images().in_memory(), &self.pass.augment) {
            (true, None) => 0,
            (true, Some(_)) => 1,
            (false, _) => threads.clamp(1, Loader::LIMIT),
        }
    }

    pub(crate) fn into_pass(self) -> (Pass, usize) {
        (self.pass, self.next)
    }

    pub(crate) fn pass(&self) -> &Pass {
        &self.pass
    }

    /// The next batch as bytes, in memory that was given back.
    pub(crate) fn next_raw(&mut self) -> Option<Result<Raw, Error>> {
        if self.next >= self.pass.len() {
            return None;
        }
        let nth = self.next;
        self.next += 1;
        Some(self.pass.read(nth, std::mem::take(&mut self.spare)))
    }

    /// Takes memory for the bytes of the next batch.
    pub(crate) fn give_back(&mut self, memory: Vec<u8>) {
        self.spare = memory;
    }
}

impl Iterator for Batches {
    type Item = Result<Batch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.next_raw()?.map(|raw| {
            let (batch, memory) = self.pass.scale(raw);
            self.give_back(memory);
            batch
        }))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.pass.len() - self.next;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Batches {}

/// Looks every byte up in the table of its channel, plane by plane.
pub(crate) fn scale<'a>(
    planes: impl Iterator<Item = &'a [u8]>,
    tensor: &mut Tensor,
    tables: &[[Scalar; 256]],
) {
    let [_, _, rows, columns] = tensor.nchw();
    let values = tensor.as_mut_slice().chunks_exact_mut(rows * columns);
    for ((plane, values), table) in planes.zip(values).zip(tables.iter().cycle()) {
        for (value, &pixel) in values.iter_mut().zip(plane) {
            *value = table[usize::from(pixel)];
        }
    }
}

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
        let batch = Batches::sequential(&split, &scaled(), 2).unwrap().next().unwrap().unwrap();
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
            let sizes: Vec<usize> = batches.map(|batch| batch.unwrap().labels.len()).collect();
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
                let batch = batch.unwrap();
                let alone = split.subset(&batch.indices);
                let mut expected = Batches::sequential(&alone, &scaled(), batch_size).unwrap();
                let expected = expected.next().unwrap().unwrap();
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
            batches.flat_map(|batch| batch.unwrap().indices).collect()
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
            let batch = batch.unwrap();
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

    /// Two images of 4x8 pixels with a box each, and what a network is given of them after `kinds`.
    fn with_boxes(kinds: &[&str]) -> Result<Batch, Error> {
        let images = Images::new([1, 4, 8], (0..64).collect()).unwrap();
        let boxed = |corners, class| BoxedObject { corners, class, difficult: false, crowd: false };
        let objects =
            vec![vec![boxed([1.0, 0.0, 3.0, 2.0], 1)], vec![boxed([6.0, 1.0, 8.0, 4.0], 0)]];
        let split = Split::of_objects(images, objects).unwrap();
        let plain = Normalization { mean: vec![0.0], deviation: vec![1.0] };
        let batches = Batches::sequential(&split, &plain, 2).unwrap();
        batches.augmented(&augmentation(kinds), Seed(1), 0)?.next().expect("one batch")
    }

    #[test]
    fn boxes_move_with_their_images_and_nothing_is_mixed_into_these() {
        let corners = |batch: &Batch, nth: usize| -> Vec<[f32; 4]> {
            batch.objects[nth].iter().map(|object| object.corners).collect()
        };
        let still = with_boxes(&[]).unwrap();
        assert_eq!(corners(&still, 1), [[6.0, 1.0, 8.0, 4.0]]);
        let flipped = with_boxes(&["kind = 'horizontal_flip'\nprobability = 1.0"]).unwrap();
        assert_eq!(corners(&flipped, 0), [[5.0, 0.0, 7.0, 2.0]]);
        assert_eq!(corners(&flipped, 1), [[0.0, 1.0, 2.0, 4.0]]);
        let first = |batch: &Batch| batch.images.as_slice()[..8].to_vec();
        assert!(first(&still).iter().rev().eq(&first(&flipped)));
        let error = with_boxes(&["kind = 'mixup'\nalpha = 0.4"]).unwrap_err().to_string();
        assert!(error.starts_with("transform of images with boxes or texts is mixup"), "{error}");
    }

    #[test]
    fn texts_stay_with_their_images() {
        let images = Images::new([1, 1, 1], vec![0, 1, 2, 3]).unwrap();
        let split = Split::of_texts(images, vec![vec![3], vec![1, 4], vec![], vec![2]]).unwrap();
        let plain = Normalization { mean: vec![0.0], deviation: vec![1.0] };
        let part = split.subset(&[3, 1, 0]);
        let batches = Batches::shuffled(&part, &plain, 2, &mut order("a")).unwrap();
        for batch in batches.map(Result::unwrap) {
            for (text, index) in batch.texts.iter().zip(batch.indices) {
                assert_eq!(*text, part.texts().unwrap()[index]);
            }
            assert!(batch.objects.is_empty());
        }
    }
}
