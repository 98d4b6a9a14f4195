//! `S3Pool`: a maximum at every cell, then rows and columns that are drawn.
//!
//! ```text
//! z = max of x over k×k cells around every cell                 stride 1, the map keeps its size
//! train   y = z at ⌊g/s⌋ rows drawn from every strip of g rows, in order, and columns alike
//! use     y = mean of z over s×s cells
//! ```
//!
//! A max pool with a stride keeps one fixed row of every `s`; here any `g/s` of `g` are kept, which
//! distorts the map a little, as augmentation would. `grid_size` `g` is a multiple of the stride; a
//! last strip of `r` rows gives `⌊r/s⌋`, so a side of `I` cells becomes `⌊I/s⌋` in both modes. Rows,
//! then columns, come from the stream `s3_pool/PATH/stepK`, one draw for the whole batch as in the
//! authors' code. The maximum reaches `⌊(k−1)/2⌋` cells up and left, `⌈(k−1)/2⌉` down and right; ties
//! and NaN are those of `max_pool`. In training the gradient goes through the kept rows and columns.
//! `K − 1` comparisons per cell and one addition per cell in use; one byte per cell is kept.
//! After Zhai et al. (2017), "`S3Pool`: pooling with stochastic spatial sampling", arXiv:1611.05138.

use cenote_autograd::Var;
use cenote_spec::{Kind, Notes, Random, Setting, params};
use cenote_tensor::{Axis, Divisor, Resampling, Shape, Stream, Window, Windows};
use rand_chacha::rand_core::RngCore;
use serde::Deserialize;

use super::avg::average;
use super::max::maximum;
use super::resampled::resampled_maximum;
use super::settings::{KERNEL_SIZE, STRIDE};
use crate::layer::maps;
use crate::{Cost, Error, Layer, LayerSpec, Mode, Pair, Reach, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "largest cell around every cell, then rows and columns drawn from strips",
    example: "grid_size = 4",
    notes: Some(Notes {
        formula: "y = g/s drawn rows and columns of every strip of g of the max around every cell",
        cost: "K - 1 comparisons per cell; keeps 1 byte per cell",
        reference: "Zhai et al. (2017), arXiv:1611.05138",
        random: Random::Free,
        settings: &[
            Setting { default: "2", ..KERNEL_SIZE },
            Setting { default: "2", values: &["1", "2", "[1, 2]"], ..STRIDE },
            Setting {
                name: "grid_size",
                default: "4",
                about: "rows and columns of a strip, multiples of the stride",
                values: &["2", "4", "[4, 6]"],
            },
        ],
    }),
    parse: |table| Ok(Box::new(params::<S3Pool>(NAME, table)?)),
};

const NAME: &str = "s3_pool";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct S3Pool {
    #[serde(default = "Pair::two")]
    kernel_size: Pair,
    #[serde(default = "Pair::two")]
    stride: Pair,
    #[serde(default = "four")]
    grid_size: Pair,
}

fn four() -> Pair {
    Pair::both(4)
}

impl LayerSpec for S3Pool {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        let [channels, rows, columns] = maps(NAME, input)?;
        let (kernel, stride, grid) = (self.kernel_size.0, self.stride.0, self.grid_size.0);
        let before = kernel.map(|size| size.saturating_sub(1) / 2);
        let window =
            Window { before, after: kernel.map(|size| size / 2), ..Window::new(kernel, [1, 1]) };
        let around = window.fit(NAME, [rows, columns])?;
        let means = Window::new(stride, stride).fit(NAME, [rows, columns])?;
        for (grid, stride) in grid.into_iter().zip(stride) {
            if grid == 0 || !grid.is_multiple_of(stride) {
                return Err(Error::Setting {
                    kind: NAME,
                    name: "grid_size",
                    got: grid.to_string(),
                    expected: format!("a multiple of the stride {stride}"),
                });
            }
        }
        Ok(Box::new(Fitted { channels, around, means, grid }))
    }
}

#[derive(Debug)]
struct Fitted {
    channels: usize,
    around: Windows,
    means: Windows,
    grid: [usize; 2],
}

impl Fitted {
    /// What the batch keeps of one axis.
    fn draw(&self, axis: usize, stream: &mut Stream) -> Axis {
        let (size, grid) = (self.means.input()[axis], self.grid[axis]);
        let stride = self.means.window().stride[axis];
        let strips = (0..size).step_by(grid).map(|start| (start, grid.min(size - start)));
        let kept: Vec<usize> = strips
            .flat_map(|(start, length)| {
                let mut cells: Vec<usize> = (start..start + length).collect();
                // The first places of a random order, by swapping each with one at or behind it.
                let count = length / stride;
                for place in 0..count {
                    cells.swap(place, place + below(stream, length - place));
                }
                cells.truncate(count);
                cells.sort_unstable();
                cells
            })
            .collect();
        Axis::select(size, kept)
    }
}

