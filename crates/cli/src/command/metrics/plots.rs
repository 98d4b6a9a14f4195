//! Plots of an evaluation of detections.

use cenote_metrics::{
    Axis, Bar, ClassJudgements, ConfusionRule, Curve, DetectionCalibration, DetectionConfusion,
    Judgements, Mistake, ReliabilityBin, Scenes, bars_plot, confusion_plot, operating_counts,
    precision, precision_recall_plot, recall, reliability_plot,
};

use super::detection::{failed, name};
use super::judged::Judged;
use super::operating::SCORES;
use super::sections::{Asked, OVERLAP};
use crate::failure::Failure;

/// A plot: the name of its file, and its text.
pub(super) type Plot = (&'static str, String);

/// A curve and its name.
pub(super) type Named = (String, Vec<(f64, f64)>);

/// Scores from here on count as said, in a confusion matrix.
pub(super) const SAID: f64 = 0.5;

impl Asked<'_> {
    /// Precision over recall by overlap and by category, where it is defined the reliability of the scores, and, where
    /// every category was looked for in every image, the confusion matrix and the costs of mistakes.
    pub(super) fn plots(&self) -> Result<Vec<Plot>, Failure> {
        let scenes = self.scenes();
        let judgements = self.judgements()?;
        let by_category = self.by_category(&scenes, &judgements);
        let mut plots = vec![
            (
                "precision_recall.svg",
                curves("Mean precision over recall, by overlap", &self.by_overlap()),
            ),
            by_category_plot(OVERLAP, &by_category),
        ];
        if let Judged::Coco(_) = self.judged {
            plots.push(("confusion.svg", self.confusion(&scenes)?));
            plots.push(("tide.svg", self.costs()?));
        }
        let found = self.calibration(&judgements, scenes.listed(), Axis::SCORE, SCORES);
        plots.extend(found.map(|found| reliability(&found)));
        Ok(plots)
    }

    fn by_overlap(&self) -> Vec<Named> {
        let settings = self.matches().settings();
        let curves = self.mean_precision().into_iter().zip(&settings.iou_thresholds);
        let named = curves.map(|(precision, overlap)| {
            let points = settings.recall_thresholds.iter().copied().zip(precision);
            (format!("IoU {overlap:.2}"), points.collect())
        });
        named.collect()
    }

    /// For each overlap the mean over categories of the interpolated precision at each recall, as average precision
    /// takes it; nothing where no category has objects.
    pub(super) fn mean_precision(&self) -> Vec<Vec<f64>> {
        let (matches, settings) = (self.matches(), self.matches().settings());
        let recalls = settings.recall_thresholds.len();
        let last = settings.max_dets.len().saturating_sub(1);
        let mut sums = vec![vec![0.0; recalls]; settings.iou_thresholds.len()];
        let mut categories = 0.0;
        for slice in (0..matches.classes().len()).filter_map(|k| matches.slice(k, 0, last)) {
            let cells = sums.iter_mut().flatten().zip(&slice.precision);
            cells.for_each(|(sum, precision)| *sum += precision);
            categories += 1.0;
        }
        if categories == 0.0 {
            return Vec::new();
        }
        sums.iter_mut().flatten().for_each(|sum| *sum /= categories);
        sums
    }

    fn by_category(&self, scenes: &Scenes<'_>, judgements: &Judgements) -> Vec<Named> {
        let listed = judgements.classes.range(..scenes.listed() as u32);
        listed.map(|(&class, judged)| (self.title(scenes, class), curve(judged))).collect()
    }

    fn title(&self, scenes: &Scenes<'_>, class: u32) -> String {
        let id = scenes.categories()[class as usize];
        name(self.truth, id).map_or_else(|| id.to_string(), str::to_owned)
    }

    fn confusion(&self, scenes: &Scenes<'_>) -> Result<String, Failure> {
        let confusion = confused(scenes)?;
        let classes = scenes.listed() as u32;
        let mut names: Vec<String> = (0..classes).map(|class| self.title(scenes, class)).collect();
        names.push("background".to_owned());
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let cells = confusion.dense(classes).concat();
        let cells: Vec<f64> = cells.into_iter().map(|count| count as f64).collect();
        let title = format!("Confusion at an overlap of {OVERLAP}, scores of {SAID} and above");
        Ok(confusion_plot(&title, &names, &cells))
    }

    fn costs(&self) -> Result<String, Failure> {
        let tide = self.tide()?;
        let noted = Mistake::ALL.map(|kind| {
            let count = tide.counts.get(kind.name()).copied().unwrap_or(0);
            (kind.name(), format!("{count}: {}", kind.about()))
        });
        let bars: Vec<Bar<'_>> = (noted.iter())
            .map(|(name, note)| Bar {
                name,
                value: tide.delta_ap.get(name).copied().unwrap_or(f64::NAN),
                note,
            })
            .collect();
        Ok(bars_plot("What each kind of mistake costs", "AP points at an overlap of 0.5", &bars))
    }
}

/// Which class was said for which, of what is said at all.
pub(super) fn confused(scenes: &Scenes<'_>) -> Result<DetectionConfusion, Failure> {
    let rule = ConfusionRule::class_first(SAID);
    Ok(DetectionConfusion::new(scenes.all().map_err(failed)?, rule))
}

/// Precision over recall of a class, without interpolation.
pub(super) fn curve(judged: &ClassJudgements) -> Vec<(f64, f64)> {
    let counts = operating_counts(judged).into_iter();
    counts.filter_map(|(_, counts)| Some((recall(counts)?, precision(counts)?))).collect()
}

/// Precision over recall of every category.
pub(super) fn by_category_plot(overlap: f64, by_category: &[Named]) -> Plot {
    let title = format!("Precision over recall at an overlap of {overlap}");
    ("precision_recall_by_category.svg", curves(&title, by_category))
}

fn curves(title: &str, named: &[Named]) -> String {
    let curves: Vec<Curve<'_>> =
        named.iter().map(|(name, points)| Curve { name, points }).collect();
    precision_recall_plot(title, &curves)
}

/// How often scores are right.
pub(super) fn reliability(calibration: &DetectionCalibration) -> Plot {
    let bins: Vec<ReliabilityBin> = (0..SCORES)
        .map(|bin| {
            let found = calibration.table.iter().find(|row| row.at == [bin]);
            ReliabilityBin {
                low: bin as f64 / SCORES as f64,
                high: (bin + 1) as f64 / SCORES as f64,
                weight: found.map_or(0.0, |row| row.count as f64),
                confidence: found.map(|row| row.mean_score),
                accuracy: found.map(|row| row.precision),
            }
        })
        .collect();
    ("reliability.svg", reliability_plot("Precision over score", &bins))
}
