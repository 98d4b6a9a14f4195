//! One measurement as a line of JSON and as a row of a table.

use serde::Serialize;

use super::Work;
use super::clock::Timed;
use super::process;
use super::workload::Workload;

/// What is printed of one measurement; the first fields are those of all peers.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    peer: &'static str,
    workload: String,
    threads: usize,
    ms_median: f64,
    ms_min: f64,
    ms_max: f64,
    n: usize,
    images_per_s: Option<f64>,
    peak_rss_mb: Option<f64>,
    version: &'static str,
    instruction_set: &'static str,
    minor_faults_per_step: Option<u64>,
    allocations_per_step: u64,
    fresh_buffers_per_step: usize,
    gflop: Option<f64>,
    gflops: Option<f64>,
    gbyte: Option<f64>,
    gbytes_s: Option<f64>,
}

impl Line {
    pub(super) fn new(workload: &Workload, threads: usize, timed: &Timed, work: Work) -> Self {
        // A limit of the machine is what its best run reached; a workload takes what it usually takes.
        let milliseconds = if workload.is_limit() { timed.min() } else { timed.median() };
        let giga = |count: Option<u64>| count.map(|count| count as f64 / 1e9);
        let rate = |count: Option<u64>| giga(count).map(|g| rounded(g / milliseconds * 1e3, 2));
        let per_second = |batch: usize| rounded(batch as f64 / timed.median() * 1e3, 2);
        Self {
            peer: "cenote",
            workload: workload.to_string(),
            threads,
            ms_median: rounded(timed.median(), 4),
            ms_min: rounded(timed.min(), 4),
            ms_max: rounded(timed.max(), 4),
            n: timed.milliseconds.len(),
            images_per_s: workload.batch().map(per_second),
            peak_rss_mb: process::peak_rss_mb().map(|mb| rounded(mb, 1)),
            version: env!("CARGO_PKG_VERSION"),
            instruction_set: cenote_tensor::instruction_set(),
            minor_faults_per_step: timed.minor_faults,
            allocations_per_step: timed.allocations,
            fresh_buffers_per_step: timed.fresh_buffers,
            gflop: giga(work.flop),
            gflops: rate(work.flop),
            gbyte: giga(work.bytes),
            gbytes_s: rate(work.bytes),
        }
    }

    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).expect("numbers and words are JSON")
    }

    /// The row under [`HEADS`].
    pub(super) fn row(&self) -> Vec<String> {
        let some = |value: Option<f64>, digits: usize| {
            value.map_or_else(String::new, |value| format!("{value:.digits$}"))
        };
        vec![
            self.workload.clone(),
            self.threads.to_string(),
            significant(self.ms_median),
            significant(self.ms_min),
            significant(self.ms_max),
            self.n.to_string(),
            some(self.images_per_s, 1),
            some(self.gflops, 1),
            some(self.gbytes_s, 1),
            self.minor_faults_per_step.map_or_else(String::new, |faults| faults.to_string()),
            self.allocations_per_step.to_string(),
            self.fresh_buffers_per_step.to_string(),
            some(self.peak_rss_mb, 0),
        ]
    }
}

/// What stands in a row.
pub(super) const HEADS: [&str; 13] = [
    "workload", "threads", "ms", "min", "max", "n", "images/s", "GFLOP/s", "GB/s", "faults",
    "allocs", "fresh", "peak MB",
];

fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}

/// Four digits that count, or all before the point.
fn significant(milliseconds: f64) -> String {
    let before = milliseconds.abs().max(1e-3).log10().floor() as i32 + 1;
    let digits = usize::try_from(4 - before).unwrap_or(0);
    format!("{milliseconds:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_with_four_digits() {
        for (milliseconds, shown) in
            [(0.123_44, "0.1234"), (1.234_5, "1.234"), (12.345, "12.35"), (12_345.6, "12346")]
        {
            assert_eq!(significant(milliseconds), shown);
        }
    }
}
