//! Classification: one label per image.

use std::collections::BTreeMap;

use cenote_autograd::Tape;
use cenote_datasets::{Batches, Normalization, Split};
use cenote_evidence::{ConfusionCounts, Marks};
use cenote_layers::{Mode, Model, Params, Step, cross_entropy, predictions};
use cenote_metrics::{CLASSIFICATION_METRICS, ConfusionMatrix};
use cenote_tensor::Seed;

use crate::Error;

/// Images per step of an evaluation; it changes no result.
pub(crate) const TOGETHER: usize = 50;

/// What a network did with the images of a split.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// Rows are labels, columns predictions.
    pub confusion: ConfusionMatrix,
    /// Mean cross entropy.
    pub loss: f64,
    /// Which images were right, in the order of the split.
    pub marks: Marks,
}

impl Evaluation {
    /// The share of images that are right.
    pub fn accuracy(&self) -> f64 {
        self.confusion.correct() as f64 / self.confusion.total().max(1) as f64
    }

    /// The scores of a record, by name: every classification metric, and the loss.
    pub fn scores(&self) -> BTreeMap<String, f64> {
        let metrics = CLASSIFICATION_METRICS.iter();
        let defined = metrics.filter_map(|m| Some((m.name, (m.score)(&self.confusion)?)));
        let all = defined.chain([("loss", self.loss)]);
        all.map(|(name, score)| (name.to_owned(), score)).collect()
    }

    /// How often each class was taken for which, as a record holds it.
    pub fn counts(&self) -> ConfusionCounts {
        let rows = (0..).zip(self.confusion.rows());
        rows.flat_map(|(label, row)| (0..).zip(row).map(move |(taken, &n)| (label, taken, n)))
            .collect()
    }
}

/// Runs a network over every image of a split, in use and without gradients.
///
/// # Errors
/// When the images do not fit the normalisation, or one stays in its file and that cannot be decoded.
pub fn evaluate(
    model: &Model,
    params: &Params,
    split: &Split,
    normalization: &Normalization,
) -> Result<Evaluation, Error> {
    let classes = model.output().len();
    let mut predicted = Vec::with_capacity(split.len());
    let mut loss = 0.0;
    let batches = Batches::sequential(split, normalization, TOGETHER)?;
    let workers = batches.workers_for(rayon::current_num_threads());
    for batch in batches.prefetched(workers)? {
        let batch = batch?;
        let tape = Tape::without_gradients();
        let step = Step::new(&tape, model, params, Mode::Eval, Seed(0), 0);
        let logits = step.forward(tape.constant(batch.images));
        let mean = cross_entropy(&logits, &batch.labels);
        loss += f64::from(mean.value().as_slice()[0]) * batch.labels.len() as f64;
        predicted.extend(predictions(logits.value()));
    }
    let confusion = ConfusionMatrix::from_labels(classes, split.labels(), &predicted)
        .expect("labels and predictions are below the number of classes");
    let marks =
        split.labels().iter().zip(&predicted).map(|(label, guess)| label == guess).collect();
    Ok(Evaluation { confusion, loss: loss / split.len() as f64, marks })
}
