//! JSON of COCO with its images: boxes, and masks as runs.

use cenote_datasets::{DetectionSet, Scene};
use serde_json::{Value, json};
use toml::Table;

use super::run::Made;
use crate::command::draft::Draft;
use crate::failure::Failure;

/// Writes `images/PART/INDEX.png` and `annotations/PART.json`.
pub(super) fn write(set: &DetectionSet, draft: &Draft) -> Result<Made, Failure> {
    draft.folder("annotations")?;
    let categories: Vec<Value> = (1..)
        .zip(&set.classes)
        .map(|(id, name)| json!({ "id": id, "name": name, "supercategory": "object" }))
        .collect();
    let mut read_with = Table::new();
    read_with.insert("kind".to_owned(), "coco".into());
    for (part, scenes) in [("train", &set.train), ("test", &set.test)] {
        let images = format!("images/{part}");
        draft.folder(&images)?;
        let entries = draft.each(scenes.len(), |index| {
            scene(&scenes[index], index, &format!("{images}/{index:06}.png"), draft)
        })?;
        let (images_of, objects): (Vec<Value>, Vec<Vec<Value>>) = entries.into_iter().unzip();
        let mut objects = objects.concat();
        for (id, object) in (1..).zip(&mut objects) {
            object["id"] = json!(id);
        }
        let info = json!({ "description": format!("{} of {}", part, set.name), "version": "1" });
        let document = json!({
            "info": info, "licenses": [{ "id": 1, "name": set.licence }], "images": images_of,
            "annotations": objects, "categories": categories,
        });
        let file = format!("annotations/{part}.json");
        draft.text(&file, &format!("{document}\n"))?;
        read_with.insert(format!("{part}_annotations"), draft.at(&file));
        read_with.insert(format!("{part}_images"), draft.at(&images));
    }
    Ok(Made { train: set.train.len(), test: set.test.len(), read_with })
}

/// The entry of an image, and those of its objects without their ids.
fn scene(
    scene: &Scene,
    index: usize,
    file: &str,
    draft: &Draft,
) -> Result<(Value, Vec<Value>), Failure> {
    let drawn = scene.picture.composition().expect("only sets that are drawn are made");
    let drawn = drawn.map_err(|error| Failure::Data(error.to_string()))?;
    draft.png(file, &drawn.image(), drawn.shape())?;
    let [rows, columns] = scene.size;
    let image = json!({
        "id": index + 1, "file_name": format!("{index:06}.png"), "height": rows, "width": columns,
        "license": 1,
    });
    let objects = drawn.objects().into_iter().filter_map(|object| {
        let [x1, y1, x2, y2] = object.mask.bounds()?;
        let runs = object.mask.runs();
        Some(json!({
            "id": 0, "image_id": index + 1, "category_id": object.class + 1,
            "bbox": [x1, y1, x2 - x1, y2 - y1], "area": runs.area(), "iscrowd": 0,
            "segmentation": { "size": [rows, columns], "counts": runs.to_text() },
        }))
    });
    Ok((image, objects.collect()))
}
