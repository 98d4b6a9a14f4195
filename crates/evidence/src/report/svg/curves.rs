//! How the arms learn.

use super::canvas::{Anchor, Canvas, Dot, Look};
use super::field::{Field, Named};
use super::{Layout, Plot};
use crate::number::percent;
use crate::{Analysis, ArmSummary, CurvePoint};

pub(super) const PLOT: Plot = Plot {
    name: "curves",
    title: "Training accuracy after each epoch: mean over seeds, and a band from the lowest to the highest",
    draw: |analysis, layout| Some(draw(analysis, layout)),
};

/// Epochs that a line goes through: more of them are no wider than a pixel.
const MOST_POINTS: usize = 300;

/// Epochs that can be asked for their numbers.
const MOST_DOTS: usize = 60;

/// Every so many epochs, and the last, so that there are about `most`; all of them where they are few.
fn thinned(curve: &[CurvePoint], most: usize) -> impl Iterator<Item = &CurvePoint> {
    let every = curve.len().div_ceil(most).max(1);
    let last = curve.len().saturating_sub(1);
    let kept = move |&(i, _): &(usize, &CurvePoint)| i % every == 0 || i == last;
    curve.iter().enumerate().filter(kept).map(|(_, point)| point)
}

fn draw(analysis: &Analysis, layout: Layout) -> Canvas {
    let arms: Vec<(usize, &ArmSummary)> =
        analysis.arms.iter().enumerate().filter(|(_, arm)| !arm.curve.is_empty()).collect();
    let field = Field::beside(layout, arms.iter().map(|(_, arm)| arm.name.as_str()));
    let points = || arms.iter().flat_map(|(_, arm)| &arm.curve);
    let watched = points().any(|point| point.validation.is_some());
    let mut title = "Training accuracy (%) after each epoch, mean over seeds".to_owned();
    let mut description = "One line per arm: training accuracy after each epoch, mean over its seeds, with a band from the lowest to the highest run.".to_owned();
    if watched {
        let metric = &analysis.design.metric;
        title = format!("Training accuracy and, dotted, validation {metric} (%) after each epoch");
        let dotted = format!(" The dotted line of each arm is the mean of validation {metric}.");
        description.push_str(&dotted);
    }
    let mut canvas = field.canvas(&title, &description, "epoch");

    let x = field.across(points().map(|point| f64::from(point.epoch)));
    let y = field.up(points()
        .flat_map(|point| [point.low, point.high].into_iter().chain(point.validation))
        .map(|share| 100.0 * share));
    canvas.left_axis(y, (field.left, field.right));
    let last = points().map(|point| point.epoch).max().unwrap_or(0);
    let first = points().map(|point| point.epoch).min().unwrap_or(0);
    let every = ((last - first) / 8 + 1) as usize;
    for epoch in (first..=last).step_by(every).filter(|_| last > 0) {
        let at = x.at(f64::from(epoch));
        canvas.text(at, field.bottom + 18.0, Anchor::Middle, Look::Dim, &epoch.to_string());
    }

    let at = |p: &CurvePoint, value: f64| (x.at(f64::from(p.epoch)), y.at(100.0 * value));
    let line = |arm: &ArmSummary, value: fn(&CurvePoint) -> f64| -> Vec<(f64, f64)> {
        thinned(&arm.curve, MOST_POINTS).map(|point| at(point, value(point))).collect()
    };
    for (i, arm) in &arms {
        canvas.area(&line(arm, |p| p.low), &line(arm, |p| p.high), *i);
    }
    for (i, arm) in arms.iter().filter(|_| watched) {
        let known = thinned(&arm.curve, MOST_POINTS).filter_map(|p| Some(at(p, p.validation?)));
        canvas.dotted(&known.collect::<Vec<_>>(), *i);
    }
    let mut ends = Vec::new();
    for (i, arm) in &arms {
        let means = line(arm, |p| p.mean);
        canvas.path(&means, *i);
        for point in thinned(&arm.curve, MOST_DOTS) {
            let place = at(point, point.mean);
            canvas.dot(place, Dot::Small, Look::Arm(*i), &says(&arm.name, point));
        }
        ends.extend(means.last().map(|at| Named { arm: *i, name: &arm.name, at: *at }));
    }
    field.name(&mut canvas, &ends);
    canvas
}

fn says(arm: &str, point: &CurvePoint) -> String {
    let validation = point
        .validation
        .map_or_else(String::new, |score| format!("; validation {} %", percent(score)));
    format!(
        "{arm} epoch {}: {} %, runs from {} to {}{validation}",
        point.epoch,
        percent(point.mean),
        percent(point.low),
        percent(point.high)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EpochPoint;
    use crate::sample::{design, records};

    #[test]
    fn a_long_training_takes_no_more_room_than_a_plot_can_show() {
        let mut records = records();
        records.retain(|record| record.seed <= 2);
        for record in &mut records {
            let point = |epoch: u32| EpochPoint {
                epoch,
                train_loss: 0.1,
                train_accuracy: 1.0 - 0.8 / f64::from(epoch),
                validation: None,
            };
            record.curve = (1..=3_000).map(point).collect();
        }
        let svg = PLOT.svg(&Analysis::of(&design(), &records).unwrap()).unwrap();
        assert_eq!(svg.matches("<circle").count(), 7 * 61);
        assert!(svg.contains("max epoch 3000: "), "the last epoch is shown");
        assert!(svg.len() < 150_000, "{} bytes", svg.len());
    }

    #[test]
    fn validation_is_a_dotted_line_where_every_epoch_has_a_score() {
        let mut records = records();
        let plain = PLOT.svg(&Analysis::of(&design(), &records).unwrap()).unwrap();
        assert!(!plain.contains("validation") && !plain.contains("2 4"));
        for point in records.iter_mut().flat_map(|record| &mut record.curve) {
            point.validation = Some(0.5 + 0.1 * f64::from(point.epoch));
        }
        let svg = PLOT.svg(&Analysis::of(&design(), &records).unwrap()).unwrap();
        assert_eq!(svg.matches("stroke-dasharray=\"2 4\"").count(), 7);
        assert!(svg.contains("validation 80.00 %"), "the last epoch says its score");
    }
}
