//! `cenote metrics sequence`: scores of texts that were read.

use std::process::ExitCode;

use cenote_metrics::{ReadItem, SequenceScores};
use serde_json::json;

use super::file;
use crate::args::Sequence;
use crate::failure::Failure;
use crate::screen;

pub(super) fn run(args: &Sequence) -> Result<ExitCode, Failure> {
    let (bytes, format) = file::read(&args.input)?;
    let mut scores = SequenceScores::default();
    let mut items = Vec::new();
    scores
        .read(&bytes, format, |item| {
            if args.items {
                items.push(item);
            }
        })
        .map_err(|error| file::refused(&args.input, &error))?;
    let named = [
        ("exact_match", scores.exact_match()),
        ("character_accuracy", scores.character_accuracy()),
        ("character_error_rate", scores.character_error_rate()),
        ("edit_similarity", scores.edit_similarity()),
    ];
    let text = if args.json {
        let mut document = json!({
            "schema": "cenote.metrics.sequence/1", "texts": scores.texts(),
            "characters": scores.characters(), "edits": scores.edits(),
        });
        let top = document.as_object_mut().expect("the document is an object");
        top.extend(named.map(|(name, score)| (name.to_owned(), json!(score))));
        if args.items {
            let rows: Vec<_> = items
                .iter()
                .map(|ReadItem { record, item }| {
                    json!({
                        "record": record, "characters": item.characters, "edits": item.edits,
                        "exact": item.is_exact(), "character_accuracy": item.character_accuracy(),
                        "character_error_rate": item.character_error_rate(),
                    })
                })
                .collect();
            top.insert("items".to_owned(), json!(rows));
        }
        format!("{document}\n")
    } else {
        words(&scores, &named, &items)
    };
    screen::print(&text).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

fn words(scores: &SequenceScores, named: &[(&str, Option<f64>)], items: &[ReadItem]) -> String {
    let shown =
        |score: Option<f64>| score.map_or_else(|| "–".to_owned(), |score| format!("{score:.4}"));
    let mut rows = vec![vec!["score".to_owned(), "value".to_owned()]];
    rows.extend(named.iter().map(|(name, score)| vec![(*name).to_owned(), shown(*score)]));
    let (texts, characters, edits) = (scores.texts(), scores.characters(), scores.edits());
    let mut text = format!(
        "{texts} texts, {characters} characters, {edits} edits\n\n{}",
        screen::table(&rows)
    );
    if !items.is_empty() {
        let mut rows =
            vec![["record", "characters", "edits", "error rate"].map(str::to_owned).to_vec()];
        rows.extend(items.iter().map(|ReadItem { record, item }| {
            let counts = [record, &item.characters, &item.edits].map(ToString::to_string);
            [counts.to_vec(), vec![shown(item.character_error_rate())]].concat()
        }));
        text.push('\n');
        text.push_str(&screen::table(&rows));
    }
    text
}
