//! Convolution by Winograd's algorithms: which ones, and how the work is cut up.
//!
//! Forward and input gradient are one algorithm (the input gradient is a convolution of `∂y` with
//! the taps in reverse, or at stride 2 has a form of its own), cut into bands of tiles that fit the second-level cache. The weight gradient
//! sums over tiles: images fall into parts whose number depends on the shapes only, every part adds
//! its bands in order, and the parts are added in order. One image alone has its output channels
//! shared out instead.

use std::ops::Range;

use super::Conv2d;
use crate::ops::{parallel, scratch};
use crate::simd::winograd::{
    Band, Form, Forward, Geometry, Pack, WeightGradient, WeightSums, Weights, lanes,
};
use crate::{Tensor, Window};

/// Numbers of transformed inputs of one band, where that leaves some tiles.
const BAND: usize = 80 << 10;
/// Fewest and most tiles of a band.
const TILES: [usize; 2] = [24, 96];
/// Numbers of transformed maps of one band of a weight gradient, or as many as there are sums, which
/// every band reads and writes.
const OPERANDS: usize = 600 << 10;
/// Fewest and most tiles of such a band.
const TILES_OF_SUMS: [usize; 2] = [48, 128];
/// Bands that there should at least be, so that threads have something to share.
const TASKS: usize = 8;
/// The number of bands is a multiple of this, so that the last ones keep all threads busy.
const EVEN: usize = 4;
/// Numbers in the sums of all parts of a weight gradient, where more than two parts exceed it.
const PARTIAL: usize = 3 << 19;
/// Most parts of a weight gradient.
const PARTS: usize = 8;
/// Tiles of all images up to which their gradient of the weights takes a form of a larger error.
const FEW_TILES: usize = 32;
/// Shares of the output channels in the weight gradient of one image: each transforms it again.
const SHARES: usize = 2;

/// A convolution that one of the algorithms computes, in one direction.
#[derive(Clone, Copy, Debug)]
struct Plan {
    geometry: Geometry,
    inputs: usize,
    outputs: usize,
}

/// The form for a convolution that writes maps of `output`, if there is one that is worth it.
fn form(conv: &Conv2d, output: [usize; 2]) -> Option<Form> {
    let Window { kernel, stride, dilation, before, .. } = conv.windows.window();
    let plain = dilation == [1; 2] && conv.groups == 1;
    let wide = conv.in_channels.min(conv.out_channels) >= fewest_channels();
    if !plain || !wide || (0..2).any(|axis| before[axis] >= kernel[axis]) {
        return None;
    }
    let smallest = conv.output().into_iter().chain(conv.windows.input()).min().unwrap_or(0);
    match (kernel, stride) {
        ([3, 3], [1, 1]) if smallest >= 3 => Some(Form::FourOfThree),
        ([3, 3], [1, 1]) if smallest == 2 => Some(Form::TwoOfThree),
        ([3, 3], [2, 2]) if before == [1; 2] && halves_well(conv.output()) => Some(Form::Halving),
        ([5, 5], [1, 1]) if smallest >= 2 => [Form::ThreeOfFive, Form::TwoOfFive]
            .into_iter()
            .min_by_key(|&form| multiplications(form, output)),
        _ => None,
    }
}

/// Multiplications for one input and one output channel.
fn multiplications(form: Form, output: [usize; 2]) -> usize {
    form.tiles(output).iter().product::<usize>() * form.frequencies()
}

/// Whether [`Form::Halving`] multiplies at most three quarters as often as the definition, for so many
/// tiles that transforming the weights is worth it.
fn halves_well(output: [usize; 2]) -> bool {
    let definition = output.iter().product::<usize>() * Form::Halving.taps().pow(2);
    let tiles = Form::Halving.tiles(output).iter().product::<usize>();
    tiles >= 4 && 4 * multiplications(Form::Halving, output) <= 3 * definition
}

/// Fewest channels on either side: with fewer, too many lanes idle.
fn fewest_channels() -> usize {
    lanes() * 3 / 4
}

impl Plan {
    fn forward(conv: &Conv2d) -> Option<Self> {
        let geometry = Geometry {
            form: form(conv, conv.output())?,
            input: conv.windows.input(),
            output: conv.output(),
            before: conv.windows.window().before,
        };
        Some(Self { geometry, inputs: conv.in_channels, outputs: conv.out_channels })
    }

