//! One axis of a separable linear map: which inputs every output is a weighted sum of.

use crate::Scalar;

/// One input of an output, with its factor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tap {
    /// Position of the input.
    pub at: usize,
    /// What it is multiplied by.
    pub weight: Scalar,
}

/// What lies beyond the edge of a map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Edge {
    /// Zeros.
    #[default]
    Zeros,
    /// The map mirrored in its outermost cell, which is not repeated: `c b | a b c d | c b`.
    Reflect,
    /// The other end of the map: `c d | a b c d | a b`.
    Circular,
}

impl Edge {
    /// The most cells that can be asked for beyond each edge of `size` cells; `None` for no limit.
    ///
    /// Limits are PyTorch's.
    pub fn reach(self, size: usize) -> Option<usize> {
        match self {
            Self::Zeros => None,
            Self::Reflect => Some(size.saturating_sub(1)),
            Self::Circular => Some(size),
        }
    }

    /// The cell that stands at `position`, which counts from `before` cells in front of the map.
    fn cell(self, position: usize, before: usize, size: usize) -> Option<usize> {
        if (before..before + size).contains(&position) {
            return Some(position - before);
        }
        match self {
            Self::Zeros => None,
            Self::Reflect if position < before => Some(before - position),
            Self::Reflect => Some(2 * (size - 1) - (position - before)),
            Self::Circular => Some((position + size - before % size) % size),
        }
    }
}

/// A filter that slides along one axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter1d {
    /// Factors of neighbouring cells.
    pub weights: Vec<Scalar>,
    /// Step between outputs.
    pub stride: usize,
    /// Step between the cells of one output.
    pub dilation: usize,
    /// Cells that are looked at beyond the front and the back.
    pub padding: [usize; 2],
    /// What stands there.
    pub edge: Edge,
}

/// A sparse matrix, output by output.
///
/// ```text
/// y[o] = Σ weight · x[at]        over the taps of o
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    input: usize,
    /// Where the taps of each output begin, and where the last ones end.
    starts: Vec<usize>,
    taps: Vec<Tap>,
}

impl Axis {
    /// The map of `input` cells to outputs with these taps, whose positions are below `input`.
    ///
    /// # Panics
    /// When a tap lies outside the input.
    pub fn new(input: usize, outputs: impl IntoIterator<Item = Vec<Tap>>) -> Self {
        let (mut starts, mut taps) = (vec![0], Vec::new());
        for output in outputs {
            taps.extend(output);
            starts.push(taps.len());
        }
        assert!(taps.iter().all(|tap| tap.at < input), "taps lie on an axis of {input} cells");
        Self { input, starts, taps }
    }

    /// The cells at these positions, in this order.
    pub fn select(input: usize, positions: impl IntoIterator<Item = usize>) -> Self {
        Self::new(input, positions.into_iter().map(|at| vec![Tap { at, weight: 1.0 }]))
    }

    /// Every cell where it is.
    pub fn identity(input: usize) -> Self {
        Self::select(input, 0..input)
    }

    /// The cells with `padding` more in front and behind.
    pub fn padded(input: usize, padding: [usize; 2], edge: Edge) -> Self {
        Self::filtered(
            input,
            &Filter1d { weights: vec![1.0], stride: 1, dilation: 1, padding, edge },
        )
    }

    /// The sums of a sliding filter.
    ///
    /// # Panics
    /// When the filter is longer than the padded axis, or the padding reaches farther than its
    /// [`Edge::reach`]: callers checked that when they were fitted.
    pub fn filtered(input: usize, filter: &Filter1d) -> Self {
        let Filter1d { weights, stride, dilation, padding: [before, after], edge } = filter;
        let within = edge.reach(input).is_none_or(|reach| *before.max(after) <= reach);
        assert!(within, "padding of {before} and {after} around {input} cells");
        let span = dilation * (weights.len() - 1) + 1;
        let room = (before + input + after).checked_sub(span).expect("the filter fits");
        Self::new(
            input,
            (0..=room / stride).map(|o| {
                let mut taps: Vec<Tap> = Vec::with_capacity(weights.len());
                for (t, &weight) in weights.iter().enumerate() {
                    let Some(at) = edge.cell(o * stride + t * dilation, *before, input) else {
                        continue;
                    };
                    match taps.iter_mut().find(|tap| tap.at == at) {
                        Some(tap) => tap.weight += weight,
                        None => taps.push(Tap { at, weight }),
                    }
                }
                taps
            }),
        )
    }

