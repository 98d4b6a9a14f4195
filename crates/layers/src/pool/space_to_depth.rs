//! Space to depth: every block of `s` by `t` cells becomes `s·t` channels of one cell.
//!
//! ```text
//! y[n, c·s·t + u·t + v, i, j] = x[n, c, s·i + u, t·j + v]         (C, H, W) → (C·s·t, H/s, W/t)
//! dx = dy, every cell back to where it came from
//! ```
//!
//! A permutation: the map gets smaller and nothing is lost, so the layer behind has `s·t` times the
//! channels to read. The order is that of PyTorch's `pixel_unshuffle`; TensorFlow and ONNX put the
//! block first. Sides that the block does not divide are refused, as in PyTorch; with
//! `ceil_mode = true` the map is filled up with zeros at the bottom and right. No arithmetic; nothing
//! is kept. After Shi et al. (2016), arXiv:1609.05158, whose `pixel_shuffle` it undoes.

use cenote_autograd::{Function, Saved, Var};
use cenote_spec::{Kind, Notes, Random, Setting, params};
use cenote_tensor::{Shape, Tensor, space_to_depth, space_to_depth_backward};
use serde::Deserialize;

use super::settings::CEIL_MODE;
use crate::layer::maps;
use crate::{Cost, Error, Layer, LayerSpec, Pair, Reach, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "every block of cells as one cell of more channels; nothing is lost",
    example: "block_size = 2\nceil_mode = true",
    notes: Some(Notes {
        formula: "y[c s t + u t + v, i, j] = x[c, s i + u, t j + v]",
        cost: "no arithmetic; keeps nothing",
        reference: "Shi et al. (2016), arXiv:1609.05158; torch pixel_unshuffle",
        random: Random::No,
        settings: &[BLOCK_SIZE, FILL],
    }),
    parse: |table| Ok(Box::new(params::<SpaceToDepth>(NAME, table)?)),
};

const NAME: &str = "space_to_depth";

/// Sides of a block.
pub(super) const BLOCK_SIZE: Setting = Setting {
    name: "block_size",
    default: "2",
    about: "sides of a block: n, or [rows, columns]",
    values: &["1", "2", "3", "[1, 2]", "[2, 1]"],
};

/// What happens to sides that the block does not divide.
pub(super) const FILL: Setting =
    Setting { about: "fill up with zeros what the block does not divide", ..CEIL_MODE };

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SpaceToDepth {
    #[serde(default = "Pair::two")]
    block_size: Pair,
    #[serde(default)]
    ceil_mode: bool,
}

impl LayerSpec for SpaceToDepth {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        let size = maps(NAME, input)?;
        let blocks = Blocks::fit(NAME, self.block_size, self.ceil_mode, size)?;
        Ok(Box::new(Fitted(blocks)))
    }
}

/// Blocks that were fitted to maps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blocks {
    kind: &'static str,
    size: [usize; 2],
    /// Channels, rows and columns of the output.
    pub(super) output: [usize; 3],
}

impl Blocks {
    /// Each output is of one block.
    pub(super) fn reach(&self) -> Reach {
        Reach::Window { start: [0, 0], span: self.size, step: self.size }
    }

    pub(super) fn fit(
        kind: &'static str,
        block_size: Pair,
        ceil_mode: bool,
        [channels, rows, columns]: [usize; 3],
    ) -> Result<Self, Error> {
        // Blocks larger than this would only make channels of zeros.
        const LIMIT: usize = 1 << 12;
        let size = block_size.0;
        let refuse = |got: usize, expected: String| {
            Err(Error::Setting { kind, name: "block_size", got: got.to_string(), expected })
        };
        for (size, side) in size.into_iter().zip([rows, columns]) {
            if !(1..=LIMIT).contains(&size) {
                return refuse(size, format!("1 to {LIMIT}"));
            }
            if !ceil_mode && !side.is_multiple_of(size) {
                let expected =
                    format!("a divisor of {side}, or ceil_mode = true to fill up with zeros");
                return refuse(size, expected);
            }
        }
        let output =
            [channels * size[0] * size[1], rows.div_ceil(size[0]), columns.div_ceil(size[1])];
        Ok(Self { kind, size, output })
    }

    /// Records the permutation.
    pub(super) fn deal<'t>(&self, x: &Var<'t>) -> Var<'t> {
        let [.., rows, columns] = x.value().nchw();
        let y = space_to_depth(x.value(), self.size);
        x.tape().record(y, &[x], || Backward { blocks: *self, input: [rows, columns] })
    }
}

struct Backward {
    blocks: Blocks,
    input: [usize; 2],
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        self.blocks.kind
    }

    fn saved(&self) -> Saved<'_> {
        Saved::default()
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(space_to_depth_backward(&dy, self.blocks.size, self.input))]
    }
}

#[derive(Debug)]
struct Fitted(Blocks);

impl Layer for Fitted {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn output(&self) -> Shape {
        self.0.output.into()
    }

    fn cost(&self) -> Cost {
        Cost::default()
    }

    fn reach(&self) -> Reach {
        self.0.reach()
    }

    fn forward<'t>(&self, x: Var<'t>, _at: &Scope<'_, 't>) -> Var<'t> {
        self.0.deal(&x)
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::{Scalar, Tensor};

    use crate::laws::{fit, run};

    #[test]
    fn channels_are_in_the_order_of_pixel_unshuffle() {
        // torch.nn.functional.pixel_unshuffle(torch.arange(16).view(1, 2, 2, 4), 2)
        let layer = fit("kind = 'space_to_depth'", [2, 2, 4]).expect("fits");
        let x = Tensor::from_fn([1, 2, 2, 4], |i| i as Scalar);
        let (y, dx) = run(&layer, x);
        let expected = [0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15];
        assert_eq!(y.dims(), [1, 8, 1, 2]);
        assert_eq!(y.as_slice(), expected.map(|i: u8| Scalar::from(i)));
        assert_eq!(dx, Tensor::full([1, 2, 2, 4], 1.0));
    }

    #[test]
    fn sides_that_a_block_does_not_divide_are_refused_or_filled_up() {
        let error = fit("kind = 'space_to_depth'", [1, 2, 5]).expect_err("5 is odd");
        assert_eq!(
            error.to_string(),
            "space_to_depth: block_size is 2; expected a divisor of 5, or ceil_mode = true to fill up \
             with zeros"
        );
        let layer =
            fit("kind = 'space_to_depth'\nblock_size = [1, 2]\nceil_mode = true", [1, 1, 3]);
        let x = Tensor::from_vec([1, 1, 1, 3], vec![1.0, 2.0, 3.0]).expect("3 values");
        assert_eq!(run(&layer.expect("fits"), x).0.as_slice(), [1.0, 3.0, 2.0, 0.0]);
    }
}
