//! Outlines of letters and digits, of the fonts that come with the crate.

use std::sync::OnceLock;

use ab_glyph::{Font, FontRef, OutlineCurve, Point};

use super::{Contour, bounds, moved};

/// The font `DejaVu Sans`, printable ASCII; licences of all lie beside them.
pub(crate) const SANS: &[u8] = include_bytes!("../../data/fonts/DejaVuSans.ttf");

/// The fonts: a sans-serif, a narrow one, a slab serif, a typewriter and a handwriting.
const FONTS: [&[u8]; FACES] = [
    SANS,
    include_bytes!("../../data/fonts/Oswald.ttf"),
    include_bytes!("../../data/fonts/RobotoSlab.ttf"),
    include_bytes!("../../data/fonts/CourierPrime.ttf"),
    include_bytes!("../../data/fonts/Caveat.ttf"),
];

/// Number of fonts.
pub(crate) const FACES: usize = 5;
/// Number of letters and digits.
const CHARACTERS: usize = 62;
/// Straight sides that a curve is drawn with.
const SIDES: usize = 6;

/// The outline of a letter of `A-Z`, `a-z` or a digit in a font: its baseline at `y = 0`, capitals up to `y = −1`.
///
/// # Panics
///
/// When it is none of these, or there is no such font.
pub(crate) fn letter(face: usize, character: char) -> &'static [Contour] {
    static OUTLINES: OnceLock<Vec<Vec<Contour>>> = OnceLock::new();
    let outlines = OUTLINES.get_or_init(|| FONTS.into_iter().flat_map(outlines).collect());
    let place = characters().position(|known| known == character);
    let place = place.expect("it was checked that there is an outline of every character");
    &outlines[face * CHARACTERS + place]
}

fn characters() -> impl Iterator<Item = char> {
    ('A'..='Z').chain('a'..='z').chain('0'..='9')
}

/// The outlines of all characters of a font.
fn outlines(bytes: &[u8]) -> Vec<Vec<Contour>> {
    let font = FontRef::try_from_slice(bytes).expect("the font is part of the crate");
    let outline = |character: char| {
        let outline = font.outline(font.glyph_id(character));
        contours(&outline.expect("the font has every letter").curves)
    };
    let [_, top, _, bottom] = bounds(&outline('H'));
    let height = bottom - top;
    characters().map(|c| moved(&outline(c), |[x, y]| [x / height, y / height])).collect()
}

/// Curves as closed outlines, `y` down.
fn contours(curves: &[OutlineCurve]) -> Vec<Contour> {
    let corner = |point: Point| [f64::from(point.x), -f64::from(point.y)];
    let (mut contours, mut end): (Vec<Contour>, _) = (Vec::new(), None);
    for curve in curves {
        let controls: Vec<[f64; 2]> = match curve {
            OutlineCurve::Line(a, b) => vec![corner(*a), corner(*b)],
            OutlineCurve::Quad(a, b, c) => [a, b, c].map(|point| corner(*point)).to_vec(),
            OutlineCurve::Cubic(a, b, c, d) => [a, b, c, d].map(|point| corner(*point)).to_vec(),
        };
        // An outline begins where the one before does not go on.
        if end != controls.first().copied() {
            contours.push(Vec::new());
        }
        end = controls.last().copied();
        let sides = if controls.len() == 2 { 1 } else { SIDES };
        let points = (1..=sides).map(|side| bezier(&controls, side as f64 / sides as f64));
        contours.last_mut().expect("an outline was begun").extend(points);
    }
    contours
}

/// A point of a Bézier curve, by de Casteljau's halvings at `share`.
fn bezier(controls: &[[f64; 2]], share: f64) -> [f64; 2] {
    let mut points = controls.to_vec();
    while points.len() > 1 {
        let between = |pair: &[[f64; 2]]| {
            [0, 1].map(|axis| pair[0][axis] + (pair[1][axis] - pair[0][axis]) * share)
        };
        points = points.windows(2).map(between).collect();
    }
    points[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::{Window, cover};

    /// A letter in 48x48 pixels, standing on one line, moved by shares of a pixel.
    fn drawn(face: usize, character: char, [across, down]: [f64; 2]) -> Vec<f64> {
        let [left, _, right, _] = bounds(letter(face, character));
        let place = |[x, y]: [f64; 2]| {
            [(x - f64::midpoint(left, right)) * 26.0 + 24.0 + across, y * 26.0 + 36.0 + down]
        };
        let outline = moved(letter(face, character), place);
        let covered = cover(&outline, Window::of([48, 48]));
        covered.into_iter().map(|cell| f64::from(cell) / 255.0).collect()
    }

    fn apart(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum()
    }

    /// What the narrow font draws alike.
    const TWINS: [char; 2] = ['I', 'l'];

    #[test]
    fn every_character_of_every_font_is_nearest_to_itself_wherever_it_stands() {
        for face in 0..FACES {
            let known: Vec<_> = characters().map(|c| (c, drawn(face, c, [0.0; 2]))).collect();
            for (at, (character, whole)) in known.iter().enumerate() {
                let ink: f64 = whole.iter().sum();
                assert!(ink > 30.0, "font {face}: {character} has {ink} pixels of ink");
                for (other, template) in &known[at + 1..] {
                    let share = apart(whole, template) / ink;
                    let least = if [*character, *other] == TWINS { 0.02 } else { 0.05 };
                    assert!(share > least, "font {face}: {character} and {other}: {share}");
                }
                let seen = drawn(face, *character, [0.2, -0.15]);
                let near = |a: &&(char, Vec<f64>), b: &&(char, Vec<f64>)| {
                    apart(&seen, &a.1).total_cmp(&apart(&seen, &b.1))
                };
                let nearest = known.iter().min_by(near).expect("there are characters").0;
                let alike = TWINS.contains(&nearest) && TWINS.contains(character);
                assert!(nearest == *character || alike, "font {face}: {character} is {nearest}");
            }
        }
    }

    #[test]
    fn fonts_differ_and_agree_about_what_a_capital_is() {
        for face in 0..FACES {
            let [_, top, _, bottom] = bounds(letter(face, 'H'));
            assert!((bottom - top - 1.0).abs() < 1e-12 && bottom.abs() < 0.15, "{top} {bottom}");
            for other in 0..face {
                let [a, b] = [face, other].map(|face| drawn(face, 'g', [0.0; 2]));
                assert!(apart(&a, &b) > 15.0, "{face} and {other}");
            }
        }
    }
}
