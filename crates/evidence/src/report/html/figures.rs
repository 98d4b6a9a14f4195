//! Plots inside the page, each drawn for a page and for a phone.

use std::fmt::Write;

use super::text::{plain, prose};
use crate::Analysis;
use crate::report::svg::{self, Canvas, Layout, PLOTS};

pub(super) const ACCURACY: &str = "A dot is a run. The bar is Student's 95 % interval of the mean over seeds, of each arm alone: it does not tell arms apart, the paired differences do.";
pub(super) const DIFFERENCES: &str = "A dot is the difference between two runs with the same seed. The band is the margin. An interval beyond zero shows a difference; one that lies inside the band shows that it does not matter.";
pub(super) const COST: &str = "Up is better, left is cheaper. The line joins the arms that no other beats in both, by their means. Multiply-adds are exact.";
pub(super) const TIME: &str = "The same against measured time: the median over runs of the median seconds per epoch, the first epoch left out.";
pub(super) const CURVES: &str = "The mean over the seeds of each arm, with a band from the lowest to the highest run. Training accuracy says how well the training images are fitted, not how well others are told apart.";
pub(super) const SEVERITY: &str = "The mean over the seeds that an arm shares with the baseline, with a band of one standard deviation on each side. 0 is the images as they are; a severity is of the corruptions that have it.";
pub(super) const CORRUPTIONS: &str = "The same for each corruption, all with one scale. A corruption of one level has a point for each arm with a bar of one standard deviation.";
pub(super) const SIMILARITY: &str = "First what the luck of a seed does: the layers of two networks of the baseline, mean over pairs of seeds. Then the layers of each arm (rows) by those of its partner (columns) with the same seed, mean over seeds. Layers are numbered from input to output.";
pub(super) const WITHIN: &str = "Every layer of an arm with every other of the same network, mean over seeds: what a block of dark cells holds, its layers say alike.";
pub(super) const MEASURED: &str = "The mean over the seeds of each arm, with a band of one standard deviation on each side. Each value is a measure of the tables.";
pub(super) const LAYERS: &str =
    "Multiply-adds of the forward pass of one image. All bars have one scale.";
pub(super) const MEMORY: &str = "What training keeps of each layer until its backward pass, for one image. Parameters are not counted.";

/// A plot with how to read it beside; empty where the records do not have what it shows.
pub(super) fn figure(analysis: &Analysis, name: &str, reading: &str) -> String {
    let plot = PLOTS.iter().find(|plot| plot.name == name).expect("the plot is in the list");
    let draw = |layout| (plot.draw)(analysis, layout);
    draw(Layout::Wide)
        .map_or_else(String::new, |wide| drawn(name, &wide, draw(Layout::Narrow), reading))
}

/// Every curve of the measures.
pub(super) fn curves(analysis: &Analysis) -> String {
    let figure = |curve| {
        let draw = |layout| svg::draw_curve(analysis, curve, layout);
        let (wide, narrow) = (draw(Layout::Wide), draw(Layout::Narrow));
        drawn(&svg::name_of_curve(curve), &wide, Some(narrow), MEASURED)
    };
    svg::curves(analysis).into_iter().map(figure).collect()
}

fn drawn(name: &str, wide: &Canvas, narrow: Option<Canvas>, reading: &str) -> String {
    let mut html = format!(
        "<figure>\n<figcaption><strong>{}</strong> {}</figcaption>\n<div>\n{}",
        plain(&wide.title),
        prose(reading),
        wide.inline(name, "wide")
    );
    if let Some(narrow) = narrow {
        let _ = write!(html, "{}", narrow.inline(&format!("{name}-narrow"), "narrow"));
    }
    html.push_str("</div>\n</figure>\n");
    html
}
