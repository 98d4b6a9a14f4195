//! Where the taps of a window are found in the sheets of its input.

use super::sheets::{Sheets, Span};
use crate::simd::Rows;
use crate::{Window, Windows};

/// How windows read their input.
pub(crate) struct Reading {
    pub(crate) sheets: Sheets,
    /// Where each tap `(c, u, v)` of the first output is found in the sheets of these channels.
    pub(crate) rows: Rows,
    /// Outputs of a plane, with the columns between its rows.
    pub(crate) width: usize,
}

impl Reading {
    /// For windows over `channels` channels.
    pub(crate) fn new(windows: &Windows, channels: usize) -> Self {
        let (input, output) = (windows.input(), windows.output());
        let Window { kernel, stride, before, dilation, .. } = windows.window();
        let taps = [0, 1].map(|axis| Taps::new(kernel[axis], stride[axis], dilation[axis]));
        let spans = [0, 1].map(|axis| {
            let span = |&phase: &usize| content(phase, stride[axis], before[axis], input[axis]);
            taps[axis].phases.iter().map(span).collect::<Vec<Span>>()
        });
        let phases = spans[0]
            .iter()
            .flat_map(|&rows| spans[1].iter().map(move |&columns| [rows, columns]))
            .collect();
        let extent = [0, 1].map(|axis| output[axis] + taps[axis].reach);
        let sheets = Sheets::new(phases, extent, output[1]);
        let mut starts = Vec::with_capacity(channels * windows.window().area());
        for c in 0..channels {
            for &(phase_y, shift_y) in &taps[0].places {
                for &(phase_x, shift_x) in &taps[1].places {
                    let sheet = phase_y * taps[1].phases.len() + phase_x;
                    let start = c * sheets.channel_len() + sheet * sheets.len;
                    starts.push(start + shift_y * sheets.pitch + shift_x);
                }
            }
        }
        let width = (output[0] - 1) * sheets.pitch + output[1];
        Self { sheets, rows: Rows::new(starts), width }
    }
}

/// The taps of a kernel along one axis, by phase of the padded input.
struct Taps {
    /// The phases that have a tap.
    phases: Vec<usize>,
    /// For each tap the index of its phase in `phases`, and its place in that phase.
    places: Vec<(usize, usize)>,
    /// The largest place.
    reach: usize,
}

impl Taps {
    fn new(kernel: usize, stride: usize, dilation: usize) -> Self {
        let mut phases: Vec<usize> = (0..kernel).map(|tap| tap * dilation % stride).collect();
        phases.sort_unstable();
        phases.dedup();
        let place = |tap: usize| {
            let phase = phases.partition_point(|&phase| phase < tap * dilation % stride);
            (phase, tap * dilation / stride)
        };
        let places = (0..kernel).map(place).collect();
        Self { phases, places, reach: (kernel - 1) * dilation / stride }
    }
}

/// The cells of an input of `size` cells, padded by `before`, that make `phase`.
pub(super) fn content(phase: usize, stride: usize, before: usize, size: usize) -> Span {
    let start = before.saturating_sub(phase).div_ceil(stride);
    let source = phase + start * stride - before;
    Span { start, source, step: stride, count: size.saturating_sub(source).div_ceil(stride) }
}
