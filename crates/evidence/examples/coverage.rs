//! Measures how often 95 % and 99 % intervals of a mean difference hold the truth.
//!
//! `cargo run --release -p cenote-evidence --example coverage` writes the table that the module
//! doc of the statistics quotes.

use std::io::{self, Write};

use cenote_evidence::{Interval, SignFlip, bca_interval, t_interval};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

#[expect(dead_code, reason = "the tests of the crate draw more than this table")]
#[path = "../src/simulate.rs"]
mod simulate;

use simulate::Shape;

const ROUNDS: u32 = 20_000;

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    let shapes = [
        ("normal", Shape::Normal),
        ("skewed (exponential)", Shape::Skewed),
        ("heavy tails (t, 3)", Shape::Heavy),
    ];
    for (name, shape) in shapes {
        for n in [8, 10, 14] {
            let row = [0.05, 0.01].map(|alpha| {
                let [bca, t, flip] = coverage(shape, n, alpha);
                format!("{bca:5.1}  {t:5.1}  {flip:5.1}")
            });
            writeln!(out, "{name:20} {n:4}  {}     {}", row[0], row[1])?;
        }
    }
    Ok(())
}

/// Percent of intervals of `n` draws that hold the truth: BCa, Student's t, sign flips.
fn coverage(shape: Shape, n: usize, alpha: f64) -> [f64; 3] {
    let mut random = ChaCha8Rng::seed_from_u64(n as u64);
    let mut hits = [0u32; 3];
    for _ in 0..ROUNDS {
        let values: Vec<f64> = (0..n).map(|_| shape.draw(&mut random)).collect();
        let intervals = [
            bca_interval(&values, 1.0 - alpha),
            t_interval(&values, 1.0 - alpha),
            SignFlip::new(&values).interval(alpha),
        ];
        for (hits, interval) in hits.iter_mut().zip(intervals) {
            // Where flips cannot give an interval, it is the whole line.
            *hits += u32::from(interval.is_none_or(|i: Interval| i.contains(0.0)));
        }
    }
    hits.map(|hits| 100.0 * f64::from(hits) / f64::from(ROUNDS))
}
