//! Memory that is asked for while other memory is worked on.
//!
//! A product that reads short pieces far apart waits for each of them: no machine foresees where the
//! next one lies. Its operands are known long before, so tiles ask for a line of the cache now and
//! then. Many at once would take the places in which the reads of the tile itself wait.

use std::ops::Range;

use super::{Vector, WIDEST};

/// Bytes of a line of the cache.
const LINE: usize = WIDEST * size_of::<f32>();

/// Lines of the cache to ask for, as numbers of lines in memory. Nothing is read from them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ahead {
    parts: [Range<usize>; 3],
}

impl Ahead {
    /// Asks for `numbers` too, after what there is. At most three times.
    pub(crate) fn and(mut self, numbers: &[f32]) -> Self {
        let start = numbers.as_ptr().addr();
        self.push(start, size_of_val(numbers));
        self
    }

    /// As [`Self::and`], for as many numbers as these that follow them in memory.
    pub(crate) fn and_after(mut self, numbers: &[f32]) -> Self {
        let len = size_of_val(numbers);
        self.push(numbers.as_ptr().addr().wrapping_add(len), len);
        self
    }

    fn push(&mut self, start: usize, len: usize) {
        let free = self.parts.iter().position(Range::is_empty).expect("at most three parts");
        self.parts[free] = start / LINE..start.wrapping_add(len).div_ceil(LINE);
    }

    /// Whether there is nothing to ask for.
    pub(super) fn is_empty(&self) -> bool {
        self.parts.iter().all(Range::is_empty)
    }

    /// The next lines, enough for `terms` terms of a tile.
    #[inline(always)]
    pub(super) fn next<V: Vector>(&mut self, terms: usize) -> Option<Run> {
        self.lines(terms.div_ceil(V::TERMS_PER_LINE))
    }

    /// The next lines, so many or what is left of a part.
    #[inline(always)]
    pub(super) fn lines(&mut self, lines: usize) -> Option<Run> {
        for part in &mut self.parts {
            if part.start < part.end {
                let at = std::ptr::without_provenance(part.start.wrapping_mul(LINE));
                part.start = part.end.min(part.start + lines);
                return Some(Run { at, step: WIDEST });
            }
        }
        None
    }
}

/// Neighbouring lines.
#[derive(Clone, Copy)]
pub(crate) struct Run {
    at: *const f32,
    step: usize,
}

impl Run {
    /// One line over and over, which asks for nothing where the line is in use anyway.
    pub(super) fn only(at: *const f32) -> Self {
        Self { at, step: 0 }
    }

    /// Asks for one line.
    #[inline(always)]
    pub(super) fn ask(&mut self) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the instruction is part of every x86-64 and has no effect that can be seen, whatever
        // the address.
        unsafe {
            std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T1 }>(self.at.cast());
        }
        self.at = self.at.wrapping_add(self.step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_asked_for_once_and_in_order() {
        let numbers = vec![0.0_f32; 16 * WIDEST];
        let mut ahead = Ahead::default().and(&numbers[..5 * WIDEST]).and_after(&numbers[..WIDEST]);
        let first = numbers.as_ptr().addr() / LINE * LINE;
        let mut asked = Vec::new();
        while let Some(mut run) = ahead.lines(2) {
            asked.push((run.at.addr() - first) / LINE);
            run.ask();
            asked.push((run.at.addr() - first) / LINE);
        }
        // Parts that do not begin with a line take one more; a run may end after its part.
        asked.dedup();
        let whole = numbers.as_ptr().addr().is_multiple_of(LINE);
        let expected: Vec<usize> =
            if whole { (0..6).chain(1..3).collect() } else { vec![0, 1, 2, 3, 4, 5, 1, 2] };
        assert_eq!(asked, expected);
    }
}
