//! Registers of cells, then of sums down the columns, then of windows.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use std::array::from_fn;
use std::ops::Range;

use super::super::fast::{Common, Gradients, TOGETHER, Values, dealt, plane, spread, task};
use super::super::plan::Plan;
use super::super::pull::Pulling;
use super::SumFunction;
use super::halving::{Halving, How};
use super::layout::{Layout, added};
use crate::ops::{parallel, scratch};
use crate::simd::{
    Kernel, Many, Vector, WIDEST, dispatch, load_up_to, prefetch_page_behind, store, store_up_to,
};
use crate::{Tensor, Windows};

pub(super) fn pool<const MAPS: usize, const SUMS: usize, const PULLS: usize, F>(
    function: &F,
    maps: [&Tensor; MAPS],
    params: &Tensor,
    at: &Windows,
) -> Tensor
where
    F: SumFunction<MAPS, SUMS, PULLS>,
{
    let Some(plan) = Plan::new(at, function.divisor()) else {
        return super::super::pool(function, maps, params, at);
    };
    let ([batch, channels, ..], [rows, columns]) = (maps[0].nchw(), at.output());
    let mut y = Tensor::stale([batch, channels, rows, columns]);
    let (together, operations) = task(at);
    let (maps, layout, halving) =
        (maps.map(Tensor::as_slice), Layout::new(&plan), Halving::new(at));
    let held = halving.as_ref().map_or_else(|| layout.held(PULLS), |of| of.held(PULLS));
    parallel::chunks(y.as_mut_slice(), together * rows * columns, operations, |nth, y| {
        let first = nth * together;
        scratch::with(held, |numbers| {
            let planes = first..first + y.len() / (rows * columns);
            let (layout, halving) = (&layout, halving.as_ref());
            let common = (function, params, channels);
            dispatch(Totals { common, layout, halving, maps, planes, numbers, y });
        });
    });
    y
}

/// Outputs of some planes.
struct Totals<'a, F, const MAPS: usize, const SUMS: usize, const PULLS: usize> {
    /// The function, its parameters, and for how many channels.
    common: (&'a F, &'a Tensor, usize),
    layout: &'a Layout<'a>,
    /// For windows that halve the plane.
    halving: Option<&'a Halving>,
    maps: [&'a [f32]; MAPS],
    planes: Range<usize>,
    /// Room for what the layout holds.
    numbers: &'a mut [f32],
    y: &'a mut [f32],
}

impl<F, const MAPS: usize, const SUMS: usize, const PULLS: usize> Kernel
    for Totals<'_, F, MAPS, SUMS, PULLS>
where
    F: SumFunction<MAPS, SUMS, PULLS>,
{
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { common, layout, halving, maps, planes, numbers, y } = self;
        let (function, params, channels) = common;
        let [rows, columns] = layout.windows().output();
        let mut registers = Vec::new();
        numbers.fill(0.0);
        for (of, y) in planes.zip(y.chunks_exact_mut(rows * columns)) {
            let cells = maps.map(|map| plane(map, layout.windows().input(), of));
            if !is_moderate::<V, _, MAPS, SUMS, PULLS>(function, params, of % channels, cells) {
                let (plan, planes) = (layout.plan, of..of + 1);
                scratch::with(MAPS * plan.sheet(), |sheets| {
                    dispatch(Values { function, plan, maps, params, channels, planes, sheets, y });
                });
                continue;
            }
            spread::<V>(params, of % channels, &mut registers);
            if let Some(of) = halving {
                let how = How { function, plan: layout.plan, params: &registers };
                match of.side {
                    2 => of.totals::<V, F, MAPS, SUMS, PULLS, 2>(how, cells, numbers, y),
                    _ => of.totals::<V, F, MAPS, SUMS, PULLS, 3>(how, cells, numbers, y),
                }
                continue;
            }
            let mut sheet = Sheet::<MAPS, PULLS>::new(layout, cells, &mut *numbers);
            for (row, y) in y.chunks_exact_mut(columns).enumerate() {
                sheet.fill::<V, F, SUMS, PULLS>(function, &registers, layout.under(row).end);
                sheet.sum_columns::<V>(row);
                for at in (0..columns).step_by(V::LANES) {
                    let sums = sheet.sums::<V>(at);
                    let total = function.total(&registers, sums, layout.plan.divisor(row, at));
                    store_up_to(total.0, y, at);
                }
            }
        }
    }
}

