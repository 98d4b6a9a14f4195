//! Sixteen lanes on x86-64 with AVX-512: thirty-two registers.

use std::arch::x86_64::{
    __m512, __m512i, __mmask16, _CMP_EQ_OQ, _CMP_GT_OQ, _CMP_NLE_UQ, _CMP_UNORD_Q,
    _MM_MANT_NORM_1_2, _MM_MANT_SIGN_SRC, _mm_loadu_si128, _mm_maskz_loadu_epi8, _mm_storeu_si128,
    _mm512_abs_ps, _mm512_add_epi32, _mm512_add_ps, _mm512_alignr_epi32, _mm512_castpd_ps,
    _mm512_castps_pd, _mm512_castps_si512, _mm512_castsi512_ps, _mm512_cmp_ps_mask,
    _mm512_cmplt_epu32_mask, _mm512_cvtepi32_epi8, _mm512_cvtepi32_ps, _mm512_cvtepu8_epi32,
    _mm512_cvtps_epi32, _mm512_div_ps, _mm512_fixupimm_ps, _mm512_fmadd_ps, _mm512_getexp_ps,
    _mm512_getmant_ps, _mm512_loadu_ps, _mm512_mask_add_ps, _mm512_mask_blend_ps,
    _mm512_mask_cvtepi32_storeu_epi8, _mm512_mask_storeu_ps, _mm512_maskz_loadu_ps,
    _mm512_maskz_permutex2var_ps, _mm512_maskz_permutexvar_ps, _mm512_max_epu32, _mm512_max_ps,
    _mm512_min_epu32, _mm512_min_ps, _mm512_mul_ps, _mm512_permutex2var_ps, _mm512_permutexvar_ps,
    _mm512_reduce_add_ps, _mm512_scalef_ps, _mm512_set1_epi32, _mm512_set1_ps, _mm512_setr_epi32,
    _mm512_shuffle_f32x4, _mm512_sqrt_ps, _mm512_storeu_ps, _mm512_sub_epi32, _mm512_sub_ps,
    _mm512_unpackhi_pd, _mm512_unpackhi_ps, _mm512_unpacklo_pd, _mm512_unpacklo_ps,
};

use super::{Kernel, Lines, Many, Vector};

#[derive(Clone, Copy)]
struct F32x16(__m512);

/// # Safety
/// The machine has AVX-512 F, BW, DQ and VL.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
pub(super) unsafe fn run<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<F32x16>()
}

/// A mask of the first `count ≤ 16` lanes.
#[inline(always)]
fn mask(count: usize) -> __mmask16 {
    ((1_u32 << count) - 1) as __mmask16
}

impl Vector for F32x16 {
    const LANES: usize = 16;
    const PRODUCT_ROWS: usize = 14;
    const TERMS_PER_LINE: usize = 1;
    const DOT_ROWS: usize = 8;
    const WINOGRAD_ROWS: usize = 12;
    const WINOGRAD_OUTER: [usize; 2] = [8, 3];
    type Mask = __mmask16;
    type Places = (__m512i, __mmask16);

