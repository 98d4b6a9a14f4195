//! What the training of the quick study's arms takes, foreseen and measured, for several batches and sizes of images.
//!
//! ```text
//! cargo run -p cenote-experiment --example foreseen
//! ```
//!
//! Each case is a process of its own. Tensors are measured by the count of their bytes, the process by its high-water mark of
//! resident memory (`VmHWM`, so Linux alone). Foreseen for the process is what it has before it trains, and what training holds.

#![expect(clippy::print_stdout, reason = "a program that is run for its table")]

use std::error::Error;
use std::process::Command;
use std::{env, fs};

use cenote_experiment::{Attempt, Plan, find};

/// Arms, images of a batch, sides of images, and whether what layers keep is dropped and computed again.
const CASES: [(&str, usize, usize, bool); 18] = [
    ("max", 32, 28, false),
    ("max", 256, 28, false),
    ("max", 32, 112, false),
    ("max", 128, 112, false),
    ("max", 128, 112, true),
    ("avg", 128, 56, false),
    ("strided", 128, 56, false),
    ("decimate", 128, 56, false),
    ("none", 32, 28, false),
    ("none", 256, 28, false),
    ("none", 256, 28, true),
    ("none", 32, 112, false),
    ("none", 128, 56, false),
    ("none", 128, 56, true),
    ("max-flatten", 64, 56, false),
    ("none-flatten", 64, 56, false),
    ("none-flatten", 64, 112, false),
    ("none-flatten", 64, 112, true),
];

fn main() -> Result<(), Box<dyn Error>> {
    if let [_, arm, batch, side, again] = &env::args().collect::<Vec<_>>()[..] {
        return one(arm, batch.parse()?, side.parse()?, again.parse()?);
    }
    println!(
        "| arm | batch | image | checkpoint | tensors foreseen MB | measured | held foreseen MB | process foreseen MB | measured | off by |"
    );
    println!("|---|--:|--:|---|--:|--:|--:|--:|--:|--:|");
    for (arm, batch, side, again) in CASES {
        let case = [arm.to_owned(), batch.to_string(), side.to_string(), again.to_string()];
        let output = Command::new(env::current_exe()?).args(case).output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        print!("{}", String::from_utf8(output.stdout)?);
    }
    Ok(())
}

/// Trains one case and prints its row.
fn one(name: &str, batch: usize, side: usize, again: bool) -> Result<(), Box<dyn Error>> {
    let mut study = find("quick")?;
    study.training.checkpoint = again;
    let plan = Plan::new(study)?;
    let arm = plan.arms.iter().find(|arm| arm.name == name).ok_or("an arm of the quick study")?;
    let attempt = Attempt::of(&plan, arm, batch, Some(side))?;
    drop(plan);
    let footprint = attempt.footprint()?;
    let (foreseen, held) = (footprint.peak(batch), footprint.held(batch));
    let before = resident("VmRSS:")?;
    let tensors = attempt.run()?;
    let (process, after) = (before + held, resident("VmHWM:")?);
    let mb = |bytes: u64| bytes as f64 / 1e6;
    let off = 100.0 * (after as f64 / process as f64 - 1.0);
    println!(
        "| `{name}` | {batch} | {side}x{side} | {again} | {:.2} | {} | {:.2} | {:.1} | {:.1} | {off:+.1} % |",
        mb(foreseen),
        if tensors == foreseen { "the same".to_owned() } else { format!("{:.2}", mb(tensors)) },
        mb(held),
        mb(process),
        mb(after),
    );
    Ok(())
}

/// What the system says of this process's memory, in bytes.
fn resident(what: &str) -> Result<u64, Box<dyn Error>> {
    let text = fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix(what)).ok_or("no such line")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse::<u64>()? * 1024)
}
