//! Curves of measures: what noise, shifts or depth do to the networks of each arm.

use super::Layout;
use super::canvas::Canvas;
use super::lines::{self, Line, Point, Words};
use crate::measure::CurvePlace;
use crate::report::files::in_file_name;
use crate::{Analysis, Measured};

/// One place of every curve that has values, in the order of the measures.
pub(crate) fn curves(analysis: &Analysis) -> Vec<&CurvePlace> {
    let mut curves: Vec<&CurvePlace> = Vec::new();
    for measured in &analysis.measures {
        let Some(place) = &measured.note.curve else { continue };
        let known = curves.iter().any(|curve| curve.name == place.name);
        if !known && measured.arms.iter().any(|arm| arm.mean.is_some()) {
            curves.push(place);
        }
    }
    curves
}

/// Name of the file of a curve, before the dot: letters and digits of its name alone.
pub(crate) fn name(curve: &CurvePlace) -> String {
    format!("curve-{}", in_file_name(&curve.name))
}

/// A curve as a line per arm with a band of a deviation around it.
pub(crate) fn draw(analysis: &Analysis, curve: &CurvePlace, layout: Layout) -> Canvas {
    let of_curve = |measured: &Measured| {
        Some(measured.note.curve.as_ref().filter(|place| place.name == curve.name)?.at)
    };
    let values: Vec<(f64, &Measured)> = analysis
        .measures
        .iter()
        .filter_map(|measured| Some((of_curve(measured)?, measured)))
        .collect();
    let points = |arm: usize| {
        let point = |&(at, measured): &(f64, &Measured)| {
            let of_arm = &measured.arms[arm];
            let (mean, sd) = (of_arm.mean?, of_arm.sd.unwrap_or(0.0));
            let says = format!(
                "{} at {at}: {mean:.3}, standard deviation {sd:.3}, {} runs",
                of_arm.arm, of_arm.runs
            );
            Some(Point { at, mean, sd, says })
        };
        let mut points: Vec<Point> = values.iter().filter_map(point).collect();
        points.sort_by(|a, b| a.at.total_cmp(&b.at));
        points
    };
    let lines: Vec<Line<'_>> = analysis
        .arms
        .iter()
        .enumerate()
        .map(|(arm, summary)| Line { arm, name: &summary.name, points: points(arm) })
        .collect();
    let unit = values.first().map_or("", |(_, measured)| measured.note.unit.as_str());
    let title = format!("{} ({unit})", curve.title);
    let ticks = values.iter().map(|(at, _)| *at).collect();
    lines::draw(layout, &Words { title: &title, axis: &curve.axis, ticks }, &lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{design, record};
    use crate::{Design, MeasureNote};

    #[test]
    fn a_curve_has_a_line_for_every_arm_that_has_values_in_the_order_of_its_places() {
        let note = |at: f64| MeasureNote {
            name: format!("noise_{at}"),
            about: "accuracy".to_owned(),
            unit: "share".to_owned(),
            expects: None,
            curve: Some(CurvePlace {
                name: "a/curve".to_owned(),
                title: "Accuracy under noise".to_owned(),
                axis: "deviation".to_owned(),
                at,
            }),
        };
        let design = Design { measures: vec![note(0.2), note(0.1)], ..design() };
        let run = |arm: &str, seed: u64| {
            let mut record = record(arm, seed, 0.9);
            record.measures =
                [("noise_0.1".to_owned(), 0.75), ("noise_0.2".to_owned(), 0.5)].into();
            record
        };
        let records = [run("max", 1), run("max", 2), run("none", 1)];
        let analysis = Analysis::of(&design, &records).unwrap();
        let curves = curves(&analysis);
        assert_eq!(curves.len(), 1, "two places of one curve");
        assert_eq!(name(curves[0]), "curve-a-curve");
        for layout in [Layout::Wide, Layout::Narrow] {
            let svg = draw(&analysis, curves[0], layout).inline("x", "wide");
            assert_eq!((svg.matches("<polyline").count(), svg.matches("<circle").count()), (2, 4));
            let (near, far) =
                (svg.find("max at 0.1: 0.750").unwrap(), svg.find("max at 0.2: 0.500"));
            assert!(far.is_some_and(|far| near < far), "{svg}");
        }
        let without = Analysis::of(&crate::sample::design(), &records).unwrap();
        assert!(super::curves(&without).is_empty());
    }
}
