//! Scenes at one size, ready to be learnt from: decoded once where memory allows, changed anew in every epoch.
//!
//! # Boxes that move
//!
//! A change of an image moves its boxes as [`Motion::bbox`] says: each becomes the box around where its outline went, cut
//! at the border, and is dropped when less than [`Motion::LEAST_SHARE`] of it is left inside or a side is shorter than a
//! pixel.

use std::sync::OnceLock;

use cenote_tensor::Seed;
use rayon::prelude::*;

use super::scene::{BoxedObject, Scene, SceneBatch};
use crate::order::shuffle;
use crate::tensors::scaled_tensor;
use crate::{Augmentation, Channels, Error, Motion, Normalization, PixelCounts};

/// Bytes and objects of a scene at the size of the stock.
type Decoded = (Vec<u8>, Vec<BoxedObject>);

/// Scenes scaled to one size, whatever their proportions.
///
/// The first of them stay in memory once they are decoded, at most [`SceneStock::MOST_BYTES`]; the others are decoded
/// whenever they are asked for. What a batch holds depends on seed, epoch and the indices of its scenes alone.
#[derive(Debug)]
pub struct SceneStock {
    scenes: Vec<Scene>,
    channels: Channels,
    size: [u32; 2],
    kept: Vec<OnceLock<Decoded>>,
}

impl SceneStock {
    /// The most memory that decoded images take.
    pub const MOST_BYTES: usize = 1 << 30;

    /// The scenes, to be scaled to `[rows, columns]`.
    pub fn new(scenes: Vec<Scene>, channels: Channels, size: [u32; 2]) -> Self {
        let bytes = channels.count() * size[0] as usize * size[1] as usize;
        let most = Self::MOST_BYTES / bytes.max(1);
        let kept = scenes.iter().take(most).map(|_| OnceLock::new()).collect();
        Self { scenes, channels, size, kept }
    }

    /// The scenes as they are annotated.
    pub fn scenes(&self) -> &[Scene] {
        &self.scenes
    }

    /// The order in which the scenes are seen in an epoch, drawn from the stream `order/epochN`.
    pub fn order(&self, seed: Seed, epoch: u64) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.scenes.len()).collect();
        shuffle(&mut order, &mut seed.stream(&format!("order/epoch{epoch}")));
        order
    }

    /// The scenes at `indices` as they are.
    ///
    /// # Errors
    ///
    /// When an image cannot be read, has another size than annotated, or `normalization` has another number of channels.
    pub fn batch(
        &self,
        indices: &[usize],
        normalization: &Normalization,
    ) -> Result<SceneBatch, Error> {
        let taken = indices.par_iter().map(|&index| self.decoded(index));
        self.batch_of(taken.collect::<Result<_, _>>()?, normalization)
    }

    /// The scenes at `indices` as they are changed in `epoch`.
    ///
    /// # Errors
    ///
    /// As [`SceneStock::batch`], and when a transform does not fit the images or mixes them.
    pub fn changed(
        &self,
        indices: &[usize],
        normalization: &Normalization,
        augmentation: &Augmentation,
        (seed, epoch): (Seed, u64),
    ) -> Result<SceneBatch, Error> {
        let [rows, columns] = self.size.map(|side| side as usize);
        let shape = [self.channels.count(), rows, columns];
        let changed = indices.par_iter().map(|&index| {
            let (mut planes, objects) = self.decoded(index)?;
            let motions = augmentation.change(&mut planes, shape, seed, [epoch as usize, index])?;
            Ok((planes, moved(objects, &motions, [rows, columns])))
        });
        self.batch_of(changed.collect::<Result<_, Error>>()?, normalization)
    }

    /// Mean and deviation of the pixels, of at most [`Normalization::SAMPLE`] images at equal distances.
    ///
    /// # Errors
    ///
    /// When an image cannot be read.
    pub fn normalization(&self) -> Result<Normalization, Error> {
        let measured = self.scenes.len().min(Normalization::SAMPLE);
        let none = || PixelCounts::new(self.channels.count());
        let counts = (0..measured).into_par_iter().try_fold(none, |mut counts, nth| {
            counts.add(&self.decoded(nth * self.scenes.len() / measured)?.0);
            Ok::<_, Error>(counts)
        });
        let together = |mut counts: PixelCounts, more| {
            counts.merge(&more);
            Ok(counts)
        };
        Ok(counts.try_reduce(none, together)?.normalization())
    }

    fn decoded(&self, index: usize) -> Result<Decoded, Error> {
        let decode = || self.scenes[index].scaled(self.channels, self.size);
        let Some(place) = self.kept.get(index) else { return decode() };
        if let Some(kept) = place.get() {
            return Ok(kept.clone());
        }
        let decoded = decode()?;
        Ok(place.get_or_init(|| decoded).clone())
    }

    fn batch_of(&self, decoded: Vec<Decoded>, by: &Normalization) -> Result<SceneBatch, Error> {
        let (planes, objects): (Vec<_>, _) = decoded.into_iter().unzip();
        Ok(SceneBatch { images: scaled_tensor(&planes, self.channels, self.size, by)?, objects })
    }
}

/// Where objects went by one motion after the other; those that are dropped are gone.
fn moved(objects: Vec<BoxedObject>, motions: &[Motion], size: [usize; 2]) -> Vec<BoxedObject> {
    let moved = objects.into_iter().filter_map(|object| {
        let corners =
            motions.iter().try_fold(object.corners, |at, motion| motion.bbox(at, size))?;
        Some(BoxedObject { corners, ..object })
    });
    moved.collect()
}

