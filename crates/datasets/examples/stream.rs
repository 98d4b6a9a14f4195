//! Reads every image of a folder once, batch by batch, and says how fast and with how much memory.
//!
//! ```text
//! cargo run --release -p cenote-datasets --example stream -- FOLDER [WORKERS]
//! ```

use std::error::Error;
use std::time::Instant;

use cenote_datasets::{Batches, KINDS, Normalization};

#[expect(clippy::print_stdout, reason = "a program talks to whoever started it")]
fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let folder = words.next().ok_or("which folder?")?;
    let workers = words.next().map_or(Ok(2), |word| word.parse())?;
    let mut table: toml::Table =
        "kind = 'image_folder'\nkeep = 'files'\nsize = [64, 64]".parse()?;
    table.insert("dir".to_owned(), folder.into());
    let clock = Instant::now();
    let set = cenote_spec::parse(&[KINDS], table)?.load()?;
    let opened = clock.elapsed().as_secs_f64();
    println!(
        "{} and {} files listed and hashed in {opened:.1} s; {}",
        set.train.len(),
        set.test.len(),
        memory()
    );
    let normalization = Normalization::of(&set.train)?;
    println!("scaling measured; {}", memory());
    let clock = Instant::now();
    let mut seen = 0;
    for batch in Batches::sequential(&set.train, &normalization, 64)?.prefetched(workers)? {
        seen += batch?.labels.len();
    }
    let rate = seen as f64 / clock.elapsed().as_secs_f64();
    println!("{seen} images decoded by {workers} workers, {rate:.0} a second; {}", memory());
    Ok(())
}

/// The most memory that the process has had, where the system tells it.
fn memory() -> String {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("VmHWM:"));
    line.map_or_else(String::new, |line| line.split_whitespace().collect::<Vec<_>>().join(" "))
}
