//! As many windows at a time as a register has lanes.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use std::ops::Range;

use super::super::max::Offsets;
use super::super::{Argmax, Divisor};
use super::plan::{Place, Plan, Visitor};
use super::pull::Pulling;
use super::{Cells, Choice, Gradient, WindowFunction, reference};
use crate::memory::Buffer;
use crate::ops::{parallel, scratch};
use crate::simd::{Kernel, Many, Vector, dispatch, load, load_up_to, store_bytes, store_up_to};
use crate::{Tensor, Windows};

/// Numbers that one task reads, about.
const BLOCK: usize = 1 << 15;
/// What a cell of a window costs, in operations.
const CELL: usize = 20;
/// Rows whose contributions to a parameter are added up in single precision.
pub(super) const TOGETHER: usize = 32;

/// Planes that one task takes, and what it costs.
pub(super) fn task(at: &Windows) -> (usize, u64) {
    let [[height, width], [rows, columns]] = [at.input(), at.output()];
    let together = (BLOCK / (height * width)).max(1);
    (together, (together * rows * columns * at.window().area() * CELL) as u64)
}

/// The planes from `first` on of a tensor.
pub(super) fn plane(map: &[f32], [height, width]: [usize; 2], nth: usize) -> &[f32] {
    &map[nth * height * width..][..height * width]
}

pub(super) fn pool<const MAPS: usize, F: WindowFunction<MAPS>>(
    function: &F,
    maps: [&Tensor; MAPS],
    params: &Tensor,
    at: &Windows,
) -> Tensor {
    let Some(plan) = Plan::new(at, function.divisor()) else {
        return reference::pool(function, maps, params, at);
    };
    let ([batch, channels, ..], [rows, columns]) = (maps[0].nchw(), at.output());
    let mut y = Tensor::stale([batch, channels, rows, columns]);
    let (together, operations) = task(at);
    let maps = maps.map(Tensor::as_slice);
    parallel::chunks(y.as_mut_slice(), together * rows * columns, operations, |nth, y| {
        let first = nth * together;
        scratch::with(MAPS * plan.sheet(), |sheets| {
            let planes = first..first + y.len() / (rows * columns);
            dispatch(Values { function, plan: &plan, maps, params, channels, planes, sheets, y });
        });
    });
    y
}

/// Outputs of some planes.
pub(super) struct Values<'a, F, const MAPS: usize> {
    pub(super) function: &'a F,
    pub(super) plan: &'a Plan,
    pub(super) maps: [&'a [f32]; MAPS],
    pub(super) params: &'a Tensor,
    pub(super) channels: usize,
    pub(super) planes: Range<usize>,
    /// Room for a plane of every map.
    pub(super) sheets: &'a mut [f32],
    pub(super) y: &'a mut [f32],
}

impl<F: WindowFunction<MAPS>, const MAPS: usize> Kernel for Values<'_, F, MAPS> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { function, plan, maps, params, channels, planes, sheets, y } = self;
        let [rows, columns] = plan.at.output();
        let mut registers = Vec::new();
        sheets.fill(0.0);
        for (of, y) in planes.zip(y.chunks_exact_mut(rows * columns)) {
            spread::<V>(params, of % channels, &mut registers);
            let planes = maps.map(|map| plane(map, plan.at.input(), of));
            let visitor = &mut Evaluating { function, params: &registers, columns, y };
            plan.sweep::<V, MAPS>(planes, sheets, visitor);
        }
    }
}

/// The parameters of a channel, each in every lane.
#[inline(always)]
pub(super) fn spread<V: Vector>(params: &Tensor, channel: usize, into: &mut Vec<Many<V>>) {
    let each = params.dims()[1];
    into.clear();
    for &param in &params.as_slice()[channel * each..][..each] {
        into.push(Many(V::splat(param)));
    }
}

struct Evaluating<'a, F, V> {
    function: &'a F,
    params: &'a [Many<V>],
    columns: usize,
    y: &'a mut [f32],
}

impl<F: WindowFunction<MAPS>, V: Vector, const MAPS: usize> Visitor<V, MAPS>
    for Evaluating<'_, F, V>
{
    #[inline(always)]
    fn visit<const AREA: usize>(
        &mut self,
        cells: &Cells<'_, Many<V>, MAPS>,
        place: Place,
        _: &mut [[Many<V>; AREA]; MAPS],
    ) {
        let y = self.function.value(self.params, cells);
        store_up_to(y.0, &mut self.y[place.row * self.columns..][..self.columns], place.at);
    }
}

