//! Sets with boxes around objects.

use cenote_datasets::{Channels, DetectionSet, Duplicates, Error, Scene, Survey, Tile, WhyLeftOut};
use serde_json::json;

use super::inspect::Inspected;
use super::seen;
use crate::screen;

/// Boxes that are left out and named in words.
const MOST_NAMED: usize = 5;

/// The first `rows` times `rows` scenes are drawn.
pub(super) fn inspect(set: &DetectionSet, rows: usize) -> Result<Inspected, Error> {
    let survey = |scenes: &[Scene]| {
        let pictures: Vec<_> = scenes.iter().map(|scene| &scene.picture).collect();
        Survey::of_pictures(&pictures, Channels::Rgb)
    };
    let (train, test) = (survey(&set.train)?, survey(&set.test)?);
    // Two images that are alike contradict each other if their boxes differ.
    let boxes =
        |scenes: &[Scene]| -> Vec<_> { scenes.iter().map(|scene| scene.objects.clone()).collect() };
    let found = Duplicates::among(
        &seen::labelled(&train, boxes(&set.train)),
        &seen::labelled(&test, boxes(&set.test)),
    );
    let (table, classes) =
        seen::balance(&set.classes, &set.class_counts(&set.train), &set.class_counts(&set.test));
    let (twice, duplicates) = seen::duplicates(&found);
    let all = || set.train.iter().chain(&set.test);
    let objects = || all().flat_map(|scene| &scene.objects);
    let number = objects().count();
    let per_image = all().map(|scene| scene.objects.len());
    let words = format!(
        "{}: {} + {} images, {number} objects of {} classes\n{}{}objects an image: {} to {}; \
         {} difficult, {} crowds\n{}{twice}licence: {}\nsource: {}\n\n{}",
        set.name,
        set.train.len(),
        set.test.len(),
        set.classes.len(),
        seen::sizes(&train, &test),
        seen::channels(&train.statistics),
        per_image.clone().min().unwrap_or(0),
        per_image.max().unwrap_or(0),
        objects().filter(|object| object.difficult).count(),
        objects().filter(|object| object.crowd).count(),
        left_out(set),
        set.licence,
        set.source,
        screen::table(&table),
    );
    let out: Vec<_> = set
        .left_out
        .iter()
        .map(|out| {
            let class = &set.classes[out.class];
            json!({ "image": out.image, "class": class, "corners": out.corners, "why": why(out.why) })
        })
        .collect();
    let document = json!({
        "schema": "cenote.data.inspect/1", "name": set.name, "has": "boxes",
        "train": set.train.len(), "test": set.test.len(), "objects": number, "classes": classes,
        "left_out": out, "statistics": train.statistics, "duplicates": duplicates,
        "licence": set.licence, "source": set.source,
    });
    let tiles = set.train.iter().take(rows * rows).map(|scene| tile(set, scene));
    Ok(Inspected { words, document, tiles: tiles.collect::<Result<_, _>>()? })
}

fn why(why: WhyLeftOut) -> &'static str {
    match why {
        WhyLeftOut::Empty => "no area",
        WhyLeftOut::Outside => "outside the image",
    }
}

fn left_out(set: &DetectionSet) -> String {
    if set.left_out.is_empty() {
        return String::new();
    }
    let named = set.left_out.iter().take(MOST_NAMED).map(|out| {
        format!(
            "\n  {} {:?} in {}: {}",
            set.classes[out.class],
            out.corners,
            out.image,
            why(out.why)
        )
    });
    format!("boxes left out: {}{}\n", set.left_out.len(), named.collect::<String>())
}

fn tile(set: &DetectionSet, scene: &Scene) -> Result<Tile, Error> {
    let (planes, size) = scene.picture.decode(Channels::Rgb)?;
    let mask = scene.picture.composition().transpose()?.map(|drawn| drawn.mask());
    let mut counts = vec![0; set.classes.len()];
    scene.objects.iter().for_each(|object| counts[object.class] += 1);
    let counted = set.classes.iter().zip(counts).filter(|(_, count)| *count > 0);
    let words: Vec<_> = counted.map(|(name, count)| format!("{count} {name}")).collect();
    Ok(Tile {
        planes,
        shape: [3, size[0] as usize, size[1] as usize],
        words: words.join(", "),
        boxes: scene.objects.iter().map(|object| object.corners).collect(),
        mask,
    })
}
