//! Registers give what scalars give, and sums what windows give.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use proptest::prelude::*;

use super::super::tests::{close, noise, windows};
use super::super::{Cells, Divisor, Gradient};
use super::*;

/// `a · Σ e^(bh) x / Σ e^(bh) + Σ x / D`.
struct Weighted(Divisor);

impl WindowFunction<2> for Weighted {
    fn divisor(&self) -> Divisor {
        self.0
    }

    #[inline(always)]
    fn value<T: Number>(&self, params: &[T], cells: &Cells<'_, T, 2>) -> T {
        let [mut above, mut below, mut sum] = [T::of(0.0); 3];
        for k in 0..cells.area() {
            let [x, h] = cells.at(k);
            let weight = cells.inside(k, (h * params[1]).exp(), T::of(0.0));
            above = weight.mul_add(x, above);
            below = below + weight;
            sum = sum + x;
        }
        params[0] * above / below + sum / cells.divisor()
    }

    #[inline(always)]
    fn gradient<T: Number>(
        &self,
        params: &[T],
        cells: &Cells<'_, T, 2>,
        dy: T,
        into: &mut Gradient<'_, T, 2>,
    ) {
        let [mut above, mut below, mut tilt, mut slope] = [T::of(0.0); 4];
        for k in 0..cells.area() {
            let [x, h] = cells.at(k);
            let weight = cells.inside(k, (h * params[1]).exp(), T::of(0.0));
            above = weight.mul_add(x, above);
            below = below + weight;
            tilt = tilt + weight * h;
            slope = slope + weight * h * x;
        }
        let (mean, scale) = (above / below, dy * params[0] / below);
        for k in 0..cells.area() {
            let [x, h] = cells.at(k);
            let weight = (h * params[1]).exp() * scale;
            into.cells[0][k] = weight + dy / cells.divisor();
            into.cells[1][k] = weight * params[1] * (x - mean);
        }
        into.params[0] = into.params[0] + dy * mean;
        into.params[1] = into.params[1] + scale * (slope - mean * tilt);
    }
}

impl SumFunction<2, 5, 3> for Weighted {
    fn range(&self, params: &[Scalar]) -> [[Scalar; 2]; 2] {
        [[1e-6, 2.0], [0.0, 30.0 / params[1]]]
    }

    #[inline(always)]
    fn terms<T: Number>(&self, params: &[T], [x, h]: [T; 2]) -> [T; 5] {
        let weight = (h * params[1]).exp();
        [weight * x, weight, x, weight * h, weight * h * x]
    }

    #[inline(always)]
    fn total<T: Number>(&self, params: &[T], [above, below, sum]: [T; 3], divisor: T) -> T {
        params[0] * above / below + sum / divisor
    }

    #[inline(always)]
    fn pull<T: Number>(
        &self,
        params: &[T],
        [above, below, _, tilt, slope]: [T; 5],
        divisor: T,
        dy: T,
        dparams: &mut [T],
    ) -> [T; 3] {
        let (mean, scale) = (above / below, dy * params[0] / below);
        dparams[0] = dy * mean;
        dparams[1] = scale * (slope - mean * tilt);
        [scale, -scale * mean, dy / divisor]
    }

    #[inline(always)]
    fn cell<T: Number>(
        &self,
        params: &[T],
        [x, _]: [T; 2],
        terms: [T; 5],
        [above, below, sum]: [T; 3],
    ) -> [T; 2] {
        let weight = terms[1];
        [above.mul_add(weight, sum), weight * params[1] * above.mul_add(x, below)]
    }
}

