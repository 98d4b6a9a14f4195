//! Inner loops over vector registers, one instruction set chosen at run time.
//!
//! A [`Kernel`] is written once over the [`Vector`] trait. [`dispatch`] compiles it once per
//! instruction set and runs the widest one that this machine has:
//!
//! | path | lanes | needs |
//! |---|---|---|
//! | `avx512` | 16 | x86-64 with AVX-512 F, BW, DQ and VL |
//! | `avx2` | 8 | x86-64 with AVX2 and FMA |
//! | `neon` | 4 | `AArch64` |
//! | `portable` | 4 | nothing |
//!
//! The environment variable `CENOTE_SIMD` names a path to be used instead. A path that this machine
//! does not have gives `portable`; a word that is no path is ignored. It is read once.
//!
//! Every path gives the same bits whenever it runs. Two paths differ in rounding: they add in
//! another order, and `portable` rounds a product before it is added.
//!
//! Only this folder contains `unsafe` code. Its functions check every slice that they are given
//! before they take pointers, so what they export is safe.
#![expect(
    clippy::inline_always,
    reason = "code that is not inlined into the entry of its path loses that path's instructions"
)]
#![expect(
    unsafe_code,
    reason = "vector intrinsics and unchecked loads; the one place of the workspace that has them"
)]

mod ahead;
mod area;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod combs;
mod dot;
mod functions;
mod lanes;
mod lines;
mod many;
#[cfg(target_arch = "aarch64")]
mod neon;
mod outer;
mod panels;
mod picks;
mod places;
mod planes;
mod portable;
mod probe;
mod product;
mod rolling;
mod rows;
mod sliding;
mod strips;
mod tile;
mod turn;
pub(crate) mod winograd;

use std::sync::OnceLock;

pub(crate) use ahead::Ahead;
use ahead::Run;
pub(crate) use area::Area;
pub(crate) use combs::{Combs, Stores};
pub(crate) use dot::Dots;
pub(crate) use lanes::{
    WIDEST, load, load_bytes, load_dealt, load_up_to, prefetch_all, prefetch_page_behind, store,
    store_bytes, store_up_to, store_words,
};
pub(crate) use lines::Lines;
use lines::{PartsOf, Pitched};
pub(crate) use many::Many;
pub(crate) use outer::Outer;
pub(crate) use panels::Panels;
pub(crate) use picks::Picks;
pub(crate) use places::{Addends, Addition, store_apart};
pub(crate) use planes::{Border, Lie, Planes};
pub(crate) use probe::{MultiplyAdds, Sum, Triad};
pub(crate) use product::Product;
pub(crate) use rows::Rows;
pub(crate) use sliding::Sliding;
pub(crate) use strips::{Columns, Strips};
pub(crate) use turn::Turn;

/// A register of numbers.
///
/// The types behind it are private to their files and reach a [`Kernel`] only through [`dispatch`],
/// which has checked that the machine has their instructions: that is why the arithmetic is safe.
pub(crate) trait Vector: Copy {
    /// Numbers in one register.
    const LANES: usize;
    /// Rows of the largest tile of a [`Product`]: two registers each have to stay in registers.
    const PRODUCT_ROWS: usize;
    /// Terms of such a tile after which one more line of the cache is asked for. Fewer, and requests take the places in
    /// which the reads of the tile wait; more, and what a product needs is not there when the next one begins.
    const TERMS_PER_LINE: usize;
    /// Rows of the largest tile of [`Dots`]: three registers each have to stay in registers.
    const DOT_ROWS: usize;
    /// One truth per lane.
    type Mask: Copy;
    /// Where every lane finds its number; see [`Vector::places`].
    type Places: Copy;
    /// Tiles of a [`winograd`] product over channels: two registers of outputs each.
    const WINOGRAD_ROWS: usize;
    /// Outputs of a [`winograd`] product over tiles, a divisor of the lanes, and registers of each.
    const WINOGRAD_OUTER: [usize; 2];