    /// From `∂y` to `∂x`.
    fn backward(conv: &Conv2d) -> Option<Self> {
        let output = conv.windows.input();
        let form = form(conv, output)?;
        let (form, before) = match form {
            Form::Halving => (Form::Doubling, [0; 2]),
            _ => (form, conv.windows.window().before.map(|before| form.taps() - 1 - before)),
        };
        let geometry = Geometry { form, input: conv.output(), output, before };
        Some(Self { geometry, inputs: conv.out_channels, outputs: conv.in_channels })
    }

    /// From `x` and `∂y` of so many images to `∂w`, whose sums over many tiles take a form of a smaller error.
    fn weight_gradient(conv: &Conv2d, batch: usize) -> Option<Self> {
        let mut plan = Self::forward(conv)?;
        let geometry = &mut plan.geometry;
        if geometry.form == Form::ThreeOfFive
            && batch * geometry.tiles().iter().product::<usize>() > FEW_TILES
        {
            geometry.form = Form::TwoOfFive;
        }
        Some(plan)
    }

    /// Tiles that a band should have.
    fn target(&self) -> usize {
        let numbers = self.geometry.form.frequencies() * self.inputs.next_multiple_of(lanes());
        (BAND / numbers).clamp(TILES[0], TILES[1])
    }

    /// Tiles that a band of the weight gradient should have.
    fn target_of_sums(&self) -> usize {
        let form = self.geometry.form;
        let maps = [self.inputs, self.outputs].map(|maps| maps.next_multiple_of(lanes()));
        let sums = WeightGradient::len(form, [self.outputs, self.inputs]);
        let tiles = OPERANDS.max(sums) / (form.frequencies() * (maps[0] + maps[1]));
        tiles.clamp(TILES_OF_SUMS[0], TILES_OF_SUMS[1])
    }

    /// Bands of about `target` tiles: images of each, at most so many, and rows of tiles into which
    /// images are cut.
    fn bands(&self, most: usize, target: usize) -> (usize, usize) {
        let [rows, columns] = self.geometry.tiles();
        let per_image = rows * columns;
        if per_image >= target {
            return (1, per_image.div_ceil(target).min(rows));
        }
        ((target / per_image).min(most).max(1), 1)
    }

    /// Multiplications and additions for `images`.
    fn operations(&self, images: usize) -> u64 {
        let ([rows, columns], form) = (self.geometry.tiles(), self.geometry.form);
        [2, images, self.inputs, self.outputs, rows, columns, form.frequencies()]
            .iter()
            .map(|&count| count as u64)
            .product()
    }

    /// The convolution of `x` into `y` with packed weights.
    fn run(
        &self,
        x: &[f32],
        weights: Weights<'_>,
        bias: Option<&[f32]>,
        relu: bool,
        y: &mut [f32],
    ) {
        let geometry = &self.geometry;
        let image = self.inputs * geometry.input[0] * geometry.input[1];
        let area = geometry.output[0] * geometry.output[1];
        let batch = x.len() / image;
        if batch == 0 {
            return;
        }
        let (images, parts) = self.bands(batch.div_ceil(TASKS), self.target());
        let bands = batch.div_ceil(images).next_multiple_of(EVEN).min(batch);
        let images = |band: usize| band * batch / bands..(band + 1) * batch / bands;
        let groups = Weights::groups(self.outputs);
        // Few bands: their output channels are shared out too.
        let shares = TASKS.div_ceil(bands * parts).min(groups);
        let share = |share: usize| share * groups / shares..(share + 1) * groups / shares;
        let rows = geometry.tiles()[0];
        let part = |part: usize| part * rows / parts..(part + 1) * rows / parts;

        // The rows of every plane go to the band and share that write them.
        let mut tasks: Vec<Task<'_>> = Vec::with_capacity(bands * parts * shares);
        for images in (0..bands).map(images) {
            for at in 0..parts {
                let band = Band { images: images.len(), rows: part(at) };
                tasks.extend((0..shares).map(|at| Task {
                    first: images.start,
                    band: band.clone(),
                    groups: share(at),
                    planes: Vec::new(),
                }));
            }
        }
        let lanes = lanes();
        let share_of: Vec<usize> = (0..shares)
            .flat_map(|at| {
                let channels =
                    share(at).map(|group| Weights::blocks(self.outputs, group).len() * lanes);
                std::iter::repeat_n(at, channels.sum())
            })
            .collect();
        let mut planes = y.chunks_exact_mut(area);
        for (band, images) in (0..bands).map(images).enumerate() {
            for (i, y) in planes.by_ref().take(images.len() * self.outputs).enumerate() {
                let (channel, mut rest) = (i % self.outputs, y);
                for at in 0..parts {
                    let count = geometry.output_rows(&part(at)).len() * geometry.output[1];
                    let (rows, after) = rest.split_at_mut(count);
                    rest = after;
                    let task = (band * parts + at) * shares + share_of[channel];
                    tasks[task].planes.push(rows);
                }
            }
        }
        let operations = self.operations(batch) / tasks.len().max(1) as u64;
        parallel::chunks(&mut tasks, 1, operations, |_, tasks| {
            let [Task { first, band, groups, planes }] = tasks else { unreachable!("one task") };
            let shape = [self.outputs, self.inputs];
            scratch::with(Forward::scratch(geometry, band, shape), |scratch| {
                let x = &x[*first * image..][..band.images * image];
                let groups = groups.clone();
                Forward { geometry, weights, band, x, groups, y: planes, bias, relu, scratch }
                    .run();
            });
        });
    }
}

