//! The paired differences against the margin.

use super::Plot;
use super::canvas::{Anchor, Canvas, Look};
use super::label;
use super::scale::Scale;
use crate::Analysis;

pub(super) const PLOT: Plot = Plot {
    file: "differences.svg",
    title: "Paired differences: each seed, mean, adjusted 95 % interval, and the margin as a band",
    draw,
};

const ROW: f64 = 34.0;
const TOP: f64 = 70.0;

fn draw(analysis: &Analysis) -> String {
    let rows: Vec<_> = analysis
        .comparisons
        .iter()
        .map(|comparison| (comparison, format!("{} − {}", comparison.arm, comparison.against)))
        .collect();
    let left = 28.0 + rows.iter().map(|(_, name)| label::width(name)).fold(60.0, f64::max);
    let (right, words) = (left + 400.0, 200.0);
    let bottom = TOP + ROW * rows.len() as f64;
    let margin = 100.0 * analysis.design.margin;
    let title = format!("Difference in test {} (points), seed by seed", analysis.design.metric);
    let description = format!(
        "One row per comparison on {}: a dot for each seed, a bar for the adjusted 95 % interval, and a band of plus or minus {margin:.2} points that does not matter.",
        analysis.design.dataset.name
    );
    let mut canvas = Canvas::new(right + words, bottom + 34.0, &title, &description);
    let note =
        format!("band: ±{margin:.2} points, too small to matter; bar: 95 % interval, adjusted");
    canvas.text(16.0, 46.0, Anchor::Start, Look::Dim, &note);

    let dots = rows.iter().flat_map(|(c, _)| c.pairs.iter().map(|pair| pair.difference));
    let ends = rows.iter().filter_map(|(c, _)| c.judgement.interval);
    let values = dots.chain(ends.flat_map(|i| [i.low, i.high])).map(|value| 100.0 * value);
    let scale = Scale::around(values.chain([-margin, margin]), left, right);
    canvas.rect((scale.at(-margin), TOP), (scale.at(margin), bottom), Look::Band);
    canvas.bottom_axis(scale, (TOP, bottom), true);
    canvas.line((scale.at(0.0), TOP), (scale.at(0.0), bottom), 1.0, Look::Zero);

    for (i, (comparison, name)) in rows.iter().enumerate() {
        let y = TOP + ROW * (i as f64 + 0.5);
        let arm = analysis.arms.iter().position(|arm| arm.name == comparison.arm).unwrap_or(i);
        canvas.text(left - 12.0, y + 4.0, Anchor::End, Look::Ink, name);
        for (j, pair) in comparison.pairs.iter().enumerate() {
            let apart = ((j % 3) as f64 - 1.0) * 4.0; // equal differences stay visible
            canvas.dot(
                scale.at(100.0 * pair.difference),
                y + 4.0 + apart,
                2.6,
                0.5,
                Look::Arm(arm),
            );
        }
        if let Some(interval) = comparison.judgement.interval {
            let (low, high) = (scale.at(100.0 * interval.low), scale.at(100.0 * interval.high));
            canvas.line((low, y - 6.0), (high, y - 6.0), 3.0, Look::Arm(arm));
        }
        if let Some(mean) = comparison.judgement.mean {
            canvas.dot(scale.at(100.0 * mean), y - 6.0, 4.5, 1.0, Look::Arm(arm));
        }
        let words = comparison.judgement.verdict.words();
        canvas.text(right + 14.0, y + 4.0, Anchor::Start, Look::Ink, words);
    }
    canvas.finish()
}
