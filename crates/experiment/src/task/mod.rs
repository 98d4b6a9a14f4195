//! What the network of a study is trained for, and how well it does it.
//!
//! A task knows which data it takes, how long the last layer of a network for it is, what a batch costs, and how a
//! trained network is judged. All else of a run is the same for every task.

mod classify;
mod detect;
mod read;

use std::collections::BTreeMap;

use cenote_autograd::Var;
use cenote_datasets::{Answers, Dataset, Normalization, Split};
use cenote_evidence::{ConfusionCounts, Marks, Taken};
use cenote_layers::{Model, Params};
use cenote_tensor::{Scalar, Shape};
use serde::{Deserialize, Serialize};
use toml::Table;

use crate::{Data, Error};

pub(crate) use classify::evaluate_by;
pub use classify::{Evaluation, evaluate};
pub use detect::{Decoding, Detect, Found, LossShares, found_objects, ground_truth, judge};
pub(crate) use detect::{find, scenes};
pub(crate) use read::{Decoded, cut, read};
pub use read::{Method, Read};

/// Images per step when a network is judged, at most; it changes no result.
pub(crate) const TOGETHER: usize = 50;

/// What the network of a study is trained for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Task {
    /// One label per image.
    #[default]
    Classify,
    /// Objects and the boxes around them.
    Detect(Detect),
    /// A text per image.
    Read(Read),
}

/// How much the terms of the loss of some images count: their number, or the centres of their objects and the weights of
/// what is said of boxes.
pub(crate) type Amounts = [f64; 2];

/// A part of a batch within it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Within {
    pub(crate) part: Amounts,
    pub(crate) batch: Amounts,
}

impl Within {
    /// The share of a term in that of the batch, which is a mean over so much. Where there is nothing it is divided by
    /// `least`.
    fn share(&self, term: usize, least: f64) -> f64 {
        let batch = self.batch[term].max(least);
        if batch > 0.0 { self.part[term].max(least) / batch } else { 0.0 }
    }
}

/// A network and its parameters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Network<'a> {
    pub(crate) model: &'a Model,
    pub(crate) params: &'a Params,
    /// Scaling of pixels.
    pub(crate) normalization: &'a Normalization,
}

/// What a trained network is worth.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    /// Scores by name.
    pub(crate) scores: BTreeMap<String, f64>,
    /// How often each class was taken for which, where there are classes.
    pub(crate) confusion: ConfusionCounts,
    /// Which images were right, where that can be said of one.
    pub(crate) marks: Option<Marks>,
    /// What each image was taken for, where it is a class of few enough.
    pub(crate) taken: Option<Taken>,
}

impl Task {
    /// Whether it is classification, which studies need not say.
    pub(crate) fn is_classify(&self) -> bool {
        *self == Self::Classify
    }

    /// Loads the data that a table of a study describes.
    pub(crate) fn load(&self, study: &str, table: &Table) -> Result<Dataset, Error> {
        match self {
            Self::Classify => classify::load(study, table),
            Self::Detect(task) => task.load(study, table),
            Self::Read(task) => task.load(study, table),
        }
    }

    /// Refuses settings out of their range, and a table that describes no data of this task.
    pub(crate) fn check_study(&self, study: &str, table: &Table) -> Result<(), Error> {
        match self {
            Self::Classify => classify::source(study, table).map(drop),
            Self::Detect(task) => task.check_study(study, table),
            Self::Read(_) => read::source(study, table).map(drop),
        }
    }

    /// The scores that may decide.
    pub(crate) fn metrics(&self) -> Vec<&'static str> {
        match self {
            Self::Classify => classify::metrics(),
            Self::Detect(_) => Detect::metrics(),
            Self::Read(task) => task.metrics(),
        }
    }

    /// What the word `classes` stands for in the last layer of a model.
    pub(crate) fn outputs(&self, data: &Data) -> usize {
        match self {
            Self::Classify => data.classes.len(),
            Self::Detect(_) => Detect::outputs(data),
            Self::Read(task) => task.outputs(data),
        }
    }

    /// Says what is wrong with the output of a model.
    pub(crate) fn check(&self, output: Shape, data: &Data) -> Result<(), String> {
        match self {
            Self::Classify => classify::check(output, data),
            Self::Detect(_) => Detect::check(output, data),
            Self::Read(task) => task.check(output, data),
        }
    }

    /// How much the terms of the loss count for which the answers to some images decide that, given the output for one.
    pub(crate) fn amounts(&self, output: Shape, answers: &Answers) -> Amounts {
        match self {
            Self::Classify | Self::Read(_) => [answers.labels.len() as f64, 0.0],
            Self::Detect(_) => Detect::amounts(output, answers),
        }
    }

    /// The loss of a network's output for a batch, and how many of its images are right.
    ///
    /// Of a part of a batch it is what that adds to the loss of the whole.
    pub(crate) fn loss<'t>(
        &self,
        output: &Var<'t>,
        answers: &Answers,
        within: Option<Within>,
    ) -> (Var<'t>, usize) {
        let (loss, right) = match self {
            Self::Classify => classify::loss(output, answers),
            Self::Detect(task) => return (task.loss(output, answers, within), 0),
            Self::Read(task) => task.loss(output, answers),
        };
        // A mean over the images.
        let share = within.map(|within| within.share(0, 0.0));
        (share.map_or_else(|| loss.clone(), |share| &loss * (share as Scalar)), right)
    }

    /// Runs a network over every image of a split, so many at a time at most, and scores it.
    pub(crate) fn judge(
        &self,
        network: Network<'_>,
        split: &Split,
        together: usize,
    ) -> Result<Judged, Error> {
        match self {
            Self::Classify => Ok(evaluate_by(network, split, together)?.into()),
            Self::Detect(task) => task.judge(network, split, together),
            Self::Read(task) => task.judge(network, split, together),
        }
    }
}

