//! Maxima over rectangles of any size: adaptive, global and fractional windows, pyramids and boxes.
//!
//! ```text
//! y[i, j] = max { x[h, w] : h in rows[i], w in columns[j] }
//! dx      = dy at the winner, summed over the rectangles it wins
//! ```
//!
//! The first maximum in row-major order wins; a NaN makes the output NaN and the last NaN takes the
//! gradient; an empty rectangle gives 0 and passes nothing back.

#[cfg(not(cenote_f64))]
mod fast;
mod pyramid;
mod reference;

#[cfg(not(cenote_f64))]
use fast as kernels;
#[cfg(cenote_f64)]
use reference as kernels;

pub use pyramid::{pyramid_max, pyramid_max_backward};

use std::borrow::Cow;
use std::ops::Range;

use crate::memory::Buffer;
use crate::{Scalar, Tensor};

/// What stands for the place of a winner where there is none.
const NOWHERE: u32 = u32::MAX;

/// Rows and columns of the rectangles of one plane, as half-open ranges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Regions {
    input: [usize; 2],
    /// Those of the rows, then those of the columns: a plane of its own windows is one allocation.
    ranges: Vec<Span>,
    /// How many of the ranges are of rows.
    rows: usize,
    extents: [Extent; 2],
}

/// Some rows or columns: the first, and the one behind the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    start: u32,
    end: u32,
}

/// What there is to know of all ranges of an axis: where they start and end, and their lengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Extent {
    start: u32,
    end: u32,
    shortest: u32,
    longest: u32,
}

impl Extent {
    const NONE: Self = Self { start: u32::MAX, end: 0, shortest: u32::MAX, longest: 0 };

    /// One more range, on an axis of `size` cells.
    fn next(&mut self, [start, end]: [usize; 2], size: usize) -> Span {
        assert!(start <= end && end <= size, "ranges lie on an axis of {size} cells");
        let span = Span { start: start as u32, end: end as u32 };
        self.start = self.start.min(span.start);
        self.end = self.end.max(span.end);
        self.shortest = self.shortest.min(span.end - span.start);
        self.longest = self.longest.max(span.end - span.start);
        span
    }
}

