//! Edit distances of rapidfuzz.

use cenote_metrics::{SequenceScores, edit_distance};
use serde_json::Value;

use crate::array;

pub(super) fn check(case: &Value) -> usize {
    let pairs = array(&case["pairs"]);
    let mut scores = SequenceScores::default();
    let (mut edits, mut characters) = (0, 0);
    for pair in pairs {
        let [text, read] =
            [&pair[0], &pair[1]].map(|text| text.as_str().expect("texts are stored"));
        let stored = pair[2].as_u64().expect("a distance is stored");
        assert_eq!(edit_distance(text, read) as u64, stored, "{text} {read}");
        scores.push(text, read);
        edits += stored;
        characters += text.chars().count();
    }
    assert_eq!(scores.character_error_rate(), Some(edits as f64 / characters as f64));
    pairs.len()
}
