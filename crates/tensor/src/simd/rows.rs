//! Where the rows of an operand begin.

/// Start positions of rows in a buffer, with the largest of them: one comparison then proves that
/// equally long reads from all rows stay inside.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    starts: Vec<usize>,
    last: usize,
}

impl Rows {
    /// Rows that begin at these positions, in any order.
    pub(crate) fn new(starts: Vec<usize>) -> Self {
        let last = starts.iter().copied().max().unwrap_or(0);
        Self { starts, last }
    }

    /// `count` rows that follow each other every `step` numbers.
    pub(crate) fn every(step: usize, count: usize) -> Self {
        Self::new((0..count).map(|row| row * step).collect())
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    pub(crate) fn starts(&self) -> &[usize] {
        &self.starts
    }

    /// The largest of the positions.
    pub(super) fn last(&self) -> usize {
        self.last
    }

    /// Panics unless `reach` numbers can be read from the start of every row of `buffer`.
    pub(super) fn check(&self, buffer: &[f32], reach: usize) {
        let end = self.last.checked_add(reach).expect("positions of a buffer do not overflow");
        assert!(
            self.starts.is_empty() || end <= buffer.len(),
            "rows up to {end} lie in a buffer of {}",
            buffer.len()
        );
    }
}