/// A band of tiles and some groups of output channels, with the rows of outputs that they fill.
struct Task<'y> {
    first: usize,
    band: Band,
    groups: Range<usize>,
    planes: Vec<&'y mut [f32]>,
}

/// Packs the weights of a convolution (or of its transpose) into `packed`.
fn pack(conv: &Conv2d, form: Form, w: &[f32], transposed: bool, packed: &mut [f32]) {
    let shape = [conv.out_channels, conv.in_channels];
    let (outputs, depth) = if transposed { (shape[1], shape[0]) } else { (shape[0], shape[1]) };
    let mut groups = Vec::new();
    let mut rest = packed;
    for group in 0..Weights::groups(outputs) {
        let (packed, after) = rest.split_at_mut(Weights::group_len(form, outputs, depth, group));
        rest = after;
        groups.push(packed);
    }
    let operations = (8 * Weights::group_len(form, outputs, depth, 0)) as u64;
    parallel::chunks(&mut groups, 1, operations, |group, packed| {
        let [packed] = packed else { unreachable!("one group") };
        Pack { form, w, shape, transposed, group, packed }.run();
    });
}

/// Weights that are packed once.
#[derive(Debug)]
pub(super) struct Packed {
    plan: Plan,
    numbers: Vec<f32>,
    /// The first of them at the start of a line of the cache.
    start: usize,
}

impl Packed {
    /// `None` where another way is better.
    pub(super) fn new(conv: &Conv2d, w: &Tensor) -> Option<Self> {
        const LINE: usize = 64;
        let plan = Plan::forward(conv)?;
        let (form, spare) = (plan.geometry.form, LINE / size_of::<f32>());
        let len = Weights::len(form, plan.outputs, plan.inputs);
        let mut numbers = vec![0.0; len + spare];
        let start = numbers.as_ptr().align_offset(LINE).min(spare);
        pack(conv, form, w.as_slice(), false, &mut numbers[start..start + len]);
        numbers.truncate(start + len);
        Some(Self { plan, numbers, start })
    }

    /// The outputs, rectified if `relu`.
    pub(super) fn forward(&self, x: &Tensor, bias: Option<&Tensor>, relu: bool) -> Tensor {
        let Self { plan: Plan { geometry, inputs, outputs }, .. } = *self;
        let [rows, columns] = geometry.output;
        let mut y = Tensor::stale([x.nchw()[0], outputs, rows, columns]);
        let weights = Weights::new(&self.numbers[self.start..], geometry.form, outputs, inputs);
        let bias = bias.map(Tensor::as_slice);
        self.plan.run(x.as_slice(), weights, bias, relu, y.as_mut_slice());
        y
    }
}

/// The outputs, or `None` where another way is better.
pub(super) fn forward(
    conv: &Conv2d,
    x: &Tensor,
    w: &Tensor,
    bias: Option<&Tensor>,
) -> Option<Tensor> {
    let plan = Plan::forward(conv)?;
    let [batch, ..] = x.nchw();
    let [rows, columns] = conv.output();
    let mut y = Tensor::stale([batch, conv.out_channels, rows, columns]);
    plan.with_weights(conv, w, false, |weights| {
        let bias = bias.map(Tensor::as_slice);
        plan.run(x.as_slice(), weights, bias, false, y.as_mut_slice());
    });
    Some(y)
}

