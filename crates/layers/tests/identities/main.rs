//! Equalities between operators, and what each of them does to sums, scales and shifts: witnesses
//! that need no other library.
//!
//! Every identity is a property over drawn inputs that are not square, windows that overlap or leave
//! gaps, and padding. Values are multiples of 1/8, so that ties are met as well.

mod adjoints;
mod apply;
mod limits;
mod orderings;
mod same;
mod symmetries;
