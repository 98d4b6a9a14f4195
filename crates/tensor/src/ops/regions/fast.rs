//! Maxima of rectangles without a branch on a number.
//!
//! The rectangles of a plane are found in one of two ways, whichever has fewer registers to look at.
//! [`small`] takes the cells of a rectangle one after another, for every start in a row at once, and
//! then those starts that there are. [`large`] makes one row of the rows of a rectangle and takes the
//! maximum of some of its columns, of several rectangles at once.
//!
//! Neither knows of NaN. Both add up what they look at: a sum that is NaN says that the plane is to
//! be looked at again, cell by cell. (So do two infinities, or numbers that add up to them.) Places
//! are counted in the registers of numbers, so planes of more cells than these can count are looked
//! at cell by cell too.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use std::ops::Range;

use super::{Extent, Job, NOWHERE, Regions, Span, reference};
use crate::Tensor;
use crate::ops::{parallel, scratch};
use crate::simd::{
    Kernel, Vector, WIDEST, dispatch, load, load_up_to, prefetch_page_behind, store, store_up_to,
    store_words,
};

/// What moving a number costs, in operations.
const MOVE: usize = 12;

/// The maxima that the `jobs` of every task ask for; a task has `task` outputs and moves `work` numbers.
pub(super) fn largest<'a, J: Iterator<Item = Job<'a>>>(
    x: &Tensor,
    into: (&mut [f32], &mut [u32]),
    task: usize,
    work: usize,
    jobs: impl Fn(usize) -> J + Sync,
) {
    let [.., width] = x.nchw();
    let room = 5 * (width.max(2 * BESIDE * WIDEST) + 2 * WIDEST);
    parallel::pairs(into, [task; 2], (MOVE * work) as u64, |nth, y, places| {
        scratch::with(room, |room| {
            dispatch(Planes { x: x.as_slice(), jobs: jobs(nth), room, y, places });
        });
    });
}

/// The maxima of some planes.
struct Planes<'a, J> {
    x: &'a [f32],
    jobs: J,
    /// Five rows, with two registers behind each.
    room: &'a mut [f32],
    y: &'a mut [f32],
    places: &'a mut [u32],
}

impl<'a, J: Iterator<Item = Job<'a>>> Kernel for Planes<'_, J> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { x, jobs, room, y, places } = self;
        let (mut near, mut lanes) = (usize::MAX, Vec::new());
        for Job { plane, regions, outputs } in jobs {
            let regions = &*regions;
            let area = regions.input[0] * regions.input[1];
            let x = &x[plane * area..][..area];
            if plane != near {
                // Rows that no rectangle looks at are not wanted of the next plane either.
                let Extent { start, end, .. } = regions.extents[0];
                let rows = start.min(end) as usize..end as usize;
                prefetch_page_behind(
                    &x[rows.start * regions.input[1]..rows.end * regions.input[1]],
                );
                near = plane;
            }
            let (y, places) = (&mut y[outputs.clone()], &mut places[outputs]);
            let seen = if y.is_empty() {
                V::splat(0.0)
            } else if area > EXACT {
                V::splat(f32::NAN)
            } else if are_small(regions) {
                small::<V>(x, regions, (room, &mut lanes), y, places)
            } else {
                large::<V>(x, regions, room, y, places)
            };
            if seen.sum().is_nan() {
                reference::winners(x, regions, y, places);
            }
        }
    }
}

/// Whether [`small`] is cheaper than [`large`], by the registers that are looked at for a band.
#[inline(always)]
fn are_small(regions: &Regions) -> bool {
    let ([rows, columns], count) = (&regions.extents, regions.axis(1).len());
    let [shortest, longest] = [columns.shortest, columns.longest].map(|length| length as usize);
    let across = ((columns.end - columns.start) as usize).div_ceil(WIDEST);
    let registers = rows.longest as usize * across;
    let both = if longest > shortest { shortest + longest } else { longest };
    shortest > 0 && longest - shortest < 2 && registers * both <= registers + PICK * count
}

