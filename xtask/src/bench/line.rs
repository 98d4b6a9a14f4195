//! One measurement of one round.

use crate::json::Flat;

/// What a process printed about one workload, and the round it ran in.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) peer: String,
    pub(super) workload: String,
    pub(super) threads: u64,
    pub(super) round: u64,
    pub(super) ms: f64,
    pub(super) ms_min: f64,
    pub(super) version: String,
    pub(super) peak_rss_mb: Option<f64>,
    pub(super) minor_faults: Option<f64>,
    pub(super) allocations: Option<f64>,
    pub(super) fresh_buffers: Option<f64>,
    /// Thousand million floating-point operations of one run.
    pub(super) gflop: Option<f64>,
    pub(super) gflops: Option<f64>,
    /// Thousand million bytes moved in one run.
    pub(super) gbyte: Option<f64>,
    pub(super) gbytes_s: Option<f64>,
}

impl Line {
    /// Reads a line of a file of results; `None` when it is no measurement, or torn.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let flat = Flat::parse(text)?;
        let count = |key| {
            let whole = flat.number(key).filter(|n| *n >= 0.0 && n.fract() == 0.0);
            whole.map(|n| n as u64)
        };
        let time = |key| flat.number(key).filter(|ms| *ms > 0.0);
        Some(Self {
            peer: flat.text("peer")?.to_owned(),
            workload: flat.text("workload")?.to_owned(),
            threads: count("threads")?,
            round: count("round")?,
            ms: time("ms_median")?,
            ms_min: time("ms_min")?,
            version: flat.text("version").unwrap_or_default().to_owned(),
            peak_rss_mb: flat.number("peak_rss_mb"),
            minor_faults: flat.number("minor_faults_per_step"),
            allocations: flat.number("allocations_per_step"),
            fresh_buffers: flat.number("fresh_buffers_per_step"),
            gflop: flat.number("gflop"),
            gflops: flat.number("gflops"),
            gbyte: flat.number("gbyte"),
            gbytes_s: flat.number("gbytes_s"),
        })
    }
}

/// The printed object with the round and the date in it; `None` when it is no object.
pub(super) fn stamped(printed: &str, round: u64, date: &str) -> Option<String> {
    Flat::parse(printed)?;
    let open = printed.trim().strip_suffix('}')?;
    Some(format!("{open},\"round\":{round},\"date\":\"{date}\"}}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = r#"{"peer": "torch_eager", "workload": "lenet28@64", "threads": 2, "ms_median": 21.5, "ms_min": 20.0, "images_per_s": null, "version": "2.15.0"}"#;

    #[test]
    fn a_printed_line_is_read_back_with_its_round() {
        let stamped = stamped(PRINTED, 3, "2026-11-23T00:00:00Z").expect("an object");
        let line = Line::parse(&stamped).expect("a measurement");
        assert_eq!((line.peer.as_str(), line.workload.as_str()), ("torch_eager", "lenet28@64"));
        assert_eq!((line.threads, line.round, line.gflop), (2, 3, None));
        assert!((line.ms - 21.5).abs() < 1e-12 && (line.ms_min - 20.0).abs() < 1e-12);
    }

    #[test]
    fn what_is_no_measurement_is_left_out() {
        for text in [PRINTED, "", "warning: slow", r#"{"run":"x","round":0}"#, &PRINTED[..60]] {
            assert!(Line::parse(text).is_none(), "{text}");
        }
        assert!(stamped("no object", 0, "").is_none());
    }
}
