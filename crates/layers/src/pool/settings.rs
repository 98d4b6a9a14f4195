//! The settings that many pools share, in the words of `cenote list operators`.

use cenote_spec::Setting;

/// Sides of a window that must be given.
pub(super) const KERNEL_SIZE: Setting = Setting {
    name: "kernel_size",
    default: "",
    about: "sides of the window: n, or [rows, columns]",
    values: &["1", "2", "3", "[2, 3]", "[3, 1]", "[1, 4]"],
};

/// Steps from window to window.
pub(super) const STRIDE: Setting = Setting {
    name: "stride",
    default: "kernel_size",
    about: "steps from window to window",
    values: &["1", "2", "3", "[2, 1]", "[1, 3]", "[4, 5]"],
};

/// Cells added around the input.
pub(super) const PADDING: Setting = Setting {
    name: "padding",
    default: "0",
    about: "cells added on each side, at most half a window",
    values: &["0", "1", "[1, 0]", "[0, 2]"],
};

/// Steps between the cells of a window.
pub(super) const DILATION: Setting = Setting {
    name: "dilation",
    default: "1",
    about: "steps between the cells of a window",
    values: &["1", "2", "[1, 2]", "[3, 1]"],
};

/// How a size that does not divide is rounded.
pub(super) const CEIL_MODE: Setting = Setting {
    name: "ceil_mode",
    default: "false",
    about: "round the output size up, by PyTorch's rule",
    values: &["true", "false"],
};
