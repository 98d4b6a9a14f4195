//! What batch normalisation does to consecutive values of one channel, in vector lanes.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]

use crate::simd::{Vector, load, load_up_to, store, store_up_to};

/// Numbers that are added in single precision: each lane adds at most 64 of them.
const RUN: usize = 1024;
/// Numbers whose squared distances are taken from one mean, while they are in the nearest cache.
const PIECE: usize = 4096;

#[inline(always)]
fn read<V: Vector>(from: &[f32], at: usize, count: usize) -> V {
    if count == V::LANES { load(from, at) } else { load_up_to(from, at) }
}

#[inline(always)]
fn write<V: Vector>(numbers: V, into: &mut [f32], at: usize, count: usize) {
    if count == V::LANES { store(numbers, into, at) } else { store_up_to(numbers, into, at) }
}

/// What is added up: a trait rather than a closure, which would not always be inlined.
trait Terms<V: Vector, const N: usize> {
    /// The terms of the `count` numbers from `at` on; the other lanes are zero.
    fn terms(&mut self, at: usize, count: usize) -> [V; N];
}

/// The sums of the terms of `len` numbers.
#[inline(always)]
fn totals<V: Vector, const N: usize>(len: usize, mut of: impl Terms<V, N>) -> [f64; N] {
    // Four registers of each sum hide the latency of an addition.
    const CHAINS: usize = 4;
    let mut totals = [0.0; N];
    for start in (0..len).step_by(RUN) {
        let (end, mut at) = (len.min(start + RUN), start);
        let mut chains = [[V::splat(0.0); N]; CHAINS];
        while at + CHAINS * V::LANES <= end {
            for (nth, chain) in chains.iter_mut().enumerate() {
                let terms = of.terms(at + nth * V::LANES, V::LANES);
                for (sum, term) in chain.iter_mut().zip(terms) {
                    *sum = sum.add(term);
                }
            }
            at += CHAINS * V::LANES;
        }
        while at < end {
            for (sum, term) in chains[0].iter_mut().zip(of.terms(at, V::LANES.min(end - at))) {
                *sum = sum.add(term);
            }
            at += V::LANES;
        }
        let [first, second, third, fourth] = chains;
        for (nth, total) in totals.iter_mut().enumerate() {
            let sum = first[nth].add(second[nth]).add(third[nth].add(fourth[nth]));
            *total += f64::from(sum.sum());
        }
    }
    totals
}

struct Values<'a>(&'a [f32]);

impl<V: Vector> Terms<V, 1> for Values<'_> {
    #[inline(always)]
    fn terms(&mut self, at: usize, count: usize) -> [V; 1] {
        [read(self.0, at, count)]
    }
}

/// Squared distances from `center`.
struct Distances<'a, V> {
    x: &'a [f32],
    center: V,
}

impl<V: Vector> Terms<V, 1> for Distances<'_, V> {
    #[inline(always)]
    fn terms(&mut self, at: usize, count: usize) -> [V; 1] {
        let x: V = read(self.x, at, count);
        let x = if count == V::LANES { x } else { x.first_or(count, self.center) };
        let away = x.sub(self.center);
        [away.mul(away)]
    }
}

struct Gradients<'a, V> {
    x: &'a [f32],
    dy: &'a [f32],
    mean: V,
}

impl<V: Vector> Terms<V, 2> for Gradients<'_, V> {
    #[inline(always)]
    fn terms(&mut self, at: usize, count: usize) -> [V; 2] {
        let (x, dy): (V, V) = (read(self.x, at, count), read(self.dy, at, count));
        [dy.mul(x.sub(self.mean)), dy]
    }
}

struct OpenGradients<'a, V> {
    x: &'a [f32],
    dy: &'a mut [f32],
    mean: V,
    scale: V,
    shift: V,
}

impl<V: Vector> Terms<V, 2> for OpenGradients<'_, V> {
    #[inline(always)]
    fn terms(&mut self, at: usize, count: usize) -> [V; 2] {
        let (x, zero) = (read::<V>(self.x, at, count), V::splat(0.0));
        let open = x.mul(self.scale).add(self.shift).exceeds(zero);
        let dy = V::select(open, read(self.dy, at, count), zero);
        write(dy, self.dy, at, count);
        [dy.mul(x.sub(self.mean)), dy]
    }
}

