//! Federated evaluation by lvis-api 0.5.3, bit for bit.

use cenote_metrics::{CocoReader, LvisSettings, Mode, Similarity};
use serde_json::Value;

use crate::{assert_same_array, assert_same_bits, cases, number, shared_cases};

fn check(case: &Value) {
    let what = case["name"].to_string();
    let mut settings = LvisSettings::new(Similarity::Boxes, Mode::Strict);
    settings.max_dets = usize::try_from(number(&case["max_dets"]) as i64).ok();
    let reader = CocoReader { similarity: Similarity::Boxes, mode: Mode::Strict, federated: true };
    let bytes = |value: &Value| serde_json::to_vec(value).expect("JSON can be written");
    let truth = reader.truth_from(&bytes(&case["gt"])[..], &what).unwrap_or_else(|e| panic!("{e}"));
    let found =
        reader.results_from(&bytes(&case["dt"])[..], &what).unwrap_or_else(|e| panic!("{e}"));
    let evaluated = settings.evaluate(&truth, &found).unwrap_or_else(|e| panic!("{what}: {e}"));
    let [precision, recall, _] = evaluated.matches.grids();
    assert_same_array(&what, &precision, &case["expected"]["precision"]);
    assert_same_array(&what, &recall, &case["expected"]["recall"]);
    let summary = evaluated.summary();
    let stored = case["expected"]["results"].as_object().expect("results by name");
    assert_eq!(summary.lines.len(), stored.len());
    for line in &summary.lines {
        // The reference calls its limit 300 whatever it cut results to.
        let (name, _) = line.name.split_once('@').unwrap_or((&line.name, ""));
        let key = stored.keys().find(|key| key.split('@').next() == Some(name));
        let stored = number(&stored[key.expect("the reference has this number")]);
        assert_same_bits(
            &format!("{what} {}", line.name),
            &[line.value.unwrap_or(-1.0)],
            &[stored],
        );
    }
}

#[test]
fn federated_scores_equal_lvis_api() {
    let own = cases("lvis");
    assert!(own.len() >= 10);
    own.iter().for_each(check);
    shared_cases("lvis_cases.jsonl").iter().for_each(check);
}