/// Whether no cell is too large or too small for its terms.
#[inline(always)]
fn is_moderate<V: Vector, F, const MAPS: usize, const SUMS: usize, const PULLS: usize>(
    function: &F,
    params: &Tensor,
    channel: usize,
    planes: [&[f32]; MAPS],
) -> bool
where
    F: SumFunction<MAPS, SUMS, PULLS>,
{
    let each = params.dims()[1];
    let ranges = function.range(&params.as_slice()[channel * each..][..each]);
    let [zero, one, infinity] = [0.0, 1.0, f32::INFINITY].map(V::splat);
    let mut all = true;
    for (plane, [low, high]) in planes.into_iter().zip(ranges) {
        let (mut most, mut least) = (zero, infinity);
        for at in (0..plane.len()).step_by(V::LANES) {
            if at % WIDEST == 0 {
                prefetch_page_behind(&plane[at..=at]);
            }
            let cells = load_up_to::<V>(plane, at);
            most = most.most(cells);
            // Zeros are never too small, and where there is no bound nothing is.
            if low > 0.0 {
                least = least.least(cells);
            }
        }
        let outside = V::select(most.exceeds(V::splat(high)), one, zero);
        let outside = V::select(V::splat(low).exceeds(least), one, outside);
        all &= outside.sum() == 0.0;
    }
    all
}

/// The rows of terms of one plane that are held, and the sums of one row of windows.
struct Sheet<'a, const MAPS: usize, const HELD: usize> {
    layout: &'a Layout<'a>,
    planes: [&'a [f32]; MAPS],
    terms: &'a mut [f32],
    slots: &'a mut [f32],
    row: &'a mut [f32],
    /// The first input row whose terms are not yet known.
    next: usize,
    places: Vec<usize>,
}

