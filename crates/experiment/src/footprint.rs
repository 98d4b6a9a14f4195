//! How much memory the training of a network needs, for any batch size, before it starts.
//!
//! Two steps are taken with two images and with three. The same buffers come and go in the same order both
//! times, and each grows with the number of images in a straight line or not at all. So the order is known for
//! every number of images, and with it the most that lives at once. What judging takes is foreseen alike, by validation
//! images between epochs too. Of a batch in parts two are looked at: those behind the second do as it does.

use cenote_layers::{Model, ModelSpec, Params};
use cenote_tensor::{Seed, traced};

use crate::memory;
use crate::task::{Network, TOGETHER};
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
    training: Changes,
    judging: Changes,
    /// What judging by validation images takes beside what training keeps between its steps, and how many there are, where
    /// every epoch is judged by them.
    validating: Option<(Changes, usize)>,
    /// Parts of a batch.
    parts: usize,
}

/// The side of a square image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// One more does not fit.
    Most(usize),
    /// More may fit, but this machine has too little memory to look.
    AtLeast(usize),
}

/// What comes, and goes where negative, in order: bytes with [`FEW`] images, and with every further one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Changes(Vec<[i64; 2]>);

impl Footprint {
    /// The footprint of a model that is trained as a study says, on images of the model's input size.
    ///
    /// # Errors
    /// When the training settings do not fit such images.
    pub fn of(study: &Study, model: &Model, data: &Data) -> Result<Self, Error> {
        let few = trace(study, model, data, FEW)?;
        let more = trace(study, model, data, FEW + 1)?;
        let [training, judging, validating] =
            [0, 1, 2].map(|nth| Changes::between(&few[nth], &more[nth]));
        let held_out = data.validation.as_ref().filter(|_| study.training.limits().watches());
        let validating = match held_out {
            Some(held_out) => Some((validating?, held_out.len())),
            None => None,
        };
        let parts = study.training.accumulate;
        Ok(Self { training: training?, judging: judging?, validating, parts })
    }

    /// The most bytes of tensors that live at once in training when so many images make a batch, at least one for every part
    /// of it, judging between epochs included.
    pub fn peak(&self, batch: usize) -> u64 {
        self.peak_of(batch.div_ceil(self.parts))
    }

    /// The same for so many images at a time.
    fn peak_of(&self, part: usize) -> u64 {
        let validating = self.validating.as_ref();
        let validating =
            validating.map(|(changes, count)| changes.peak((*count).min(part).min(TOGETHER)));
        self.training.peak(part).max(validating.unwrap_or(0))
    }

    /// The most bytes of tensors that live at once when a network that was trained in batches of `batch` images is judged by
    /// `images`.
    pub fn judging(&self, images: usize, batch: usize) -> u64 {
        self.judging.peak(images.min(batch.div_ceil(self.parts)).min(TOGETHER))
    }

    /// The largest batch whose peak is within `bytes`, or `None` where a single image is too many.
    pub fn largest_batch(&self, bytes: u64) -> Option<usize> {
        most(|part| self.peak_of(part) <= bytes).map(|part| part * self.parts)
    }

    /// The most images at a time that can be trained on, and then judged of `images`, within `bytes`.
    pub(crate) fn largest_part(&self, images: usize, bytes: u64) -> Option<usize> {
        let judging = |part: usize| self.judging.peak(images.min(part).min(TOGETHER));
        most(|part| self.peak_of(part).max(judging(part)) <= bytes)
    }

    /// The side of the largest square image that an arm of a study can be trained on in batches of `batch` images
    /// within `bytes`, or `None` where no size fits.
    ///
    /// Two and three images of each side that comes into question are trained on, so no side is looked at for which that
    /// would take half of this machine's memory.
    ///
    /// # Errors
    /// As [`Footprint::of`].
    pub fn largest_side(
        study: &Study,
        model: &Model,
        data: &Data,
        batch: usize,
        bytes: u64,
    ) -> Result<Option<Side>, Error> {
        let room = memory::available().map_or(u64::MAX, |all| all / 2);
        Self::search(study, model, data, batch, [bytes, room])
    }

