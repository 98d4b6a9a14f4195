//! What anti-aliased downsampling shares: a binomial filter that slides with a stride.
//!
//! ```text
//! y = (a ⊗ a) ∗ x at every s-th cell        a = binomial coefficients of M taps, divided by 2^(M−1)
//! ```
//!
//! The padding is `⌊(M−1)/2⌋` cells before and `⌈(M−1)/2⌉` behind, so a side of `I` cells becomes
//! `⌈I/s⌉`. It is filled by reflection, or by `padding_mode` with zeros or circularly. The gradient is
//! the exact adjoint: also at the border, where a cell is met several times.

use cenote_spec::Setting;
use cenote_tensor::{Axis, Edge, Filter1d, Resampling, binomial};

use crate::Error;
use crate::padding::PaddingMode;

/// Taps of the filter.
pub(super) const FILTER_SIZE: Setting = Setting {
    name: "filter_size",
    default: "4",
    about: "taps M of the binomial filter, 2 to 7",
    values: &["2", "3", "4", "5", "7"],
};

/// What fills the padding of the filter.
pub(super) const PADDING_MODE: Setting = Setting {
    name: "padding_mode",
    default: "'reflect'",
    about: "what stands beyond the edge: 'reflect', 'zeros' or 'circular'",
    values: &["'reflect'", "'zeros'", "'circular'"],
};

/// The usual number of taps, that of Zhang's library.
pub(super) fn four() -> usize {
    4
}

/// Padding as Zhang has it.
pub(super) fn reflect() -> PaddingMode {
    PaddingMode::Reflect
}

/// A binomial filter as a table describes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blur {
    pub(super) filter_size: usize,
    pub(super) stride: [usize; 2],
    pub(super) padding_mode: PaddingMode,
    /// Step between the cells of one output, more than 1 behind removed layers.
    pub(super) dilation: [usize; 2],
}

impl Blur {
    /// The filter on maps of size `input`, on behalf of the layer `kind`.
    pub(super) fn fit(&self, kind: &'static str, input: [usize; 2]) -> Result<Resampling, Error> {
        // Far beyond any network, and small enough that nothing computed from it overflows.
        const LIMIT: usize = 1 << 24;
        let refuse = |name, got: usize, expected: String| {
            Err(Error::Setting { kind, name, got: got.to_string(), expected })
        };
        if !(2..=7).contains(&self.filter_size) {
            return refuse("filter_size", self.filter_size, "2 to 7".into());
        }
        for (name, values) in [("stride", self.stride), ("dilation", self.dilation)] {
            if let Some(got) = values.into_iter().find(|got| !(1..=LIMIT).contains(got)) {
                return refuse(name, got, format!("1 to {LIMIT}"));
            }
        }
        let reach = self.filter_size - 1;
        let padding = self.dilation.map(|by| [reach / 2 * by, reach.div_ceil(2) * by]);
        self.padding_mode.check(kind, padding, input)?;
        let edge = self.padding_mode.edge().unwrap_or(Edge::Zeros);
        let axis = |axis: usize| {
            let filter = Filter1d {
                weights: binomial(self.filter_size),
                stride: self.stride[axis],
                dilation: self.dilation[axis],
                padding: padding[axis],
                edge,
            };
            Axis::filtered(input[axis], &filter)
        };
        Ok(Resampling::new(axis(0), axis(1)))
    }
}
