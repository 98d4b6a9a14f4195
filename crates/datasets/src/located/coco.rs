//! JSON of COCO with its images.
//!
//! Classes are the categories of the training file in the order of their ids, which have gaps; those of a test file are
//! matched by name. A box is `[x, y, width, height]` from the corner nearest the origin; one without width or height is left
//! out and listed, and what hangs over a side of the image is cut. Crowds keep their flag. An image that an entry names
//! must be there; one with no annotation is background. Without a test file `test_share` of the images is held out by a
//! draw from `seed`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cenote_metrics::{CocoReader, GroundTruth, Id, Mode, Similarity};
use cenote_spec::{Kind, params};
use serde::Deserialize;

use super::DetectionSource;
use super::listing::{below, class};
use super::scene::{BoxedObject, DetectionSet, LeftOut, Scene};
use crate::source::share;
use crate::{Error, Origin, Picture};

pub(super) const KIND: Kind<dyn DetectionSource> = Kind {
    name: NAME,
    about: "boxes of COCO's JSON, with its images",
    example: r#"train_annotations = "coco/annotations/instances_train2017.json"
train_images = "coco/train2017"
test_annotations = "coco/annotations/instances_val2017.json"
test_images = "coco/val2017""#,
    notes: None,
    parse: |table| Ok(Box::new(params::<Coco>(NAME, table)?)),
};

const NAME: &str = "coco";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Coco {
    train_annotations: PathBuf,
    train_images: PathBuf,
    test_annotations: Option<PathBuf>,
    test_images: Option<PathBuf>,
    name: Option<String>,
    #[serde(default = "share::default")]
    test_share: f64,
    #[serde(default)]
    seed: u64,
}

impl DetectionSource for Coco {
    fn load(&self) -> Result<DetectionSet, Error> {
        share::check("coco: test_share", self.test_share)?;
        let mut left_out = Vec::new();
        let truth = read(&self.train_annotations)?;
        let classes = class_names(&self.train_annotations, &truth)?;
        let mut whole =
            scenes(&self.train_annotations, &truth, &self.train_images, &classes, &mut left_out)?;
        let parts = match (&self.test_annotations, &self.test_images) {
            (Some(annotations), Some(images)) => {
                let truth = read(annotations)?;
                [whole, scenes(annotations, &truth, images, &classes, &mut left_out)?]
            }
            (None, None) => {
                let (train, test) = share::part(whole.len(), self.test_share, self.seed);
                let taken = |part: &[usize]| part.iter().map(|&at| whole[at].clone()).collect();
                let (train, test) = (taken(&train), taken(&test));
                whole.clear();
                [train, test]
            }
            _ => {
                return Err(Error::Setting {
                    what: "coco: test part",
                    got: "one of test_annotations and test_images".to_owned(),
                    expected: "both, or none".to_owned(),
                });
            }
        };
        DetectionSet::new(Origin::own(self.name.as_deref(), NAME), classes, parts, left_out)
    }
}

fn read(path: &Path) -> Result<GroundTruth, Error> {
    // Corrected: a file without `area` or `iscrowd` is read too.
    let reader =
        CocoReader { similarity: Similarity::Boxes, mode: Mode::Corrected, federated: false };
    Ok(reader.truth(path)?)
}

fn wrong(file: &Path, what: &'static str, got: String, expected: &str) -> Error {
    Error::Format { file: file.display().to_string(), what, got, expected: expected.to_owned() }
}

/// Names of the categories, in the order of their ids.
fn class_names(file: &Path, truth: &GroundTruth) -> Result<Vec<String>, Error> {
    let mut categories: Vec<_> = truth.categories.iter().collect();
    categories.sort_by_key(|category| category.id);
    let names: Vec<String> = categories.iter().map(|category| category.name.clone()).collect();
    for (at, category) in categories.iter().enumerate() {
        let twice = at > 0 && categories[at - 1].id == category.id;
        if twice || names[..at].contains(&category.name) {
            let got = format!("`{}` twice", category.name);
            return Err(wrong(file, "category", got, "an id and a name of its own for each"));
        }
    }
    if names.is_empty() {
        return Err(wrong(file, "list of categories", "empty".to_owned(), "at least one"));
    }
    Ok(names)
}

fn scenes(
    file: &Path,
    truth: &GroundTruth,
    folder: &Path,
    classes: &[String],
    left_out: &mut Vec<LeftOut>,
) -> Result<Vec<Scene>, Error> {
    let shown = file.display().to_string();
    let mut labels = BTreeMap::new();
    for category in &truth.categories {
        labels.insert(category.id, class(classes, &category.name, &shown)?);
    }
    let mut at: BTreeMap<Id, usize> = BTreeMap::new();
    let mut scenes: Vec<Scene> = Vec::new();
    for image in &truth.images {
        if at.insert(image.id, scenes.len()).is_some() {
            return Err(wrong(file, "image", format!("{:?} twice", image.id), "one of each id"));
        }
        let name = image.file_name.as_deref().unwrap_or_default();
        let path = below(folder, name).ok_or_else(|| {
            let got = format!("`{name}` of image {:?}", image.id);
            wrong(file, "file_name", got, "a path below the folder of images, without `..`")
        })?;
        if !path.is_file() {
            let (directory, file) = (folder.to_owned(), name.to_owned());
            let wanted = format!("an image for every entry of {shown}");
            return Err(Error::Missing { dataset: NAME, directory, file, wanted });
        }
        let picture = Picture::file(path);
        let size = match [image.height, image.width] {
            [0, _] | [_, 0] => picture.size()?,
            size => size,
        };
        scenes.push(Scene { picture, size, objects: Vec::new() });
    }
    for (index, object) in truth.objects.iter().enumerate() {
        let (Some(&scene), Some(&class)) = (at.get(&object.image), labels.get(&object.category))
        else {
            let got = format!("{:?} with category {:?}", object.image, object.category);
            let what = "image of an annotation";
            let expected = format!("ids that the file lists, in annotation {index}");
            return Err(wrong(file, what, got, &expected));
        };
        let [x, y, width, height] = object.bbox;
        let boxed = BoxedObject { corners: [0.0; 4], class, difficult: false, crowd: object.crowd };
        let empty = width <= 0.0 || height <= 0.0;
        scenes[scene].put(&boxed, [x, y, x + width, y + height], empty, left_out);
    }
    Ok(scenes)
}