    /// [`Footprint::largest_side`] within `bytes`, taking no more than `room` itself.
    fn search(
        study: &Study,
        model: &Model,
        data: &Data,
        batch: usize,
        [bytes, room]: [u64; 2],
    ) -> Result<Option<Side>, Error> {
        let spec = ModelSpec::parse(model.tables().to_vec())?;
        let (channels, recipe) = (model.input().dims()[0], Recipe::of(study)?);
        let mut fits: Option<(usize, Self)> = None;
        let (mut too_small, mut too_large) = (0, WIDEST + 1);
        let mut side = model.input().dims()[1].clamp(1, WIDEST);
        while too_small + 1 < too_large {
            let fitted = spec.fit([channels, side, side].into());
            match (fitted, &fits) {
                // Too small for its windows.
                (Err(_), None) => too_small = side,
                (Err(_), Some(_)) => too_large = side,
                (Ok(model), _) if memory::least(&model, &recipe, batch) > bytes => too_large = side,
                (Ok(model), last) => {
                    // Memory grows with the area.
                    let grown = |(last, seen): &(usize, Self)| {
                        seen.training.peak(FEW + 1) as f64 * (side as f64 / *last as f64).powi(2)
                    };
                    if last.as_ref().map_or(0.0, grown) > room as f64 {
                        return Ok(Some(Side::AtLeast(too_small)));
                    }
                    let seen = Self::of(study, &model, data)?;
                    if seen.peak(batch) > bytes {
                        too_large = side;
                    } else {
                        too_small = side;
                        fits = Some((side, seen));
                    }
                }
            }
            let guess = match &fits {
                None if too_large > WIDEST => 2 * too_small,
                None => usize::midpoint(too_small, too_large),
                Some((side, seen)) => {
                    let grows = bytes as f64 / seen.peak(batch) as f64;
                    ((*side as f64 * grows.sqrt()) as usize).min(2 * side)
                }
            };
            side = guess.clamp(too_small + 1, (too_large - 1).max(too_small + 1));
        }
        Ok(fits.map(|(side, _)| Side::Most(side)))
    }
}

