//! Sets with a class for each image.

use std::collections::BTreeSet;

use cenote_datasets::{Dataset, Duplicates, Error, Survey, Tile};
use serde_json::json;

use super::inspect::Inspected;
use super::seen;
use crate::screen;

/// `rows` images of each class are drawn, as far as a picture holds.
pub(super) fn inspect(set: &Dataset, rows: usize) -> Result<Inspected, Error> {
    let (train, test) = (Survey::of_split(&set.train)?, Survey::of_split(&set.test)?);
    let found = Duplicates::among(
        &seen::labelled(&train, set.train.labels()),
        &seen::labelled(&test, set.test.labels()),
    );
    let (table, classes) =
        seen::balance(&set.classes, &set.train.class_counts(), &set.test.class_counts());
    let (twice, duplicates) = seen::duplicates(&found);
    let groups = set.train.groups().map(|groups| groups.iter().collect::<BTreeSet<_>>().len());
    let grouped = groups.map_or_else(String::new, |n| format!("groups in training: {n}\n"));
    let [channels, height, width] = set.shape();
    let words = format!(
        "{}: {} + {} images of {} classes\n{grouped}{}channels: {channels}\n{}{twice}licence: {}\nsource: {}\nsha256 as decoded: {}\n\n{}",
        set.name,
        set.train.len(),
        set.test.len(),
        set.classes.len(),
        seen::sizes(&train, &test),
        seen::channels(&train.statistics),
        set.licence,
        set.source,
        set.checksum,
        screen::table(&table),
    );
    let document = json!({
        "schema": "cenote.data.inspect/1", "name": set.name, "has": "classes",
        "train": set.train.len(), "test": set.test.len(), "shape": [channels, height, width],
        "classes": classes, "groups": groups, "statistics": train.statistics, "duplicates": duplicates,
        "licence": set.licence, "source": set.source, "checksum": set.checksum,
    });
    Ok(Inspected { words, document, tiles: tiles(set, rows)? })
}

/// The most images of a picture.
const MOST_TILES: usize = 1_000;

/// The first `columns` training images of each class, class by class.
fn tiles(set: &Dataset, columns: usize) -> Result<Vec<Tile>, Error> {
    let mut tiles = Vec::new();
    for (label, name) in set.classes.iter().enumerate() {
        let examples = set.train.labels().iter().enumerate().filter(|(_, of)| **of == label);
        for (index, _) in examples.take(columns) {
            if tiles.len() < MOST_TILES {
                let mut planes = Vec::new();
                set.train.images().read(index, &mut planes)?;
                let drawn = set.train.images().composition(index).transpose()?;
                tiles.push(Tile {
                    planes,
                    shape: set.shape(),
                    words: name.clone(),
                    boxes: Vec::new(),
                    mask: drawn.map(|drawn| drawn.mask()),
                });
            }
        }
    }
    Ok(tiles)
}
