//! Detection: objects and the boxes around them.
//!
//! ```text
//! task = { kind = "detect", size = [96, 96], channels = "grey" }
//! ```
//!
//! Images are scaled to `size`, and the model of a study ends in maps of as many channels as there are classes and four
//! more, which `out_channels = "classes"` stands for. Scores are those of COCO on images of that size; what a score has no
//! object for is left out.

use std::collections::BTreeMap;

use cenote_autograd::{Tape, Var};
use cenote_datasets::{
    Answers, Batches, Channels, DETECTION_KINDS, Dataset, DetectionSource, Split,
};
use cenote_layers::{Mode, Step};
use cenote_tensor::{Seed, Shape};
use serde::{Deserialize, Serialize};
use toml::Table;

use super::{Judged, Network};
use crate::detector::{self, Decoding, LossShares};
use crate::{Data, Error};

/// What a study says of its detection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detect {
    /// `[rows, columns]` that images are scaled to, whatever their proportions.
    pub size: [u32; 2],
    /// What a pixel is made of.
    #[serde(default)]
    pub channels: Channels,
    /// What each part of the loss counts.
    #[serde(default)]
    pub losses: LossShares,
    /// How objects are read off the output.
    #[serde(default)]
    pub reading: Decoding,
}

/// The scores, and what COCO calls them.
const SCORES: [(&str, &str); 6] = [
    ("ap", "AP"),
    ("ap50", "AP50"),
    ("ap75", "AP75"),
    ("ap_small", "APs"),
    ("ap_medium", "APm"),
    ("ap_large", "APl"),
];
/// The mean overlap of what was found right at 0.5.
const MEAN_IOU: &str = "mean_iou";

impl Detect {
    /// The set that a table describes, not yet loaded.
    pub(super) fn source(study: &str, table: &Table) -> Result<Box<dyn DetectionSource>, Error> {
        cenote_spec::parse(&[DETECTION_KINDS], table.clone()).map_err(Error::spec_of(study))
    }

    pub(super) fn load(&self, study: &str, table: &Table) -> Result<Dataset, Error> {
        Ok(Self::source(study, table)?.load()?.scaled(self.channels, self.size)?)
    }

    pub(super) fn metrics() -> Vec<&'static str> {
        SCORES.iter().map(|&(name, _)| name).chain([MEAN_IOU]).collect()
    }

    pub(super) fn outputs(data: &Data) -> usize {
        data.classes.len() + detector::SIDES
    }

    pub(super) fn check(output: Shape, data: &Data) -> Result<(), String> {
        let outputs = Self::outputs(data);
        match output.dims() {
            &[channels, ..] if channels == outputs && output.rank() == 3 => Ok(()),
            _ => Err(format!(
                "ends in {output}; {} has {} classes, for which maps of {outputs} channels would fit",
                data.name,
                data.classes.len()
            )),
        }
    }

    pub(super) fn loss<'t>(&self, output: &Var<'t>, answers: &Answers) -> (Var<'t>, usize) {
        let size = self.size.map(|side| side as usize);
        let output = detector::expecting_little(output);
        (detector::loss_of(&output, &answers.objects, size, self.losses).0, 0)
    }

    pub(super) fn judge(
        &self,
        Network { model, params, normalization }: Network<'_>,
        split: &Split,
        together: usize,
    ) -> Result<Judged, Error> {
        let peaks = detector::Peaks::new(model.output());
        let mut found = Vec::with_capacity(split.len());
        let batches = Batches::sequential(split, normalization, together)?;
        let workers = batches.workers_for(rayon::current_num_threads());
        for batch in batches.prefetched(workers)? {
            let batch = batch?;
            let tape = Tape::without_gradients();
            let step = Step::new(&tape, model, params, Mode::Eval, Seed(0), 0);
            let output = detector::expecting_little(&step.forward(tape.constant(batch.images)));
            let sizes = vec![self.size; batch.indices.len()];
            found.extend(peaks.of(output.value(), &sizes, &self.reading));
        }
        let objects = split.objects().expect("a detection set has objects");
        let scores = detector::scores(&found, objects, self.size, peaks.classes());
        let (summary, overlap) = scores.map_err(|error| Error::Detector(error.to_string()))?;
        let named = SCORES.iter().filter_map(|&(name, line)| Some((name, summary.value(line)?)));
        let named = named.chain(overlap.map(|overlap| (MEAN_IOU, overlap)));
        let scores: BTreeMap<String, f64> =
            named.map(|(name, score)| (name.to_owned(), score)).collect();
        Ok(Judged { scores, ..Judged::default() })
    }
}
