//! The passes of batch normalisation, channel by channel.
//!
//! What the gradient needs from all values of a channel is needed by each of them. A task therefore
//! takes some channels of the whole batch through both passes, and the second one finds them in the
//! cache. Sums are added in the order of the images, whichever thread does it.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use super::lanes::{
    Spread, affine as affine_run, combine, gradient_sums as run_sums, open_gradient_sums,
};
use super::{Factors, Layout, Moments, Open, Source, Statistics};
use crate::Tensor;
use crate::ops::pool2d::MaxGradient;
use crate::ops::{parallel, scratch};
use crate::simd::{Kernel, Vector, dispatch, prefetch_all};

/// Numbers that should follow each other in memory where that takes several channels: a page.
const TOGETHER: usize = 1024;
/// Groups of channels that there should be for threads to share.
const GROUPS: usize = 8;
/// Numbers of the next image that are asked for meanwhile: where planes are larger, the machine has
/// time to see by itself what is read.
const NEXT: usize = 2048;
/// Numbers in a task that needs nothing but its own.
const BLOCK: usize = 1 << 15;

impl Layout {
    /// Channels that one task works on.
    fn group(self) -> usize {
        let together = TOGETHER.div_ceil(self.area.max(1));
        together.min(self.channels.div_ceil(GROUPS)).max(1)
    }

    /// The values of every group of channels, image by image.
    fn by_group(self, values: &mut [f32]) -> Vec<Vec<&mut [f32]>> {
        let image = self.channels * self.area;
        let batch = values.len() / image;
        let group = self.group();
        let groups = (0..self.channels.div_ceil(group)).map(|_| Vec::with_capacity(batch));
        let mut groups: Vec<Vec<&mut [f32]>> = groups.collect();
        for image in values.chunks_exact_mut(image) {
            for (values, group) in image.chunks_mut(group * self.area).zip(&mut groups) {
                group.push(values);
            }
        }
        groups
    }

    /// The values of channel `c` in image `n`.
    fn run(self, values: &[f32], n: usize, c: usize) -> &[f32] {
        &values[(n * self.channels + c) * self.area..][..self.area]
    }

    /// Asks for the values of channel `c` in image `n`, if there is one: they lie far from those of
    /// the image before, where no machine looks for them.
    fn ask(self, values: &[f32], n: usize, c: usize) {
        let start = (n * self.channels + c) * self.area;
        if let Some(values) = values.get(start..start + self.area.min(NEXT)) {
            prefetch_all(values);
        }
    }
}

/// The statistics of some channels.
struct Statistic<'a> {
    x: &'a [f32],
    layout: Layout,
    /// The first of the channels.
    first: usize,
    /// Mean and variance of each.
    moments: &'a mut [[f32; 2]],
}

impl Kernel for Statistic<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { x, layout, first, moments } = self;
        let mut spreads = vec![Spread::default(); moments.len()];
        for n in 0..x.len() / (layout.channels * layout.area) {
            for (i, spread) in spreads.iter_mut().enumerate() {
                layout.ask(x, n + 1, first + i);
                spread.take::<V>(layout.run(x, n, first + i));
            }
        }
        for (moments, spread) in moments.iter_mut().zip(&spreads) {
            *moments = [spread.mean as f32, spread.variance() as f32];
        }
    }
}

pub(super) fn moments(x: &Tensor, layout: Layout) -> Moments {
    let mut moments = vec![[f32::NAN, 0.0]; layout.channels];
    if !x.is_empty() {
        let group = layout.group();
        let operations = (8 * layout.count * group) as u64;
        parallel::chunks(&mut moments, group, operations, |nth, moments| {
            dispatch(Statistic { x: x.as_slice(), layout, first: nth * group, moments });
        });
    }
    let (mean, variance) = moments.into_iter().map(|[mean, variance]| (mean, variance)).unzip();
    Moments { mean, variance, count: layout.count }
}

/// `scale · x + shift` for numbers from `start` on.
struct Affine<'a> {
    x: &'a [f32],
    y: &'a mut [f32],
    start: usize,
    layout: Layout,
    scale: &'a [f32],
    shift: &'a [f32],
    relu: bool,
}

impl Kernel for Affine<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { x, y, start, layout, scale, shift, relu } = self;
        let mut at = 0;
        while at < y.len() {
            let run = (start + at) / layout.area;
            let (c, end) = (run % layout.channels, y.len().min((run + 1) * layout.area - start));
            let (x, y) = (&x[start + at..start + end], &mut y[at..end]);
            if relu {
                affine_run::<V, true>(x, y, scale[c], shift[c]);
            } else {
                affine_run::<V, false>(x, y, scale[c], shift[c]);
            }
            at = end;
        }
    }
}

