//! Where the input gradient finds the outputs that a cell went into.

use super::Conv2d;
use super::reading::content;
use super::sheets::{Sheets, Span, whole};
use crate::simd::{Panels, Rows};
use crate::{Tensor, Window};

/// How the input gradient reads `∂y`.
pub(super) struct Scattering {
    pub(super) sheets: Sheets,
    pub(super) phases: Vec<Phase>,
    /// Whether some input cells are under no tap at all.
    pub(super) leaves_gaps: bool,
}

/// The cells of the input that see the same taps.
pub(super) struct Phase {
    /// Their places in a map.
    pub(super) spans: [Span; 2],
    /// Where each `(o, tap)` of the first cell is found in the sheets of a group.
    pub(super) rows: Rows,
    /// Weights `(c, (o, tap))` of every group.
    pub(super) panels: Vec<Panels>,
}

impl Scattering {
    pub(super) fn new(conv: &Conv2d, w: &Tensor) -> Self {
        let (input, output) = (conv.windows.input(), conv.output());
        let Window { kernel, stride, before, dilation, .. } = conv.windows.window();
        let sides = [0, 1].map(|axis| {
            Side::all(kernel[axis], stride[axis], before[axis], dilation[axis], input[axis])
        });
        let leaves_gaps = [0, 1].iter().any(|&axis| {
            sides[axis].iter().map(|side| side.span.count).sum::<usize>() < input[axis]
        });
        // ∂y is moved so far down and right that no tap reads before its sheet.
        let border = [0, 1].map(|axis| {
            let back = sides[axis].iter().flat_map(|side| side.taps.iter().map(|&(_, back)| back));
            back.max().unwrap_or(0).max(0)
        });
        let extent = [0, 1].map(|axis| {
            let reach = |side: &Side| {
                let shifts = side.taps.iter().map(|&(_, back)| (border[axis] - back) as usize);
                side.span.count + shifts.max().unwrap_or(0)
            };
            sides[axis].iter().map(reach).max().unwrap_or(1)
        });
        let dy_span = |axis: usize| Span { start: border[axis] as usize, ..whole(output[axis]) };
        let widest = sides[1].iter().map(|side| side.span.count).max().unwrap_or(0);
        let sheets = Sheets::new(vec![[dy_span(0), dy_span(1)]], extent, widest);
        let mut phases = Vec::new();
        for rows in &sides[0] {
            for columns in &sides[1] {
                phases.push(Phase::new(conv, w, &sheets, border, [rows, columns]));
            }
        }
        Self { sheets, phases, leaves_gaps }
    }
}

impl Phase {
    fn new(
        conv: &Conv2d,
        w: &Tensor,
        sheets: &Sheets,
        border: [isize; 2],
        sides: [&Side; 2],
    ) -> Self {
        let (per_group, out_per_group) = conv.per_group();
        let kernel = conv.windows.window().kernel;
        let (mut starts, mut positions) = (Vec::new(), Vec::new());
        for o in 0..out_per_group {
            for &(u, back_y) in &sides[0].taps {
                for &(v, back_x) in &sides[1].taps {
                    let shift_y = (border[0] - back_y) as usize;
                    let shift_x = (border[1] - back_x) as usize;
                    starts.push(o * sheets.channel_len() + shift_y * sheets.pitch + shift_x);
                    positions.push((o * per_group * kernel[0] + u) * kernel[1] + v);
                }
            }
        }
        let area = kernel[0] * kernel[1];
        let panels = w
            .as_slice()
            .chunks_exact(out_per_group * per_group * area)
            .map(|w| Panels::pack(per_group, positions.len(), |c, k| w[positions[k] + c * area]))
            .collect();
        let spans = sides.map(|side| side.span);
        Self { spans, rows: Rows::new(starts), panels }
    }
}

/// The cells of one phase of the input along one axis.
struct Side {
    span: Span,
    /// Taps over these cells, and by how many outputs each lies back: cell `m` of the phase is
    /// under tap `t` of the window at output `m − back`.
    taps: Vec<(usize, isize)>,
}

impl Side {
    /// The phases along an axis that have cells and taps.
    fn all(kernel: usize, stride: usize, before: usize, dilation: usize, size: usize) -> Vec<Self> {
        let side = |phase: usize| {
            let span = content(phase, stride, before, size);
            let taps = (0..kernel)
                .filter(|tap| tap * dilation % stride == phase)
                .map(|tap| (tap, (tap * dilation / stride) as isize - span.start as isize))
                .collect();
            Self { span: Span { start: 0, ..span }, taps }
        };
        (0..stride).map(side).filter(|side| side.span.count > 0 && !side.taps.is_empty()).collect()
    }
}
