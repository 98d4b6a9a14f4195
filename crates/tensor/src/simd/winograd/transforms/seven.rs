//! An algorithm of seven multiplications along an axis: `F(3, 5)`.

use super::{Linear, pair, plus, scaled};
use crate::simd::Vector;

/// `F(3, 5)`: points ±5/16, ±7/8, ±27/16, ∞. Without 0 all of them are pairs, and of all such points in
/// sixteenths these keep the error least. It is about half as much again as that of `F(2, 5)`; in the
/// gradient of the weights, which sums over more terms, that would be too much.
pub(in crate::simd::winograd) struct ThreeOfFive;

/// The points of the pairs, their squares and the squares of those.
const P: [f32; 3] = [0.3125, 0.875, 1.6875];
const P2: [f32; 3] = [P[0] * P[0], P[1] * P[1], P[2] * P[2]];
const P4: [f32; 3] = [P2[0] * P2[0], P2[1] * P2[1], P2[2] * P2[2]];
/// Sum and product of the squares of the other pairs.
const SUM: [f32; 3] = [P2[1] + P2[2], P2[0] + P2[2], P2[0] + P2[1]];
const PRODUCT: [f32; 3] = [P2[1] * P2[2], P2[0] * P2[2], P2[0] * P2[1]];
/// The coefficients of `∏ (x² − pᵢ²)` after the first, without signs.
const ALL: [f32; 3] = [P2[0] + SUM[0], P2[0] * SUM[0] + PRODUCT[0], P2[0] * PRODUCT[0]];
/// `1 / ∏ (pᵢ − pⱼ)` for the positive point of each pair; for the other it is as much below zero.
const N: [f32; 3] = [
    0.5 / (P[0] * (P2[0] - P2[1]) * (P2[0] - P2[2])),
    0.5 / (P[1] * (P2[1] - P2[0]) * (P2[1] - P2[2])),
    0.5 / (P[2] * (P2[2] - P2[0]) * (P2[2] - P2[1])),
];

impl Linear<7, 7> for ThreeOfFive {
    #[inline(always)]
    fn of<V: Vector>([d0, d1, d2, d3, d4, d5, d6]: [V; 7]) -> [V; 7] {
        let of_pair = |i: usize| {
            let even = plus(plus(d5, -SUM[i], d3), PRODUCT[i], d1);
            let odd = plus(plus(d4, -SUM[i], d2), PRODUCT[i], d0);
            pair(even, P[i], odd)
        };
        let ((t0, t1), (t2, t3), (t4, t5)) = (of_pair(0), of_pair(1), of_pair(2));
        let t6 = plus(plus(plus(d6, -ALL[0], d4), ALL[1], d2), -ALL[2], d0);
        [t0, t1, t2, t3, t4, t5, t6]
    }
}

impl Linear<7, 3> for ThreeOfFive {
    #[inline(always)]
    fn of<V: Vector>([m0, m1, m2, m3, m4, m5, m6]: [V; 7]) -> [V; 3] {
        let even = [m0.add(m1), m2.add(m3), m4.add(m5)];
        let odd = [m0.sub(m1), m2.sub(m3), m4.sub(m5)];
        [
            even[0].add(even[1]).add(even[2]),
            plus(plus(scaled(odd[0], P[0]), P[1], odd[1]), P[2], odd[2]),
            plus(plus(plus(m6, P2[0], even[0]), P2[1], even[1]), P2[2], even[2]),
        ]
    }
}

impl Linear<5, 7> for ThreeOfFive {
    #[inline(always)]
    fn of<V: Vector>([g0, g1, g2, g3, g4]: [V; 5]) -> [V; 7] {
        let of_pair = |i: usize| {
            let even = plus(plus(g0, P2[i], g2), P4[i], g4);
            pair(scaled(plus(g1, P2[i], g3), N[i] * P[i]), N[i], even)
        };
        let ((t0, t1), (t2, t3), (t4, t5)) = (of_pair(0), of_pair(1), of_pair(2));
        [t0, t1, t2, t3, t4, t5, g4]
    }
}

impl Linear<3, 7> for ThreeOfFive {
    #[inline(always)]
    fn of<V: Vector>([y0, y1, y2]: [V; 3]) -> [V; 7] {
        let of_pair = |i: usize| pair(plus(y0, P2[i], y2), P[i], y1);
        let ((t0, t1), (t2, t3), (t4, t5)) = (of_pair(0), of_pair(1), of_pair(2));
        [t0, t1, t2, t3, t4, t5, y2]
    }
}

impl Linear<7, 5> for ThreeOfFive {
    #[inline(always)]
    fn of<V: Vector>([m0, m1, m2, m3, m4, m5, m6]: [V; 7]) -> [V; 5] {
        let even = [scaled(m0.sub(m1), N[0]), scaled(m2.sub(m3), N[1]), scaled(m4.sub(m5), N[2])];
        let odd = [
            scaled(m0.add(m1), N[0] * P[0]),
            scaled(m2.add(m3), N[1] * P[1]),
            scaled(m4.add(m5), N[2] * P[2]),
        ];
        [
            even[0].add(even[1]).add(even[2]),
            odd[0].add(odd[1]).add(odd[2]),
            plus(plus(scaled(even[0], P2[0]), P2[1], even[1]), P2[2], even[2]),
            plus(plus(scaled(odd[0], P2[0]), P2[1], odd[1]), P2[2], odd[2]),
            plus(plus(plus(m6, P4[0], even[0]), P4[1], even[1]), P4[2], even[2]),
        ]
    }
}
