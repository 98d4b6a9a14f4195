//! Scores of many examples: what scikit-learn does in `roc_auc_score`, `confusion_matrix` and the like.

use std::fmt::Write;
use std::hint::black_box;

use cenote_benches::{criterion, in_pool};
use cenote_metrics::{
    BinaryScores, Binning, ConfusionMatrix, Examples, ReadOptions, TableFormat, Task, edit_distance,
};
use criterion::{Criterion, Throughput};

const EXAMPLES: usize = 1_000_000;

/// Numbers below `limit` with no pattern that a sort could use.
fn numbers(count: usize, limit: u32) -> Vec<u32> {
    let mut state = 1_u32;
    let draw = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((u64::from(state) * u64::from(limit)) >> 32) as u32
    };
    (0..count).map(draw).collect()
}

fn rankings(c: &mut Criterion) {
    let scores: Vec<f64> =
        numbers(EXAMPLES, 1 << 20).iter().map(|&n| f64::from(n) / f64::from(1 << 20)).collect();
    let labels: Vec<bool> = numbers(EXAMPLES, 5).iter().map(|&n| n == 0).collect();
    let scores = BinaryScores::from_scores(&labels, &scores).expect("the scores are finite");
    let mut group = c.benchmark_group("metrics/binary_1e6");
    group.throughput(Throughput::Elements(EXAMPLES as u64));
    group.bench_function("roc_auc_and_average_precision", |b| {
        b.iter(|| {
            let ranked = black_box(&scores).thresholds();
            (ranked.roc_auc(), ranked.average_precision())
        });
    });
    group.bench_function("log_loss", |b| b.iter(|| black_box(&scores).log_loss()));
    group.bench_function("calibration_equal_mass", |b| {
        b.iter(|| black_box(&scores).calibration(15, Binning::EqualMass));
    });
    group.finish();
}

fn matrices(c: &mut Criterion) {
    let class = |count| numbers(count, 100).into_iter().map(|n| n as usize).collect::<Vec<_>>();
    let (labels, predictions) = (class(EXAMPLES), class(EXAMPLES + 1));
    let mut group = c.benchmark_group("metrics/multiclass_1e6x100");
    group.throughput(Throughput::Elements(EXAMPLES as u64));
    group.bench_function("confusion_matrix", |b| {
        b.iter(|| ConfusionMatrix::from_labels(100, black_box(&labels), &predictions[1..]));
    });
    group.finish();
}

fn files(c: &mut Criterion) {
    let mut text = String::from("label,prediction,score\n");
    for number in numbers(EXAMPLES, 1 << 20) {
        let _ = writeln!(
            text,
            "{},{},{}",
            number & 1,
            number >> 1 & 1,
            f64::from(number) / 1_048_576.0
        );
    }
    let options = ReadOptions::new(Task::Binary);
    let mut group = c.benchmark_group("metrics/file_1e6");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.sample_size(10).bench_function("read_csv", |b| {
        b.iter(|| Examples::read(black_box(text.as_bytes()), TableFormat::Csv, &options));
    });
    group.finish();
}

fn texts(c: &mut Criterion) {
    let text = |count: usize| -> String {
        numbers(count, 26).iter().map(|&n| (b'a' + n as u8) as char).collect()
    };
    let mut group = c.benchmark_group("metrics/edit_distance");
    for length in [8, 64, 1_000] {
        let (a, b) = (text(length), text(length + 1)[1..].to_owned());
        group.bench_function(length.to_string(), |bench| {
            bench.iter(|| edit_distance(black_box(&a), &b));
        });
    }
    group.finish();
}

fn main() {
    in_pool(|| {
        let c = &mut criterion();
        rankings(c);
        matrices(c);
        files(c);
        texts(c);
    });
}