/// The largest number of images that fits, where more of them never fit better.
fn most(fits: impl Fn(usize) -> bool) -> Option<usize> {
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

impl Changes {
    fn between(few: &[i64], more: &[i64]) -> Result<Self, Error> {
        if few.len() != more.len() {
            let problem =
                "its buffers depend on the number of images in a way that is not a straight line";
            return Err(Error::Unforeseen(problem.to_owned()));
        }
        Ok(Self(few.iter().zip(more).map(|(&few, more)| [few, more - few]).collect()))
    }

    /// The largest running sum for so many images.
    fn peak(&self, images: usize) -> u64 {
        let further = images as i128 - FEW as i128;
        let (mut live, mut peak) = (0_i128, 0_i128);
        for &[few, more] in &self.0 {
            live += i128::from(few) + further * i128::from(more);
            peak = peak.max(live);
        }
        u64::try_from(peak).unwrap_or(u64::MAX)
    }
}

/// What came and went in two steps on so many made-up images at a time, when as many judged a network, and when they judged
/// what was learnt while training kept its own.
fn trace(study: &Study, model: &Model, data: &Data, part: usize) -> Result<[Vec<i64>; 3], Error> {
    let mut study = study.clone();
    // What the second part does beside the sum of gradients every further one does.
    let parts = study.training.accumulate.min(2);
    (study.training.accumulate, study.training.batch_size) = (parts, parts * part);
    // Two steps, however soon training would end.
    (study.training.steps, study.training.seconds) = (None, None);
    let recipe = Recipe::of(&study)?;
    let count = 2 * parts * part;
    let Ok(shape) = model.input().dims().try_into() else {
        return Err(Error::Unforeseen(format!("input {} is no image", model.input())));
    };
    let data = data.made_up(shape, count, part)?;
    let ((outcome, fit), training) = traced(|| {
        let mut fit = Fit::start(model, &data, &recipe, Seed(0));
        let outcome = fit.epoch(&Stop::default(), |_, _| ());
        (outcome, fit)
    });
    match outcome {
        // The loss of made-up images says nothing.
        Ok(_) | Err(Error::Diverged { .. }) => {}
        Err(error) => return Err(error),
    }
    let kept: i64 = training.iter().sum();
    let judge = |params: &Params| {
        let network = Network { model, params, normalization: &data.normalization };
        recipe.task.judge(network, &data.test, part).map(drop)
    };
    let (judged, beside) = traced(|| judge(fit.state.latest(&fit.params)));
    judged?;
    let validating = std::iter::once(kept).chain(beside).collect();
    drop(fit);
    let (judged, judging) = traced(|| judge(&model.init(Seed(0))));
    judged?;
    Ok([training, judging, validating])
}

#[cfg(test)]
mod tests {
    use cenote_tensor::metered;

    use super::*;
    use crate::{Plan, Select, evaluate, find};

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
                for images in [1, 2, 49, 120] {
                    let test = plan.data.test.subset(&(0..images).collect::<Vec<_>>());
                    let judge = || {
                        let params = arm.model.init(Seed(1));
                        evaluate(&arm.model, &params, &test, &plan.data.normalization).map(drop)
                    };
                    let (judged, usage) = metered(judge);
                    judged.expect("the images fit");
                    let foreseen = footprint.judging(images, TOGETHER);
                    assert_eq!(foreseen, usage.peak_bytes as u64, "{name} {} {images}", arm.name);
                }
            }
        }
    }

    #[test]
    fn the_average_of_parameters_is_foreseen_too() {
        let mut study = find("smoke").expect("built in");
        let plain = Plan::new(study.clone()).expect("fits");
        study.training.average = 0.99;
        let plan = Plan::new(study).expect("fits");
        for (arm, without) in plan.arms.iter().zip(&plain.arms) {
            let footprint = Footprint::of(&plan.study, &arm.model, &plan.data).expect("trains");
            for batch in [1, 7, 32] {
                let mut study = plan.study.clone();
                study.training.batch_size = batch;
                let measured = measured(&study, &arm.model, &plan.data) as u64;
                assert_eq!(footprint.peak(batch), measured, "{} {batch}", arm.name);
                let plain = Footprint::of(&plain.study, &without.model, &plain.data);
                assert!(plain.expect("trains").peak(batch) < measured);
            }
        }
    }

    #[test]
    fn judging_between_epochs_and_the_best_parameters_are_foreseen_too() {
        let peaks = |select: Select, batch: usize| {
            let mut study = find("smoke").expect("built in");
            study.training.batch_size = batch;
            study.training.validation = 60;
            study.training.average = if batch == 7 { 0.9 } else { 0.0 };
            study.training.select = select;
            let plan = Plan::new(study).expect("fits");
            let each = plan.arms.iter().map(|arm| {
                let few = plan.data.train.subset(&(0..=2 * batch).collect::<Vec<_>>());
                let data = Data { train: few, ..plan.data.clone() };
                let ((), usage) = metered(|| {
                    let mut fit = Fit::start(&arm.model, &data, &arm.recipe, Seed(1));
                    let mut curve = Vec::new();
                    for _ in 0..2 {
                        let point = fit.epoch(&Stop::default(), |_, _| ()).expect("trains");
                        curve.push(fit.judged(point, &curve).expect("fits"));
                    }
                });
                let foreseen = Footprint::of(&plan.study, &arm.model, &plan.data).expect("trains");
                assert_eq!(foreseen.peak(batch), usage.peak_bytes as u64, "{} {batch}", arm.name);
                usage.peak_bytes
            });
            each.collect::<Vec<_>>()
        };
        for batch in [1, 7, 32, 100] {
            let (plain, best) = (peaks(Select::Last, batch), peaks(Select::Best, batch));
            assert!(
                plain.iter().zip(&best).all(|(plain, best)| plain < best),
                "{plain:?} {best:?}"
            );
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
            let Some(Side::Most(side)) = side.expect("trains") else { panic!("some size fits") };
            assert!(peak(side) <= bytes && peak(side + 1) > bytes, "{} {side}", arm.name);
        }
        let model = &plan.arms[0].model;
        let much = Footprint::search(&plan.study, model, &plan.data, 1, [1 << 50, 20_000_000]);
        assert!(matches!(much, Ok(Some(Side::AtLeast(side))) if side > 50), "{much:?}");
        let none = Footprint::largest_side(&plan.study, model, &plan.data, 32, 10_000);
        assert_eq!(none.expect("trains"), None);
    }
}