impl Span {
    fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    fn cells(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl Regions {
    /// Rectangles of these rows by these columns in planes of size `input`.
    ///
    /// # Panics
    /// When a range is reversed or leaves the plane, or the plane has 2³² cells or more.
    pub fn new(
        input: [usize; 2],
        rows: impl IntoIterator<Item = [usize; 2]>,
        columns: impl IntoIterator<Item = [usize; 2]>,
    ) -> Self {
        let cells = input[0].max(1).saturating_mul(input[1].max(1));
        assert!(cells < NOWHERE as usize, "places fit into 32 bits");
        let (rows, columns) = (rows.into_iter(), columns.into_iter());
        let mut ranges = Vec::with_capacity(rows.size_hint().0 + columns.size_hint().0);
        let mut extents = [Extent::NONE; 2];
        let [of_rows, of_columns] = &mut extents;
        ranges.extend(rows.map(|range| of_rows.next(range, input[0])));
        let rows = ranges.len();
        ranges.extend(columns.map(|range| of_columns.next(range, input[1])));
        Self { input, ranges, rows, extents }
    }

    /// PyTorch's adaptive windows: output `o` of `O` sees the cells from `⌊o·I/O⌋` to below
    /// `⌈(o+1)·I/O⌉`.
    pub fn adaptive(input: [usize; 2], output: [usize; 2]) -> Self {
        let axis = |axis: usize| {
            let (size, count) = (input[axis], output[axis]);
            (0..count).map(move |o| [o * size / count, ((o + 1) * size).div_ceil(count)])
        };
        Self::new(input, axis(0), axis(1))
    }

    /// Windows at fractional steps, for `u` of rows and columns from 0 to below 1.
    ///
    /// ```text
    /// kernel k   α = (I − k) / (O − 1)    k cells from ⌊(i + u) α⌋ − ⌊u α⌋, the last from I − k
    /// no kernel  α = I / O                from ⌊(i + u) α⌋ − ⌊u α⌋ to below where the next one begins
    /// ```
    ///
    /// With a kernel this is the rule of PyTorch's `fractional_max_pool2d`, in its arithmetic.
    ///
    /// # Panics
    /// When there are more outputs than places: callers checked that when they were fitted.
    pub fn fractional(
        input: [usize; 2],
        output: [usize; 2],
        kernel: Option<[usize; 2]>,
        u: [Scalar; 2],
    ) -> Self {
        // Conversions of 32 bits take one instruction each, and there are many.
        let starts = |last: usize, count: usize, u: Scalar| {
            let step = last as Scalar / (count - 1).max(1) as Scalar;
            let first = (u * step) as u32;
            let start = move |i: u32| ((i as Scalar + u) * step) as u32 - first;
            move |i: usize| if i + 1 < count { start(i as u32) as usize } else { last }
        };
        let axis = |axis: usize| {
            let (size, count, u) = (input[axis], output[axis], u[axis]);
            let length = kernel.map(|kernel| kernel[axis]);
            let points = count + usize::from(length.is_none());
            let start = starts(size - length.unwrap_or(0), points, u);
            (0..count).map(move |i| {
                let first = start(i);
                [first, length.map_or_else(|| start(i + 1), |length| first + length)]
            })
        };
        Self::new(input, axis(0), axis(1))
    }

    /// Rows and columns of a plane.
    pub fn input(&self) -> [usize; 2] {
        self.input
    }

    /// Rows and columns of the output.
    pub fn output(&self) -> [usize; 2] {
        [0, 1].map(|axis| self.axis(axis).len())
    }

    /// The rows (axis 0) or columns (axis 1) of rectangle `o`: the first, and the one behind the last.
    pub fn range(&self, axis: usize, o: usize) -> [usize; 2] {
        let Range { start, end } = self.axis(axis)[o].cells();
        [start, end]
    }

    /// Cells of all rectangles of a plane.
    pub fn cells(&self) -> usize {
        let covered = |axis| self.axis(axis).iter().map(|span| span.len()).sum::<usize>();
        covered(0) * covered(1)
    }

    /// The ranges of rows (0) or columns (1).
    fn axis(&self, axis: usize) -> &[Span] {
        if axis == 0 { &self.ranges[..self.rows] } else { &self.ranges[self.rows..] }
    }
}

/// For every output of [`region_max`], where in its plane the winner was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places(Buffer<u32>);

impl Places {
    /// Size of the places: four bytes per output.
    pub fn bytes(&self) -> usize {
        size_of_val(&*self.0)
    }

    /// Row-major place in its plane of the winner of output `i`, `None` where there is none.
    ///
    /// # Panics
    /// When there is no output `i`.
    pub fn at(&self, i: usize) -> Option<usize> {
        Some(self.0[i]).filter(|&place| place != NOWHERE).map(|place| place as usize)
    }
}

/// Planes of outputs that one task takes.
const TOGETHER: usize = 8;

/// A plane of the input, its rectangles, and where among the outputs of a task their maxima go.
struct Job<'a> {
    plane: usize,
    regions: Cow<'a, Regions>,
    outputs: Range<usize>,
}

/// A plane of the input and its rectangles, for one plane of the output.
pub(crate) type Source<'a> = (usize, Cow<'a, Regions>);

/// The maxima of all rectangles: `x` `(N, C, H, W)` to `y` `(N, C, OH, OW)`, with the winners.
///
/// `regions` holds one value for all planes, or one for each plane, all with equally many outputs.
///
/// # Panics
/// When the number of regions or a size is not that of `x`.
pub fn region_max(x: &Tensor, regions: &[Regions]) -> (Tensor, Places) {
    let [batch, channels, rows, columns] = x.nchw();
    let output = check(regions, batch * channels, [rows, columns]);
    let source = |plane: usize| (plane, Cow::Borrowed(&regions[plane % regions.len()]));
    largest(x, [batch, channels, output[0], output[1]], source)
}

/// As [`region_max`], for rectangles of every plane that are made when it is its turn.
///
/// # Panics
/// When those of a plane are not for the size of the planes of `x`, or not `output` many.
pub fn region_max_each(
    x: &Tensor,
    output: [usize; 2],
    regions: impl Fn(usize) -> Regions + Sync,
) -> (Tensor, Places) {
    let [batch, channels, rows, columns] = x.nchw();
    let source = |plane: usize| {
        let regions = regions(plane);
        let fits = regions.input == [rows, columns] && regions.output() == output;
        assert!(fits, "region_max: regions as fitted");
        (plane, Cow::Owned(regions))
    };
    largest(x, [batch, channels, output[0], output[1]], source)
}

