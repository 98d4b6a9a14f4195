//! Sixteen lanes on x86-64 with AVX-512: thirty-two registers.

use std::arch::x86_64::{
    __m512, __mmask16, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_mask_storeu_ps,
    _mm512_maskz_loadu_ps, _mm512_reduce_add_ps, _mm512_set1_ps, _mm512_storeu_ps,
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
    const PRODUCT_ROWS: usize = 14;
    const DOT_ROWS: usize = 8;

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
}
