//! The passes of batch normalisation over vector lanes.
//!
//! Every plane is read from memory once per pass. Its sum and its squared distances from its *own*
//! mean are taken while it is in the cache, and the planes of a channel are merged in the order of
//! the images after T. F. Chan and others (1983), doi:10.1080/00031305.1983.10483115:
//!
//! ```text
//! M = Σ Mᵢ + Σ nᵢ (μᵢ − μ)²          squared distances of the parts, and of their means
//! ```
//!
//! so a mean far from zero does not swallow the variance.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use super::{Layout, Moments, reference};
use crate::Tensor;
use crate::ops::parallel;
use crate::ops::reduce::{run_sum, run_sum_of, wide};
use crate::simd::{Kernel, Vector, dispatch};

/// Planes shorter than this are left to the reference: they are a single register or less.
const SHORT: usize = 16;

/// Mean and squared distances from it of consecutive planes.
struct PlaneMoments<'a> {
    x: &'a [f32],
    area: usize,
    moments: &'a mut [[f64; 2]],
}

impl Kernel for PlaneMoments<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        for (moments, plane) in self.moments.iter_mut().zip(self.x.chunks_exact(self.area)) {
            let mean = run_sum(plane, |x| x) / self.area as f64;
            let center = mean as f32;
            let distances = run_sum(plane, |x| (x - center) * (x - center));
            // The distances are from the rounded mean: take the rounding back out.
            let rounding = mean - wide(center);
            *moments = [mean, distances - rounding * rounding * self.area as f64];
        }
    }
}

pub(super) fn moments(x: &Tensor, layout: Layout) -> Moments {
    let Layout { channels, area, count } = layout;
    if area < SHORT {
        return reference::moments(x, layout);
    }
    let image = channels * area;
    let mut planes = vec![[0.0; 2]; x.len() / area];
    parallel::chunks(&mut planes, channels, 4 * image as u64, |n, moments| {
        dispatch(PlaneMoments { x: &x.as_slice()[n * image..][..image], area, moments });
    });
    let images = planes.len().checked_div(channels).unwrap_or(0) as f64;
    let of_channel = |c: usize| {
        let planes = || planes.iter().skip(c).step_by(channels);
        let mean = planes().map(|[mean, _]| mean).sum::<f64>() / images;
        let within: f64 = planes().map(|[_, distances]| distances).sum();
        let between: f64 = planes().map(|[of_plane, _]| (of_plane - mean).powi(2)).sum();
        let variance = (within + between * area as f64) / count as f64;
        (mean as f32, variance.max(0.0) as f32)
    };
    let (mean, variance) = (0..channels).map(of_channel).unzip();
    Moments { mean, variance, count }
}

/// `scale · x + shift` over the planes of one image.
struct Affine<'a> {
    x: &'a [f32],
    y: &'a mut [f32],
    area: usize,
    scale: &'a [f32],
    shift: &'a [f32],
}

impl Kernel for Affine<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let planes = self.x.chunks_exact(self.area).zip(self.y.chunks_exact_mut(self.area));
        for ((x, y), (&scale, &shift)) in planes.zip(self.scale.iter().zip(self.shift)) {
            for (y, &x) in y.iter_mut().zip(x) {
                *y = scale * x + shift;
            }
        }
    }
}

pub(super) fn affine(x: &Tensor, layout: Layout, scale: &[f32], shift: &[f32]) -> Tensor {
    let (area, image) = (layout.area, layout.channels * layout.area);
    let mut y = Tensor::stale(x.shape());
    if image == 0 {
        return y;
    }
    parallel::chunks(y.as_mut_slice(), image, 2 * image as u64, |n, y| {
        dispatch(Affine { x: &x.as_slice()[n * image..][..image], y, area, scale, shift });
    });
    y
}

/// `Σ ∂y · (x − mean)` and `Σ ∂y` over the planes of one image.
struct PlaneGradients<'a> {
    x: &'a [f32],
    dy: &'a [f32],
    area: usize,
    mean: &'a [f32],
    sums: &'a mut [[f64; 2]],
}

impl Kernel for PlaneGradients<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let planes = self.x.chunks_exact(self.area).zip(self.dy.chunks_exact(self.area));
        for ((x, dy), (sums, &mean)) in planes.zip(self.sums.iter_mut().zip(self.mean)) {
            *sums = [run_sum_of(x, dy, |x, dy| dy * (x - mean)), run_sum(dy, |dy| dy)];
        }
    }
}

