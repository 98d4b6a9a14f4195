//! A detector fitted to its data: everything that can be refused is refused before the first step.

use cenote_datasets::{Augmentation, DetectionSet, Normalization, Scene, SceneStock, usual_size};
use cenote_layers::{Model, ModelSpec, Optimizer, Schedule};
use toml::Table;

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
    /// What the classes stand for.
    pub classes: Vec<String>,
    /// Digest of the annotations.
    pub checksum: String,
    /// `[rows, columns]` that images are scaled to.
    pub size: [u32; 2],
    /// Scaling of pixels, by the training images.
    pub normalization: Normalization,
    /// Scenes to learn from.
    pub train: SceneStock,
    /// Scenes to judge by.
    pub test: SceneStock,
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
        let checksum = checksum(&set);
        let DetectionSet { classes, train, test, .. } = set;
        if !train.iter().any(|scene| scene.objects.iter().any(|object| !object.crowd)) {
            let words =
                "the training part has no object; expected at least one box that is no crowd";
            return Err(Error::Detector(words.to_owned()));
        }
        let size = detector.input.unwrap_or_else(|| usual_size(&train, detector.longest, UNIT));
        let channels = detector.channels;
        let refused = |source| Error::Model { arm: arm.to_owned(), source: Box::new(source) };
        let mut tables = fill(arm, &detector.model, filling)?;
        tables.push(head(classes.len()));
        let [rows, columns] = size.map(|side| side as usize);
        let input = [channels.count(), rows, columns];
        let spec = ModelSpec::parse(tables).map_err(refused)?;
        let model = spec.fit(input.into()).map_err(refused)?;
        let augmentation = detector.augmentation()?;
        augmentation.fits(input)?;
        let (train, test) =
            (SceneStock::new(train, channels, size), SceneStock::new(test, channels, size));
        let normalization = train.normalization()?;
        let (optimizer, schedule) = (detector.optimizer()?, detector.schedule()?);
        let arm = arm.to_owned();
        Ok(Self {
            detector,
            arm,
            classes,
            checksum,
            size,
            normalization,
            train,
            test,
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
    head.insert("out_channels".to_owned(), (classes as i64 + 4).into());
    head.insert("kernel_size".to_owned(), 1.into());
    head.insert("init".to_owned(), "zeros".into());
    head
}

/// Path of the head.
pub(super) const HEAD: &str = "head";

/// A digest of what is annotated: classes, and size and objects of every scene.
pub(super) fn checksum(set: &DetectionSet) -> String {
    let mut hasher = blake3::Hasher::new();
    for class in &set.classes {
        hasher.update(class.as_bytes());
        hasher.update(&[0]);
    }
    let mut part = |scenes: &[Scene]| {
        hasher.update(&(scenes.len() as u64).to_le_bytes());
        for Scene { size, objects, .. } in scenes {
            for side in size {
                hasher.update(&side.to_le_bytes());
            }
            hasher.update(&(objects.len() as u64).to_le_bytes());
            for object in objects {
                for side in object.corners {
                    hasher.update(&side.to_le_bytes());
                }
                hasher.update(&(object.class as u64).to_le_bytes());
                hasher.update(&[u8::from(object.difficult), u8::from(object.crowd)]);
            }
        }
    };
    part(&set.train);
    part(&set.test);
    hasher.finalize().to_hex()[..32].to_owned()
}
