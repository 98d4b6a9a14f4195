//! The operations that need no geometry: arithmetic, products of matrices, shapes and sums.
//!
//! Operations of layers live beside their layers; each is a [`crate::Function`] like these.

mod arith;
mod matmul;
mod reduce;
mod reshape;