    fn splat(value: f32) -> Self;
    /// `self · factor + addend`, rounded once where the machine can.
    fn mul_add(self, factor: Self, addend: Self) -> Self;
    /// The sum of all lanes, in an order that depends on the path only.
    fn sum(self) -> f32;
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn div(self, other: Self) -> Self;
    /// `self` where it is greater, else `other`: so a NaN in `other` stays.
    fn max(self, other: Self) -> Self;
    /// `self` where it is less, else `other`: so a NaN in `other` stays.
    fn min(self, other: Self) -> Self;
    /// `|self|`.
    fn abs(self) -> Self;
    fn sqrt(self) -> Self;
    /// `self · 2ⁿ` for whole `n` from −126 to 127.
    fn scale(self, n: Self) -> Self;
    /// `(m, e)` with `self = m · 2ᵉ` and `1 ≤ m < 2`, for positive numbers that are neither subnormal
    /// nor infinite.
    fn split(self) -> (Self, Self);

    /// As [`Vector::scale`], for whole `n` from −151 to 129: what leaves the range is ∞, or subnormal.
    #[inline(always)]
    fn scale_far(self, n: Self) -> Self {
        // Two steps reach subnormal results, which no single power of two does.
        let rounding = Self::splat(functions::ROUNDING);
        let half = n.mul_add(Self::splat(0.5), rounding).sub(rounding);
        self.scale(half).scale(n.sub(half))
    }

    /// As [`Vector::split`], of subnormal numbers as well.
    #[inline(always)]
    fn split_any(self) -> (Self, Self) {
        let small = Self::splat(f32::MIN_POSITIVE).exceeds(self);
        let (m, e) = Self::select(small, self.mul(Self::splat(8_388_608.0)), self).split();
        (m, Self::select(small, e.sub(Self::splat(23.0)), e))
    }

    /// `self`, a logarithm of `x` as far as `x` is positive and finite, and what it is elsewhere: −∞ at 0, ∞ at ∞,
    /// NaN below 0 and at NaN.
    #[inline(always)]
    fn logarithm_of(self, x: Self) -> Self {
        let (zero, infinity) = (Self::splat(0.0), Self::splat(f32::INFINITY));
        let all = Self::select(x.equals(infinity), infinity, self);
        let all = Self::select(x.equals(zero), Self::splat(f32::NEG_INFINITY), all);
        Self::select(zero.exceeds(x), Self::splat(f32::NAN), all)
    }

    /// Where `self` is greater, or NaN.
    fn beats(self, best: Self) -> Self::Mask;
    /// Where `self` is not at most `other`: where it is greater, or one of them is NaN.
    fn exceeds(self, other: Self) -> Self::Mask;
    fn equals(self, other: Self) -> Self::Mask;
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;
    /// The size of `other` where that is greater than `self`, which has no sign; a NaN of either stays.
    fn most(self, other: Self) -> Self {
        let size = other.abs();
        Self::select(size.beats(self), size, self)
    }
    /// The size of `other` where that is less than `self`, which has no sign, and not 0. Of a NaN either
    /// may come.
    fn least(self, other: Self) -> Self {
        let size = other.abs();
        let nothing = size.equals(Self::splat(0.0));
        self.min(Self::select(nothing, Self::splat(f32::INFINITY), size))
    }
    /// `self + other` in the lanes of the mask, `self` or, where that is −0, perhaps 0 in the others.
    fn add_where(self, mask: Self::Mask, other: Self) -> Self {
        self.add(Self::select(mask, other, Self::splat(0.0)))
    }
    /// In every lane the number of the table, which each has in all lanes, whose position the lane of `self` is;
    /// `None` where this takes as long as to compare every position.
    #[inline(always)]
    fn look_up(self, _table: &[Many<Self>]) -> Option<Self> {
        None
    }
    /// The first `count ≤ LANES` lanes of `self`, then those of `other`.
    fn first_or(self, count: usize, other: Self) -> Self;
    /// The last lane of `previous`, then all but the last of `self`.
    fn after(self, previous: Self) -> Self;
    /// The even and the odd numbers of this register and the `next`.
    fn deal(self, next: Self) -> (Self, Self);
    /// The two registers that [`Vector::deal`] takes apart into `self` and `odds`.
    fn weave(self, odds: Self) -> (Self, Self);

    /// The first `LANES` places as [`Vector::pick`] and [`Vector::pick_of_two`] take them.
    fn places(of_lanes: &[u8; WIDEST]) -> Self::Places;
    /// The lanes of `self` at these places, which are below `LANES` or 255; 0 for the latter.
    fn pick(self, places: Self::Places) -> Self;
    /// The lanes of `self` and, from place `LANES` on, of `high`; 0 for place 255.
    fn pick_of_two(self, high: Self, places: Self::Places) -> Self;

