//! How much memory the training of a network needs, for any batch size, before it starts.
//!
//! Three steps are taken with two images and with three. The same buffers come and go in the same order both
//! times, and each grows with the number of images in a straight line or not at all. So the order is known for
//! every number of images, and with it the most that lives at once. What judging takes is foreseen alike, by validation
//! images between epochs too. Of a batch in parts two are looked at: those behind the second do as it does.

use cenote_datasets::Split;
use cenote_layers::{Model, ModelSpec, Params};
use cenote_tensor::{Change, Extent, Held, Rehearsal, Seed, changes_so_far, release, traced};

use crate::memory;
use crate::task::{Network, TOGETHER};
use crate::{Data, Error, Fit, Recipe, Stop, Study};

/// Images of the smaller batch that is looked at; single ones take ways of their own here and there.
const FEW: usize = 2;
/// The widest image that is searched for.
const WIDEST: usize = 1 << 14;
/// The most images of a batch that are searched for.
const MOST: usize = 1 << 24;

/// The memory of the training of one network, as a function of the batch size.
///
/// ```
/// use cenote_experiment::{Footprint, Plan, find};
///
/// let plan = Plan::new(find("smoke")?)?;
/// let footprint = Footprint::of(&plan.study, &plan.arms[0].model, &plan.data)?;
/// let batch = footprint.largest_batch(10_000_000).expect("one image fits");
/// assert!(footprint.held(batch) <= 10_000_000 && footprint.held(batch + 1) > 10_000_000);
/// assert!(footprint.peak(batch) < footprint.held(batch), "the tensors alone");
/// # Ok::<(), cenote_experiment::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Footprint {
    changes: Vec<Growing>,
    /// Where each phase ends in them.
    ends: [usize; PHASES],
    /// Validation images that judge every epoch, if any do.
    validation: Option<usize>,
    /// Parts of a batch.
    parts: usize,
}

/// Steps of full batches, the last step of an epoch, judging between epochs, judging what was learnt.
const PHASES: usize = 4;
/// Of these, what ends when the last epoch is done.
const TRAINING: usize = 3;
/// Steps that are looked at: the second finds what the first left, and the third may have fewer images.
const STEPS: usize = 3;

/// The side of a square image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// One more does not fit.
    Most(usize),
    /// More may fit, but this machine has too little memory to look.
    AtLeast(usize),
}

/// A buffer that came or went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Growing {
    /// It came with so many values for [`FEW`] images, and so many for every further one.
    Came { few: Extent, more: isize },
    /// That went which came as this entry of the list, with so many bytes for [`FEW`] images, and so many for every further
    /// one: of more images it may be another, where a layer takes another way.
    Went { came: usize, few: usize, more: isize },
}

impl Footprint {
    /// The footprint of a model that is trained as a study says, on images of the model's input size.
    ///
    /// # Errors
    /// When the training settings do not fit such images.
    pub fn of(study: &Study, model: &Model, data: &Data) -> Result<Self, Error> {
        let held_out = data.validation.as_ref().filter(|_| study.training.limits().watches());
        let validation = held_out.map(Split::len);
        let (few, ends) = trace(study, model, data, FEW, validation.is_some())?;
        let (more, other) = trace(study, model, data, FEW + 1, validation.is_some())?;
        let changes = (0..few.len().max(more.len())).map(|nth| Growing::between(&few, &more, nth));
        let changes = changes.collect::<Option<Vec<_>>>().filter(|_| ends == other);
        let Some(changes) = changes else {
            let problem =
                "its buffers depend on the number of images in a way that is not a straight line";
            return Err(Error::Unforeseen(problem.to_owned()));
        };
        Ok(Self { changes, ends, validation, parts: study.training.accumulate })
    }

    /// The most bytes of tensors that live at once in training when so many images make a batch, at least one for every part
    /// of it, judging between epochs included.
    pub fn peak(&self, batch: usize) -> u64 {
        most(&self.rehearse(self.phases(batch, batch, 1))[..TRAINING], |held| held.live_bytes)
    }

    /// The most bytes of tensors that live at once when a network that was trained in batches of `batch` images is judged by
    /// `images`.
    pub fn judging(&self, images: usize, batch: usize) -> u64 {
        most(&self.rehearse(self.phases(batch, batch, images))[TRAINING..], |held| held.live_bytes)
    }

    /// The most bytes that training holds at once when so many images make a batch: of tensors, and of buffers that wait to be
    /// used again.
    pub fn held(&self, batch: usize) -> u64 {
        most(&self.rehearse(self.phases(batch, batch, 1))[..TRAINING], |held| held.held_bytes)
    }

