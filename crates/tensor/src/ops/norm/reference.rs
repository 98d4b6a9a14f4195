//! The passes of batch normalisation over all values, as plain loops.

use super::{Factors, Layout, Moments, Open, Source, Statistics};
use crate::ops::reduce::wide;
use crate::{Scalar, Tensor};

impl Layout {
    /// The runs of values of channel `c`, one per image.
    fn runs(self, x: &[Scalar], c: usize) -> impl Iterator<Item = &[Scalar]> {
        x.chunks_exact(self.area.max(1)).skip(c).step_by(self.channels)
    }
}

pub(super) fn moments(x: &Tensor, layout: Layout) -> Moments {
    let count = layout.count as f64;
    let (mean, variance) = (0..layout.channels)
        .map(|c| {
            let values = || layout.runs(x.as_slice(), c).flatten().copied().map(wide);
            let mean = values().sum::<f64>() / count;
            let variance = values().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
            (mean as Scalar, variance as Scalar)
        })
        .unzip();
    Moments { mean, variance, count: layout.count }
}

/// `scale · x + shift` with one pair per channel, and of that `max(·, 0)` if `relu`.
pub(super) fn affine(
    x: &Tensor,
    layout: Layout,
    scale: &[Scalar],
    shift: &[Scalar],
    relu: bool,
) -> Tensor {
    let y = Tensor::from_fn(x.shape(), |i| {
        let c = i / layout.area % layout.channels;
        scale[c] * x.as_slice()[i] + shift[c]
    });
    if relu { crate::relu(y) } else { y }
}

/// `(Σ ∂y · x̂, Σ ∂y)` per channel.
pub(super) fn gradient_sums(
    x: &Tensor,
    dy: &Tensor,
    layout: Layout,
    statistics: Statistics,
) -> Vec<(f64, f64)> {
    let sums = |c: usize| {
        let (mean, inverse) = (wide(statistics.mean[c]), statistics.inverse(c));
        let values = layout.runs(x.as_slice(), c).flatten();
        let pairs = values.zip(layout.runs(dy.as_slice(), c).flatten());
        pairs.fold((0.0, 0.0), |(dgamma, dbeta), (&x, &dy)| {
            (dgamma + wide(dy) * (wide(x) - mean) * inverse, dbeta + wide(dy))
        })
    };
    (0..layout.channels).map(sums).collect()
}

/// `∂x = a · ∂y + b · x + c` with the `[a, b, c]` that `factors` makes of the sums of a channel, and
/// these sums; `∂y` counts only where `open`.
pub(super) fn backward(
    x: &Tensor,
    dy: Source,
    layout: Layout,
    open: Option<Open>,
    statistics: Statistics,
    factors: &Factors,
) -> (Tensor, Vec<(f64, f64)>) {
    let dy = match dy {
        Source::Own(dy) => dy,
        Source::Shared(dy) => dy.clone(),
        Source::Pooled { dy, argmax, at } => crate::max_pool_backward(dy, argmax, at),
    };
    let dy = match open {
        Some([scale, shift]) => crate::relu_backward(&affine(x, layout, scale, shift, true), dy),
        None => dy,
    };
    let sums = gradient_sums(x, &dy, layout, statistics);
    let factors: Vec<[Scalar; 3]> =
        sums.iter().enumerate().map(|(c, &sums)| factors(c, sums)).collect();
    let dx = Tensor::from_fn(x.shape(), |i| {
        let [a, b, c] = factors[i / layout.area % layout.channels];
        a * dy.as_slice()[i] + b * x.as_slice()[i] + c
    });
    (dx, sums)
}

#[cfg(test)]
mod tests {
    use crate::{
        Scalar, Tensor, batch_norm_backward, batch_norm_backward_eval, batch_norm_eval,
        batch_norm_train,
    };

    fn vector(values: &[Scalar]) -> Tensor {
        Tensor::from_vec([values.len()], values.to_vec()).expect("as many as there are")
    }

    fn wave(shape: impl Into<crate::Shape>, step: usize) -> Tensor {
        Tensor::from_fn(shape, |i| ((i * step) % 17) as Scalar * 0.25 - 2.0)
    }

