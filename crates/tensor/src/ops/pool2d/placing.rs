//! Maxima back in their cells: plane by plane, as gradients are given back.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use super::axis::axes;
use super::back::Way;
use super::max::Offsets;
use super::spread::Share;
use super::tasks::Sizes;
use crate::ops::{parallel, scratch};
use crate::simd::{Kernel, Vector, dispatch, load_up_to, store_up_to};
use crate::{Argmax, Tensor, Windows};

/// Numbers that one task writes, about.
const BLOCK: usize = 1 << 15;
/// What a cell costs, in operations.
const CELL: usize = 20;

/// Every `y` at the place of its winner, the last where there are several, and zeros elsewhere. `None`
/// where winners have to be looked up one by one.
pub(super) fn put_back(y: &Tensor, argmax: &Argmax, at: &Windows) -> Option<Tensor> {
    placed(Source::Windows(y), argmax, at)
}

/// What stands in `x` at the places of winners, and zeros elsewhere.
pub(super) fn keep(x: &Tensor, argmax: &Argmax, at: &Windows) -> Option<Tensor> {
    placed(Source::Cells(x), argmax, at)
}

/// Where the values of winners come from.
#[derive(Clone, Copy)]
enum Source<'a> {
    Windows(&'a Tensor),
    Cells(&'a Tensor),
}

fn placed(source: Source, argmax: &Argmax, at: &Windows) -> Option<Tensor> {
    let (Some(_), Offsets::Narrow(winners)) = (axes(at), &argmax.0) else { return None };
    let share = Share::Last(winners);
    let way = Way::new(at, share);
    if matches!(way, Way::Scatter(_)) {
        return None;
    }
    let (Source::Windows(tensor) | Source::Cells(tensor)) = source;
    let ([batch, channels, ..], [height, width]) = (tensor.nchw(), at.input());
    let mut x = Tensor::stale([batch, channels, height, width]);
    let (area, outputs) = (height * width, at.output()[0] * at.output()[1]);
    let together = (BLOCK / area).max(1);
    let operations = (CELL * together * area) as u64;
    let (ones, sizes) = (vec![1.0; outputs], Sizes::of(at, channels));
    parallel::chunks(x.as_mut_slice(), together * area, operations, |nth, x| {
        scratch::with(way.room(), |numbers| {
            let (way, ones, first) = (&way, ones.as_slice(), nth * together);
            dispatch(Placing { way, source, ones, share, sizes, first, numbers, x });
        });
    });
    Some(x)
}

/// The planes from `first` on.
struct Placing<'a> {
    way: &'a Way,
    source: Source<'a>,
    /// As many as a plane has windows.
    ones: &'a [f32],
    share: Share<'a>,
    sizes: Sizes,
    first: usize,
    numbers: &'a mut [f32],
    x: &'a mut [f32],
}

impl Kernel for Placing<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self { way, source, ones, share, sizes, first, numbers, x } = self;
        let [height, width] = sizes.input;
        let mut ring = way.ring(numbers);
        for (nth, x) in x.chunks_exact_mut(height * width).enumerate() {
            let plane = first + nth;
            let given = match source {
                Source::Windows(y) => Sizes::plane(sizes.output, y.as_slice(), plane),
                Source::Cells(_) => ones,
            };
            way.rows::<V>(given, share.of(sizes, plane), sizes, 0..height, &mut ring, x);
            if let Source::Cells(cells) = source {
                let cells = Sizes::plane(sizes.input, cells.as_slice(), plane);
                for at in (0..x.len()).step_by(V::LANES) {
                    let stands = load_up_to::<V>(x, at).equals(V::splat(1.0));
                    let kept = V::select(stands, load_up_to(cells, at), V::splat(0.0));
                    store_up_to(kept, x, at);
                }
            }
        }
    }
}