    /// The even and the odd numbers of two registers' worth, as [`Vector::deal`] finds them.
    ///
    /// # Safety
    /// `2 · LANES` numbers can be read from `at`, which need not be aligned.
    #[inline(always)]
    unsafe fn load_dealt(at: *const f32) -> (Self, Self) {
        // SAFETY: the caller promises twice as many numbers as each of the two reads.
        let (first, next) = unsafe { (Self::load(at), Self::load(at.add(Self::LANES))) };
        first.deal(next)
    }

    /// # Safety
    /// `LANES` numbers can be read from `at`, which need not be aligned.
    unsafe fn load(at: *const f32) -> Self;
    /// # Safety
    /// `LANES` numbers can be written to `at`, which need not be aligned.
    unsafe fn store(self, at: *mut f32);
    /// The first `count` numbers at `at`, and zeros.
    ///
    /// # Safety
    /// `count ≤ LANES`, and `count` numbers can be read from `at`.
    unsafe fn load_first(at: *const f32, count: usize) -> Self;
    /// Stores the first `count` lanes.
    ///
    /// # Safety
    /// `count ≤ LANES`, and `count` numbers can be written to `at`.
    unsafe fn store_first(self, at: *mut f32, count: usize);
    /// Stores the first `count` lanes, whole numbers from 0 to 255, as one byte each.
    ///
    /// # Safety
    /// `count ≤ LANES`, and `count` bytes can be written to `at`.
    unsafe fn store_bytes(self, at: *mut u8, count: usize);
    /// The first `count` bytes at `at` as numbers, and zeros.
    ///
    /// # Safety
    /// `count ≤ LANES`, and `count` bytes can be read from `at`.
    unsafe fn load_bytes(at: *const u8, count: usize) -> Self;

    /// Turns a block of at most `LANES` rows of at most `LANES` numbers: column `c` of it becomes
    /// line `c` of the output, with zeros after its numbers up to `width`.
    ///
    /// # Safety
    /// `rows ≤ width ≤ LANES` and `columns ≤ LANES`; `columns` numbers can be read from each of
    /// `rows` rows at `from`, `pitch` apart, and `width` numbers written to each of `columns` lines;
    /// the two do not overlap.
    #[inline(always)]
    unsafe fn transpose<L: Lines>(
        (from, pitch): (*const f32, usize),
        [rows, columns]: [usize; 2],
        into: &mut L,
        width: usize,
    ) {
        for column in 0..columns {
            let line = into.line(column);
            for row in 0..width {
                // SAFETY: the caller promises these numbers.
                unsafe {
                    let value = if row < rows { *from.add(row * pitch + column) } else { 0.0 };
                    *line.add(row) = value;
                }
            }
        }
    }
}

/// Work that is compiled once per instruction set.
///
/// `run` and everything it calls with `V` must be `#[inline(always)]`: code that is not inlined into
/// the entry point of its path is compiled without the instructions of that path.
pub(crate) trait Kernel {
    type Output;
    fn run<V: Vector>(self) -> Self::Output;
}

/// The instruction sets there are implementations for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Path {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "aarch64")]
    Neon,
    Portable,
}

impl Path {
    /// The paths that this machine has, widest first, with their names.
    fn available() -> impl Iterator<Item = (Self, &'static str)> {
        let all = [
            #[cfg(target_arch = "x86_64")]
            (
                Self::Avx512,
                "avx512",
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl"),
            ),
            #[cfg(target_arch = "x86_64")]
            (
                Self::Avx2,
                "avx2",
                is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            ),
            #[cfg(target_arch = "aarch64")]
            (Self::Neon, "neon", std::arch::is_aarch64_feature_detected!("neon")),
            (Self::Portable, "portable", true),
        ];
        all.into_iter().filter(|&(.., has)| has).map(|(path, name, _)| (path, name))
    }

    /// The path that `wanted` leads to on this machine.
    fn choose(wanted: Option<&str>) -> Self {
        const NAMES: [&str; 4] = ["avx512", "avx2", "neon", "portable"];
        match wanted.filter(|name| NAMES.contains(name)) {
            Some(wanted) => Self::available()
                .find(|&(_, name)| name == wanted)
                .map_or(Self::Portable, |(path, _)| path),
            None => Self::available().next().map_or(Self::Portable, |(path, _)| path),
        }
    }

