//! Everything that can stand where a pooling layer stands, with the settings of its example, in the
//! steady state of training.
//!
//! ```text
//! cargo bench -p cenote-benches --bench pool_kinds                    criterion, forward and a whole step
//! RAYON_NUM_THREADS=2 cargo bench -p cenote-benches --bench pool_kinds -- --table [PART OF A NAME]...
//! RAYON_NUM_THREADS=2 cargo bench -p cenote-benches --bench pool_kinds -- --torch [PART OF A NAME]...
//! ```
//!
//! The list is that of `cenote-layers`: a new pool is timed the moment it is listed. `--table` prints
//! how many times longer each pass takes than its bytes would at the bandwidth of the memory, which
//! it measures in the same minutes (the best of many triads over 384 MB):
//!
//! - forward moves the input, the parameters, the output, and what is saved for the backward pass
//!   beside these;
//! - backward moves the gradient of the output, what was saved, the gradient of the input, and the
//!   parameters with their gradients.
//!
//! Each counts once. So an operator that keeps its input is granted the time to read it again, and
//! nothing is granted for values between operations. The maps of the table have 16.8 MB: they lie
//! partly in a cache, as they do in a training step, and a factor below 1 is possible.
//!
//! Convolutions, matrices and filters do more arithmetic than that. `MACs` is how many times longer a
//! pass takes than the multiply-adds of the definition would if nothing held them up: those of the
//! forward pass as the layer counts them, and twice as many backward, for the gradients of cells and of
//! weights. It stands where these take longer than the bytes do, and is below 1 where an algorithm needs
//! fewer.
//!
//! Operators take turns, round by round. Times are medians over all rounds; `best` is the factor of
//! the shortest one, which a busy machine disturbs least.
//!
//! `--torch` prints how long the passes take beside those of PyTorch's operator, or of the shortest
//! composition of its calls, in `benches/peers/torch_pools.py`. Both have as many threads and take turns;
//! `times` is the median over the rounds of how many times longer PyTorch took, with the smallest and the
//! largest. `CENOTE_PEER_PYTHON` names a Python that has it; `python3` unless it is set.

use std::time::Duration;

use cenote_benches::{Arithmetic, Bandwidth, Moved, Passes, Steady, Torch, criterion, in_pool};
use cenote_layers::{LayerSpec, OPERATOR_KINDS};
use cenote_spec::Kind;
use criterion::{Criterion, Throughput};

fn layers(c: &mut Criterion) {
    for shape @ [batch, channels, rows, columns] in [MAPS, [64, 16, 14, 14]] {
        for kind in OPERATOR_KINDS {
            let layer = Steady::new(kind, shape);
            let Moved { forward, backward } = layer.moved();
            let moved = |bytes: usize| Throughput::ElementsAndBytes {
                elements: layer.outputs() as u64,
                bytes: bytes as u64,
            };
            let size = format!("{batch}x{channels}x{rows}x{columns}");
            let mut group = c.benchmark_group(format!("pool/{}/{size}", kind.name));
            let mut time = |name: &str, bytes: usize, seconds: fn(&Steady) -> f64| {
                group.throughput(moved(bytes));
                group.bench_function(name, |b| {
                    b.iter_custom(|count| {
                        Duration::from_secs_f64((0..count).map(|_| seconds(&layer)).sum())
                    });
                });
            };
            time("forward", forward, |layer| layer.step().forward);
            time("forward_and_backward", forward + backward, |layer| {
                let passes = layer.step();
                passes.forward + passes.backward
            });
            group.finish();
        }
    }
}

/// The batch of the table.
const MAPS: [usize; 4] = [64, 64, 32, 32];
/// Times that every operator has its turn,
const ROUNDS: usize = 9;
/// and steps of a turn, of which the first is not counted.
const STEPS: usize = 6;

/// An operator and what its passes took.
struct Row<'a> {
    kind: &'a Kind<dyn LayerSpec>,
    layer: Steady,
    forward: Vec<f64>,
    backward: Vec<f64>,
}

impl Row<'_> {
    /// Seconds of the passes of a turn.
    fn turn(&self) -> [Vec<f64>; 2] {
        self.layer.step();
        let steps: Vec<Passes> = (1..STEPS).map(|_| self.layer.step()).collect();
        [
            steps.iter().map(|passes| passes.forward).collect(),
            steps.iter().map(|passes| passes.backward).collect(),
        ]
    }
}

/// The operators whose names have one of these parts, or all.
fn rows(parts: &[String]) -> Vec<Row<'static>> {
    let wanted = |kind: &&Kind<_>| {
        parts.is_empty() || parts.iter().any(|part| kind.name.contains(part.as_str()))
    };
    let row = |kind| Row {
        kind,
        layer: Steady::new(kind, MAPS),
        forward: Vec::new(),
        backward: Vec::new(),
    };
    OPERATOR_KINDS.iter().filter(wanted).map(row).collect()
}

