//! Exponentials, logarithms, powers and hyperbolic tangents of whole registers.
//!
//! Each reduces its argument to a short interval around 0 and evaluates a polynomial there: those of
//! the Cephes library (Moshier 1989), whose coefficients are of public record. The error is at most 2
//! units in the last place of the result, that of a power as [`powf`] says; a test compares with double precision.

use super::Vector;

/// ln 2 in two parts: the first has so few digits that its products with whole numbers up to 2¹⁵ are
/// exact.
const LN2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];

/// (ln(1 + f) − f + f²/2) / f³ for 1 + f between √½ and √2.
const LN: [f32; 9] = [
    7.037_684e-2,
    -1.151_461e-1,
    1.167_7e-1,
    -1.242_014_1e-1,
    1.424_932_3e-1,
    -1.666_805_8e-1,
    2.000_071_5e-1,
    -2.499_999_4e-1,
    3.333_333e-1,
];

/// log₂(1 + f) / f − 1 in the same interval: the polynomial of [`LN`] with the two terms that it leaves out,
/// times log₂ e. The 1 stands apart, as `f` itself is exact: what is rounded is the smaller part.
const LOG2: [f32; 11] = {
    let mut all = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -0.5, 1.0];
    let mut i = 0;
    while i < all.len() {
        let natural = if i < LN.len() { LN[i] as f64 } else { all[i] as f64 };
        let less = if i + 1 < all.len() { 0.0 } else { 1.0 };
        all[i] = (natural * std::f64::consts::LOG2_E - less) as f32;
        i += 1;
    }
    all
};

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
    let (f, e) = halved(x);
    let square = f.mul(f);
    let tail = polynomial(f, LN);
    let tail = e.mul_add(V::splat(LN2[1]), f.mul(square).mul(tail));
    let tail = square.mul_add(V::splat(-0.5), tail);
    e.mul_add(V::splat(LN2[0]), f.add(tail)).logarithm_of(x)
}

/// `(m − 1, e)` with `x = 2ᵉ m` and `m` between √½ and √2.
#[inline(always)]
fn halved<V: Vector>(x: V) -> (V, V) {
    let (m, e) = x.split_any();
    let large = m.exceeds(V::splat(std::f32::consts::SQRT_2));
    let m = V::select(large, m.mul(V::splat(0.5)), m);
    (m.sub(V::splat(1.0)), V::select(large, e.add(V::splat(1.0)), e))
}

/// x to the power p, within 2 + |p| units in the last place, and `|p log₂ x|` more where the machine rounds a product
/// before it is added to. With `l = log₂ x`, `n = round(p l)` and `r = p l − n` it is `2ⁿ 2ʳ`.
#[inline(always)]
pub(super) fn powf<V: Vector>(x: V, p: V) -> V {
    let ((fraction, e), rounding) = (parts_of_log2(x), V::splat(ROUNDING));
    let n = e.add(fraction).logarithm_of(x).mul_add(p, rounding).sub(rounding);
    // Below and above, the result is 0 and ∞, whatever stands behind it.
    let n = V::splat(129.0).min(V::splat(-151.0).max(n));
    // From the parts, whose sum has lost as many places as the whole number takes.
    let r = fraction.mul_add(p, e.mul_add(p, n.mul(V::splat(-1.0))));
    let r = V::splat(0.51).min(V::splat(-0.51).max(r));
    let power = polynomial(
        r,
        [
            1.535_336_2e-4,
            1.339_887_4e-3,
            9.618_437e-3,
            5.550_332_5e-2,
            2.402_264_8e-1,
            6.931_472e-1,
            1.0,
        ],
    );
    power.scale_far(n)
}

/// The logarithm of `x` to base 2. With `x = 2ᵉ m` and `m` between √½ and √2 it is `e + log₂ m`.
#[inline(always)]
pub(super) fn log2<V: Vector>(x: V) -> V {
    let (fraction, e) = parts_of_log2(x);
    e.add(fraction).logarithm_of(x)
}

