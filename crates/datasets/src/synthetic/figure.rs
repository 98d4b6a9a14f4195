//! Figures that a glance tells apart: polygons, discs, rings, crosses, letters.

use std::f64::consts::{FRAC_PI_2, TAU};

use super::{Contour, bounds, letter, moved};

/// The figures that have a name; capitals and digits are figures besides.
pub(crate) const FIGURES: [&str; 8] =
    ["triangle", "square", "pentagon", "hexagon", "star", "cross", "disc", "ring"];

/// A shape to be recognised.
#[derive(Clone, Debug)]
pub(crate) enum Figure {
    /// The same each time.
    Shape(Vec<Contour>),
    /// As any of the fonts has it.
    Letter(char),
}

impl Figure {
    /// The figure of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let round = |radius: f64, turn: f64| ring(64, turn, |_| radius);
        let contours = match name {
            "triangle" => vec![ring(3, 1.0, |_| 1.0)],
            "square" => vec![vec![[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]]],
            "pentagon" => vec![ring(5, 1.0, |_| 1.0)],
            "hexagon" => vec![ring(6, 1.0, |_| 1.0)],
            "star" => vec![ring(10, 1.0, |corner| if corner % 2 == 0 { 1.0 } else { 0.42 })],
            "cross" => {
                let (a, b) = (0.3, 1.0);
                let quarter = [[a, -b], [a, -a], [b, -a]];
                let turned = |turns: usize| {
                    quarter.map(|corner| (0..turns).fold(corner, |[x, y], _| [-y, x]))
                };
                vec![(0..4).flat_map(turned).collect()]
            }
            "disc" => vec![round(1.0, 1.0)],
            // The inner outline runs the other way, which makes it a hole.
            "ring" => vec![round(1.0, 1.0), round(0.58, -1.0)],
            _ => {
                let mut characters = name.chars();
                let character =
                    characters.next().filter(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
                return character.filter(|_| characters.next().is_none()).map(Self::Letter);
            }
        };
        Some(Self::Shape(fitted(&contours)))
    }

    /// Its outline around the point `[0, 0]`, the longer side of the box around it 1; letters are of one of the fonts.
    pub(crate) fn outline(&self, face: usize) -> Vec<Contour> {
        match self {
            Self::Shape(contours) => contours.clone(),
            Self::Letter(character) => fitted(letter(face, *character)),
        }
    }
}

/// Corners around the point `[0, 0]`, the first straight up.
fn ring(corners: usize, turn: f64, radius: impl Fn(usize) -> f64) -> Contour {
    let corner = |k: usize| {
        let angle = turn * TAU * k as f64 / corners as f64 - FRAC_PI_2;
        [radius(k) * angle.cos(), radius(k) * angle.sin()]
    };
    (0..corners).map(corner).collect()
}

/// Moved and scaled so that the box around it has its middle at `[0, 0]` and a longer side of 1.
fn fitted(contours: &[Contour]) -> Vec<Contour> {
    let [x1, y1, x2, y2] = bounds(contours);
    let longer = (x2 - x1).max(y2 - y1);
    moved(contours, |[x, y]| {
        [(x - f64::midpoint(x1, x2)) / longer, (y - f64::midpoint(y1, y2)) / longer]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::{Window, cover};

    #[test]
    fn figures_have_the_areas_of_geometry() {
        let area = |name: &str| {
            let outline = Figure::named(name).unwrap().outline(0);
            let placed = moved(&outline, |corner| corner.map(|x| 100.0 * x + 50.0));
            let covered = cover(&placed, Window::of([100, 100]));
            covered.iter().map(|&cell| f64::from(cell) / 255.0).sum::<f64>() / 1e4
        };
        let close = |name: &str, expected: f64| {
            assert!((area(name) - expected).abs() < 2e-3, "{name}: {} {expected}", area(name));
        };
        close("square", 1.0);
        close("triangle", 3.0_f64.sqrt() / 4.0);
        close("hexagon", 6.0 * 3.0_f64.sqrt() / 16.0);
        close("disc", 0.7849);
        close("ring", 0.7849 * (1.0 - 0.58 * 0.58));
        // Five squares of side 0.3, and four more arms of 0.05 by 0.3.
        close("cross", 2.0 * 0.3 - 0.09);
    }

    #[test]
    fn only_what_can_be_drawn_has_a_figure() {
        for name in FIGURES.into_iter().chain(["A", "Z", "0", "9"]) {
            let outline = Figure::named(name).unwrap().outline(4);
            let [x1, y1, x2, y2] = bounds(&outline);
            assert!(((x2 - x1).max(y2 - y1) - 1.0).abs() < 1e-12, "{name}");
            assert!((x1 + x2).abs() < 1e-12 && (y1 + y2).abs() < 1e-12, "{name}");
        }
        for name in ["", "a", "AB", "É", "circle"] {
            assert!(Figure::named(name).is_none(), "{name}");
        }
    }
}
