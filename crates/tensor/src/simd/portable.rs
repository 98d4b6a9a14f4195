//! Four lanes without any intrinsic: what the compiler makes of them on any machine.

use super::{Kernel, Vector, WIDEST};

#[derive(Clone, Copy)]
struct F32x4([f32; 4]);

pub(super) fn run<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<F32x4>()
}

impl F32x4 {
    #[inline(always)]
    fn each(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        let (Self([a, b, c, d]), Self([e, g, h, i])) = (self, other);
        Self([f(a, e), f(b, g), f(c, h), f(d, i)])
    }

    #[inline(always)]
    fn compare(self, other: Self, f: impl Fn(f32, f32) -> bool) -> [bool; 4] {
        let (Self([a, b, c, d]), Self([e, g, h, i])) = (self, other);
        [f(a, e), f(b, g), f(c, h), f(d, i)]
    }
}

impl Vector for F32x4 {
    const LANES: usize = 4;
    const PRODUCT_ROWS: usize = 6;
    const TERMS_PER_LINE: usize = 8;
    const DOT_ROWS: usize = 4;
    const WINOGRAD_ROWS: usize = 6;
    const WINOGRAD_OUTER: [usize; 2] = [4, 2];
    type Mask = [bool; 4];
    type Places = [u8; 4];

    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self([value; 4])
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

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.each(other, |a, b| a + b)
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.each(other, |a, b| a - b)
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.each(other, |a, b| a * b)
    }

    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self.each(other, |a, b| a / b)
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.each(other, |a, b| if a > b { a } else { b })
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.each(other, |a, b| if a < b { a } else { b })
    }

    #[inline(always)]
    fn abs(self) -> Self {
        Self(self.0.map(f32::abs))
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(self.0.map(f32::sqrt))
    }

    #[inline(always)]
    fn scale(self, n: Self) -> Self {
        self.each(n, |x, n| x * f32::from_bits(((n as i32 + 127) << 23).cast_unsigned()))
    }

    #[inline(always)]
    fn split(self) -> (Self, Self) {
        let mantissa = |x: f32| f32::from_bits(x.to_bits() & 0x007f_ffff | 0x3f80_0000);
        let exponent = |x: f32| ((x.to_bits() >> 23) as i32 - 127) as f32;
        (Self(self.0.map(mantissa)), Self(self.0.map(exponent)))
    }

    #[inline(always)]
    fn beats(self, best: Self) -> [bool; 4] {
        self.compare(best, |a, b| a > b || a.is_nan())
    }

    #[inline(always)]
    fn exceeds(self, other: Self) -> [bool; 4] {
        self.compare(other, |a, b| a > b || a.is_nan() || b.is_nan())
    }

    #[expect(clippy::float_cmp, reason = "the lanes hold the same numbers or they do not")]
    #[inline(always)]
    fn equals(self, other: Self) -> [bool; 4] {
        self.compare(other, |a, b| a == b)
    }

    #[inline(always)]
    fn select([a, b, c, d]: [bool; 4], Self(yes): Self, Self(no): Self) -> Self {
        let pick = |mask: bool, lane: usize| if mask { yes[lane] } else { no[lane] };
        Self([pick(a, 0), pick(b, 1), pick(c, 2), pick(d, 3)])
    }

    #[inline(always)]
    fn first_or(self, count: usize, other: Self) -> Self {
        Self::select([count > 0, count > 1, count > 2, count > 3], self, other)
    }

    #[inline(always)]
    fn after(self, previous: Self) -> Self {
        let (Self([.., before]), Self([a, b, c, _])) = (previous, self);
        Self([before, a, b, c])
    }

    #[inline(always)]
    fn deal(self, next: Self) -> (Self, Self) {
        let (Self([a, b, c, d]), Self([e, f, g, h])) = (self, next);
        (Self([a, c, e, g]), Self([b, d, f, h]))
    }

    #[inline(always)]
    fn weave(self, odds: Self) -> (Self, Self) {
        let (Self([a, c, e, g]), Self([b, d, f, h])) = (self, odds);
        (Self([a, b, c, d]), Self([e, f, g, h]))
    }

    #[inline(always)]
    fn places(&[a, b, c, d, ..]: &[u8; WIDEST]) -> [u8; 4] {
        [a, b, c, d]
    }

    #[inline(always)]
    fn pick(self, places: [u8; 4]) -> Self {
        self.pick_of_two(Self([0.0; 4]), places)
    }

    #[inline(always)]
    fn pick_of_two(self, high: Self, places: [u8; 4]) -> Self {
        let (Self([a, b, c, d]), Self([e, f, g, h])) = (self, high);
        let mut both = [0.0; 16];
        both[..8].copy_from_slice(&[a, b, c, d, e, f, g, h]);
        // Place 255 becomes 15, where there is a zero, and no place has to be compared with a length.
        Self(places.map(|place| both[usize::from(place % 16)]))
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
