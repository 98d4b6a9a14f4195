//! Algorithms of six multiplications along an axis: `F(4, 3)` and `F(2, 5)`.

use super::{Linear, pair, plus, scaled};
use crate::simd::Vector;

/// `F(4, 3)`: points 0, ±3/4, ±3/2, ∞. They keep the error within twice that of the direct sum,
/// where 0, ±1, ±2 lose a digit.
pub(in crate::simd::winograd) struct FourOfThree;
/// `F(2, 5)`: the points of [`FourOfThree`].
pub(in crate::simd::winograd) struct TwoOfFive;

/// The first and second pair of points, their squares and cubes.
const P: [f32; 2] = [0.75, 1.5];
const P2: [f32; 2] = [P[0] * P[0], P[1] * P[1]];
const P3: [f32; 2] = [P2[0] * P[0], P2[1] * P[1]];
/// `1 / ∏ (pᵢ − pⱼ)` for 0 and for the points of each pair.
const N0: f32 = 1.0 / (P2[0] * P2[1]);
const N: [f32; 2] = [0.5 / (P2[0] * (P2[0] - P2[1])), 0.5 / (P2[1] * (P2[1] - P2[0]))];

/// `Bᵀ d` for the points 0, ±3/4, ±3/2, ∞: the products of all `(x − pⱼ)` but one, as rows.
#[inline(always)]
fn input_of_six<V: Vector>([d0, d1, d2, d3, d4, d5]: [V; 6]) -> [V; 6] {
    const SUM: f32 = P2[0] + P2[1];
    const PRODUCT: f32 = P2[0] * P2[1];
    let (t1, t2) = pair(plus(d4, -P2[1], d2), P[0], plus(d3, -P2[1], d1));
    let (t3, t4) = pair(plus(d4, -P2[0], d2), P[1], plus(d3, -P2[0], d1));
    let t0 = plus(plus(d4, -SUM, d2), PRODUCT, d0);
    let t5 = plus(plus(d5, -SUM, d3), PRODUCT, d1);
    [t0, t1, t2, t3, t4, t5]
}

impl Linear<6, 6> for FourOfThree {
    #[inline(always)]
    fn of<V: Vector>(d: [V; 6]) -> [V; 6] {
        input_of_six(d)
    }
}

impl Linear<6, 4> for FourOfThree {
    #[inline(always)]
    fn of<V: Vector>([m0, m1, m2, m3, m4, m5]: [V; 6]) -> [V; 4] {
        let (even, odd) = ([m1.add(m2), m3.add(m4)], [m1.sub(m2), m3.sub(m4)]);
        [
            m0.add(even[0].add(even[1])),
            plus(scaled(odd[0], P[0]), P[1], odd[1]),
            plus(scaled(even[0], P2[0]), P2[1], even[1]),
            plus(plus(m5, P3[0], odd[0]), P3[1], odd[1]),
        ]
    }
}

impl Linear<4, 6> for FourOfThree {
    #[inline(always)]
    fn of<V: Vector>([y0, y1, y2, y3]: [V; 4]) -> [V; 6] {
        let (t1, t2) = pair(plus(y0, P2[0], y2), P[0], plus(y1, P2[0], y3));
        let (t3, t4) = pair(plus(y0, P2[1], y2), P[1], plus(y1, P2[1], y3));
        [y0, t1, t2, t3, t4, y3]
    }
}

impl Linear<3, 6> for FourOfThree {
    #[inline(always)]
    fn of<V: Vector>([g0, g1, g2]: [V; 3]) -> [V; 6] {
        let even =
            [plus(scaled(g0, N[0]), N[0] * P2[0], g2), plus(scaled(g0, N[1]), N[1] * P2[1], g2)];
        let (t1, t2) = pair(even[0], N[0] * P[0], g1);
        let (t3, t4) = pair(even[1], N[1] * P[1], g1);
        [scaled(g0, N0), t1, t2, t3, t4, g2]
    }
}

impl Linear<6, 3> for FourOfThree {
    #[inline(always)]
    fn of<V: Vector>([m0, m1, m2, m3, m4, m5]: [V; 6]) -> [V; 3] {
        let (even, odd) = ([m1.add(m2), m3.add(m4)], [m1.sub(m2), m3.sub(m4)]);
        [
            plus(plus(scaled(m0, N0), N[0], even[0]), N[1], even[1]),
            plus(scaled(odd[0], N[0] * P[0]), N[1] * P[1], odd[1]),
            plus(plus(m5, N[0] * P2[0], even[0]), N[1] * P2[1], even[1]),
        ]
    }
}

impl Linear<6, 6> for TwoOfFive {
    #[inline(always)]
    fn of<V: Vector>(d: [V; 6]) -> [V; 6] {
        input_of_six(d)
    }
}

impl Linear<6, 2> for TwoOfFive {
    #[inline(always)]
    fn of<V: Vector>([m0, m1, m2, m3, m4, m5]: [V; 6]) -> [V; 2] {
        let odd = [m1.sub(m2), m3.sub(m4)];
        [m0.add(m1.add(m2).add(m3.add(m4))), plus(plus(m5, P[0], odd[0]), P[1], odd[1])]
    }
}

impl Linear<2, 6> for TwoOfFive {
    #[inline(always)]
    fn of<V: Vector>([y0, y1]: [V; 2]) -> [V; 6] {
        let ((t1, t2), (t3, t4)) = (pair(y0, P[0], y1), pair(y0, P[1], y1));
        [y0, t1, t2, t3, t4, y1]
    }
}

impl Linear<5, 6> for TwoOfFive {
    #[inline(always)]
    fn of<V: Vector>([g0, g1, g2, g3, g4]: [V; 5]) -> [V; 6] {
        let even = [
            scaled(plus(plus(g0, P2[0], g2), P2[0] * P2[0], g4), N[0]),
            scaled(plus(plus(g0, P2[1], g2), P2[1] * P2[1], g4), N[1]),
        ];
        let odd = [plus(g1, P2[0], g3), plus(g1, P2[1], g3)];
        let (t1, t2) = pair(even[0], N[0] * P[0], odd[0]);
        let (t3, t4) = pair(even[1], N[1] * P[1], odd[1]);
        [scaled(g0, N0), t1, t2, t3, t4, g4]
    }
}

impl Linear<6, 5> for TwoOfFive {
    #[inline(always)]
    fn of<V: Vector>([m0, m1, m2, m3, m4, m5]: [V; 6]) -> [V; 5] {
        let even = [scaled(m1.add(m2), N[0]), scaled(m3.add(m4), N[1])];
        let odd = [scaled(m1.sub(m2), N[0] * P[0]), scaled(m3.sub(m4), N[1] * P[1])];
        [
            plus(even[0].add(even[1]), N0, m0),
            odd[0].add(odd[1]),
            plus(scaled(even[0], P2[0]), P2[1], even[1]),
            plus(scaled(odd[0], P2[0]), P2[1], odd[1]),
            plus(plus(m5, P2[0] * P2[0], even[0]), P2[1] * P2[1], even[1]),
        ]
    }
}
