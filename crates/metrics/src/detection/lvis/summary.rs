//! The thirteen lines of lvis-api.

use std::fmt;

use super::super::coco::Measure;
use super::evaluate::LvisMatches;

/// One number.
#[derive(Clone, Debug, PartialEq)]
pub struct LvisLine {
    /// Its name in lvis-api: `APr`, `AR@300`, `ARs@300`.
    pub name: String,
    /// The number; `None` where no class has an object that counts.
    pub value: Option<f64>,
    pub(super) measure: Measure,
    /// The overlap threshold; `None` for the mean over all.
    pub(super) threshold: Option<f64>,
    /// First and last threshold of the evaluation.
    range: [f64; 2],
    area: &'static str,
    max_dets: i64,
    /// Position of the frequency whose categories are averaged.
    pub(super) group: Option<usize>,
}

impl LvisLine {
    /// The range of areas by its whole name; lvis-api prints a letter.
    pub(super) fn area_name(&self) -> &'static str {
        whole_name(self.area)
    }
}

fn whole_name(area: &'static str) -> &'static str {
    match area {
        "s" => "small",
        "m" => "medium",
        "l" => "large",
        all => all,
    }
}

/// The numbers in the order of lvis-api.
#[derive(Clone, Debug, PartialEq)]
pub struct LvisSummary {
    /// The numbers.
    pub lines: Vec<LvisLine>,
}

impl LvisSummary {
    /// The numbers as lvis-api keeps them: −1 where undefined.
    pub fn stats(&self) -> Vec<f64> {
        self.lines.iter().map(|line| line.value.unwrap_or(-1.0)).collect()
    }
}

impl LvisMatches {
    /// The summary of lvis-api.
    pub fn summary(&self) -> LvisSummary {
        let max_dets = self.max_dets.map_or(-1, |most| most as i64);
        let range = self.matches.threshold_range();
        let line = |name: String, measure, threshold, area: &'static str, group: Option<usize>| {
            let classes = group.map(|group| self.groups[group].as_slice());
            let area_name = whole_name(area);
            let value = self.matches.mean(measure, threshold, area_name, usize::MAX, classes);
            LvisLine { name, value, measure, threshold, range, area, max_dets, group }
        };
        let precision = |name: &str, iou, area, group| {
            line(name.to_owned(), Measure::Precision, iou, area, group)
        };
        let recall = |area: &'static str| {
            let letter = if area == "all" { "" } else { area };
            line(format!("AR{letter}@{max_dets}"), Measure::Recall, None, area, None)
        };
        LvisSummary {
            lines: vec![
                precision("AP", None, "all", None),
                precision("AP50", Some(0.5), "all", None),
                precision("AP75", Some(0.75), "all", None),
                precision("APs", None, "s", None),
                precision("APm", None, "m", None),
                precision("APl", None, "l", None),
                precision("APr", None, "all", Some(0)),
                precision("APc", None, "all", Some(1)),
                precision("APf", None, "all", Some(2)),
                recall("all"),
                recall("s"),
                recall("m"),
                recall("l"),
            ],
        }
    }
}

impl fmt::Display for LvisSummary {
    /// The lines that lvis-api prints.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            let (title, kind) = match line.measure {
                Measure::Precision => ("Average Precision", "(AP)"),
                Measure::Recall => ("Average Recall", "(AR)"),
            };
            let LvisLine { threshold, range: [from, to], area, max_dets, group, .. } = line;
            let iou =
                threshold.map_or_else(|| format!("{from:.2}:{to:.2}"), |iou| format!("{iou:.2}"));
            let group = group.map_or("all", |group| ["r", "c", "f"][group]);
            let value = line.value.unwrap_or(-1.0);
            writeln!(
                f,
                " {title:<18} {kind} @[ IoU={iou:<9} | area={area:>6} | maxDets={max_dets:>3} catIds={group:>3}] = {value:.3}"
            )?;
        }
        Ok(())
    }
}
