//! What the training of the quick study's arms takes, foreseen and measured, for several batches and sizes of images.
//!
//! ```text
//! cargo run -p cenote-experiment --example foreseen
//! ```
//!
//! Each case is a process of its own. Tensors are measured by the count of their bytes, the process by its high-water mark of
//! resident memory (`VmHWM`, so Linux alone). Foreseen for the process is what it holds before it trains, and the tensors.

#![expect(clippy::print_stdout, reason = "a program that is run for its table")]

use std::error::Error;
use std::process::Command;
use std::{env, fs};

use cenote_datasets::{Images, Split};
use cenote_experiment::{Arm, Data, Fit, Footprint, Plan, Recipe, Stop, Study, find};
use cenote_layers::{Model, ModelSpec};
use cenote_tensor::{Seed, metered};

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
        "| arm | batch | image | checkpoint | tensors foreseen MB | measured | process foreseen MB | measured | off by |"
    );
    println!("|---|--:|--:|---|--:|--:|--:|--:|--:|");
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
    (study.training.batch_size, study.training.checkpoint) = (batch, again);
    let plan = Plan::new(study)?;
    let arm = plan.arms.iter().find(|arm| arm.name == name).ok_or("an arm of the quick study")?;
    let study = plan.study.of_arm(name)?;
    let model = larger(arm, side)?;
    let foreseen = Footprint::of(&study, &model, &plan.data)?.peak(batch);
    let data = images(&plan, 2 * batch + 1, side)?;
    drop(plan);
    let before = resident("VmRSS:")?;
    let tensors = trained(&study, &model, &data)?;
    let (process, after) = (before + foreseen, resident("VmHWM:")?);
    let mb = |bytes: u64| bytes as f64 / 1e6;
    let off = 100.0 * (after as f64 / process as f64 - 1.0);
    println!(
        "| `{name}` | {batch} | {side}x{side} | {again} | {:.2} | {} | {:.1} | {:.1} | {off:+.1} % |",
        mb(foreseen),
        if tensors == foreseen { "the same".to_owned() } else { format!("{:.2}", mb(tensors)) },
        mb(process),
        mb(after),
    );
    Ok(())
}

/// The network of an arm for square images of another side.
fn larger(arm: &Arm, side: usize) -> Result<Model, Box<dyn Error>> {
    let channels = arm.model.input().dims()[0];
    Ok(ModelSpec::parse(arm.model.tables().to_vec())?.fit([channels, side, side].into())?)
}

/// Made-up images of a side, with the classes of a plan.
fn images(plan: &Plan, count: usize, side: usize) -> Result<Data, Box<dyn Error>> {
    let [channels, ..] = plan.data.train.shape();
    let pixels = (0..count * channels * side * side).map(|i| (i * 7919 % 251) as u8).collect();
    let labels = (0..count).map(|nth| nth % plan.data.classes.len()).collect();
    let train = Split::new(Images::new([channels, side, side], pixels)?, labels)?;
    Ok(Data { test: train.subset(&[0]), train, validation: None, ..plan.data.clone() })
}

/// The most bytes of tensors that lived at once in two epochs, each of two full batches and a single image.
fn trained(study: &Study, model: &Model, data: &Data) -> Result<u64, Box<dyn Error>> {
    let recipe = Recipe::of(study)?;
    let (outcome, usage) = metered(|| {
        let mut fit = Fit::start(model, data, &recipe, Seed(1));
        for _ in 0..2 {
            fit.epoch(&Stop::default(), |_, _| ())?;
        }
        Ok::<(), cenote_experiment::Error>(())
    });
    outcome?;
    Ok(usage.peak_bytes as u64)
}

/// What the system says of this process's memory, in bytes.
fn resident(what: &str) -> Result<u64, Box<dyn Error>> {
    let text = fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix(what)).ok_or("no such line")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse::<u64>()? * 1024)
}
