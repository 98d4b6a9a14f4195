//! What a reader is worth, in words and as JSON.

use std::fmt::Write;

use cenote_experiment::ReadScores;
use cenote_metrics::{Z_95, wilson_interval};
use serde_json::{Value, json};

/// Mistakes that are shown in words.
const SHOWN: usize = 10;

/// Whole texts, characters, and what was taken for what.
pub(super) fn words(judged: &ReadScores) -> String {
    let mut text = String::new();
    let (texts, characters) = (judged.scores.texts(), judged.scores.characters());
    share(&mut text, "whole texts right", judged.exact, texts);
    share(&mut text, "characters right in place", judged.in_place, characters);
    share(&mut text, "read with as many characters", judged.as_many, texts);
    let right = judged.right_of_as_many();
    share(&mut text, "characters right in these", right, judged.of_as_many);
    if let Some(rate) = judged.scores.character_error_rate() {
        writeln!(text, "character error rate: {:.2} %", 100.0 * rate).expect(IN_MEMORY);
    }
    if judged.unknown > 0 {
        let words = "images with characters that the reader does not know, which count as wrong";
        writeln!(text, "{words}: {}", judged.unknown).expect(IN_MEMORY);
    }
    let mistakes = judged.mistakes();
    if !mistakes.is_empty() {
        let of = |(there, read, count): &(char, char, u64)| format!("{there} as {read}: {count}");
        let shown: Vec<String> = mistakes.iter().take(SHOWN).map(of).collect();
        writeln!(text, "most frequent mistakes: {}", shown.join(", ")).expect(IN_MEMORY);
    }
    text
}

const IN_MEMORY: &str = "writing to a string does not fail";

/// A share with its Wilson interval.
fn share(text: &mut String, what: &str, hits: u64, all: u64) {
    let line = match wilson_interval(hits, all, Z_95) {
        None => format!("{what}: undefined, there is none"),
        Some((low, high)) => format!(
            "{what}: {:.2} % ({hits} of {all}, 95 % interval [{:.2}, {:.2}])",
            100.0 * hits as f64 / all as f64,
            100.0 * low,
            100.0 * high
        ),
    };
    writeln!(text, "{line}").expect(IN_MEMORY);
}

/// The same as a document.
pub(super) fn document(judged: &ReadScores) -> Value {
    let share = |hits: u64, all: u64| {
        let interval = wilson_interval(hits, all, Z_95);
        json!({
            "hits": hits, "of": all, "share": (all > 0).then(|| hits as f64 / all as f64),
            "interval": interval.map(|(low, high)| [low, high]),
        })
    };
    let (texts, characters) = (judged.scores.texts(), judged.scores.characters());
    let taken: Vec<Value> =
        judged.taken.iter().map(|(&(a, b), &count)| json!([a, b, count])).collect();
    json!({
        "whole_texts": share(judged.exact, texts),
        "characters": share(judged.in_place, characters),
        "as_many_characters": share(judged.as_many, texts),
        "characters_of_as_many": share(judged.right_of_as_many(), judged.of_as_many),
        "character_error_rate": judged.scores.character_error_rate(),
        "unknown": judged.unknown,
        "confusion": taken,
    })
}
