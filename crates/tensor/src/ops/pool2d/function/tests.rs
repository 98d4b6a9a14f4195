//! Registers give what scalars give, for functions that use all there is.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use proptest::prelude::*;

use super::*;
use crate::{Rounding, Window};

/// An exponentially weighted mean of one map by another, with a weight per offset and a scale.
struct Weighted(Divisor);

impl WindowFunction<2> for Weighted {
    fn divisor(&self) -> Divisor {
        self.0
    }

    #[inline(always)]
    fn value<T: Number>(&self, params: &[T], cells: &Cells<'_, T, 2>) -> T {
        let [mut above, mut below, mut roots] = [T::of(0.0); 3];
        for k in 0..cells.area() {
            let [x, h] = cells.at(k);
            let weight = cells.inside(k, (h * params[0]).exp() * params[1 + k], T::of(0.0));
            above = weight.mul_add(x, above);
            below = below + weight;
            roots = roots + x.abs().sqrt();
        }
        above / below + roots / cells.divisor()
    }

    /// No derivative, but as much as there is to get wrong.
    #[inline(always)]
    fn gradient<T: Number>(
        &self,
        params: &[T],
        cells: &Cells<'_, T, 2>,
        dy: T,
        into: &mut Gradient<'_, T, 2>,
    ) {
        let y = self.value(params, cells);
        for k in 0..cells.area() {
            let [x, h] = cells.at(k);
            into.cells[0][k] = dy * (x - y) * params[1 + k];
            into.cells[1][k] = dy * h.tanh() / cells.divisor();
            into.params[1 + k] = into.params[1 + k] + dy * x;
        }
        into.params[0] = into.params[0] + dy * y;
    }
}

/// The last cell with at most a share of the others before it.
struct Shared;

impl Choice for Shared {
    #[inline(always)]
    fn choose<T: Number>(&self, draw: T, cells: &Cells<'_, T>) -> [T; 2] {
        let place = draw * cells.divisor();
        let [mut before, mut value, mut winner] = [T::of(0.0); 3];
        for k in 0..cells.area() {
            let [x] = cells.at(k);
            let beyond = cells.inside(k, before, T::of(Scalar::INFINITY)).beats(place);
            value = T::select(beyond, value, x);
            winner = T::select(beyond, winner, T::of(k as Scalar));
            before = cells.inside(k, before + T::of(1.0), before);
        }
        [value, winner]
    }
}

pub(super) fn windows() -> impl Strategy<Value = Windows> {
    let geometry = (
        ([1_usize..5, 1..5], [1_usize..5, 1..5], [1_usize..3, 1..3]),
        ([0_usize..3, 0..3], [0_usize..3, 0..3], [1_usize..14, 1..80]),
        (any::<bool>(), 0_u8..5),
    );
    geometry.prop_filter_map("does not fit", |(steps, sizes, (ceil, kind))| {
        let ((kernel, stride, dilation), (before, after, input)) = (steps, sizes);
        let rounding = if ceil { Rounding::Ceil } else { Rounding::Floor };
        let window = match kind {
            0 => Window::square(2),
            1 => Window::new([3, 3], [2, 2]).padded([1, 1]),
            2 => Window::new([9, 8], stride).padded([4, 4]),
            _ => Window { kernel, stride, before, after, dilation, rounding },
        };
        let at = window.rounded(rounding).fit("pool", input).ok()?;
        let full = |axis: usize| (0..at.output()[axis]).all(|o| at.taps(axis, o).next().is_some());
        (full(0) && full(1)).then_some(at)
    })
}

pub(super) fn noise(shape: impl Into<crate::Shape>, seed: u32) -> Tensor {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    Tensor::from_fn(shape, |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (f64::from(state.cast_signed()) / f64::from(1_u32 << 31)) as f32
    })
}

pub(super) fn close(what: &str, got: &[f32], expected: &[f32]) -> Result<(), TestCaseError> {
    prop_assert_eq!(got.len(), expected.len());
    for (i, (got, expected)) in got.iter().zip(expected).enumerate() {
        let allowed = 2e-5 * (1.0 + expected.abs());
        prop_assert!((got - expected).abs() <= allowed, "{} {}: {} {}", what, i, got, expected);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_function_of_registers_is_that_of_scalars(
        at in windows(), batch in 0_usize..3, channels in 1_usize..4, counted: bool,
    ) {
        let [[height, width], [rows, columns]] = [at.input(), at.output()];
        let shape = [batch, channels, height, width];
        let (x, h) = (noise(shape, 1), noise(shape, 2));
        let params = noise([channels, 1 + at.window().area()], 3).map(|p| p + 1.5);
        let dy = noise([batch, channels, rows, columns], 4);
        let f = Weighted(if counted { Divisor::CountPadding } else { Divisor::RealCells });
        let y = pool(&f, [&x, &h], &params, &at);
        let expected = reference::pool(&f, [&x, &h], &params, &at);
        close("y", y.as_slice(), expected.as_slice())?;
        let got = pool_backward(&f, [&x, &h], &params, &dy, &at);
        let (maps, sums) = reference::pool_backward(&f, [&x, &h], &params, &dy, &at);
        for (got, expected) in got.maps.iter().zip(&maps) {
            close("maps", got.as_slice(), expected.as_slice())?;
        }
        let each = params.dims()[1] * channels;
        let total = |i: usize| sums.iter().skip(i).step_by(each).sum::<f64>() as f32;
        close("params", got.params.as_slice(), &(0..each).map(total).collect::<Vec<_>>())?;
    }

    #[test]
    fn a_choice_of_registers_is_that_of_scalars(
        at in windows(), batch in 0_usize..3, channels in 1_usize..4,
    ) {
        let [[height, width], [rows, columns]] = [at.input(), at.output()];
        let x = noise([batch, channels, height, width], 1);
        let draws = noise([batch, channels, rows, columns], 2).map(|x| (x.abs() * 0.999).min(0.999));
        let got = choose(&Shared, &x, draws.as_slice(), &at);
        prop_assert_eq!(got, reference::choose(&Shared, &x, draws.as_slice(), &at));
    }
}

#[test]
fn planes_that_several_tasks_share_give_the_same_for_any_number_of_threads() {
    let at = Window::new([3, 3], [2, 2]).padded([1, 1]).fit("pool", [61, 67]).expect("fits");
    let (x, h) = (noise([3, 40, 61, 67], 1), noise([3, 40, 61, 67], 2));
    let params = noise([40, 10], 3).map(|p| p + 1.5);
    let dy = noise([3, 40, at.output()[0], at.output()[1]], 4);
    let f = Weighted(Divisor::RealCells);
    let run = |threads| {
        let pools = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pools.expect("a few threads").install(|| {
            let Pulled { maps: [dx, dh], params: dp } =
                pool_backward(&f, [&x, &h], &params, &dy, &at);
            [pool(&f, [&x, &h], &params, &at), dx, dh, dp]
        })
    };
    let one = run(1);
    assert_eq!(one, run(2));
    assert_eq!(one, run(3));
}
