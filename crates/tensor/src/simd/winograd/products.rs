//! The matrix products of one frequency: tiles that stay in registers.

use crate::simd::{Run, Vector};

/// Lines that are asked for in the terms of one register.
pub(super) const LINES: usize = 2;

/// Tiles by outputs: `out[s][t][lane] = Σ_k a[k / LANES][t][k % LANES] · b[k][s][lane]`.
pub(super) struct OverChannels {
    /// Transformed inputs, from the first tile on.
    pub(super) a: *const f32,
    /// Distance between blocks of channels.
    pub(super) a_block: usize,
    /// Channels: terms of every sum.
    pub(super) depth: usize,
    /// Transformed weights.
    pub(super) b: *const f32,
    pub(super) out: *mut f32,
    /// Distance between blocks of outputs.
    pub(super) out_block: usize,
    /// What is asked for meanwhile: operands of the products that follow.
    pub(super) ahead: Option<Run>,
}

impl OverChannels {
    /// # Safety
    /// `1 ≤ rows ≤ V::WINOGRAD_ROWS` and `1 ≤ blocks ≤ 2`. From `a` on there are `rows` registers in
    /// every block of channels, at `b` `depth · blocks` registers, and `rows` registers can be
    /// written in each of `blocks` blocks from `out` on.
    #[inline(always)]
    pub(super) unsafe fn run<V: Vector>(&self, rows: usize, blocks: usize) {
        macro_rules! of_rows {
            ($($rows:literal)*) => {
                match (rows, blocks) {
                    // SAFETY: the promises are handed on.
                    $(($rows, 1) => unsafe { self.of_size::<V, $rows, 1>() },)*
                    // SAFETY: as above.
                    $(($rows, _) => unsafe { self.of_size::<V, $rows, 2>() },)*
                    _ => unreachable!("no path has tiles of more than twelve rows"),
                }
            };
        }
        of_rows!(1 2 3 4 5 6 7 8 9 10 11 12);
    }

    /// # Safety
    /// As for [`OverChannels::run`] with `R` rows and `S` blocks.
    #[inline(always)]
    unsafe fn of_size<V: Vector, const R: usize, const S: usize>(&self) {
        let mut sums = [[V::splat(0.0); S]; R];
        let (mut block, mut b, mut left) = (self.a, self.b, self.depth);
        let mut ahead = self.ahead.unwrap_or(Run::only(b));
        while left > 0 {
            let count = left.min(V::LANES);
            for _ in 0..LINES {
                ahead.ask();
            }
            for k in 0..count {
                let mut right = [V::splat(0.0); S];
                for (s, right) in right.iter_mut().enumerate() {
                    // SAFETY: register s of row k, of which there are `depth`.
                    *right = unsafe { V::load(b.add(s * V::LANES)) };
                }
                for (r, row) in sums.iter_mut().enumerate() {
                    // SAFETY: number k < LANES of register r < R of this block.
                    let left = V::splat(unsafe { *block.add(r * V::LANES + k) });
                    for (sum, &right) in row.iter_mut().zip(&right) {
                        *sum = left.mul_add(right, *sum);
                    }
                }
                b = b.wrapping_add(S * V::LANES);
            }
            block = block.wrapping_add(self.a_block);
            left -= count;
        }
        for (r, row) in sums.iter().enumerate() {
            for (s, sum) in row.iter().enumerate() {
                // SAFETY: register r of block s of the output.
                unsafe { sum.store(self.out.add(s * self.out_block + r * V::LANES)) };
            }
        }
    }
}

/// Outputs by channels: `out[r][s][lane] (+)= Σ_t a[t][r] · b[s][t][lane]`.
pub(super) struct OverTiles {
    /// Transformed gradients, from the first output on: registers of outputs, one per tile.
    pub(super) a: *const f32,
    /// Tiles: terms of every sum.
    pub(super) tiles: usize,
    /// Transformed inputs: registers of channels, one per tile.
    pub(super) b: *const f32,
    /// Distance between blocks of channels.
    pub(super) b_block: usize,
    pub(super) out: *mut f32,
    /// Distance between outputs.
    pub(super) out_row: usize,
    /// Whether the sums are added to the output.
    pub(super) add: bool,
}

impl OverTiles {
    /// # Safety
    /// `1 ≤ blocks ≤ 3`. From `a` on there are `tiles` registers that each hold
    /// `V::WINOGRAD_OUTER[0]` numbers from there; from `b` on `tiles` registers in each of `blocks`
    /// blocks; `blocks` registers can be read and written in as many rows of `out`.
    #[inline(always)]
    pub(super) unsafe fn run<V: Vector>(&self, blocks: usize) {
        // SAFETY: the promises are handed on.
        unsafe {
            match (V::WINOGRAD_OUTER[0], blocks) {
                (8, 1) => self.of_size::<V, 8, 1>(),
                (8, 2) => self.of_size::<V, 8, 2>(),
                (8, _) => self.of_size::<V, 8, 3>(),
                (4, 1) => self.of_size::<V, 4, 1>(),
                (4, 2) => self.of_size::<V, 4, 2>(),
                (4, _) => self.of_size::<V, 4, 3>(),
                _ => unreachable!("every path takes four or eight rows"),
            }
        }
    }

    /// # Safety
    /// As for [`OverTiles::run`] with `R` rows and `S` blocks.
    #[inline(always)]
    unsafe fn of_size<V: Vector, const R: usize, const S: usize>(&self) {
        let mut sums = [[V::splat(0.0); S]; R];
        for tile in 0..self.tiles {
            let mut right = [V::splat(0.0); S];
            for (s, right) in right.iter_mut().enumerate() {
                // SAFETY: the register of this tile in block s.
                *right = unsafe { V::load(self.b.add(s * self.b_block + tile * V::LANES)) };
            }
            for (r, row) in sums.iter_mut().enumerate() {
                // SAFETY: number r < R of the register of this tile.
                let left = V::splat(unsafe { *self.a.add(tile * V::LANES + r) });
                for (sum, &right) in row.iter_mut().zip(&right) {
                    *sum = left.mul_add(right, *sum);
                }
            }
        }
        for (r, row) in sums.iter().enumerate() {
            for (s, &sum) in row.iter().enumerate() {
                // SAFETY: register s of row r of the output.
                unsafe {
                    let at = self.out.add(r * self.out_row + s * V::LANES);
                    let sum = if self.add { V::load(at).add(sum) } else { sum };
                    sum.store(at);
                }
            }
        }
    }
}
