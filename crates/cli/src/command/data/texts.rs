//! Sets with a text in each image.

use cenote_datasets::{Channels, Composition, Duplicates, Error, Survey, TextImage, TextSet, Tile};
use serde_json::json;

use super::inspect::Inspected;
use super::seen;
use crate::screen;

/// The first `rows` times `rows` images are drawn.
pub(super) fn inspect(set: &TextSet, rows: usize) -> Result<Inspected, Error> {
    let survey = |images: &[TextImage]| {
        let pictures: Vec<_> = images.iter().map(|image| &image.picture).collect();
        Survey::of_pictures(&pictures, Channels::Rgb)
    };
    let (train, test) = (survey(&set.train)?, survey(&set.test)?);
    let texts = |images: &[TextImage]| -> Vec<_> {
        images.iter().map(|image| image.text.clone()).collect()
    };
    let found = Duplicates::among(
        &seen::labelled(&train, texts(&set.train)),
        &seen::labelled(&test, texts(&set.test)),
    );
    let names: Vec<String> = set.alphabet.iter().map(ToString::to_string).collect();
    let (table, characters) =
        seen::balance(&names, &set.character_counts(&set.train), &set.character_counts(&set.test));
    let (twice, duplicates) = seen::duplicates(&found);
    let lengths = set.train.iter().chain(&set.test).map(|image| image.text.chars().count());
    let (shortest, longest) = (lengths.clone().min().unwrap_or(0), lengths.max().unwrap_or(0));
    let words = format!(
        "{}: {} + {} images, {shortest} to {longest} characters of {}\n{}{}{twice}licence: {}\nsource: {}\n\n{}",
        set.name,
        set.train.len(),
        set.test.len(),
        set.alphabet.len(),
        seen::sizes(&train, &test),
        seen::channels(&train.statistics),
        set.licence,
        set.source,
        screen::table(&table),
    );
    let document = json!({
        "schema": "cenote.data.inspect/1", "name": set.name, "has": "texts",
        "train": set.train.len(), "test": set.test.len(), "characters": characters,
        "lengths": [shortest, longest], "statistics": train.statistics, "duplicates": duplicates,
        "licence": set.licence, "source": set.source,
    });
    let tile = |image: &TextImage| {
        let (planes, size) = image.picture.decode(Channels::Rgb)?;
        let shape = [3, size[0] as usize, size[1] as usize];
        let drawn = image.picture.composition().transpose()?;
        let letters = drawn.iter().flat_map(Composition::objects);
        let boxes = letters.filter_map(|letter| letter.mask.bounds()).collect();
        Ok(Tile { planes, shape, words: image.text.clone(), boxes, mask: None })
    };
    let tiles = set.train.iter().take(rows * rows).map(tile).collect::<Result<_, Error>>()?;
    Ok(Inspected { words, document, tiles })
}
