//! Zero-bordered copies of feature maps in which every tap of a window is a fixed distance away.
//!
//! Number the outputs of a plane `q = i · pitch + j`. Lay the input out with the same pitch, with
//! zeros where a window reaches over its edge. Then tap `(u, v)` of the window at `q` is found at
//!
//! ```text
//! q + u · pitch + v                       stride 1, dilation 1
//! ```
//!
//! and the whole convolution is a product of the weights with shifted copies of one buffer, without
//! gathering patches. Columns `j` between the output's width and the pitch are computed for nothing.
//! To keep them few, the zeros right of a row serve as the zeros left of the next one: a 3x3
//! convolution of 28 columns with padding 1 has pitch 29.
//!
//! With stride `s` the input is dealt out into `s · s` phases, one sheet each: cells `f, f + s,
//! f + 2s, …` of the padded input make phase `f`, and inside a phase the stride is 1.

use crate::simd::{Border, Combs, Lie, Planes};

/// Along one axis: cells `source, source + step, …` of a map go to `start, start + 1, …` of a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) source: usize,
    pub(super) step: usize,
    pub(super) count: usize,
}

impl Span {
    /// The part of the span after its first `count` cells.
    pub(super) fn after(self, count: usize) -> Self {
        let source = self.source + count * self.step;
        Self { start: self.start + count, source, count: self.count - count, ..self }
    }

    /// The part of the span that starts before `extent`.
    fn within(self, extent: usize) -> Self {
        Self { count: self.count.min(extent.saturating_sub(self.start)), ..self }
    }
}

/// The sheets of one channel, one per phase.
#[derive(Clone, Debug)]
pub(crate) struct Sheets {
    /// Distance between rows.
    pub(crate) pitch: usize,
    /// Numbers in one sheet.
    pub(super) len: usize,
    phases: Vec<[Span; 2]>,
}

impl Sheets {
    /// Sheets of these phases (rows and columns of each) from which windows read `extent` rows and
    /// columns, for an output of `width` columns.
    pub(super) fn new(phases: Vec<[Span; 2]>, extent: [usize; 2], width: usize) -> Self {
        let phases: Vec<[Span; 2]> = phases
            .into_iter()
            .map(|[rows, columns]| [rows.within(extent[0]), columns.within(extent[1])])
            .collect();
        let pitch = phases.iter().map(|[_, columns]| {
            // Cells right of the content wrap to the start of the next row: zeros for as long as
            // its content has not begun.
            (columns.start + columns.count).max(extent[1] - columns.start.min(extent[1]))
        });
        let pitch = pitch.max().unwrap_or(0).max(width);
        let len = (extent[0] - 1) * pitch + extent[1].max(pitch);
        Self { pitch, len, phases }
    }

    /// Numbers of all sheets of one channel.
    pub(crate) fn channel_len(&self) -> usize {
        self.phases.len() * self.len
    }

    /// Whether the sheet of a map of `input` rows and columns is that map.
    pub(super) fn is_plain(&self, input: [usize; 2]) -> bool {
        let whole = |count| Span { start: 0, source: 0, step: 1, count };
        self.phases == [input.map(whole)]
            && self.pitch == input[1]
            && self.len == input[0] * input[1]
    }

