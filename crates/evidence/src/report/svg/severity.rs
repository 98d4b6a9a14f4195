//! Errors by the severity of corruptions: all together, and a panel for each corruption.

use super::canvas::{Anchor, Canvas, Dot, Look};
use super::legend::Legend;
use super::lines::{self, Line, Point, Words};
use super::scale::Scale;
use super::{Layout, Plot, label};
use crate::number::percent;
use crate::{Analysis, ErrorAt, Robustness};

pub(super) const PLOT: Plot =
    Plot { name: "severity", title: "Error by severity, mean over corruptions", draw: together };

pub(super) const PANELS: Plot =
    Plot { name: "corruptions", title: "Error under each corruption by severity", draw: apart };

/// Height of a panel's name, of its field, and of the numbers below.
const NAME: f64 = 20.0;
const FIELD: f64 = 104.0;
const BELOW: f64 = 30.0;
/// Room for the numbers to the left of the first panel, and between panels.
const LEFT: f64 = 40.0;
const GAP: f64 = 18.0;

/// A line for each arm; nothing where no corruption has severities.
fn together(analysis: &Analysis, layout: Layout) -> Option<Canvas> {
    let robustness = with_errors(analysis)?;
    let numbers = |arm: &str, at: &ErrorAt| Some((f64::from(at.severity?), point(arm, at)?));
    let lines: Vec<Line<'_>> = robustness
        .arms
        .iter()
        .enumerate()
        .map(|(nth, arm)| {
            let points = arm.by_severity.iter().filter_map(|at| numbers(&arm.arm, at));
            let points = points.map(|(at, point)| Point { at, ..point }).collect();
            Line { arm: nth, name: &arm.arm, points }
        })
        .collect();
    let ticks = std::iter::once(0).chain(robustness.severities.iter().copied());
    let words = Words {
        title: "Error (%) by severity, mean over corruptions",
        axis: "severity, 0 is without any",
        ticks: ticks.map(f64::from).collect(),
    };
    (!robustness.severities.is_empty()).then(|| lines::draw(layout, &words, &lines))
}

/// A panel for each corruption, all with one scale.
fn apart(analysis: &Analysis, layout: Layout) -> Option<Canvas> {
    let robustness = with_errors(analysis)?;
    let columns = match layout {
        Layout::Wide => 4,
        Layout::Narrow => 2,
    };
    let arms = robustness.arms.iter().enumerate();
    let legend = Legend::of(arms.map(|(nth, arm)| (Look::Arm(nth), arm.arm.as_str())), layout);
    let (head, pitch) = (legend.height() + 6.0, NAME + FIELD + BELOW);
    let rows = robustness.corruptions.len().div_ceil(columns);
    let description = "One panel per corruption and one line per arm: the mean error over its seeds, with a band of one standard deviation on each side.";
    let title = "Error (%) under each corruption by severity";
    let height = head + pitch * rows as f64;
    let mut canvas = Canvas::new(layout.width(), height, title, description);
    legend.draw(&mut canvas);
    let room = (layout.width() - LEFT - 8.0 + GAP) / columns as f64;
    for (nth, name) in robustness.corruptions.iter().enumerate() {
        let left = LEFT + room * (nth % columns) as f64;
        let top = head + pitch * (nth / columns) as f64 + NAME;
        let panel = Panel { left, right: left + room - GAP, top, first: nth % columns == 0 };
        panel.draw(&mut canvas, robustness, nth, name);
    }
    Some(canvas)
}

/// Robustness of which any error is known.
fn with_errors(analysis: &Analysis) -> Option<&Robustness> {
    let robustness = analysis.robustness.as_ref()?;
    robustness.arms.iter().any(|arm| arm.clean_error.is_some()).then_some(robustness)
}

/// An error in per cent, at no number yet.
fn point(arm: &str, at: &ErrorAt) -> Option<Point> {
    let (mean, sd) = (at.mean?, at.sd.unwrap_or(0.0));
    let place = at.severity.map_or_else(String::new, |severity| format!(" at severity {severity}"));
    let relative = at.relative.map_or_else(String::new, |relative| {
        format!(", {} % of the baseline's", percent(relative))
    });
    let says =
        format!("{arm}{place}: {} %, standard deviation {}{relative}", percent(mean), percent(sd));
    Some(Point { at: 0.0, mean: 100.0 * mean, sd: 100.0 * sd, says })
}

/// Where a panel stands.
struct Panel {
    left: f64,
    right: f64,
    top: f64,
    /// Whether the numbers of its errors stand beside it.
    first: bool,
}

