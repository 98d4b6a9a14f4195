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

use crate::simd::{Border, Lie, Planes};

/// Along one axis: cells `source, source + step, …` of a map go to `start, start + 1, …` of a sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) source: usize,
    pub(super) step: usize,
    pub(super) count: usize,
}

impl Span {
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
        for (phase, &spans) in self.phases.iter().enumerate() {
            let start = spans[0].start * row + spans[1].start;
            let content = spans.map(|span| span.count);
            let planes = &mut sheets[phase * len..];
            Border { planes, len, step, row, start, content, value: border }.set();
            let into_lie = Lie { start: phase * len + start, plane: step, row, cell: 1 };
            let [rows, columns] = content;
            let from_lie = in_map(spans, input);
            Planes { from: maps, from_lie, into: sheets, into_lie, count, rows, columns }.copy();
        }
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

/// Copies computed rows (`pitch` apart, planes `plane` apart) to cells `spans` of maps.
pub(super) fn crop(
    from: &[f32],
    plane: usize,
    pitch: usize,
    spans: [Span; 2],
    maps: &mut [f32],
    map: [usize; 2],
) {
    let from_lie = Lie { start: 0, plane, row: pitch, cell: 1 };
    let into_lie = in_map(spans, map);
    let count = maps.len() / (map[0] * map[1]);
    let [rows, columns] = spans.map(|span| span.count);
    Planes { from, from_lie, into: maps, into_lie, count, rows, columns }.copy();
}