/// All that both passes give.
fn both(
    f: &Weighted,
    [x, h, params, dy]: [&Tensor; 4],
    at: &Windows,
    fast: bool,
) -> [Vec<Scalar>; 4] {
    let (y, (maps, sums)) = if fast {
        let y = pool_sums(f, [x, h], params, at);
        (y, kernels::pool_backward(f, [x, h], params, dy, at))
    } else {
        let y = reference::pool(f, [x, h], params, at);
        (y, reference::pool_backward(f, [x, h], params, dy, at))
    };
    let [dx, dh] = maps.map(Tensor::into_vec);
    [y.into_vec(), dx, dh, sums.into_iter().map(|sum| sum as Scalar).collect()]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn sums_in_registers_are_those_of_scalars_and_give_what_windows_give(
        at in windows(), batch in 0_usize..3, channels in 1_usize..4, counted: bool, odd in 0_usize..4,
    ) {
        let [[height, width], [rows, columns]] = [at.input(), at.output()];
        let shape = [batch, channels, height, width];
        let (mut x, h) = (noise(shape, 1), noise(shape, 2));
        if !x.is_empty() {
            // Some planes go by windows, among others that do not.
            let values = x.as_mut_slice();
            let last = values.len() - 1;
            values[last] = [values[last], 3.0, 1e-7, 0.0][odd];
        }
        let params = noise([channels, 2], 3).map(|p| p + 1.5);
        let dy = noise([batch, channels, rows, columns], 4);
        let f = Weighted(if counted { Divisor::CountPadding } else { Divisor::RealCells });
        let all = [&x, &h, &params, &dy];
        let [got, expected] = [true, false].map(|fast| both(&f, all, &at, fast));
        for (what, (got, expected)) in ["y", "dx", "dh", "params"].iter().zip(got.iter().zip(&expected)) {
            close(what, got, expected)?;
        }
        let by_windows = super::super::pool(&f, [&x, &h], &params, &at);
        close("y by windows", &got[0], by_windows.as_slice())?;
        let by_windows = super::super::pool_backward(&f, [&x, &h], &params, &dy, &at);
        close("dx by windows", &got[1], by_windows.maps[0].as_slice())?;
        close("dh by windows", &got[2], by_windows.maps[1].as_slice())?;
    }

    #[test]
    fn a_cell_that_is_no_number_concerns_the_windows_that_hold_it(
        at in windows(), place in 0_usize..1000, kind in 0_usize..3,
    ) {
        let [height, width] = at.input();
        let mut x = noise([1, 2, height, width], 1);
        let place = place % (height * width);
        x.as_mut_slice()[place] = [Scalar::NAN, Scalar::INFINITY, Scalar::NEG_INFINITY][kind];
        let (h, params) = (noise(x.shape(), 2), Tensor::full([2, 2], 1.0));
        let y = pool_sums(&Weighted(Divisor::RealCells), [&x, &h], &params, &at);
        let [rows, columns] = at.output();
        for (i, j) in (0..rows).flat_map(|i| (0..columns).map(move |j| (i, j))) {
            let holds = at.cells(i, j).any(|(_, cell)| cell == place);
            let y = y.as_slice()[i * columns + j];
            prop_assert_eq!(y.is_finite(), !holds, "{} {}: {}", i, j, y);
        }
    }
}

#[test]
fn planes_that_several_tasks_share_give_the_same_for_any_number_of_threads() {
    let at = crate::Window::new([3, 3], [2, 2]).padded([1, 1]).fit("pool", [61, 67]).expect("fits");
    let (mut x, h) = (noise([3, 40, 61, 67], 1), noise([3, 40, 61, 67], 2));
    x.as_mut_slice()[5 * 61 * 67] = 9.0;
    let params = noise([40, 2], 3).map(|p| p + 1.5);
    let dy = noise([3, 40, at.output()[0], at.output()[1]], 4);
    let run = |threads| {
        let pools = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let f = Weighted(Divisor::RealCells);
        let both = || both(&f, [&x, &h, &params, &dy], &at, true);
        pools.expect("a few threads").install(both)
    };
    let one = run(1);
    assert_eq!(one, run(2));
    assert_eq!(one, run(3));
}