impl<'a, const MAPS: usize, const HELD: usize> Sheet<'a, MAPS, HELD> {
    #[inline(always)]
    fn new(layout: &'a Layout<'a>, planes: [&'a [f32]; MAPS], numbers: &'a mut [f32]) -> Self {
        let (row, numbers) = numbers.split_at_mut(layout.pitch);
        let (slots, terms) = numbers.split_at_mut(HELD * layout.plan.dealt.slot());
        let places = Vec::with_capacity(layout.windows().window().kernel[0]);
        Self { layout, planes, terms, slots, row, next: 0, places }
    }

    /// The register of cells at this row and column.
    #[inline(always)]
    fn cell<V: Vector>(&self, row: usize, at: usize) -> [Many<V>; MAPS] {
        let width = self.layout.windows().input()[1];
        let mut cell = [Many(V::splat(0.0)); MAPS];
        for (cell, plane) in cell.iter_mut().zip(self.planes) {
            *cell = Many(load_up_to(&plane[row * width..][..width], at));
        }
        cell
    }

    /// Computes the terms of all rows before `end` that are not yet known.
    #[inline(always)]
    fn fill<V: Vector, F, const SUMS: usize, const PULLS: usize>(
        &mut self,
        function: &F,
        params: &[Many<V>],
        end: usize,
    ) where
        F: SumFunction<MAPS, SUMS, PULLS>,
    {
        let (layout, width) = (self.layout, self.layout.windows().input()[1]);
        for row in self.next..end {
            let cells = self.planes.map(|plane| &plane[row * width..][..width]);
            let places: [_; HELD] = from_fn(|nth| layout.term(nth, row));
            let rows = places.map(|place| place..place + layout.pitch);
            let mut rows =
                self.terms.get_disjoint_mut(rows).expect("every sum has rows of its own");
            for at in (0..width).step_by(V::LANES) {
                let mut cell = [Many(V::splat(0.0)); MAPS];
                for (cell, cells) in cell.iter_mut().zip(cells) {
                    *cell = Many(load_up_to(cells, at));
                }
                for (term, row) in function.terms(params, cell).into_iter().zip(&mut rows) {
                    store(term.0, row, at);
                }
            }
        }
        self.next = self.next.max(end);
    }

    #[inline(always)]
    fn sum_columns<V: Vector>(&mut self, row: usize) {
        let slots = self.slots.chunks_exact_mut(self.layout.plan.dealt.slot());
        for (nth, slot) in slots.enumerate() {
            let into = (&mut *self.row, slot);
            self.layout.sum_columns::<V>(nth, row, self.terms, &mut self.places, into);
        }
    }

    #[inline(always)]
    fn sums<V: Vector>(&self, at: usize) -> [Many<V>; HELD] {
        let mut sums = [Many(V::splat(0.0)); HELD];
        let slots = self.slots.chunks_exact(self.layout.plan.dealt.slot());
        for (sum, slot) in sums.iter_mut().zip(slots) {
            *sum = Many(self.layout.sum_row(slot, at));
        }
        sums
    }
}

/// The gradients of the maps, and those of the parameters for every plane.
pub(super) fn pool_backward<const MAPS: usize, const SUMS: usize, const PULLS: usize, F>(
    function: &F,
    maps: [&Tensor; MAPS],
    params: &Tensor,
    dy: &Tensor,
    at: &Windows,
) -> ([Tensor; MAPS], Vec<f64>)
where
    F: SumFunction<MAPS, SUMS, PULLS>,
{
    let Some(plan) = Plan::new(at, function.divisor()) else {
        return super::super::reference::pool_backward(function, maps, params, dy, at);
    };
    let (layout, halving, pulling) = (Layout::new(&plan), Halving::new(at), Pulling::new(at));
    let held = match &halving {
        Some(halving) => halving.pulled(SUMS, PULLS),
        None => layout.held(SUMS) + layout.pulled(PULLS),
    };
    let [batch, channels, height, width] = maps[0].nchw();
    let (each, area) = (params.dims()[1], height * width);
    let mut dmaps = maps.map(|map| Tensor::stale(map.shape()));
    let mut sums = vec![0.0; batch * channels * each];
    let (together, operations) = task(at);
    let tasks = dealt(&mut dmaps, &mut sums, [together * area, together * each]);
    let maps = maps.map(Tensor::as_slice);
    parallel::each(tasks, operations, |nth, (dx, sums)| {
        scratch::with(held, |numbers| {
            let (plan, dy, first) = (&plan, dy.as_slice(), nth * together);
            let common = Common { function, plan, maps, params, channels, first };
            let (layout, halving, pulling) = (&layout, halving.as_ref(), &pulling);
            let pulls = Pulls { common, layout, halving, pulling, dy, numbers, dx, sums };
            dispatch::<Pulls<'_, F, MAPS, SUMS, PULLS>>(pulls);
        });
    });
    (dmaps, sums)
}

/// Gradients of some planes.
struct Pulls<'a, F, const MAPS: usize, const SUMS: usize, const PULLS: usize> {
    common: Common<'a, F, MAPS>,
    layout: &'a Layout<'a>,
    halving: Option<&'a Halving>,
    pulling: &'a Pulling,
    dy: &'a [f32],
    /// Room for what the layout holds.
    numbers: &'a mut [f32],
    dx: [&'a mut [f32]; MAPS],
    /// Of every plane the gradients of the parameters.
    sums: &'a mut [f64],
}

impl<F, const MAPS: usize, const SUMS: usize, const PULLS: usize> Kernel
    for Pulls<'_, F, MAPS, SUMS, PULLS>
where
    F: SumFunction<MAPS, SUMS, PULLS>,
{
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { common, layout, halving, pulling, dy, numbers, mut dx, sums } = self;
        let Common { function, plan, maps, params, channels, first } = common;
        let (area, each) = (plan.at.input().iter().product::<usize>(), params.dims()[1]);
        let mut registers = Vec::new();
        let zeros = vec![Many(V::splat(0.0)); each];
        let (mut contributions, mut totals) = (zeros.clone(), zeros);
        numbers.fill(0.0);
        for nth in 0..dx[0].len() / area {
            let of = first + nth;
            let mut dx = dx.each_mut().map(|dx| &mut dx[nth * area..][..area]);
            let sums = &mut sums[nth * each..][..each];
            let cells = maps.map(|map| plane(map, plan.at.input(), of));
            if !is_moderate::<V, _, MAPS, SUMS, PULLS>(function, params, of % channels, cells) {
                let common = Common { function, plan, maps, params, channels, first: of };
                let sizes = [MAPS * plan.sheet(), MAPS * pulling.len()];
                scratch::with(sizes[0] + sizes[1], |numbers| {
                    let (sheets, held) = numbers.split_at_mut(sizes[0]);
                    dispatch(Gradients { common, pulling, dy, sheets, held, dx, sums });
                });
                continue;
            }
            spread::<V>(params, of % channels, &mut registers);
            if let Some(halves) = halving {
                let how = How { function, plan, params: &registers };
                let given = (cells, plane(dy, plan.at.output(), of));
                let to = (contributions.as_mut_slice(), totals.as_mut_slice());
                match halves.side {
                    2 => halves
                        .pull::<V, F, MAPS, SUMS, PULLS, 2>(how, given, to, numbers, &mut dx, sums),
                    _ => halves
                        .pull::<V, F, MAPS, SUMS, PULLS, 3>(how, given, to, numbers, &mut dx, sums),
                }
                continue;
            }
            let (held, pulled) = numbers.split_at_mut(layout.held(SUMS));
            let (row, pulled) = pulled.split_at_mut(pulled.len() - PULLS * layout.rows());
            let back = &mut Back {
                function,
                params: &registers,
                sheet: Sheet::<MAPS, SUMS>::new(layout, cells, held),
                contributions: &mut contributions,
                totals: &mut totals,
                sums,
                dy: plane(dy, plan.at.output(), of),
                row,
                pulled,
            };
            back.plane::<PULLS>(&mut dx);
        }
    }
}

