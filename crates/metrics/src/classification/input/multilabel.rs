//! Any number of several labels.

use super::{Examples, Known, ReadOptions, Rows};
use crate::table::Table;
use crate::{Error, MultilabelPredictions, MultilabelScores};

/// The score from which to say yes where nothing else is said.
const THRESHOLD: f64 = 0.5;

pub(super) fn read(mut rows: Rows<'_>, options: &ReadOptions) -> Result<Examples, Error> {
    let labels = rows.table.family("label_");
    if labels.is_empty() {
        return Err(Error::Table("no column `label_NAME`".to_owned()));
    }
    let scores = family(&rows.table, "score_", &labels)?;
    let predictions = match options.threshold {
        // A threshold takes the place of the predictions.
        Some(_) => None,
        None => family(&rows.table, "prediction_", &labels)?,
    };
    if scores.is_none() && (predictions.is_none() || options.threshold.is_some()) {
        return Err(Error::Table(match options.threshold {
            Some(_) => "no columns `score_NAME` to hold against the threshold".to_owned(),
            None => "no columns `prediction_NAME` or `score_NAME`".to_owned(),
        }));
    }
    let threshold = options.threshold.unwrap_or(THRESHOLD);
    let mut said = MultilabelPredictions::new(labels.len());
    let mut all = scores.as_ref().map(|_| MultilabelScores::new(labels.len()));
    let (mut truth, mut row, mut yes) = (Vec::new(), Vec::new(), Vec::new());
    while let Some((record, weight)) = rows.next()? {
        for cleared in [&mut truth, &mut yes] {
            cleared.clear();
        }
        row.clear();
        for (column, _) in &labels {
            truth.push(record.yes(&rows.table, *column)?);
        }
        for &column in scores.iter().flatten() {
            row.push(record.number(&rows.table, column)?);
        }
        match &predictions {
            Some(columns) => {
                for &column in columns {
                    yes.push(record.yes(&rows.table, column)?);
                }
            }
            None => yes.extend(row.iter().map(|&score| score >= threshold)),
        }
        said.push(&truth, &yes, weight)?;
        if let Some(all) = &mut all {
            all.push(&truth, &row, weight)?;
        }
    }
    let classes = labels.into_iter().map(|(_, name)| name).collect();
    Ok(Examples { examples: rows.read, classes, known: Known::Multilabel(said, all) })
}

/// A column of this prefix for every label, in the order of the labels; `None` when there is none at all.
fn family(
    table: &Table<'_>,
    prefix: &str,
    labels: &[(usize, String)],
) -> Result<Option<Vec<usize>>, Error> {
    let there = table.family(prefix);
    if there.is_empty() {
        return Ok(None);
    }
    for (_, name) in &there {
        table.need(&format!("label_{name}"))?;
    }
    let columns = labels.iter().map(|(_, name)| table.need(&format!("{prefix}{name}")));
    columns.collect::<Result<_, _>>().map(Some)
}
