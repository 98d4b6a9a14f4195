//! What training in segments and in parts of a batch spares, and what time it takes: convolutions without downsampling.
//!
//! ```text
//! cargo run --release -p cenote-experiment --example spared [IMAGES OF A BATCH]
//! ```
//!
//! `six` is `cifar_nopool` of the benchmarks: six convolutions with batch norm whose channels grow from 64 to 256. `biases` is the
//! same without norms, since parts of a batch have none of the whole. `twenty` has as many convolutions of 64 channels, with norms.
//! Images of 3x32x32 are made up. Steps are timed on all threads after one that is not; the median of three counts.

#![expect(clippy::print_stdout, reason = "a program that is run for its table")]

use std::env;
use std::error::Error;
use std::time::Instant;

use cenote_datasets::{Images, Split};
use cenote_experiment::{Data, Fit, Footprint, Plan, Recipe, Stop, find};
use cenote_layers::ModelSpec;
use cenote_tensor::{Seed, metered};
use toml::Table;

/// A network, parts of a batch, and whether segments are computed again.
const CASES: [(&str, usize, bool); 10] = [
    ("six", 1, false),
    ("six", 1, true),
    ("twenty", 1, false),
    ("twenty", 1, true),
    ("biases", 1, false),
    ("biases", 1, true),
    ("biases", 2, false),
    ("biases", 4, false),
    ("biases", 8, false),
    ("biases", 4, true),
];
/// Steps that are timed.
const STEPS: usize = 3;
const SHAPE: [usize; 3] = [3, 32, 32];

fn main() -> Result<(), Box<dyn Error>> {
    let batch = env::args().nth(1).map_or(Ok(64), |text| text.parse())?;
    println!(
        "| network | accumulate | checkpoint | tensors MB | of plain | foreseen | ms a step | times as long |"
    );
    println!("|---|--:|---|--:|--:|---|--:|--:|");
    let mut plain = (0.0, 0.0);
    for (name, parts, again) in CASES {
        let (peak, exact, seconds) = one(name, parts, again, batch)?;
        if parts == 1 && !again {
            plain = (peak as f64, seconds);
        }
        println!(
            "| `{name}` | {parts} | {again} | {:.1} | {:.0} % | {} | {:.0} | {:.2} |",
            peak as f64 / 1e6,
            100.0 * peak as f64 / plain.0,
            if exact { "to the byte" } else { "**not**" },
            1e3 * seconds,
            seconds / plain.1,
        );
    }
    Ok(())
}

/// Bytes of tensors at the peak, whether these were foreseen, and seconds of a step.
fn one(
    name: &str,
    parts: usize,
    again: bool,
    batch: usize,
) -> Result<(u64, bool, f64), Box<dyn Error>> {
    let mut study = find("smoke")?;
    study.training.batch_size = batch;
    (study.training.accumulate, study.training.checkpoint) = (parts, again);
    study.model = network(name)?;
    study.arms = toml::from_str("max = {}\nnone = {}")?;
    let plan = Plan::new(study)?;
    let spec = ModelSpec::parse(plan.arms[0].model.tables().to_vec())?;
    let model = spec.fit(SHAPE.into())?;
    let data = images(&plan, batch * (STEPS + 1))?;
    let foreseen = Footprint::of(&plan.study, &model, &data)?.peak(batch);
    let recipe = Recipe::of(&plan.study)?;
    let mut times = Vec::new();
    let (outcome, usage) = metered(|| {
        let mut fit = Fit::start(&model, &data, &recipe, Seed(1));
        let mut clock = Instant::now();
        fit.epoch(&Stop::default(), |_, _| {
            times.push(clock.elapsed().as_secs_f64());
            clock = Instant::now();
        })
    });
    outcome?;
    let timed = &mut times[1..];
    timed.sort_by(f64::total_cmp);
    Ok((usage.peak_bytes as u64, usage.peak_bytes as u64 == foreseen, timed[STEPS / 2]))
}

/// Convolutions of 3x3 in maps of one size.
fn network(name: &str) -> Result<Vec<Table>, toml::de::Error> {
    let norm = name != "biases";
    let block = |channels: usize| {
        let convolution = format!(
            "kind = 'conv2d'\nout_channels = {channels}\nkernel_size = 3\npadding = 1\nbias = {}",
            !norm
        );
        let norm = norm.then(|| "kind = 'batch_norm'".to_owned());
        [Some(convolution), norm, Some("kind = 'relu'".to_owned())].into_iter().flatten()
    };
    let channels = if name == "twenty" { vec![64; 20] } else { vec![64, 64, 128, 128, 256, 256] };
    let head = ["kind = 'global_avg_pool'", "kind = 'dense'\nout_features = 10"];
    let blocks = channels.into_iter().flat_map(block);
    blocks.chain(head.map(str::to_owned)).map(|text| text.parse()).collect()
}

/// Made-up images with the classes of a plan.
fn images(plan: &Plan, count: usize) -> Result<Data, Box<dyn Error>> {
    let each: usize = SHAPE.iter().product();
    let pixels = (0..count * each).map(|i| (i * 7919 % 251) as u8).collect();
    let labels = (0..count).map(|nth| nth % plan.data.classes.len()).collect();
    let train = Split::new(Images::new(SHAPE, pixels)?, labels)?;
    let normalization = cenote_datasets::Normalization::of(&train)?;
    Ok(Data {
        test: train.subset(&[0]),
        train,
        validation: None,
        normalization,
        ..plan.data.clone()
    })
}
