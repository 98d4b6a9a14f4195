//! Exponentials, logarithms and hyperbolic tangents of whole registers.
//!
//! Each reduces its argument to a short interval around 0 and evaluates a polynomial there: those of
//! the Cephes library (Moshier 1989), whose coefficients are of public record. The error is at most 2
//! units in the last place of the result; a test compares with double precision.

use super::Vector;

/// ln 2 in two parts: the first has so few digits that its products with whole numbers up to 2¹⁵ are
/// exact.
const LN2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];

/// Adding and subtracting it rounds to a whole number: from 2²³ on there are no others.
pub(super) const ROUNDING: f32 = 12_582_912.0;

/// The polynomial with these coefficients, the highest power first.
#[inline(always)]
fn polynomial<V: Vector, const N: usize>(x: V, coefficients: [f32; N]) -> V {
    let mut sum = V::splat(coefficients[0]);
    for &coefficient in &coefficients[1..] {
        sum = sum.mul_add(x, V::splat(coefficient));
    }
    sum
}

/// eˣ. With `n = round(x / ln 2)` and `r = x − n ln 2` it is `2ⁿ eʳ`.
#[inline(always)]
pub(super) fn exp<V: Vector>(x: V) -> V {
    // Below and above, the result is 0 and ∞.
    let x = V::splat(89.0).min(V::splat(-104.0).max(x));
    let rounding = V::splat(ROUNDING);
    let n = x.mul_add(V::splat(std::f32::consts::LOG2_E), rounding).sub(rounding);
    let r = n.mul_add(V::splat(-LN2[1]), n.mul_add(V::splat(-LN2[0]), x));
    let tail = polynomial(
        r,
        [1.987_569_1e-4, 1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 5e-1],
    );
    let power = r.mul(r).mul_add(tail, r).add(V::splat(1.0));
    power.scale_far(n)
}

/// ln x. With `x = 2ᵉ m` and `m` between √½ and √2 it is `e ln 2 + ln m`.
#[inline(always)]
pub(super) fn ln<V: Vector>(x: V) -> V {
    let zero = V::splat(0.0);
    let (m, e) = x.split_any();
    let large = m.exceeds(V::splat(std::f32::consts::SQRT_2));
    let m = V::select(large, m.mul(V::splat(0.5)), m);
    let e = V::select(large, e.add(V::splat(1.0)), e);
    let f = m.sub(V::splat(1.0));
    let square = f.mul(f);
    let tail = polynomial(
        f,
        [
            7.037_684e-2,
            -1.151_461e-1,
            1.167_7e-1,
            -1.242_014_1e-1,
            1.424_932_3e-1,
            -1.666_805_8e-1,
            2.000_071_5e-1,
            -2.499_999_4e-1,
            3.333_333e-1,
        ],
    );
    let tail = e.mul_add(V::splat(LN2[1]), f.mul(square).mul(tail));
    let tail = square.mul_add(V::splat(-0.5), tail);
    let sum = e.mul_add(V::splat(LN2[0]), f.add(tail));
    let infinity = V::splat(f32::INFINITY);
    let sum = V::select(x.equals(infinity), infinity, sum);
    let sum = V::select(x.equals(zero), V::splat(f32::NEG_INFINITY), sum);
    V::select(zero.exceeds(x), V::splat(f32::NAN), sum)
}

/// tanh x: by its series near 0, and `(1 − e^−2x) / (1 + e^−2x)` beyond.
#[inline(always)]
pub(super) fn tanh<V: Vector>(x: V) -> V {
    let (one, size) = (V::splat(1.0), x.abs());
    let power = exp(size.mul(V::splat(-2.0)));
    let far = one.sub(power).div(one.add(power));
    let far = V::select(V::splat(0.0).exceeds(x), V::splat(0.0).sub(far), far);
    let square = x.mul(x);
    let tail = polynomial(
        square,
        [-5.704_988_7e-3, 2.063_909e-2, -5.373_971_6e-2, 1.333_144_2e-1, -3.333_328e-1],
    );
    let near = x.mul(square).mul_add(tail, x);
    V::select(V::splat(0.625).exceeds(size), near, far)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Kernel, Path, load, store};
    use super::*;

    #[derive(Clone, Copy)]
    struct All<'a>(&'a [f32]);

    impl Kernel for All<'_> {
        type Output = [Vec<f32>; 3];

        #[inline(always)]
        fn run<V: Vector>(self) -> [Vec<f32>; 3] {
            let mut out = [0; 3].map(|_| vec![0.0; self.0.len()]);
            for at in (0..self.0.len()).step_by(V::LANES) {
                let x = load::<V>(self.0, at);
                store(exp(x), &mut out[0], at);
                store(ln(x), &mut out[1], at);
                store(tanh(x), &mut out[2], at);
            }
            out
        }
    }

    /// Units in the last place between `got` and the exact result.
    fn error(got: f32, exact: f64) -> f64 {
        let rounded = exact as f32;
        if got.is_nan() && rounded.is_nan() || got.to_bits() == rounded.to_bits() {
            return 0.0;
        }
        if !got.is_finite() || !rounded.is_finite() {
            return f64::INFINITY;
        }
        let exponent = exact.abs().log2().floor().max(-126.0) - 23.0;
        (f64::from(got) - exact).abs() / exponent.exp2()
    }

    fn check(x: &[f32]) {
        for (path, name) in Path::available() {
            let [exps, lns, tanhs] = path.run(All(x));
            for (i, &x) in x.iter().enumerate() {
                let exact = f64::from(x);
                for (what, got, exact) in [
                    ("exp", exps[i], exact.exp()),
                    ("ln", lns[i], exact.ln()),
                    ("tanh", tanhs[i], exact.tanh()),
                ] {
                    let error = error(got, exact);
                    assert!(
                        error <= 2.0,
                        "{name}: {what} {x:e} = {got:e}: {error} units off {exact:e}"
                    );
                }
            }
        }
    }

    proptest! {
        #[test]
        fn any_number_has_the_functions_of_double_precision(bits in prop::array::uniform16(any::<u32>())) {
            check(&bits.map(f32::from_bits));
        }

        #[test]
        fn ordinary_numbers_have_the_functions_of_double_precision(
            x in prop::array::uniform16(-105.0_f32..90.0),
            near in prop::array::uniform16(-2.0_f32..2.0),
        ) {
            check(&x);
            check(&near);
        }
    }

    #[test]
    fn special_numbers_have_the_functions_of_double_precision() {
        let subnormal = f32::from_bits(77);
        check(&[
            0.0,
            -0.0,
            1.0,
            -1.0,
            f32::NAN,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::MIN_POSITIVE,
            subnormal,
            -subnormal,
            f32::MAX,
            f32::MIN,
            88.722_84,
            88.722_85,
            -103.97,
            -87.4,
        ]);
    }
}
