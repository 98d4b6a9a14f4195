//! Where in the network the cost arises, arm by arm.

use super::canvas::{Anchor, Canvas, Look, TINTS};
use super::legend::Legend;
use super::{Layout, Plot, label};
use crate::Design;
use crate::number::{bytes, large};
use crate::record::{ArmNote, LayerNote};

pub(super) const MACS: Plot = Plot {
    name: "layers",
    title: "Multiply-adds of one image, layer by layer",
    draw: |analysis, layout| draw(&analysis.design, layout, &MULTIPLY_ADDS),
};

pub(super) const KEPT: Plot = Plot {
    name: "memory",
    title: "Bytes kept for the backward pass of one image, layer by layer",
    draw: |analysis, layout| draw(&analysis.design, layout, &KEPT_BYTES),
};

/// What a layer may cost.
struct Cost {
    title: &'static str,
    of: fn(&LayerNote) -> u64,
    shown: fn(u64) -> String,
}

const MULTIPLY_ADDS: Cost = Cost {
    title: "Multiply-adds of one image, layer by layer",
    of: |layer| layer.macs,
    shown: large,
};

const KEPT_BYTES: Cost = Cost {
    title: "Bytes kept for the backward pass of one image, layer by layer",
    of: |layer| layer.kept_bytes,
    shown: bytes,
};

/// Height of a row and of its bar.
const ROW: f64 = 30.0;
const BAR: f64 = 18.0;

/// The layers that have a shade of their own: those that cost most somewhere. All others share
/// the last shade.
struct Key<'a> {
    paths: Vec<&'a str>,
    others: bool,
}

fn draw(design: &Design, layout: Layout, cost: &Cost) -> Option<Canvas> {
    let total = |arm: &ArmNote| arm.layers.iter().map(cost.of).fold(0, u64::saturating_add);
    let most = design.arms.iter().map(total).max().filter(|&most| most > 0)?;
    let key = key(design, cost);
    let names = design.arms.iter().map(|arm| label::width(&arm.name)).fold(40.0, f64::max);
    let (left, right, above) = match layout {
        Layout::Wide => (28.0 + names.min(250.0), layout.width() - 90.0, 0.0),
        Layout::Narrow => (8.0, layout.width() - 8.0, 18.0),
    };
    let others = key.others.then_some((Look::Tint(TINTS.len() - 1), "all others"));
    let shades = key.paths.iter().enumerate().map(|(shade, path)| (Look::Tint(shade), *path));
    let legend = Legend::of(shades.chain(others), layout);
    let top = 8.0 + legend.height();
    let height = top + (ROW + above) * design.arms.len() as f64 + 4.0;
    let description = "One bar per arm, divided into its layers from input to output.";
    let mut canvas = Canvas::new(layout.width(), height, cost.title, description);
    legend.draw(&mut canvas);
    for (i, arm) in design.arms.iter().enumerate() {
        let y = top + (ROW + above) * i as f64 + above;
        let sum = (cost.shown)(total(arm));
        let mut done = 0u64;
        let at = |part: u64| left + (right - left) * part as f64 / most as f64;
        for layer in arm.layers.iter().filter(|layer| (cost.of)(layer) > 0) {
            let next = done.saturating_add((cost.of)(layer));
            let says = format!(
                "{} {} ({}): {}",
                arm.name,
                layer.path,
                layer.kind,
                (cost.shown)(next - done)
            );
            let look = Look::Tint(key.shade(&layer.path));
            canvas.bar((at(done), y + 6.0), (at(next), y + 6.0 + BAR), look, &says);
            done = next;
        }
        match layout {
            Layout::Wide => {
                let name = label::fit(&arm.name, 250.0);
                canvas.text(left - 12.0, y + 19.0, Anchor::End, Look::Ink, &name);
                canvas.text(at(done) + 8.0, y + 19.0, Anchor::Start, Look::Dim, &sum);
            }
            Layout::Narrow => {
                let name = label::fit(&arm.name, right - 90.0);
                canvas.text(left, y, Anchor::Start, Look::Ink, &name);
                canvas.text(right, y, Anchor::End, Look::Dim, &sum);
            }
        }
    }
    Some(canvas)
}

/// The costliest layers by their largest share of any arm, in the order of the network.
fn key<'a>(design: &'a Design, cost: &Cost) -> Key<'a> {
    let mut shares: Vec<(&str, f64)> = Vec::new();
    for arm in &design.arms {
        let sum = arm.layers.iter().map(cost.of).fold(0, u64::saturating_add).max(1) as f64;
        for layer in arm.layers.iter().filter(|layer| (cost.of)(layer) > 0) {
            let share = (cost.of)(layer) as f64 / sum;
            match shares.iter_mut().find(|(path, _)| *path == layer.path) {
                Some((_, most)) => *most = most.max(share),
                None => shares.push((&layer.path, share)),
            }
        }
    }
    let mut ranked: Vec<f64> = shares.iter().map(|(_, share)| *share).collect();
    ranked.sort_by(|a, b| b.total_cmp(a));
    let (all, room) = (shares.len(), TINTS.len() - 1);
    let least = if all > TINTS.len() { ranked[room - 1] } else { 0.0 };
    let shaded = shares.iter().filter(|(_, share)| *share >= least).map(|(path, _)| *path);
    let paths: Vec<&str> = shaded.take(if all > TINTS.len() { room } else { all }).collect();
    Key { others: paths.len() < all, paths }
}

impl Key<'_> {
    fn shade(&self, path: &str) -> usize {
        self.paths.iter().position(|known| *known == path).unwrap_or(TINTS.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::design;

    #[test]
    fn a_design_without_layers_has_no_such_plot() {
        let mut design = design();
        for arm in &mut design.arms {
            arm.layers.clear();
        }
        assert!(draw(&design, Layout::Wide, &MULTIPLY_ADDS).is_none());
    }

    #[test]
    fn of_many_layers_the_costliest_have_shades_and_the_others_share_one() {
        let mut design = design();
        let layer = |i: u64| LayerNote {
            path: format!("conv{i}"),
            macs: 100 + i,
            ..design.arms[0].layers[0].clone()
        };
        let layers: Vec<LayerNote> = (0..9).map(layer).collect();
        design.arms[0].layers = layers;
        design.arms.truncate(1);
        let key = key(&design, &MULTIPLY_ADDS);
        assert_eq!(key.paths, ["conv4", "conv5", "conv6", "conv7", "conv8"]);
        assert!(key.others && key.shade("conv0") == TINTS.len() - 1);
    }
}