/// The texts that a table describes.
pub(crate) fn texts(study: &str, table: &Table) -> Result<cenote_datasets::TextSet, Error> {
    Ok(read::source(study, table)?.load()?)
}

#[cfg(test)]
mod tests {
    use cenote_autograd::Tape;
    use cenote_datasets::BoxedObject;
    use cenote_tensor::Tensor;

    use super::*;

    /// Loss and gradient of outputs for these answers, in parts that end at `ends`.
    fn in_parts(task: &Task, output: &Tensor, answers: &Answers, ends: &[usize]) -> Vec<f64> {
        let each = output.len() / output.dims()[0];
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let parts: Vec<(Tensor, Answers)> = starts
            .zip(ends)
            .map(|(start, &end)| {
                let values = output.as_slice()[start * each..end * each].to_vec();
                let shape: Vec<usize> = std::iter::once(end - start)
                    .chain(output.dims()[1..].iter().copied())
                    .collect();
                let values = Tensor::from_vec(Shape::new(&shape), values).expect("whole examples");
                let some = |all: &[Vec<usize>]| all.get(start..end).unwrap_or_default().to_vec();
                let answers = Answers {
                    labels: answers.labels[start..end].to_vec(),
                    texts: some(&answers.texts),
                    objects: answers.objects.get(start..end).unwrap_or_default().to_vec(),
                    ..answers.clone()
                };
                (values, answers)
            })
            .collect();
        let one = Shape::new(&output.dims()[1..]);
        let amounts: Vec<Amounts> =
            parts.iter().map(|(_, answers)| task.amounts(one, answers)).collect();
        let batch = [0, 1].map(|term| amounts.iter().map(|part| part[term]).sum());
        let (mut loss, mut gradient) = (0.0, Vec::new());
        for ((output, answers), part) in parts.into_iter().zip(amounts) {
            let tape = Tape::new();
            let output = tape.leaf(output);
            let within = (ends.len() > 1).then_some(Within { part, batch });
            let (of_part, _) = task.loss(&output, &answers, within);
            loss += f64::from(of_part.value().as_slice()[0]);
            let gradients = of_part.backward();
            let of_part = gradients.of(&output).expect("the loss depends on it");
            gradient.extend(of_part.as_slice().iter().map(|&slope| f64::from(slope)));
        }
        gradient.push(loss);
        gradient
    }

    fn boxed(corners: [f32; 4], class: usize) -> BoxedObject {
        BoxedObject { corners, class, difficult: false, crowd: false }
    }

    #[test]
    fn the_losses_of_parts_add_up_to_that_of_the_batch() {
        let wave = |shape: &[usize]| {
            Tensor::from_fn(Shape::new(shape), |i| (i as Scalar * 1.7).sin() * 2.0)
        };
        let answers = Answers {
            labels: vec![2, 0, 1, 1, 0],
            mixed: None,
            texts: vec![vec![1, 0], vec![], vec![2], vec![0, 1], vec![1]],
            // Some parts have no object at all, and one image has two.
            objects: vec![
                vec![],
                vec![boxed([1.0, 2.0, 9.0, 12.0], 0), boxed([8.0, 1.0, 14.0, 5.0], 1)],
                vec![],
                vec![boxed([3.0, 3.0, 15.0, 15.0], 1)],
                vec![boxed([0.0, 0.0, 4.0, 4.0], 0)],
            ],
            size: [16, 16],
        };
        let read = |method: &str| toml::from_str::<Task>(method).expect("a task");
        for (task, output) in [
            (Task::Classify, wave(&[5, 3])),
            (read("kind = 'read'\nmethod = 'ctc'"), wave(&[5, 7, 4])),
            (read("kind = 'read'\nmethod = 'positions'\npositions = 2"), wave(&[5, 8])),
            (read("kind = 'read'\nmethod = 'letters'"), wave(&[5, 3])),
            (read("kind = 'detect'"), wave(&[5, 6, 4, 4])),
        ] {
            let whole = in_parts(&task, &output, &answers, &[5]);
            for ends in [&[1, 5][..], &[2, 3, 5], &[1, 2, 3, 4, 5]] {
                for (a, b) in whole.iter().zip(in_parts(&task, &output, &answers, ends)) {
                    assert!((a - b).abs() < 1e-6 * a.abs().max(1.0), "{task:?} {ends:?}: {a} {b}");
                }
            }
        }
    }
}