pub(super) fn affine(
    x: &Tensor,
    layout: Layout,
    scale: &[f32],
    shift: &[f32],
    relu: bool,
) -> Tensor {
    let mut y = Tensor::stale(x.shape());
    let size = layout.area.max(1) * (BLOCK / layout.area.max(1)).max(1);
    let size = size.min(BLOCK);
    parallel::chunks(y.as_mut_slice(), size, 3 * size as u64, |nth, y| {
        let (x, start) = (x.as_slice(), nth * size);
        dispatch(Affine { x, y, start, layout, scale, shift, relu });
    });
    y
}

/// Where the gradient of the output comes from.
#[derive(Clone, Copy)]
enum Dy<'a> {
    /// It lies where the gradient of the input will be.
    InPlace,
    From(&'a [f32]),
    /// Behind a maximum pool.
    Pooled(&'a MaxGradient<'a>),
}

impl Dy<'_> {
    /// Numbers that a task needs to work with.
    fn room(self) -> usize {
        if let Self::Pooled(pool) = self { pool.room() } else { 0 }
    }
}

/// Both passes of the gradient of some channels.
struct Backward<'a, 'x> {
    x: &'a [f32],
    dy: Dy<'a>,
    /// As many as `dy` needs.
    numbers: &'a mut [f32],
    layout: Layout,
    first: usize,
    open: Option<Open<'a>>,
    statistics: Statistics<'a>,
    factors: &'a Factors<'a>,
    /// The gradient of the input, image by image.
    dx: &'a mut [&'x mut [f32]],
    /// `(∂γ, ∂β)` of each channel.
    sums: &'a mut [(f64, f64)],
}

impl Kernel for Backward<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { x, dy, numbers, layout, first, open, statistics, factors, dx, sums } = self;
        sums.fill((0.0, 0.0));
        for (n, dx) in dx.iter_mut().enumerate() {
            for (i, (run, sums)) in
                dx.chunks_exact_mut(layout.area).zip(sums.iter_mut()).enumerate()
            {
                let c = first + i;
                match dy {
                    Dy::InPlace => {}
                    Dy::From(dy) => run.copy_from_slice(layout.run(dy, n, c)),
                    Dy::Pooled(pool) => pool.plane::<V>(n * layout.channels + c, numbers, run),
                }
                let (x, mean) = (layout.run(x, n, c), statistics.mean[c]);
                let [product, sum] = match open {
                    Some([scale, shift]) => {
                        open_gradient_sums::<V>(x, run, mean, [scale[c], shift[c]])
                    }
                    None => run_sums::<V>(x, run, mean),
                };
                *sums = (sums.0 + product, sums.1 + sum);
            }
        }
        let mut of_channels = Vec::with_capacity(sums.len());
        for (i, sums) in sums.iter_mut().enumerate() {
            sums.0 *= statistics.inverse(first + i);
            of_channels.push(factors(first + i, *sums));
        }
        for (n, dx) in dx.iter_mut().enumerate() {
            for (i, (dx, &factors)) in
                dx.chunks_exact_mut(layout.area).zip(&of_channels).enumerate()
            {
                combine::<V>(layout.run(x, n, first + i), dx, factors);
            }
        }
    }
}

pub(super) fn backward(
    x: &Tensor,
    dy: Source,
    layout: Layout,
    open: Option<Open>,
    statistics: Statistics,
    factors: &Factors,
) -> (Tensor, Vec<(f64, f64)>) {
    let (shared, pool);
    let (dy, mut dx) = match dy {
        Source::Own(mut own) => {
            if own.is_unshared() {
                (Dy::InPlace, own)
            } else {
                shared = own;
                (Dy::From(shared.as_slice()), Tensor::stale(x.shape()))
            }
        }
        Source::Shared(dy) => (Dy::From(dy.as_slice()), Tensor::stale(x.shape())),
        Source::Pooled { dy, argmax, at } => {
            if let Some(gradient) = MaxGradient::new(dy, argmax, at) {
                pool = gradient;
                (Dy::Pooled(&pool), Tensor::stale(x.shape()))
            } else {
                (Dy::InPlace, crate::max_pool_backward(dy, argmax, at))
            }
        }
    };
    let mut sums = vec![(0.0, 0.0); layout.channels];
    if !x.is_empty() {
        let group = layout.group();
        let mut outputs = layout.by_group(dx.as_mut_slice());
        let operations = (16 * layout.count * group) as u64;
        let both = (outputs.as_mut_slice(), sums.as_mut_slice());
        parallel::pairs(both, [1, group], operations, |nth, dx, sums| {
            let (x, first, dx) = (x.as_slice(), nth * group, dx[0].as_mut_slice());
            scratch::with(dy.room(), |numbers| {
                dispatch(Backward {
                    x,
                    dy,
                    numbers,
                    layout,
                    first,
                    open,
                    statistics,
                    factors,
                    dx,
                    sums,
                });
            });
        });
    }
    (dx, sums)
}

/// The sums alone, for some channels.
struct Sums<'a> {
    x: &'a [f32],
    dy: &'a [f32],
    layout: Layout,
    first: usize,
    mean: &'a [f32],
    totals: &'a mut [(f64, f64)],
}

