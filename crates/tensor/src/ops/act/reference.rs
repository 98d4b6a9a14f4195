//! The rectifier, element by element.

use crate::Scalar;

pub(super) fn relu_in_place(x: &mut [Scalar]) {
    for x in x {
        if *x < 0.0 {
            *x = 0.0;
        }
    }
}

pub(super) fn relu(x: &[Scalar], y: &mut [Scalar]) {
    y.copy_from_slice(x);
    relu_in_place(y);
}

pub(super) fn relu_backward(y: &[Scalar], dy: &mut [Scalar]) {
    for (dy, &y) in dy.iter_mut().zip(y) {
        if y <= 0.0 {
            *dy = 0.0;
        }
    }
}
