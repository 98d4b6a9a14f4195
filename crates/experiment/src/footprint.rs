//! How much memory the training of a network needs, for any batch size, before it starts.
//!
//! Two steps are taken with two images and with three. The same buffers come and go in the same order both
//! times, and each grows with the number of images in a straight line or not at all. So the order is known for
//! every number of images, and with it the most that lives at once.

use cenote_datasets::{Images, Split};
use cenote_layers::{Model, ModelSpec};
use cenote_tensor::{Seed, traced};

use crate::memory;
use crate::{Data, Error, Fit, Recipe, Stop, Study};

/// Images of the smaller batch that is looked at; single ones take ways of their own here and there.
const FEW: usize = 2;
/// The widest image that is searched for.
const WIDEST: usize = 1 << 14;
/// The most images of a batch that are searched for.
const MOST: usize = 1 << 24;

/// The tensor memory of the training of one network, as a function of the batch size.
///
/// ```
/// use cenote_experiment::{Footprint, Plan, find};
///
/// let plan = Plan::new(find("smoke")?)?;
/// let footprint = Footprint::of(&plan.study, &plan.arms[0].model, &plan.data)?;
/// let batch = footprint.largest_batch(10_000_000).expect("one image fits");
/// assert!(footprint.peak(batch) <= 10_000_000 && footprint.peak(batch + 1) > 10_000_000);
/// # Ok::<(), cenote_experiment::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Footprint {
    changes: Vec<Change>,
}

/// Bytes that come, or go where negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Change {
    /// With [`FEW`] images.
    few: i64,
    /// With every further image.
    more: i64,
}

impl Footprint {
    /// The footprint of a model that is trained as a study says, on images of the model's input size.
    ///
    /// # Errors
    /// When the training settings do not fit such images.
    pub fn of(study: &Study, model: &Model, data: &Data) -> Result<Self, Error> {
        let [few, more] = [FEW, FEW + 1].map(|batch| trace(study, model, data, batch));
        let (few, more) = (few?, more?);
        if few.len() != more.len() {
            let problem =
                "its buffers depend on the number of images in a way that cannot be foreseen";
            return Err(Error::Checkpoint(problem.to_owned()));
        }
        let changes = few.into_iter().zip(more).map(|(few, more)| Change { few, more: more - few });
        Ok(Self { changes: changes.collect() })
    }

    /// The most bytes of tensors that live at once when so many images make a batch.
    pub fn peak(&self, batch: usize) -> u64 {
        let further = batch as i128 - FEW as i128;
        let (mut live, mut peak) = (0_i128, 0_i128);
        for change in &self.changes {
            live += i128::from(change.few) + further * i128::from(change.more);
            peak = peak.max(live);
        }
        u64::try_from(peak).unwrap_or(u64::MAX)
    }

    /// The largest batch whose peak is within `bytes`, or `None` where a single image is too many.
    pub fn largest_batch(&self, bytes: u64) -> Option<usize> {
        let fits = |batch: usize| self.peak(batch) <= bytes;
        if !fits(1) {
            return None;
        }
        let (mut most, mut too_many) = (1, MOST + 1);
        while most + 1 < too_many {
            let middle = usize::midpoint(most, too_many);
            if fits(middle) { most = middle } else { too_many = middle }
        }
        Some(most)
    }

    /// The side of the largest square image that an arm of a study can be trained on in batches of `batch` images
    /// within `bytes`, or `None` where no size fits.
    ///
    /// # Errors
    /// As [`Footprint::of`].
    pub fn largest_side(
        study: &Study,
        model: &Model,
        data: &Data,
        batch: usize,
        bytes: u64,
    ) -> Result<Option<usize>, Error> {
        let spec = ModelSpec::parse(model.tables().to_vec())?;
        let channels = model.input().dims()[0];
        let recipe = Recipe::of(study)?;
        // Bytes for images of this side; `None` where the network does not take them.
        let peak = |side: usize| -> Result<Option<u64>, Error> {
            let Ok(model) = spec.fit([channels, side, side].into()) else { return Ok(None) };
            let least = memory::least(&model, &recipe, batch);
            if least > bytes {
                return Ok(Some(least));
            }
            Ok(Some(Self::of(study, &model, data)?.peak(batch)))
        };
        let (mut fits, mut too_large) = (None, WIDEST + 1);
        let mut side = model.input().dims()[1].clamp(1, WIDEST);
        while fits.map_or(0, |(fits, _)| fits) + 1 < too_large {
            match peak(side)? {
                Some(peak) if peak > bytes => too_large = side,
                Some(peak) => fits = Some((side, peak)),
                // Too small for its windows.
                None if fits.is_none() => fits = Some((side, 0)),
                None => too_large = side,
            }
            let (low, guess) = match fits {
                None => (0, side / 2),
                // Memory grows with the area; a step further, so that both sides close in.
                Some((side, peak)) if peak > 0 => {
                    (side, (side as f64 * (bytes as f64 / peak as f64).sqrt()) as usize)
                }
                Some((side, _)) => (side, 2 * side),
            };
            side = guess.min(too_large - 1).max(low + 1);
        }
        Ok(fits.filter(|&(_, peak)| peak > 0).map(|(side, _)| side))
    }
}

