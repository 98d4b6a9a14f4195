//! Measures how often 95 % and 99 % intervals of a mean difference hold the truth.
//!
//! `cargo run --release -p cenote-evidence --example coverage` writes the table that the module
//! doc of the statistics quotes.

use std::io::{self, Write};

use cenote_evidence::{Interval, SignFlip, bca_interval, t_interval};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

const ROUNDS: u32 = 20_000;

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    let shapes: [(&str, Draw, f64); 3] = [
        ("normal", normal, 0.0),
        ("skewed (exponential)", exponential, 1.0),
        ("heavy tails (t, 3)", heavy, 0.0),
    ];
    for (name, draw, truth) in shapes {
        for n in [8, 10, 14] {
            let row = [0.05, 0.01].map(|alpha| {
                let [bca, t, flip] = coverage(draw, truth, n, alpha);
                format!("{bca:5.1}  {t:5.1}  {flip:5.1}")
            });
            writeln!(out, "{name:20} {n:4}  {}     {}", row[0], row[1])?;
        }
    }
    Ok(())
}

type Draw = fn(&mut ChaCha8Rng) -> f64;

/// Percent of intervals of `n` draws that hold the truth: BCa, Student's t, sign flips.
fn coverage(draw: Draw, truth: f64, n: usize, alpha: f64) -> [f64; 3] {
    let mut random = ChaCha8Rng::seed_from_u64(n as u64);
    let mut hits = [0u32; 3];
    for _ in 0..ROUNDS {
        let values: Vec<f64> = (0..n).map(|_| draw(&mut random)).collect();
        let intervals = [
            bca_interval(&values, 1.0 - alpha),
            t_interval(&values, 1.0 - alpha),
            SignFlip::new(&values).interval(alpha),
        ];
        for (hits, interval) in hits.iter_mut().zip(intervals) {
            // Where flips cannot give an interval, it is the whole line.
            *hits += u32::from(interval.is_none_or(|i: Interval| i.contains(truth)));
        }
    }
    hits.map(|hits| 100.0 * f64::from(hits) / f64::from(ROUNDS))
}

fn uniform(random: &mut ChaCha8Rng) -> f64 {
    (f64::from(random.next_u32()) + 0.5) / 2f64.powi(32)
}

fn exponential(random: &mut ChaCha8Rng) -> f64 {
    -uniform(random).ln()
}

fn normal(random: &mut ChaCha8Rng) -> f64 {
    (2.0 * exponential(random)).sqrt() * (std::f64::consts::TAU * uniform(random)).cos()
}

fn heavy(random: &mut ChaCha8Rng) -> f64 {
    let square: f64 = (0..3).map(|_| normal(random).powi(2)).sum();
    normal(random) / (square / 3.0).sqrt()
}