impl Kernel for Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { x, dy, layout, first, mean, totals } = self;
        for n in 0..x.len() / (layout.channels * layout.area) {
            for (i, total) in totals.iter_mut().enumerate() {
                let [x, dy] = [x, dy].map(|values| layout.run(values, n, first + i));
                let [product, sum] = run_sums::<V>(x, dy, mean[first + i]);
                *total = (total.0 + product, total.1 + sum);
            }
        }
    }
}

pub(super) fn gradient_sums(
    x: &Tensor,
    dy: &Tensor,
    layout: Layout,
    statistics: Statistics,
) -> Vec<(f64, f64)> {
    let mut sums = vec![(0.0, 0.0); layout.channels];
    if x.is_empty() {
        return sums;
    }
    let group = layout.group();
    let operations = (8 * layout.count * group) as u64;
    parallel::chunks(&mut sums, group, operations, |nth, totals| {
        let (x, dy, first) = (x.as_slice(), dy.as_slice(), nth * group);
        dispatch(Sums { x, dy, layout, first, mean: statistics.mean, totals });
    });
    for (c, sums) in sums.iter_mut().enumerate() {
        sums.0 *= statistics.inverse(c);
    }
    sums
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Window;
    use crate::ops::norm::reference;

    fn wave(shape: impl Into<crate::Shape>, step: f32, around: f32) -> Tensor {
        Tensor::from_fn(shape, |i| around + (i as f32 * step).sin())
    }

    fn close(fast: f64, expected: f64, scale: f64) -> bool {
        (fast - expected).abs() <= 2e-6 * scale
    }

    fn all_close(fast: &Tensor, expected: &Tensor, scale: f64) -> bool {
        let mut pairs = fast.as_slice().iter().zip(expected.as_slice());
        pairs.all(|(&fast, &expected)| close(fast.into(), expected.into(), scale))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]
        #[test]
        fn fast_is_reference(
            batch in 1_usize..6, channels in 1_usize..20, rows in 1_usize..40, columns in 1_usize..40,
            around in -100_i16..100, relu: bool,
        ) {
            let around = f32::from(around);
            let shape = [batch, channels, rows, columns];
            let x = wave(shape, 0.7, around);
            let layout = Layout::of(&x);
            let (fast, expected) = (moments(&x, layout), reference::moments(&x, layout));
            let spread = f64::from(around.abs() + 1.0);
            for c in 0..channels {
                prop_assert!(close(fast.mean[c].into(), expected.mean[c].into(), spread));
                prop_assert!(close(fast.variance[c].into(), expected.variance[c].into(), spread));
            }
            let (mean, variance) = (&expected.mean, &expected.variance);
            let fast = affine(&x, layout, mean, variance, relu);
            prop_assert_eq!(fast, reference::affine(&x, layout, mean, variance, relu));
        }

        #[test]
        fn fast_gradients_are_reference(
            batch in 1_usize..6, channels in 1_usize..20, rows in 2_usize..40, columns in 2_usize..40,
            open: bool, from in 0_u8..3,
        ) {
            let shape = [batch, channels, rows, columns];
            let (x, dy) = (wave(shape, 0.7, 0.0), wave(shape, 1.3, 0.25));
            let layout = Layout::of(&x);
            let Moments { mean, variance, count } = reference::moments(&x, layout);
            let statistics = Statistics { mean: &mean, variance: &variance, epsilon: 0.5 };
            let close_sums = |fast: &[(f64, f64)], expected: &[(f64, f64)]| {
                fast.iter().zip(expected).all(|(fast, expected)| {
                    close(fast.0, expected.0, 4.0 * count as f64)
                        && close(fast.1, expected.1, count as f64)
                })
            };
            let sums = reference::gradient_sums(&x, &dy, layout, statistics);
            prop_assert!(close_sums(&gradient_sums(&x, &dy, layout, statistics), &sums));
            let (scale, shift) = (vec![2.0; channels], vec![-0.5; channels]);
            let open: Option<Open> = open.then_some([&scale, &shift]);
            let factors = |c: usize, (product, sum): (f64, f64)| {
                [c as f32, (product / count as f64) as f32, (sum / count as f64) as f32]
            };
            let at = Window::square(2).fit("pool", [rows, columns]).expect("fits");
            let (pooled, argmax) = crate::max_pool(&x, &at);
            let source = || match from {
                0 => Source::Own(dy.clone().map(|dy| dy)),
                1 => Source::Shared(&dy),
                _ => Source::Pooled { dy: &pooled, argmax: &argmax, at: &at },
            };
            let (dx, sums) = backward(&x, source(), layout, open, statistics, &factors);
            let expected = reference::backward(&x, source(), layout, open, statistics, &factors);
            prop_assert!(close_sums(&sums, &expected.1));
            prop_assert!(all_close(&dx, &expected.0, 10.0 + channels as f64));
        }
    }
}
