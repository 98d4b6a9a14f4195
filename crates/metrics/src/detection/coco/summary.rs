//! The familiar lines.

use std::fmt;

use rayon::prelude::*;

use super::evaluate::Matches;
use super::settings::{Mode, Similarity};
use crate::Error;
use crate::numerics::pairwise_mean;

/// What a number is a mean of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Precision, over recalls too.
    Precision,
    /// Recall.
    Recall,
}

/// One number of a summary.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Short name, `AP50` or `ARl`.
    pub name: String,
    /// What it is a mean of.
    pub measure: Measure,
    /// The threshold; `None` for the mean over all.
    pub iou: Option<f64>,
    /// Name of the range of areas.
    pub area: String,
    /// The limit of detections.
    pub max_dets: usize,
    /// The number; `None` where no class has an object that counts.
    pub value: Option<f64>,
    /// First and last threshold of the evaluation.
    range: [f64; 2],
}

/// The twelve numbers of boxes and masks, or the ten of keypoints.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// In the order of pycocotools.
    pub lines: Vec<Line>,
}

impl Summary {
    /// The numbers as pycocotools keeps them: −1 where undefined.
    pub fn stats(&self) -> Vec<f64> {
        self.lines.iter().map(|line| line.value.unwrap_or(-1.0)).collect()
    }

    /// The number with a short name; `None` also where it is undefined.
    pub fn value(&self, name: &str) -> Option<f64> {
        self.lines.iter().find(|line| line.name == name)?.value
    }
}

impl fmt::Display for Line {
    /// The line that pycocotools prints.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (title, kind) = match self.measure {
            Measure::Precision => ("Average Precision", "(AP)"),
            Measure::Recall => ("Average Recall", "(AR)"),
        };
        let iou = match self.iou {
            Some(iou) => format!("{iou:.2}"),
            None => format!("{:.2}:{:.2}", self.range[0], self.range[1]),
        };
        let (area, max_dets) = (&self.area, self.max_dets);
        let value = match self.value {
            Some(value) => format!("{value:.3}"),
            None => "-1.000".to_owned(),
        };
        write!(
            f,
            " {title:<18} {kind} @[ IoU={iou:<9} | area={area:>6} | maxDets={max_dets:>3} ] = {value}"
        )
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            writeln!(f, "{line}")?;
        }
        Ok(())
    }
}

impl Matches {
    /// The summary of pycocotools.
    ///
    /// # Errors
    ///
    /// In [`Mode::Strict`] when there are fewer than three limits of detections, which its numbers need.
    pub fn summary(&self) -> Result<Summary, Error> {
        use Measure::{Precision, Recall};
        let strict = self.settings.mode == Mode::Strict;
        let limits = &self.settings.max_dets;
        let last = limits.last().copied().unwrap_or(0);
        let lines: Vec<(&str, Measure, Option<f64>, &str, usize)> =
            if let Similarity::Keypoints { .. } = self.settings.similarity {
                let limit = if strict { 20 } else { last };
                vec![
                    ("AP", Precision, None, "all", limit),
                    ("AP50", Precision, Some(0.5), "all", limit),
                    ("AP75", Precision, Some(0.75), "all", limit),
                    ("APm", Precision, None, "medium", limit),
                    ("APl", Precision, None, "large", limit),
                    ("AR", Recall, None, "all", limit),
                    ("AR50", Recall, Some(0.5), "all", limit),
                    ("AR75", Recall, Some(0.75), "all", limit),
                    ("ARm", Recall, None, "medium", limit),
                    ("ARl", Recall, None, "large", limit),
                ]
            } else {
                if strict && limits.len() < 3 {
                    let got = format!("{limits:?}");
                    return Err(Error::Evaluation {
                        what: "three limits of detections for a strict summary",
                        got,
                    });
                }
                let limit = |at: usize| limits.get(at).copied().unwrap_or(last);
                let most = if strict { limit(2) } else { last };
                vec![
                    ("AP", Precision, None, "all", if strict { 100 } else { last }),
                    ("AP50", Precision, Some(0.5), "all", most),
                    ("AP75", Precision, Some(0.75), "all", most),
                    ("APs", Precision, None, "small", most),
                    ("APm", Precision, None, "medium", most),
                    ("APl", Precision, None, "large", most),
                    ("AR", Recall, None, "all", limit(0)),
                    ("AR", Recall, None, "all", limit(1)),
                    ("AR", Recall, None, "all", most),
                    ("ARs", Recall, None, "small", most),
                    ("ARm", Recall, None, "medium", most),
                    ("ARl", Recall, None, "large", most),
                ]
            };
        let named = !matches!(self.settings.similarity, Similarity::Keypoints { .. });
        let mut wanted: Vec<Line> = lines
            .into_iter()
            .map(|(name, measure, iou, area, max_dets)| Line {
                // One name for three limits would be ambiguous.
                name: if named && name == "AR" { format!("AR{max_dets}") } else { name.to_owned() },
                measure,
                iou,
                area: area.to_owned(),
                max_dets,
                value: None,
                range: self.threshold_range(),
            })
            .collect();
        let values = self.means(&wanted, None);
        for (line, value) in wanted.iter_mut().zip(values) {
            line.value = value;
        }
        Ok(Summary { lines: wanted })
    }

