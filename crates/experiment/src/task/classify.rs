//! Classification: one label per image.

use std::collections::BTreeMap;

use cenote_autograd::{Tape, Var};
use cenote_datasets::{Answers, Batches, Dataset, KINDS, Normalization, Source, Split};
use cenote_evidence::{ConfusionCounts, Marks, Taken};
use cenote_layers::{
    Mode, Model, Params, Step, correct, cross_entropy, mixed_cross_entropy, predictions,
};
use cenote_metrics::{CLASSIFICATION_METRICS, ConfusionMatrix};
use cenote_tensor::{Seed, Shape};
use toml::Table;

use super::{Judged, Network, TOGETHER};
use crate::{Data, Error};

/// What a network did with the images of a split.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// Rows are labels, columns predictions.
    pub confusion: ConfusionMatrix,
    /// Mean cross entropy.
    pub loss: f64,
    /// Which images were right, in the order of the split.
    pub marks: Marks,
    /// What each was taken for, in the same order, where there are few enough classes.
    pub taken: Option<Taken>,
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

impl From<Evaluation> for Judged {
    fn from(judged: Evaluation) -> Self {
        let (scores, confusion) = (judged.scores(), judged.counts());
        Self { scores, confusion, marks: Some(judged.marks), taken: judged.taken }
    }
}

/// The dataset that a table describes, not yet loaded.
pub(super) fn source(study: &str, table: &Table) -> Result<Box<dyn Source>, Error> {
    cenote_spec::parse(&[KINDS], table.clone()).map_err(Error::spec_of(study))
}

pub(super) fn load(study: &str, table: &Table) -> Result<Dataset, Error> {
    Ok(source(study, table)?.load()?)
}

pub(super) fn metrics() -> Vec<&'static str> {
    CLASSIFICATION_METRICS.iter().map(|metric| metric.name).collect()
}

pub(super) fn check(output: Shape, data: &Data) -> Result<(), String> {
    let classes = data.classes.len();
    if output.dims() == [classes] {
        return Ok(());
    }
    Err(format!("ends in {output}; {} has {classes} classes", data.name))
}

/// A mixed image counts as right when the label of its larger share is predicted.
pub(super) fn loss<'t>(logits: &Var<'t>, answers: &Answers) -> (Var<'t>, usize) {
    let Answers { labels, mixed, .. } = answers;
    let loss = match mixed {
        None => cross_entropy(logits, labels),
        Some(second) => mixed_cross_entropy(logits, labels, &second.labels, &second.shares),
    };
    (loss, correct(logits.value(), labels))
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
    evaluate_by(Network { model, params, normalization }, split, TOGETHER)
}

/// [`evaluate`], so many images at a time.
pub(crate) fn evaluate_by(
    Network { model, params, normalization }: Network<'_>,
    split: &Split,
    together: usize,
) -> Result<Evaluation, Error> {
    let classes = model.output().len();
    let mut predicted = Vec::with_capacity(split.len());
    let mut loss = 0.0;
    let batches = Batches::sequential(split, normalization, together)?;
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
    let taken = Taken::new(predicted);
    Ok(Evaluation { confusion, loss: loss / split.len() as f64, marks, taken })
}