/// `(log₂ m, e)` with `x = 2ᵉ m` and `m` between √½ and √2.
#[inline(always)]
fn parts_of_log2<V: Vector>(x: V) -> (V, V) {
    let (f, e) = halved(x);
    (f.mul_add(polynomial(f, LOG2), f), e)
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
        type Output = [Vec<f32>; 4];

        #[inline(always)]
        fn run<V: Vector>(self) -> [Vec<f32>; 4] {
            let mut out = [0; 4].map(|_| vec![0.0; self.0.len()]);
            for at in (0..self.0.len()).step_by(V::LANES) {
                let x = load::<V>(self.0, at);
                store(exp(x), &mut out[0], at);
                store(ln(x), &mut out[1], at);
                store(tanh(x), &mut out[2], at);
                store(log2(x), &mut out[3], at);
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
            let [exps, lns, tanhs, log2s] = path.run(All(x));
            for (i, &x) in x.iter().enumerate() {
                let exact = f64::from(x);
                for (what, got, exact) in [
                    ("exp", exps[i], exact.exp()),
                    ("ln", lns[i], exact.ln()),
                    ("tanh", tanhs[i], exact.tanh()),
                    ("log2", log2s[i], exact.log2()),
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
            x in prop::array::uniform16(-152.0_f32..130.0),
            near in prop::array::uniform16(-2.0_f32..2.0),
        ) {
            check(&x);
            check(&near);
        }
    }

    struct Powers<'a>(&'a [f32], f32);

    impl Kernel for Powers<'_> {
        type Output = Vec<f32>;

        #[inline(always)]
        fn run<V: Vector>(self) -> Vec<f32> {
            let mut out = vec![0.0; self.0.len()];
            for at in (0..self.0.len()).step_by(V::LANES) {
                store(powf(load::<V>(self.0, at), V::splat(self.1)), &mut out, at);
            }
            out
        }
    }

    /// What the logarithm of a number between √½ and √2 is off by is multiplied by `p`. Where a product is rounded
    /// before the whole number is taken off, so many more units are lost as that has.
    fn check_powers(x: &[f32], p: f32) {
        for (path, name) in Path::available() {
            for (&x, got) in x.iter().zip(path.run(Powers(x, p))) {
                let exact = f64::from(x).powf(p.into());
                let whole = if name == "portable" { exact.log2().abs().min(151.0) } else { 0.0 };
                let error = error(got, exact);
                assert!(
                    error <= 2.0 + f64::from(p.abs()) + whole,
                    "{name}: {x:e} to the power {p} = {got:e}: {error} units off {exact:e}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn powers_are_those_of_double_precision(
            x in prop::array::uniform16(0.0_f32..50.0),
            any in prop::array::uniform16(0..f32::INFINITY.to_bits()),
            p in prop_oneof![0.01_f32..9.0, -2.0_f32..-0.01, 9.0_f32..200.0],
        ) {
            check_powers(&x, p);
            check_powers(&any.map(f32::from_bits), p);
        }
    }

    #[test]
    fn powers_of_special_numbers_are_those_of_double_precision() {
        let special = [0.0, 1.0, f32::NAN, f32::INFINITY, f32::MIN_POSITIVE, 1e-45, f32::MAX, 2.0];
        for p in [0.25, 0.5, 1.0, 3.0, 127.999, 128.0, -1.0, -149.0, -0.5] {
            check_powers(&[special, special].concat(), p);
        }
    }

    #[test]
    fn special_numbers_have_the_functions_of_double_precision() {
        let subnormal = f32::from_bits(77);
        let mut special = vec![
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
            f32::from_bits(std::f32::consts::SQRT_2.to_bits() - 1),
            std::f32::consts::SQRT_2,
            std::f32::consts::FRAC_1_SQRT_2,
        ];
        // Whole registers.
        special.resize(32, 1.0);
        check(&special);
    }
}
