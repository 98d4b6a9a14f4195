//! Algorithms for three taps at stride 2, where no algorithm of the literature's `F(m, r)` is of use.
//!
//! With one cell of padding, output `i` takes the even input `2i` times the middle tap, and the odd
//! inputs around it times the other two: a convolution of two taps at stride 1. That one is computed
//! by `F(4, 2)` with the points ±1/2, ±5/4, ∞, five multiplications for four outputs, and the middle
//! tap by one multiplication each. Nine instead of twelve are 81 instead of 144 along both axes. The
//! error is that of the direct sum.
//!
//! The last four multiplications have the middle tap as their common weight, so there are six
//! weights.

use super::{Linear, pair, plus, scaled};
use crate::simd::Vector;

/// Four outputs of three taps at stride 2, from nine inputs.
pub(in crate::simd::winograd) struct Halving;
/// Its transpose: eight gradients of inputs from five of outputs, the first of them at an even input.
pub(in crate::simd::winograd) struct Doubling;

/// The points of the pairs, their squares and cubes.
const P: [f32; 2] = [0.5, 1.25];
const P2: [f32; 2] = [P[0] * P[0], P[1] * P[1]];
const P3: [f32; 2] = [P2[0] * P[0], P2[1] * P[1]];
/// `1 / ∏ (pᵢ − pⱼ)` for the positive point of each pair; for the other it is as much below zero.
const N: [f32; 2] = [0.5 / (P[0] * (P2[0] - P2[1])), 0.5 / (P[1] * (P2[1] - P2[0]))];

/// `Bᵀ d` of `F(4, 2)`.
#[inline(always)]
fn input<V: Vector>([d0, d1, d2, d3, d4]: [V; 5]) -> [V; 5] {
    const SUM: f32 = P2[0] + P2[1];
    const PRODUCT: f32 = P2[0] * P2[1];
    let (t0, t1) = pair(plus(d3, -P2[1], d1), P[0], plus(d2, -P2[1], d0));
    let (t2, t3) = pair(plus(d3, -P2[0], d1), P[1], plus(d2, -P2[0], d0));
    [t0, t1, t2, t3, plus(plus(d4, -SUM, d2), PRODUCT, d0)]
}

/// `Aᵀ m` of `F(4, 2)`.
#[inline(always)]
fn output<V: Vector>([m0, m1, m2, m3, m4]: [V; 5]) -> [V; 4] {
    let (even, odd) = ([m0.add(m1), m2.add(m3)], [m0.sub(m1), m2.sub(m3)]);
    [
        even[0].add(even[1]),
        plus(scaled(odd[0], P[0]), P[1], odd[1]),
        plus(scaled(even[0], P2[0]), P2[1], even[1]),
        plus(plus(m4, P3[0], odd[0]), P3[1], odd[1]),
    ]
}

impl Linear<9, 9> for Halving {
    #[inline(always)]
    fn of<V: Vector>([d0, d1, d2, d3, d4, d5, d6, d7, d8]: [V; 9]) -> [V; 9] {
        let [t0, t1, t2, t3, t4] = input([d0, d2, d4, d6, d8]);
        [t0, t1, t2, t3, t4, d1, d3, d5, d7]
    }
}

impl Linear<9, 4> for Halving {
    #[inline(always)]
    fn of<V: Vector>([m0, m1, m2, m3, m4, m5, m6, m7, m8]: [V; 9]) -> [V; 4] {
        let [y0, y1, y2, y3] = output([m0, m1, m2, m3, m4]);
        [y0.add(m5), y1.add(m6), y2.add(m7), y3.add(m8)]
    }
}

impl Linear<4, 9> for Halving {
    #[inline(always)]
    fn of<V: Vector>([y0, y1, y2, y3]: [V; 4]) -> [V; 9] {
        let (t0, t1) = pair(plus(y0, P2[0], y2), P[0], plus(y1, P2[0], y3));
        let (t2, t3) = pair(plus(y0, P2[1], y2), P[1], plus(y1, P2[1], y3));
        [t0, t1, t2, t3, y3, y0, y1, y2, y3]
    }
}

impl Linear<3, 6> for Halving {
    #[inline(always)]
    fn of<V: Vector>([g0, g1, g2]: [V; 3]) -> [V; 6] {
        let (t0, t1) = pair(scaled(g2, N[0] * P[0]), N[0], g0);
        let (t2, t3) = pair(scaled(g2, N[1] * P[1]), N[1], g0);
        [t0, t1, t2, t3, g2, g1]
    }
}

impl Linear<6, 3> for Halving {
    #[inline(always)]
    fn of<V: Vector>([m0, m1, m2, m3, m4, m5]: [V; 6]) -> [V; 3] {
        let (even, odd) = ([m0.add(m1), m2.add(m3)], [m0.sub(m1), m2.sub(m3)]);
        [
            plus(scaled(odd[0], N[0]), N[1], odd[1]),
            m5,
            plus(plus(m4, N[0] * P[0], even[0]), N[1] * P[1], even[1]),
        ]
    }
}

impl Linear<5, 9> for Doubling {
    #[inline(always)]
    fn of<V: Vector>(d: [V; 5]) -> [V; 9] {
        let [t0, t1, t2, t3, t4] = input(d);
        let [d0, d1, d2, d3, _] = d;
        [t0, t1, t2, t3, t4, d0, d1, d2, d3]
    }
}

impl Linear<9, 8> for Doubling {
    #[inline(always)]
    fn of<V: Vector>([m0, m1, m2, m3, m4, m5, m6, m7, m8]: [V; 9]) -> [V; 8] {
        let [y0, y1, y2, y3] = output([m0, m1, m2, m3, m4]);
        [m5, y0, m6, y1, m7, y2, m8, y3]
    }
}

impl Linear<3, 6> for Doubling {
    #[inline(always)]
    fn of<V: Vector>(g: [V; 3]) -> [V; 6] {
        <Halving as Linear<3, 6>>::of(g)
    }
}