fn table(parts: &[String]) {
    let mut rows = rows(parts);
    let (mut bandwidth, mut arithmetic) = (Bandwidth::default(), Arithmetic::default());
    for _ in 0..ROUNDS {
        bandwidth.measure();
        arithmetic.measure();
        for row in &mut rows {
            let [forward, backward] = row.turn();
            row.forward.extend(forward);
            row.backward.extend(backward);
        }
    }
    print(rows, bandwidth.best(), arithmetic.best());
}

#[expect(clippy::print_stdout, reason = "a bench says what it measured")]
fn print(rows: Vec<Row<'_>>, bandwidth: f64, arithmetic: f64) {
    let (set, threads) = (cenote_tensor::instruction_set(), rayon::current_num_threads());
    let [bytes, macs] = [bandwidth, arithmetic].map(|rate| rate / 1e9);
    println!("{bytes:.1} GB/s, {macs:.0} GMAC/s, {threads} threads, {set}, {MAPS:?}\n");
    let heads =
        ["forward", "backward"].map(|pass| format!("{pass} MB | ms | factor | best | MACs"));
    println!("| operator | {} |", heads.join(" | "));
    println!("|---|{}", "--:|".repeat(10));
    for Row { kind, layer, forward, backward } in rows {
        let moved = layer.moved();
        let passes = [(forward, moved.forward, 1), (backward, moved.backward, 2)];
        let cells = passes.map(|(times, bytes, each)| {
            let [median, best] = quantiles(times);
            let factor = |seconds: f64| seconds / (bytes as f64 / bandwidth);
            let of_macs = (each * layer.macs()) as f64 / arithmetic;
            let macs = if of_macs > bytes as f64 / bandwidth {
                format!("{:.1}", median / of_macs)
            } else {
                "–".into()
            };
            let (megabytes, milliseconds) = (bytes as f64 / 1e6, median * 1e3);
            format!(
                "{megabytes:.1} | {milliseconds:.2} | {:.1} | {:.1} | {macs}",
                factor(median),
                factor(best)
            )
        });
        println!("| `{}` | {} |", kind.name, cells.join(" | "));
    }
}

/// The middle one and the shortest.
fn quantiles(mut times: Vec<f64>) -> [f64; 2] {
    times.sort_by(f64::total_cmp);
    [times[times.len() / 2], times[0]]
}

#[expect(clippy::print_stdout, reason = "a bench says what it measured")]
fn against(parts: &[String]) {
    let (set, threads) = (cenote_tensor::instruction_set(), rayon::current_num_threads());
    let mut torch = Torch::start(threads, MAPS);
    println!("PyTorch {}, {threads} threads, {set}, {MAPS:?}\n", torch.version());
    let heads = ["forward", "backward"].map(|pass| format!("{pass} ms | PyTorch | times"));
    println!("| operator | {} |", heads.join(" | "));
    println!("|---|{}", "--:|".repeat(6));
    for row in rows(parts) {
        let mut rounds = [const { Vec::new() }; 2];
        for _ in 0..ROUNDS {
            let ours = row.turn();
            let Some((outputs, theirs)) = torch.turn(row.kind.name) else { break };
            assert_eq!(outputs, row.layer.outputs(), "{}: the same output", row.kind.name);
            for (rounds, (ours, theirs)) in rounds.iter_mut().zip(ours.into_iter().zip(theirs)) {
                rounds.push([ours, theirs].map(|times| quantiles(times)[0]));
            }
        }
        let cells = rounds.map(|rounds| {
            if rounds.is_empty() {
                return "– | – | –".to_owned();
            }
            let [ours, theirs] = [0, 1].map(|of| {
                quantiles(rounds.iter().map(|round: &[f64; 2]| round[of]).collect())[0] * 1e3
            });
            let times: Vec<f64> = rounds.iter().map(|[ours, theirs]| theirs / ours).collect();
            let [median, least] = quantiles(times.clone());
            let most = times.into_iter().fold(0.0, f64::max);
            format!("{ours:.2} | {theirs:.2} | {median:.1} ({least:.1} to {most:.1})")
        });
        println!("| `{}` | {} |", row.kind.name, cells.join(" | "));
    }
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match words.split_first() {
        Some((first, parts)) if first == "--table" => in_pool(|| table(parts)),
        Some((first, parts)) if first == "--torch" => in_pool(|| against(parts)),
        _ => in_pool(|| layers(&mut criterion())),
    }
}
