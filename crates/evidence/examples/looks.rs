//! Measures how often planned looks make a false claim, and how many seeds they save.
//!
//! `cargo run --release -p cenote-evidence --example looks` writes the table that
//! `docs/statistics.md` quotes.

use std::io::{self, Write};

use cenote_evidence::{Looks, Sequence, Verdict, judge_looks};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

const MARGIN: f64 = 0.5;

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    let shapes: [(&str, Draw); 3] = [("normal", normal), ("tied", tied), ("heavy tails", heavy)];
    writeln!(out, "looks          arms  differences   different %  equal %  seeds if far apart")?;
    for (seeds, arms, rounds) in
        [(&[8, 10, 12][..], 1, 10_000), (&[9, 10], 5, 4_000), (&[12, 16, 20], 5, 1_000)]
    {
        let looks = Looks::after(seeds);
        for (name, draw) in shapes {
            let different = simulate(draw, &looks, (arms, rounds), (0.0, 1.0));
            let equal = simulate(draw, &looks, (arms, rounds), (MARGIN, 0.2));
            let far = simulate(draw, &looks, (arms, rounds), (3.0 * MARGIN, MARGIN));
            writeln!(
                out,
                "{:14} {arms:4}  {name:12}  {:11.2}  {:7.2}  {:6.1}",
                format!("{seeds:?}"),
                different.differs,
                equal.equal,
                far.seeds
            )?;
        }
    }
    Ok(())
}

type Draw = fn(&mut ChaCha8Rng) -> f64;

/// Percent of families with such a claim, and the mean number of seeds of a comparison.
struct Claims {
    differs: f64,
    equal: f64,
    seeds: f64,
}

/// So many families of so many arms, whose differences have this mean and standard deviation.
fn simulate(
    draw: Draw,
    looks: &Looks,
    (arms, rounds): (usize, u32),
    (truth, sd): (f64, f64),
) -> Claims {
    let last = looks.seeds(looks.count());
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let (mut differs, mut equal, mut seeds) = (0u32, 0u32, 0usize);
    for _ in 0..rounds {
        let family: Vec<Sequence> = (0..arms)
            .map(|_| Sequence {
                differences: (0..last).map(|_| truth + sd * draw(&mut random)).collect(),
                looks: (1..=looks.count()).map(|look| looks.seeds(look)).collect(),
            })
            .collect();
        let judged = judge_looks(&family, MARGIN, looks);
        let any = |wanted: fn(&Verdict) -> bool| judged.iter().any(|j| wanted(&j.verdict));
        differs += u32::from(any(|v| matches!(v, Verdict::Helps { .. } | Verdict::Hurts { .. })));
        equal += u32::from(any(|v| matches!(v, Verdict::NoMeaningfulDifference { .. })));
        seeds += judged.iter().map(|j| j.n).sum::<usize>();
    }
    let percent = |count: u32| 100.0 * f64::from(count) / f64::from(rounds);
    let seeds = seeds as f64 / f64::from(rounds) / arms as f64;
    Claims { differs: percent(differs), equal: percent(equal), seeds }
}

fn uniform(random: &mut ChaCha8Rng) -> f64 {
    (f64::from(random.next_u32()) + 0.5) / 2f64.powi(32)
}

fn normal(random: &mut ChaCha8Rng) -> f64 {
    (-2.0 * uniform(random).ln()).sqrt() * (std::f64::consts::TAU * uniform(random)).cos()
}

/// Heads of eight coins less four, in standard deviations.
fn tied(random: &mut ChaCha8Rng) -> f64 {
    (f64::from((random.next_u32() & 0xFF).count_ones()) - 4.0) / 2f64.sqrt()
}

/// Student's t with three degrees of freedom, in standard deviations.
fn heavy(random: &mut ChaCha8Rng) -> f64 {
    let square: f64 = (0..3).map(|_| normal(random).powi(2)).sum();
    normal(random) / square.sqrt()
}