/// What a [`pick`] costs, in registers that are looked at.
const PICK: usize = 8;

/// Rectangles of at most two lengths.
#[inline(always)]
fn small<V: Vector>(
    x: &[f32],
    regions: &Regions,
    (room, lanes): (&mut [f32], &mut Vec<[u8; WIDEST]>),
    y: &mut [f32],
    places: &mut [u32],
) -> V {
    let (width, columns) = (regions.input[1], regions.axis(1));
    let Extent { start, end, shortest, longest } = regions.extents[1];
    let starts = |length: u32| start as usize..(end + 1 - length) as usize;
    let row = room.len() / 5;
    let (short, rest) = room.split_at_mut(2 * row);
    let (long, longer) = rest.split_at_mut(2 * row);
    let near = lay::<V>(columns, shortest, lanes, longer);
    let each = columns.len();
    let outputs = y.chunks_exact_mut(each).zip(places.chunks_exact_mut(each));
    let mut seen = V::splat(0.0);
    for (rows, (y, places)) in regions.axis(0).iter().zip(outputs) {
        let rows = rows.cells();
        if rows.is_empty() {
            y.fill(0.0);
            places.fill(NOWHERE.wrapping_add(FIRST.to_bits()));
            continue;
        }
        let size = [width, shortest as usize];
        seen = seen.add(every_start::<V>(x, size, rows.clone(), starts(shortest), short));
        if longest > shortest {
            let size = [width, longest as usize];
            seen = seen.add(every_start::<V>(x, size, rows, starts(longest), long));
        }
        if near {
            let long = (longest > shortest).then_some(&*long);
            take_lanes::<V>(columns, (lanes, longer), (short, long), y, places);
        } else {
            take(columns, shortest, [short, long], y, places);
        }
    }
    // Not band by band: what was just written by halves is slow to read.
    for place in places {
        *place = place.wrapping_sub(FIRST.to_bits());
    }
    seen
}

/// For every start the maximum of `length` columns in the first half of `into`, and its place in the other.
#[inline(always)]
fn every_start<V: Vector>(
    x: &[f32],
    [width, length]: [usize; 2],
    rows: Range<usize>,
    starts: Range<usize>,
    into: &mut [f32],
) -> V {
    let last = (rows.end - 1) * width + length - 1;
    let (mut seen, mut at) = (V::splat(0.0), starts.start);
    while at < starts.end {
        if at + V::LANES < starts.end && last + at + 2 * V::LANES <= x.len() {
            seen = seen.add(windows::<V, 2>(x, [width, length], rows.clone(), at, into));
            at += 2 * V::LANES;
        } else {
            seen = seen.add(windows::<V, 1>(x, [width, length], rows.clone(), at, into));
            at += V::LANES;
        }
    }
    seen
}

/// As [`every_start`] for `N` registers of starts; one alone may reach over the end.
#[inline(always)]
fn windows<V: Vector, const N: usize>(
    x: &[f32],
    [width, length]: [usize; 2],
    rows: Range<usize>,
    at: usize,
    into: &mut [f32],
) -> V {
    let first = V::splat(FIRST + (rows.start * width) as f32);
    let (mut best, mut found) = ([V::splat(f32::NEG_INFINITY); N], [first; N]);
    let mut seen = [V::splat(0.0); N];
    for r in rows {
        for place in r * width..r * width + length {
            let here = V::splat(FIRST + place as f32);
            let many = if N == 1 { x.len() - (place + at) } else { N * V::LANES };
            let near = &x[place + at..][..many];
            for n in 0..N {
                let cells = load_up_to::<V>(near, n * V::LANES);
                found[n] = V::select(cells.exceeds(best[n]), here, found[n]);
                best[n] = cells.max(best[n]);
                seen[n] = seen[n].add(cells);
            }
        }
    }
    let (numbers, places) = into.split_at_mut(into.len() / 2);
    for n in 0..N {
        let at = at + n * V::LANES;
        store(best[n], numbers, at);
        store(found[n].add(V::splat(at as f32)).add(load(&LANE, 0)), places, at);
    }
    total(seen)
}