/// The output size that all regions share.
fn check(regions: &[Regions], planes: usize, input: [usize; 2]) -> [usize; 2] {
    let fits = regions.len() == 1 || regions.len() == planes;
    assert!(fits, "region_max: {} regions for {planes} planes", regions.len());
    let output = regions.first().map_or([0, 0], Regions::output);
    let alike = |regions: &Regions| regions.input == input && regions.output() == output;
    assert!(regions.iter().all(alike), "region_max: regions as fitted");
    output
}

/// The maxima of the rectangles that `source` names for every plane of an output of this shape.
pub(crate) fn largest<'a>(
    x: &Tensor,
    shape: [usize; 4],
    source: impl Fn(usize) -> Source<'a> + Sync,
) -> (Tensor, Places) {
    let mut y = Tensor::stale(shape);
    let mut places = Buffer::stale(y.len());
    let (planes, outputs) = (shape[0] * shape[1], shape[2] * shape[3]);
    if planes * outputs > 0 {
        let source = &source;
        let jobs = |task: usize| {
            let first = task * TOGETHER;
            (0..TOGETHER.min(planes - first)).map(move |i| {
                let (plane, regions) = source(first + i);
                Job { plane, regions, outputs: i * outputs..(i + 1) * outputs }
            })
        };
        let work = TOGETHER * (source(0).1.cells() + outputs);
        let into = (y.as_mut_slice(), &mut *places);
        kernels::largest(x, into, TOGETHER * outputs, work, jobs);
    }
    (y, Places(places))
}

/// `dx` of [`region_max`] on planes of size `input`: every `dy` goes to the winner of its rectangle.
///
/// # Panics
/// When `dy` and the places are not of one pass.
pub fn region_max_backward(dy: &Tensor, places: &Places, input: [usize; 2]) -> Tensor {
    let [batch, channels, rows, columns] = dy.nchw();
    let outputs = rows * columns;
    assert_eq!(dy.len(), places.0.len(), "region_max: dy and places of one pass");
    let mut dx = Tensor::stale([batch, channels, input[0], input[1]]);
    fill_planes(&mut dx, outputs, |plane, dx| {
        let range = plane * outputs..(plane + 1) * outputs;
        places.scatter(range, dy.as_slice(), dx);
    });
    dx
}

/// Calls `fill` with every plane of `dx`, where about `work` numbers are added to each.
pub(crate) fn fill_planes(
    dx: &mut Tensor,
    work: usize,
    fill: impl Fn(usize, &mut [Scalar]) + Sync,
) {
    let [.., rows, columns] = dx.nchw();
    let area = (rows * columns).max(1);
    #[cfg(not(cenote_f64))]
    {
        let operations = 12 * (area + 2 * work) as u64;
        crate::ops::parallel::chunks(dx.as_mut_slice(), area, operations, fill);
    }
    #[cfg(cenote_f64)]
    {
        let _ = work;
        dx.as_mut_slice().chunks_mut(area).enumerate().for_each(|(i, plane)| fill(i, plane));
    }
}

impl Places {
    /// Overwrites `dx` with the outputs in `range`, each added at its place.
    pub(crate) fn scatter(&self, range: Range<usize>, dy: &[Scalar], dx: &mut [Scalar]) {
        dx.fill(0.0);
        self.scatter_more(range, dy, dx);
    }

