//! The mean of all cells of an image, under weights that the cells' own numbers give them.
//!
//! ```text
//! h = tanh(V x)  or  tanh(V x) ⊙ σ(U x)        D numbers of every cell
//! a = softmax(w · h) over the cells            y = Σ a x                    (C, H, W) → C
//! ds = a (dy · x − Σ a dy · x)                 dx = a dy + Vᵀ dz (+ Uᵀ dg)
//! dz = w ds (1 − t²) g,  dg = w ds t g (1 − g) for t = tanh(V x) and g = σ(U x)
//! ```
//!
//! An image goes through all of it before the next one does: its numbers come from memory once each way.

mod cells;

use cells::{pull, score};

use super::reduce::{dot, wide};
use crate::{Matrix, Scalar, Tensor, matmul_into};

/// Shares of the images whose parts of a parameter's gradient are added up by themselves.
const SHARES: usize = 16;
/// Numbers of an image that stay in the second-level cache while it is worked on.
const NEAR: usize = 1 << 17;
/// Channels whose gradients are written before more of the next image is asked for.
const BLOCK: usize = 8;

/// The parameters that weigh cells.
///
/// ```
/// use cenote_tensor::{Attention, Tensor};
///
/// let [score, hide] = [Tensor::zeros([1, 2, 1, 1]), Tensor::zeros([2, 3, 1, 1])];
/// let x = Tensor::from_fn([1, 3, 2, 2], |i| i as _);
/// let attended = Attention { score: &score, hide: &hide, gate: None }.forward(&x);
/// assert_eq!(attended.y.as_slice(), [1.5, 5.5, 9.5]);
/// assert_eq!(attended.weights.as_slice(), [0.25; 4]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Attention<'a> {
    /// `w` `(1, D, 1, 1)`.
    pub score: &'a Tensor,
    /// `V` `(D, C, 1, 1)`.
    pub hide: &'a Tensor,
    /// `U`, as large as `V`, if there is a gate.
    pub gate: Option<&'a Tensor>,
}

/// What [`Attention::forward`] gives.
#[derive(Clone, Debug)]
pub struct Attended {
    /// `(N, C)`.
    pub y: Tensor,
    /// `tanh(V x)`, and `σ(U x)` behind it: `(N, D, H, W)` or `(N, 2 D, H, W)`.
    pub hidden: Tensor,
    /// `a` `(N, 1, H, W)`.
    pub weights: Tensor,
}

/// What [`Attention::backward`] gives.
#[derive(Clone, Debug)]
pub struct AttentionGradients {
    /// `∂x`, if it was asked for.
    pub x: Option<Tensor>,
    /// `∂w`.
    pub score: Tensor,
    /// `∂V`.
    pub hide: Tensor,
    /// `∂U`, if there is a gate.
    pub gate: Option<Tensor>,
}

/// Numbers of an image.
#[derive(Clone, Copy)]
struct Sizes {
    channels: usize,
    cells: usize,
    /// Rows of `V`, and of `U` behind it.
    hidden: usize,
}

impl Sizes {
    /// About the operations that an image takes.
    fn operations(self) -> u64 {
        let Self { channels, cells, hidden } = self;
        (cells * (hidden * (2 * channels + 40) + 8 * channels)) as u64
    }
}

