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
//! Operators take turns, round by round. Times are medians over all rounds; `at best` is the factor of
//! the shortest one, which a busy machine disturbs least.

use std::time::Duration;

use cenote_benches::{Bandwidth, Moved, Steady, criterion, in_pool};
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
    let mut bandwidth = Bandwidth::default();
    for _ in 0..ROUNDS {
        bandwidth.measure();
        for row in &mut rows {
            row.layer.step();
            for _ in 1..STEPS {
                let passes = row.layer.step();
                row.forward.push(passes.forward);
                row.backward.push(passes.backward);
            }
        }
    }
    print(rows, bandwidth.best());
}

#[expect(clippy::print_stdout, reason = "a bench says what it measured")]
fn print(rows: Vec<Row<'_>>, bandwidth: f64) {
    let (set, threads) = (cenote_tensor::instruction_set(), rayon::current_num_threads());
    println!("{:.1} GB/s, {threads} threads, {set}, {MAPS:?}\n", bandwidth / 1e9);
    let heads = ["forward", "backward"].map(|pass| format!("{pass} MB | ms | factor | best"));
    println!("| operator | {} |", heads.join(" | "));
    println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|");
    for Row { kind, layer, forward, backward } in rows {
        let moved = layer.moved();
        let cells = [(forward, moved.forward), (backward, moved.backward)].map(|(times, bytes)| {
            let [median, best] = quantiles(times);
            let factor = |seconds: f64| seconds / (bytes as f64 / bandwidth);
            let (megabytes, milliseconds) = (bytes as f64 / 1e6, median * 1e3);
            format!(
                "{megabytes:.1} | {milliseconds:.2} | {:.1} | {:.1}",
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
