//! Sixteen lanes on x86-64 with AVX-512: thirty-two registers.

use std::arch::x86_64::{
    __m512, __mmask16, _mm512_add_ps, _mm512_castpd_ps, _mm512_castps_pd, _mm512_fmadd_ps,
    _mm512_loadu_ps, _mm512_mask_storeu_ps, _mm512_maskz_loadu_ps, _mm512_max_ps,
    _mm512_reduce_add_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_shuffle_f32x4,
    _mm512_storeu_ps, _mm512_sub_ps, _mm512_unpackhi_pd, _mm512_unpackhi_ps, _mm512_unpacklo_pd,
    _mm512_unpacklo_ps,
};

use super::{Kernel, Vector};

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
    const PRODUCT_ROWS: usize = 8;
    const DOT_ROWS: usize = 8;
    const WINOGRAD_ROWS: usize = 12;
    const WINOGRAD_OUTER_ROWS: usize = 8;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        // SAFETY: this type exists only inside `run`, whose caller checked the machine.
        Self(unsafe { _mm512_set1_ps(value) })
    }

    #[inline(always)]
    fn relu(self) -> Self {
        // The maximum is its second operand where the first is NaN or they are equal.
        // SAFETY: as in `splat`.
        Self(unsafe { _mm512_max_ps(_mm512_setzero_ps(), self.0) })
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
    unsafe fn transpose(
        (from, from_pitch): (*const f32, usize),
        [rows, columns]: [usize; 2],
        (into, into_pitch): (*mut f32, usize),
        width: usize,
    ) {
        // SAFETY: masked lanes are neither read nor written, the caller promises the others; the
        // machine has AVX-512.
        unsafe {
            let mut x = [_mm512_setzero_ps(); 16];
            let readable = mask(columns);
            for (row, x) in x.iter_mut().enumerate().take(rows) {
                *x = _mm512_maskz_loadu_ps(readable, from.add(row * from_pitch));
            }
            // Pairs of numbers, then of pairs, then of quarters and halves change places.
            let mut y = x;
            for i in (0..16).step_by(4) {
                let low =
                    [0, 2].map(|k| _mm512_castps_pd(_mm512_unpacklo_ps(x[i + k], x[i + k + 1])));
                let high =
                    [0, 2].map(|k| _mm512_castps_pd(_mm512_unpackhi_ps(x[i + k], x[i + k + 1])));
                y[i] = _mm512_castpd_ps(_mm512_unpacklo_pd(low[0], low[1]));
                y[i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(low[0], low[1]));
                y[i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(high[0], high[1]));
                y[i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(high[0], high[1]));
            }
            for k in 0..4 {
                let [a, b, c, d] = [y[k], y[k + 4], y[k + 8], y[k + 12]];
                let [p, q] =
                    [_mm512_shuffle_f32x4::<0x88>(a, b), _mm512_shuffle_f32x4::<0xdd>(a, b)];
                let [r, s] =
                    [_mm512_shuffle_f32x4::<0x88>(c, d), _mm512_shuffle_f32x4::<0xdd>(c, d)];
                x[k] = _mm512_shuffle_f32x4::<0x88>(p, r);
                x[k + 4] = _mm512_shuffle_f32x4::<0x88>(q, s);
                x[k + 8] = _mm512_shuffle_f32x4::<0xdd>(p, r);
                x[k + 12] = _mm512_shuffle_f32x4::<0xdd>(q, s);
            }
            let writable = mask(width);
            for (column, x) in x.into_iter().enumerate().take(columns) {
                _mm512_mask_storeu_ps(into.add(column * into_pitch), writable, x);
            }
        }
    }
}
