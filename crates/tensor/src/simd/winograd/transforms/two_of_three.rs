//! `F(2, 3)`, for maps of two rows or columns.

use super::{Linear, pair, plus, scaled};
use crate::simd::Vector;

/// `F(2, 3)`: points 0, ±1, ∞.
pub(in crate::simd::winograd) struct TwoOfThree;

impl Linear<4, 4> for TwoOfThree {
    #[inline(always)]
    fn of<V: Vector>([d0, d1, d2, d3]: [V; 4]) -> [V; 4] {
        [d2.sub(d0), d2.add(d1), d2.sub(d1), d3.sub(d1)]
    }
}

impl Linear<4, 2> for TwoOfThree {
    #[inline(always)]
    fn of<V: Vector>([m0, m1, m2, m3]: [V; 4]) -> [V; 2] {
        [m0.add(m1.add(m2)), m3.add(m1.sub(m2))]
    }
}

impl Linear<2, 4> for TwoOfThree {
    #[inline(always)]
    fn of<V: Vector>([y0, y1]: [V; 2]) -> [V; 4] {
        [y0, y0.add(y1), y0.sub(y1), y1]
    }
}

impl Linear<3, 4> for TwoOfThree {
    #[inline(always)]
    fn of<V: Vector>([g0, g1, g2]: [V; 3]) -> [V; 4] {
        let (t1, t2) = pair(scaled(g0.add(g2), 0.5), 0.5, g1);
        [scaled(g0, -1.0), t1, t2, g2]
    }
}

impl Linear<4, 3> for TwoOfThree {
    #[inline(always)]
    fn of<V: Vector>([m0, m1, m2, m3]: [V; 4]) -> [V; 3] {
        let (even, odd) = (m1.add(m2), m1.sub(m2));
        [plus(scaled(m0, -1.0), 0.5, even), scaled(odd, 0.5), plus(m3, 0.5, even)]
    }
}
