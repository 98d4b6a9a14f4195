//! A gain and a bias for each channel, and a squashing function behind them.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use super::Squash;
use crate::ops::reduce::channel_totals;
use crate::{Number, Scalar, Tensor};

/// `y = φ(gain · x + bias)`, with a gain and a bias for each channel, or without `φ`.
#[derive(Clone, Copy, Debug)]
pub struct Affine {
    /// `φ`.
    pub squash: Option<Squash>,
}

impl Affine {
    /// `y` of `x` `(N, C, H, W)`; `params` `(C, 2)` are gains and biases.
    ///
    /// # Panics
    /// When there are not as many parameters as channels need.
    pub fn forward(self, x: &Tensor, params: &Tensor) -> Tensor {
        let area = check(x, params);
        let mut y = Tensor::stale(x.shape());
        kernels::forward(self, [x.as_slice(), params.as_slice()], area, y.as_mut_slice());
        y
    }

    /// `∂x` and what the parameters receive, from the input and the output.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn backward(self, [x, y]: [&Tensor; 2], params: &Tensor, dy: &Tensor) -> (Tensor, Tensor) {
        let area = check(x, params);
        assert_eq!([x.shape(), y.shape()], [dy.shape(); 2], "affine: tensors of one pass");
        let values = [x, y, dy, params].map(Tensor::as_slice);
        let mut dx = Tensor::stale(x.shape());
        let sums = kernels::backward(self, values, area, dx.as_mut_slice());
        let [gains, biases] = [0, 1].map(|nth| {
            let planes: Vec<f64> = sums.iter().map(|sums| sums[nth]).collect();
            channel_totals(&planes, params.dims()[0])
        });
        let params = Tensor::from_fn(params.shape(), |i| [&gains, &biases][i % 2][i / 2] as Scalar);
        (dx, params)
    }

    #[inline(always)]
    fn value<T: Number>(self, [gain, bias]: [T; 2], x: T) -> T {
        let z = gain.mul_add(x, bias);
        self.squash.map_or(z, |squash| squash.value(z))
    }

    /// What `z = gain · x + bias` receives.
    #[inline(always)]
    fn pull<T: Number>(self, y: T, dy: T) -> T {
        self.squash.map_or(dy, |squash| dy * squash.slope(y))
    }
}

/// The numbers of a plane.
fn check(x: &Tensor, params: &Tensor) -> usize {
    let [_, channels, rows, columns] = x.nchw();
    assert_eq!(*params.dims(), [channels, 2], "affine: a gain and a bias for every channel");
    rows * columns
}

#[cfg(cenote_f64)]
use reference as kernels;

/// Number by number.
#[cfg(any(cenote_f64, test))]
mod reference {
    use super::Affine;
    use crate::Scalar;
    use crate::ops::reduce::wide;

    pub(super) fn forward(
        affine: Affine,
        [x, params]: [&[Scalar]; 2],
        area: usize,
        y: &mut [Scalar],
    ) {
        for (i, (y, &x)) in y.iter_mut().zip(x).enumerate() {
            *y = affine.value(of_channel(params, i / area), x);
        }
    }

    pub(super) fn backward(
        affine: Affine,
        [x, y, dy, params]: [&[Scalar]; 4],
        area: usize,
        dx: &mut [Scalar],
    ) -> Vec<[f64; 2]> {
        let mut sums = vec![[0.0; 2]; dx.len() / area.max(1)];
        for (i, dx) in dx.iter_mut().enumerate() {
            let [gain, _] = of_channel(params, i / area);
            let dz = affine.pull(y[i], dy[i]);
            *dx = dz * gain;
            let [of_gain, of_bias] = &mut sums[i / area];
            *of_gain += wide(dz * x[i]);
            *of_bias += wide(dz);
        }
        sums
    }

    fn of_channel(params: &[Scalar], plane: usize) -> [Scalar; 2] {
        let first = 2 * plane % params.len();
        [params[first], params[first + 1]]
    }
}

/// A register at a time.
#[cfg(not(cenote_f64))]
mod kernels {
    use super::Affine;
    use crate::ops::parallel;
    use crate::simd::{Kernel, Many, Vector, dispatch, load_up_to, store_up_to};

    /// Numbers that one task handles, about: it takes whole planes.
    const BLOCK: usize = 1 << 14;
    /// What one of them costs, in operations.
    const COST: u64 = 40;
    /// Registers that are added up in single precision.
    const RUN: usize = 64;

