//! Sums over vector lanes: single precision inside short runs, double precision between them.
//!
//! There are as many lanes on every path, so all of them give the same bits.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use super::reference;
use crate::ops::parallel;
use crate::simd::{Kernel, Vector, dispatch, load, store};

/// Numbers that are added in single precision. Each of the lanes below adds 32 of them, so the
/// error stays within a few units in the last place of the sum of magnitudes.
const RUN: usize = 1024;
/// Independent sums: enough registers to hide the latency of an addition on every path.
const LANES: usize = 32;
/// Planes that one task adds.
const TOGETHER: usize = 16;
/// Planes shorter than this are added by the reference, which has no lanes to add up.
const SHORT: usize = 16;

/// The sum of a slice.
#[inline(always)]
fn run_sum<V: Vector>(values: &[f32]) -> f64 {
    let mut total = 0.0;
    for values in values.chunks(RUN) {
        let mut lanes = added::<V, 1>([values]);
        let rest = values.as_chunks::<LANES>().1;
        for (lane, value) in lanes.iter_mut().zip(rest) {
            *lane += value;
        }
        total += f64::from(fold(lanes));
    }
    total
}

/// The sums by lane of products, of as many whole rows of lanes as there are.
#[inline(always)]
fn added<V: Vector, const FACTORS: usize>(factors: [&[f32]; FACTORS]) -> [f32; LANES] {
    match V::LANES {
        16 => added_in::<V, FACTORS, { LANES / 16 }>(factors),
        8 => added_in::<V, FACTORS, { LANES / 8 }>(factors),
        _ => added_in::<V, FACTORS, { LANES / 4 }>(factors),
    }
}

#[inline(always)]
fn added_in<V: Vector, const FACTORS: usize, const REGISTERS: usize>(
    factors: [&[f32]; FACTORS],
) -> [f32; LANES] {
    let mut sums = [V::splat(0.0); REGISTERS];
    for start in (0..factors[0].len() / LANES * LANES).step_by(LANES) {
        for (nth, sum) in sums.iter_mut().enumerate() {
            let at = start + nth * V::LANES;
            let mut product = load::<V>(factors[0], at);
            for factor in &factors[1..] {
                product = product.mul(load(factor, at));
            }
            *sum = sum.add(product);
        }
    }
    let mut lanes = [0.0; LANES];
    for (nth, sum) in sums.iter().enumerate() {
        store(*sum, &mut lanes, nth * V::LANES);
    }
    lanes
}

/// The sum of the lanes by halving.
#[inline(always)]
fn fold(mut lanes: [f32; LANES]) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
        half /= 2;
    }
    lanes[0]
}

/// The sums of consecutive planes.
struct PlaneSums<'a> {
    values: &'a [f32],
    area: usize,
    sums: &'a mut [f64],
}

impl Kernel for PlaneSums<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        for (sum, plane) in self.sums.iter_mut().zip(self.values.chunks_exact(self.area)) {
            *sum = run_sum::<V>(plane);
        }
    }
}

/// The sum of products.
struct Dot<'a>(&'a [f32], &'a [f32]);

impl Kernel for Dot<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<V: Vector>(self) -> f64 {
        let mut total = 0.0;
        for (a, b) in self.0.chunks(RUN).zip(self.1.chunks(RUN)) {
            let mut lanes = added::<V, 2>([a, b]);
            let [rest, ends] = [a, b].map(|values| values.as_chunks::<LANES>().1);
            for (lane, (a, b)) in lanes.iter_mut().zip(rest.iter().zip(ends)) {
                *lane += a * b;
            }
            total += f64::from(fold(lanes));
        }
        total
    }
}

/// The sum of the products of two slices of one length.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    dispatch(Dot(a, b)) as f32
}

/// The sum of the products of every two planes of `area` numbers.
pub(crate) fn plane_dots([a, b]: [&[f32]; 2], area: usize) -> Vec<f64> {
    let mut planes = vec![0.0; a.len() / area.max(1)];
    parallel::chunks(&mut planes, TOGETHER, (TOGETHER * area) as u64, |i, sums| {
        for (nth, sum) in (i * TOGETHER..).zip(sums) {
            let [a, b] = [a, b].map(|values| &values[nth * area..][..area]);
            *sum = dispatch(Dot(a, b));
        }
    });
    planes
}

/// The sum of every plane of `area` numbers.
pub(crate) fn plane_sums(values: &[f32], area: usize) -> Vec<f64> {
    if area < SHORT {
        return reference::plane_sums(values, area);
    }
    let mut planes = vec![0.0; values.len() / area];
    parallel::chunks(&mut planes, TOGETHER, (TOGETHER * area) as u64, |i, sums| {
        dispatch(PlaneSums {
            values: &values[i * TOGETHER * area..][..sums.len() * area],
            area,
            sums,
        });
    });
    planes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]
        #[test]
        fn fast_is_reference(planes in 0_usize..40, area in 1_usize..2100) {
            let values: Vec<f32> =
                (0..planes * area).map(|i| ((i * 7919) % 17) as f32 - 8.0).collect();
            // Whole numbers below 2^24: every order of summation is exact.
            prop_assert_eq!(plane_sums(&values, area), reference::plane_sums(&values, area));
        }

        #[test]
        fn fast_products_are_those_of_the_reference(len in 0_usize..2100) {
            let numbers = |step: usize| (0..len).map(|i| ((i * step) % 17) as f32 - 8.0).collect();
            let (a, b): (Vec<f32>, Vec<f32>) = (numbers(7919), numbers(31));
            prop_assert_eq!(dot(&a, &b).to_bits(), reference::dot(&a, &b).to_bits());
        }
    }
}
