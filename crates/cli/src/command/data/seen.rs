//! What is said of the images of every set: sizes, channels, duplicates.

use cenote_datasets::{Duplicates, Normalization, Place, Survey};
use serde_json::{Value, json};

/// Pairs of duplicates that are named in words.
const MOST_NAMED: usize = 5;

/// A count of each class or character in both parts, the most frequent share said of the training part.
pub(super) fn balance(
    names: &[String],
    train: &[usize],
    test: &[usize],
) -> (Vec<Vec<String>>, Value) {
    let total = train.iter().sum::<usize>().max(1) as f64;
    let count = |counts: &[usize], at: usize| counts.get(at).copied().unwrap_or(0);
    let mut rows = vec![["class", "train", "share", "test"].map(str::to_owned).to_vec()];
    let mut list = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let (train, test) = (count(train, at), count(test, at));
        let share = format!("{:.1} %", 100.0 * train as f64 / total);
        rows.push(vec![name.clone(), train.to_string(), share, test.to_string()]);
        list.push(json!({ "name": name, "train": train, "test": test }));
    }
    (rows, Value::Array(list))
}

/// Mean and deviation of each channel in words.
pub(super) fn channels(statistics: &Normalization) -> String {
    let list = |values: &[_]| {
        values.iter().map(|value| format!("{value:.5}")).collect::<Vec<_>>().join(" ")
    };
    format!(
        "channels of the training part, 0 to 1: mean {}, deviation {}\n",
        list(&statistics.mean),
        list(&statistics.deviation)
    )
}

/// Sizes in words: the only one, or the range of rows and columns.
pub(super) fn sizes(train: &Survey, test: &Survey) -> String {
    let sizes = || train.sizes.iter().chain(&test.sizes);
    let range = |axis: usize| {
        let sides = || sizes().map(|size| size[axis]);
        (sides().min().unwrap_or(0), sides().max().unwrap_or(0))
    };
    match (range(0), range(1)) {
        ((rows, most_rows), (columns, most_columns))
            if rows == most_rows && columns == most_columns =>
        {
            format!("size: {rows}x{columns}\n")
        }
        ((rows, most_rows), (columns, most_columns)) => {
            format!("sizes: {rows} to {most_rows} rows, {columns} to {most_columns} columns\n")
        }
    }
}

/// Duplicates in words and as a document.
pub(super) fn duplicates(found: &Duplicates) -> (String, Value) {
    let contradicting = match found.contradicting {
        0 => String::new(),
        some => format!("; {some} with another label"),
    };
    let place = |place: Place| format!("{} {}", place.part, place.index);
    let pairs: Vec<_> = found.pairs.iter().map(|&(a, b)| [place(a), place(b)]).collect();
    let named: Vec<_> = pairs.iter().take(MOST_NAMED).map(|[a, b]| format!("{a} = {b}")).collect();
    let more = if pairs.len() > MOST_NAMED { ", …" } else { "" };
    let named = match named.len() {
        0 => String::new(),
        _ => format!(" ({}{more})", named.join(", ")),
    };
    let words = format!(
        "duplicates: {} within train, {} within test, {} test images in train{contradicting}{named}\n",
        found.within_train, found.within_test, found.across
    );
    let document = json!({
        "within_train": found.within_train, "within_test": found.within_test,
        "across": found.across, "contradicting": found.contradicting, "pairs": pairs,
    });
    (words, document)
}

/// Digests with what their images mean.
pub(super) fn labelled<L>(
    survey: &Survey,
    labels: impl IntoIterator<Item = L>,
) -> Vec<([u8; 32], L)> {
    survey.digests.iter().copied().zip(labels).collect()
}