/// Gradients of one plane.
struct Back<'a, F, V, const MAPS: usize, const SUMS: usize> {
    function: &'a F,
    params: &'a [Many<V>],
    sheet: Sheet<'a, MAPS, SUMS>,
    /// To the parameters, of a register of windows and of some rows.
    contributions: &'a mut [Many<V>],
    totals: &'a mut [Many<V>],
    sums: &'a mut [f64],
    dy: &'a [f32],
    /// A row of outputs with a border, for one sum.
    row: &'a mut [f32],
    /// What rows of outputs give to the columns of the input.
    pulled: &'a mut [f32],
}

impl<F, V: Vector, const MAPS: usize, const SUMS: usize> Back<'_, F, V, MAPS, SUMS> {
    #[inline(always)]
    fn plane<const PULLS: usize>(&mut self, dx: &mut [&mut [f32]; MAPS])
    where
        F: SumFunction<MAPS, SUMS, PULLS>,
    {
        let layout = self.sheet.layout;
        let mut next = 0;
        for row in 0..layout.windows().output()[0] {
            let ready = layout.ready(next, row);
            let end = layout.under(row).end.max(ready.end);
            self.sheet.fill::<V, F, SUMS, PULLS>(self.function, self.params, end);
            self.sheet.sum_columns::<V>(row);
            self.pull_row::<PULLS>(row);
            if row % TOGETHER == TOGETHER - 1 {
                self.flush();
            }
            for r in ready.clone() {
                self.input_row::<PULLS>(r, dx);
            }
            next = ready.end;
        }
        self.flush();
    }

    /// What the sums of a row of windows receive, spread out over the columns of the input.
    #[inline(always)]
    fn pull_row<const PULLS: usize>(&mut self, row: usize)
    where
        F: SumFunction<MAPS, SUMS, PULLS>,
    {
        let (layout, zero) = (self.sheet.layout, V::splat(0.0));
        let columns = layout.windows().output()[1];
        let each = self.row.len() / PULLS;
        for at in (0..columns).step_by(V::LANES) {
            let count = V::LANES.min(columns - at);
            let dy = load_up_to::<V>(&self.dy[row * columns..][..columns], at);
            self.contributions.fill(Many(zero));
            let (sums, divisor) = (self.sheet.sums::<V>(at), layout.plan.divisor(row, at));
            let into = &mut *self.contributions;
            let pulled = self.function.pull(self.params, sums, divisor, Many(dy), into);
            for (pulled, row) in pulled.into_iter().zip(self.row.chunks_exact_mut(each)) {
                layout.put(pulled.0, count, row, at);
            }
            for (total, more) in self.totals.iter_mut().zip(self.contributions.iter()) {
                // Lanes without a window may hold anything.
                *total = Many(total.0.add(more.0.first_or(count, zero)));
            }
        }
        for (nth, from) in self.row.chunks_exact(each).enumerate() {
            let place = layout.pull(nth, row);
            layout.widen::<V>(from, &mut self.pulled[place..][..layout.pitch]);
        }
    }

    /// The gradients of an input row.
    #[inline(always)]
    fn input_row<const PULLS: usize>(&mut self, r: usize, dx: &mut [&mut [f32]; MAPS])
    where
        F: SumFunction<MAPS, SUMS, PULLS>,
    {
        let layout = self.sheet.layout;
        let width = layout.windows().input()[1];
        layout.over(r, &mut self.sheet.places);
        let zero = Many(V::splat(0.0));
        for at in (0..width).step_by(V::LANES) {
            let (mut terms, mut pulled) = ([zero; SUMS], [zero; PULLS]);
            for (nth, term) in terms.iter_mut().enumerate() {
                let place = layout.term(nth, r);
                *term = Many(load_up_to(self.sheet.terms, place + at));
            }
            for (nth, pulled) in pulled.iter_mut().enumerate() {
                let from = &self.pulled[nth * layout.rows()..];
                *pulled = Many(added(from, &self.sheet.places, at));
            }
            let cell = self.sheet.cell::<V>(r, at);
            let gradients = self.function.cell(self.params, cell, terms, pulled);
            for (gradient, dx) in gradients.into_iter().zip(dx.iter_mut()) {
                store_up_to(gradient.0, &mut dx[r * width..][..width], at);
            }
        }
    }

    /// Moves the contributions to the parameters into double precision.
    #[inline(always)]
    fn flush(&mut self) {
        for (sum, total) in self.sums.iter_mut().zip(self.totals.iter_mut()) {
            *sum += f64::from(total.0.sum());
            *total = Many(V::splat(0.0));
        }
    }
}
