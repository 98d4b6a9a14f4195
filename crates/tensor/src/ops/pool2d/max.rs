//! Max pooling, which remembers where it found each maximum.

use super::kernels;
use crate::memory::Buffer;
use crate::{Tensor, Windows};

/// For every output of [`max_pool`], the offset of the winner in its window.
///
/// One byte per output while a window has at most 256 cells, four bytes beyond.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argmax(pub(super) Offsets);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Offsets {
    Narrow(Buffer<u8>),
    Wide(Vec<u32>),
}

impl Argmax {
    /// Offsets for `count` outputs of windows of `area` cells, all zero.
    pub(super) fn zeros(count: usize, area: usize) -> Self {
        Self(match area {
            ..=256 => {
                let mut offsets = Buffer::stale(count);
                offsets.fill(0);
                Offsets::Narrow(offsets)
            }
            _ => Offsets::Wide(vec![0; count]),
        })
    }

    /// Size of the offsets.
    pub fn bytes(&self) -> usize {
        match &self.0 {
            Offsets::Narrow(offsets) => offsets.len(),
            Offsets::Wide(offsets) => offsets.len() * size_of::<u32>(),
        }
    }

    /// Number of outputs.
    pub fn len(&self) -> usize {
        match &self.0 {
            Offsets::Narrow(offsets) => offsets.len(),
            Offsets::Wide(offsets) => offsets.len(),
        }
    }

    /// Whether there is no output.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Row-major offset in the window of the winner of output `i`, in row-major order of outputs.
    ///
    /// # Panics
    /// When there is no output `i`.
    pub fn offset(&self, i: usize) -> usize {
        match &self.0 {
            Offsets::Narrow(offsets) => offsets[i].into(),
            Offsets::Wide(offsets) => offsets[i] as usize,
        }
    }

    pub(super) fn set(&mut self, i: usize, offset: usize) {
        match &mut self.0 {
            Offsets::Narrow(offsets) => offsets[i] = offset as u8,
            Offsets::Wide(offsets) => offsets[i] = offset as u32,
        }
    }
}

/// The largest cell of every window: `x` `(N, C, H, W)` to `y` `(N, C, OH, OW)`, with the winners.
///
/// ```text
/// y[n,c,i,j] = max { x[n,c,h,w] : (h,w) in the window at (i,j) }
/// ```
pub fn max_pool(x: &Tensor, at: &Windows) -> (Tensor, Argmax) {
    assert_eq!(x.nchw()[2..], at.input(), "max_pool: x as fitted");
    kernels::max_pool(x, at)
}

/// `∂x` of [`max_pool`]: every `∂y` goes to the winner of its window.
pub fn max_pool_backward(dy: &Tensor, argmax: &Argmax, at: &Windows) -> Tensor {
    assert_eq!(dy.nchw()[2..], at.output(), "max_pool: dy as fitted");
    assert_eq!(dy.len(), argmax.len(), "max_pool: dy and winners of one forward pass");
    kernels::max_pool_backward(dy, argmax, at)
}
