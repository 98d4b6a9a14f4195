//! A detector fitted to its data: everything that can be refused is refused before the first step.

use cenote_datasets::{Augmentation, Dataset, Normalization, Scene};
use cenote_layers::{Model, ModelSpec, Optimizer, Schedule};
use toml::Table;

use super::SIDES;
use super::settings::Detector;
use crate::{Error, fill};

/// Both sides of the usual input are multiples of this.
const UNIT: u32 = 16;

/// A detector with its data, ready to be trained.
#[derive(Debug)]
pub struct DetectorPlan {
    /// What was planned.
    pub detector: Detector,
    /// The arm that fills the slots.
    pub arm: String,
    /// Images and boxes, scaled to `size`.
    pub data: Dataset,
    /// The scenes of the test part as they are annotated.
    pub judged_by: Vec<Scene>,
    /// `[rows, columns]` that images are scaled to.
    pub size: [u32; 2],
    /// Scaling of pixels, by the training images.
    pub normalization: Normalization,
    /// The network with its head.
    pub model: Model,
    pub(super) optimizer: Box<dyn Optimizer>,
    pub(super) schedule: Box<dyn Schedule>,
    pub(super) augmentation: Augmentation,
}

impl DetectorPlan {
    /// Loads the data, measures them, fills the slots of `arm` and fits the network.
    ///
    /// # Errors
    /// When the data are missing or damaged or have no object to learn from, there is no such arm, or the network does not
    /// fit images of the size.
    pub fn new(detector: Detector, arm: &str) -> Result<Self, Error> {
        detector.check()?;
        let filling = detector.filling(arm)?;
        let set = detector.source()?.load()?;
        if !set.train.iter().any(|scene| scene.objects.iter().any(|object| !object.crowd)) {
            let words =
                "the training part has no object; expected at least one box that is no crowd";
            return Err(Error::Detector(words.to_owned()));
        }
        let channels = detector.channels;
        let size = match detector.input {
            Some(size) => size,
            None => usual_input(set.usual_size()?, detector.longest),
        };
        let refused = |source| Error::Model { arm: arm.to_owned(), source: Box::new(source) };
        let mut tables = fill(arm, &detector.model, filling)?;
        tables.push(head(set.classes.len()));
        let [rows, columns] = size.map(|side| side as usize);
        let input = [channels.count(), rows, columns];
        let spec = ModelSpec::parse(tables).map_err(refused)?;
        let model = spec.fit(input.into()).map_err(refused)?;
        let augmentation = detector.augmentation()?;
        augmentation.fits(input)?;
        let (optimizer, schedule) = (detector.optimizer()?, detector.schedule()?);
        let data = set.scaled(channels, size)?;
        let normalization = Normalization::of(&data.train)?;
        Ok(Self {
            arm: arm.to_owned(),
            judged_by: set.test,
            detector,
            data,
            size,
            normalization,
            model,
            optimizer,
            schedule,
            augmentation,
        })
    }
}

/// The convolution that makes heat maps, offsets and sizes.
///
/// It starts at 0, so that nothing is seen anywhere but for what its bias says.
fn head(classes: usize) -> Table {
    let mut head = Table::new();
    head.insert("kind".to_owned(), "conv2d".into());
    head.insert("name".to_owned(), HEAD.into());
    head.insert("out_channels".to_owned(), ((classes + SIDES) as i64).into());
    head.insert("kernel_size".to_owned(), 1.into());
    head.insert("init".to_owned(), "zeros".into());
    head
}

/// Path of the head.
pub(super) const HEAD: &str = "head";

/// The input that is usual for the data: the size that most training images have, made smaller until no side exceeds
/// `longest`, each side rounded to the nearest multiple of [`UNIT`] and at least that.
fn usual_input(size: [u32; 2], longest: u32) -> [u32; 2] {
    let sides = size.map(f64::from);
    let factor = (f64::from(longest) / sides[0].max(sides[1])).min(1.0);
    sides.map(|side| (side * factor / f64::from(UNIT)).round().max(1.0) as u32 * UNIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_input_keeps_proportions_within_the_longest_side() {
        assert_eq!(usual_input([480, 640], 320), [240, 320]);
        assert_eq!(usual_input([96, 96], 320), [96, 96]);
        assert_eq!(usual_input([3, 4000], 320), [16, 320]);
    }
}