    /// The path of this process.
    fn current() -> Self {
        static PATH: OnceLock<Path> = OnceLock::new();
        *PATH.get_or_init(|| Self::choose(std::env::var("CENOTE_SIMD").ok().as_deref()))
    }

    fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self {
            // SAFETY: `choose` returns a path only if the machine has its features.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => unsafe { avx512::run(kernel) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { avx2::run(kernel) },
            // SAFETY: as above.
            #[cfg(target_arch = "aarch64")]
            Self::Neon => unsafe { neon::run(kernel) },
            Self::Portable => portable::run(kernel),
        }
    }
}

/// The name of the path of this process, as `CENOTE_SIMD` would spell it.
pub(crate) fn name() -> &'static str {
    let current = Path::current();
    Path::available().find(|&(path, _)| path == current).map_or("portable", |(_, name)| name)
}

/// Runs `kernel` with the vectors of this process.
pub(crate) fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    Path::current().run(kernel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_the_machine_lacks_is_portable_and_a_word_that_is_no_path_is_ignored() {
        let foreign = if cfg!(target_arch = "x86_64") { "neon" } else { "avx2" };
        assert_eq!(Path::choose(Some(foreign)), Path::Portable);
        assert_eq!(Path::choose(Some("portable")), Path::Portable);
        assert_eq!(Path::choose(Some("quick")), Path::choose(None));
    }

    /// Loads, arithmetic and stores of one path on numbers that leave no rounding.
    struct Arithmetic;

    impl Kernel for Arithmetic {
        type Output = ();

        #[inline(always)]
        fn run<V: Vector>(self) {
            let ramp: Vec<f32> = (1..=V::LANES).map(|lane| lane as f32).collect();
            for count in 0..=V::LANES {
                let mut out = vec![-1.0; V::LANES];
                // SAFETY: `ramp` and `out` have LANES numbers and `count` is at most that.
                let first = unsafe {
                    let first = V::load_first(ramp.as_ptr(), count);
                    V::splat(2.0)
                        .mul_add(first, V::splat(0.5))
                        .store_first(out.as_mut_ptr(), count);
                    first
                };
                for (lane, &out) in out.iter().enumerate() {
                    let expected = if lane < count { 2.0 * ramp[lane] + 0.5 } else { -1.0 };
                    assert!((out - expected).abs() < f32::EPSILON, "lane {lane} of {count}: {out}");
                }
                let expected: f32 = ramp[..count].iter().sum();
                assert!((first.sum() - expected).abs() < f32::EPSILON);
            }
        }
    }

    #[test]
    fn the_path_in_use_has_the_name_that_would_choose_it() {
        assert_eq!(Path::choose(Some(name())), Path::current());
    }

    #[test]
    fn every_path_of_this_machine_computes() {
        for (path, _) in Path::available() {
            path.run(Arithmetic);
        }
    }

    /// Every lane-wise operation of one path on pairs of ordinary and special numbers, against
    /// what the same operation is for one number.
    struct LaneByLane;

    impl Kernel for LaneByLane {
        type Output = ();

        #[inline(always)]
        fn run<V: Vector>(self) {
            let special = [1.5, -2.0, 0.0, -0.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY];
            let numbers = |step: usize| -> Vec<f32> {
                (0..V::LANES).map(|lane| special[lane * step % 7]).collect()
            };
            let ramp: Vec<f32> = (0..2 * V::LANES).map(|i| (i * 3) as f32).collect();
            let (low, high) = (load::<V>(&ramp, 0), load::<V>(&ramp, V::LANES));
            let out = |v: V| {
                let mut lanes = vec![0.0; V::LANES];
                store(v, &mut lanes, 0);
                lanes
            };
            for (a, b) in (1..8).map(|step| (numbers(step), numbers(8 - step))) {
                let (u, v) = (load::<V>(&a, 0), load::<V>(&b, 0));
                let truth = |mask| out(V::select(mask, V::splat(1.0), V::splat(0.0)));
                let word = |yes: bool| f32::from(u8::from(yes));
                let every = |got: Vec<f32>, expected: &dyn Fn(f32, f32) -> f32| {
                    for (got, (&a, &b)) in got.iter().zip(a.iter().zip(&b)) {
                        let expected = expected(a, b);
                        let same = got.to_bits() == expected.to_bits();
                        assert!(same || got.is_nan() && expected.is_nan(), "{a} {b}: {got}");
                    }
                };
                every(out(u.add(v)), &|a, b| a + b);
                every(out(u.sub(v)), &|a, b| a - b);
                every(out(u.mul(v)), &|a, b| a * b);
                every(out(u.div(v)), &|a, b| a / b);
                every(out(u.max(v)), &|a, b| if a > b { a } else { b });
                every(out(u.min(v)), &|a, b| if a < b { a } else { b });
                every(out(u.abs()), &|a, _| a.abs());
                every(out(u.sqrt()), &|a, _| a.sqrt());
                // Where nothing is added, −0 may become 0: then all there is to see is that it is none.
                every(out(u.add_where(v.equals(V::splat(1.5)), v).abs()), &|a, b| {
                    if b.to_bits() == 1.5_f32.to_bits() { (a + b).abs() } else { a.abs() }
                });
                every(out(u.abs().most(v)), &|a, b| {
                    if b.abs() > a.abs() || b.is_nan() { b.abs() } else { a.abs() }
                });
                let numbers = a.iter().zip(&b).zip(out(u.abs().least(v)));
                for ((&a, &b), got) in numbers.filter(|((a, b), _)| !a.is_nan() && !b.is_nan()) {
                    let least = if b == 0.0 { a.abs() } else { b.abs().min(a.abs()) };
                    // Of nothing but zeros there is no smallest number.
                    assert!(a == 0.0 || got.to_bits() == least.to_bits(), "{a} {b}: {got}");
                }
                every(truth(u.beats(v)), &|a, b| word(a > b || a.is_nan()));
                every(truth(u.exceeds(v)), &|a, b| word(a > b || a.is_nan() || b.is_nan()));
                every(truth(u.equals(v)), &|a, b| {
                    word(a.partial_cmp(&b).is_some_and(std::cmp::Ordering::is_eq))
                });
            }
            for count in 0..=V::LANES {
                let expected: Vec<f32> =
                    (0..V::LANES).map(|i| ramp[if i < count { i } else { V::LANES + i }]).collect();
                assert_eq!(out(low.first_or(count, high)), expected);
                let mut short = vec![9.0; count];
                store_up_to(load_up_to::<V>(&ramp[..count], 0), &mut short, 0);
                assert_eq!(short, ramp[..count]);
                let bytes: Vec<u8> = ramp[..count].iter().map(|&x| x as u8 + 150).collect();
                let mut copy = vec![0; count];
                store_bytes(load_bytes::<V>(&bytes, 0), &mut copy, 0);
                assert_eq!(copy, bytes);
            }
            for n in [-126.0, -3.0, 0.0, 1.0, 127.0_f32] {
                let ones: Vec<f32> = (0..V::LANES).map(|lane| 1.0 + lane as f32 / 16.0).collect();
                let scaled = load::<V>(&ones, 0).scale(V::splat(n));
                let expected: Vec<f32> = ones.iter().map(|x| x * n.exp2()).collect();
                assert_eq!(out(scaled), expected);
                let (mantissa, exponent) = scaled.split();
                assert_eq!((out(mantissa), out(exponent)), (ones, vec![n; V::LANES]));
            }
            assert_eq!(out(high.after(low)), ramp[V::LANES - 1..2 * V::LANES - 1]);
            let (evens, odds) = low.deal(high);
            let every_second =
                |from| ramp.iter().skip(from).step_by(2).copied().collect::<Vec<_>>();
            assert_eq!((out(evens), out(odds)), (every_second(0), every_second(1)));
            let (evens, odds) = load_dealt::<V>(&ramp, 0);
            assert_eq!((out(evens), out(odds)), (every_second(0), every_second(1)));
            let (first, next) = evens.weave(odds);
            assert_eq!([out(first), out(next)].concat(), ramp);
        }
    }

    #[test]
    fn every_path_of_this_machine_computes_lane_by_lane() {
        for (path, _) in Path::available() {
            path.run(LaneByLane);
        }
    }
}