    #[test]
    fn a_channel_is_normalised_over_batch_and_positions() {
        // Channel 0 holds 1, 3, 5, 7: mean 4, variance 5. Channel 1 is constant.
        let x = Tensor::from_vec([2, 2, 1, 2], vec![1.0, 3.0, 9.0, 9.0, 5.0, 7.0, 9.0, 9.0]);
        let (gamma, beta) = (vector(&[2.0, 3.0]), vector(&[0.5, -1.0]));
        let (y, moments) = batch_norm_train(&x.expect("8 values"), &gamma, &beta, 4.0);
        assert_eq!(
            (moments.mean, moments.variance, moments.count),
            (vec![4.0, 9.0], vec![5.0, 0.0], 4)
        );
        // √(5 + 4) = 3, so y = 2 (x − 4) / 3 + 1/2 in channel 0 and β in channel 1.
        let expected = [-1.5, -1.0 / 6.0, -1.0, -1.0, 7.0 / 6.0, 2.5, -1.0, -1.0];
        for (y, expected) in y.as_slice().iter().zip(expected) {
            assert!((y - expected).abs() < 1e-6, "{y} is not {expected}");
        }
    }

    #[test]
    fn a_large_mean_does_not_swallow_the_variance() {
        let x = Tensor::from_fn([1000, 1], |i| 4096.0 + (i % 2) as Scalar);
        let (_, moments) = batch_norm_train(&x, &vector(&[1.0]), &vector(&[0.0]), 0.0);
        assert_eq!((moments.mean, moments.variance), (vec![4096.5], vec![0.25]));
    }

    #[test]
    fn evaluation_with_the_moments_of_the_batch_gives_the_training_output() {
        let x = wave([3, 2, 2, 5], 7);
        let (gamma, beta) = (vector(&[1.5, -0.5]), vector(&[0.25, 2.0]));
        let (y, moments) = batch_norm_train(&x, &gamma, &beta, 1e-5);
        let (mean, variance) = (vector(&moments.mean), vector(&moments.variance));
        assert_eq!(batch_norm_eval(&x, &gamma, &beta, &mean, &variance, 1e-5), y);
    }

    #[test]
    fn the_gradient_is_orthogonal_to_what_normalisation_removes() {
        // y does not change when x is shifted or scaled, so ∂x has no part along 1 or (x − μ).
        let (x, dy) = (wave([4, 3, 3, 2], 5), wave([4, 3, 3, 2], 11));
        let gamma = vector(&[1.0, -2.0, 0.5]);
        let (_, moments) = batch_norm_train(&x, &gamma, &vector(&[0.0; 3]), 0.0);
        let (dx, _, dbeta) = batch_norm_backward(&x, &dy, &gamma, &moments, 0.0);
        for c in 0..3 {
            let of_channel = |i: &usize| i / 6 % 3 == c;
            let along = |f: &dyn Fn(usize) -> Scalar| {
                (0..x.len()).filter(of_channel).map(|i| dx.as_slice()[i] * f(i)).sum::<Scalar>()
            };
            assert!(along(&|_| 1.0).abs() < 1e-5);
            assert!(along(&|i| x.as_slice()[i] - moments.mean[c]).abs() < 1e-5);
            assert!(along(&|i| dy.as_slice()[i]).abs() > 0.1, "dx is not zero");
            let sum: Scalar = (0..x.len()).filter(of_channel).map(|i| dy.as_slice()[i]).sum();
            assert!((sum - dbeta.as_slice()[c]).abs() < 1e-5);
        }
    }

    #[test]
    fn with_constant_statistics_the_gradient_is_only_scaled() {
        let (x, dy) = (vector(&[1.0, 5.0]).reshaped([2, 1]), vector(&[3.0, 4.0]).reshaped([2, 1]));
        let (mean, variance) = (vector(&[1.0]), vector(&[4.0]));
        let (dx, dgamma, dbeta) =
            batch_norm_backward_eval(&x, &dy, &vector(&[6.0]), &mean, &variance, 0.0);
        assert_eq!(dx.as_slice(), [9.0, 12.0]);
        assert_eq!((dgamma.as_slice(), dbeta.as_slice()), (&[8.0][..], &[7.0][..]));
    }
}
