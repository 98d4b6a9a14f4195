//! Rows whose even and odd numbers go to different places, and back.
//!
//! ```text
//! thin[place][i] = wide[2 i + place]            place = 0, 1;  i = 0 … pairs − 1
//! ```
//!
//! A convolution of stride two reads the columns of its input so, and its input gradient writes
//! them. The rows are as short as a feature map is wide, which is too short for what a compiler
//! makes of the plain loop.

use super::{Lie, Path, WIDEST};

/// Where the rows of both sides lie, and how many there are. The cells of a [`Lie`] are not read.
#[derive(Clone, Copy)]
pub(crate) struct Combs {
    pub(crate) wide: Lie,
    /// The even and the odd numbers.
    pub(crate) thin: [Lie; 2],
    pub(crate) count: usize,
    pub(crate) rows: usize,
    pub(crate) pairs: usize,
}

/// Where what is written stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stores {
    /// In the caches, as usual.
    Near,
    /// In memory, where rows are whole lines of the cache and the machine can: for outputs that the
    /// caches cannot hold anyway. Nothing is read only to be overwritten.
    Past,
}

impl Stores {
    /// Whether rows of these lies and of a multiple of `pairs` numbers can go past the caches.
    fn are_past(self, into: *const f32, lies: &[Lie], pairs: usize) -> bool {
        let whole = |lie: &Lie| (lie.start | lie.plane | lie.row | pairs).is_multiple_of(WIDEST);
        self == Self::Past && into.addr().is_multiple_of(64) && lies.iter().all(whole)
    }

    /// Makes what was written seen by other threads, in order with what follows.
    fn finish(self) {
        #[cfg(target_arch = "x86_64")]
        if self == Self::Past {
            // SAFETY: the instruction is part of every x86-64.
            unsafe { std::arch::x86_64::_mm_sfence() };
        }
    }
}

impl Combs {
    /// Copies the numbers of wide rows to thin ones.
    pub(crate) fn deal(self, wide: &[f32], thin: &mut [f32]) {
        self.deal_on(Path::current(), Stores::Near, wide, thin);
    }

    /// As [`Combs::deal`], for every `sizes[0]` numbers of `wide` and `sizes[1]` of `thin`.
    pub(crate) fn deal_each(
        self,
        sizes: [usize; 2],
        stores: Stores,
        wide: &[f32],
        thin: &mut [f32],
    ) {
        for (wide, thin) in wide.chunks_exact(sizes[0]).zip(thin.chunks_exact_mut(sizes[1])) {
            self.deal_on(Path::current(), stores, wide, thin);
        }
        stores.finish();
    }

    /// After stores that are not [`Stores::Near`], these have to be finished.
    fn deal_on(self, path: Path, stores: Stores, wide: &[f32], thin: &mut [f32]) {
        if self.lies_in(wide.len(), thin.len()) {
            let (wide, thin) = (wide.as_ptr(), thin.as_mut_ptr());
            // SAFETY: all rows lie in their slices, which do not overlap; a path is chosen only if
            // the machine has it, and AVX-512 implies AVX2.
            unsafe {
                match path {
                    #[cfg(target_arch = "x86_64")]
                    Path::Avx512 if stores.are_past(thin, &self.thin, self.pairs) => {
                        x86::deal_wide::<true>(self, wide, thin);
                    }
                    #[cfg(target_arch = "x86_64")]
                    Path::Avx512 if self.is_dense() => x86::deal_wide::<false>(self, wide, thin),
                    #[cfg(target_arch = "x86_64")]
                    Path::Avx512 | Path::Avx2 => x86::deal(self, wide, thin),
                    _ => self.each(|at, [evens, odds]| {
                        for i in 0..self.pairs {
                            thin.add(evens + i).write(wide.add(at + 2 * i).read());
                            thin.add(odds + i).write(wide.add(at + 2 * i + 1).read());
                        }
                    }),
                }
            }
        }
    }

    /// Copies the numbers of thin rows to wide ones.
    pub(crate) fn weave(self, thin: &[f32], wide: &mut [f32]) {
        self.weave_on(Path::current(), Stores::Near, thin, wide);
    }

    /// As [`Combs::weave`], for every `sizes[0]` numbers of `thin` and `sizes[1]` of `wide`.
    pub(crate) fn weave_each(
        self,
        sizes: [usize; 2],
        stores: Stores,
        thin: &[f32],
        wide: &mut [f32],
    ) {
        for (thin, wide) in thin.chunks_exact(sizes[0]).zip(wide.chunks_exact_mut(sizes[1])) {
            self.weave_on(Path::current(), stores, thin, wide);
        }
        stores.finish();
    }

