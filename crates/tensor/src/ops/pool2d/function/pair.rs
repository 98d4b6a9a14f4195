//! Pools whose output is the mean of two cells of a window, or one cell.

use super::super::Argmax;
#[cfg(any(cenote_f64, test))]
use super::reference;
use super::{Cells, check};
use crate::{Number, Tensor, Windows, max_pool_backward};

/// The choice of two cells of a window, which may be one and the same.
pub trait PairChoice: Sync {
    /// The output for one window, and the offsets of the two cells in it that take half the gradient
    /// each. `#[inline(always)]`, as [`Number`] says.
    fn choose<T: Number>(&self, cells: &Cells<'_, T>) -> [T; 3];
}

/// Two cells chosen in every window of `x` `(N, C, H, W)`.
///
/// # Panics
/// When a shape does not fit the windows, or a window holds no cell of the input.
pub fn choose_pair<C: PairChoice>(choice: &C, x: &Tensor, at: &Windows) -> (Tensor, [Argmax; 2]) {
    check([x], &Tensor::zeros([x.nchw()[1], 0]), at);
    #[cfg(not(cenote_f64))]
    return fast::choose(choice, x, at);
    #[cfg(cenote_f64)]
    reference::choose_pair(choice, x, at)
}

/// `∂x` of [`choose_pair`]: half of every `∂y` to each of the two cells.
///
/// # Panics
/// When `dy` and the cells are not of one pass.
pub fn choose_pair_backward(dy: &Tensor, pair: &[Argmax; 2], at: &Windows) -> Tensor {
    assert_eq!(dy.nchw()[2..], at.output(), "choose: dy as fitted");
    for one in pair {
        assert_eq!(dy.len(), one.len(), "choose: dy and cells of one pass");
    }
    #[cfg(not(cenote_f64))]
    if let Some(dx) = fast::backward(dy, pair, at) {
        return dx;
    }
    let half = dy.clone().map(|dy| 0.5 * dy);
    let [mut dx, more] = pair.each_ref().map(|one| max_pool_backward(&half, one, at));
    dx.add_assign(&more);
    dx
}

/// As many windows at a time as a register has lanes.
#[cfg(not(cenote_f64))]
mod fast {
    #![expect(
        clippy::inline_always,
        reason = "code that is not inlined into the entry of its path loses that path's instructions"
    )]

    use super::super::super::axis::{axes, is_quarter};
    use super::super::super::few::Few;
    use super::super::super::max::Offsets;
    use super::super::super::spread::Share;
    use super::super::super::{Argmax, Divisor, fast};
    use super::super::fast::{plane, task};
    use super::super::plan::{Place, Plan, Visitor};
    use super::super::{Cells, reference};
    use super::PairChoice;
    use crate::memory::Buffer;
    use crate::ops::{parallel, scratch};
    use crate::simd::{Kernel, Many, Vector, dispatch, store_bytes, store_up_to};
    use crate::{Tensor, Windows};

    pub(super) fn choose<C: PairChoice>(
        choice: &C,
        x: &Tensor,
        at: &Windows,
    ) -> (Tensor, [Argmax; 2]) {
        let Some(plan) = Plan::new(at, Divisor::RealCells) else {
            return reference::choose_pair(choice, x, at);
        };
        let ([batch, channels, ..], [rows, columns]) = (x.nchw(), at.output());
        let mut y = Tensor::stale([batch, channels, rows, columns]);
        let mut pair = [0; 2].map(|_: u8| Buffer::<u8>::stale(y.len()));
        let (together, operations) = task(at);
        let size = (together * rows * columns).max(1);
        let [first, second] = &mut pair;
        let cells = first.chunks_mut(size).zip(second.chunks_mut(size));
        let outputs = y.as_mut_slice().chunks_mut(size).zip(cells).collect();
        parallel::each(outputs, operations, |nth, (y, (one, other)): (&mut [f32], _)| {
            scratch::with(plan.sheet(), |sheet| {
                let (x, first, pair) = (x.as_slice(), nth * together, [one, other]);
                dispatch(Pairs { choice, plan: &plan, x, first, sheet, y, pair });
            });
        });
        (y, pair.map(|one| Argmax(Offsets::Narrow(one))))
    }

    /// Chosen cells of the planes from `first` on.
    struct Pairs<'a, C> {
        choice: &'a C,
        plan: &'a Plan,
        x: &'a [f32],
        first: usize,
        sheet: &'a mut [f32],
        y: &'a mut [f32],
        pair: [&'a mut [u8]; 2],
    }

    impl<C: PairChoice> Kernel for Pairs<'_, C> {
        type Output = ();

        #[inline(always)]
        fn run<V: Vector>(self) {
            let Self { choice, plan, x, first, sheet, y, pair: [one, other] } = self;
            let [rows, columns] = plan.at.output();
            let size = rows * columns;
            let cells = one.chunks_exact_mut(size).zip(other.chunks_exact_mut(size));
            sheet.fill(0.0);
            for (nth, (y, (one, other))) in y.chunks_exact_mut(size).zip(cells).enumerate() {
                let planes = [plane(x, plan.at.input(), first + nth)];
                let visitor = &mut Choosing { choice, columns, y, pair: [one, other] };
                plan.sweep::<V, 1>(planes, sheet, visitor);
            }
        }
    }

    struct Choosing<'a, C> {
        choice: &'a C,
        columns: usize,
        y: &'a mut [f32],
        pair: [&'a mut [u8]; 2],
    }

    impl<C: PairChoice, V: Vector> Visitor<V, 1> for Choosing<'_, C> {
        #[inline(always)]
        fn visit<const AREA: usize>(
            &mut self,
            cells: &Cells<'_, Many<V>>,
            Place { row, at, .. }: Place,
            _: &mut [[Many<V>; AREA]; 1],
        ) {
            let row = row * self.columns..(row + 1) * self.columns;
            let [value, one, other] = self.choice.choose(cells);
            store_up_to(value.0, &mut self.y[row.clone()], at);
            store_bytes(one.0, &mut self.pair[0][row.clone()], at);
            store_bytes(other.0, &mut self.pair[1][row], at);
        }
    }

    /// `None` for windows of other kinds than few cells.
    pub(super) fn backward(dy: &Tensor, pair: &[Argmax; 2], at: &Windows) -> Option<Tensor> {
        let [Argmax(Offsets::Narrow(one)), Argmax(Offsets::Narrow(other))] = pair else {
            return None;
        };
        let known = Few::of(at).is_some() || is_quarter(at);
        (known && axes(at).is_some()).then(|| fast::backward(dy, Share::Halves([one, other]), at))
    }
}