/// The gradients of the maps, and those of the parameters for every plane.
pub(super) fn pool_backward<const MAPS: usize, F: WindowFunction<MAPS>>(
    function: &F,
    maps: [&Tensor; MAPS],
    params: &Tensor,
    dy: &Tensor,
    at: &Windows,
) -> ([Tensor; MAPS], Vec<f64>) {
    let Some(plan) = Plan::new(at, function.divisor()) else {
        return reference::pool_backward(function, maps, params, dy, at);
    };
    let pulling = Pulling::new(at);
    let [batch, channels, height, width] = maps[0].nchw();
    let (each, area) = (params.dims()[1], height * width);
    let mut dmaps = maps.map(|map| Tensor::stale(map.shape()));
    let mut sums = vec![0.0; batch * channels * each];
    let (together, operations) = task(at);
    let tasks = dealt(&mut dmaps, &mut sums, [together * area, together * each]);
    let maps = maps.map(Tensor::as_slice);
    parallel::each(tasks, operations, |nth, (dx, sums)| {
        let (sheets, held) = (MAPS * plan.sheet(), MAPS * pulling.len());
        scratch::with(sheets + held, |numbers| {
            let (sheets, held) = numbers.split_at_mut(sheets);
            let (first, plan, pulling, dy) = (nth * together, &plan, &pulling, dy.as_slice());
            let common = Common { function, plan, maps, params, channels, first };
            dispatch(Gradients { common, pulling, dy, sheets, held, dx, sums });
        });
    });
    (dmaps, sums)
}

/// What each task fills: so many numbers of the gradient of every map, and so many sums for the parameters.
pub(super) fn dealt<'g, const MAPS: usize>(
    dmaps: &'g mut [Tensor; MAPS],
    sums: &'g mut [f64],
    [of_maps, of_params]: [usize; 2],
) -> Vec<([&'g mut [f32]; MAPS], &'g mut [f64])> {
    let count = dmaps[0].len().div_ceil(of_maps);
    let mut maps = dmaps.each_mut().map(|dx| dx.as_mut_slice().chunks_mut(of_maps));
    let mut sums = sums.chunks_mut(of_params.max(1));
    let parts = (0..count).map(|_| {
        let dx = maps.each_mut().map(|part| part.next().expect("a part for every task"));
        (dx, sums.next().unwrap_or_default())
    });
    parts.collect()
}

pub(super) struct Common<'a, F, const MAPS: usize> {
    pub(super) function: &'a F,
    pub(super) plan: &'a Plan,
    pub(super) maps: [&'a [f32]; MAPS],
    pub(super) params: &'a Tensor,
    pub(super) channels: usize,
    /// The first plane.
    pub(super) first: usize,
}

/// Gradients of some planes.
pub(super) struct Gradients<'a, F, const MAPS: usize> {
    pub(super) common: Common<'a, F, MAPS>,
    pub(super) pulling: &'a Pulling,
    pub(super) dy: &'a [f32],
    /// Room for a plane of every map, and for gradients of windows.
    pub(super) sheets: &'a mut [f32],
    pub(super) held: &'a mut [f32],
    pub(super) dx: [&'a mut [f32]; MAPS],
    /// Of every plane the gradients of the parameters.
    pub(super) sums: &'a mut [f64],
}

impl<F: WindowFunction<MAPS>, const MAPS: usize> Kernel for Gradients<'_, F, MAPS> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { common, pulling, dy, sheets, held, mut dx, sums } = self;
        let Common { function, plan, maps, params, channels, first } = common;
        let (area, each) = (plan.at.input().iter().product::<usize>(), params.dims()[1]);
        let mut registers = Vec::new();
        let zeros = vec![Many(V::splat(0.0)); each];
        let (mut contributions, mut totals) = (zeros.clone(), zeros);
        sheets.fill(0.0);
        held.fill(0.0);
        for nth in 0..dx[0].len() / area {
            let of = first + nth;
            spread::<V>(params, of % channels, &mut registers);
            let visitor = &mut Differentiating {
                function,
                pulling,
                params: &registers,
                contributions: &mut contributions,
                totals: &mut totals,
                sums: &mut sums[nth * each..][..each],
                dy: plane(dy, plan.at.output(), of),
                size: [plan.at.output()[1], plan.at.input()[1]],
                held,
                next: 0,
                dx: dx.each_mut().map(|dx| &mut dx[nth * area..][..area]),
            };
            let planes = maps.map(|map| plane(map, plan.at.input(), of));
            plan.sweep::<V, MAPS>(planes, sheets, visitor);
            visitor.flush();
        }
    }
}

struct Differentiating<'a, F, V, const MAPS: usize> {
    function: &'a F,
    pulling: &'a Pulling,
    params: &'a [Many<V>],
    /// Of a register of windows, and of some rows.
    contributions: &'a mut [Many<V>],
    totals: &'a mut [Many<V>],
    sums: &'a mut [f64],
    dy: &'a [f32],
    /// Columns of outputs and of inputs.
    size: [usize; 2],
    held: &'a mut [f32],
    /// The first row of inputs whose gradient is not yet known.
    next: usize,
    dx: [&'a mut [f32]; MAPS],
}

impl<F, V: Vector, const MAPS: usize> Differentiating<'_, F, V, MAPS> {
    /// Moves the contributions to the parameters into double precision.
    #[inline(always)]
    fn flush(&mut self) {
        for (sum, total) in self.sums.iter_mut().zip(self.totals.iter_mut()) {
            *sum += f64::from(total.0.sum());
            *total = Many(V::splat(0.0));
        }
    }
}

