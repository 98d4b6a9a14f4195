//! The paired differences against the margin.

use super::canvas::Canvas;
use super::rows::{Row, Rows};
use super::{Layout, Plot};
use crate::number::{points, points_interval};
use crate::{Analysis, Comparison};

pub(super) const PLOT: Plot = Plot {
    name: "differences",
    title: "Paired differences: each seed, mean, adjusted 95 % interval, and the margin as a band",
    draw: |analysis, layout| Some(draw(analysis, layout)),
};

fn draw(analysis: &Analysis, layout: Layout) -> Canvas {
    let margin = 100.0 * analysis.design.margin;
    let title = format!("Difference in {} (points), seed by seed", analysis.design.judged());
    let description = format!(
        "One row per comparison on {}: a dot for each seed, a bar for the adjusted 95 % interval, and a band of plus or minus {margin:.2} points that does not matter.",
        analysis.design.dataset.name
    );
    let rows = analysis.comparisons.iter().map(|comparison| row(analysis, comparison)).collect();
    let mut canvas = Rows { rows, band: Some(margin) }.draw(layout, &title, &description);
    canvas.note =
        format!("band: ±{margin:.2} points, too small to matter; bar: 95 % interval, adjusted");
    canvas
}

fn row(analysis: &Analysis, comparison: &Comparison) -> Row {
    let judgement = &comparison.judgement;
    let name = format!("{} − {}", comparison.arm, comparison.against);
    let says = |seed, difference| format!("{name} seed {seed}: {} points", points(difference));
    let interval = judgement.interval.map_or_else(String::new, points_interval);
    Row {
        arm: analysis.arms.iter().position(|arm| arm.name == comparison.arm).unwrap_or(0),
        words: judgement.verdict.words().to_owned(),
        dots: comparison
            .pairs
            .iter()
            .map(|pair| (100.0 * pair.difference, says(pair.seed, pair.difference)))
            .collect(),
        mean: judgement.mean.map(|mean| {
            let words = format!("{name}: {} points {interval}", points(mean));
            (100.0 * mean, words.trim_end().to_owned())
        }),
        interval: judgement.interval.map(|i| (100.0 * i.low, 100.0 * i.high)),
        name,
    }
}
