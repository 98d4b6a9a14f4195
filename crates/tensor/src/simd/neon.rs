//! Four lanes on AArch64: thirty-two registers.

use std::arch::aarch64::{
    float32x4_t, vaddq_f32, vaddvq_f32, vdupq_n_f32, vfmaq_f32, vld1q_f32, vst1q_f32, vsubq_f32,
};

use super::{Kernel, Vector};

#[derive(Clone, Copy)]
struct F32x4(float32x4_t);

/// # Safety
/// The machine has NEON.
#[target_feature(enable = "neon")]
pub(super) unsafe fn run<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<F32x4>()
}

impl Vector for F32x4 {
    const LANES: usize = 4;
    const PRODUCT_ROWS: usize = 8;
    const DOT_ROWS: usize = 8;
    const WINOGRAD_ROWS: usize = 8;
    const WINOGRAD_OUTER_ROWS: usize = 4;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        // SAFETY: this type exists only inside `run`, whose caller checked the machine.
        Self(unsafe { vdupq_n_f32(value) })
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { vaddq_f32(self.0, other.0) })
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { vsubq_f32(self.0, other.0) })
    }

    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { vfmaq_f32(addend.0, self.0, factor.0) })
    }

    #[inline(always)]
    fn sum(self) -> f32 {
        // SAFETY: as in `splat`.
        unsafe { vaddvq_f32(self.0) }
    }

    #[inline(always)]
    unsafe fn load(at: *const f32) -> Self {
        // SAFETY: the caller promises four readable numbers.
        Self(unsafe { vld1q_f32(at) })
    }

    #[inline(always)]
    unsafe fn store(self, at: *mut f32) {
        // SAFETY: the caller promises four writable numbers.
        unsafe { vst1q_f32(at, self.0) };
    }

    #[inline(always)]
    unsafe fn load_first(at: *const f32, count: usize) -> Self {
        let mut lanes = [0.0; 4];
        for (lane, value) in lanes.iter_mut().enumerate().take(count) {
            // SAFETY: the caller promises `count` readable numbers.
            *value = unsafe { at.add(lane).read() };
        }
        // SAFETY: `lanes` holds four numbers.
        unsafe { Self::load(lanes.as_ptr()) }
    }

    #[inline(always)]
    unsafe fn store_first(self, at: *mut f32, count: usize) {
        let mut lanes = [0.0; 4];
        // SAFETY: `lanes` holds four numbers.
        unsafe { self.store(lanes.as_mut_ptr()) };
        for (lane, value) in lanes.into_iter().enumerate().take(count) {
            // SAFETY: the caller promises `count` writable numbers.
            unsafe { at.add(lane).write(value) };
        }
    }
}
