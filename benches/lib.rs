//! Criterion benches of cenote; see the files beside this one.