impl Attention<'_> {
    /// The mean of the cells of `x` `(N, C, H, W)`, with what the gradients need.
    ///
    /// # Panics
    /// When the parameters do not fit `x` or one another.
    pub fn forward(self, x: &Tensor) -> Attended {
        let sizes = self.sizes(x);
        let Sizes { channels, cells, hidden: rows } = sizes;
        let [batch, _, height, width] = x.nchw();
        let mut y = Tensor::stale([batch, channels]);
        let mut hidden = Tensor::stale([batch, rows, height, width]);
        let mut weights = Tensor::stale([batch, 1, height, width]);
        let (filters, w) = (self.filters(), self.score.as_slice());
        let together = together(batch);
        let shares = parts(&mut y, together * channels)
            .zip(parts(&mut hidden, together * rows * cells))
            .zip(parts(&mut weights, together * cells))
            .collect();
        each(shares, together as u64 * sizes.operations(), |nth, ((y, hidden), weights)| {
            let images = y
                .chunks_exact_mut(channels)
                .zip(hidden.chunks_exact_mut(rows * cells))
                .zip(weights.chunks_exact_mut(cells));
            let mut images = (nth * together..).zip(images).peekable();
            near(x, nth * together).into_iter().for_each(fetch);
            while let Some((nth, ((y, hidden), a))) = images.next() {
                let x_of = image(x, nth);
                let filters = Matrix::new(&filters, rows, channels);
                matmul_into(filters, Matrix::new(x_of, channels, cells), hidden);
                score(hidden, w, a);
                let next = images.peek().and_then(|&(next, _)| near(x, next));
                let planes = y.iter_mut().zip(x_of.chunks_exact(cells)).collect();
                each(planes, 2 * cells as u64, |c, (y, plane): (&mut Scalar, _)| {
                    *y = dot(plane, a);
                    if let Some(next) = next {
                        fetch(&next[c * cells..][..cells]);
                    }
                });
            }
        });
        Attended { y, hidden, weights }
    }

    /// The gradients, from `∂y` and what [`forward`](Self::forward) gave for `x`.
    ///
    /// # Panics
    /// When the shapes are not those of one pass.
    pub fn backward(
        self,
        x: &Tensor,
        [hidden, weights]: [&Tensor; 2],
        dy: &Tensor,
        x_is_wanted: bool,
    ) -> AttentionGradients {
        let sizes = self.sizes(x);
        let Sizes { channels, cells, hidden: rows } = sizes;
        let [batch, _, height, width] = x.nchw();
        assert_eq!(*dy.dims(), [batch, channels], "attention: dy is (N, C)");
        assert_eq!(hidden.nchw(), [batch, rows, height, width], "attention: hidden of this pass");
        assert_eq!(weights.nchw(), [batch, 1, height, width], "attention: weights of this pass");

        let mut dx = x_is_wanted.then(|| Tensor::stale(x.shape()));
        let mut pulls = Tensor::stale([batch, rows + 1, height, width]);
        let together = together(batch);
        let mut sums = vec![Sums::default(); batch.div_ceil(together)];
        let of_dx: Vec<_> = match &mut dx {
            Some(dx) => parts(dx, together * channels * cells).map(Some).collect(),
            None => sums.iter().map(|_| None).collect(),
        };
        let of_pulls = parts(&mut pulls, together * (rows + 1) * cells);
        let shares = of_pulls.zip(of_dx).zip(&mut sums).collect();
        let filters = self.filters();
        each(shares, together as u64 * sizes.operations(), |nth, ((pulls, dx), sums)| {
            *sums = Sums { score: vec![0.0; self.score.len()], filters: vec![0.0; filters.len()] };
            let work = &mut Work::new(&filters, channels);
            let mut dx = dx.map(|dx| dx.chunks_exact_mut(channels * cells));
            let images = pulls.chunks_exact_mut((rows + 1) * cells);
            let mut images = (nth * together..).zip(images).peekable();
            near(x, nth * together).into_iter().for_each(fetch);
            while let Some((nth, pulls)) = images.next() {
                let [x_of, hidden, a, dy] = [x, hidden, weights, dy].map(|all| image(all, nth));
                self.pull([hidden, a, x_of, dy], pulls, &mut work.of_image, sums);
                let next = images.peek().and_then(|&(next, _)| near(x, next));
                if let Some(dx) = dx.as_mut().and_then(Iterator::next) {
                    work.spread(pulls, dy, next, dx);
                }
            }
        });
        self.gradients(dx, &sums)
    }

    /// `dz`, `dg` and behind them `a` of one image; what the parameters receive is added to `sums`.
    fn pull(
        self,
        [hidden, a, x, dy]: [&[Scalar]; 4],
        pulls: &mut [Scalar],
        of_image: &mut [Scalar],
        sums: &mut Sums,
    ) {
        let (cells, channels) = (a.len(), dy.len());
        let (pulls, last) = pulls.split_at_mut(hidden.len());
        let x = Matrix::new(x, channels, cells);
        matmul_into(Matrix::new(dy, 1, channels), x, last);
        // What is left of nearly equal numbers: rounded once, at the end.
        let mean: f64 = a.iter().zip(&*last).map(|(&a, &da)| wide(a) * wide(da)).sum();
        for (ds, &a) in last.iter_mut().zip(a) {
            *ds = (wide(a) * (wide(*ds) - mean)) as Scalar;
        }
        pull([hidden, self.score.as_slice(), last], pulls, &mut sums.score);
        last.copy_from_slice(a);
        let pulls = Matrix::new(pulls, hidden.len() / cells, cells);
        matmul_into(pulls, x.t(), of_image);
        sums.filters.iter_mut().zip(of_image).for_each(|(sum, part)| *sum += *part);
    }

    /// What all shares give together.
    fn gradients(self, x: Option<Tensor>, sums: &[Sums]) -> AttentionGradients {
        let score = |i| sums.iter().map(|share| share.score[i]).sum::<f64>() as Scalar;
        let filters = |of: &Tensor, first: usize| {
            let sum = |i| sums.iter().map(|share| share.filters[first + i]).sum();
            Tensor::from_fn(of.shape(), sum)
        };
        AttentionGradients {
            x,
            score: Tensor::from_fn(self.score.shape(), score),
            hide: filters(self.hide, 0),
            gate: self.gate.map(|gate| filters(gate, gate.len())),
        }
    }

    /// The numbers of an image of `x`.
    fn sizes(self, x: &Tensor) -> Sizes {
        let [_, channels, rows, columns] = x.nchw();
        let depth = self.score.len();
        assert_eq!(self.score.nchw(), [1, depth, 1, 1], "attention: one score of every cell");
        for filters in self.ways() {
            assert_eq!(filters.nchw(), [depth, channels, 1, 1], "attention: filters of cells");
        }
        Sizes { channels, cells: rows * columns, hidden: depth * self.ways().count() }
    }

    fn ways(&self) -> impl Iterator<Item = &Tensor> {
        [Some(self.hide), self.gate].into_iter().flatten()
    }

    /// `V`, and `U` behind it.
    fn filters(self) -> Vec<Scalar> {
        self.ways().flat_map(Tensor::as_slice).copied().collect()
    }
}

