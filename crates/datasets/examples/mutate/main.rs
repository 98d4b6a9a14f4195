//! Reads what chance makes of the fuzz corpora, for machines without a fuzzer's compiler: every input is a seed with some bytes
//! changed, and each is read as its fuzz target reads it.
//!
//! ```text
//! cargo run -p cenote-datasets --example mutate -- dataset_npy SECONDS [SEED]
//! ```
//!
//! It says how many inputs it tried, the slowest and the one that allocated most, and writes whatever makes the reader panic,
//! take over two seconds or allocate over 192 MiB into a file of its own in the working directory. Coverage guides nothing
//! here: `cargo fuzz` finds more in the same time.

#[expect(unreachable_pub, reason = "the fuzz targets are in another crate")]
#[path = "../../../../fuzz/src/datasets/mod.rs"]
mod drive;
mod mutation;

use std::alloc::System;
use std::collections::BTreeSet;
use std::error::Error;
use std::panic::{catch_unwind, set_hook};
use std::path::Path;
use std::time::{Duration, Instant};

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use crate::mutation::Mutator;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const LONGEST: Duration = Duration::from_secs(2);
const MOST_BYTES: usize = 192 << 20;

/// A fuzz target and its name.
type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 8] = [
    ("dataset_idx", drive::idx),
    ("dataset_npy", drive::npy),
    ("dataset_picture", drive::picture),
    ("dataset_archive", drive::archive),
    ("dataset_cifar", drive::cifar),
    ("dataset_csv", drive::csv),
    ("dataset_labels", drive::labels),
    ("dataset_boxes", drive::boxes),
];

#[expect(clippy::print_stdout, reason = "a program talks to whoever started it")]
fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let name = words.next().ok_or("which target?")?;
    let seconds: u64 = words.next().ok_or("how many seconds?")?.parse()?;
    let seed: u64 = words.next().map_or(Ok(1), |word| word.parse())?;
    let target = TARGETS.iter().find(|(known, _)| *known == name).ok_or("no such target")?.1;
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(&name);
    let mut seeds = Vec::new();
    for file in std::fs::read_dir(corpus)? {
        seeds.push(std::fs::read(file?.path())?);
    }
    seeds.sort();
    // Panics are counted below; their words are told once.
    set_hook(Box::new(|_| ()));
    let mut mutator = Mutator::new(seeds, seed);
    let (mut tried, mut slowest, mut most) = (0_u64, Duration::ZERO, 0);
    let mut found = BTreeSet::new();
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(seconds) {
        let input = mutator.next();
        let (clock, region) = (Instant::now(), Region::new(ALLOCATOR));
        let outcome = catch_unwind(|| target(&input));
        let (took, allocated) = (clock.elapsed(), region.change().bytes_allocated);
        (tried, slowest, most) = (tried + 1, slowest.max(took), most.max(allocated));
        let flaw = match outcome {
            Err(panic) => {
                let words = panic.downcast_ref::<String>().cloned();
                let words =
                    words.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
                Some(words.unwrap_or_else(|| "a panic without words".to_owned()))
            }
            Ok(()) if took > LONGEST => Some("too slow".to_owned()),
            Ok(()) if allocated > MOST_BYTES => Some("too much memory".to_owned()),
            Ok(()) => None,
        };
        let digits = |text: String| text.chars().filter(|c| !c.is_ascii_digit()).collect();
        if let Some(flaw) = flaw.map(digits).filter(|flaw: &String| found.insert(flaw.clone())) {
            let file = format!("{name}-{tried}.found");
            std::fs::write(&file, &input)?;
            println!("{file}: {flaw}");
        }
    }
    println!(
        "{name}: {tried} inputs in {seconds} s, slowest {:.0} ms, most memory {} KiB, {} flaws",
        slowest.as_secs_f64() * 1e3,
        most >> 10,
        found.len()
    );
    Ok(())
}