    pub(in super::super) fn threshold_range(&self) -> [f64; 2] {
        let thresholds = &self.settings.iou_thresholds;
        [thresholds[0], thresholds[thresholds.len() - 1]]
    }

    /// The mean precision or recall over what is selected: all classes or those given, all thresholds or those equal to
    /// one, the ranges of areas with a name and the limits equal to a number.
    ///
    /// `None` when nothing is selected or no class has an object that counts. Numbers are added in the order of
    /// `numpy.mean` over `[T, R, K]`.
    pub fn mean(
        &self,
        measure: Measure,
        iou: Option<f64>,
        area: &str,
        max_dets: usize,
        classes: Option<&[usize]>,
    ) -> Option<f64> {
        let line = Line {
            name: String::new(),
            measure,
            iou,
            area: area.to_owned(),
            max_dets,
            value: None,
            range: self.threshold_range(),
        };
        self.means(std::slice::from_ref(&line), classes).pop().flatten()
    }

    /// As [`Matches::mean`], for many lines at the cost of their distinct ranges and limits.
    fn means(&self, lines: &[Line], classes: Option<&[usize]>) -> Vec<Option<f64>> {
        let mut values = vec![None; lines.len()];
        let mut done = vec![false; lines.len()];
        for first in 0..lines.len() {
            if done[first] {
                continue;
            }
            let (area, max_dets) = (&lines[first].area, lines[first].max_dets);
            let alike: Vec<usize> = (first..lines.len())
                .filter(|&at| lines[at].area == *area && lines[at].max_dets == max_dets)
                .collect();
            let columns = self.columns(area, max_dets);
            let curves = alike.iter().any(|&at| lines[at].measure == Measure::Precision);
            let tables = columns.iter().map(|&(a, m)| self.table(a, m, curves)).collect::<Vec<_>>();
            for at in alike {
                done[at] = true;
                values[at] = self.mean_of(&lines[at], &tables, classes);
            }
        }
        values
    }

    /// Ranges of areas and limits, by position, that a name and a number select.
    fn columns(&self, area: &str, max_dets: usize) -> Vec<(usize, usize)> {
        let named = |at: &usize| self.settings.areas[*at].name == area;
        let equal = |at: &usize| self.settings.max_dets[*at] == max_dets;
        let areas: Vec<usize> = (0..self.settings.areas.len()).filter(named).collect();
        let limits: Vec<usize> = (0..self.settings.max_dets.len()).filter(equal).collect();
        // One of either goes with every one of the other, as NumPy pairs lists of positions.
        match (areas.as_slice(), limits.as_slice()) {
            ([area], limits) => limits.iter().map(|&limit| (*area, limit)).collect(),
            (areas, [limit]) => areas.iter().map(|&area| (area, *limit)).collect(),
            (areas, limits) => areas.iter().copied().zip(limits.iter().copied()).collect(),
        }
    }

    /// Precisions (if asked for) and recalls of every class.
    fn table(&self, area: usize, limit: usize, curves: bool) -> Vec<Option<[Vec<f64>; 2]>> {
        let one = |class: &super::ClassMatches| {
            if curves {
                let slice = class.slice(&self.settings, area, limit)?;
                return Some([slice.precision, slice.recall]);
            }
            Some([Vec::new(), class.recall(area, limit)?])
        };
        self.classes.par_iter().map(one).collect()
    }

    fn mean_of(
        &self,
        line: &Line,
        tables: &[Vec<Option<[Vec<f64>; 2]>>],
        classes: Option<&[usize]>,
    ) -> Option<f64> {
        let thresholds = &self.settings.iou_thresholds;
        let (which, steps) = match line.measure {
            Measure::Precision => (0, self.settings.recall_thresholds.len()),
            Measure::Recall => (1, 1),
        };
        let all: Vec<usize> = (0..self.classes.len()).collect();
        let classes = classes.unwrap_or(&all);
        #[expect(
            clippy::float_cmp,
            reason = "a threshold is selected by its value, as in the reference"
        )]
        let selected =
            (0..thresholds.len()).filter(|&t| line.iou.is_none_or(|iou| thresholds[t] == iou));
        let mut numbers = Vec::new();
        for t in selected {
            for step in 0..steps {
                for &class in classes {
                    let of_class = tables.iter().filter_map(|table| table[class].as_ref());
                    numbers.extend(of_class.map(|columns| columns[which][t * steps + step]));
                }
            }
        }
        pairwise_mean(&numbers)
    }

    /// Per class `[AP, AP50, AP75, AR]` in the first range of areas at the largest limit; `None` without objects.
    pub fn class_table(&self) -> Vec<Option<[Option<f64>; 4]>> {
        let (area, limit) = (0, self.settings.max_dets.len() - 1);
        let table = [self.table(area, limit, true)];
        let lines = [
            (Measure::Precision, None),
            (Measure::Precision, Some(0.5)),
            (Measure::Precision, Some(0.75)),
            (Measure::Recall, None),
        ]
        .map(|(measure, iou)| Line {
            name: String::new(),
            measure,
            iou,
            area: self.settings.areas[area].name.clone(),
            max_dets: self.settings.max_dets[limit],
            value: None,
            range: self.threshold_range(),
        });
        let one = |k: usize| {
            table[0][k].as_ref()?;
            Some([0, 1, 2, 3].map(|at: usize| self.mean_of(&lines[at], &table, Some(&[k]))))
        };
        (0..self.classes.len()).map(one).collect()
    }
}
