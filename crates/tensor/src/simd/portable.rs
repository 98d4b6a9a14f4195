//! Four lanes without any intrinsic: what the compiler makes of them on any machine.

use super::{Kernel, Vector};

#[derive(Clone, Copy)]
struct F32x4([f32; 4]);

pub(super) fn run<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<F32x4>()
}

impl Vector for F32x4 {
    const LANES: usize = 4;
    const PRODUCT_ROWS: usize = 6;
    const DOT_ROWS: usize = 4;
    const WINOGRAD_ROWS: usize = 6;
    const WINOGRAD_OUTER_ROWS: usize = 4;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self([value; 4])
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        let (Self([a, b, c, d]), Self([e, f, g, h])) = (self, other);
        Self([a + e, b + f, c + g, d + h])
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        let (Self([a, b, c, d]), Self([e, f, g, h])) = (self, other);
        Self([a - e, b - f, c - g, d - h])
    }

    #[expect(
        clippy::suboptimal_flops,
        reason = "a fused multiply-add is a slow function call on machines without the instruction"
    )]
    #[inline(always)]
    fn mul_add(self, factor: Self, addend: Self) -> Self {
        let (Self([a, b, c, d]), Self([e, f, g, h]), Self([i, j, k, l])) = (self, factor, addend);
        Self([a * e + i, b * f + j, c * g + k, d * h + l])
    }

    #[inline(always)]
    fn sum(self) -> f32 {
        let Self([a, b, c, d]) = self;
        (a + c) + (b + d)
    }

    #[inline(always)]
    unsafe fn load(at: *const f32) -> Self {
        // SAFETY: the caller promises four readable numbers; the read is unaligned.
        Self(unsafe { at.cast::<[f32; 4]>().read_unaligned() })
    }

    #[inline(always)]
    unsafe fn store(self, at: *mut f32) {
        // SAFETY: the caller promises four writable numbers; the write is unaligned.
        unsafe { at.cast::<[f32; 4]>().write_unaligned(self.0) };
    }

    #[inline(always)]
    unsafe fn load_first(at: *const f32, count: usize) -> Self {
        let mut lanes = [0.0; 4];
        for (lane, value) in lanes.iter_mut().enumerate().take(count) {
            // SAFETY: the caller promises `count` readable numbers.
            *value = unsafe { at.add(lane).read() };
        }
        Self(lanes)
    }

    #[inline(always)]
    unsafe fn store_first(self, at: *mut f32, count: usize) {
        for (lane, value) in self.0.into_iter().enumerate().take(count) {
            // SAFETY: the caller promises `count` writable numbers.
            unsafe { at.add(lane).write(value) };
        }
    }
}