    /// Some planes.
    struct Planes<'a> {
        affine: Affine,
        params: &'a [f32],
        area: usize,
        first: usize,
    }

    impl Planes<'_> {
        #[inline(always)]
        fn of_plane<V: Vector>(&self, nth: usize) -> [Many<V>; 2] {
            let first = 2 * (self.first + nth) % self.params.len();
            let (gain, bias) = (self.params[first], self.params[first + 1]);
            [Many(V::splat(gain)), Many(V::splat(bias))]
        }
    }

    struct Forward<'a>(Planes<'a>, &'a [f32], &'a mut [f32]);

    impl Kernel for Forward<'_> {
        type Output = ();

        #[inline(always)]
        fn run<V: Vector>(self) {
            let Self(planes, x, y) = self;
            let each = x.chunks_exact(planes.area).zip(y.chunks_exact_mut(planes.area));
            for (nth, (x, y)) in each.enumerate() {
                let params = planes.of_plane::<V>(nth);
                for at in (0..x.len()).step_by(V::LANES) {
                    let value = planes.affine.value(params, Many(load_up_to::<V>(x, at)));
                    store_up_to(value.0, y, at);
                }
            }
        }
    }

    struct Backward<'a>(Planes<'a>, [&'a [f32]; 3], &'a mut [f32], &'a mut [[f64; 2]]);

    impl Kernel for Backward<'_> {
        type Output = ();

        #[inline(always)]
        fn run<V: Vector>(self) {
            let Self(planes, values, dx, sums) = self;
            for (nth, (dx, sums)) in dx.chunks_exact_mut(planes.area).zip(sums).enumerate() {
                let [x, y, dy] = values.map(|of| &of[nth * planes.area..][..planes.area]);
                let [gain, _] = planes.of_plane::<V>(nth);
                for start in (0..x.len()).step_by(RUN * V::LANES) {
                    let mut run = [Many(V::splat(0.0)); 2];
                    for at in (start..x.len().min(start + RUN * V::LANES)).step_by(V::LANES) {
                        // Lanes behind the plane are zeros.
                        let x = Many(load_up_to::<V>(x, at));
                        let (y, given) = (load_up_to(y, at), load_up_to(dy, at));
                        let dz = planes.affine.pull(Many(y), Many(given));
                        run = [run[0] + dz * x, run[1] + dz];
                        store_up_to((dz * gain).0, dx, at);
                    }
                    for (sum, run) in sums.iter_mut().zip(run) {
                        *sum += f64::from(run.0.sum());
                    }
                }
            }
        }
    }

    pub(super) fn forward(affine: Affine, [x, params]: [&[f32]; 2], area: usize, y: &mut [f32]) {
        let together = (BLOCK / area.max(1)).max(1);
        let size = together * area;
        parallel::chunks(y, size, COST * size as u64, |nth, y| {
            let planes = Planes { affine, params, area, first: nth * together };
            dispatch(Forward(planes, &x[nth * size..][..y.len()], y));
        });
    }

    pub(super) fn backward(
        affine: Affine,
        [x, y, dy, params]: [&[f32]; 4],
        area: usize,
        dx: &mut [f32],
    ) -> Vec<[f64; 2]> {
        let together = (BLOCK / area.max(1)).max(1);
        let size = together * area;
        let mut sums = vec![[0.0; 2]; dx.len() / area.max(1)];
        let outputs = (dx, &mut *sums);
        parallel::pairs(outputs, [size, together], COST * size as u64, |nth, dx, sums| {
            let planes = Planes { affine, params, area, first: nth * together };
            let values = [x, y, dy].map(|values| &values[nth * size..][..dx.len()]);
            dispatch(Backward(planes, values, dx, sums));
        });
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fast_is_reference() {
        for (shape, squash) in [
            ([2, 3, 5, 9], Some(Squash::Tanh)),
            ([3, 2, 40, 47], Some(Squash::Logistic)),
            ([2, 2, 1, 1], None),
        ] {
            let affine = Affine { squash };
            let x = Tensor::from_fn(shape, |i| (i * 7919 % 1000) as Scalar / 250.0 - 2.0);
            let params = Tensor::from_fn([shape[1], 2], |i| 0.7 - i as Scalar / 3.0);
            let dy = Tensor::from_fn(shape, |i| (i % 7) as Scalar - 3.0);
            let (y, area) = (affine.forward(&x, &params), shape[2] * shape[3]);
            let mut expected = vec![0.0; x.len()];
            reference::forward(affine, [x.as_slice(), params.as_slice()], area, &mut expected);
            let close = |got: Scalar, expected: Scalar| {
                let error = (got - expected).abs();
                assert!(error <= 1e-5 * (1.0 + expected.abs()), "{got} for {expected}");
            };
            y.as_slice().iter().zip(expected).for_each(|(&got, expected)| close(got, expected));
            let (dx, dparams) = affine.backward([&x, &y], &params, &dy);
            let mut expected = vec![0.0; x.len()];
            let values = [&x, &y, &dy, &params].map(Tensor::as_slice);
            let sums = reference::backward(affine, values, area, &mut expected);
            dx.as_slice().iter().zip(expected).for_each(|(&got, expected)| close(got, expected));
            for (i, &got) in dparams.as_slice().iter().enumerate() {
                let planes = sums.iter().skip(i / 2).step_by(shape[1]);
                close(got, planes.map(|sums| sums[i % 2]).sum::<f64>() as Scalar);
            }
        }
    }

    #[test]
    fn an_empty_batch_gives_nothing_to_the_parameters() {
        let (x, params) = (Tensor::zeros([0, 2, 3, 4]), Tensor::full([2, 2], 1.0));
        let affine = Affine { squash: None };
        let y = affine.forward(&x, &params);
        let (dx, dparams) = affine.backward([&x, &y], &params, &y);
        assert_eq!((dx.len(), dparams.as_slice()), (0, &[0.0; 4][..]));
    }
}