    /// After stores that are not [`Stores::Near`], these have to be finished.
    fn weave_on(self, path: Path, stores: Stores, thin: &[f32], wide: &mut [f32]) {
        if self.lies_in(wide.len(), thin.len()) {
            let (thin, wide) = (thin.as_ptr(), wide.as_mut_ptr());
            // SAFETY: as in `deal_on`.
            unsafe {
                match path {
                    #[cfg(target_arch = "x86_64")]
                    Path::Avx512 if stores.are_past(wide, &[self.wide], self.pairs) => {
                        x86::weave_wide::<true>(self, thin, wide);
                    }
                    #[cfg(target_arch = "x86_64")]
                    Path::Avx512 if self.is_dense() => x86::weave_wide::<false>(self, thin, wide),
                    #[cfg(target_arch = "x86_64")]
                    Path::Avx512 | Path::Avx2 => x86::weave(self, thin, wide),
                    _ => self.each(|at, [evens, odds]| {
                        for i in 0..self.pairs {
                            wide.add(at + 2 * i).write(thin.add(evens + i).read());
                            wide.add(at + 2 * i + 1).write(thin.add(odds + i).read());
                        }
                    }),
                }
            }
        }
    }

    /// Whether wide rows of a register or more lie without gaps: these are in sight of the machine itself,
    /// and asking for them as well is slower. Rows with gaps it does not guess, whatever the registers.
    fn is_dense(&self) -> bool {
        self.pairs >= 16 && self.wide.row == 2 * self.pairs
    }

    /// Whether there is anything to do.
    ///
    /// # Panics
    /// When a row leaves its buffer.
    fn lies_in(&self, wide: usize, thin: usize) -> bool {
        if self.count == 0 || self.rows == 0 || self.pairs == 0 {
            return false;
        }
        let end = |lie: Lie, length: usize| {
            let plane = (self.count - 1).checked_mul(lie.plane)?;
            let row = (self.rows - 1).checked_mul(lie.row)?;
            lie.start.checked_add(plane)?.checked_add(row)?.checked_add(length)
        };
        let inside = |lie, length, room| end(lie, length).is_some_and(|end| end <= room);
        assert!(inside(self.wide, 2 * self.pairs, wide), "combs: wide rows lie in their buffer");
        for lie in self.thin {
            assert!(inside(lie, self.pairs, thin), "combs: thin rows lie in their buffer");
        }
        true
    }

