//! Maximum and mean of every window, in proportions that belong to the channel.
//!
//! Windows of a few cells have both from one look at the plane. The gradient knows from the winners where
//! the maxima were, so that nobody has to keep the input.

use super::{Argmax, Divisor};
use crate::ops::reduce::{channel_totals, plane_dots};
use crate::{Scalar, Tensor, Windows, avg_pool, avg_pool_backward, max_pool, max_pool_backward};

/// `y = a · max + b · mean`, with an `a` and a `b` for each channel.
///
/// The maximum is that of [`max_pool`] and the mean that of [`avg_pool`], and so are the cells that
/// receive their gradients.
#[derive(Clone, Debug)]
pub struct Blend {
    /// `(2, C)`.
    shares: Tensor,
    divisor: Divisor,
}

/// What [`Blend::forward`] computes.
#[derive(Debug)]
pub struct Blended {
    /// `(N, C, OH, OW)`.
    pub y: Tensor,
    /// Where the maxima are.
    pub argmax: Argmax,
    /// Maximum less mean of every window, where it was asked for.
    pub difference: Option<Tensor>,
}

impl Blend {
    /// The shares `(2, C)`: `a` of the maxima, then `b` of the means.
    ///
    /// # Panics
    /// When they have another shape.
    pub fn new(shares: Tensor, divisor: Divisor) -> Self {
        assert!(matches!(*shares.dims(), [2, _]), "blend: two shares for each channel");
        Self { shares, divisor }
    }

    /// The shares.
    pub fn shares(&self) -> &Tensor {
        &self.shares
    }

    /// Those of the maxima and of the means.
    fn both(&self) -> [&[Scalar]; 2] {
        let (maximum, mean) = self.shares.as_slice().split_at(self.shares.dims()[1]);
        [maximum, mean]
    }

    /// Blends the windows of `x` `(N, C, H, W)`; with their `difference`, which the gradients of shares
    /// need.
    ///
    /// # Panics
    /// When `x` has other channels, or planes that are not as fitted.
    pub fn forward(&self, x: &Tensor, at: &Windows, difference: bool) -> Blended {
        assert_eq!(x.nchw()[2..], at.input(), "blend: x as fitted");
        assert_eq!(x.nchw()[1], self.shares.dims()[1], "blend: shares of every channel");
        #[cfg(not(cenote_f64))]
        if let Some(blended) = fast::forward(self, x, at, difference) {
            return blended;
        }
        let ((mut y, argmax), mean) = (max_pool(x, at), avg_pool(x, at, self.divisor));
        let difference = difference.then(|| {
            let mut difference = y.clone();
            difference.zip_assign(&mean, |maximum, mean| maximum - mean);
            difference
        });
        self.each_plane(&mut y, |[a, b], plane, y| {
            let mean = &mean.as_slice()[plane * y.len()..];
            y.iter_mut().zip(mean).for_each(|(y, mean)| *y = a * *y + b * mean);
        });
        Blended { y, argmax, difference }
    }

    /// `∂x` of [`Blend::forward`], from its winners.
    ///
    /// # Panics
    /// When `dy` or the winners belong to another pass.
    pub fn backward(&self, dy: &Tensor, argmax: &Argmax, at: &Windows) -> Tensor {
        assert_eq!(dy.nchw()[2..], at.output(), "blend: dy as fitted");
        assert_eq!(dy.nchw()[1], self.shares.dims()[1], "blend: shares of every channel");
        assert_eq!(dy.len(), argmax.len(), "blend: dy and winners of one pass");
        #[cfg(not(cenote_f64))]
        if let Some(dx) = fast::backward(self, dy, argmax, at) {
            return dx;
        }
        let [mut all, mut share] = [dy.clone(), dy.clone()];
        self.each_plane(&mut all, |[a, _], _, dy| dy.iter_mut().for_each(|dy| *dy *= a));
        self.each_plane(&mut share, |[_, b], _, dy| dy.iter_mut().for_each(|dy| *dy *= b));
        let mut dx = max_pool_backward(&all, argmax, at);
        dx.add_assign(&avg_pool_backward(&share, at, self.divisor));
        dx
    }

    /// Calls `work` with the shares, the number and the values of each plane.
    fn each_plane(&self, of: &mut Tensor, work: impl Fn([Scalar; 2], usize, &mut [Scalar])) {
        let [_, channels, rows, columns] = of.nchw();
        for (nth, plane) in of.as_mut_slice().chunks_exact_mut((rows * columns).max(1)).enumerate()
        {
            work(self.both().map(|of| of[nth % channels]), nth, plane);
        }
    }
}

/// What the share of the maximum receives in each channel, where that of the mean is what is left of
/// one: `Σ dy · difference` over batch and positions, `(C, 1)`.
///
/// # Panics
/// When the two are of different shapes.
pub fn blend_share_backward(dy: &Tensor, difference: &Tensor) -> Tensor {
    assert_eq!(dy.shape(), difference.shape(), "blend: dy and difference of one pass");
    let [_, channels, rows, columns] = dy.nchw();
    let planes = plane_dots([dy.as_slice(), difference.as_slice()], rows * columns);
    let sums = channel_totals(&planes, channels);
    Tensor::from_fn([channels, 1], |channel| sums[channel] as Scalar)
}

