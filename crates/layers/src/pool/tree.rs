//! Tree pooling: learned filters of a window, mixed by learned gates along a tree.
//!
//! ```text
//! leaf     f_m(x) = Σ v_mk x_k                                     over the cells of the window
//! node     f_m(x) = g_m f_2m(x) + (1 − g_m) f_2m+1(x)              g_m = 1 / (1 + e^(−Σ w_mk x_k))
//! y        = f_1(x)
//! ```
//!
//! Nodes are numbered from the root, 1; the children of `m` are `2m` and `2m + 1`. A tree of `levels =
//! 2` has two leaves and a gate, one of 3 levels four leaves and three gates. Under a gradient `d` of a
//! node its children receive `d g` and `d (1 − g)`, and its gate's sum `d (f_2m − f_2m+1) g (1 − g)`;
//! those of the filters and the cells follow, since all sums are linear.
//!
//! The layer has one tree or, with `per = 'channel'`, each channel: `leaves` and `gates`, a row of `K`
//! numbers per node. Leaves start as Glorot says, gates at 0. Cells outside the input are left out of
//! the sums; NaN gives NaN. Training and use are the same. Per output, with `L` leaves: `(2L − 1) K`
//! multiply-adds, and a logistic function and 3 other operations for each of `L − 1` gates. Kept for
//! the backward pass: the input, and the filters per channel.
//!
//! After Lee, Gallagher and Tu (2016), arXiv:1509.08985; reference implementation
//! tbrsun/general-pooling. Its authors' university registered the generalised pooling functions as an
//! invention (UCSD docket SD2016-053); whether a patent is in force we do not know, and who sells a
//! product with this operator should find out. No operator of `PyTorch`.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use cenote_autograd::Var;
use cenote_spec::{Kind, Notes, Random, Setting, params};
use cenote_tensor::{Cells, Gradient, Number, Window, WindowFunction, Windows};
use serde::Deserialize;

use super::formula::{Formula, FormulaPool, Summarised, window};
use super::gated::{add_filter_gradient, filtered};
use super::parameters::{PER, Per, rows};
use super::settings::{CEIL_MODE, KERNEL_SIZE, PADDING, STRIDE};
use crate::{Cost, Error, Init, LayerSpec, Pair, ParamSpec, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "learned filters of the window, mixed by learned gates",
    example: "kernel_size = 3\nstride = 2\npadding = 1",
    notes: Some(Notes {
        formula: "y = g (sum of v x) + (1 - g) (sum of v' x), g = 1 / (1 + e^-(sum of w x)), over the window",
        cost: "(2L - 1) K MACs and 6 (L - 1) other operations per output, L leaves; keeps the input and the filters",
        reference: "Lee, Gallagher and Tu (2016), arXiv:1509.08985; may be patented (UCSD SD2016-053)",
        random: Random::No,
        settings: &[
            KERNEL_SIZE,
            STRIDE,
            PADDING,
            CEIL_MODE,
            Setting {
                name: "levels",
                default: "2",
                about: "levels of the tree: 2 have two leaves, 3 have four",
                values: &["2", "3"],
            },
            PER,
        ],
    }),
    parse: |table| Ok(Box::new(Summarised(params::<TreePool>(NAME, table)?))),
};

const NAME: &str = "tree_pool";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TreePool {
    kernel_size: Pair,
    stride: Option<Pair>,
    #[serde(default = "Pair::zero")]
    padding: Pair,
    #[serde(default)]
    ceil_mode: bool,
    #[serde(default = "two")]
    levels: usize,
    #[serde(default)]
    per: Per,
}

fn two() -> usize {
    2
}

impl TreePool {
    fn leaves(&self) -> usize {
        1 << (self.levels - 1)
    }
}

impl FormulaPool for TreePool {
    const NAME: &'static str = NAME;

    fn window(&self) -> Result<Window, Error> {
        if !matches!(self.levels, 2 | 3) {
            return Err(Error::Setting {
                kind: NAME,
                name: "levels",
                got: self.levels.to_string(),
                expected: "2 or 3".into(),
            });
        }
        Ok(window(self.kernel_size, self.stride, self.padding, self.ceil_mode))
    }

    fn params(&self, channels: usize, area: usize) -> Vec<ParamSpec> {
        let leaves = self.leaves();
        vec![
            self.per.param("leaves", channels, leaves * area, Init::GlorotUniform),
            self.per.param("gates", channels, (leaves - 1) * area, Init::Zeros),
        ]
    }

    fn cost(&self, area: u64) -> Cost {
        let leaves = self.leaves() as u64;
        Cost { macs: (2 * leaves - 1) * area, other: 6 * (leaves - 1) }
    }

    fn forward<'t>(&self, x: Var<'t>, at: Windows, scope: &Scope<'_, 't>) -> Var<'t> {
        let filters = rows(NAME, [scope.param(0), scope.param(1)], x.value().nchw()[1]);
        if self.levels == 2 {
            Formula { name: NAME, function: Tree::<2>, windows: at }.with([&x], &filters)
        } else {
            Formula { name: NAME, function: Tree::<4>, windows: at }.with([&x], &filters)
        }
    }
}

