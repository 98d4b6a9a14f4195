//! Window by window and cell by cell.

use super::super::super::reference::divide_by;
use super::super::reference::{of_channel, outputs, plane};
use super::SumFunction;
use crate::{Scalar, Tensor, Windows};

/// Whether no cell of a plane is too large or too small for its terms.
fn is_moderate<F, const MAPS: usize, const SUMS: usize, const PULLS: usize>(
    function: &F,
    params: &[Scalar],
    planes: [&[Scalar]; MAPS],
) -> bool
where
    F: SumFunction<MAPS, SUMS, PULLS>,
{
    planes.into_iter().zip(function.range(params)).all(|(plane, [low, high])| {
        plane.iter().all(|x| x.abs() <= high && (*x == 0.0 || x.abs() >= low))
    })
}

/// One plane of every map, with what belongs to its channel.
struct Plane<'a, F, const MAPS: usize> {
    function: &'a F,
    at: &'a Windows,
    planes: [&'a [Scalar]; MAPS],
    params: &'a [Scalar],
}

impl<F, const MAPS: usize> Plane<'_, F, MAPS> {
    fn cell(&self, cell: usize) -> [Scalar; MAPS] {
        self.planes.map(|plane| plane[cell])
    }

    fn sums<const SUMS: usize, const PULLS: usize>(&self, [i, j]: [usize; 2]) -> [Scalar; SUMS]
    where
        F: SumFunction<MAPS, SUMS, PULLS>,
    {
        let mut sums = [0.0; SUMS];
        for (_, cell) in self.at.cells(i, j) {
            let terms = self.function.terms(self.params, self.cell(cell));
            sums.iter_mut().zip(terms).for_each(|(sum, term)| *sum += term);
        }
        sums
    }
}

/// Every output with its plane: moderate ones by their sums, others by the function of a window.
pub(super) fn pool<const MAPS: usize, const SUMS: usize, const PULLS: usize, F>(
    function: &F,
    maps: [&Tensor; MAPS],
    params: &Tensor,
    at: &Windows,
) -> Tensor
where
    F: SumFunction<MAPS, SUMS, PULLS>,
{
    let mut y = super::super::reference::pool(function, maps, params, at);
    let [batch, channels, ..] = maps[0].nchw();
    let out = y.as_mut_slice();
    for (nth, of, [i, j]) in outputs(batch * channels, at) {
        let (planes, params) = (maps.map(|map| plane(map, of)), of_channel(params, of % channels));
        if is_moderate(function, params, planes) {
            let sums = Plane { function, at, planes, params }.sums([i, j]);
            let mut shown = [0.0; PULLS];
            shown.copy_from_slice(&sums[..PULLS]);
            let divisor = divide_by(at, function.divisor(), i, j);
            out[nth] = function.total(params, shown, divisor);
        }
    }
    y
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
    let (mut dmaps, mut dparams) =
        super::super::reference::pool_backward(function, maps, params, dy, at);
    let ([_, channels, height, width], each) = (maps[0].nchw(), params.dims()[1]);
    let [rows, columns] = at.output();
    for of in 0..maps[0].nchw()[0] * channels {
        let (planes, params) = (maps.map(|map| plane(map, of)), of_channel(params, of % channels));
        if !is_moderate(function, params, planes) {
            continue;
        }
        let plane = Plane { function, at, planes, params };
        let mut pulled = vec![[0.0; PULLS]; height * width];
        let dparams = &mut dparams[of * each..][..each];
        dparams.fill(0.0);
        for (i, j) in (0..rows).flat_map(|i| (0..columns).map(move |j| (i, j))) {
            let mut more = vec![0.0; each];
            let divisor = divide_by(at, function.divisor(), i, j);
            let dy = dy.as_slice()[(of * rows + i) * columns + j];
            let pull = function.pull(params, plane.sums([i, j]), divisor, dy, &mut more);
            dparams.iter_mut().zip(more).for_each(|(sum, more)| *sum += f64::from(more));
            for (_, cell) in at.cells(i, j) {
                pulled[cell].iter_mut().zip(pull).for_each(|(sum, pull)| *sum += pull);
            }
        }
        for (cell, &pulled) in pulled.iter().enumerate() {
            let x = plane.cell(cell);
            let gradients = function.cell(params, x, function.terms(params, x), pulled);
            for (dmap, gradient) in dmaps.iter_mut().zip(gradients) {
                dmap.as_mut_slice()[of * height * width + cell] = gradient;
            }
        }
    }
    (dmaps, dparams)
}
