//! `cenote evaluate`: a checkpoint judged by the test images of its data, as they are or corrupted.

use std::process::ExitCode;

use cenote_datasets::Damage;
use cenote_experiment::{Evaluation, Trained};
use cenote_metrics::{Z_95, f_beta, precision, recall, wilson_interval};
use serde_json::json;

use crate::args::Evaluate;
use crate::failure::Failure;
use crate::screen;

pub(super) fn run(args: &Evaluate) -> Result<ExitCode, Failure> {
    let trained = Trained::read(&args.checkpoint)?;
    let named = args.corruption.as_deref().map(|name| Damage::named(name, args.severity));
    let damage =
        named.transpose().map_err(|error| Failure::Usage(format!("--corruption: {error}")))?;
    let data = trained.data()?;
    let judged = match &damage {
        None => trained.evaluate(&data)?,
        Some(damage) => trained.evaluate_under(damage, &data)?,
    };
    let classes = &trained.notes.classes;
    let text = if args.json {
        let rows: Vec<_> = (0..classes.len())
            .map(|class| {
                let counts = judged.confusion.counts(class);
                json!({
                    "class": classes[class], "support": counts.support(),
                    "precision": precision(counts), "recall": recall(counts),
                    "f1": f_beta(counts, 1.0),
                })
            })
            .collect();
        let (notes, scores) = (&trained.notes, judged.scores());
        let mut document = json!({
            "schema": "cenote.evaluate/1", "study": notes.study.name, "arm": notes.arm,
            "seed": notes.seed, "scores": scores, "classes": rows,
        });
        if let Some(Damage { name, severity, .. }) = &damage {
            document["corruption"] = json!({ "name": name, "severity": severity });
        }
        format!("{document}\n")
    } else {
        let under = damage.map_or_else(String::new, |Damage { name, severity, .. }| {
            let at = severity.map_or_else(String::new, |at| format!(" at severity {at}"));
            format!("under {name}{at}\n")
        });
        format!("{under}{}\n{}", scores_text(&judged), per_class(classes, &judged))
    };
    screen::print(&text).map_err(Failure::Output)?;
    Ok(ExitCode::SUCCESS)
}

/// Accuracy with its interval, and the loss.
pub(super) fn scores_text(judged: &Evaluation) -> String {
    let (right, all) = (judged.confusion.correct(), judged.confusion.total());
    let accuracy = if all == 0 { 0.0 } else { 100.0 * right as f64 / all as f64 };
    let interval = wilson_interval(right, all, Z_95).map_or_else(String::new, |(low, high)| {
        format!(", 95 % interval [{:.2}, {:.2}]", 100.0 * low, 100.0 * high)
    });
    format!(
        "test accuracy {accuracy:.2} % ({right} of {all} images{interval})\ntest loss {:.4}\n",
        judged.loss
    )
}

fn per_class(classes: &[String], judged: &Evaluation) -> String {
    let shown =
        |score: Option<f64>| score.map_or("–".to_owned(), |s| format!("{:.2} %", 100.0 * s));
    let heads = ["class", "images", "precision", "recall", "F1"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    for (class, name) in classes.iter().enumerate() {
        let counts = judged.confusion.counts(class);
        rows.push(vec![
            name.clone(),
            counts.support().to_string(),
            shown(precision(counts)),
            shown(recall(counts)),
            shown(f_beta(counts, 1.0)),
        ]);
    }
    screen::table(&rows)
}