    /// The same of a whole run, trained on `train` images and judged by `test` of them.
    pub fn held_by_run(&self, batch: usize, train: usize, test: usize) -> u64 {
        let batch = batch.min(train).max(1);
        let last = Some(train % batch).filter(|&last| last > 0).unwrap_or(batch);
        most(&self.rehearse(self.phases(batch, last, test)), |held| held.held_bytes)
    }

    /// The same where batches are cut into this many parts, two or more as here.
    pub(crate) fn in_parts(&self, parts: usize) -> Self {
        Self { parts, ..self.clone() }
    }

    /// The largest batch that training holds within `bytes`, or `None` where a single image is too many.
    pub fn largest_batch(&self, bytes: u64) -> Option<usize> {
        let part = largest(MOST, |part| self.held(part * self.parts) <= bytes);
        part.map(|part| part * self.parts)
    }

    /// Images at a time in each phase, for full and last batches of training, and so many images that judge.
    fn phases(&self, batch: usize, last: usize, test: usize) -> [usize; PHASES] {
        let part = batch.div_ceil(self.parts).max(1);
        let judged = |images: usize| images.min(part).min(TOGETHER);
        let validation = self.validation.map_or(1, judged);
        [part, last.div_ceil(self.parts), validation, judged(test)]
    }

    /// The most of each kind of memory in each phase, for so many images at a time.
    fn rehearse(&self, images: [usize; PHASES]) -> [Held; PHASES] {
        let phase_of = |nth: usize| self.ends.iter().position(|&end| nth < end).unwrap_or(0);
        let (mut rehearsal, mut live) = (Rehearsal::default(), 0_i128);
        let mut most = [Held::default(); PHASES];
        for (nth, &change) in self.changes.iter().enumerate() {
            let phase = phase_of(nth);
            // What went is as large as it came.
            let came = if let Growing::Went { came, .. } = change { phase_of(came) } else { phase };
            let held = rehearsal.next(change.of(images[came]));
            live += change.bytes(images[came]);
            most[phase].live_bytes = most[phase].live_bytes.max(usize::try_from(live).unwrap_or(0));
            most[phase].held_bytes = most[phase].held_bytes.max(held.held_bytes);
            most[phase].fresh_buffers = held.fresh_buffers;
        }
        most
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
                        seen.held(FEW + 1) as f64 * (side as f64 / *last as f64).powi(2)
                    };
                    if last.as_ref().map_or(0.0, grown) > room as f64 {
                        return Ok(Some(Side::AtLeast(too_small)));
                    }
                    let seen = Self::of(study, &model, data)?;
                    if seen.held(batch) > bytes {
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
                    let grows = bytes as f64 / seen.held(batch) as f64;
                    ((*side as f64 * grows.sqrt()) as usize).min(2 * side)
                }
            };
            side = guess.clamp(too_small + 1, (too_large - 1).max(too_small + 1));
        }
        Ok(fits.map(|(side, _)| Side::Most(side)))
    }
}

/// A number that fits while one more does not, or is more than `most`.
pub(crate) fn largest(most: usize, fits: impl Fn(usize) -> bool) -> Option<usize> {
    if most == 0 || !fits(1) {
        return None;
    }
    // Never far beyond what fits: what many more would take may be more than can be counted.
    let (mut fitting, mut too_many) = (1, most.saturating_add(1));
    while fitting <= most / 2 && too_many > most {
        if fits(2 * fitting) {
            fitting *= 2;
        } else {
            too_many = 2 * fitting;
        }
    }
    while fitting + 1 < too_many {
        let middle = usize::midpoint(fitting, too_many);
        if fits(middle) { fitting = middle } else { too_many = middle }
    }
    Some(fitting)
}

/// The most bytes of some phases.
fn most(phases: &[Held], of: fn(&Held) -> usize) -> u64 {
    phases.iter().map(of).max().unwrap_or(0) as u64
}

impl Growing {
    /// The entry at this place for [`FEW`] images and for one more, where both do the same there.
    fn between(few: &[Change], more: &[Change], nth: usize) -> Option<Self> {
        let extent = |changes: &[Change], came: usize| match changes.get(came)? {
            Change::Came(extent) => Some(*extent),
            Change::Went(_) => None,
        };
        match (*few.get(nth)?, *more.get(nth)?) {
            (Change::Came(few), Change::Came(more)) => {
                let grows = more.values.checked_signed_diff(few.values)?;
                (Extent { values: few.values, ..more } == few)
                    .then_some(Self::Came { few, more: grows })
            }
            (Change::Went(came), Change::Went(other)) => {
                let [few, more] = [extent(few, came)?.bytes(), extent(more, other)?.bytes()];
                Some(Self::Went { came, few, more: more.checked_signed_diff(few)? })
            }
            _ => None,
        }
    }

