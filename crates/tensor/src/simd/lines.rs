//! Where the lines of a transposed block go.

/// Places of lines in memory, by number.
pub(crate) trait Lines {
    /// Where line `i` begins.
    fn line(&mut self, i: usize) -> *mut f32;
}

/// Lines at equal distances.
pub(super) struct Pitched {
    pub(super) first: *mut f32,
    pub(super) pitch: usize,
}

impl Lines for Pitched {
    #[inline(always)]
    fn line(&mut self, i: usize) -> *mut f32 {
        self.first.wrapping_add(i * self.pitch)
    }
}

/// Lines that are parts of slices, all from position `at` on.
pub(super) struct PartsOf<'a, 'b> {
    pub(super) slices: &'a mut [&'b mut [f32]],
    pub(super) at: usize,
}

impl Lines for PartsOf<'_, '_> {
    #[inline(always)]
    fn line(&mut self, i: usize) -> *mut f32 {
        self.slices[i].as_mut_ptr().wrapping_add(self.at)
    }
}