#[cfg(all(test, not(cenote_f64)))]
mod tests {
    use super::*;
    use crate::Window;

    /// The first and the last cell, and their mean.
    struct Ends;

    impl PairChoice for Ends {
        #[expect(clippy::inline_always, reason = "as `Number` asks")]
        #[inline(always)]
        fn choose<T: Number>(&self, cells: &Cells<'_, T>) -> [T; 3] {
            let (zero, mut first, mut last) = (T::of(0.0), T::of(-1.0), T::of(0.0));
            let [mut start, mut end] = [zero; 2];
            for k in 0..cells.area() {
                let ([x], here) = (cells.at(k), T::of(k as f32));
                last = cells.inside(k, here, last);
                end = cells.inside(k, x, end);
                let begun = first.equals(T::of(-1.0));
                start = cells.inside(k, T::select(begun, x, start), start);
                first = cells.inside(k, T::select(begun, here, first), first);
            }
            [(start + end) * T::of(0.5), first, last]
        }
    }

    #[test]
    fn pairs_in_registers_are_those_of_scalars_and_take_half_each() {
        let three = |stride| Window::new([3, 3], stride).padded([1, 1]);
        for (window, [rows, columns]) in [
            (Window::square(2), [6, 38]),
            (three([2, 2]), [9, 70]),
            (three([1, 1]), [5, 33]),
            (Window::new([5, 4], [3, 2]).padded([2, 1]), [11, 23]),
            // Planes that several tasks share on the way back.
            (three([2, 2]), [260, 303]),
        ] {
            let at = window.fit("pool", [rows, columns]).expect("fits");
            let x = Tensor::from_fn([2, 3, rows, columns], |i| ((i * 37 + i / 5) % 11) as f32);
            let (y, pair) = choose_pair(&Ends, &x, &at);
            let expected = reference::choose_pair(&Ends, &x, &at);
            assert_eq!((&y, &pair), (&expected.0, &expected.1), "{at:?}");
            let dy = Tensor::from_fn(y.shape(), |i| (i % 17) as f32 - 8.0);
            let half = dy.clone().map(|dy| 0.5 * dy);
            let mut expected = max_pool_backward(&half, &pair[0], &at);
            expected.add_assign(&max_pool_backward(&half, &pair[1], &at));
            assert_eq!(choose_pair_backward(&dy, &pair, &at), expected, "{at:?}");
        }
    }
}
