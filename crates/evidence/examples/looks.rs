//! Measures how often planned looks make a false claim, and how many seeds they save.
//!
//! `cargo run --release -p cenote-evidence --example looks` writes the table that
//! `docs/statistics.md` quotes.

use std::io::{self, Write};

use cenote_evidence::{Looks, Sequence, Verdict, judge_looks};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

#[expect(dead_code, reason = "the tests of the crate draw more than this table")]
#[path = "../src/simulate.rs"]
mod simulate;

use simulate::Shape;

const MARGIN: f64 = 0.5;

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    let shapes = [("normal", Shape::Normal), ("tied", Shape::Tied), ("heavy tails", Shape::Heavy)];
    writeln!(out, "looks          arms  differences   different %  equal %  seeds if far apart")?;
    for (seeds, arms, rounds) in
        [(&[8, 10, 12][..], 1, 10_000), (&[9, 10], 5, 4_000), (&[12, 16, 20], 5, 1_000)]
    {
        let looks = Looks::after(seeds);
        for (name, shape) in shapes {
            let different = simulate(shape, &looks, (arms, rounds), (0.0, 1.0));
            let equal = simulate(shape, &looks, (arms, rounds), (MARGIN, 0.2));
            let far = simulate(shape, &looks, (arms, rounds), (3.0 * MARGIN, MARGIN));
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

/// Percent of families with such a claim, and the mean number of seeds of a comparison.
struct Claims {
    differs: f64,
    equal: f64,
    seeds: f64,
}

/// So many families of so many arms, whose differences have this mean and standard deviation.
fn simulate(
    shape: Shape,
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
                differences: (0..last).map(|_| truth + sd * shape.draw(&mut random)).collect(),
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
