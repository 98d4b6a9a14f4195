//! A folder of images per class, masks beside them, and a file of labels.

use cenote_datasets::{Dataset, Split};
use toml::Table;

use super::run::Made;
use crate::command::draft::Draft;
use crate::failure::Failure;

/// Writes `PART/CLASS/INDEX.png`, `masks/PART/CLASS/INDEX.png` and `labels.csv`.
pub(super) fn write(set: &Dataset, kind: &str, draft: &Draft) -> Result<Made, Failure> {
    let folders: Vec<String> = set.classes.iter().map(|class| folder(class)).collect();
    let mut labels = vec!["file,label,split\n".to_owned()];
    for (part, split) in [("train", &set.train), ("test", &set.test)] {
        for class in &folders {
            draft.folder(&format!("{part}/{class}"))?;
            draft.folder(&format!("masks/{part}/{class}"))?;
        }
        let files = draft.each(split.len(), |index| {
            let file = format!("{part}/{}/{index:06}.png", folders[split.labels()[index]]);
            image(split, index, &file, draft)?;
            Ok(file)
        })?;
        let class = |&label: &usize| field(&set.classes[label]);
        let rows = files.iter().zip(split.labels().iter().map(class));
        labels.extend(rows.map(|(file, class)| format!("{},{class},{part}\n", field(file))));
    }
    draft.text("labels.csv", &labels.concat())?;
    let mut read_with = Table::new();
    read_with.insert("kind".to_owned(), "image_folder".into());
    read_with.insert("dir".to_owned(), draft.at(""));
    if set.shape()[0] == 1 {
        read_with.insert("channels".to_owned(), "grey".into());
    }
    // Folders have other names where a class has one that no folder can have.
    if folders != set.classes {
        read_with.insert("labels".to_owned(), "labels.csv".into());
    }
    // Labels are those of the drawn set, which names in their order would change.
    let classes: Vec<toml::Value> = set.classes.iter().map(|class| class.as_str().into()).collect();
    read_with.insert("classes".to_owned(), classes.into());
    read_with.insert("name".to_owned(), kind.into());
    Ok(Made { train: set.train.len(), test: set.test.len(), read_with })
}

fn image(split: &Split, index: usize, file: &str, draft: &Draft) -> Result<(), Failure> {
    let images = split.images();
    let failed = |error: cenote_datasets::Error| Failure::Data(error.to_string());
    let mut planes = Vec::new();
    images.read(index, &mut planes).map_err(failed)?;
    draft.png(file, &planes, images.shape())?;
    // Only the mask has to be drawn again.
    let drawn = images.composition(index).expect("only sets that are drawn are made");
    let [_, rows, columns] = images.shape();
    draft.png(&format!("masks/{file}"), &drawn.map_err(failed)?.mask().bytes(), [1, rows, columns])
}

/// A class as the name of a folder.
fn folder(class: &str) -> String {
    class.chars().map(|c| if c.is_alphanumeric() || " -_".contains(c) { c } else { '_' }).collect()
}

/// A field of CSV.
fn field(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_to_fit_folders_and_tables() {
        assert_eq!([folder("T-shirt/top"), folder("..")], ["T-shirt_top", "__"]);
        assert_eq!([field("a,\"b\""), field("a b")], ["\"a,\"\"b\"\"\"", "a b"]);
    }
}
