//! A trained network that reads texts.

use std::collections::BTreeMap;
use std::path::Path;

use cenote_datasets::{Channels, Images, Picture, Split, TextImage, TextSet};
use cenote_metrics::SequenceScores;
use rayon::prelude::*;
use serde::Serialize;

use crate::task::{Decoded, Method, Network, Read, TOGETHER, cut, read};
use crate::{Error, Task, Trained};

/// A trained network, and how it reads.
#[derive(Debug)]
pub struct Reader {
    trained: Trained,
    task: Read,
}

/// What was read in one image.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reading {
    /// The text.
    pub text: String,
    /// How probable the network holds the whole text.
    pub confidence: f64,
    /// How probable it holds each character.
    pub characters: Vec<f64>,
}

/// What a reader did with images whose texts are known.
#[derive(Clone, Debug, Default)]
pub struct ReadScores {
    /// Right texts and characters.
    pub scores: SequenceScores,
    /// Texts that are right.
    pub exact: u64,
    /// Characters that are right at their position.
    pub in_place: u64,
    /// How often each character was taken for which, where as many were read as stand there.
    pub taken: BTreeMap<(char, char), u64>,
    /// Images with as many characters read as stand there: of readers that cut letters out, the segmentation is right.
    pub as_many: u64,
    /// Characters of these images.
    pub of_as_many: u64,
    /// Images with characters that the reader does not know, which are read wrong for certain.
    pub unknown: u64,
}

impl ReadScores {
    /// Adds one image.
    pub fn push(&mut self, text: &str, read: &str) {
        let item = self.scores.push(text, read);
        self.exact += u64::from(item.is_exact());
        self.in_place += item.in_place as u64;
        if item.characters == item.read {
            self.as_many += 1;
            self.of_as_many += item.characters as u64;
            for pair in text.chars().zip(read.chars()) {
                *self.taken.entry(pair).or_default() += 1;
            }
        }
    }

    /// Adds what another has counted.
    pub fn merge(&mut self, other: &Self) {
        self.scores.merge(&other.scores);
        self.exact += other.exact;
        self.in_place += other.in_place;
        self.as_many += other.as_many;
        self.of_as_many += other.of_as_many;
        self.unknown += other.unknown;
        for (&pair, count) in &other.taken {
            *self.taken.entry(pair).or_default() += count;
        }
    }

    /// Characters that are right in images with as many as stand there.
    pub fn right_of_as_many(&self) -> u64 {
        self.taken.iter().filter(|((a, b), _)| a == b).map(|(_, count)| count).sum()
    }

    /// What was taken for something else, most frequent first.
    pub fn mistakes(&self) -> Vec<(char, char, u64)> {
        let wrong = self.taken.iter().filter(|((a, b), _)| a != b);
        let mut wrong: Vec<_> = wrong.map(|(&(a, b), &count)| (a, b, count)).collect();
        wrong.sort_by_key(|&(.., count)| std::cmp::Reverse(count));
        wrong
    }
}

impl Reader {
    /// The reader in a checkpoint that `cenote captcha train` wrote.
    ///
    /// # Errors
    /// When the file is missing or damaged, or its network reads no texts.
    pub fn open(file: &Path) -> Result<Self, Error> {
        Self::of(Trained::read(file)?)
    }

    /// A trained network as a reader.
    ///
    /// # Errors
    /// When it reads no texts.
    pub fn of(trained: Trained) -> Result<Self, Error> {
        let Task::Read(task) = trained.notes.study.task.clone() else {
            return Err(Error::Checkpoint(
                "the network reads no texts; expected one that `cenote captcha train` made"
                    .to_owned(),
            ));
        };
        Ok(Self { trained, task })
    }

    /// The network.
    pub fn trained(&self) -> &Trained {
        &self.trained
    }

    /// The characters that it knows, in order.
    pub fn alphabet(&self) -> &[String] {
        &self.trained.notes.classes
    }

    /// The texts that it was trained on and those that were held out, loaded again.
    ///
    /// # Errors
    /// When they cannot be had.
    pub fn texts(&self) -> Result<TextSet, Error> {
        crate::task::texts(&self.trained.notes.study.name, &self.trained.notes.study.dataset)
    }

    /// Reads pictures of any size, scaled to what the network takes; an answer for each.
    ///
    /// # Errors
    /// When the network does not take images of one channel. That a picture cannot be read is its own answer.
    pub fn read(&self, pictures: &[Picture]) -> Result<Vec<Result<Reading, Error>>, Error> {
        let &[1, rows, columns] = self.trained.model.input().dims() else {
            return Err(Error::Checkpoint(format!(
                "the network takes {}; a reader takes grey images",
                self.trained.model.input()
            )));
        };
        let mut all = Vec::with_capacity(pictures.len());
        for pictures in pictures.chunks(TOGETHER) {
            // The images that each picture gives: itself, or its letters.
            let given: Vec<Result<Vec<Vec<u8>>, Error>> =
                pictures.par_iter().map(|picture| self.seen(picture, [rows, columns])).collect();
            let pixels: Vec<u8> = given.iter().flatten().flatten().flatten().copied().collect();
            let images = Images::new([1, rows, columns], pixels)?;
            let count = images.len();
            let split = Split::new(images, vec![0; count])?;
            let network = Network {
                model: &self.trained.model,
                params: self.trained.used(),
                normalization: &self.trained.notes.normalization,
            };
            let mut said = read(&self.task, network, &split, TOGETHER)?.into_iter();
            all.extend(given.into_iter().map(|given| {
                let of_picture: Vec<Decoded> = said.by_ref().take(given?.len()).collect();
                Ok(self.reading(of_picture))
            }));
        }
        Ok(all)
    }

    /// Reads images whose texts are known.
    ///
    /// # Errors
    /// As [`Reader::read`], and when an image cannot be read.
    pub fn judge(&self, images: &[TextImage]) -> Result<(ReadScores, Vec<Reading>), Error> {
        let pictures: Vec<Picture> = images.iter().map(|image| image.picture.clone()).collect();
        let readings = self.read(&pictures)?.into_iter().collect::<Result<Vec<_>, Error>>()?;
        let mut scores = ReadScores::default();
        let known = |c: char| self.alphabet().iter().any(|known| known.chars().eq([c]));
        for (image, reading) in images.iter().zip(&readings) {
            scores.push(&image.text, &reading.text);
            scores.unknown += u64::from(!image.text.chars().all(known));
        }
        Ok((scores, readings))
    }

    fn seen(&self, picture: &Picture, [rows, columns]: [usize; 2]) -> Result<Vec<Vec<u8>>, Error> {
        if self.task.method == Method::Letters {
            return cut(&self.task.segmentation, picture, self.task.length, rows as u32);
        }
        let size = [rows as u32, columns as u32];
        Ok(vec![picture.scaled(Channels::Grey, size)?.0])
    }

    /// What was said of the images of one picture, in words.
    fn reading(&self, said: Vec<Decoded>) -> Reading {
        let text = said.iter().flat_map(|one| &one.text);
        // An image without any letter has been read for certain, as nothing.
        Reading {
            text: text.map(|&place| self.alphabet()[place].as_str()).collect(),
            confidence: said.iter().map(|one| one.confidence).product(),
            characters: said.into_iter().flat_map(|one| one.each).collect(),
        }
    }
}
