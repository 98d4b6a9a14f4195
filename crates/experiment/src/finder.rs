//! A trained network that finds objects.

use std::path::Path;

use cenote_datasets::{DetectionSet, Images, Picture, Scene, Split};

use crate::task::{self, Decoding, Found, Network};
use crate::{Detect, Error, Task, Trained};

/// Images that are looked at together; it changes no result.
const TOGETHER: usize = 8;

/// A trained network, and how it finds objects.
#[derive(Debug)]
pub struct Finder {
    /// How objects are read off its output: as its study says, unless it is changed.
    pub reading: Decoding,
    trained: Trained,
    task: Detect,
}

impl Finder {
    /// The finder in a checkpoint that `cenote detect train` wrote.
    ///
    /// # Errors
    /// When the file is missing or damaged, or its network finds no objects.
    pub fn open(file: &Path) -> Result<Self, Error> {
        Self::of(Trained::read(file)?)
    }

    /// A trained network as a finder.
    ///
    /// # Errors
    /// When it finds no objects.
    pub fn of(trained: Trained) -> Result<Self, Error> {
        let Task::Detect(task) = trained.notes.study.task.clone() else {
            return Err(Error::Checkpoint(
                "the network finds no objects; expected one that `cenote detect train` made"
                    .to_owned(),
            ));
        };
        Ok(Self { reading: task.reading, trained, task })
    }

    /// The network.
    pub fn trained(&self) -> &Trained {
        &self.trained
    }

    /// What it can find.
    pub fn classes(&self) -> &[String] {
        &self.trained.notes.classes
    }

    /// The test part of the data it was trained on, loaded again: the images as it takes them, and the scenes they are of.
    ///
    /// # Errors
    /// When the data cannot be had, or are no longer the same.
    pub fn data(&self) -> Result<(Split, Vec<Scene>), Error> {
        Ok((self.trained.data()?.test, self.scenes()?))
    }

    /// The scenes of the test part of the data it was trained on, as they are annotated.
    ///
    /// # Errors
    /// When they cannot be had.
    pub fn scenes(&self) -> Result<Vec<Scene>, Error> {
        let study = &self.trained.notes.study;
        Ok(task::scenes(&study.name, &study.dataset)?.test)
    }

    /// The test part of another set: the images as it takes them, and the scenes they are of.
    ///
    /// # Errors
    /// When an image cannot be read, or the classes are not those that it knows.
    pub fn scaled(&self, set: DetectionSet) -> Result<(Split, Vec<Scene>), Error> {
        if set.classes != self.classes() {
            return Err(Error::Checkpoint(format!(
                "{} has the classes {}; the detector was trained on {}",
                set.name,
                set.classes.join(", "),
                self.classes().join(", ")
            )));
        }
        let data = set.scaled(self.task.channels, self.size())?;
        Ok((data.test, set.test))
    }

    /// What it finds in each image of a split, in pixels of the scenes that these are of.
    ///
    /// # Errors
    /// When an image cannot be read.
    ///
    /// # Panics
    /// When there is not one scene per image.
    pub fn search(&self, split: &Split, scenes: &[Scene]) -> Result<Vec<Vec<Found>>, Error> {
        let sizes: Vec<[u32; 2]> = scenes.iter().map(|scene| scene.size).collect();
        self.found(split, &sizes)
    }

    /// What it finds in each of these pictures of any size, in its pixels, or why one cannot be read.
    pub fn find(&self, pictures: &[Picture]) -> Vec<Result<Vec<Found>, Error>> {
        let few = |few: &[Picture]| match self.find_in_all(few) {
            Ok(found) => found.into_iter().map(Ok).collect(),
            // Each alone, so that what cannot be read stands for itself.
            Err(_) => few.iter().map(|one| self.find_in(one)).collect::<Vec<_>>(),
        };
        pictures.chunks(TOGETHER).flat_map(few).collect()
    }

    fn find_in(&self, picture: &Picture) -> Result<Vec<Found>, Error> {
        let found = self.find_in_all(std::slice::from_ref(picture))?;
        Ok(found.into_iter().next().unwrap_or_default())
    }

    fn find_in_all(&self, pictures: &[Picture]) -> Result<Vec<Vec<Found>>, Error> {
        let sizes = pictures.iter().map(Picture::size).collect::<Result<Vec<_>, _>>()?;
        let images = Images::of_pictures(pictures.to_vec(), self.task.channels, self.size())?;
        let unknown = vec![Vec::new(); images.len()];
        self.found(&Split::of_objects(images, unknown)?, &sizes)
    }

    fn found(&self, split: &Split, sizes: &[[u32; 2]]) -> Result<Vec<Vec<Found>>, Error> {
        assert_eq!(split.len(), sizes.len(), "one size per image");
        let network = Network {
            model: &self.trained.model,
            params: self.trained.used(),
            normalization: &self.trained.notes.normalization,
        };
        task::find(network, split, sizes, &self.reading, TOGETHER)
    }

    /// `[rows, columns]` that images are scaled to.
    fn size(&self) -> [u32; 2] {
        let input = self.trained.model.input();
        [1, 2].map(|axis| input.dims()[axis] as u32)
    }
}