    /// Adds the outputs in `range` to `dx`, each at its place.
    pub(crate) fn scatter_more(&self, range: Range<usize>, dy: &[Scalar], dx: &mut [Scalar]) {
        for (&place, &dy) in self.0[range.clone()].iter().zip(&dy[range]) {
            if let Some(dx) = dx.get_mut(place as usize) {
                *dx += dy;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_of_equal_maxima_and_the_last_nan_win() {
        let regions = [Regions::adaptive([2, 3], [1, 1])];
        let place = |values: [Scalar; 6]| {
            let x = Tensor::from_vec([1, 1, 2, 3], values.into()).expect("6 values");
            let (y, places) = region_max(&x, &regions);
            (y.as_slice()[0], places.at(0))
        };
        assert_eq!(place([1.0, 4.0, 2.0, 4.0, 4.0, 0.0]), (4.0, Some(1)));
        assert_eq!(place([1.0, 1.0, 2.0, 4.0, 0.0, 4.0]), (4.0, Some(3)));
        let (y, at) = place([Scalar::NAN, 9.0, Scalar::NAN, 1.0, Scalar::NAN, 2.0]);
        assert!(y.is_nan());
        assert_eq!(at, Some(4));
        let low = Scalar::NEG_INFINITY;
        assert_eq!(place([low; 6]), (low, Some(0)));
    }

    #[test]
    fn an_empty_rectangle_is_zero_and_passes_nothing_back() {
        let regions = [Regions::new([2, 2], vec![[0, 0], [0, 2]], vec![[1, 2]])];
        let x = Tensor::full([1, 1, 2, 2], -3.0);
        let (y, places) = region_max(&x, &regions);
        assert_eq!((y.as_slice(), places.at(0)), (&[0.0, -3.0][..], None));
        let dx = region_max_backward(&Tensor::full([1, 1, 2, 1], 5.0), &places, [2, 2]);
        assert_eq!(dx.as_slice(), [0.0, 5.0, 0.0, 0.0]);
    }

    #[test]
    fn fractional_windows_begin_where_pytorch_lets_them() {
        // torch's generate_intervals(sample = 0.7, input = 25, output = 6, kernel = 2): α = 23 / 5.
        let kernel = Some([1, 2]);
        let regions = Regions::fractional([1, 25], [1, 6], kernel, [0.0, 0.7]);
        let starts: Vec<usize> = (0..6).map(|o| regions.range(1, o)[0]).collect();
        assert_eq!(starts, [0, 4, 9, 14, 18, 23]);
        // One output has no step: its window is the last one.
        let one = Regions::fractional([1, 25], [1, 1], kernel, [0.0, 0.7]);
        assert_eq!(one.range(1, 0), [23, 25]);
    }

    #[test]
    fn disjoint_fractional_windows_tile_an_axis() {
        for u in [0.0, 0.3, 0.99] {
            let regions = Regions::fractional([7, 10], [3, 7], None, [u, u]);
            for (axis, size) in [7, 10].into_iter().enumerate() {
                let ranges: Vec<[usize; 2]> =
                    (0..regions.output()[axis]).map(|o| regions.range(axis, o)).collect();
                assert_eq!((ranges[0][0], ranges[ranges.len() - 1][1]), (0, size));
                assert!(ranges.windows(2).all(|pair| pair[0][1] == pair[1][0]), "{ranges:?}");
                assert!(ranges.iter().all(|[start, end]| start < end), "{ranges:?}");
            }
        }
    }

    /// Ranges of up to `length` cells, some of them empty if `length` is not fixed.
    fn ranges(
        size: usize,
        count: usize,
        length: usize,
        seed: usize,
        fixed: bool,
    ) -> Vec<[usize; 2]> {
        let of = |o: usize| {
            let start = (o * 5 + seed) % size;
            if fixed {
                let start = start.min(size - length.min(size));
                return [start, start + length.min(size)];
            }
            [start, (start + (o * 3 + seed) % (length + 1)).min(size)]
        };
        (0..count).map(of).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(384))]

        #[test]
        fn fast_equals_reference_with_ties_and_nan(
            planes in 1_usize..4,
            input in (1_usize..12, 1_usize..40),
            output in (1_usize..6, 1_usize..40),
            length in prop_oneof![(1_usize..5, 1_usize..5), (1_usize..12, 1_usize..40)],
            rare in prop::sample::select(vec![Scalar::NAN, Scalar::INFINITY, -0.0]),
            seed in 0_usize..1000,
            fixed: bool,
        ) {
            let regions: Vec<Regions> = (0..planes).map(|plane| {
                let rows = ranges(input.0, output.0, length.0, seed + plane, fixed);
                let columns = ranges(input.1, output.1, length.1, seed + 2 * plane, fixed);
                Regions::new([input.0, input.1], rows, columns)
            }).collect();
            let x = Tensor::from_fn([1, planes, input.0, input.1], |i| {
                match (i * 31 + seed) % 7 {
                    0 => rare,
                    1 => Scalar::NEG_INFINITY,
                    value => value as Scalar - 4.0,
                }
            });
            let (y, places) = region_max(&x, &regions);
            let (mut expected, mut at) = (y.clone(), places.0.clone());
            let outputs = output.0 * output.1;
            let job = |plane| Job { plane, regions: Cow::Borrowed(&regions[plane]), outputs: 0..outputs };
            let into = (expected.as_mut_slice(), &mut *at);
            reference::largest(&x, into, outputs, 0, |plane| std::iter::once(job(plane)));
            prop_assert_eq!(&*places.0, &*at);
            for (y, expected) in y.as_slice().iter().zip(expected.as_slice()) {
                let alike = y.total_cmp(expected).is_eq() || y.is_nan() && expected.is_nan();
                prop_assert!(alike, "{y} {expected}");
            }
        }
    }
}
