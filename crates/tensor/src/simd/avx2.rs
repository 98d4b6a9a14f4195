//! Eight lanes on x86-64 with AVX2 and FMA: sixteen registers.

use std::arch::x86_64::{
    __m256, __m256i, _mm_add_ps, _mm_add_ss, _mm_castps_si128, _mm_cvtss_f32, _mm_movehdup_ps,
    _mm_movehl_ps, _mm_store_ss, _mm_storel_epi64, _mm_storeu_ps, _mm256_castps256_ps128,
    _mm256_extractf128_ps, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_loadu_si256,
    _mm256_maskload_ps, _mm256_set1_ps, _mm256_storeu_ps,
};

use super::{Kernel, Vector};

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
    const DOT_ROWS: usize = 4;

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
}
