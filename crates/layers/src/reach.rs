//! How far an output sees: the receptive field of a layer, and of layers behind one another.

use cenote_tensor::{Regions, Resampling, Windows};

/// What a cell in the middle of a layer's output depends on, by rows and columns of its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// A part of the input that moves with the output.
    Window {
        /// Cells from the first to the last that it depends on.
        span: [usize; 2],
        /// Cells by which the next output sees farther.
        step: [usize; 2],
    },
    /// The whole input, or a part that is chosen by looking at all of it.
    Whole,
}

impl Reach {
    /// Each output depends on the input in its own place.
    pub const CELL: Self = Self::Window { span: [1, 1], step: [1, 1] };

    /// That of windows.
    pub(crate) fn of_windows(windows: &Windows) -> Self {
        let window = windows.window();
        Self::Window { span: window.span(), step: window.stride }
    }

    /// That of a resampling, where no border is near.
    pub(crate) fn of_resampling(map: &Resampling) -> Self {
        Self::of_ranges(map.output(), |axis, o| map.range(axis, o))
    }

    /// That of rectangles.
    pub(crate) fn of_regions(regions: &Regions) -> Self {
        Self::of_ranges(regions.output(), |axis, o| regions.range(axis, o))
    }

    /// Looks at the output in the middle and at those beside it, one of which may be cut or wrapped at a border.
    fn of_ranges(output: [usize; 2], range: impl Fn(usize, usize) -> [usize; 2]) -> Self {
        let of = |axis: usize| {
            let middle = output[axis] / 2;
            let [start, end] = range(axis, middle);
            let next = (middle + 1).min(output[axis] - 1);
            let onward = range(axis, next)[0].saturating_sub(start);
            let back = start.saturating_sub(range(axis, middle.saturating_sub(1))[0]);
            (end - start, onward.max(back).max(1))
        };
        let [rows, columns] = [0, 1].map(of);
        Self::Window { span: [rows.0, columns.0], step: [rows.1, columns.1] }
    }

    /// That of a layer with this reach behind one with the reach `first`.
    ///
    /// ```
    /// use cenote_layers::Reach;
    ///
    /// let conv = Reach::Window { span: [3, 3], step: [1, 1] };
    /// let pool = Reach::Window { span: [2, 2], step: [2, 2] };
    /// let both = conv.after(pool.after(conv));
    /// assert_eq!(both, Reach::Window { span: [8, 8], step: [2, 2] });
    /// assert_eq!(conv.after(Reach::Whole), Reach::Whole);
    /// ```
    #[must_use]
    pub fn after(self, first: Self) -> Self {
        let (Self::Window { span, step }, Self::Window { span: before, step: apart }) =
            (self, first)
        else {
            return Self::Whole;
        };
        let wider =
            |axis: usize| before[axis].saturating_add((span[axis] - 1).saturating_mul(apart[axis]));
        let farther = |axis: usize| step[axis].saturating_mul(apart[axis]);
        Self::Window { span: [0, 1].map(wider), step: [0, 1].map(farther) }
    }

    /// That of the sum of two layers side by side: the wider one, where both move alike and have the same middle.
    #[must_use]
    pub(crate) fn beside(self, other: Self) -> Self {
        let (Self::Window { span, step }, Self::Window { span: beside, step: apart }) =
            (self, other)
        else {
            return Self::Whole;
        };
        let concentric = (0..2).all(|axis| span[axis].abs_diff(beside[axis]) % 2 == 0);
        if step != apart || !concentric {
            return Self::Whole;
        }
        Self::Window { span: [0, 1].map(|axis| span[axis].max(beside[axis])), step }
    }

    /// Rows and columns of an input of this size that it covers; all of them where it is whole.
    pub fn within(self, input: [usize; 2]) -> [usize; 2] {
        match self {
            Self::Window { span, .. } => [0, 1].map(|axis| span[axis].min(input[axis])),
            Self::Whole => input,
        }
    }
}