    #[inline(always)]
    fn splat(value: f32) -> Self {
        // SAFETY: this type exists only inside `run`, whose caller checked the machine.
        Self(unsafe { _mm512_set1_ps(value) })
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { _mm512_fmadd_ps(self.0, factor.0, addend.0) })
    }

    #[inline(always)]
    fn sum(self) -> f32 {
        // SAFETY: as in `splat`.
        unsafe { _mm512_reduce_add_ps(self.0) }
    }

    #[inline(always)]
    unsafe fn load(at: *const f32) -> Self {
        // SAFETY: the caller promises sixteen readable numbers.
        Self(unsafe { _mm512_loadu_ps(at) })
    }

    #[inline(always)]
    unsafe fn store(self, at: *mut f32) {
        // SAFETY: the caller promises sixteen writable numbers.
        unsafe { _mm512_storeu_ps(at, self.0) };
    }

    #[inline(always)]
    unsafe fn load_first(at: *const f32, count: usize) -> Self {
        // SAFETY: lanes beyond `count` are masked and not read.
        Self(unsafe { _mm512_maskz_loadu_ps(mask(count), at) })
    }

    #[inline(always)]
    unsafe fn store_first(self, at: *mut f32, count: usize) {
        // SAFETY: lanes beyond `count` are masked and not written.
        unsafe { _mm512_mask_storeu_ps(at, mask(count), self.0) };
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { _mm512_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { _mm512_sub_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { _mm512_mul_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { _mm512_div_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        // The instruction returns its second operand unless the first is greater.
        // SAFETY: as in `splat`.
        Self(unsafe { _mm512_max_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        // The instruction returns its second operand unless the first is less.
        // SAFETY: as in `splat`.
        Self(unsafe { _mm512_min_ps(self.0, other.0) })
    }

    #[inline(always)]
    fn abs(self) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { _mm512_abs_ps(self.0) })
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { _mm512_sqrt_ps(self.0) })
    }

    #[inline(always)]
    fn scale(self, n: Self) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { _mm512_scalef_ps(self.0, n.0) })
    }

    #[inline(always)]
    fn scale_far(self, n: Self) -> Self {
        self.scale(n)
    }

    #[inline(always)]
    fn split(self) -> (Self, Self) {
        // SAFETY: as in `splat`.
        unsafe {
            let mantissa = _mm512_getmant_ps::<_MM_MANT_NORM_1_2, _MM_MANT_SIGN_SRC>(self.0);
            (Self(mantissa), Self(_mm512_getexp_ps(self.0)))
        }
    }

    #[inline(always)]
    fn split_any(self) -> (Self, Self) {
        self.split()
    }

    #[inline(always)]
    fn logarithm_of(self, x: Self) -> Self {
        /// What stands for each kind of `x`, four bits each from the lowest: NaN for both kinds of it,
        /// −∞ for 0, `self` for 1, NaN for −∞, ∞ for ∞, NaN for other negative numbers, `self`.
        const KINDS: i32 = 0x0353_0422;
        // SAFETY: as in `splat`.
        unsafe { Self(_mm512_fixupimm_ps::<0>(self.0, x.0, _mm512_set1_epi32(KINDS))) }
    }

    #[inline(always)]
    fn beats(self, best: Self) -> __mmask16 {
        // SAFETY: as in `splat`.
        unsafe {
            _mm512_cmp_ps_mask::<_CMP_GT_OQ>(self.0, best.0)
                | _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(self.0, self.0)
        }
    }

    #[inline(always)]
    fn exceeds(self, other: Self) -> __mmask16 {
        // SAFETY: as in `splat`.
        unsafe { _mm512_cmp_ps_mask::<_CMP_NLE_UQ>(self.0, other.0) }
    }

    #[inline(always)]
    fn equals(self, other: Self) -> __mmask16 {
        // SAFETY: as in `splat`.
        unsafe { _mm512_cmp_ps_mask::<_CMP_EQ_OQ>(self.0, other.0) }
    }

    #[inline(always)]
    fn select(mask: __mmask16, yes: Self, no: Self) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { _mm512_mask_blend_ps(mask, no.0, yes.0) })
    }

    #[inline(always)]
    fn most(self, other: Self) -> Self {
        // Numbers without a sign are ordered as their bits are, and NaN behind them.
        // SAFETY: as in `splat`.
        unsafe {
            let (a, b) = (_mm512_castps_si512(self.0), _mm512_castps_si512(other.abs().0));
            Self(_mm512_castsi512_ps(_mm512_max_epu32(a, b)))
        }
    }

    #[inline(always)]
    fn least(self, other: Self) -> Self {
        // One less than 0 is the largest of all.
        // SAFETY: as in `splat`.
        unsafe {
            let one = _mm512_set1_epi32(1);
            let a = _mm512_sub_epi32(_mm512_castps_si512(self.0), one);
            let b = _mm512_sub_epi32(_mm512_castps_si512(other.abs().0), one);
            Self(_mm512_castsi512_ps(_mm512_add_epi32(_mm512_min_epu32(a, b), one)))
        }
    }

    #[inline(always)]
    fn look_up(self, table: &[Many<Self>]) -> Option<Self> {
        if table.len() > Self::LANES {
            return None;
        }
        // The table as a register, which is the same whenever it is looked at.
        let mut of_lanes = Self::splat(0.0);
        for (position, number) in table.iter().enumerate() {
            of_lanes = Self::select(1 << position, number.0, of_lanes);
        }
        // SAFETY: as in `splat`.
        Some(Self(unsafe { _mm512_permutexvar_ps(_mm512_cvtps_epi32(self.0), of_lanes.0) }))
    }

    #[inline(always)]
    fn add_where(self, mask: __mmask16, other: Self) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { _mm512_mask_add_ps(self.0, mask, self.0, other.0) })
    }

    #[inline(always)]
    fn first_or(self, count: usize, other: Self) -> Self {
        Self::select(mask(count), self, other)
    }

    #[inline(always)]
    fn after(self, previous: Self) -> Self {
        // SAFETY: as in `splat`.
        unsafe {
            let (low, high) = (_mm512_castps_si512(previous.0), _mm512_castps_si512(self.0));
            Self(_mm512_castsi512_ps(_mm512_alignr_epi32::<15>(high, low)))
        }
    }

    #[inline(always)]
    fn deal(self, next: Self) -> (Self, Self) {
        // SAFETY: as in `splat`.
        unsafe {
            let evens =
                _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
            let odds = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
            (
                Self(_mm512_permutex2var_ps(self.0, evens, next.0)),
                Self(_mm512_permutex2var_ps(self.0, odds, next.0)),
            )
        }
    }

    #[inline(always)]
    fn weave(self, odds: Self) -> (Self, Self) {
        // SAFETY: as in `splat`.
        unsafe {
            let low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            let high =
                _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
            (
                Self(_mm512_permutex2var_ps(self.0, low, odds.0)),
                Self(_mm512_permutex2var_ps(self.0, high, odds.0)),
            )
        }
    }

    #[inline(always)]
    fn places(of_lanes: &[u8; 16]) -> (__m512i, __mmask16) {
        // SAFETY: the array has sixteen bytes; else as in `splat`.
        unsafe {
            let places = _mm512_cvtepu8_epi32(_mm_loadu_si128(of_lanes.as_ptr().cast()));
            (places, _mm512_cmplt_epu32_mask(places, _mm512_set1_epi32(32)))
        }
    }

    #[inline(always)]
    fn pick(self, (places, some): (__m512i, __mmask16)) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { _mm512_maskz_permutexvar_ps(some, places, self.0) })
    }

    #[inline(always)]
    fn pick_of_two(self, high: Self, (places, some): (__m512i, __mmask16)) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { _mm512_maskz_permutex2var_ps(some, self.0, places, high.0) })
    }

    #[inline(always)]
    unsafe fn store_bytes(self, at: *mut u8, count: usize) {
        // SAFETY: sixteen bytes can be written, or lanes beyond `count` are masked and not written.
        unsafe {
            let numbers = _mm512_cvtps_epi32(self.0);
            // A mask takes more than twice as long.
            if count == Self::LANES {
                _mm_storeu_si128(at.cast(), _mm512_cvtepi32_epi8(numbers));
            } else {
                _mm512_mask_cvtepi32_storeu_epi8(at.cast(), mask(count), numbers);
            }
        }
    }

    #[inline(always)]
    unsafe fn load_bytes(at: *const u8, count: usize) -> Self {
        // SAFETY: sixteen bytes can be read, or bytes beyond `count` are masked and not read.
        unsafe {
            let bytes = if count == Self::LANES {
                _mm_loadu_si128(at.cast())
            } else {
                _mm_maskz_loadu_epi8(mask(count), at.cast())
            };
            Self(_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes)))
        }
    }

    #[inline(always)]
    unsafe fn transpose<L: Lines>(
        (from, pitch): (*const f32, usize),
        [rows, columns]: [usize; 2],
        into: &mut L,
        width: usize,
    ) {
        let mut x = [Self::splat(0.0); 16];
        // SAFETY: the caller promises the numbers that are read and written; masked lanes are neither.
        unsafe {
            if [rows, columns, width] == [16; 3] {
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
fn turned(mut x: [F32x16; 16]) -> [F32x16; 16] {
    let mut y = x;
    // SAFETY: as in `splat`.
    unsafe {
        // Pairs of numbers, then of pairs, then of quarters and halves change places.
        for i in [0, 4, 8, 12] {
            let [a, b, c, d] = [x[i].0, x[i + 1].0, x[i + 2].0, x[i + 3].0];
            let low = _mm512_castps_pd(_mm512_unpacklo_ps(a, b));
            let high = _mm512_castps_pd(_mm512_unpackhi_ps(a, b));
            let lower = _mm512_castps_pd(_mm512_unpacklo_ps(c, d));
            let higher = _mm512_castps_pd(_mm512_unpackhi_ps(c, d));
            y[i].0 = _mm512_castpd_ps(_mm512_unpacklo_pd(low, lower));
            y[i + 1].0 = _mm512_castpd_ps(_mm512_unpackhi_pd(low, lower));
            y[i + 2].0 = _mm512_castpd_ps(_mm512_unpacklo_pd(high, higher));
            y[i + 3].0 = _mm512_castpd_ps(_mm512_unpackhi_pd(high, higher));
        }
        for k in [0, 1, 2, 3] {
            let [a, b, c, d] = [y[k].0, y[k + 4].0, y[k + 8].0, y[k + 12].0];
            let even = _mm512_shuffle_f32x4::<0x88>(a, b);
            let odd = _mm512_shuffle_f32x4::<0xdd>(a, b);
            let more_even = _mm512_shuffle_f32x4::<0x88>(c, d);
            let more_odd = _mm512_shuffle_f32x4::<0xdd>(c, d);
            x[k].0 = _mm512_shuffle_f32x4::<0x88>(even, more_even);
            x[k + 4].0 = _mm512_shuffle_f32x4::<0x88>(odd, more_odd);
            x[k + 8].0 = _mm512_shuffle_f32x4::<0xdd>(even, more_even);
            x[k + 12].0 = _mm512_shuffle_f32x4::<0xdd>(odd, more_odd);
        }
    }
    x
}
