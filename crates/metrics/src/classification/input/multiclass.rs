//! One of several classes.

use super::names::{Names, check_classes};
use super::{Examples, Known, ReadOptions, Rows};
use crate::table::{Record, Table};
use crate::{ConfusionMatrix, Error, MulticlassScores};

pub(super) fn read(rows: Rows<'_>, options: &ReadOptions) -> Result<Examples, Error> {
    let scores = rows.table.family("score_");
    let named = scores.iter().map(|(_, name)| name.clone()).collect::<Vec<_>>();
    let given = options.classes.clone().map(Names::of).transpose()?;
    match given {
        Some(given) if scores.is_empty() => labelled(rows, Some(given)),
        Some(given) => {
            let mut columns = vec![0; given.len()];
            let fits = given.len() == named.len()
                && scores.iter().all(|(column, name)| {
                    given.number(name).is_some_and(|class| {
                        columns[class] = *column;
                        true
                    })
                });
            if fits {
                return scored(rows, &given, &columns);
            }
            let (got, expected) = (Names::of(named)?.shown(), given.shown());
            Err(Error::Table(format!(
                "the columns `score_CLASS` name the classes {got}; expected {expected}"
            )))
        }
        None if scores.is_empty() => labelled(rows, None),
        None => {
            let columns: Vec<usize> = scores.iter().map(|(column, _)| *column).collect();
            scored(rows, &Names::of(named)?, &columns)
        }
    }
}

/// A score of every class.
fn scored(mut rows: Rows<'_>, names: &Names, columns: &[usize]) -> Result<Examples, Error> {
    let label = rows.table.need("label")?;
    let prediction = rows.table.find("prediction");
    let mut all = MulticlassScores::new(names.len());
    let mut said = Vec::new();
    let mut row = Vec::new();
    while let Some((record, weight)) = rows.next()? {
        row.clear();
        for &column in columns {
            row.push(record.number(&rows.table, column)?);
        }
        let truth = class(&record, &rows.table, label, names)?;
        all.push(truth, &row, weight)?;
        if let Some(prediction) = prediction {
            said.push((truth, class(&record, &rows.table, prediction, names)?, weight));
        }
    }
    check_classes(names.len(), rows.read)?;
    let confusion =
        if prediction.is_some() { counted(names.len(), &said)? } else { all.confusion() };
    let classes = names.as_slice().to_vec();
    Ok(Examples { examples: rows.read, classes, known: Known::Multiclass(confusion, Some(all)) })
}

/// Predictions without scores.
fn labelled(mut rows: Rows<'_>, given: Option<Names>) -> Result<Examples, Error> {
    let label = rows.table.need("label")?;
    let Some(prediction) = rows.table.find("prediction") else {
        return Err(Error::Table(
            "no column `prediction`, and no columns `score_CLASS`".to_owned(),
        ));
    };
    let mut met = Names::new();
    let mut said = Vec::new();
    while let Some((record, weight)) = rows.next()? {
        let mut number = |column| {
            if let Some(given) = &given {
                return class(&record, &rows.table, column, given);
            }
            let text = record.text(&rows.table, column)?;
            if text.is_empty() {
                return Err(record.wrong(&rows.table, column, "", "the name of a class"));
            }
            Ok(met.meet(text))
        };
        said.push((number(label)?, number(prediction)?, weight));
    }
    let classes = if let Some(given) = given {
        given.as_slice().to_vec()
    } else {
        let (names, renumbered) = met.sorted();
        for (label, prediction, _) in &mut said {
            (*label, *prediction) = (renumbered[*label], renumbered[*prediction]);
        }
        names
    };
    check_classes(classes.len(), rows.read)?;
    let confusion = counted(classes.len(), &said)?;
    Ok(Examples { examples: rows.read, classes, known: Known::Multiclass(confusion, None) })
}

fn counted(classes: usize, said: &[(usize, usize, f64)]) -> Result<ConfusionMatrix<f64>, Error> {
    let mut confusion = ConfusionMatrix::weighted(classes);
    for &(label, prediction, weight) in said {
        confusion.add(label, prediction, weight)?;
    }
    Ok(confusion)
}

/// The number of the class that a field names.
fn class(
    record: &Record<'_>,
    table: &Table<'_>,
    column: usize,
    names: &Names,
) -> Result<usize, Error> {
    let text = record.text(table, column)?;
    names.number(text).ok_or_else(|| {
        let fits = format!("one of the classes {}", names.shown());
        record.wrong(table, column, text, &fits)
    })
}
