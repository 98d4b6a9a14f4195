//! Four lanes on AArch64: thirty-two registers.

use std::arch::aarch64::{
    float32x4_t, uint8x16_t, uint8x16x2_t, uint32x4_t, vabsq_f32, vaddq_f32, vaddq_s32, vaddvq_f32,
    vandq_s32, vbslq_f32, vceqq_f32, vcgtq_f32, vcleq_f32, vcvtq_f32_s32, vcvtq_s32_f32, vdivq_f32,
    vdupq_n_f32, vdupq_n_s32, vextq_f32, vfmaq_f32, vld1q_f32, vld1q_u8, vld1q_u32, vmulq_f32,
    vmvnq_u32, vorrq_s32, vorrq_u32, vqtbl1q_u8, vqtbl2q_u8, vreinterpretq_f32_s32,
    vreinterpretq_f32_u8, vreinterpretq_s32_f32, vreinterpretq_u8_f32, vshlq_n_s32, vshrq_n_s32,
    vsqrtq_f32, vst1q_f32, vsubq_f32, vsubq_s32, vuzp1q_f32, vuzp2q_f32, vzip1q_f32, vzip2q_f32,
};

use super::{Kernel, Vector, WIDEST};

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
    const TERMS_PER_LINE: usize = 8;
    const DOT_ROWS: usize = 8;
    const WINOGRAD_ROWS: usize = 8;
    const WINOGRAD_OUTER: [usize; 2] = [4, 3];
    type Mask = uint32x4_t;
    type Places = uint8x16_t;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        // SAFETY: this type exists only inside `run`, whose caller checked the machine.
        Self(unsafe { vdupq_n_f32(value) })
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
    fn mul(self, other: Self) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { vmulq_f32(self.0, other.0) })
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { vdivq_f32(self.0, other.0) })
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        // Not the maximum instruction: it returns NaN for a NaN in either operand.
        // SAFETY: as in `splat`.
        Self::select(unsafe { vcgtq_f32(self.0, other.0) }, self, other)
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        // Not the minimum instruction: it returns NaN for a NaN in either operand.
        // SAFETY: as in `splat`.
        Self::select(unsafe { vcgtq_f32(other.0, self.0) }, self, other)
    }

    #[inline(always)]
    fn abs(self) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { vabsq_f32(self.0) })
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { vsqrtq_f32(self.0) })
    }

    #[inline(always)]
    fn scale(self, n: Self) -> Self {
        // SAFETY: as in `splat`.
        unsafe {
            let biased = vaddq_s32(vcvtq_s32_f32(n.0), vdupq_n_s32(127));
            Self(vmulq_f32(self.0, vreinterpretq_f32_s32(vshlq_n_s32::<23>(biased))))
        }
    }

    #[inline(always)]
    fn split(self) -> (Self, Self) {
        // SAFETY: as in `splat`.
        unsafe {
            let bits = vreinterpretq_s32_f32(self.0);
            let exponent = vsubq_s32(vshrq_n_s32::<23>(bits), vdupq_n_s32(127));
            let fraction = vandq_s32(bits, vdupq_n_s32(0x007f_ffff));
            let mantissa = vorrq_s32(fraction, vdupq_n_s32(0x3f80_0000));
            (Self(vreinterpretq_f32_s32(mantissa)), Self(vcvtq_f32_s32(exponent)))
        }
    }

    #[inline(always)]
    fn beats(self, best: Self) -> uint32x4_t {
        // SAFETY: as in `splat`.
        unsafe { vorrq_u32(vcgtq_f32(self.0, best.0), vmvnq_u32(vceqq_f32(self.0, self.0))) }
    }

    #[inline(always)]
    fn exceeds(self, other: Self) -> uint32x4_t {
        // SAFETY: as in `splat`.
        unsafe { vmvnq_u32(vcleq_f32(self.0, other.0)) }
    }

    #[inline(always)]
    fn equals(self, other: Self) -> uint32x4_t {
        // SAFETY: as in `splat`.
        unsafe { vceqq_f32(self.0, other.0) }
    }

    #[inline(always)]
    fn select(mask: uint32x4_t, yes: Self, no: Self) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { vbslq_f32(mask, yes.0, no.0) })
    }

    #[inline(always)]
    fn first_or(self, count: usize, other: Self) -> Self {
        let lanes = [0, 1, 2, 3].map(|lane| if lane < count { u32::MAX } else { 0 });
        // SAFETY: `lanes` holds four words, and as in `splat`.
        Self::select(unsafe { vld1q_u32(lanes.as_ptr()) }, self, other)
    }

    #[inline(always)]
    fn after(self, previous: Self) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { vextq_f32::<3>(previous.0, self.0) })
    }

    #[inline(always)]
    fn deal(self, next: Self) -> (Self, Self) {
        // SAFETY: as in `splat`.
        unsafe { (Self(vuzp1q_f32(self.0, next.0)), Self(vuzp2q_f32(self.0, next.0))) }
    }

    #[inline(always)]
    fn weave(self, odds: Self) -> (Self, Self) {
        // SAFETY: as in `splat`.
        unsafe { (Self(vzip1q_f32(self.0, odds.0)), Self(vzip2q_f32(self.0, odds.0))) }
    }

    #[inline(always)]
    fn places(of_lanes: &[u8; WIDEST]) -> uint8x16_t {
        // Tables are looked up by the byte, and give 0 for a byte beyond their end.
        let byte = |i: usize| of_lanes[i / 4].saturating_mul(4).saturating_add((i % 4) as u8);
        let bytes: [u8; 16] = std::array::from_fn(byte);
        // SAFETY: the array has sixteen bytes; else as in `splat`.
        unsafe { vld1q_u8(bytes.as_ptr()) }
    }

    #[inline(always)]
    fn pick(self, places: uint8x16_t) -> Self {
        // SAFETY: as in `splat`.
        Self(unsafe { vreinterpretq_f32_u8(vqtbl1q_u8(vreinterpretq_u8_f32(self.0), places)) })
    }

    #[inline(always)]
    fn pick_of_two(self, high: Self, places: uint8x16_t) -> Self {
        // SAFETY: as in `splat`.
        unsafe {
            let both = uint8x16x2_t(vreinterpretq_u8_f32(self.0), vreinterpretq_u8_f32(high.0));
            Self(vreinterpretq_f32_u8(vqtbl2q_u8(both, places)))
        }
    }

    #[inline(always)]
    unsafe fn store_bytes(self, at: *mut u8, count: usize) {
        let mut lanes = [0.0_f32; 4];
        // SAFETY: `lanes` holds four numbers.
        unsafe { self.store(lanes.as_mut_ptr()) };
        for (lane, value) in lanes.into_iter().enumerate().take(count) {
            // SAFETY: the caller promises `count` writable bytes.
            unsafe { at.add(lane).write(value as u8) };
        }
    }

    #[inline(always)]
    unsafe fn load_bytes(at: *const u8, count: usize) -> Self {
        let mut lanes = [0.0_f32; 4];
        for (lane, value) in lanes.iter_mut().enumerate().take(count) {
            // SAFETY: the caller promises `count` readable bytes.
            *value = f32::from(unsafe { at.add(lane).read() });
        }
        // SAFETY: `lanes` holds four numbers.
        unsafe { Self::load(lanes.as_ptr()) }
    }
}