/// For every rectangle its start behind that of the first one in its register, and 1 where it is
/// longer than the shortest: whether two registers hold the starts of every register of rectangles.
#[inline(always)]
fn lay<V: Vector>(
    columns: &[Span],
    shortest: u32,
    lanes: &mut Vec<[u8; WIDEST]>,
    longer: &mut [f32],
) -> bool {
    lanes.clear();
    if columns.len() > longer.len() - V::LANES {
        return false;
    }
    for (columns, longer) in columns.chunks(V::LANES).zip(longer.chunks_mut(V::LANES)) {
        let mut of_register = [0; WIDEST];
        for ((span, lane), longer) in columns.iter().zip(&mut of_register).zip(longer) {
            let behind = span.start.wrapping_sub(columns[0].start);
            if behind >= 2 * V::LANES as u32 {
                return false;
            }
            *lane = behind as u8;
            *longer = if span.end - span.start > shortest { 1.0 } else { 0.0 };
        }
        lanes.push(of_register);
    }
    true
}

/// What the rectangles ask for of what [`every_start`] found for the shortest and for longer ones.
#[inline(always)]
fn take_lanes<V: Vector>(
    columns: &[Span],
    (lanes, longer): (&[[u8; WIDEST]], &[f32]),
    (short, long): (&[f32], Option<&[f32]>),
    y: &mut [f32],
    places: &mut [u32],
) {
    for (nth, (columns, lanes)) in columns.chunks(V::LANES).zip(lanes).enumerate() {
        let (at, start, lanes) = (nth * V::LANES, columns[0].start as usize, V::places(lanes));
        let [mut best, mut found] = near::<V>(short, start, lanes);
        if let Some(long) = long {
            let longer = load::<V>(longer, at).exceeds(V::splat(0.0));
            let other = near::<V>(long, start, lanes);
            best = V::select(longer, other[0], best);
            found = V::select(longer, other[1], found);
        }
        store_up_to(best, y, at);
        store_words(found, places, at);
    }
}

/// The numbers and the places of these lanes from `start` on.
#[inline(always)]
fn near<V: Vector>(from: &[f32], start: usize, lanes: V::Places) -> [V; 2] {
    let (numbers, places) = from.split_at(from.len() / 2);
    let next = start + V::LANES;
    [
        load::<V>(numbers, start).pick_of_two(load(numbers, next), lanes),
        load::<V>(places, start).pick_of_two(load(places, next), lanes),
    ]
}

/// As [`take_lanes`], one by one.
fn take(
    columns: &[Span],
    shortest: u32,
    [short, long]: [&[f32]; 2],
    y: &mut [f32],
    places: &mut [u32],
) {
    let half = short.len() / 2;
    for ((span, y), place) in columns.iter().zip(y).zip(places) {
        let found = if span.end - span.start > shortest { long } else { short };
        *y = found[span.start as usize];
        *place = found[half + span.start as usize].to_bits();
    }
}

/// The sum of some registers.
#[inline(always)]
fn total<V: Vector, const N: usize>(numbers: [V; N]) -> V {
    let mut all = V::splat(0.0);
    for numbers in numbers {
        all = all.add(numbers);
    }
    all
}

/// Places are counted from this number on: the bits of those behind it count up as they do.
const FIRST: f32 = EXACT as f32;
const EXACT: usize = 1 << (f32::MANTISSA_DIGITS - 1);
/// Rectangles that are picked side by side.
const SIDE: usize = 4;
/// Registers of columns that are folded side by side: none waits for itself.
const BESIDE: usize = 4;