    /// The means of PyTorch's adaptive windows: output `o` of `O` sees the cells from `⌊o·I/O⌋` to
    /// below `⌈(o+1)·I/O⌉`.
    pub fn adaptive_means(input: usize, output: usize) -> Self {
        let mean = |o: usize| {
            let cells = o * input / output..((o + 1) * input).div_ceil(output);
            let weight = (cells.len() as Scalar).recip();
            cells.map(|at| Tap { at, weight }).collect()
        };
        Self::new(input, (0..output).map(mean))
    }

    /// Number of inputs.
    pub fn input(&self) -> usize {
        self.input
    }

    /// Number of outputs.
    pub fn output(&self) -> usize {
        self.starts.len() - 1
    }

    /// What output `o` is made of.
    pub fn taps(&self, o: usize) -> &[Tap] {
        &self.taps[self.starts[o]..self.starts[o + 1]]
    }

    /// The first input that output `o` looks at, and the one behind the last.
    pub fn range(&self, o: usize) -> [usize; 2] {
        let all = || self.taps(o).iter().map(|tap| tap.at);
        all().min().map_or([0, 0], |first| [first, all().max().map_or(0, |last| last + 1)])
    }

    /// The range of inputs that outputs look at.
    pub fn reach(&self) -> std::ops::Range<usize> {
        let all = || self.taps.iter().map(|tap| tap.at);
        all().min().map_or(0..0, |first| first..all().max().map_or(0, |last| last + 1))
    }

    /// Number of taps of all outputs.
    pub fn len(&self) -> usize {
        self.taps.len()
    }

    /// Whether no output has a tap.
    pub fn is_empty(&self) -> bool {
        self.taps.is_empty()
    }

    /// The adjoint: outputs become inputs. Taps are in order of the outputs.
    #[must_use]
    pub fn transposed(&self) -> Self {
        let mut rows = vec![Vec::new(); self.input];
        for o in 0..self.output() {
            for tap in self.taps(o) {
                rows[tap.at].push(Tap { at: o, weight: tap.weight });
            }
        }
        Self::new(self.output(), rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn positions(axis: &Axis) -> Vec<Vec<usize>> {
        (0..axis.output()).map(|o| axis.taps(o).iter().map(|tap| tap.at).collect()).collect()
    }

    #[test]
    fn edges_repeat_the_map_as_their_names_say() {
        let flat = |edge| positions(&Axis::padded(4, [2, 3], edge)).concat();
        assert_eq!(flat(Edge::Zeros), [0, 1, 2, 3]);
        assert_eq!(flat(Edge::Reflect), [2, 1, 0, 1, 2, 3, 2, 1, 0]);
        assert_eq!(flat(Edge::Circular), [2, 3, 0, 1, 2, 3, 0, 1, 2]);
    }

    #[test]
    fn a_cell_that_is_met_twice_has_both_weights() {
        let weights = vec![1.0, 2.0, 4.0];
        let filter =
            Filter1d { weights, stride: 2, dilation: 1, padding: [1, 1], edge: Edge::Reflect };
        // Position −1 is cell 1, position 3 is cell 1 again.
        let axis = Axis::filtered(3, &filter);
        let tap = |at, weight| Tap { at, weight };
        assert_eq!(axis.taps(0), [tap(1, 5.0), tap(0, 2.0)]);
        assert_eq!(axis.taps(1), [tap(1, 5.0), tap(2, 2.0)]);
    }

    #[test]
    fn adaptive_windows_are_those_of_pytorch() {
        // torch.nn.AdaptiveAvgPool1d(3) on 5 cells: [0, 2), [1, 4), [3, 5).
        let axis = Axis::adaptive_means(5, 3);
        assert_eq!(positions(&axis), [vec![0, 1], vec![1, 2, 3], vec![3, 4]]);
    }

    #[test]
    fn transposing_twice_changes_nothing() {
        let axis = Axis::adaptive_means(7, 3);
        assert_eq!(axis.transposed().transposed(), axis);
    }
}
