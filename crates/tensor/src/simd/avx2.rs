//! Eight lanes on x86-64 with AVX2 and FMA: sixteen registers.

use std::arch::x86_64::{
    __m256, __m256i, _CMP_EQ_OQ, _CMP_GT_OQ, _CMP_NLE_UQ, _CMP_UNORD_Q, _mm_add_ps, _mm_add_ss,
    _mm_castps_si128, _mm_cvtss_f32, _mm_loadl_epi64, _mm_loadu_ps, _mm_movehdup_ps, _mm_movehl_ps,
    _mm_packus_epi16, _mm_packus_epi32, _mm_store_ss, _mm_storel_epi64, _mm_storeu_ps,
    _mm256_add_epi32, _mm256_add_ps, _mm256_alignr_epi8, _mm256_and_ps, _mm256_and_si256,
    _mm256_andnot_ps, _mm256_blendv_ps, _mm256_castpd_ps, _mm256_castps_pd, _mm256_castps_si256,
    _mm256_castps256_ps128, _mm256_castsi256_ps, _mm256_castsi256_si128, _mm256_cmp_ps,
    _mm256_cmpgt_epi32, _mm256_cvtepi32_ps, _mm256_cvtepu8_epi32, _mm256_cvtps_epi32,
    _mm256_div_ps, _mm256_extractf128_ps, _mm256_extracti128_si256, _mm256_fmadd_ps,
    _mm256_loadu_ps, _mm256_loadu_si256, _mm256_maskload_ps, _mm256_max_epu32, _mm256_max_ps,
    _mm256_min_epu32, _mm256_min_ps, _mm256_mul_ps, _mm256_or_ps, _mm256_or_si256,
    _mm256_permute2f128_ps, _mm256_permute4x64_pd, _mm256_permutevar8x32_ps, _mm256_set_m128,
    _mm256_set1_epi32, _mm256_set1_ps, _mm256_shuffle_ps, _mm256_slli_epi32, _mm256_sqrt_ps,
    _mm256_srli_epi32, _mm256_storeu_ps, _mm256_sub_epi32, _mm256_sub_ps, _mm256_unpackhi_ps,
    _mm256_unpacklo_ps,
};

use super::{Kernel, Lines, Vector, WIDEST};

#[derive(Clone, Copy)]
struct F32x8(__m256);

/// # Safety
/// The machine has AVX2 and FMA.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn run<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<F32x8>()
}

/// Eight set words, then eight clear ones: a window into it is a mask of the first lanes.
static MASKS: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

/// # Safety
/// `count ≤ 8`, and the machine has AVX2.
#[inline(always)]
unsafe fn mask(count: usize) -> __m256i {
    // SAFETY: eight words from index 8 − count ≥ 0 end at 16 − count ≤ 16.
    unsafe { _mm256_loadu_si256(MASKS.as_ptr().add(8 - count).cast()) }
}

impl Vector for F32x8 {
    const LANES: usize = 8;
    const PRODUCT_ROWS: usize = 6;
    const TERMS_PER_LINE: usize = 8;
    const DOT_ROWS: usize = 4;
    const WINOGRAD_ROWS: usize = 6;
    const WINOGRAD_OUTER: [usize; 2] = [4, 2];
    type Mask = __m256;
    type Places = (__m256i, __m256);