/// Rectangles of any length.
#[inline(always)]
fn large<V: Vector>(
    x: &[f32],
    regions: &Regions,
    room: &mut [f32],
    y: &mut [f32],
    places: &mut [u32],
) -> V {
    let (width, columns) = (regions.input[1], regions.axis(1));
    let Extent { start, end, .. } = regions.extents[1];
    let all = start as usize..end as usize;
    let whole = columns.len() == 1 && all.len() == width;
    let (best, found) = room.split_at_mut(room.len() / 2);
    let mut tall = Tall { best, places: found };
    let outputs = y.chunks_exact_mut(columns.len()).zip(places.chunks_exact_mut(columns.len()));
    let mut seen = V::splat(0.0);
    for (rows, (y, places)) in regions.axis(0).iter().zip(outputs) {
        let first = rows.start as usize * width;
        let band = &x[first..rows.end as usize * width];
        if band.is_empty() {
            y.fill(0.0);
            places.fill(NOWHERE);
        } else if whole {
            let (more, length) = fold_all::<V>(band, &mut tall);
            seen = seen.add(more);
            let all = Span { start: 0, end: length as u32 };
            pick::<V, 1>(&tall, &[all], (x, first), y, places);
        } else {
            let size = [width, rows.len()];
            seen = seen.add(fold_columns::<V>(band, size, all.clone(), &mut tall));
            let outputs = y.chunks_mut(SIDE).zip(places.chunks_mut(SIDE));
            for (columns, (y, places)) in columns.chunks(SIDE).zip(outputs) {
                match columns.len() {
                    1 => pick::<V, 1>(&tall, columns, (x, first), y, places),
                    2 => pick::<V, 2>(&tall, columns, (x, first), y, places),
                    3 => pick::<V, 3>(&tall, columns, (x, first), y, places),
                    _ => pick::<V, SIDE>(&tall, columns, (x, first), y, places),
                }
            }
        }
    }
    seen
}

/// The maxima of columns, and the first places of these in the band.
struct Tall<'a> {
    best: &'a mut [f32],
    places: &'a mut [f32],
}

/// Folds these columns of a band.
#[inline(always)]
fn fold_columns<V: Vector>(
    band: &[f32],
    [width, count]: [usize; 2],
    columns: Range<usize>,
    tall: &mut Tall,
) -> V {
    let (mut seen, mut at) = (V::splat(0.0), columns.start);
    while at + BESIDE * V::LANES <= columns.end {
        seen = seen.add(fold::<V, BESIDE>(band, [at, width, count], tall, at));
        at += BESIDE * V::LANES;
    }
    while at + 2 * V::LANES <= columns.end {
        seen = seen.add(fold::<V, 2>(band, [at, width, count], tall, at));
        at += 2 * V::LANES;
    }
    while at < columns.end {
        seen = seen.add(fold::<V, 1>(band, [at, width, count], tall, at));
        at += V::LANES;
    }
    seen
}

/// Folds a band that is one rectangle, as though its rows were full registers; and how many columns
/// there are then.
#[inline(always)]
fn fold_all<V: Vector>(band: &[f32], tall: &mut Tall) -> (V, usize) {
    let pitch = BESIDE * V::LANES;
    let count = band.len() / pitch;
    let (mut seen, mut columns) = (V::splat(0.0), 0);
    if count > 0 {
        seen = fold::<V, BESIDE>(band, [0, pitch, count], tall, 0);
        columns = pitch;
    }
    for at in (count * pitch..band.len()).step_by(V::LANES) {
        seen = seen.add(fold::<V, 1>(band, [at, 0, 1], tall, columns));
        columns += V::LANES.min(band.len() - at);
    }
    (seen, columns)
}