pub(super) fn gradient_sums(
    x: &Tensor,
    dy: &Tensor,
    layout: Layout,
    mean: &[f32],
    variance: &[f32],
    epsilon: f32,
) -> Vec<(f64, f64)> {
    let Layout { channels, area, .. } = layout;
    if area < SHORT {
        return reference::gradient_sums(x, dy, layout, mean, variance, epsilon);
    }
    let image = channels * area;
    let mut planes = vec![[0.0; 2]; x.len() / area];
    parallel::chunks(&mut planes, channels, 4 * image as u64, |n, sums| {
        let [x, dy] = [x, dy].map(|tensor| &tensor.as_slice()[n * image..][..image]);
        dispatch(PlaneGradients { x, dy, area, mean, sums });
    });
    let of_channel = |c: usize| {
        let planes = || planes.iter().skip(c).step_by(channels);
        let inverse = 1.0 / (wide(variance[c]) + wide(epsilon)).sqrt();
        let product: f64 = planes().map(|[product, _]| product).sum();
        (product * inverse, planes().map(|[_, sum]| sum).sum())
    };
    (0..channels).map(of_channel).collect()
}

/// `a · ∂y + b · x + c` over the planes of one image.
struct Combine<'a> {
    x: &'a [f32],
    dy: &'a [f32],
    dx: &'a mut [f32],
    area: usize,
    factors: &'a [[f32; 3]],
}

impl Kernel for Combine<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let planes = self.x.chunks_exact(self.area).zip(self.dy.chunks_exact(self.area));
        let planes = planes.zip(self.dx.chunks_exact_mut(self.area));
        for (((x, dy), dx), &[a, b, c]) in planes.zip(self.factors) {
            for ((dx, &x), &dy) in dx.iter_mut().zip(x).zip(dy) {
                *dx = a * dy + b * x + c;
            }
        }
    }
}

pub(super) fn combine(x: &Tensor, dy: &Tensor, layout: Layout, factors: &[[f32; 3]]) -> Tensor {
    let (area, image) = (layout.area, layout.channels * layout.area);
    let mut dx = Tensor::stale(x.shape());
    if image == 0 {
        return dx;
    }
    parallel::chunks(dx.as_mut_slice(), image, 3 * image as u64, |n, dx| {
        let [x, dy] = [x, dy].map(|tensor| &tensor.as_slice()[n * image..][..image]);
        dispatch(Combine { x, dy, dx, area, factors });
    });
    dx
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wave(shape: [usize; 4], step: f32, around: f32) -> Tensor {
        Tensor::from_fn(shape, |i| around + (i as f32 * step).sin())
    }

    fn close(fast: f64, expected: f64, scale: f64) -> bool {
        (fast - expected).abs() <= 2e-6 * scale
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]
        #[test]
        fn fast_is_reference(
            batch in 1_usize..6, channels in 1_usize..9, rows in 1_usize..40, columns in 1_usize..40,
            around in -100_i16..100,
        ) {
            let around = f32::from(around);
            let shape = [batch, channels, rows, columns];
            let (x, dy) = (wave(shape, 0.7, around), wave(shape, 1.3, 0.25));
            let layout = Layout::of(&x);
            let (fast, expected) = (moments(&x, layout), reference::moments(&x, layout));
            let spread = f64::from(around.abs() + 1.0);
            for c in 0..channels {
                prop_assert!(close(fast.mean[c].into(), expected.mean[c].into(), spread));
                prop_assert!(close(fast.variance[c].into(), expected.variance[c].into(), spread));
            }
            let (mean, variance) = (&expected.mean, &expected.variance);
            let sums = gradient_sums(&x, &dy, layout, mean, variance, 0.5);
            let count = layout.count as f64;
            for (fast, expected) in
                sums.iter().zip(reference::gradient_sums(&x, &dy, layout, mean, variance, 0.5))
            {
                prop_assert!(close(fast.0, expected.0, 4.0 * count));
                prop_assert!(close(fast.1, expected.1, count));
            }
            let factors: Vec<[f32; 3]> = (0..channels).map(|c| [c as f32, 0.5, -1.0]).collect();
            let fast = combine(&x, &dy, layout, &factors);
            prop_assert_eq!(fast, reference::combine(&x, &dy, layout, &factors));
            let fast = affine(&x, layout, mean, variance);
            prop_assert_eq!(fast, reference::affine(&x, layout, mean, variance));
        }
    }
}