/// What a share of the images gives to the parameters.
#[derive(Clone, Default)]
struct Sums {
    score: Vec<f64>,
    /// For `V`, and `U` behind it.
    filters: Vec<Scalar>,
}

/// What a share needs while its images pass.
struct Work {
    /// What an image gives to `V`, and to `U` behind it.
    of_image: Vec<Scalar>,
    /// For every channel the filters' numbers, with room for `∂y` of an image behind them.
    spreading: Vec<Scalar>,
}

impl Work {
    fn new(filters: &[Scalar], channels: usize) -> Self {
        let of_channel = |c| filters.iter().skip(c).step_by(channels).copied().chain([0.0]);
        let spreading = (0..channels).flat_map(of_channel).collect();
        Self { of_image: vec![0.0; filters.len()], spreading }
    }

    /// `∂x` of an image, from what its hidden numbers receive and `a` behind it. What the next image holds
    /// comes near meanwhile.
    fn spread(
        &mut self,
        pulls: &[Scalar],
        dy: &[Scalar],
        next: Option<&[Scalar]>,
        dx: &mut [Scalar],
    ) {
        let (rows, channels) = (self.spreading.len() / dy.len(), dy.len());
        let cells = dx.len() / channels;
        for (row, &dy) in self.spreading.chunks_exact_mut(rows).zip(dy) {
            row[rows - 1] = dy;
        }
        let pulls = Matrix::new(pulls, rows, cells);
        let blocks = self.spreading.chunks(BLOCK * rows).zip(dx.chunks_mut(BLOCK * cells));
        for (nth, (filters, dx)) in blocks.enumerate() {
            matmul_into(Matrix::new(filters, filters.len() / rows, rows), pulls, dx);
            if let Some(next) = next {
                fetch(&next[nth * BLOCK * cells..][..dx.len()]);
            }
        }
    }
}

/// Images of a share.
fn together(batch: usize) -> usize {
    batch.div_ceil(SHARES).max(1)
}

/// The numbers of one image, if they have room in a cache.
fn near(of: &Tensor, nth: usize) -> Option<&[Scalar]> {
    Some(image(of, nth)).filter(|image| image.len() <= NEAR)
}

/// Asks for numbers to be brought near.
fn fetch(numbers: &[Scalar]) {
    #[cfg(not(cenote_f64))]
    crate::simd::prefetch_all(numbers);
    #[cfg(cenote_f64)]
    let _ = numbers;
}

/// Every `size` numbers of a tensor, and what is left.
fn parts(of: &mut Tensor, size: usize) -> impl Iterator<Item = &mut [Scalar]> {
    of.as_mut_slice().chunks_mut(size.max(1))
}

/// The numbers of one image.
fn image(of: &Tensor, nth: usize) -> &[Scalar] {
    let size = of.len() / of.dims()[0];
    &of.as_slice()[nth * size..][..size]
}

