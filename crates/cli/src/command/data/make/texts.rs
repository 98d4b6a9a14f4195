//! Images whose names are their texts, and a file that says where each letter is.

use cenote_datasets::{TextImage, TextSet};
use serde_json::{Value, json};
use toml::Table;

use super::run::Made;
use crate::command::draft::Draft;
use crate::failure::Failure;

/// Writes `PART/TEXT_INDEX.png` and `letters.json`.
pub(super) fn write(set: &TextSet, draft: &Draft) -> Result<Made, Failure> {
    let mut images = Vec::new();
    for (part, of_part) in [("train", &set.train), ("test", &set.test)] {
        draft.folder(part)?;
        images.extend(draft.each(of_part.len(), |index| {
            // Numbered, since a text may occur twice.
            let file = format!("{part}/{}_{index:06}.png", of_part[index].text);
            image(&of_part[index], &file, draft)
        })?);
    }
    let document = json!({ "schema": "cenote.data.letters/1", "images": images });
    draft.text("letters.json", &format!("{document}\n"))?;
    let mut read_with = Table::new();
    read_with.insert("kind".to_owned(), "captcha".into());
    read_with.insert("path".to_owned(), draft.at(""));
    read_with.insert("separator".to_owned(), "_".into());
    Ok(Made { train: set.train.len(), test: set.test.len(), read_with })
}

/// Writes an image; returns its entry, the letters from left to right.
fn image(image: &TextImage, file: &str, draft: &Draft) -> Result<Value, Failure> {
    let drawn = image.picture.composition().expect("only sets that are drawn are made");
    let drawn = drawn.map_err(|error| Failure::Data(error.to_string()))?;
    draft.png(file, &drawn.image(), drawn.shape())?;
    let [_, rows, columns] = drawn.shape();
    let letters = image.text.chars().zip(drawn.objects()).map(|(character, letter)| {
        json!({
            "character": character, "box": letter.mask.bounds(),
            "mask": { "size": [rows, columns], "counts": letter.mask.runs().to_text() },
        })
    });
    let letters: Vec<Value> = letters.collect();
    Ok(json!({ "file": file, "text": image.text, "letters": letters }))
}
