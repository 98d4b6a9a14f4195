//! Whole training steps of the networks that are measured, at a small size: their bits and their
//! memory.

// A build for f64 has the reference kernels only: they know no threads and take minutes here.
#![cfg(not(cenote_f64))]

mod memory;
mod networks;
mod threads;
