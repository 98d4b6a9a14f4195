//! Adaptive polyphase sampling: of the `s·t` ways to keep every `s`-th row and `t`-th column, the one
//! whose cells are the strongest.
//!
//! ```text
//! p_uv[c,i,j] = x[c, s·i + u, t·j + v]            (u, v) in row-major order
//! y  = p_uv with the largest norm over c, i and j      one choice per image
//! dx = dy at the cells of that phase, 0 elsewhere
//! ```
//!
//! A shifted image has the same phases in another order, so the same one is kept: with circular
//! padding and a global pool a network's answer does not depend on the shift at all. `norm` is `l1`,
//! `l2` or `max` (the largest magnitude), measured in double precision; the first of equal phases is
//! kept, and one with a NaN beats those before it. Sides that the stride does not divide go on at the
//! other end. Training and use are alike, the choice is piecewise constant and passes no gradient.
//! One multiply-add per input for `l2`, else one other operation; one byte per image is kept.
//! After Chaman and Dokmanić (2021), "Truly shift-invariant convolutional neural networks",
//! arXiv:2011.14214.

use cenote_autograd::{Function, Saved, Var};
use cenote_spec::{Kind, Notes, Random, Setting, params};
use cenote_tensor::{Norm, Phase, Shape, Tensor, strongest_phase, strongest_phase_backward};
use serde::Deserialize;

use super::settings::STRIDE;
use crate::layer::maps;
use crate::{Cost, Error, Layer, LayerSpec, Pair, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "every stride-th row and column, from the start whose cells are strongest",
    example: "stride = 2",
    notes: Some(Notes {
        formula: "y = x[s i + u, t j + v] for the start (u, v) with the largest norm over the image",
        cost: "one operation per input; keeps 1 byte per image",
        reference: "Chaman and Dokmanic (2021), arXiv:2011.14214",
        random: Random::No,
        settings: &[
            Setting { default: "2", values: &["1", "2", "3", "[1, 2]", "[2, 3]"], ..STRIDE },
            Setting {
                name: "norm",
                default: "'l2'",
                about: "what makes a phase strong: 'l1', 'l2' or 'max'",
                values: &["'l1'", "'l2'", "'max'"],
            },
        ],
    }),
    parse: |table| Ok(Box::new(params::<ApsPool>(NAME, table)?)),
};

const NAME: &str = "aps_pool";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ApsPool {
    #[serde(default = "Pair::two")]
    stride: Pair,
    #[serde(default)]
    norm: Measure,
}

/// The words for a [`Norm`].
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Measure {
    L1,
    #[default]
    L2,
    Max,
}

impl LayerSpec for ApsPool {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        let [channels, rows, columns] = maps(NAME, input)?;
        let block = self.stride.0;
        // A choice is kept in one byte.
        if let Some(got) = block.into_iter().find(|stride| !(1..=16).contains(stride)) {
            return Err(Error::Setting {
                kind: NAME,
                name: "stride",
                got: got.to_string(),
                expected: "1 to 16".into(),
            });
        }
        let norm = match self.norm {
            Measure::L1 => Norm::L1,
            Measure::L2 => Norm::L2,
            Measure::Max => Norm::Max,
        };
        Ok(Box::new(Fitted { input: [channels, rows, columns], block, norm }))
    }
}

#[derive(Debug)]
struct Fitted {
    input: [usize; 3],
    block: [usize; 2],
    norm: Norm,
}

impl Layer for Fitted {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn output(&self) -> Shape {
        let ([channels, rows, columns], [s, t]) = (self.input, self.block);
        [channels, rows.div_ceil(s), columns.div_ceil(t)].into()
    }

    fn cost(&self) -> Cost {
        let cells = (self.output().len() * self.block[0] * self.block[1]) as u64;
        match self.norm {
            Norm::L2 => Cost { macs: cells, other: 0 },
            Norm::L1 | Norm::Max => Cost { macs: 0, other: cells },
        }
    }

    fn forward<'t>(&self, x: Var<'t>, _at: &Scope<'_, 't>) -> Var<'t> {
        let (y, phase) = strongest_phase(x.value(), self.block, self.norm);
        let [_, rows, columns] = self.input;
        x.tape().record(y, &[&x], || Backward { phase, block: self.block, input: [rows, columns] })
    }
}

struct Backward {
    phase: Phase,
    block: [usize; 2],
    input: [usize; 2],
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        NAME
    }

    fn saved(&self) -> Saved<'_> {
        Saved::bytes(self.phase.bytes())
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(strongest_phase_backward(&dy, &self.phase, self.block, self.input))]
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::{Scalar, Seed, Tensor};

    use crate::laws::{fit, run};

    #[test]
    fn all_channels_choose_together() {
        let layer = fit("kind = 'aps_pool'\nstride = [1, 2]", [2, 1, 4]).expect("fits");
        // Even columns: 1 1 and 5 0, norm² 27; odd ones: 2 2 and 1 1, norm² 10.
        let x = vec![1.0, 2.0, 1.0, 2.0, 5.0, 1.0, 0.0, 1.0];
        let (y, dx) = run(&layer, Tensor::from_vec([1, 2, 1, 4], x).expect("8 values"));
        assert_eq!(y.as_slice(), [1.0, 1.0, 5.0, 0.0]);
        assert_eq!(dx.as_slice(), [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
    }

    #[test]
    fn a_constant_image_is_decimated() {
        let layer = fit("kind = 'aps_pool'", [1, 4, 6]).expect("fits");
        let (y, dx) = run(&layer, Tensor::full([1, 1, 4, 6], 3.0));
        assert_eq!(y, Tensor::full([1, 1, 2, 3], 3.0));
        let decimated = fit("kind = 'decimate'\nstride = 2", [1, 4, 6]).expect("fits");
        assert_eq!(dx, run(&decimated, Tensor::full([1, 1, 4, 6], 3.0)).1);
    }

    #[test]
    fn every_circular_shift_gives_the_same_cells_in_circular_order() {
        let x = Tensor::normal([1, 3, 6, 8], 1.0, &mut Seed(1).stream("x"));
        let shifted = |down: usize, right: usize| {
            Tensor::from_fn([1, 3, 6, 8], |i| {
                let (plane, h, w) = (i / 48, i / 8 % 6, i % 8);
                x.as_slice()[plane * 48 + (h + down) % 6 * 8 + (w + right) % 8]
            })
        };
        for norm in ["l1", "l2", "max"] {
            let layer =
                fit(&format!("kind = 'aps_pool'\nnorm = '{norm}'"), [3, 6, 8]).expect("fits");
            let sorted = |x: Tensor| {
                let mut cells: Vec<Scalar> = run(&layer, x).0.into_vec();
                cells.sort_by(Scalar::total_cmp);
                cells
            };
            for (down, right) in (0..6).flat_map(|down| (0..8).map(move |right| (down, right))) {
                assert_eq!(
                    sorted(shifted(down, right)),
                    sorted(x.clone()),
                    "{norm} {down} {right}"
                );
            }
        }
    }
}