    /// Copies maps, each of `input` rows and columns, into their sheets, with `border` around them.
    pub(crate) fn fill(&self, maps: &[f32], input: [usize; 2], sheets: &mut [f32], border: f32) {
        let count = maps.len() / (input[0] * input[1]);
        let (step, len, row) = (self.channel_len(), self.len, self.pitch);
        let sheets = &mut sheets[..count * step];
        let place = |phase: usize, [rows, columns]: [Span; 2]| {
            phase * len + rows.start * row + columns.start
        };
        for (phase, &spans) in self.phases.iter().enumerate() {
            let start = place(0, spans);
            let content = spans.map(|span| span.count);
            let planes = &mut sheets[phase * len..];
            Border { planes, len, step, row, start, content, value: border }.set();
        }
        let mut phase = 0;
        while phase < self.phases.len() {
            let spans = self.phases[phase];
            let next = self.phases.get(phase + 1).filter(|next| next[0] == spans[0]);
            if let Some(&next) = next
                && let Some(pair) = Pair::new(spans[1], next[1])
            {
                let both = [(phase, spans), (phase + 1, next)];
                let [low, high] = if pair.swapped { [both[1], both[0]] } else { both };
                let thin = [low, high].map(|(phase, spans)| Lie {
                    start: place(phase, spans),
                    plane: step,
                    row,
                    cell: 1,
                });
                let wide = in_map(low.1, input);
                let combs = Combs { wide, thin, count, rows: spans[0].count, pairs: pair.count };
                combs.deal(maps, sheets);
                for (at, (phase, spans)) in [low, high].into_iter().enumerate() {
                    let [rows, columns] = [spans[0], spans[1].after(pair.count)];
                    let into_lie = Lie { start: place(phase, [rows, columns]), ..thin[at] };
                    let from_lie = in_map([rows, columns], input);
                    let (rows, columns) = (rows.count, columns.count);
                    Planes { from: maps, from_lie, into: sheets, into_lie, count, rows, columns }
                        .copy();
                }
                phase += 2;
            } else {
                let into_lie = Lie { start: place(phase, spans), plane: step, row, cell: 1 };
                let from_lie = in_map(spans, input);
                let [rows, columns] = spans.map(|span| span.count);
                Planes { from: maps, from_lie, into: sheets, into_lie, count, rows, columns }
                    .copy();
                phase += 1;
            }
        }
    }
}

/// Two spans of neighbouring columns, each of every second one.
pub(super) struct Pair {
    /// Columns that both have.
    pub(super) count: usize,
    /// Whether the second span begins before the first one.
    pub(super) swapped: bool,
}

impl Pair {
    /// The pair of two spans, if they are one.
    pub(super) fn new(first: Span, second: Span) -> Option<Self> {
        let near = first.source.abs_diff(second.source) == 1;
        (near && [first.step, second.step] == [2, 2]).then(|| Self {
            count: first.count.min(second.count),
            swapped: second.source < first.source,
        })
    }
}

/// How the cells `spans` lie in maps of `map` rows and columns.
fn in_map([rows, columns]: [Span; 2], map: [usize; 2]) -> Lie {
    Lie {
        start: rows.source * map[1] + columns.source,
        plane: map[0] * map[1],
        row: rows.step * map[1],
        cell: columns.step,
    }
}

/// A span of all cells, as they are.
pub(super) fn whole(count: usize) -> Span {
    Span { start: 0, source: 0, step: 1, count }
}

/// Computed rows: `pitch` apart, planes `plane` apart, from `start` on.
#[derive(Clone, Copy)]
pub(super) struct Computed {
    pub(super) start: usize,
    pub(super) plane: usize,
    pub(super) pitch: usize,
}

impl Computed {
    fn lie(self) -> Lie {
        Lie { start: self.start, plane: self.plane, row: self.pitch, cell: 1 }
    }

    /// Copies computed cells to cells `spans` of maps.
    pub(super) fn crop(self, from: &[f32], spans: [Span; 2], maps: &mut [f32], map: [usize; 2]) {
        let (from_lie, into_lie) = (self.lie(), in_map(spans, map));
        let count = maps.len() / (map[0] * map[1]);
        let [rows, columns] = spans.map(|span| span.count);
        Planes { from, from_lie, into: maps, into_lie, count, rows, columns }.copy();
    }
}

/// Copies the computed cells of two spans of columns that are a [`Pair`] to their cells of maps.
pub(super) fn weave(
    from: &[f32],
    both: [(Computed, Span); 2],
    rows: Span,
    maps: &mut [f32],
    map: [usize; 2],
) {
    let Some(pair) = Pair::new(both[0].1, both[1].1) else {
        for (computed, columns) in both {
            computed.crop(from, [rows, columns], maps, map);
        }
        return;
    };
    let [low, high] = if pair.swapped { [both[1], both[0]] } else { both };
    let count = maps.len() / (map[0] * map[1]);
    let (wide, thin) = (in_map([rows, low.1], map), [low.0.lie(), high.0.lie()]);
    Combs { wide, thin, count, rows: rows.count, pairs: pair.count }.weave(from, maps);
    for (computed, columns) in [low, high] {
        let rest = Computed { start: computed.start + pair.count, ..computed };
        rest.crop(from, [rows, columns.after(pair.count)], maps, map);
    }
}