    /// The same for so many images.
    fn of(self, images: usize) -> Change {
        match self {
            Self::Came { few, more } => {
                Change::Came(Extent { values: grown(few.values, more, images), ..few })
            }
            Self::Went { came, .. } => Change::Went(came),
        }
    }

    /// The bytes that come with it, negative where they go.
    fn bytes(self, images: usize) -> i128 {
        match self {
            Self::Came { few, more } => {
                Extent { values: grown(few.values, more, images), ..few }.bytes() as i128
            }
            Self::Went { few, more, .. } => -(grown(few, more, images) as i128),
        }
    }
}

/// A number for so many images that is `few` for [`FEW`] of them.
fn grown(few: usize, more: isize, images: usize) -> usize {
    few.saturating_add_signed((images as isize - FEW as isize).saturating_mul(more))
}

/// What came and went in three steps on so many made-up images at a time, when as many judged what was learnt while training
/// kept its own, if `watched`, and when they judged a network after training; and where each phase ended.
fn trace(
    study: &Study,
    model: &Model,
    data: &Data,
    part: usize,
    watched: bool,
) -> Result<(Vec<Change>, [usize; PHASES]), Error> {
    let mut study = study.clone();
    // What the second part does beside the sum of gradients every further one does.
    let parts = study.training.accumulate.min(2);
    (study.training.accumulate, study.training.batch_size) = (parts, parts * part);
    // Every step, however soon training would end.
    (study.training.steps, study.training.seconds) = (None, None);
    let recipe = Recipe::of(&study)?;
    let Ok(shape) = model.input().dims().try_into() else {
        return Err(Error::Unforeseen(format!("input {} is no image", model.input())));
    };
    let data = data.made_up(shape, STEPS * parts * part, part)?;
    let judge = |params: &Params| {
        let network = Network { model, params, normalization: &data.normalization };
        recipe.task.judge(network, &data.test, part).map(drop)
    };
    let mut ends = [0; PHASES];
    let work = || {
        let mut fit = Fit::start(model, &data, &recipe, Seed(0));
        let trained = fit.epoch(&Stop::default(), |_, step| {
            if step + 1 == STEPS as u64 {
                ends[0] = changes_so_far();
            }
        });
        ends[1] = changes_so_far();
        match trained {
            // The loss of made-up images says nothing.
            Ok(_) | Err(Error::Diverged { .. }) => {}
            Err(error) => return Err(error),
        }
        if watched {
            judge(fit.state.latest(&fit.params))?;
        }
        drop(fit);
        ends[2] = changes_so_far();
        judge(&model.init(Seed(0)))
    };
    let (outcome, changes) = traced(work);
    // Nobody trains on so few images next.
    release();
    outcome?;
    ends[3] = changes.len();
    Ok((changes, ends))
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
    fn the_largest_number_that_fits_is_found_and_nothing_far_beyond_it_is_tried() {
        for most in [0, 1, 2, 3, 7, 8, 9, 1_000] {
            for limit in [0, 1, 2, 3, 5, 8, 700] {
                let fits = |number: usize| {
                    assert!(number <= most && number <= 2 * limit.max(1), "{number} {limit}");
                    number <= limit
                };
                let expected = Some(limit.min(most)).filter(|&number| number > 0);
                assert_eq!(largest(most, fits), expected, "{most} {limit}");
            }
        }
    }

    #[test]
    fn buffers_are_foreseen_to_be_allocated_where_training_allocates_them() {
        for (name, batches) in [("smoke", [2, 7, 100]), ("quick", [3, 32, 50])] {
            let plan = Plan::new(find(name).expect("built in")).expect("fits");
            for arm in &plan.arms {
                let footprint = Footprint::of(&plan.study, &arm.model, &plan.data).expect("trains");
                for batch in batches {
                    let recipe =
                        Recipe { batch_size: batch, ..Recipe::of(&plan.study).expect("valid") };
                    let train = plan.data.train.subset(&(0..=2 * batch).collect::<Vec<_>>());
                    let data = Data { train, ..plan.data.clone() };
                    release();
                    let ((), usage) = metered(|| {
                        let mut fit = Fit::start(&arm.model, &data, &recipe, Seed(1));
                        fit.epoch(&Stop::default(), |_, _| ()).expect("trains");
                    });
                    let foreseen = footprint.rehearse(footprint.phases(batch, 1, 1));
                    let said = foreseen[TRAINING - 1];
                    assert_eq!(
                        said.fresh_buffers, usage.fresh_buffers,
                        "{name} {} {batch}",
                        arm.name
                    );
                    assert!(footprint.held(batch) > footprint.peak(batch));
                    assert!(
                        footprint.held_by_run(batch, 2 * batch + 1, 1) >= footprint.held(batch)
                    );
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
                Footprint::of(&plan.study, &model, &plan.data).expect("trains").held(32)
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
