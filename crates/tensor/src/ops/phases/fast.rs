//! Phases row by row; those of blocks of two columns are dealt by whole registers.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use super::{Blocks, Norm, reference, thin};
use crate::ops::parallel;
use crate::simd::{Combs, Kernel, Lie, Stores, Vector, dispatch};

/// Numbers that one task moves.
const BLOCK: usize = 1 << 15;
/// Numbers of an output whose beginning has left the caches when its end is written, as the input has.
const LARGE: usize = 1 << 22;
/// What moving a number costs, in operations.
const MOVE: usize = 12;

pub(super) fn deal(blocks: Blocks, x: &[f32], y: &mut [f32]) {
    let (from, into) = lengths(blocks);
    let (comb, stores) = (comb(blocks), stores(y));
    let planes = (BLOCK / into).max(1);
    parallel::chunks(y, planes * into, (planes * into * MOVE) as u64, |nth, y| {
        let count = y.len() / into;
        let x = &x[nth * planes * from..][..count * from];
        if let Some(comb) = comb {
            return comb.deal_each([from, into], stores, x, y);
        }
        for (x, y) in x.chunks_exact(from).zip(y.chunks_exact_mut(into)) {
            deal_plane(blocks, x, y);
        }
    });
}

pub(super) fn weave(blocks: Blocks, dy: &[f32], dx: &mut [f32]) {
    let (into, from) = lengths(blocks);
    let (comb, stores) = (comb(blocks), stores(dx));
    let planes = (BLOCK / from).max(1);
    parallel::chunks(dx, planes * into, (planes * from * MOVE) as u64, |nth, dx| {
        let count = dx.len() / into;
        let dy = &dy[nth * planes * from..][..count * from];
        if let Some(comb) = comb {
            return comb.weave_each([from, into], stores, dy, dx);
        }
        for (dy, dx) in dy.chunks_exact(from).zip(dx.chunks_exact_mut(into)) {
            weave_plane(blocks, dy, dx);
        }
    });
}

/// How an output of this size is best written.
fn stores(into: &[f32]) -> Stores {
    if into.len() < LARGE { Stores::Near } else { Stores::Past }
}

/// Numbers of a plane, and of its blocks.
fn lengths(blocks: Blocks) -> (usize, usize) {
    let area = |[rows, columns]: [usize; 2]| (rows * columns).max(1);
    (area(blocks.input), area(blocks.output) * blocks.area())
}

/// The comb of one plane, for blocks of two columns that tile it. Its planes are rows of blocks, so
/// that the wide side is gone through in the order in which it lies.
fn comb(blocks: Blocks) -> Option<Combs> {
    let ([s, t], [rows, columns], [_, width]) = (blocks.size, blocks.output, blocks.input);
    if t != 2 || [rows * s, columns * t] != blocks.input {
        return None;
    }
    let area = rows * columns;
    let lie = |start, plane, row| Lie { start, plane, row, cell: 1 };
    Some(Combs {
        wide: lie(0, s * width, width),
        thin: [0, 1].map(|v| lie(v * area, columns, 2 * area)),
        count: rows,
        rows: s,
        pairs: columns,
    })
}

/// The thin rows of a plane: which block row and which phase they are of.
fn rows(blocks: Blocks) -> impl Iterator<Item = (usize, [usize; 2])> {
    let [s, t] = blocks.size;
    let phases = (0..s).flat_map(move |u| (0..t).map(move |v| [u, v]));
    phases.flat_map(move |phase| (0..blocks.output[0]).map(move |i| (i, phase)))
}

fn deal_plane(blocks: Blocks, x: &[f32], y: &mut [f32]) {
    let (s, [height, width]) = (blocks.size, blocks.input);
    for ((i, [u, v]), y) in rows(blocks).zip(y.chunks_exact_mut(blocks.output[1])) {
        let (h, count) = (i * s[0] + u, width.saturating_sub(v).div_ceil(s[1]));
        let (inside, outside) = y.split_at_mut(if h < height { count } else { 0 });
        outside.fill(0.0);
        if !inside.is_empty() {
            thin(&x[h * width + v..(h + 1) * width], s[1], inside);
        }
    }
}

