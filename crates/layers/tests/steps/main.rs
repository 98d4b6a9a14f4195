//! Whole training steps of the networks that are measured, at a small size: their bits and their
//! memory.

mod memory;
mod networks;
mod threads;
