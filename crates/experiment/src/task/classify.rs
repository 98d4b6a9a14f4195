//! Classification: one label per image.

use std::collections::BTreeMap;

use cenote_autograd::Tape;
use cenote_datasets::{Batches, Normalization, Split};
use cenote_layers::{Mode, Model, Params, Step, cross_entropy, predictions};
use cenote_metrics::{
    Average, ConfusionMatrix, Undefined, accuracy, average, f_beta, precision, recall,
};
use cenote_tensor::Seed;

use crate::Error;

/// Images per step of an evaluation; it changes no result.
const BATCH_SIZE: usize = 50;

/// What a network did with the images of a split.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// Rows are labels, columns predictions.
    pub confusion: ConfusionMatrix,
    /// Mean cross entropy.
    pub loss: f64,
}

impl Evaluation {
    /// The scores of a record, by name: `accuracy`, `loss`, and macro averages over the classes.
    ///
    /// A class that was never predicted, or never occurs, counts as zero in the averages, as
    /// scikit-learn's default does.
    pub fn scores(&self) -> BTreeMap<String, f64> {
        let classes = self.confusion.per_class();
        let over_classes = |score: fn(cenote_metrics::Counts) -> Option<f64>| {
            average(&classes, Average::Macro, Undefined::Zero, score)
        };
        let named = [
            ("accuracy", accuracy(&self.confusion)),
            ("loss", Some(self.loss)),
            ("macro_precision", over_classes(precision)),
            ("macro_recall", over_classes(recall)),
            ("macro_f1", over_classes(|counts| f_beta(counts, 1.0))),
        ];
        let defined = named.into_iter().filter_map(|(name, score)| Some((name.to_owned(), score?)));
        defined.collect()
    }
}

/// Runs a network over every image of a split, in use and without gradients.
///
/// # Errors
/// When the images do not fit the normalisation.
pub fn evaluate(
    model: &Model,
    params: &Params,
    split: &Split,
    normalization: &Normalization,
) -> Result<Evaluation, Error> {
    let classes = model.output().len();
    let mut predicted = Vec::with_capacity(split.len());
    let mut loss = 0.0;
    for batch in Batches::sequential(split, normalization, BATCH_SIZE)? {
        let tape = Tape::without_gradients();
        let step = Step::new(&tape, model, params, Mode::Eval, Seed(0), 0);
        let logits = step.forward(tape.constant(batch.images));
        let mean = cross_entropy(&logits, &batch.labels);
        loss += f64::from(mean.value().as_slice()[0]) * batch.labels.len() as f64;
        predicted.extend(predictions(logits.value()));
    }
    let confusion = ConfusionMatrix::from_labels(classes, split.labels(), &predicted)
        .expect("labels and predictions are below the number of classes");
    Ok(Evaluation { confusion, loss: loss / split.len() as f64 })
}
