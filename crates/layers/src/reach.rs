//! How far an output sees: the receptive field of a layer, and of layers behind one another.

use cenote_tensor::{Regions, Resampling, Windows};

/// What a cell in the middle of a layer's output depends on, by rows and columns of its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// A part of the input that moves with the output.
    Window {
        /// Where the first cell that it depends on lies, from `step` times its own row or column.
        start: [isize; 2],
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
    pub const CELL: Self = Self::Window { start: [0, 0], span: [1, 1], step: [1, 1] };

    /// That of windows.
    pub(crate) fn of_windows(windows: &Windows) -> Self {
        let window = windows.window();
        let start = window.before.map(|padding| -(padding as isize));
        Self::Window { start, span: window.span(), step: window.stride }
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
            let step = onward.max(back).max(1);
            (start as isize - (middle * step) as isize, end - start, step)
        };
        let [rows, columns] = [0, 1].map(of);
        Self::Window {
            start: [rows.0, columns.0],
            span: [rows.1, columns.1],
            step: [rows.2, columns.2],
        }
    }

    /// That of a layer with this reach behind one with the reach `first`.
    ///
    /// ```
    /// use cenote_layers::Reach;
    ///
    /// let conv = Reach::Window { start: [-1, -1], span: [3, 3], step: [1, 1] };
    /// let pool = Reach::Window { start: [0, 0], span: [2, 2], step: [2, 2] };
    /// let both = conv.after(pool.after(conv));
    /// assert_eq!(both, Reach::Window { start: [-3, -3], span: [8, 8], step: [2, 2] });
    /// assert_eq!(conv.after(Reach::Whole), Reach::Whole);
    /// ```
    #[must_use]
    pub fn after(self, first: Self) -> Self {
        let (
            Self::Window { start, span, step },
            Self::Window { start: begins, span: before, step: apart },
        ) = (self, first)
        else {
            return Self::Whole;
        };
        let earlier = |axis: usize| {
            begins[axis].saturating_add(start[axis].saturating_mul(apart[axis] as isize))
        };
        let wider =
            |axis: usize| before[axis].saturating_add((span[axis] - 1).saturating_mul(apart[axis]));
        let farther = |axis: usize| step[axis].saturating_mul(apart[axis]);
        Self::Window {
            start: [0, 1].map(earlier),
            span: [0, 1].map(wider),
            step: [0, 1].map(farther),
        }
    }

    /// That of two layers side by side: all that either sees, where both move alike.
    #[must_use]
    pub(crate) fn beside(self, other: Self) -> Self {
        let (
            Self::Window { start, span, step },
            Self::Window { start: begins, span: beside, step: apart },
        ) = (self, other)
        else {
            return Self::Whole;
        };
        if step != apart {
            return Self::Whole;
        }
        let first = |axis: usize| start[axis].min(begins[axis]);
        let end = |start: isize, span: usize| start.saturating_add_unsigned(span);
        let all = |axis: usize| {
            let last = end(start[axis], span[axis]).max(end(begins[axis], beside[axis]));
            last.abs_diff(first(axis))
        };
        Self::Window { start: [0, 1].map(first), span: [0, 1].map(all), step }
    }

    /// That of maps of this layer brought to more rows and columns, which lie `step` cells of the layer's input apart: a window
    /// that holds what any of them sees, since cells of a map that is spread lie differently to what they are made of.
    #[must_use]
    pub(crate) fn spread(self, up: &Resampling, step: [usize; 2]) -> Self {
        let Self::Window { start, span, step: apart } = self else { return Self::Whole };
        let of = |axis: usize| {
            let cells = (0..up.output()[axis]).map(|o| {
                let [first, end] = up.range(axis, o);
                let place = (o * step[axis]) as isize;
                let at = |cell: usize| (cell * apart[axis]) as isize + start[axis] - place;
                (at(first), at(end - 1).saturating_add_unsigned(span[axis]))
            });
            let (first, end) = cells.fold((isize::MAX, isize::MIN), |(first, end), (low, high)| {
                (first.min(low), end.max(high))
            });
            (first, end.abs_diff(first))
        };
        let [rows, columns] = [0, 1].map(of);
        Self::Window { start: [rows.0, columns.0], span: [rows.1, columns.1], step }
    }

    /// Rows and columns of an input of this size that it covers; all of them where it is whole.
    pub fn within(self, input: [usize; 2]) -> [usize; 2] {
        match self {
            Self::Window { span, .. } => [0, 1].map(|axis| span[axis].min(input[axis])),
            Self::Whole => input,
        }
    }
}
