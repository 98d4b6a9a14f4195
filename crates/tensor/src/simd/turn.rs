//! Transposed copies.
//!
//! ```text
//! into[c · into_pitch + r] = from[r · from_pitch + c]
//! ```
//!
//! Blocks of eight by eight go through registers: a transposition by single numbers takes longer
//! than many of the products that need one.

use super::Path;

/// A copy of `rows` by `columns` numbers, rows to columns.
pub(crate) struct Turn<'a> {
    pub(crate) from: &'a [f32],
    pub(crate) from_pitch: usize,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) into: &'a mut [f32],
    pub(crate) into_pitch: usize,
}

impl Turn<'_> {
    pub(crate) fn copy(self) {
        self.copy_on(Path::current());
    }

    pub(super) fn copy_on(self, path: Path) {
        let Self { from, from_pitch, rows, columns, into, into_pitch } = self;
        if rows == 0 || columns == 0 {
            return;
        }
        let end = |count: usize, pitch: usize, length: usize| {
            (count - 1).checked_mul(pitch).and_then(|last| last.checked_add(length))
        };
        let from_end = end(rows, from_pitch, columns);
        let into_end = end(columns, into_pitch, rows);
        assert!(from_end.is_some_and(|end| end <= from.len()), "turn: rows lie in the source");
        assert!(into_end.is_some_and(|end| end <= into.len()), "turn: columns lie in the target");
        let block = Block { from: from.as_ptr(), from_pitch, into: into.as_mut_ptr(), into_pitch };
        // SAFETY: both matrices lie in their slices, by the assertions, and the slices do not
        // overlap. A path is chosen only if the machine has it, and AVX-512 implies AVX2.
        unsafe {
            match path {
                #[cfg(target_arch = "x86_64")]
                Path::Avx512 | Path::Avx2 => x86::turn(block, rows, columns),
                _ => block.turn_by_one(0..rows, 0..columns),
            }
        }
    }
}

/// Two matrices, `from` and its transposed copy.
#[derive(Clone, Copy)]
struct Block {
    from: *const f32,
    from_pitch: usize,
    into: *mut f32,
    into_pitch: usize,
}

