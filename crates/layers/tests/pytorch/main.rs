//! The layers, the loss, the optimisers and a whole training against `PyTorch`.
//!
//! `tests/reference/generate.py` computes every value in double precision and writes it to a golden
//! file; these tests compare what the crate computes with that. Outputs, the gradient of the input
//! and of every parameter, running statistics and moved parameters agree to `golden::TOLERANCE` of
//! the largest magnitude of their tensor, in both builds. Max pooling, decimation and flattening only
//! move numbers, so they must agree exactly, with the gradient at exactly `PyTorch`'s cells.
//!
//! A golden file that is missing stops the build of this test, and one without cases fails it.
//!
//! # These checks can fail
//!
//! Each of these was done to a copy of the code, one at a time, and failed the test of its family:
//!
//! - a weight gradient of `conv2d` that is a quarter of itself, padding or dilation with rows and
//!   columns swapped; the weight gradient of `dense` transposed;
//! - a tie in `max_pool` that goes to the last maximum, a first NaN that keeps the gradient, a winner
//!   at offset 0 where all cells are −∞; ceil rounding that keeps a window starting in the padding;
//! - an input gradient of `avg_pool` or `global_avg_pool` that is a quarter of itself, a divisor that
//!   counts cells beyond the padding, `count_include_pad` ignored; strides of `decimate` swapped;
//! - a rectifier that passes the gradient at 0 or turns NaN into 0; `1 − y` for tanh's `1 − y²`;
//! - the biased variance in `batch_norm`'s running statistics, its momentum the wrong way round, and
//!   the gradient of training in use;
//! - a loss gradient summed rather than averaged, or deaf to the gradient from above;
//! - SGD without Nesterov's look ahead or without weight decay in its velocity; Adam with ε under the
//!   root or without the second correction; `AdamW` with weight decay in the gradient;
//! - cosine, step and warm-up each one step early or late.

mod functions;
mod golden;
mod layers;
mod loss;
mod operators;
mod optim;
mod packed;
mod pass;
mod training;
