//! Window by window, cell by cell.

use super::super::reference::divide_by;
use super::super::{Argmax, Divisor};
use super::{Cells, Choice, Gradient, PairChoice, WindowFunction};
use crate::{Scalar, Tensor, Windows};

/// The cells of one window.
struct Gathered<const MAPS: usize> {
    values: [Vec<Scalar>; MAPS],
    inside: Vec<bool>,
    divisor: Scalar,
}

impl<const MAPS: usize> Gathered<MAPS> {
    fn new(
        planes: [&[Scalar]; MAPS],
        at: &Windows,
        divisor: Divisor,
        [row, column]: [usize; 2],
    ) -> Self {
        let area = at.window().area();
        let (mut values, mut inside) = (planes.map(|_| vec![0.0; area]), vec![false; area]);
        for (offset, cell) in at.cells(row, column) {
            inside[offset] = true;
            for (values, plane) in values.iter_mut().zip(planes) {
                values[offset] = plane[cell];
            }
        }
        Self { values, inside, divisor: divide_by(at, divisor, row, column) }
    }

    fn cells(&self) -> Cells<'_, Scalar, MAPS> {
        Cells {
            values: self.values.each_ref().map(Vec::as_slice),
            inside: Some(&self.inside),
            divisor: self.divisor,
        }
    }
}

/// Every output: its position among all, its plane and its place there.
pub(super) fn outputs(
    planes: usize,
    at: &Windows,
) -> impl Iterator<Item = (usize, usize, [usize; 2])> {
    let [rows, columns] = at.output();
    let places = (0..rows).flat_map(move |i| (0..columns).map(move |j| [i, j]));
    (0..planes)
        .flat_map(move |plane| places.clone().map(move |place| (plane, place)))
        .enumerate()
        .map(|(nth, (plane, place))| (nth, plane, place))
}

pub(super) fn plane(map: &Tensor, nth: usize) -> &[Scalar] {
    let [.., height, width] = map.nchw();
    &map.as_slice()[nth * height * width..][..height * width]
}

pub(super) fn pool<const MAPS: usize, F: WindowFunction<MAPS>>(
    function: &F,
    maps: [&Tensor; MAPS],
    params: &Tensor,
    at: &Windows,
) -> Tensor {
    let ([batch, channels, ..], [rows, columns]) = (maps[0].nchw(), at.output());
    let mut y = Tensor::stale([batch, channels, rows, columns]);
    let out = y.as_mut_slice();
    for (nth, of, place) in outputs(batch * channels, at) {
        let gathered = Gathered::new(maps.map(|map| plane(map, of)), at, function.divisor(), place);
        out[nth] = function.value(of_channel(params, of % channels), &gathered.cells());
    }
    y
}

/// The gradients of the maps, and those of the parameters for every plane.
pub(super) fn pool_backward<const MAPS: usize, F: WindowFunction<MAPS>>(
    function: &F,
    maps: [&Tensor; MAPS],
    params: &Tensor,
    dy: &Tensor,
    at: &Windows,
) -> ([Tensor; MAPS], Vec<f64>) {
    let ([batch, channels, height, width], area) = (maps[0].nchw(), at.window().area());
    let each = params.dims()[1];
    let mut dmaps = maps.map(|map| Tensor::zeros(map.shape()));
    let mut sums = vec![0.0; batch * channels * each];
    for (nth, of, [i, j]) in outputs(batch * channels, at) {
        let gathered =
            Gathered::new(maps.map(|map| plane(map, of)), at, function.divisor(), [i, j]);
        let mut cells = maps.map(|_| vec![0.0; area]);
        let mut dparams = vec![0.0; each];
        function.gradient(
            of_channel(params, of % channels),
            &gathered.cells(),
            dy.as_slice()[nth],
            &mut Gradient { cells: cells.each_mut().map(Vec::as_mut_slice), params: &mut dparams },
        );
        for (dmap, cells) in dmaps.iter_mut().zip(&cells) {
            let dmap = &mut dmap.as_mut_slice()[of * height * width..];
            at.cells(i, j).for_each(|(offset, cell)| dmap[cell] += cells[offset]);
        }
        let sums = &mut sums[of * each..][..each];
        sums.iter_mut().zip(dparams).for_each(|(sum, more)| *sum += f64::from(more));
    }
    (dmaps, sums)
}

pub(super) fn of_channel(params: &Tensor, channel: usize) -> &[Scalar] {
    let each = params.dims()[1];
    &params.as_slice()[channel * each..][..each]
}

pub(super) fn choose<C: Choice>(
    choice: &C,
    x: &Tensor,
    draws: &[Scalar],
    at: &Windows,
) -> (Tensor, Argmax) {
    let ([batch, channels, ..], [rows, columns]) = (x.nchw(), at.output());
    let mut y = Tensor::stale([batch, channels, rows, columns]);
    let mut winners = Argmax::zeros(y.len(), at.window().area());
    let out = y.as_mut_slice();
    for (nth, of, place) in outputs(batch * channels, at) {
        let gathered = Gathered::new([plane(x, of)], at, Divisor::RealCells, place);
        let [value, winner] = choice.choose(draws[nth], &gathered.cells());
        out[nth] = value;
        winners.set(nth, winner as usize);
    }
    (y, winners)
}

pub(super) fn choose_pair<C: PairChoice>(
    choice: &C,
    x: &Tensor,
    at: &Windows,
) -> (Tensor, [Argmax; 2]) {
    let ([batch, channels, ..], [rows, columns]) = (x.nchw(), at.output());
    let mut y = Tensor::stale([batch, channels, rows, columns]);
    let mut pair = [0; 2].map(|_: u8| Argmax::zeros(y.len(), at.window().area()));
    let out = y.as_mut_slice();
    for (nth, of, place) in outputs(batch * channels, at) {
        let gathered = Gathered::new([plane(x, of)], at, Divisor::RealCells, place);
        let [value, one, other] = choice.choose(&gathered.cells());
        out[nth] = value;
        pair[0].set(nth, one as usize);
        pair[1].set(nth, other as usize);
    }
    (y, pair)
}