/// The gradient of the input, or `None` where another way is better.
pub(super) fn backward_input(conv: &Conv2d, dy: &Tensor, w: &Tensor) -> Option<Tensor> {
    let plan = Plan::backward(conv)?;
    let [batch, ..] = dy.nchw();
    let [rows, columns] = conv.windows.input();
    let mut dx = Tensor::stale([batch, conv.in_channels, rows, columns]);
    plan.with_weights(conv, w, true, |weights| {
        plan.run(dy.as_slice(), weights, None, false, dx.as_mut_slice());
    });
    Some(dx)
}

impl Plan {
    /// Runs `work` with packed weights.
    fn with_weights<T>(
        &self,
        conv: &Conv2d,
        w: &Tensor,
        transposed: bool,
        work: impl FnOnce(Weights<'_>) -> T,
    ) -> T {
        let (form, outputs, depth) = (self.geometry.form, self.outputs, self.inputs);
        scratch::with(Weights::len(form, outputs, depth), |packed| {
            pack(conv, form, w.as_slice(), transposed, packed);
            work(Weights::new(packed, form, outputs, depth))
        })
    }
}

/// The gradient of the weights, or `None` where another way is better.
pub(super) fn backward_weight(conv: &Conv2d, x: &Tensor, dy: &Tensor) -> Option<Tensor> {
    let [batch, ..] = x.nchw();
    let plan = Plan::weight_gradient(conv, batch)?;
    if batch == 0 {
        return None;
    }
    let (geometry, form) = (plan.geometry, plan.geometry.form);
    let (outputs, lanes) = (conv.out_channels, lanes());
    let parts = (PARTIAL / WeightGradient::len(form, [outputs, conv.in_channels]))
        .clamp(2, PARTS)
        .min(batch);
    // One image: its output channels are shared out instead, in whole registers. Sums of one know nothing of others, so
    // that the shares may follow the threads.
    let blocks = outputs.div_ceil(lanes);
    let shares = if batch == 1 { SHARES.min(blocks).min(rayon::current_num_threads()) } else { 1 };
    let shares: Vec<Range<usize>> = (0..shares)
        .map(|at| [at, at + 1].map(|at| (at * blocks / shares * lanes).min(outputs)))
        .map(|[first, end]| first..end)
        .collect();
    let shape = |share: &Range<usize>| [share.len(), conv.in_channels];
    let len = |share: &Range<usize>| WeightGradient::len(form, shape(share));
    let [x_len, dy_len] = [x, dy].map(|maps| maps.len() / batch);
    let area = dy_len / outputs;
    let mut dw = Tensor::stale(conv.weight_shape());
    scratch::with(parts * shares.iter().map(len).sum::<usize>(), |all| {
        let mut tasks = Vec::with_capacity(parts * shares.len());
        let mut rest = &mut *all;
        for share in &shares {
            for part in 0..parts {
                let (sums, after) = rest.split_at_mut(len(share));
                rest = after;
                tasks.push((share, part * batch / parts..(part + 1) * batch / parts, sums));
            }
        }
        let operations = plan.operations(batch) / tasks.len() as u64;
        parallel::each(tasks, operations, |_, (share, part, sums)| {
            let shape = shape(share);
            let (images, cuts) = plan.bands(part.len(), plan.target_of_sums());
            let rows = geometry.tiles()[0];
            let mut add = false;
            for first in part.clone().step_by(images) {
                let images = images.min(part.end - first);
                // Not all output channels only where there is one image.
                let dy = &dy.as_slice()[first * dy_len + share.start * area..];
                let dy = &dy[..images * share.len() * area];
                let x = &x.as_slice()[first * x_len..][..images * x_len];
                for cut in 0..cuts {
                    let rows = cut * rows / cuts..(cut + 1) * rows / cuts;
                    let band = Band { images, rows };
                    scratch::with(WeightGradient::scratch(&geometry, &band, shape), |scratch| {
                        let (geometry, band, sums) = (&geometry, &band, &mut *sums);
                        WeightGradient { geometry, band, shape, x, dy, sums, add, scratch }.run();
                    });
                    add = true;
                }
            }
        });
        let each = dw.len() / outputs;
        let (mut sums, mut rest) = (&*all, dw.as_mut_slice());
        for share in &shares {
            let (of_share, after) = sums.split_at(parts * len(share));
            let (dw, later) = rest.split_at_mut(share.len() * each);
            (sums, rest) = (after, later);
            let operations = (each * 4 * parts) as u64;
            parallel::chunks(dw, each, operations, |first, dw| {
                WeightSums { form, shape: shape(share), sums: of_share, first, dw }.run();
            });
        }
    });
    Some(dw)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Seed;

    /// Largest difference from the exact result, as a fraction of its largest number.
    const ERROR: f64 = 5e-6;

    fn normal(shape: impl Into<crate::Shape>, name: &str) -> Tensor {
        Tensor::normal(shape, 1.0, &mut Seed(7).stream(name))
    }

    /// The three passes in double precision, by the definition.
    fn exact(conv: &Conv2d, [x, w, dy]: [&Tensor; 3]) -> [Vec<f64>; 3] {
        let [batch, channels, height, width] = x.nchw();
        let [outputs, _, rows, columns] = w.nchw();
        let [_, _, high, wide] = dy.nchw();
        let Window { before, stride, .. } = conv.windows.window();
        let [xs, ws, dys] = [x, w, dy].map(Tensor::as_slice);
        let (mut y, mut dx, mut dw) = (vec![0.0; dy.len()], vec![0.0; x.len()], vec![0.0; w.len()]);
        for n in 0..batch {
            for o in 0..outputs {
                for c in 0..channels {
                    for (u, v) in (0..rows).flat_map(|u| (0..columns).map(move |v| (u, v))) {
                        let at_w = ((o * channels + c) * rows + u) * columns + v;
                        for i in 0..high {
                            let Some(h) =
                                (i * stride[0] + u).checked_sub(before[0]).filter(|&h| h < height)
                            else {
                                continue;
                            };
                            for j in 0..wide {
                                let Some(k) = (j * stride[1] + v)
                                    .checked_sub(before[1])
                                    .filter(|&k| k < width)
                                else {
                                    continue;
                                };
                                let at_y = ((n * outputs + o) * high + i) * wide + j;
                                let at_x = ((n * channels + c) * height + h) * width + k;
                                y[at_y] += f64::from(ws[at_w]) * f64::from(xs[at_x]);
                                dx[at_x] += f64::from(ws[at_w]) * f64::from(dys[at_y]);
                                dw[at_w] += f64::from(dys[at_y]) * f64::from(xs[at_x]);
                            }
                        }
                    }
                }
            }
        }
        [y, dx, dw]
    }

    fn error(fast: &Tensor, exact: &[f64]) -> f64 {
        let largest = exact.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
        let differences = fast.as_slice().iter().zip(exact);
        let worst = differences.fold(0.0, |worst: f64, (&fast, &exact)| {
            let difference = (f64::from(fast) - exact).abs();
            if difference.is_nan() { f64::INFINITY } else { worst.max(difference) }
        });
        worst / largest.max(f64::MIN_POSITIVE)
    }

    /// The largest errors of forward, input gradient and weight gradient.
    fn errors(conv: &Conv2d, batch: usize) -> [f64; 3] {
        let ([height, width], [rows, columns]) = (conv.windows.input(), conv.output());
        let x = normal([batch, conv.in_channels, height, width], "x");
        let w = normal(conv.weight_shape(), "w");
        let dy = normal([batch, conv.out_channels, rows, columns], "dy");
        let [y, dx, dw] = exact(conv, [&x, &w, &dy]);
        [
            error(&forward(conv, &x, &w, None).expect("a form fits"), &y),
            error(&backward_input(conv, &dy, &w).expect("a form fits"), &dx),
            error(&backward_weight(conv, &x, &dy).expect("a form fits"), &dw),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..Default::default() })]
        #[test]
        fn every_pass_is_the_definition_within_the_error(
            channels in [12_usize..67, 12..67], five: bool, stride in 1_usize..3,
            input in [2_usize..33, 2..33], before in [0_usize..5, 0..5], after in [0_usize..5, 0..5],
            batch in 1_usize..10,
        ) {
            let kernel = if five { 5 } else { 3 };
            let [before, after] = [before, after].map(|padding| padding.map(|p| p % kernel));
            let before = if stride == 2 { [1; 2] } else { before };
            let window = Window { before, after, ..Window::new([kernel; 2], [stride; 2]) };
            if let Ok(conv) = Conv2d::fit(window, channels[0], channels[1], 1, input)
                && form(&conv, conv.output()).is_some()
            {
                for error in errors(&conv, batch) {
                    prop_assert!(error <= ERROR, "{} for {:?}", error, conv);
                }
            }
        }
    }

    fn same(kernel: usize, channels: [usize; 2], input: [usize; 2]) -> Conv2d {
        strided(kernel, 1, channels, input)
    }

    fn strided(kernel: usize, stride: usize, channels: [usize; 2], input: [usize; 2]) -> Conv2d {
        let window = Window::new([kernel; 2], [stride; 2]).padded([kernel / 2; 2]);
        Conv2d::fit(window, channels[0], channels[1], 1, input).expect("fits")
    }

    #[test]
    fn the_error_stays_small_over_many_channels_and_tiles() {
        for (conv, batch) in [
            (same(3, [256, 64], [8, 8]), 2),
            (same(3, [64, 256], [8, 8]), 2),
            (same(3, [16, 16], [32, 32]), 9),
            (same(3, [48, 33], [2, 7]), 3),
            (same(5, [32, 64], [14, 14]), 1),
            (same(5, [32, 64], [14, 14]), 2),
            (same(5, [64, 33], [4, 4]), 3),
            (strided(3, 2, [64, 64], [32, 32]), 2),
            (strided(3, 2, [256, 20], [16, 13]), 3),
        ] {
            let errors = errors(&conv, batch);
            assert!(errors.iter().all(|&error| error <= ERROR), "{errors:?} for {conv:?}");
        }
    }

    #[test]
    fn a_bias_is_added_to_its_channel() {
        let conv = same(3, [16, 20], [5, 6]);
        let (x, w) = (normal([1, 16, 5, 6], "x"), normal(conv.weight_shape(), "w"));
        let bias = Tensor::from_fn([20], |o| o as f32 - 7.0);
        let without = forward(&conv, &x, &w, None).expect("a form fits");
        let with = forward(&conv, &x, &w, Some(&bias)).expect("a form fits");
        for (i, (with, without)) in with.as_slice().iter().zip(without.as_slice()).enumerate() {
            assert!(
                (with - without - bias.as_slice()[i / 30]).abs() < 1e-4,
                "{i}: {with} {without}"
            );
        }
    }

    #[test]
    fn dilation_groups_few_channels_and_other_strides_go_another_way() {
        let window = Window::new([3; 2], [1; 2]).padded([1; 2]);
        let thirds = Window { stride: [3; 2], ..window };
        let uneven = Window { stride: [2, 1], ..window };
        let unpadded = Window { stride: [2; 2], before: [0; 2], ..window };
        let dilated = Window { dilation: [2; 2], ..window };
        let few = fewest_channels() - 1;
        for (window, channels, groups) in [
            (thirds, 16, 1),
            (uneven, 16, 1),
            (unpadded, 16, 1),
            (dilated, 16, 1),
            (window, 16, 2),
            (window, few, 1),
        ] {
            let conv = Conv2d::fit(window, channels, channels, groups, [16, 16]).expect("fits");
            assert_eq!(form(&conv, conv.output()), None, "{conv:?}");
        }
    }

    #[test]
    fn the_form_is_the_one_that_multiplies_least() {
        let of = |conv: &Conv2d| form(conv, conv.output());
        // Where four do not divide the map, the last tiles may cost more than all of them save.
        let halved = |size: &usize| {
            let conv = strided(3, 2, [16, 16], [2 * size; 2]);
            assert_eq!(conv.output(), [*size; 2]);
            of(&conv) == Some(Form::Halving)
        };
        let sizes: Vec<usize> = (1..24).filter(halved).collect();
        assert_eq!(sizes, [7, 8, 11, 12, 14, 15, 16, 18, 19, 20, 21, 22, 23]);
        for (size, expected) in [
            (2, Form::TwoOfFive),
            (3, Form::ThreeOfFive),
            (4, Form::TwoOfFive),
            (5, Form::ThreeOfFive),
            (7, Form::ThreeOfFive),
            (8, Form::ThreeOfFive),
            (14, Form::ThreeOfFive),
        ] {
            assert_eq!(of(&same(5, [16, 16], [size; 2])), Some(expected), "{size}");
        }
        let conv = same(5, [16, 16], [14, 14]);
        let of_weights = |batch| Plan::weight_gradient(&conv, batch).map(|plan| plan.geometry.form);
        assert_eq!([1, 2].map(of_weights), [Form::ThreeOfFive, Form::TwoOfFive].map(Some));
    }
}
