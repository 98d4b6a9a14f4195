//! Everything that can stand where a pooling layer stands, with the settings of its example, in the
//! steady state of training.
//!
//! ```text
//! cargo bench -p cenote-benches --bench pool_kinds                    criterion, forward and a whole step
//! RAYON_NUM_THREADS=2 cargo bench -p cenote-benches --bench pool_kinds -- --table [PART OF A NAME]...
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

use std::time::Duration;

use cenote_benches::{Arithmetic, Bandwidth, Moved, Steady, criterion, in_pool};
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

fn table(parts: &[String]) {
    let wanted = |kind: &&Kind<_>| {
        parts.is_empty() || parts.iter().any(|part| kind.name.contains(part.as_str()))
    };
    let mut rows: Vec<Row<'_>> = OPERATOR_KINDS
        .iter()
        .filter(wanted)
        .map(|kind| Row {
            kind,
            layer: Steady::new(kind, MAPS),
            forward: Vec::new(),
            backward: Vec::new(),
        })
        .collect();
    let (mut bandwidth, mut arithmetic) = (Bandwidth::default(), Arithmetic::default());
    for _ in 0..ROUNDS {
        bandwidth.measure();
        arithmetic.measure();
        for row in &mut rows {
            row.layer.step();
            for _ in 1..STEPS {
                let passes = row.layer.step();
                row.forward.push(passes.forward);
                row.backward.push(passes.backward);
            }
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

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match words.split_first() {
        Some((first, parts)) if first == "--table" => in_pool(|| table(parts)),
        _ => in_pool(|| layers(&mut criterion())),
    }
}