/// A whole number from 0 to below `bound`. The bias, `bound` in 2⁶⁴, is far below what can be seen.
fn below(stream: &mut Stream, bound: usize) -> usize {
    ((u128::from(stream.next_u64()) * bound as u128) >> 64) as usize
}

impl Layer for Fitted {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn output(&self) -> Shape {
        let [rows, columns] = self.means.output();
        [self.channels, rows, columns].into()
    }

    fn cost(&self) -> Cost {
        let cells: usize = self.around.output().iter().product();
        let comparisons = cells * (self.around.window().area() - 1);
        let means = self.output().len() * self.means.window().area();
        Cost { macs: 0, other: (self.channels * comparisons + means) as u64 }
    }

    fn reach(&self) -> Reach {
        Reach::of_windows(&self.means).after(Reach::of_windows(&self.around))
    }

    fn forward<'t>(&self, x: Var<'t>, at: &Scope<'_, 't>) -> Var<'t> {
        match at.mode() {
            Mode::Eval => {
                let highest = maximum(NAME, &x, self.around);
                average(NAME, &highest, self.means, Divisor::RealCells)
            }
            Mode::Train => {
                let mut stream = at.stream(NAME);
                let rows = self.draw(0, &mut stream);
                let kept = Resampling::new(rows, self.draw(1, &mut stream));
                resampled_maximum(NAME, &x, self.around, &kept)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use cenote_autograd::Tape;
    use cenote_tensor::{Scalar, Seed, Tensor};

    use crate::laws::{fit, run};
    use crate::{Mode, Step};

    #[test]
    fn every_strip_keeps_its_share_of_different_rows_in_order() {
        // 10 rows in strips of 4: 2 of 0..4, 2 of 4..8, 1 of 8..10.
        let text = "kind = 's3_pool'\nkernel_size = 1\nstride = [2, 1]\ngrid_size = [4, 1]";
        let layer = fit(text, [1, 10, 1]).expect("fits");
        let x = Tensor::from_fn([1, 1, 10, 1], |i| i as Scalar);
        let params = layer.init(Seed(1));
        let mut seen = [0; 10];
        for number in 0..3000 {
            let tape = Tape::without_gradients();
            let step = Step::new(&tape, &layer, &params, Mode::Train, Seed(1), number);
            let kept = step.forward(tape.constant(x.clone())).value().clone();
            let rows: Vec<usize> = kept.as_slice().iter().map(|&row| row as usize).collect();
            assert!(rows.windows(2).all(|pair| pair[0] < pair[1]), "{rows:?}");
            let strips: Vec<usize> = rows.iter().map(|row| row / 4).collect();
            assert_eq!(strips, [0, 0, 1, 1, 2]);
            for &row in &rows {
                seen[row] += 1;
            }
        }
        // Each row is kept half of the time: 1,500 with a standard deviation of 27.
        assert!(seen.iter().all(|count| (1_390..1_610).contains(count)), "{seen:?}");
    }

    #[test]
    fn in_use_it_averages_what_it_would_draw_from() {
        let layer = fit("kind = 's3_pool'\nkernel_size = [1, 2]\nstride = [1, 2]", [1, 1, 4]);
        let layer = layer.expect("fits");
        let x = Tensor::from_vec([1, 1, 1, 4], vec![1.0, 3.0, 2.0, 0.0]).expect("4 values");
        let tape = Tape::without_gradients();
        let params = layer.init(Seed(1));
        let step = Step::new(&tape, &layer, &params, Mode::Eval, Seed(1), 0);
        // Maxima 3 3 2 0.
        assert_eq!(step.forward(tape.constant(x)).value().as_slice(), [3.0, 1.0]);
    }

    #[test]
    fn the_gradient_goes_through_what_was_kept() {
        let layer = fit("kind = 's3_pool'\nkernel_size = 1\nstride = 2\ngrid_size = 2", [1, 4, 4]);
        let (y, dx) = run(&layer.expect("fits"), Tensor::from_fn([1, 1, 4, 4], |i| i as Scalar));
        for (i, dx) in dx.as_slice().iter().enumerate() {
            let kept = y.as_slice().contains(&(i as Scalar));
            assert!((dx - Scalar::from(u8::from(kept))).abs() < 1e-6);
        }
    }
}