/// The maxima of `N` registers of columns, the last of which may reach over the end if it is the only one.
#[inline(always)]
fn fold<V: Vector, const N: usize>(
    band: &[f32],
    [start, pitch, count]: [usize; 3],
    tall: &mut Tall,
    into: usize,
) -> V {
    let zero = V::splat(0.0);
    let (mut best, mut found) = ([V::splat(f32::NEG_INFINITY); N], [zero; N]);
    let (mut seen, mut row) = ([zero; N], zero);
    for r in 0..count {
        let at = start + r * pitch;
        let many = if N == 1 { band.len() - at } else { N * V::LANES };
        let near = &band[at..][..many];
        for n in 0..N {
            let cells = load_up_to::<V>(near, n * V::LANES);
            found[n] = V::select(cells.exceeds(best[n]), row, found[n]);
            best[n] = cells.max(best[n]);
            seen[n] = seen[n].add(cells);
        }
        row = row.add(V::splat(pitch as f32));
    }
    for n in 0..N {
        let first = V::splat(FIRST + (start + n * V::LANES) as f32).add(load(&LANE, 0));
        store(best[n], tall.best, into + n * V::LANES);
        store(found[n].add(first), tall.places, into + n * V::LANES);
    }
    total(seen)
}

/// The number of each lane.
const LANE: [f32; WIDEST] = [0., 1., 2., 3., 4., 5., 6., 7., 8., 9., 10., 11., 12., 13., 14., 15.];

/// The maxima of at most `N` rectangles of a band that begins with cell `first`, and their places.
#[inline(always)]
fn pick<V: Vector, const N: usize>(
    tall: &Tall,
    columns: &[Span],
    (x, first): (&[f32], usize),
    y: &mut [f32],
    places: &mut [u32],
) {
    let (low, far) = (V::splat(f32::NEG_INFINITY), V::splat(f32::INFINITY));
    let (mut best, mut found) = ([low; N], [far; N]);
    for n in 0..N {
        let (columns, last, count) = registers::<V>(columns[n.min(columns.len() - 1)]);
        best[n] = load::<V>(tall.best, last).first_or(count, low);
        for at in (columns.start..last).step_by(V::LANES) {
            best[n] = load::<V>(tall.best, at).max(best[n]);
        }
    }
    let mut lanes = [0.0; WIDEST];
    store(across::<V, N, true>(best), &mut lanes, 0);
    for n in 0..N {
        let (columns, last, count) = registers::<V>(columns[n.min(columns.len() - 1)]);
        let best = V::splat(lanes[n]);
        let ties = load::<V>(tall.best, last).equals(best);
        found[n] = V::select(ties, load(tall.places, last), far).first_or(count, far);
        for at in (columns.start..last).step_by(V::LANES) {
            let ties = load::<V>(tall.best, at).equals(best);
            found[n] = V::select(ties, load(tall.places, at), far).min(found[n]);
        }
    }
    store(across::<V, N, false>(found), &mut lanes, 0);
    for (((columns, found), y), place) in columns.iter().zip(lanes).zip(y).zip(places) {
        (*y, *place) = (0.0, NOWHERE);
        if columns.len() > 0 {
            *place = first as u32 + (found.to_bits() - FIRST.to_bits());
            *y = x[*place as usize];
        }
    }
}

/// The columns, where their last register begins and how many of its lanes count. It lies over the
/// one before it; if it is the only one it reaches over the end.
#[inline(always)]
fn registers<V: Vector>(columns: Span) -> (Range<usize>, usize, usize) {
    let columns = columns.cells();
    let last = columns.end.saturating_sub(V::LANES).max(columns.start);
    (columns.clone(), last, columns.len().min(V::LANES))
}

/// The largest or the smallest lane of every register, in turn in the lanes of one.
#[inline(always)]
fn across<V: Vector, const N: usize, const LARGEST: bool>(mut numbers: [V; N]) -> V {
    let mut left = N;
    for _ in 0..V::LANES.ilog2() {
        for n in 0..left.div_ceil(2) {
            let (evens, odds) = numbers[2 * n].deal(numbers[(2 * n + 1).min(left - 1)]);
            numbers[n] = if LARGEST { evens.max(odds) } else { evens.min(odds) };
        }
        left = left.div_ceil(2);
    }
    numbers[0]
}
