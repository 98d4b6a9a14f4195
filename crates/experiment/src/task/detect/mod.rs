//! Detection: objects and the boxes around them, as points on a map.
//!
//! ```text
//! task = { kind = "detect", size = [240, 320], channels = "grey" }
//!
//! heat map    C channels   how much a cell is the centre of an object of each class, as a logit
//! offset      2 channels   from the middle of the cell to the centre of the object, right and down, in cells
//! size        2 channels   logarithm of width and height of the object, in cells
//! ```
//!
//! Images are scaled to `size`. The model of a study ends in maps of these channels, which `out_channels = "classes"` of its
//! last layer stands for. An object is found where a heat map has a peak. Scores are those of COCO on images of that size;
//! what a score has no object for is left out. After Zhou, Wang and Krähenbühl (2019), arXiv:1904.07850; boxes are learnt
//! at several cells of an object as by Liu et al. (2020), arXiv:1909.00700.

mod boxes;
mod judge;
mod loss;
mod peaks;
mod settings;
mod targets;

use std::collections::BTreeMap;

use cenote_autograd::Var;
use cenote_datasets::{
    Answers, Batches, DETECTION_KINDS, Dataset, DetectionSet, DetectionSource, Split,
};
use cenote_layers::Inference;
use cenote_tensor::Shape;
use toml::Table;

use self::targets::Targets;
use super::{Amounts, Judged, Network, Within};
use crate::{Data, Error};

pub use judge::{found_objects, ground_truth, judge};
pub use peaks::Found;
pub use settings::{Decoding, Detect, LossShares};

/// Channels beside the heat maps: offset and size.
const SIDES: usize = 4;
/// How probable the centre of an object is taken for in every cell before anything is learnt.
const PRIOR: f64 = 0.1;

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
    /// Refuses settings out of their range, and a table that describes no detection set.
    pub(super) fn check_study(&self, study: &str, table: &Table) -> Result<(), Error> {
        self.check_settings(study)?;
        source(study, table).map(drop)
    }

    pub(super) fn load(&self, study: &str, table: &Table) -> Result<Dataset, Error> {
        let set = scenes(study, table)?;
        if !set.train.iter().any(|scene| scene.objects.iter().any(|object| !object.crowd)) {
            let words =
                "the training part has no object; expected at least one box that is no crowd";
            return Err(Error::Detection(words.to_owned()));
        }
        Ok(set.scaled(self.channels, self.size_for(&set)?)?)
    }

    pub(super) fn metrics() -> Vec<&'static str> {
        SCORES.iter().map(|&(name, _)| name).chain([MEAN_IOU]).collect()
    }

    pub(super) fn outputs(data: &Data) -> usize {
        data.classes.len() + SIDES
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

    /// Centres in the heat maps, and the sum of the weights of boxes.
    pub(super) fn amounts(output: Shape, answers: &Answers) -> Amounts {
        let &[channels, high, wide] = output.dims() else { return Amounts::default() };
        let classes = channels - SIDES;
        let targets = Targets::of(&answers.objects, classes, [high, wide], answers.size);
        let centres = targets.heat.as_slice().iter().filter(|&&t| t >= 1.0).count();
        [centres as f64, targets.weights.iter().map(|&weight| f64::from(weight)).sum()]
    }

    pub(super) fn loss<'t>(
        &self,
        output: &Var<'t>,
        answers: &Answers,
        within: Option<Within>,
    ) -> Var<'t> {
        let mut losses = self.losses;
        if let Some(within) = within {
            // Heat is a mean over centres, or over one where there is none; boxes are one over their weights.
            let (heat, boxes) = (within.share(0, 1.0), within.share(1, 0.0));
            losses.heat *= heat;
            losses.l1 *= boxes;
            losses.giou *= boxes;
        }
        loss::loss_of(output, &answers.objects, answers.size, losses)
    }

    pub(super) fn judge(
        &self,
        network: Network<'_>,
        split: &Split,
        together: usize,
    ) -> Result<Judged, Error> {
        let [_, rows, columns] = split.shape();
        let size = [rows as u32, columns as u32];
        let sizes = vec![size; split.len()];
        let found = find(network, split, &sizes, &self.reading, together)?;
        let objects = split.objects().expect("a detection set has objects");
        let classes = network.model.output().dims()[0] - SIDES;
        let scores = judge::scores(&found, objects, size, classes);
        let (summary, overlap) = scores.map_err(|error| Error::Detection(error.to_string()))?;
        let named = SCORES.iter().filter_map(|&(name, line)| Some((name, summary.value(line)?)));
        let named = named.chain(overlap.map(|overlap| (MEAN_IOU, overlap)));
        let scores: BTreeMap<String, f64> =
            named.map(|(name, score)| (name.to_owned(), score)).collect();
        Ok(Judged { scores, ..Judged::default() })
    }
}

/// The set that a table describes, not yet loaded.
fn source(study: &str, table: &Table) -> Result<Box<dyn DetectionSource>, Error> {
    cenote_spec::parse(&[DETECTION_KINDS], table.clone()).map_err(Error::spec_of(study))
}

/// The set that a table describes, as it is annotated.
pub(crate) fn scenes(study: &str, table: &Table) -> Result<DetectionSet, Error> {
    Ok(source(study, table)?.load()?)
}

/// What a network finds in every image of a split, in pixels of images of these sizes, so many at a time.
pub(crate) fn find(
    Network { model, params, normalization }: Network<'_>,
    split: &Split,
    sizes: &[[u32; 2]],
    reading: &Decoding,
    together: usize,
) -> Result<Vec<Vec<Found>>, Error> {
    let (ready, peaks) = (Inference::new(model, params), peaks::Peaks::new(model.output()));
    let mut found = Vec::with_capacity(split.len());
    let batches = Batches::sequential(split, normalization, together)?;
    let workers = batches.workers_for(rayon::current_num_threads());
    for batch in batches.prefetched(workers)? {
        let batch = batch?;
        let sizes: Vec<[u32; 2]> = batch.indices.iter().map(|&at| sizes[at]).collect();
        let output = loss::expecting_little(ready.run(batch.images));
        found.extend(peaks.of(&output, &sizes, reading));
    }
    Ok(found)
}