/// What came and went in two steps on made-up images.
fn trace(study: &Study, model: &Model, data: &Data, batch: usize) -> Result<Vec<i64>, Error> {
    let mut study = study.clone();
    study.training.batch_size = batch;
    let recipe = Recipe::of(&study)?;
    let count = 2 * batch;
    let Ok(shape) = model.input().dims().try_into() else {
        return Err(Error::Checkpoint(format!("input {} is no image", model.input())));
    };
    let pixels = (0..count * model.input().len()).map(|i| (i * 7919 % 251) as u8).collect();
    let labels = (0..count).map(|i| i % data.classes.len().max(1)).collect();
    let train = Split::new(Images::new(shape, pixels)?, labels)?;
    let data = Data { train, validation: None, ..data.clone() };
    let (outcome, changes) = traced(|| {
        let mut fit = Fit::start(model, &data, &recipe, Seed(0));
        fit.epoch(&Stop::default(), |_, _| ()).map(drop)
    });
    match outcome {
        // The loss of made-up images says nothing.
        Ok(()) | Err(Error::Diverged { .. }) => Ok(changes),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::metered;

    use super::*;
    use crate::{Plan, find};

    /// The peak of two epochs of real training, the second of which ends with a smaller batch too.
    fn measured(study: &Study, model: &Model, data: &Data) -> usize {
        let recipe = Recipe::of(study).expect("valid");
        let train = data.train.subset(&(0..=2 * recipe.batch_size).collect::<Vec<_>>());
        let data = Data { train, ..data.clone() };
        let train = || {
            let mut fit = Fit::start(model, &data, &recipe, Seed(1));
            fit.epoch(&Stop::default(), |_, _| ()).expect("trains");
            fit.epoch(&Stop::default(), |_, _| ()).expect("trains");
        };
        metered(train).1.peak_bytes
    }

    #[test]
    fn the_peak_is_foreseen_to_the_byte() {
        for (name, batches) in [("smoke", [1, 2, 7, 32, 100]), ("quick", [1, 3, 8, 32, 50])] {
            let plan = Plan::new(find(name).expect("built in")).expect("fits");
            for arm in &plan.arms {
                let footprint = Footprint::of(&plan.study, &arm.model, &plan.data).expect("trains");
                for batch in batches {
                    let mut study = plan.study.clone();
                    study.training.batch_size = batch;
                    let measured = measured(&study, &arm.model, &plan.data) as u64;
                    assert_eq!(footprint.peak(batch), measured, "{name} {} {batch}", arm.name);
                }
            }
        }
    }

    #[test]
    fn one_pixel_more_than_the_largest_image_does_not_fit() {
        let plan = Plan::new(find("smoke").expect("built in")).expect("fits");
        for (arm, bytes) in plan.arms.iter().zip([1_000_000, 9_000_000]) {
            let spec = ModelSpec::parse(arm.model.tables().to_vec()).expect("parsed before");
            let peak = |side: usize| {
                let model = spec.fit([1, side, side].into()).expect("large enough");
                Footprint::of(&plan.study, &model, &plan.data).expect("trains").peak(32)
            };
            let side = Footprint::largest_side(&plan.study, &arm.model, &plan.data, 32, bytes);
            let side = side.expect("trains").expect("some size fits");
            assert!(peak(side) <= bytes && peak(side + 1) > bytes, "{} {side}", arm.name);
        }
        let model = &plan.arms[0].model;
        let none = Footprint::largest_side(&plan.study, model, &plan.data, 32, 10_000);
        assert_eq!(none.expect("trains"), None);
    }
}
