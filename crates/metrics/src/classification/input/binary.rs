//! One of two classes.

use super::names::Names;
use super::{Examples, Known, ReadOptions, Rows};
use crate::table::{short, yes};
use crate::{BinaryScores, ConfusionMatrix, Error};

/// The score from which to say yes where nothing else is said.
const THRESHOLD: f64 = 0.5;

/// One record, its classes by number.
struct Row {
    label: u8,
    prediction: Option<u8>,
    score: f64,
    weight: f64,
}

pub(super) fn read(mut rows: Rows<'_>, options: &ReadOptions) -> Result<Examples, Error> {
    let label = rows.table.need("label")?;
    let score = match options.threshold {
        Some(_) => Some(rows.table.need("score")?),
        None => rows.table.find("score"),
    };
    // A threshold takes the place of the predictions.
    let prediction = rows.table.find("prediction").filter(|_| options.threshold.is_none());
    if score.is_none() && prediction.is_none() {
        return Err(Error::Table("no column `prediction` or `score`".to_owned()));
    }
    let mut names = Names::new();
    let mut read = Vec::new();
    while let Some((record, weight)) = rows.next()? {
        let mut class = |column: usize| {
            let text = record.text(&rows.table, column)?;
            if text.is_empty() {
                return Err(record.wrong(&rows.table, column, "", "the name of a class"));
            }
            if names.number(text).is_none() && names.len() == 2 {
                let [a, b] = [0, 1].map(|at| short(&names.as_slice()[at]));
                let fits = format!("`{a}` or `{b}`, since a binary task has two classes");
                return Err(record.wrong(&rows.table, column, text, &fits));
            }
            Ok(names.meet(text) as u8)
        };
        read.push(Row {
            label: class(label)?,
            prediction: prediction.map(class).transpose()?,
            score: score.map_or(Ok(0.0), |column| record.number(&rows.table, column))?,
            weight,
        });
    }
    let (positive, classes) = positive(&names, options)?;
    let mut confusion = ConfusionMatrix::weighted(2);
    let mut scores = score.map(|_| BinaryScores::new());
    let threshold = options.threshold.unwrap_or(THRESHOLD);
    for row in &read {
        let truth = Some(usize::from(row.label)) == positive;
        let said = match row.prediction {
            Some(prediction) => Some(usize::from(prediction)) == positive,
            None => row.score >= threshold,
        };
        confusion.add(usize::from(truth), usize::from(said), row.weight)?;
        if let Some(scores) = &mut scores {
            scores.push(truth, row.score, row.weight)?;
        }
    }
    Ok(Examples { examples: read.len(), classes, known: Known::Binary(confusion, scores) })
}

/// The number of the positive class, if it occurs, and the names of both, the positive one second.
fn positive(names: &Names, options: &ReadOptions) -> Result<(Option<usize>, Vec<String>), Error> {
    let met = names.as_slice();
    let at = match &options.positive {
        Some(name) => names.number(name),
        None => met.iter().position(|name| yes(name) == Some(true)),
    };
    let other =
        |at: usize| met.iter().enumerate().find(|(i, _)| *i != at).map(|(_, name)| name.clone());
    match (at, &options.positive, met) {
        (Some(at), ..)
            if options.positive.is_some()
                || other(at).is_none_or(|name| yes(&name) == Some(false)) =>
        {
            let negative = other(at).unwrap_or_else(|| format!("not {}", met[at]));
            Ok((Some(at), vec![negative, met[at].clone()]))
        }
        // Only the negative class occurs.
        (None, Some(name), [only]) => Ok((None, vec![only.clone(), name.clone()])),
        (None, None, [only]) if yes(only) == Some(false) => Ok((
            None,
            vec![only.clone(), if only.parse::<f64>().is_ok() { "1" } else { "true" }.to_owned()],
        )),
        _ => {
            let shown: Vec<String> = met.iter().map(|name| format!("`{}`", short(name))).collect();
            let shown = match shown.len() {
                1 => format!("the only class is {}", shown[0]),
                _ => format!("the classes are {}", shown.join(" and ")),
            };
            Err(Error::Table(match &options.positive {
                Some(name) => format!("{shown}, none of them the positive `{}`", short(name)),
                None => format!("{shown}; say which of them is the positive one"),
            }))
        }
    }
}
