//! Networks that see whole images.

use cenote_autograd::Tape;
use cenote_datasets::{Batches, Split};
use cenote_evidence::ConfusionCounts;
use cenote_layers::{Frames, Mode, Step};
use cenote_metrics::{SEQUENCE_METRICS, SequenceScores};
use cenote_tensor::{Seed, Tensor};
use rayon::prelude::*;

use super::decode::{self, Decoded};
use super::{Judged, Method, Network, Read};
use crate::Error;

/// What a network says of each example of its scores.
fn decoded(task: &Read, scores: &Tensor) -> Vec<Decoded> {
    let steps = |count: usize| {
        let (examples, width) = (scores.dims()[0], scores.dims()[1]);
        Frames::of(&scores.clone().reshaped([examples, count, width / count]))
    };
    let length = task.length;
    match task.method {
        Method::Ctc => {
            let frames = Frames::of(scores);
            frames.par_iter().map(|frames| decode::sequence(frames, length)).collect()
        }
        Method::Positions => {
            steps(task.heads()).iter().map(|frames| decode::positions(frames, length)).collect()
        }
        Method::Letters => steps(1).iter().map(decode::letter).collect(),
    }
}

/// Runs a network over all images of a split, so many at a time, and reads each: of letters, one character.
pub(crate) fn read(
    task: &Read,
    network: Network<'_>,
    split: &Split,
    together: usize,
) -> Result<Vec<Decoded>, Error> {
    let mut all = Vec::with_capacity(split.len());
    for_each_batch(network, split, together, |scores, _| {
        all.extend(decoded(task, scores));
        Ok(())
    })?;
    Ok(all)
}

/// Runs a network over all images of a split and compares what it reads with their texts.
pub(super) fn judge(
    task: &Read,
    network: Network<'_>,
    split: &Split,
    together: usize,
) -> Result<Judged, Error> {
    let mut scores = SequenceScores::default();
    let (mut loss, mut taken, mut marks) = (0.0, Vec::new(), Vec::new());
    for_each_batch(network, split, together, |output, answers| {
        let tape = Tape::without_gradients();
        let (mean, _) = task.loss(&tape.constant(output.clone()), answers);
        loss += f64::from(mean.value().as_slice()[0]) * answers.texts.len() as f64;
        for (read, text) in decoded(task, output).iter().zip(&answers.texts) {
            let item = scores.push(&as_text(text), &as_text(&read.text));
            marks.push(item.is_exact());
            // Characters stand for one another where none is missing.
            if text.len() == read.text.len() {
                let pairs = text.iter().zip(&read.text);
                taken.extend(pairs.map(|(&label, &read)| (label as u32, read as u32, 1)));
            }
        }
        Ok(())
    })?;
    let defined = SEQUENCE_METRICS.iter();
    let defined = defined.filter_map(|m| Some((m.name.to_owned(), (m.score)(&scores)?)));
    let loss = ("loss".to_owned(), loss / split.len().max(1) as f64);
    Ok(Judged {
        scores: defined.chain([loss]).collect(),
        confusion: taken.into_iter().collect::<ConfusionCounts>(),
        marks: Some(marks.into_iter().collect()),
        taken: None,
    })
}

/// Classes as a text in which every class is a character of its own.
fn as_text(classes: &[usize]) -> String {
    // A private plane of Unicode has more characters than an alphabet.
    classes.iter().filter_map(|&class| char::from_u32(0x10_0000 + class as u32)).collect()
}

fn for_each_batch(
    Network { model, params, normalization }: Network<'_>,
    split: &Split,
    together: usize,
    mut each: impl FnMut(&Tensor, &cenote_datasets::Answers) -> Result<(), Error>,
) -> Result<(), Error> {
    let batches = Batches::sequential(split, normalization, together)?;
    let workers = batches.workers_for(rayon::current_num_threads());
    for batch in batches.prefetched(workers)? {
        let (images, answers) = batch?.parted();
        let tape = Tape::without_gradients();
        let step = Step::new(&tape, model, params, Mode::Eval, Seed(0), 0);
        let output = step.forward(tape.constant(images));
        each(output.value(), &answers)?;
    }
    Ok(())
}