fn weave_plane(blocks: Blocks, dy: &[f32], dx: &mut [f32]) {
    let (s, [height, width]) = (blocks.size, blocks.input);
    for ((i, [u, v]), dy) in rows(blocks).zip(dy.chunks_exact(blocks.output[1])) {
        let h = i * s[0] + u;
        if h < height && v < width {
            let row = &mut dx[h * width + v..(h + 1) * width];
            row.iter_mut().step_by(s[1]).zip(dy).for_each(|(dx, &dy)| *dx = dy);
        }
    }
}

/// Sums that are kept apart for the columns of a row: several registers of every path, and a multiple of
/// every small block size that is a power of two, or of the other ones.
const EVEN: usize = 32;
const OTHER: usize = 48;

/// The measure of every phase of one image; see the reference.
pub(super) fn norms(blocks: Blocks, image: &[f32], norm: Norm) -> Vec<f64> {
    let ([s, t], [height, width], [rows, columns]) = (blocks.size, blocks.input, blocks.output);
    let whole = [rows * s, columns * t] == [height, width];
    if whole && EVEN.is_multiple_of(t) {
        measured::<EVEN>(blocks, image, norm)
    } else if whole && OTHER.is_multiple_of(t) {
        measured::<OTHER>(blocks, image, norm)
    } else {
        reference::norms(blocks, image, norm)
    }
}

fn measured<const LANES: usize>(blocks: Blocks, image: &[f32], norm: Norm) -> Vec<f64> {
    let ([s, t], input) = (blocks.size, blocks.input);
    let mut lanes = vec![[0.0; LANES]; s];
    let (image, into) = ((image, input), lanes.as_mut_slice());
    match norm {
        Norm::L1 => dispatch(Measure { image, into, with: |sum: f64, x: f64| sum + x.abs() }),
        Norm::L2 => dispatch(Measure { image, into, with: |sum: f64, x: f64| sum + x * x }),
        Norm::Max => {
            let with = |most: f64, x: f64| {
                if (x.abs() > most) | x.is_nan() { x.abs() } else { most }
            };
            dispatch(Measure { image, into, with });
        }
    }
    let of_phase = |phase: usize| {
        let lanes = lanes[phase / t].iter().skip(phase % t).step_by(t);
        match norm {
            Norm::L1 | Norm::L2 => lanes.sum(),
            Norm::Max => lanes.fold(0.0, |most, &lane| norm.with(most, lane)),
        }
    };
    (0..s * t).map(of_phase).collect()
}

/// Adds every row of an image to the lanes of its row of a block.
struct Measure<'a, F, const LANES: usize> {
    /// The image, and the rows and columns of its planes.
    image: (&'a [f32], [usize; 2]),
    into: &'a mut [[f64; LANES]],
    with: F,
}

impl<F: Fn(f64, f64) -> f64, const LANES: usize> Kernel for Measure<'_, F, LANES> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { image: (image, [height, width]), into, with } = self;
        let phases = into.len();
        for plane in image.chunks_exact((height * width).max(1)) {
            for (phase, lanes) in into.iter_mut().enumerate() {
                let rows = plane.chunks_exact(width.max(1)).skip(phase).step_by(phases);
                if !width.is_multiple_of(LANES) {
                    for row in rows {
                        for numbers in row.chunks(LANES) {
                            for (sum, &x) in lanes.iter_mut().zip(numbers) {
                                *sum = with(*sum, f64::from(x));
                            }
                        }
                    }
                    continue;
                }
                // Nothing but constant places, so that they stay in registers.
                let mut sums = *lanes;
                for row in rows {
                    for numbers in row.as_chunks::<LANES>().0 {
                        for (sum, &x) in sums.iter_mut().zip(numbers) {
                            *sum = with(*sum, f64::from(x));
                        }
                    }
                }
                *lanes = sums;
            }
        }
    }
}