impl<F: WindowFunction<MAPS>, V: Vector, const MAPS: usize> Visitor<V, MAPS>
    for Differentiating<'_, F, V, MAPS>
{
    #[inline(always)]
    fn visit<const AREA: usize>(
        &mut self,
        cells: &Cells<'_, Many<V>, MAPS>,
        place: Place,
        room: &mut [[Many<V>; AREA]; MAPS],
    ) {
        let zero = V::splat(0.0);
        let dy = load_up_to::<V>(&self.dy[place.row * self.size[0]..][..self.size[0]], place.at);
        let area = cells.area();
        let whole = place.count == V::LANES;
        // Lanes without a window may hold anything, so that they are not added up at once.
        let params = if whole { &mut *self.totals } else { &mut *self.contributions };
        if !whole {
            params.fill(Many(zero));
        }
        let cells_of = room.each_mut().map(|room| &mut room[..area]);
        let into = &mut Gradient { cells: cells_of, params };
        self.function.gradient(self.params, cells, Many(dy), into);
        for (room, held) in room.iter_mut().zip(self.held.chunks_exact_mut(self.pulling.len())) {
            self.pulling.put(&mut room[..area], place, held);
        }
        if !whole {
            for (total, more) in self.totals.iter_mut().zip(self.contributions.iter()) {
                *total = Many(total.0.add(more.0.first_or(place.count, zero)));
            }
        }
    }

    #[inline(always)]
    fn end_row(&mut self, row: usize) {
        let (ready, width) = (self.pulling.ready(self.next, row), self.size[1]);
        self.next = ready.end;
        let held = self.held.chunks_exact(self.pulling.len());
        for (dx, held) in self.dx.iter_mut().zip(held) {
            for r in ready.clone() {
                let dx = &mut dx[r * width..][..width];
                self.pulling.pull::<V>(r, held, dx);
            }
        }
        if row % TOGETHER == TOGETHER - 1 {
            self.flush();
        }
    }
}

pub(super) fn choose<C: Choice>(
    choice: &C,
    x: &Tensor,
    draws: &[f32],
    at: &Windows,
) -> (Tensor, Argmax) {
    let Some(plan) = Plan::new(at, Divisor::RealCells) else {
        return reference::choose(choice, x, draws, at);
    };
    let ([batch, channels, ..], [rows, columns]) = (x.nchw(), at.output());
    let mut y = Tensor::stale([batch, channels, rows, columns]);
    let mut winners = Buffer::stale(y.len());
    let (together, operations) = task(at);
    let outputs = (y.as_mut_slice(), &mut *winners);
    let size = together * rows * columns;
    parallel::pairs(outputs, [size; 2], operations, |nth, y, winners| {
        let draws = &draws[nth * size..][..y.len()];
        scratch::with(plan.sheet(), |sheet| {
            let (x, first) = (x.as_slice(), nth * together);
            dispatch(Choices { choice, plan: &plan, x, draws, first, sheet, y, winners });
        });
    });
    (y, Argmax(Offsets::Narrow(winners)))
}

/// Chosen cells of the planes from `first` on.
struct Choices<'a, C> {
    choice: &'a C,
    plan: &'a Plan,
    x: &'a [f32],
    draws: &'a [f32],
    first: usize,
    sheet: &'a mut [f32],
    y: &'a mut [f32],
    winners: &'a mut [u8],
}

impl<C: Choice> Kernel for Choices<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { choice, plan, x, draws, first, sheet, y, winners } = self;
        let [rows, columns] = plan.at.output();
        let size = rows * columns;
        let outputs = y.chunks_exact_mut(size).zip(winners.chunks_exact_mut(size));
        sheet.fill(0.0);
        for (nth, (draws, (y, winners))) in draws.chunks_exact(size).zip(outputs).enumerate() {
            let planes = [plane(x, plan.at.input(), first + nth)];
            let visitor = &mut Choosing { choice, columns, draws, y, winners };
            plan.sweep::<V, 1>(planes, sheet, visitor);
        }
    }
}

struct Choosing<'a, C> {
    choice: &'a C,
    columns: usize,
    draws: &'a [f32],
    y: &'a mut [f32],
    winners: &'a mut [u8],
}

impl<C: Choice, V: Vector> Visitor<V, 1> for Choosing<'_, C> {
    #[inline(always)]
    fn visit<const AREA: usize>(
        &mut self,
        cells: &Cells<'_, Many<V>>,
        Place { row, at, count }: Place,
        _: &mut [[Many<V>; AREA]; 1],
    ) {
        let row = row * self.columns..(row + 1) * self.columns;
        let draws = &self.draws[row.clone()];
        let draw = if count < V::LANES { load_up_to(draws, at) } else { load(draws, at) };
        let [value, winner] = self.choice.choose(Many(draw), cells);
        store_up_to(value.0, &mut self.y[row.clone()], at);
        store_bytes(winner.0, &mut self.winners[row], at);
    }
}
