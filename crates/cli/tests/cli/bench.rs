//! `cenote bench`: what it prints, and what it does not know.

use serde_json::Value;

use crate::program::{Place, Said, says};

/// As little as one can measure.
const GLANCE: &str = "--budget 0 --min-runs 1 --min-seconds 0";

fn lines(words: &str) -> Vec<Value> {
    let out = Place::new().succeeds(&format!("bench --json {GLANCE} {words}"));
    let line = |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    out.lines().map(line).collect()
}

#[test]
fn every_line_has_the_fields_of_the_peers_and_ours() {
    let lines = lines("--threads 2 --workload lenet28@2,lenet28_infer@1,op.relu_64x64x32x32.bwd");
    let names: Vec<_> = lines.iter().map(|line| line["workload"].as_str()).collect();
    let expected = ["lenet28@2", "lenet28_infer@1", "op.relu_64x64x32x32.bwd"];
    assert_eq!(names, expected.map(Some));
    for line in &lines {
        assert_eq!((line["peer"].as_str(), line["threads"].as_u64()), (Some("cenote"), Some(2)));
        let [least, middle, most] = ["ms_min", "ms_median", "ms_max"]
            .map(|key| line[key].as_f64().unwrap_or_else(|| panic!("{key} is a number in {line}")));
        assert!(0.0 < least && least <= middle && middle <= most, "{line}");
        assert!(line["n"].as_u64() >= Some(1), "{line}");
        assert_eq!(line["version"].as_str(), Some(env!("CARGO_PKG_VERSION")));
        assert!(line["instruction_set"].is_string() && line["fresh_buffers_per_step"].is_number());
        assert!(line["allocations_per_step"].is_number(), "{line}");
        for key in ["peak_rss_mb", "minor_faults_per_step"] {
            assert_eq!(line[key].is_number(), cfg!(target_os = "linux"), "{key} in {line}");
        }
    }
    assert!(lines[0]["allocations_per_step"].as_u64() > Some(0), "a step records a tape");
    // Forward, both gradients but the first convolution's of the images; two images.
    let gflop = |line: &Value| line["gflop"].as_f64().map(|gflop| (gflop * 1e9).round());
    assert_eq!(gflop(&lines[0]), Some(2.0 * 2.0 * 32_568_064.0));
    assert_eq!(gflop(&lines[1]), Some(2.0 * 11_065_088.0));
    let moved = 3.0 * f64::from(64 * 64 * 32 * 32 * 4) / 1e9;
    assert_eq!(lines[2]["gbyte"].as_f64(), Some(moved));
    assert!(lines[0]["images_per_s"].is_number() && lines[2]["images_per_s"].is_null());
}

#[test]
fn a_group_stands_for_all_in_it() {
    let lines = lines("--threads 1 --workload machine");
    let names: Vec<_> = lines.iter().filter_map(|line| line["workload"].as_str()).collect();
    assert_eq!(names.len(), 5);
    assert!(names.iter().all(|name| name.starts_with("machine.")), "{names:?}");
    assert!(lines[0]["gflops"].as_f64() > Some(0.0) && lines[1]["gbytes_s"].as_f64() > Some(0.0));
}

#[test]
fn without_json_there_is_a_table() {
    let words = format!("bench {GLANCE} --threads 1 --workload lenet28@1,op.gemm_1024.fwd");
    let out = Place::new().succeeds(&words);
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 4, "{out}");
    says(lines[0], &["workload", "threads", "ms", "images/s", "GFLOP/s", "faults", "peak MB"]);
    assert!(lines[1].starts_with("lenet28@1 ") && lines[2].starts_with("op.gemm_1024.fwd "));
    assert!(lines[3].starts_with("instructions: "), "{out}");
}

#[test]
fn an_unknown_workload_is_answered_with_the_nearest_and_all() {
    let place = Place::new();
    let error = place.refuses("bench --workload lenet28@1,lenet82", 2);
    says(&error, &["unknown workload `lenet82`", "did you mean `lenet28`?"]);
    says(&error, &["expected one of all, nets, ops, machine", "vgg16_infer", "gemm_1024"]);
    let error = place.refuses("bench --workload lenet28@0", 2);
    says(&error, &["workload `lenet28@0`: expected a batch from 1 to 4096"]);
}

#[test]
fn rules_that_are_no_numbers_are_refused() {
    let place = Place::new();
    let error = place.refuses("bench --budget -1", 2);
    says(&error, &["invalid value '-1' for '--budget <SECONDS>'", "0 or more"]);
    let mut command = place.command("bench --workload lenet28@1");
    let error = Said::of(command.env("PEER_MIN_N", "ten")).refusal("bench", 2);
    says(&error, &["PEER_MIN_N is `ten`; expected a number"]);
}