impl Block {
    /// # Safety
    /// These rows and columns of `from` can be read, and their places in `into` written.
    #[inline(always)]
    unsafe fn turn_by_one(self, rows: std::ops::Range<usize>, columns: std::ops::Range<usize>) {
        for c in columns {
            for r in rows.clone() {
                // SAFETY: the caller promises this element.
                unsafe {
                    let value = self.from.add(r * self.from_pitch + c).read();
                    self.into.add(c * self.into_pitch + r).write(value);
                }
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m256, _mm256_loadu_ps, _mm256_permute2f128_ps, _mm256_setzero_ps, _mm256_shuffle_ps,
        _mm256_storeu_ps, _mm256_unpackhi_ps, _mm256_unpacklo_ps,
    };

    use super::Block;

    /// # Safety
    /// The machine has AVX2, and `rows` by `columns` numbers can be read and written.
    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn turn(block: Block, rows: usize, columns: usize) {
        if rows < 8 || columns < 8 {
            let done = if rows == block.into_pitch && rows > 1 {
                // SAFETY: the promises are handed on.
                unsafe { turn_few(block, rows, columns) }
            } else {
                0
            };
            // SAFETY: the columns that are left.
            unsafe { block.turn_by_one(0..rows, done..columns) };
            return;
        }
        // A line of the source is used up before the next one is needed. The last block of eight
        // reaches back over what is copied already.
        for r in (0..rows).step_by(8).map(|r| r.min(rows - 8)) {
            for c in (0..columns).step_by(8).map(|c| c.min(columns - 8)) {
                // SAFETY: eight rows from r and eight columns from c are within the matrix.
                unsafe { turn_eight(block, r, c) };
            }
        }
    }

    /// Turns fewer than eight rows whose columns follow each other without a gap, as far as whole
    /// registers go, and returns the number of columns that are done: every store of eight numbers
    /// writes over the start of the next column, which is stored after it.
    ///
    /// # Safety
    /// As for [`turn`], with `rows = into_pitch < 8`.
    #[target_feature(enable = "avx2,fma")]
    unsafe fn turn_few(block: Block, rows: usize, columns: usize) -> usize {
        let Block { from, from_pitch, into, .. } = block;
        let mut c = 0;
        while c + 8 <= columns && (c + 7) * rows + 8 <= rows * columns {
            let mut lines = [_mm256_setzero_ps(); 8];
            for (r, line) in lines.iter_mut().enumerate().take(rows) {
                // SAFETY: eight numbers of row r < rows from column c on.
                *line = unsafe { _mm256_loadu_ps(from.add(r * from_pitch + c)) };
            }
            for (i, column) in turned(lines).into_iter().enumerate() {
                // SAFETY: the last of them ends at (c + 7) · rows + 8, which is inside.
                unsafe { _mm256_storeu_ps(into.add((c + i) * rows), column) };
            }
            c += 8;
        }
        c
    }

    /// # Safety
    /// The machine has AVX2; eight rows and columns from `(r, c)` can be read and written.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn turn_eight(block: Block, r: usize, c: usize) {
        let Block { from, from_pitch, into, into_pitch } = block;
        let mut rows = [_mm256_setzero_ps(); 8];
        for (i, row) in rows.iter_mut().enumerate() {
            // SAFETY: eight numbers of row r + i.
            *row = unsafe { _mm256_loadu_ps(from.add((r + i) * from_pitch + c)) };
        }
        for (i, column) in turned(rows).into_iter().enumerate() {
            // SAFETY: eight numbers of column c + i.
            unsafe { _mm256_storeu_ps(into.add((c + i) * into_pitch + r), column) };
        }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn turned([a, b, c, d, e, f, g, h]: [__m256; 8]) -> [__m256; 8] {
        // Pairs of rows, then fours, then the halves of the registers.
        let pairs = |x, y| (_mm256_unpacklo_ps(x, y), _mm256_unpackhi_ps(x, y));
        let fours = |(x_low, x_high): (__m256, __m256), (y_low, y_high)| {
            [
                _mm256_shuffle_ps::<0x44>(x_low, y_low),
                _mm256_shuffle_ps::<0xEE>(x_low, y_low),
                _mm256_shuffle_ps::<0x44>(x_high, y_high),
                _mm256_shuffle_ps::<0xEE>(x_high, y_high),
            ]
        };
        let top = fours(pairs(a, b), pairs(c, d));
        let bottom = fours(pairs(e, f), pairs(g, h));
        let left = |i: usize| _mm256_permute2f128_ps::<0x20>(top[i], bottom[i]);
        let right = |i: usize| _mm256_permute2f128_ps::<0x31>(top[i], bottom[i]);
        [left(0), left(1), left(2), left(3), right(0), right(1), right(2), right(3)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_turns_every_size_and_touches_nothing_else() {
        let from: Vec<f32> = (0..30 * 40).map(|i| i as f32).collect();
        let sizes = [(0, 3), (1, 1), (1, 20), (6, 31), (7, 9), (8, 8), (9, 17), (24, 16), (29, 31)];
        for (path, name) in Path::available() {
            for ((rows, columns), spare) in sizes.iter().flat_map(|&size| [(size, 0), (size, 4)]) {
                let into_pitch = rows + spare;
                let mut into = vec![-1.0; 40 * 33];
                Turn {
                    from: &from[2..],
                    from_pitch: 37,
                    rows,
                    columns,
                    into: &mut into,
                    into_pitch,
                }
                .copy_on(path);
                for (i, &value) in into.iter().enumerate() {
                    let place = (i.checked_div(into_pitch), i.checked_rem(into_pitch));
                    let expected = match place {
                        (Some(c), Some(r)) if r < rows && c < columns => from[2 + r * 37 + c],
                        _ => -1.0,
                    };
                    assert!((value - expected).abs() < 0.5, "{name} {rows}x{columns} at {i}");
                }
            }
        }
    }
}