    /// Calls `visit` with where each wide row and its two thin ones begin.
    #[inline(always)]
    fn each(self, mut visit: impl FnMut(usize, [usize; 2])) {
        let at = |lie: Lie, plane: usize, row: usize| lie.start + plane * lie.plane + row * lie.row;
        for plane in 0..self.count {
            for row in 0..self.rows {
                visit(at(self.wide, plane, row), self.thin.map(|lie| at(lie, plane, row)));
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m512, _MM_HINT_T0, _mm_loadu_ps, _mm_prefetch, _mm_shuffle_ps, _mm_storeu_ps,
        _mm_unpackhi_ps, _mm_unpacklo_ps, _mm256_castpd_ps, _mm256_castps_pd, _mm256_loadu_ps,
        _mm256_permute2f128_ps, _mm256_permute4x64_pd, _mm256_shuffle_ps, _mm256_storeu_ps,
        _mm256_unpackhi_ps, _mm256_unpacklo_ps, _mm512_add_epi32, _mm512_loadu_ps,
        _mm512_permutex2var_ps, _mm512_set1_epi32, _mm512_setr_epi32, _mm512_storeu_ps,
        _mm512_stream_ps,
    };

    use super::Combs;

    /// Numbers from what is dealt to what is asked for meanwhile: rows lie in memory with gaps that
    /// keep the machine from guessing.
    const AHEAD: usize = 1024;

    /// # Safety
    /// The machine has AVX-512, and sixteen numbers can be written to `at`: a whole line of the cache
    /// where they go `PAST` it.
    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn put<const PAST: bool>(at: *mut f32, numbers: __m512) {
        // SAFETY: the caller promises the room, and that it is aligned where that is needed.
        unsafe {
            if PAST {
                _mm512_stream_ps(at, numbers);
            } else {
                _mm512_storeu_ps(at, numbers);
            }
        }
    }

    /// # Safety
    /// The machine has AVX-512, and all rows of `combs`, of 16 pairs or more, can be read from `wide`
    /// and written to `thin`: in whole lines of the cache where they go `PAST` it, and then
    /// [`super::Stores::finish`] follows.
    #[target_feature(enable = "avx512f")]
    pub(super) unsafe fn deal_wide<const PAST: bool>(
        combs: Combs,
        wide: *const f32,
        thin: *mut f32,
    ) {
        let evens_of = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
        let odds_of = _mm512_add_epi32(evens_of, _mm512_set1_epi32(1));
        combs.each(|at, places| {
            // SAFETY: as in `deal`, by sixteen pairs.
            unsafe {
                let (wide, [evens, odds]) = (wide.add(at), places.map(|place| thin.add(place)));
                for i in (0..combs.pairs).step_by(16).map(|i| i.min(combs.pairs - 16)) {
                    let [low, high] = [wide.add(2 * i), wide.add(2 * i + 16)];
                    let [low, high] = [_mm512_loadu_ps(low), _mm512_loadu_ps(high)];
                    put::<PAST>(evens.add(i), _mm512_permutex2var_ps(low, evens_of, high));
                    put::<PAST>(odds.add(i), _mm512_permutex2var_ps(low, odds_of, high));
                }
            }
        });
    }

    /// # Safety
    /// The machine has AVX-512, and all rows of `combs`, of 16 pairs or more, can be read from `thin`
    /// and written to `wide`, as for [`deal_wide`].
    #[target_feature(enable = "avx512f")]
    pub(super) unsafe fn weave_wide<const PAST: bool>(
        combs: Combs,
        thin: *const f32,
        wide: *mut f32,
    ) {
        let first = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        let second = _mm512_add_epi32(first, _mm512_set1_epi32(8));
        combs.each(|at, places| {
            // SAFETY: as in `deal`, by sixteen pairs.
            unsafe {
                let (wide, [evens, odds]) = (wide.add(at), places.map(|place| thin.add(place)));
                for i in (0..combs.pairs).step_by(16).map(|i| i.min(combs.pairs - 16)) {
                    let [even, odd] = [evens.add(i), odds.add(i)];
                    for row in [even, odd] {
                        _mm_prefetch::<_MM_HINT_T0>(row.wrapping_add(AHEAD).cast());
                    }
                    let [even, odd] = [_mm512_loadu_ps(even), _mm512_loadu_ps(odd)];
                    let into = wide.add(2 * i);
                    put::<PAST>(into, _mm512_permutex2var_ps(even, first, odd));
                    put::<PAST>(into.add(16), _mm512_permutex2var_ps(even, second, odd));
                }
            }
        });
    }

    /// # Safety
    /// The machine has AVX2, and all rows of `combs` can be read from `wide` and written to `thin`.
    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn deal(combs: Combs, wide: *const f32, thin: *mut f32) {
        let n = combs.pairs;
        for plane in 0..combs.count {
            for row in 0..combs.rows {
                let at = |lie: super::Lie| lie.start + plane * lie.plane + row * lie.row;
                // SAFETY: `n` pairs of a row, and the two rows of `n` numbers. The last block reaches
                // back over pairs that are copied already.
                unsafe {
                    let wide = wide.add(at(combs.wide));
                    let [evens, odds] = combs.thin.map(|lie| thin.add(at(lie)));
                    if n >= 8 {
                        for i in (0..n).step_by(8).map(|i| i.min(n - 8)) {
                            _mm_prefetch::<_MM_HINT_T0>(wide.wrapping_add(2 * i + AHEAD).cast());
                            let low = _mm256_loadu_ps(wide.add(2 * i));
                            let high = _mm256_loadu_ps(wide.add(2 * i + 8));
                            let order = |x| {
                                _mm256_castpd_ps(_mm256_permute4x64_pd::<0xD8>(_mm256_castps_pd(x)))
                            };
                            let even = order(_mm256_shuffle_ps::<0x88>(low, high));
                            let odd = order(_mm256_shuffle_ps::<0xDD>(low, high));
                            _mm256_storeu_ps(evens.add(i), even);
                            _mm256_storeu_ps(odds.add(i), odd);
                        }
                    } else if n >= 4 {
                        for i in [0, n - 4] {
                            let low = _mm_loadu_ps(wide.add(2 * i));
                            let high = _mm_loadu_ps(wide.add(2 * i + 4));
                            _mm_storeu_ps(evens.add(i), _mm_shuffle_ps::<0x88>(low, high));
                            _mm_storeu_ps(odds.add(i), _mm_shuffle_ps::<0xDD>(low, high));
                        }
                    } else {
                        for i in 0..n {
                            evens.add(i).write(wide.add(2 * i).read());
                            odds.add(i).write(wide.add(2 * i + 1).read());
                        }
                    }
                }
            }
        }
    }

    /// # Safety
    /// The machine has AVX2, and all rows of `combs` can be read from `thin` and written to `wide`.
    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn weave(combs: Combs, thin: *const f32, wide: *mut f32) {
        let n = combs.pairs;
        for plane in 0..combs.count {
            for row in 0..combs.rows {
                let at = |lie: super::Lie| lie.start + plane * lie.plane + row * lie.row;
                // SAFETY: as in `deal`.
                unsafe {
                    let wide = wide.add(at(combs.wide));
                    let [evens, odds] = combs.thin.map(|lie| thin.add(at(lie)));
                    if n >= 8 {
                        for i in (0..n).step_by(8).map(|i| i.min(n - 8)) {
                            let even = _mm256_loadu_ps(evens.add(i));
                            let odd = _mm256_loadu_ps(odds.add(i));
                            let low = _mm256_unpacklo_ps(even, odd);
                            let high = _mm256_unpackhi_ps(even, odd);
                            let first = _mm256_permute2f128_ps::<0x20>(low, high);
                            let second = _mm256_permute2f128_ps::<0x31>(low, high);
                            _mm256_storeu_ps(wide.add(2 * i), first);
                            _mm256_storeu_ps(wide.add(2 * i + 8), second);
                        }
                    } else if n >= 4 {
                        for i in [0, n - 4] {
                            let even = _mm_loadu_ps(evens.add(i));
                            let odd = _mm_loadu_ps(odds.add(i));
                            _mm_storeu_ps(wide.add(2 * i), _mm_unpacklo_ps(even, odd));
                            _mm_storeu_ps(wide.add(2 * i + 4), _mm_unpackhi_ps(even, odd));
                        }
                    } else {
                        for i in 0..n {
                            wide.add(2 * i).write(evens.add(i).read());
                            wide.add(2 * i + 1).write(odds.add(i).read());
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_deals_and_weaves_rows_of_every_length_and_nothing_else() {
        let source: Vec<f32> = (0..800).map(|i| i as f32).collect();
        for (path, name) in Path::available() {
            for (pairs, row) in (0..30).flat_map(|pairs| [(pairs, 70), (pairs, 2 * pairs)]) {
                let lie = |start, plane, row| Lie { start, plane, row, cell: 1 };
                let wide = lie(3, 300, row);
                let thin = [lie(2, 330, 80), lie(40, 330, 80)];
                let combs = Combs { wide, thin, count: 2, rows: 3, pairs };
                let (mut dealt, mut woven) = (vec![-1.0; 800], vec![-1.0; 800]);
                combs.deal_on(path, Stores::Near, &source, &mut dealt);
                combs.weave_on(path, Stores::Near, &dealt, &mut woven);
                let (mut in_thin, mut in_wide) = (vec![-1.0; 800], vec![-1.0; 800]);
                combs.each(|at, places| {
                    for i in 0..2 * pairs {
                        in_thin[places[i % 2] + i / 2] = source[at + i];
                        in_wide[at + i] = source[at + i];
                    }
                });
                assert_eq!(dealt, in_thin, "{name}, {pairs} pairs dealt");
                assert_eq!(woven, in_wide, "{name}, {pairs} pairs woven");
            }
        }
    }

    #[test]
    fn what_goes_past_the_caches_arrives() {
        // Two planes of two rows, which begin at a line of the cache and behind one.
        let source: Vec<f32> = (0..128).map(|i| i as f32).collect();
        let lie = |start, plane, row| Lie { start, plane, row, cell: 1 };
        let combs = Combs {
            wide: lie(0, 32, 32),
            thin: [lie(0, 16, 16), lie(32, 16, 16)],
            count: 2,
            rows: 1,
            pairs: 16,
        };
        for start in 0..17 {
            let (mut dealt, mut woven) = (vec![-1.0; 160], vec![-1.0; 160]);
            combs.deal_each([64; 2], Stores::Past, &source, &mut dealt[start..][..128]);
            for (i, dealt) in dealt[start..][..128].chunks_exact(32).enumerate() {
                let first = (i / 2 * 64 + i % 2) as f32;
                let expected: Vec<f32> = (0..32).map(|k| first + 2.0 * k as f32).collect();
                assert_eq!(dealt, expected, "from {start}");
            }
            let dealt = &dealt[start..][..128];
            combs.weave_each([64; 2], Stores::Past, dealt, &mut woven[start..][..128]);
            assert_eq!(woven[start..][..128], source, "from {start}");
        }
    }

    #[test]
    #[should_panic(expected = "wide rows lie in their buffer")]
    fn a_row_that_leaves_its_buffer_is_caught() {
        let lie = Lie { start: 0, plane: 0, row: 8, cell: 1 };
        let combs = Combs { wide: lie, thin: [lie; 2], count: 1, rows: 2, pairs: 4 };
        combs.deal(&[0.0; 15], &mut [0.0; 16]);
    }
}