    #[inline(always)]
    fn splat(value: f32) -> Self {
        // SAFETY: this type exists only inside `run`, whose caller checked the machine.
        Self(unsafe { _mm256_set1_ps(value) })
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { _mm256_fmadd_ps(self.0, factor.0, addend.0) })
    }

    #[inline(always)]
    fn sum(self) -> f32 {
        // SAFETY: as in `splat`.
        unsafe {
            let four =
                _mm_add_ps(_mm256_castps256_ps128(self.0), _mm256_extractf128_ps::<1>(self.0));
            let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
            _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)))
        }
    }

    #[inline(always)]
    unsafe fn load(at: *const f32) -> Self {
        // SAFETY: the caller promises eight readable numbers.
        Self(unsafe { _mm256_loadu_ps(at) })
    }

    #[inline(always)]
    unsafe fn store(self, at: *mut f32) {
        // SAFETY: the caller promises eight writable numbers.
        unsafe { _mm256_storeu_ps(at, self.0) };
    }

    #[inline(always)]
    unsafe fn load_first(at: *const f32, count: usize) -> Self {
        // SAFETY: lanes beyond `count` are masked and not read.
        Self(unsafe { _mm256_maskload_ps(at, mask(count)) })
    }

    #[inline(always)]
    unsafe fn store_first(self, mut at: *mut f32, count: usize) {
        if count == 8 {
            // SAFETY: the caller promises eight writable numbers.
            unsafe { self.store(at) };
            return;
        }
        // A masked store takes dozens of cycles on some machines; these are at most three plain ones.
        // SAFETY: 4, 2 and 1 numbers are stored as they add up to `count`; the machine has AVX.
        unsafe {
            let mut four = _mm256_castps256_ps128(self.0);
            if count & 4 != 0 {
                _mm_storeu_ps(at, four);
                at = at.add(4);
                four = _mm256_extractf128_ps::<1>(self.0);
            }
            if count & 2 != 0 {
                _mm_storel_epi64(at.cast(), _mm_castps_si128(four));
                at = at.add(2);
                four = _mm_movehl_ps(four, four);
            }
            if count & 1 != 0 {
                _mm_store_ss(at, four);
            }
        }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { _mm256_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { _mm256_sub_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { _mm256_mul_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { _mm256_div_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        // The instruction returns its second operand unless the first is greater.
        // SAFETY: as in `splat`.
        Self(unsafe { _mm256_max_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        // The instruction returns its second operand unless the first is less.
        // SAFETY: as in `splat`.
        Self(unsafe { _mm256_min_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn abs(self) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { _mm256_andnot_ps(_mm256_set1_ps(-0.0), self.0) })
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { _mm256_sqrt_ps(self.0) })
    }

    #[inline(always)]
    fn scale(self, n: Self) -> Self {
        // SAFETY: as in `splat`.
        unsafe {
            let biased = _mm256_add_epi32(_mm256_cvtps_epi32(n.0), _mm256_set1_epi32(127));
            let power = _mm256_castsi256_ps(_mm256_slli_epi32::<23>(biased));
            Self(_mm256_mul_ps(self.0, power))
        }
    }

    #[inline(always)]
    fn split(self) -> (Self, Self) {
        // SAFETY: as in `splat`.
        unsafe {
            let bits = _mm256_castps_si256(self.0);
            let biased = _mm256_srli_epi32::<23>(bits);
            let exponent = _mm256_sub_epi32(biased, _mm256_set1_epi32(127));
            let fraction = _mm256_and_si256(bits, _mm256_set1_epi32(0x007f_ffff));
            let mantissa = _mm256_or_si256(fraction, _mm256_set1_epi32(0x3f80_0000));
            (Self(_mm256_castsi256_ps(mantissa)), Self(_mm256_cvtepi32_ps(exponent)))
        }
    }

    #[inline(always)]
    fn beats(self, best: Self) -> __m256 {
        // SAFETY: as in `splat`.
        unsafe {
            let greater = _mm256_cmp_ps::<_CMP_GT_OQ>(self.0, best.0);
            _mm256_or_ps(greater, _mm256_cmp_ps::<_CMP_UNORD_Q>(self.0, self.0))
        }
    }

    #[inline(always)]
    fn exceeds(self, other: Self) -> __m256 {
        // SAFETY: as in `splat`.
        unsafe { _mm256_cmp_ps::<_CMP_NLE_UQ>(self.0, other.0) }
    }

    #[inline(always)]
    fn equals(self, other: Self) -> __m256 {
        // SAFETY: as in `splat`.
        unsafe { _mm256_cmp_ps::<_CMP_EQ_OQ>(self.0, other.0) }
    }

    #[inline(always)]
    fn select(mask: __m256, yes: Self, no: Self) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { _mm256_blendv_ps(no.0, yes.0, mask) })
    }

    #[inline(always)]
    fn most(self, other: Self) -> Self {
        // Numbers without a sign are ordered as their bits are, and NaN behind them.
        // SAFETY: as in `splat`.
        unsafe {
            let (a, b) = (_mm256_castps_si256(self.0), _mm256_castps_si256(other.abs().0));
            Self(_mm256_castsi256_ps(_mm256_max_epu32(a, b)))
        }
    }

    #[inline(always)]
    fn least(self, other: Self) -> Self {
        // One less than 0 is the largest of all.
        // SAFETY: as in `splat`.
        unsafe {
            let one = _mm256_set1_epi32(1);
            let a = _mm256_sub_epi32(_mm256_castps_si256(self.0), one);
            let b = _mm256_sub_epi32(_mm256_castps_si256(other.abs().0), one);
            Self(_mm256_castsi256_ps(_mm256_add_epi32(_mm256_min_epu32(a, b), one)))
        }
    }

    #[inline(always)]
    fn first_or(self, count: usize, other: Self) -> Self {
        assert!(count <= 8, "as many lanes as there are");
        // SAFETY: `count ≤ 8`, and as in `splat`.
        Self::select(unsafe { _mm256_castsi256_ps(mask(count)) }, self, other)
    }

    #[inline(always)]
    fn after(self, previous: Self) -> Self {
        // SAFETY: as in `splat`.
        unsafe {
            let middle = _mm256_permute2f128_ps::<0x21>(previous.0, self.0);
            let (low, high) = (_mm256_castps_si256(middle), _mm256_castps_si256(self.0));
            Self(_mm256_castsi256_ps(_mm256_alignr_epi8::<12>(high, low)))
        }
    }

    #[inline(always)]
    fn deal(self, next: Self) -> (Self, Self) {
        // Shuffles stay within halves: the pairs come out as 0 2 1 3 and are put in order.
        // SAFETY: as in `splat`.
        unsafe {
            let evens = _mm256_castps_pd(_mm256_shuffle_ps::<0b10_00_10_00>(self.0, next.0));
            let odds = _mm256_castps_pd(_mm256_shuffle_ps::<0b11_01_11_01>(self.0, next.0));
            (
                Self(_mm256_castpd_ps(_mm256_permute4x64_pd::<0b11_01_10_00>(evens))),
                Self(_mm256_castpd_ps(_mm256_permute4x64_pd::<0b11_01_10_00>(odds))),
            )
        }
    }

    #[inline(always)]
    fn places(of_lanes: &[u8; WIDEST]) -> (__m256i, __m256) {
        // SAFETY: eight of sixteen bytes are read; else as in `splat`.
        unsafe {
            let places = _mm256_cvtepu8_epi32(_mm_loadl_epi64(of_lanes.as_ptr().cast()));
            let some = _mm256_cmpgt_epi32(_mm256_set1_epi32(16), places);
            (places, _mm256_castsi256_ps(some))
        }
    }

    #[inline(always)]
    fn pick(self, (places, some): (__m256i, __m256)) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { _mm256_and_ps(_mm256_permutevar8x32_ps(self.0, places), some) })
    }

    #[inline(always)]
    fn pick_of_two(self, high: Self, (places, some): (__m256i, __m256)) -> Self {
        // The permutations read three bits of a place, and the choice between them the fourth.
        // SAFETY: as in `splat`.
        unsafe {
            let low = _mm256_permutevar8x32_ps(self.0, places);
            let high = _mm256_permutevar8x32_ps(high.0, places);
            let is_high = _mm256_castsi256_ps(_mm256_slli_epi32::<28>(places));
            Self(_mm256_and_ps(_mm256_blendv_ps(low, high, is_high), some))
        }
    }

    #[inline(always)]
    unsafe fn load_dealt(at: *const f32) -> (Self, Self) {
        // Halves are loaded where shuffles leave them in order.
        // SAFETY: the caller promises 16 readable numbers; else as in `splat`.
        unsafe {
            let (a, b) = (_mm_loadu_ps(at), _mm_loadu_ps(at.add(4)));
            let (c, d) = (_mm_loadu_ps(at.add(8)), _mm_loadu_ps(at.add(12)));
            let (low, high) = (_mm256_set_m128(c, a), _mm256_set_m128(d, b));
            (
                Self(_mm256_shuffle_ps::<0b10_00_10_00>(low, high)),
                Self(_mm256_shuffle_ps::<0b11_01_11_01>(low, high)),
            )
        }
    }

    #[inline(always)]
    fn weave(self, odds: Self) -> (Self, Self) {
        // SAFETY: as in `splat`.
        unsafe {
            let low = _mm256_unpacklo_ps(self.0, odds.0);
            let high = _mm256_unpackhi_ps(self.0, odds.0);
            (
                Self(_mm256_permute2f128_ps::<0x20>(low, high)),
                Self(_mm256_permute2f128_ps::<0x31>(low, high)),
            )
        }
    }

    #[inline(always)]
    unsafe fn store_bytes(self, at: *mut u8, count: usize) {
        // SAFETY: the caller promises `count` writable bytes, and the array holds eight.
        unsafe {
            let words = _mm256_cvtps_epi32(self.0);
            let (low, high) = (_mm256_castsi256_si128(words), _mm256_extracti128_si256::<1>(words));
            let halves = _mm_packus_epi32(low, high);
            let bytes = _mm_packus_epi16(halves, halves);
            if count == 8 {
                _mm_storel_epi64(at.cast(), bytes);
                return;
            }
            let mut lanes = [0_u8; 8];
            _mm_storel_epi64(lanes.as_mut_ptr().cast(), bytes);
            for (lane, byte) in lanes.into_iter().enumerate().take(count) {
                at.add(lane).write(byte);
            }
        }
    }

    #[inline(always)]
    unsafe fn load_bytes(at: *const u8, count: usize) -> Self {
        // SAFETY: the caller promises `count` readable bytes, and the array holds eight.
        unsafe {
            let mut lanes = [0_u8; 8];
            let eight = if count == 8 {
                _mm_loadl_epi64(at.cast())
            } else {
                for (lane, byte) in lanes.iter_mut().enumerate().take(count) {
                    *byte = at.add(lane).read();
                }
                _mm_loadl_epi64(lanes.as_ptr().cast())
            };
            Self(_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(eight)))
        }
    }

    #[inline(always)]
    unsafe fn transpose<L: Lines>(
        (from, pitch): (*const f32, usize),
        [rows, columns]: [usize; 2],
        into: &mut L,
        width: usize,
    ) {
        let mut x = [Self::splat(0.0); 8];
        // SAFETY: the caller promises the numbers that are read and written.
        unsafe {
            if [rows, columns, width] == [8; 3] {
                for (row, x) in x.iter_mut().enumerate() {
                    *x = Self::load(from.add(row * pitch));
                }
                for (column, x) in turned(x).into_iter().enumerate() {
                    x.store(into.line(column));
                }
            } else {
                for (row, x) in x.iter_mut().enumerate().take(rows) {
                    *x = Self::load_first(from.add(row * pitch), columns);
                }
                for (column, x) in turned(x).into_iter().enumerate().take(columns) {
                    x.store_first(into.line(column), width);
                }
            }
        }
    }
}

/// The transposed block.
#[inline(always)]
fn turned(mut x: [F32x8; 8]) -> [F32x8; 8] {
    let mut y = x;
    // SAFETY: as in `splat`.
    unsafe {
        // Pairs of numbers, then of pairs, then halves change places.
        for i in [0, 4] {
            let [a, b, c, d] = [x[i].0, x[i + 1].0, x[i + 2].0, x[i + 3].0];
            let (low, high) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
            let (lower, higher) = (_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
            y[i].0 = _mm256_shuffle_ps::<0x44>(low, lower);
            y[i + 1].0 = _mm256_shuffle_ps::<0xee>(low, lower);
            y[i + 2].0 = _mm256_shuffle_ps::<0x44>(high, higher);
            y[i + 3].0 = _mm256_shuffle_ps::<0xee>(high, higher);
        }
        for k in [0, 1, 2, 3] {
            x[k].0 = _mm256_permute2f128_ps::<0x20>(y[k].0, y[k + 4].0);
            x[k + 4].0 = _mm256_permute2f128_ps::<0x31>(y[k].0, y[k + 4].0);
        }
    }
    x
}
