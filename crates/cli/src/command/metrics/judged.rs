//! Judged detections by the rules of COCO or LVIS, and what both have.

use cenote_metrics::{
    Bootstrap, CocoSettings, Comparison, Detections, Error, GroundTruth, ImageOrder, Judgements,
    LvisMatches, LvisSettings, Matches, Resampling, Scenes,
};

use crate::args::{Detection, Protocol};

/// Judged detections.
pub(super) enum Judged {
    Coco(Matches),
    Lvis(LvisMatches),
}

/// Numbers by name, in their order.
type Named = Vec<(String, Option<f64>)>;

impl Judged {
    /// Judges by the rules that the flags name.
    pub(super) fn new(
        args: &Detection,
        settings: &CocoSettings,
        truth: &GroundTruth,
        detections: &Detections,
    ) -> Result<Self, Error> {
        if args.protocol != Protocol::Lvis {
            return Ok(Self::Coco(settings.evaluate(truth, detections)?));
        }
        let mut federated = LvisSettings::new(settings.similarity.clone(), settings.mode);
        match args.max_dets.as_slice() {
            [] => {}
            [most] => federated.max_dets = Some(*most),
            more => {
                let got = format!("{more:?}");
                return Err(Error::Evaluation { what: "one limit of detections per image", got });
            }
        }
        Ok(Self::Lvis(federated.evaluate(truth, detections)?))
    }

    pub(super) fn matches(&self) -> &Matches {
        match self {
            Self::Coco(matches) => matches,
            Self::Lvis(judged) => &judged.matches,
        }
    }

    /// The numbers by name, and as the reference prints them.
    pub(super) fn summary(&self) -> Result<(Named, String), Error> {
        Ok(match self {
            Self::Coco(matches) => {
                let summary = matches.summary()?;
                let words = summary.to_string();
                (summary.lines.into_iter().map(|line| (line.name, line.value)).collect(), words)
            }
            Self::Lvis(judged) => {
                let summary = judged.summary();
                let words = summary.to_string();
                (summary.lines.into_iter().map(|line| (line.name, line.value)).collect(), words)
            }
        })
    }

    pub(super) fn bootstrap(&self, resampling: Resampling) -> Result<Bootstrap, Error> {
        match self {
            Self::Coco(matches) => matches.bootstrap(resampling),
            Self::Lvis(judged) => judged.bootstrap(resampling),
        }
    }

    /// Compares with another detector that was judged by the same rules.
    pub(super) fn compare(
        &self,
        other: &Self,
        resampling: Resampling,
    ) -> Result<Comparison, Error> {
        match (self, other) {
            (Self::Lvis(one), Self::Lvis(other)) => one.compare(other, resampling),
            (one, other) => one.matches().compare(other.matches(), resampling),
        }
    }

    /// The images as scenes.
    pub(super) fn scenes<'a>(
        &'a self,
        truth: &'a GroundTruth,
        detections: &'a Detections,
        order: ImageOrder,
    ) -> Scenes<'a> {
        Scenes::new(self.matches().settings(), truth, detections, order)
    }

    /// Every detection judged at one overlap, with classes numbered as by [`Judged::scenes`].
    pub(super) fn judgements(
        &self,
        truth: &GroundTruth,
        detections: &Detections,
        overlap: f64,
    ) -> Result<Judgements, Error> {
        match self {
            Self::Coco(matches) => {
                let most = matches.settings().max_dets.last().copied().unwrap_or(0);
                let scenes = self.scenes(truth, detections, ImageOrder::ById);
                Ok(Judgements::new(scenes.all()?, overlap, most))
            }
            Self::Lvis(judged) => judged.judgements(truth, detections, overlap),
        }
    }
}
