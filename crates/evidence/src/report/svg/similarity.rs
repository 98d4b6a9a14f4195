//! How alike layers are: a square of cells for each pair of networks.

use super::canvas::{Anchor, Canvas, Look};
use super::{Layout, Plot, label};
use crate::{Analysis, Grid, Similarity};

pub(super) const ACROSS: Plot = Plot {
    name: "similarity",
    title: "How alike the layers of arms and their partners are",
    draw: |analysis, layout| draw(&ACROSS, analysis, layout, across),
};

pub(super) const WITHIN: Plot = Plot {
    name: "similarity-within",
    title: "How alike the layers of one network are",
    draw: |analysis, layout| draw(&WITHIN, analysis, layout, within),
};

/// A square of cells, its words, and what its rows and columns are.
struct Square<'a> {
    words: String,
    grid: &'a Grid,
    rows: &'a str,
    columns: &'a str,
}

/// The largest side of a cell, and the least that holds a number.
const CELL: f64 = 34.0;
const NUMBER: f64 = 25.0;
/// The longest name of a layer, and room around a square.
const NAME: f64 = 92.0;
const HEAD: f64 = 44.0;
const GAP: f64 = 18.0;

/// Two seeds of the baseline, then every arm that has a partner with it.
fn across(similarity: &Similarity) -> Vec<Square<'_>> {
    let baselines = similarity.arms.iter().filter(|arm| arm.arm == arm.against);
    let seeds = baselines.filter(|arm| arm.runs > 1).map(|arm| Square {
        words: format!("{}: two seeds", arm.arm),
        grid: &arm.seeds,
        rows: &arm.arm,
        columns: &arm.arm,
    });
    let arms = similarity.arms.iter().filter(|arm| !arm.matched.is_empty()).map(|arm| Square {
        words: format!("{} by {}", arm.arm, arm.against),
        grid: &arm.across,
        rows: &arm.arm,
        columns: &arm.against,
    });
    seeds.chain(arms).collect()
}

/// Every arm with itself.
fn within(similarity: &Similarity) -> Vec<Square<'_>> {
    let arms = similarity.arms.iter().filter(|arm| arm.runs > 0).map(|arm| Square {
        words: arm.arm.clone(),
        grid: &arm.within,
        rows: &arm.arm,
        columns: &arm.arm,
    });
    arms.collect()
}

/// All squares with one shade for one number; nothing where no run has layers.
fn draw(
    plot: &Plot,
    analysis: &Analysis,
    layout: Layout,
    squares: fn(&Similarity) -> Vec<Square<'_>>,
) -> Option<Canvas> {
    let similarity = analysis.similarity.as_ref()?;
    let squares = squares(similarity);
    let across = match layout {
        Layout::Wide => 2,
        Layout::Narrow => 1,
    };
    let layers: Vec<String> = (1..)
        .zip(&similarity.layers)
        .map(|(nth, layer)| label::fit(&format!("{nth} {layer}"), NAME))
        .collect();
    let names = layers.iter().map(|layer| label::width(layer)).fold(0.0, f64::max) + 20.0;
    let room = layout.width() / across as f64;
    let side = ((room - names - GAP) / layers.len().max(1) as f64).min(CELL);
    let pitch = HEAD + side * layers.len() as f64 + GAP;
    let height = pitch * squares.len().div_ceil(across) as f64;
    let description = "One square per pair of networks: rows and columns are layers, numbered from input to output, and a cell is darker the more alike they are.";
    let mut canvas = Canvas::new(layout.width(), height, plot.title, description);
    for (nth, square) in squares.iter().enumerate() {
        let corner = (room * (nth % across) as f64 + names, pitch * (nth / across) as f64 + HEAD);
        let words = label::fit(&square.words, room - names - GAP);
        canvas.text(corner.0, corner.1 - 26.0, Anchor::Start, Look::Ink, &words);
        square.draw(&mut canvas, similarity, &layers, corner, side);
    }
    (!squares.is_empty()).then_some(canvas)
}

impl Square<'_> {
    fn draw(
        &self,
        canvas: &mut Canvas,
        similarity: &Similarity,
        layers: &[String],
        (left, top): (f64, f64),
        side: f64,
    ) {
        let middle = |nth: usize| side * (nth as f64 + 0.5);
        for (nth, layer) in layers.iter().enumerate() {
            canvas.text(left - 8.0, top + middle(nth) + 4.0, Anchor::End, Look::Dim, layer);
            let number = (nth + 1).to_string();
            canvas.text(left + middle(nth), top - 8.0, Anchor::Middle, Look::Dim, &number);
        }
        for (row, cells) in self.grid.iter().enumerate() {
            for (column, alike) in cells.iter().enumerate() {
                let Some(alike) = *alike else { continue };
                let from = (left + side * column as f64, top + side * row as f64);
                let says = format!(
                    "{} {} and {} {}: {alike:.3}",
                    self.rows, similarity.layers[row], self.columns, similarity.layers[column]
                );
                canvas.shade(from, (from.0 + side, from.1 + side), alike, &says.replace('-', "−"));
                if side >= NUMBER {
                    let at = (left + middle(column), top + middle(row) + 4.0);
                    canvas.text(at.0, at.1, Anchor::Middle, Look::Ink, &two_decimals(alike));
                }
            }
        }
    }
}

/// A share with two decimals and no zero before them.
fn two_decimals(share: f64) -> String {
    let text = format!("{share:.2}").replace("0.", ".");
    if text == "-.00" { ".00".to_owned() } else { text.replace('-', "−") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{alike, design, records};

    #[test]
    fn there_is_a_square_for_two_seeds_and_one_for_each_arm_with_a_partner() {
        let analysis = Analysis::of(&design(), &alike()).unwrap();
        for layout in [Layout::Wide, Layout::Narrow] {
            // Three layers, of `max` with another seed of itself and of `none` with `max`.
            let svg = (ACROSS.draw)(&analysis, layout).unwrap().inline("x", "wide");
            assert_eq!(svg.matches("<rect").count(), 2 * 9);
            assert!(svg.contains(">max: two seeds<") && svg.contains("none down1 and max conv1: "));
            let svg = (WITHIN.draw)(&analysis, layout).unwrap().inline("x", "wide");
            assert_eq!((svg.matches("<rect").count(), svg.matches(">1.00<").count()), (18, 6));
        }
        let without = Analysis::of(&design(), &records()).unwrap();
        assert!((ACROSS.draw)(&without, Layout::Wide).is_none());
    }

    #[test]
    fn shares_are_short() {
        let shown = [0.954, 1.0, -0.004, -0.03, 0.0].map(two_decimals);
        assert_eq!(shown, [".95", "1.00", ".00", "−.03", ".00"]);
    }
}
