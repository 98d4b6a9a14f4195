//! The convolution inside a pool that has one: settings and where they come from.

use cenote_spec::Setting;

use crate::conv::Conv2d;
use crate::padding::PaddingMode;
use crate::{Init, Pair};

/// Channels of the output.
pub(super) const OUT_CHANNELS: Setting = Setting {
    name: "out_channels",
    default: "those of the input",
    about: "channels of the output",
    values: &["1", "3"],
};

/// Sides of the convolution's window.
pub(super) const KERNEL_SIZE: Setting = Setting {
    name: "kernel_size",
    default: "3",
    about: "sides of the convolution's window: n, or [rows, columns]",
    values: &["1", "2", "3", "[1, 3]"],
};

/// Zeros around the convolution's input.
pub(super) const PADDING: Setting = Setting {
    name: "padding",
    default: "half of kernel_size, rounded down",
    about: "cells added on each side before the convolution",
    values: &["0", "1", "[1, 0]"],
};

/// Whether the convolution adds a number per channel.
pub(super) const BIAS: Setting = Setting {
    name: "bias",
    default: "true",
    about: "whether the convolution adds a number per output channel",
    values: &["true", "false"],
};

/// How the weights start.
pub(super) const INIT: Setting = Setting {
    name: "init",
    default: "'he_normal'",
    about: "first values of the weights",
    values: &["'he_uniform'", "'glorot_normal'"],
};

/// The usual window.
pub(super) fn three() -> Pair {
    Pair::both(3)
}

/// A convolution of stride 1 on as many channels as it gets, until told otherwise.
pub(super) fn convolution(
    out_channels: usize,
    kernel_size: Pair,
    padding: Option<Pair>,
    bias: bool,
    init: Init,
) -> Conv2d {
    Conv2d {
        out_channels,
        kernel_size,
        stride: Pair::one(),
        padding: padding.unwrap_or(Pair(kernel_size.0.map(|size| size / 2))),
        padding_mode: PaddingMode::Zeros,
        dilation: Pair::one(),
        groups: 1,
        bias,
        init,
    }
}