impl Panel {
    fn draw(&self, canvas: &mut Canvas, robustness: &Robustness, nth: usize, name: &str) {
        let &Self { left, right, top, first } = self;
        let bottom = top + FIELD;
        canvas.text(left, top - 7.0, Anchor::Start, Look::Ink, &label::fit(name, right - left));
        let y = errors(robustness, top, bottom);
        let (ticks, _) = y.ticks();
        if first {
            canvas.left_axis(y, (left, right));
        } else {
            for tick in ticks {
                canvas.line((left, y.at(tick)), (right, y.at(tick)), 1.0, Look::Grid);
            }
        }
        let most = robustness.severities.last().copied().unwrap_or(0).max(1);
        let x = Scale::around([0.0, f64::from(most)], left, right);
        let one_level = robustness.arms.iter().all(|arm| arm.by_corruption[nth].len() == 1)
            && robustness.arms.iter().any(|arm| arm.by_corruption[nth][0].severity.is_none());
        if one_level {
            canvas.text(left, bottom + 16.0, Anchor::Start, Look::Dim, "one level");
        } else {
            for severity in (0..=most).step_by(usize::from(most) / 6 + 1) {
                let at = x.at(f64::from(severity));
                canvas.text(at, bottom + 16.0, Anchor::Middle, Look::Dim, &severity.to_string());
            }
        }
        let step = (right - left) / (robustness.arms.len() + 1) as f64;
        for (arm, summary) in robustness.arms.iter().enumerate() {
            let clean = summary.by_severity.first().filter(|_| !one_level);
            let levels = clean.into_iter().chain(&summary.by_corruption[nth]);
            let points: Vec<Point> = levels
                .filter_map(|level| {
                    let at = match level.severity {
                        Some(severity) => x.at(f64::from(severity)),
                        None => left + step * (arm + 1) as f64,
                    };
                    Some(Point { at, ..point(&summary.arm, level)? })
                })
                .collect();
            draw_points(canvas, y, arm, &points);
        }
    }
}

/// A line through points with its band; a point alone has a bar of a deviation.
fn draw_points(canvas: &mut Canvas, y: Scale, arm: usize, points: &[Point]) {
    let along = |value: fn(&Point) -> f64| -> Vec<(f64, f64)> {
        points.iter().map(|point| (point.at, y.at(value(point)))).collect()
    };
    let (low, high) = (along(|p| p.mean - p.sd), along(|p| p.mean + p.sd));
    match points {
        [] => {}
        [_] => canvas.line(low[0], high[0], 2.0, Look::Arm(arm)),
        _ => {
            canvas.area(&low, &high, arm);
            canvas.path(&along(|p| p.mean), arm);
        }
    }
    let size = if points.len() == 1 { Dot::Middle } else { Dot::Small };
    for point in points {
        let says = point.says.replace('-', "−");
        canvas.dot((point.at, y.at(point.mean)), size, Look::Arm(arm), &says);
    }
}

/// The scale of errors that all panels share.
fn errors(robustness: &Robustness, top: f64, bottom: f64) -> Scale {
    let all = robustness.arms.iter().flat_map(|arm| {
        let levels = arm.by_severity.iter().take(1).chain(arm.by_corruption.iter().flatten());
        levels.filter_map(|level| Some((level.mean?, level.sd.unwrap_or(0.0))))
    });
    let ends = all.flat_map(|(mean, sd)| [100.0 * (mean - sd), 100.0 * (mean + sd)]);
    Scale::around(ends, bottom, top)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{damaged, damages, design};

    fn analysis() -> Analysis {
        Analysis::of(&damages(), &damaged()).unwrap()
    }

    #[test]
    fn a_line_has_the_images_as_they_are_and_every_severity_and_a_panel_every_level() {
        let analysis = analysis();
        let arms = analysis.arms.len();
        for layout in [Layout::Wide, Layout::Narrow] {
            let svg = together(&analysis, layout).unwrap().inline("x", "wide");
            assert_eq!(svg.matches("<circle").count(), arms * 4);
            assert!(svg.contains("max at severity 3: "), "{svg}");
            let svg = apart(&analysis, layout).unwrap().inline("x", "wide");
            // Fog at 0, 1, 3 and 5, contrast at 0 and 5, and shear at its one level.
            assert_eq!(svg.matches("<circle").count(), arms * (4 + 2 + 1));
            assert_eq!((svg.matches(">one level<").count(), svg.matches(">fog<").count()), (1, 1));
            let width = layout.width();
            let places = svg.split(" x=\"").chain(svg.split(" cx=\"")).skip(1);
            let across = places.filter_map(|part| part.split('"').next()?.parse::<f64>().ok());
            assert!(across.into_iter().all(|x| (0.0..=width).contains(&x)), "{svg}");
        }
    }

    #[test]
    fn corruptions_of_one_level_have_points_alone() {
        let mut design = damages();
        design.corruptions.retain(|note| note.severities.is_empty());
        let analysis = Analysis::of(&design, &damaged()).unwrap();
        assert!(together(&analysis, Layout::Wide).is_none());
        let svg = apart(&analysis, Layout::Wide).unwrap().inline("x", "wide");
        assert_eq!((svg.matches("<circle").count(), svg.matches("<polyline").count()), (7, 0));
    }

    #[test]
    fn a_study_without_corruptions_or_runs_has_neither() {
        for (design, records) in [(design(), damaged()), (damages(), Vec::new())] {
            let analysis = Analysis::of(&design, &records).unwrap();
            assert!(together(&analysis, Layout::Wide).is_none());
            assert!(apart(&analysis, Layout::Wide).is_none());
        }
    }
}