/// Windows of few cells, both at once.
#[cfg(not(cenote_f64))]
mod fast {
    use std::ops::Range;

    use super::super::axis::{axes, is_quarter};
    use super::super::fast::{self, divisors, task};
    use super::super::few::{BlendOfFew, Few};
    use super::super::max::Offsets;
    use super::super::quarter::BlendOfTiles;
    use super::super::spread::Share;
    use super::super::tasks::{Sizes, by_plane};
    use super::{Argmax, Blend, Blended};
    use crate::memory::Buffer;
    use crate::ops::parallel;
    use crate::simd::{Vector, dispatch, store_bytes, store_up_to};
    use crate::{Tensor, Windows};

    /// Where blended windows go.
    pub(in super::super) struct Outputs<'a> {
        pub(in super::super) y: &'a mut [f32],
        pub(in super::super) winners: &'a mut [u8],
        /// Empty where nobody asks for it.
        pub(in super::super) difference: &'a mut [f32],
        /// Of maximum and mean.
        pub(in super::super) shares: [f32; 2],
        pub(in super::super) columns: usize,
    }

    impl Outputs<'_> {
        /// Stores a register of windows of row `row`.
        #[expect(
            clippy::inline_always,
            reason = "code that is not inlined into the entry of its path loses that path's instructions"
        )]
        #[inline(always)]
        pub(in super::super) fn put<V: Vector>(
            &mut self,
            (maximum, winner): (V, V),
            mean: V,
            [row, at]: [usize; 2],
        ) {
            let row = row * self.columns..(row + 1) * self.columns;
            let [a, b] = self.shares.map(V::splat);
            store_up_to(a.mul(maximum).add(b.mul(mean)), &mut self.y[row.clone()], at);
            store_bytes(winner, &mut self.winners[row.clone()], at);
            if !self.difference.is_empty() {
                store_up_to(maximum.sub(mean), &mut self.difference[row], at);
            }
        }
    }

    /// One task: rows of outputs from `first` on.
    pub(in super::super) struct Task<'a> {
        pub(in super::super) x: &'a [f32],
        pub(in super::super) sizes: Sizes,
        /// Factors of the divisors.
        pub(in super::super) divisors: [&'a [f32]; 2],
        /// Of maxima and of means, of every channel.
        pub(in super::super) shares: [&'a [f32]; 2],
        pub(in super::super) first: usize,
        pub(in super::super) y: &'a mut [f32],
        pub(in super::super) winners: &'a mut [u8],
        /// Empty where nobody asks for it.
        pub(in super::super) difference: &'a mut [f32],
    }

    impl<'a> Task<'a> {
        /// The planes of the task, each with its rows of outputs and where these go.
        pub(in super::super) fn planes(
            self,
        ) -> impl Iterator<Item = (&'a [f32], Range<usize>, Outputs<'a>)> {
            let Self { x, sizes, shares, first, y, winners, difference, .. } = self;
            let ([rows, columns], mut rest) = (sizes.output, (y, winners, difference));
            let planes = by_plane(first, rest.0.len() / columns, rows);
            planes.map(move |(plane, rows, _)| {
                let size = rows.len() * columns;
                let (y, winners, difference) = (
                    rest.0.split_off_mut(..size).unwrap_or_default(),
                    rest.1.split_off_mut(..size).unwrap_or_default(),
                    rest.2.split_off_mut(..size).unwrap_or_default(),
                );
                let shares = shares.map(|of| of[plane % sizes.channels]);
                let outputs = Outputs { y, winners, difference, shares, columns };
                (Sizes::plane(sizes.input, x, plane), rows, outputs)
            })
        }
    }

    /// `None` for windows of other kinds.
    pub(super) fn forward(
        blend: &Blend,
        x: &Tensor,
        at: &Windows,
        difference: bool,
    ) -> Option<Blended> {
        let axes = axes(at)?;
        let few = Few::of(at);
        if few.is_none() && !is_quarter(at) {
            return None;
        }
        let [batch, channels, height, width] = x.nchw();
        let [rows, columns] = at.output();
        let [of_rows, of_columns] = divisors(&axes, blend.divisor);
        let mut y = Tensor::stale([batch, channels, rows, columns]);
        let mut winners = Buffer::stale(y.len());
        let mut difference = difference.then(|| Tensor::stale(y.shape()));
        let (together, operations) = task([height, width], [rows, columns], at, rows);
        let size = together * columns;
        let mut differences = difference.as_mut().map(|of| of.as_mut_slice().chunks_mut(size));
        let outputs = y.as_mut_slice().chunks_mut(size).zip(winners.chunks_mut(size));
        let tasks = outputs.enumerate().map(|(nth, (y, winners))| Task {
            x: x.as_slice(),
            sizes: Sizes::of(at, channels),
            divisors: [&of_rows, &of_columns],
            shares: blend.both(),
            first: nth * together,
            y,
            winners,
            difference: differences.as_mut().and_then(Iterator::next).unwrap_or_default(),
        });
        parallel::each(tasks.collect(), operations, |_, task| match few {
            Some(few) => dispatch(BlendOfFew { task, few }),
            None => dispatch(BlendOfTiles(task)),
        });
        Some(Blended { y, argmax: Argmax(Offsets::Narrow(winners)), difference })
    }

    /// `None` for windows of other kinds.
    pub(super) fn backward(
        blend: &Blend,
        dy: &Tensor,
        argmax: &Argmax,
        at: &Windows,
    ) -> Option<Tensor> {
        let (axes, Offsets::Narrow(winners)) = (axes(at)?, &argmax.0) else { return None };
        if Few::of(at).is_none() && !is_quarter(at) {
            return None;
        }
        let [of_rows, of_columns] = fast::reciprocals(&axes, blend.divisor);
        let factors = [of_rows.as_slice(), &of_columns];
        let shares = blend.both();
        Some(fast::backward(dy, Share::Both { winners, factors, shares }, at))
    }
}
#[cfg(not(cenote_f64))]
pub(super) use fast::{Outputs, Task};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Rounding, Window};

    const SHARES: [Scalar; 6] = [0.5, 1.0, 0.0, 0.25, 1.0, -2.0];

    #[test]
    fn it_is_what_maximum_and_mean_are() {
        let three = |stride| Window::new([3, 3], stride).padded([1, 1]);
        let windows = [
            (Window::square(2), [6, 38]),
            (Window::square(2), [7, 41]),
            (three([2, 2]), [9, 70]),
            (three([2, 2]).rounded(Rounding::Ceil), [8, 34]),
            (three([1, 1]), [5, 33]),
            (Window::new([2, 3], [1, 1]), [5, 20]),
            (Window::new([2, 2], [2, 1]), [6, 21]),
            (Window::new([5, 4], [3, 2]).padded([2, 1]), [11, 23]),
            // Planes that several tasks share.
            (Window::square(2), [262, 301]),
            (three([2, 2]), [260, 303]),
        ];
        let divisors = [Divisor::CountPadding, Divisor::RealCells, Divisor::Fixed(3)];
        for ((window, [rows, columns]), divisor) in
            windows.into_iter().flat_map(|window| divisors.map(|divisor| (window, divisor)))
        {
            let at = window.fit("pool", [rows, columns]).expect("fits");
            let blend = Blend::new(Tensor::from_fn([2, 3], |i| SHARES[i]), divisor);
            let x = Tensor::from_fn([2, 3, rows, columns], |i| match i % 97 {
                0 => Scalar::NAN,
                1 => Scalar::NEG_INFINITY,
                _ => ((i * 37 + i / 5) % 11) as Scalar - 6.0,
            });
            let Blended { y, argmax, difference } = blend.forward(&x, &at, true);
            let ((maxima, winners), means) = (max_pool(&x, &at), avg_pool(&x, &at, divisor));
            assert_eq!(argmax, winners);
            let dy = Tensor::from_fn(y.shape(), |i| (i % 17) as Scalar - 8.0);
            let dx = blend.backward(&dy, &argmax, &at);
            let [mut all, mut shares] = [dy.clone(), dy.clone()];
            for i in 0..y.len() {
                let channel = i / (at.output()[0] * at.output()[1]) % 3;
                let (maximum, mean) = (maxima.as_slice()[i], means.as_slice()[i]);
                let [a, b] = [SHARES[channel], SHARES[3 + channel]];
                let same = |got: Scalar, expected: Scalar| {
                    let close = (got - expected).abs() <= 1e-5;
                    close
                        || got.to_bits() == expected.to_bits()
                        || got.is_nan() && expected.is_nan()
                };
                assert!(same(y.as_slice()[i], a * maximum + b * mean), "{at:?} {i}");
                let difference = difference.as_ref().expect("was asked for").as_slice()[i];
                assert!(same(difference, maximum - mean), "{at:?} {i}");
                all.as_mut_slice()[i] *= a;
                shares.as_mut_slice()[i] *= b;
            }
            let mut expected = max_pool_backward(&all, &winners, &at);
            expected.add_assign(&avg_pool_backward(&shares, &at, divisor));
            for (got, expected) in dx.as_slice().iter().zip(expected.as_slice()) {
                assert!((got - expected).abs() <= 2e-5, "{at:?}: {got} for {expected}");
            }
        }
    }

    #[test]
    fn a_share_receives_what_it_weighs() {
        let difference = Tensor::from_fn([2, 2, 5, 8], |i| (i % 7) as Scalar);
        let dy = Tensor::from_fn([2, 2, 5, 8], |i| (i % 5) as Scalar - 2.0);
        let got = blend_share_backward(&dy, &difference);
        for channel in 0..2 {
            let of_channel = (0..160).filter(|i| i / 40 % 2 == channel);
            // Small whole numbers: exact in any order.
            let sum: Scalar = of_channel.map(|i| dy.as_slice()[i] * difference.as_slice()[i]).sum();
            assert!((got.as_slice()[channel] - sum).abs() < 0.5);
        }
    }
}