/// A tree with that many leaves.
struct Tree<const LEAVES: usize>;

/// Nodes of the largest tree, by number: there is no node 0.
const NODES: usize = 8;

impl<const LEAVES: usize> Tree<LEAVES> {
    /// Where the filter of a node begins among all, in windows of `area` cells.
    #[inline(always)]
    fn filter(node: usize, area: usize) -> usize {
        // The filters of the leaves come first, then those of the gates.
        let nth = if node >= LEAVES { node - LEAVES } else { LEAVES + node - 1 };
        nth * area
    }

    /// The values of all nodes, and the gates.
    #[inline(always)]
    fn values<T: Number>(filters: &[T], cells: &Cells<'_, T>) -> ([T; NODES], [T; NODES]) {
        let (mut values, mut gates) = ([T::of(0.0); NODES], [T::of(0.0); NODES]);
        for node in (1..2 * LEAVES).rev() {
            let filter = &filters[Self::filter(node, cells.area())..][..cells.area()];
            let sum = filtered(filter, cells);
            if node >= LEAVES {
                values[node] = sum;
            } else {
                let gate = sum.sigmoid();
                gates[node] = gate;
                let [left, right] = [values[2 * node], values[2 * node + 1]];
                values[node] = gate * left + (T::of(1.0) - gate) * right;
            }
        }
        (values, gates)
    }
}

impl<const LEAVES: usize> WindowFunction for Tree<LEAVES> {
    #[inline(always)]
    fn value<T: Number>(&self, filters: &[T], cells: &Cells<'_, T>) -> T {
        Self::values(filters, cells).0[1]
    }

    #[expect(
        clippy::needless_range_loop,
        reason = "an iterator over the nodes lost what this way of adding up had gained"
    )]
    #[inline(always)]
    fn gradient<T: Number>(
        &self,
        filters: &[T],
        cells: &Cells<'_, T>,
        dy: T,
        into: &mut Gradient<'_, T>,
    ) {
        let (values, gates) = Self::values(filters, cells);
        // Of the nodes, then of the sum in each: in a leaf that is its value.
        let mut nodes = [dy; NODES];
        for node in 1..LEAVES {
            let (of_node, gate, rest) = (nodes[node], gates[node], T::of(1.0) - gates[node]);
            nodes[2 * node] = of_node * gate;
            nodes[2 * node + 1] = of_node * rest;
            nodes[node] = of_node * gate * rest * (values[2 * node] - values[2 * node + 1]);
        }
        let area = cells.area();
        let filters = &filters[..(2 * LEAVES - 1) * area];
        for (k, gradient) in into.cells[0].iter_mut().enumerate() {
            let mut sum = T::of(0.0);
            for node in 1..2 * LEAVES {
                sum = filters[Self::filter(node, area) + k].mul_add(nodes[node], sum);
            }
            *gradient = sum;
        }
        for node in 1..2 * LEAVES {
            add_filter_gradient(nodes[node], cells, &mut into.params[Self::filter(node, area)..]);
        }
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::{Scalar, Tensor};

    use super::Tree;
    use crate::laws::{check_gradient, fit};

    #[test]
    fn gates_of_zero_take_the_mean_of_the_leaves() {
        let at = cenote_tensor::Window::new([1, 2], [1, 2]).fit("tree_pool", [1, 2]).expect("fits");
        let x = Tensor::from_vec([1, 1, 1, 2], vec![10.0, 1.0]).expect("2 values");
        // Leaves 1x + 2y, 3x + 4y, 5x + 6y, 7x + 8y, then three gates.
        let filters = (1..=8).map(|v| v as Scalar).chain([0.0; 6]).collect();
        let filters = Tensor::from_vec([1, 14], filters).expect("14 values");
        let y = cenote_tensor::pool(&Tree::<4>, [&x], &filters, &at);
        assert_eq!(y.as_slice(), [45.0]);
    }

    #[test]
    fn the_gradients_match_differences_for_trees_of_layers_and_channels() {
        for per in ["layer", "channel"] {
            for levels in [2, 3] {
                for window in [
                    "kernel_size = 2",
                    "kernel_size = 3\nstride = 2\npadding = 1\nceil_mode = true",
                ] {
                    let text =
                        format!("kind = 'tree_pool'\n{window}\nper = '{per}'\nlevels = {levels}");
                    check_gradient(&fit(&text, [2, 4, 6]).expect("fits"), 2).expect(per);
                }
            }
        }
    }

    #[test]
    fn a_tree_of_one_level_is_refused() {
        let error =
            fit("kind = 'tree_pool'\nkernel_size = 2\nlevels = 1", [1, 5, 7]).expect_err("no gate");
        assert_eq!(error.to_string(), "tree_pool: levels is 1; expected 2 or 3");
    }
}
