//! Curves of measures: what noise, shifts or depth do to the networks of each arm.

use super::Layout;
use super::canvas::{Anchor, Canvas, Dot, Look};
use super::field::{Field, Named};
use crate::measure::CurvePlace;
use crate::report::files::in_file_name;
use crate::{Analysis, ArmMeasured, Measured};

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

/// A value of an arm on a curve.
struct Point<'a> {
    at: f64,
    mean: f64,
    sd: f64,
    arm: &'a ArmMeasured,
}

/// A curve as a line per arm with a band of a deviation around it.
pub(crate) fn draw(analysis: &Analysis, curve: &CurvePlace, layout: Layout) -> Canvas {
    let of_curve = |measured: &&Measured| {
        measured.note.curve.as_ref().is_some_and(|place| place.name == curve.name)
    };
    let values: Vec<&Measured> = analysis.measures.iter().filter(of_curve).collect();
    let lines: Vec<Vec<Point<'_>>> = (0..analysis.arms.len())
        .map(|nth| {
            let point = |measured: &&'_ Measured| -> Option<f64> { measured.arms[nth].mean };
            let mut points: Vec<Point<'_>> = values
                .iter()
                .filter_map(|measured| {
                    let arm = &measured.arms[nth];
                    let at = measured.note.curve.as_ref()?.at;
                    Some(Point { at, mean: point(measured)?, sd: arm.sd.unwrap_or(0.0), arm })
                })
                .collect();
            points.sort_by(|a, b| a.at.total_cmp(&b.at));
            points
        })
        .collect();
    let drawn = || lines.iter().filter(|line| !line.is_empty());
    let field = Field::beside(layout, drawn().map(|line| line[0].arm.arm.as_str()));
    let unit = values.first().map_or("", |measured| measured.note.unit.as_str());
    let title = format!("{} ({unit})", curve.title);
    let description = "One line per arm: the mean over its seeds, with a band of one standard deviation on each side.";
    let mut canvas = field.canvas(&title, description, &curve.axis);
    let x = field.across(drawn().flatten().map(|point| point.at));
    let ends = |point: &Point<'_>| [point.mean - point.sd, point.mean + point.sd];
    let y = field.up(drawn().flatten().flat_map(ends));
    canvas.left_axis(y, (field.left, field.right));
    for measured in &values {
        let Some(place) = &measured.note.curve else { continue };
        let tick = format!("{}", (place.at * 1000.0).round() / 1000.0);
        canvas.text(x.at(place.at), field.bottom + 18.0, Anchor::Middle, Look::Dim, &tick);
    }
    let mut named = Vec::new();
    for (nth, line) in lines.iter().enumerate() {
        let along = |value: fn(&Point<'_>) -> f64| -> Vec<(f64, f64)> {
            line.iter().map(|point| (x.at(point.at), y.at(value(point)))).collect()
        };
        if line.len() > 1 {
            canvas.area(&along(|p| p.mean - p.sd), &along(|p| p.mean + p.sd), nth);
        }
        canvas.path(&along(|p| p.mean), nth);
        for point in line {
            let says = format!(
                "{} at {}: {:.3}, standard deviation {:.3}, {} runs",
                point.arm.arm, point.at, point.mean, point.sd, point.arm.runs
            );
            let place = (x.at(point.at), y.at(point.mean));
            canvas.dot(place, Dot::Middle, Look::Arm(nth), &says.replace('-', "−"));
        }
        if let Some(last) = line.last() {
            let at = (x.at(last.at), y.at(last.mean));
            named.push(Named { arm: nth, name: &last.arm.arm, at });
        }
    }
    field.name(&mut canvas, &named);
    canvas
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
            assert_eq!((svg.matches("<polyline").count(), svg.matches("<circle").count()), (7, 4));
            let (near, far) =
                (svg.find("max at 0.1: 0.750").unwrap(), svg.find("max at 0.2: 0.500"));
            assert!(far.is_some_and(|far| near < far), "{svg}");
        }
        let without = Analysis::of(&crate::sample::design(), &records).unwrap();
        assert!(super::curves(&without).is_empty());
    }
}