/// Mean and squared distances from it of a growing number of values.
///
/// Every piece has distances from its *own* mean, so a mean far from zero does not swallow the
/// variance. Pieces are merged after T. F. Chan and others (1983), doi:10.1080/00031305.1983.10483115:
///
/// ```text
/// M = M₁ + M₂ + (μ₂ − μ₁)² · n₁ n₂ / n         squared distances of the parts, and of their means
/// ```
#[derive(Clone, Copy, Default)]
pub(super) struct Spread {
    count: f64,
    pub(super) mean: f64,
    distances: f64,
}

impl Spread {
    /// Adds values.
    #[inline(always)]
    pub(super) fn take<V: Vector>(&mut self, values: &[f32]) {
        for piece in values.chunks(PIECE) {
            let count = piece.len() as f64;
            let [sum] = totals::<V, 1>(piece.len(), Values(piece));
            let mean = sum / count;
            let center = V::splat(mean as f32);
            let [distances] = totals(piece.len(), Distances { x: piece, center });
            // The distances are from the rounded mean: take the rounding back out.
            let rounding = mean - f64::from(mean as f32);
            self.merge(Self { count, mean, distances: distances - rounding * rounding * count });
        }
    }

    #[inline(always)]
    fn merge(&mut self, other: Self) {
        let count = self.count + other.count;
        let (away, share) = (other.mean - self.mean, other.count / count);
        self.mean += away * share;
        self.distances += other.distances + away * away * self.count * share;
        self.count = count;
    }

    /// The mean squared distance from the mean.
    pub(super) fn variance(&self) -> f64 {
        (self.distances / self.count).max(0.0)
    }
}

/// `y = scale · x + shift`, and of that `max(·, 0)` if `RELU`.
#[inline(always)]
pub(super) fn affine<V: Vector, const RELU: bool>(
    x: &[f32],
    y: &mut [f32],
    scale: f32,
    shift: f32,
) {
    let (scale, shift) = (V::splat(scale), V::splat(shift));
    let x = &x[..y.len()];
    for at in (0..y.len()).step_by(V::LANES) {
        let count = V::LANES.min(y.len() - at);
        let normalized = read::<V>(x, at, count).mul(scale).add(shift);
        write(if RELU { V::splat(0.0).max(normalized) } else { normalized }, y, at, count);
    }
}

/// `[Σ ∂y · (x − mean), Σ ∂y]`.
#[inline(always)]
pub(super) fn gradient_sums<V: Vector>(x: &[f32], dy: &[f32], mean: f32) -> [f64; 2] {
    let (x, mean) = (&x[..dy.len()], V::splat(mean));
    totals(dy.len(), Gradients { x, dy, mean })
}

/// [`gradient_sums`] of the `dy` where `scale · x + shift` is positive or NaN. Elsewhere it is set
/// to zero.
#[inline(always)]
pub(super) fn open_gradient_sums<V: Vector>(
    x: &[f32],
    dy: &mut [f32],
    mean: f32,
    [scale, shift]: [f32; 2],
) -> [f64; 2] {
    let (mean, scale, shift) = (V::splat(mean), V::splat(scale), V::splat(shift));
    totals(dy.len(), OpenGradients { x: &x[..dy.len()], dy, mean, scale, shift })
}

/// `dy` becomes `a · dy + b · x + c`.
#[inline(always)]
pub(super) fn combine<V: Vector>(x: &[f32], dy: &mut [f32], factors: [f32; 3]) {
    let [a, b, c] = [V::splat(factors[0]), V::splat(factors[1]), V::splat(factors[2])];
    let x = &x[..dy.len()];
    for at in (0..dy.len()).step_by(V::LANES) {
        let count = V::LANES.min(dy.len() - at);
        let (x, gradient) = (read::<V>(x, at, count), read::<V>(dy, at, count));
        write(a.mul(gradient).add(b.mul(x)).add(c), dy, at, count);
    }
}