/// The size `[rows, columns]` at which scenes are looked at when none is asked for: the median of their rows and of their
/// columns, made smaller together until neither exceeds `longest`, each rounded to the nearest multiple of `unit` and at
/// least that.
///
/// # Panics
///
/// When there is no scene, or `unit` is 0.
pub fn usual_size(scenes: &[Scene], longest: u32, unit: u32) -> [u32; 2] {
    let median = |axis: usize| {
        let mut sides: Vec<u32> = scenes.iter().map(|scene| scene.size[axis]).collect();
        sides.sort_unstable();
        sides[sides.len() / 2]
    };
    let sides = [median(0), median(1)].map(f64::from);
    let factor = (f64::from(longest) / sides[0].max(sides[1])).min(1.0);
    let rounded = |side: f64| (side * factor / f64::from(unit)).round().max(1.0) as u32 * unit;
    sides.map(rounded)
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Scalar;

    use super::*;
    use crate::DETECTION_KINDS;

    fn canvases() -> Vec<Scene> {
        let text = "kind = 'canvases'\nfrom = { kind = 'digits' }\nsize = [48, 64]\ntrain = 6\ntest = 1\nobjects = [2, 3]\nclutter = 0.0";
        let source = cenote_spec::parse(&[DETECTION_KINDS], text.parse().unwrap()).unwrap();
        source.load().unwrap().train
    }

    fn augmentation(kinds: &[&str]) -> Augmentation {
        Augmentation::parse(kinds.iter().map(|text| text.parse().unwrap()).collect()).unwrap()
    }

    fn plain() -> Normalization {
        Normalization { mean: vec![0.0], deviation: vec![1.0] }
    }

    #[test]
    fn a_scene_is_changed_alike_in_whichever_batch_it_is() {
        let stock = SceneStock::new(canvases(), Channels::Grey, [24, 32]);
        let kinds = augmentation(&["kind = 'horizontal_flip'", "kind = 'affine'\nmax_shift = 0.2"]);
        let changed = |indices: &[usize], epoch| {
            stock.changed(indices, &plain(), &kinds, (Seed(3), epoch)).unwrap()
        };
        let (whole, one) = (changed(&[4, 2, 0], 7), changed(&[2], 7));
        assert_eq!(whole.objects[1], one.objects[0]);
        let len = 24 * 32;
        assert_eq!(whole.images.as_slice()[len..2 * len], *one.images.as_slice());
        assert_ne!(changed(&[2], 8).images.as_slice(), one.images.as_slice());
    }

    #[test]
    fn boxes_stay_around_their_objects_when_images_are_changed() {
        // Objects on black: where the boxes are is where light is, before and after.
        let stock = SceneStock::new(canvases(), Channels::Grey, [48, 64]);
        let kinds = augmentation(&[
            "kind = 'horizontal_flip'\nprobability = 1.0",
            "kind = 'affine'\nmax_shift = 0.15\nscale = [0.8, 1.2]\nmax_degrees = 0.0",
        ]);
        let batch = stock.changed(&[0, 1, 2, 3, 4, 5], &plain(), &kinds, (Seed(5), 0)).unwrap();
        let mut light: [Scalar; 2] = [0.0; 2];
        for (image, objects) in batch.images.as_slice().chunks_exact(48 * 64).zip(&batch.objects) {
            for (at, &value) in image.iter().enumerate() {
                let (x, y) = ((at % 64) as f32 + 0.5, (at / 64) as f32 + 0.5);
                let inside = objects.iter().any(|object| {
                    let [x1, y1, x2, y2] = object.corners;
                    (x1 - 1.0..x2 + 1.0).contains(&x) && (y1 - 1.0..y2 + 1.0).contains(&y)
                });
                light[usize::from(inside)] += value;
            }
        }
        assert!(light[1] > 20.0 * light[0], "{light:?}");
    }

    #[test]
    fn objects_that_leave_the_image_are_dropped_and_cut() {
        let object = |corners| BoxedObject { corners, class: 0, difficult: false, crowd: false };
        let objects = vec![object([0.0, 0.0, 10.0, 10.0]), object([20.0, 0.0, 30.0, 10.0])];
        let motions = [Motion::Still, Motion::Linear(crate::Matrix::shift(-15.0, 0.0))];
        let left = moved(objects, &motions, [20, 40]);
        assert_eq!(left, [object([5.0, 0.0, 15.0, 10.0])]);
    }

    #[test]
    fn the_usual_size_keeps_proportions_within_the_longest_side() {
        let mut scenes = canvases();
        assert_eq!(usual_size(&scenes, 320, 16), [48, 64]);
        scenes.iter_mut().for_each(|scene| scene.size = [480, 640]);
        scenes[0].size = [9, 9];
        assert_eq!(usual_size(&scenes, 320, 16), [240, 320]);
        assert_eq!(usual_size(&scenes, 10, 16), [16, 16]);
    }

    #[test]
    fn a_normalization_is_measured_over_all_pixels() {
        let stock = SceneStock::new(canvases(), Channels::Grey, [48, 64]);
        let whole = stock.batch(&[0, 1, 2, 3, 4, 5], &plain()).unwrap().images;
        let mean = whole.as_slice().iter().sum::<Scalar>() / whole.len() as Scalar;
        assert!((stock.normalization().unwrap().mean[0] - mean).abs() < 1e-4);
    }
}