/// Calls `work` with everything in `out`, where a call costs as many operations.
fn each<T: Send>(out: Vec<T>, operations: u64, work: impl Fn(usize, T) + Sync) {
    #[cfg(not(cenote_f64))]
    super::parallel::each(out, operations, work);
    #[cfg(cenote_f64)]
    {
        let _ = operations;
        out.into_iter().enumerate().for_each(|(nth, out)| work(nth, out));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor<const R: usize>(dims: [usize; R], values: &[Scalar]) -> Tensor {
        Tensor::from_vec(dims, values.to_vec()).expect("as many values as the shape has")
    }

    /// Scores of 0 for the one and ln 3 for the other of two cells: weights 1/4 and 3/4.
    #[test]
    fn an_image_of_two_cells_by_hand() {
        let x = tensor([1, 2, 1, 2], &[0.0, 0.5, 8.0, 4.0]);
        let (hide, t) = (tensor([1, 2, 1, 1], &[1.0, 0.0]), (0.5 as Scalar).tanh());
        let w = (3.0 as Scalar).ln() / t;
        let score = Tensor::full([1, 1, 1, 1], w);
        let attention = Attention { score: &score, hide: &hide, gate: None };
        let Attended { y, hidden, weights } = attention.forward(&x);
        let close = |got: &Tensor, expected: &[Scalar]| {
            assert_eq!(got.len(), expected.len());
            for (got, expected) in got.as_slice().iter().zip(expected) {
                assert!((got - expected).abs() < 1e-5, "{got} for {expected}");
            }
        };
        close(&weights, &[0.25, 0.75]);
        close(&hidden, &[0.0, t]);
        close(&y, &[0.375, 5.0]);

        let dy = tensor([1, 2], &[0.0, 1.0]);
        let gradients = attention.backward(&x, [&hidden, &weights], &dy, true);
        // ∂a = (8, 4), their mean 5, so ∂s = (0.75, −0.75).
        let dz = [0.75 * w, -0.75 * w * (1.0 - t * t)];
        close(&gradients.score, &[-0.75 * t]);
        close(&gradients.hide, &[0.5 * dz[1], 8.0 * dz[0] + 4.0 * dz[1]]);
        close(&gradients.x.expect("asked for"), &[dz[0], dz[1], 0.25, 0.75]);
        assert!(gradients.gate.is_none());
        assert!(attention.backward(&x, [&hidden, &weights], &dy, false).x.is_none());
    }

    /// A gate of one half everywhere, and images enough for several in a share.
    #[test]
    fn an_open_gate_halves_and_images_add_up() {
        let x = Tensor::from_fn([35, 3, 2, 9], |i| (i * 37 % 19) as Scalar / 10.0 - 0.9);
        let hide = Tensor::from_fn([2, 3, 1, 1], |i| 0.3 - 0.2 * i as Scalar);
        let (gate, score) = (Tensor::zeros([2, 3, 1, 1]), tensor([1, 2, 1, 1], &[2.0, -1.0]));
        let dy = Tensor::from_fn([35, 3], |i| (i % 5) as Scalar - 2.0);
        let halved = score.clone().map(|w| 0.5 * w);
        let plain = Attention { score: &halved, hide: &hide, gate: None };
        let gated = Attention { score: &score, hide: &hide, gate: Some(&gate) };
        let [(one, of_one), (other, of_other)] = [plain, gated].map(|attention| {
            let all = attention.forward(&x);
            let gradients = attention.backward(&x, [&all.hidden, &all.weights], &dy, true);
            (all, gradients)
        });
        let close = |got: &Tensor, expected: &Tensor, scale: Scalar| {
            for (got, expected) in got.as_slice().iter().zip(expected.as_slice()) {
                assert!((got * scale - expected).abs() < 1e-5, "{got} for {expected}");
            }
        };
        close(&other.y, &one.y, 1.0);
        close(&other.weights, &one.weights, 1.0);
        close(&of_other.hide, &of_one.hide, 1.0);
        close(&of_other.score, &of_one.score, 2.0);
        close(&of_other.x.expect("asked for"), &of_one.x.expect("asked for"), 1.0);

        // The same from images one by one.
        let mut sum = Tensor::zeros([2, 3, 1, 1]);
        for nth in 0..35 {
            let x = tensor([1, 3, 2, 9], image(&x, nth));
            let all = gated.forward(&x);
            let dy = tensor([1, 3], image(&dy, nth));
            let saved = [&all.hidden, &all.weights];
            let part = gated.backward(&x, saved, &dy, false).gate.expect("there is a gate");
            sum.as_mut_slice().iter_mut().zip(part.as_slice()).for_each(|(sum, part)| *sum += part);
        }
        close(&of_other.gate.expect("there is a gate"), &sum, 1.0);
    }

    #[test]
    fn an_empty_batch_gives_nothing_to_the_parameters() {
        let (x, dy) = (Tensor::zeros([0, 2, 3, 4]), Tensor::zeros([0, 2]));
        let [score, hide] = [Tensor::full([1, 2, 1, 1], 1.0), Tensor::full([2, 2, 1, 1], 1.0)];
        let attention = Attention { score: &score, hide: &hide, gate: Some(&hide) };
        let all = attention.forward(&x);
        let gradients = attention.backward(&x, [&all.hidden, &all.weights], &dy, true);
        assert_eq!((all.y.len(), gradients.x.map(|dx| dx.len())), (0, Some(0)));
        assert_eq!(gradients.score.as_slice(), [0.0; 2]);
        assert_eq!(gradients.hide.as_slice(), [0.0; 4]);
    }
}
