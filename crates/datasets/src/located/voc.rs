//! Folders of Pascal VOC.
//!
//! ```text
//! dir/Annotations/NAME.xml      dir/JPEGImages/NAME.jpg      dir/ImageSets/Main/{train,val,trainval,test}.txt
//! ```
//!
//! `train` and `test` name files of `ImageSets/Main`; left out, they are `trainval` or `train`, and `test` or `val`, the
//! first that is there. Without them `test_share` of all annotated images is held out by a draw from `seed`.
//!
//! Corners count pixels from 1 and include both ends, so a box covers `[xmin − 1, ymin − 1, xmax, ymax]`. A box whose
//! corners share a row or a column was a click, not an object: it is left out and listed. What hangs over a side of the image
//! is cut. Where an annotation has no size, the header of the image has it. The image is the one of the annotation's own
//! name; `filename`, which a renamed copy has wrong, is asked only if there is none, and `path` never.

use std::path::PathBuf;

use cenote_metrics::{VocAnnotation, parse_voc_xml};
use cenote_spec::{Kind, params};
use serde::Deserialize;

use super::DetectionSource;
use super::listing::{below, class, image, text};
use super::scene::{BoxedObject, DetectionSet, LeftOut, Scene};
use crate::folder::entries;
use crate::source::share;
use crate::{Error, Origin, Picture};

pub(super) const KIND: Kind<dyn DetectionSource> = Kind {
    name: NAME,
    about: "boxes of a Pascal VOC folder",
    example: "dir = \"my/VOC2007\"\ntrain = \"trainval\"\ntest = \"test\"",
    notes: None,
    parse: |table| Ok(Box::new(params::<Voc>(NAME, table)?)),
};

const NAME: &str = "voc";
/// The longest annotation and list of names: honest ones have kilobytes.
const MOST_BYTES: u64 = 16 << 20;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Voc {
    dir: PathBuf,
    name: Option<String>,
    train: Option<String>,
    test: Option<String>,
    #[serde(default = "share::default")]
    test_share: f64,
    #[serde(default)]
    seed: u64,
    classes: Option<Vec<String>>,
}

impl DetectionSource for Voc {
    fn load(&self) -> Result<DetectionSet, Error> {
        share::check("voc: test_share", self.test_share)?;
        let parts =
            match (self.list(self.train.as_ref(), ["trainval", "train"])?, self.test_list()?) {
                (Some(train), Some(test)) => [train, test],
                (None, None) => {
                    let names = self.all()?;
                    let (train, test) = share::part(names.len(), self.test_share, self.seed);
                    [train, test].map(|part| part.iter().map(|&at| names[at].clone()).collect())
                }
                (train, _) => {
                    let missing = if train.is_some() { "test" } else { "train" };
                    return Err(Error::Setting {
                        what: "voc: lists of names",
                        got: format!("one without a list to {missing}"),
                        expected: "two files of ImageSets/Main, or none".to_owned(),
                    });
                }
            };
        let [train, test] = parts.map(|names: Vec<String>| {
            names.iter().map(|name| self.annotation(name)).collect::<Result<Vec<_>, _>>()
        });
        let (train, test) = (train?, test?);
        let classes = self.classes.clone().unwrap_or_else(|| class_names(&train));
        let mut left_out = Vec::new();
        let mut scenes = |annotated: Vec<(String, VocAnnotation)>| {
            let scene = |(name, annotation): (String, _)| {
                self.scene(&name, &annotation, &classes, &mut left_out)
            };
            annotated.into_iter().map(scene).collect::<Result<Vec<_>, _>>()
        };
        let parts = [scenes(train)?, scenes(test)?];
        DetectionSet::new(Origin::own(self.name.as_deref(), NAME), classes, parts, left_out)
    }
}

/// The classes that occur, in the order of names.
fn class_names(annotated: &[(String, VocAnnotation)]) -> Vec<String> {
    let objects = annotated.iter().flat_map(|(_, annotation)| &annotation.objects);
    let mut names: Vec<String> = objects.map(|object| object.name.clone()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

impl Voc {
    fn test_list(&self) -> Result<Option<Vec<String>>, Error> {
        self.list(self.test.as_ref(), ["test", "val"])
    }

    /// The names of a part; `None` where none is asked for and none of the usual lists is there.
    fn list(&self, asked: Option<&String>, usual: [&str; 2]) -> Result<Option<Vec<String>>, Error> {
        let folder = self.dir.join("ImageSets/Main");
        let path = |name: &str| below(&folder, &format!("{name}.txt"));
        let path = match asked {
            Some(name) => Some(path(name).ok_or_else(|| Error::Setting {
                what: "voc: list",
                got: format!("`{name}`"),
                expected: "the name of a file in ImageSets/Main, without `.txt`".to_owned(),
            })?),
            None => usual.iter().filter_map(|name| path(name)).find(|path| path.is_file()),
        };
        let Some(path) = path else { return Ok(None) };
        let text = text(&path, MOST_BYTES)?;
        // Lists of one class have a flag behind each name.
        let names = text.lines().filter_map(|line| line.split_whitespace().next());
        Ok(Some(names.map(str::to_owned).collect()))
    }

    /// The names of all annotations, in order.
    fn all(&self) -> Result<Vec<String>, Error> {
        let folder = self.dir.join("Annotations");
        let annotations = entries(&folder)?.into_iter();
        let annotations =
            annotations.filter(|path| path.extension().is_some_and(|ending| ending == "xml"));
        let names = annotations.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()));
        let mut names: Vec<String> = names.collect();
        names.sort_unstable();
        Ok(names)
    }

    fn annotation(&self, name: &str) -> Result<(String, VocAnnotation), Error> {
        let folder = self.dir.join("Annotations");
        let path = below(&folder, &format!("{name}.xml")).ok_or_else(|| Error::Format {
            file: folder.display().to_string(),
            what: "name",
            got: format!("`{name}`"),
            expected: "a path below the folder, without `..`".to_owned(),
        })?;
        let file = path.display().to_string();
        let annotation = parse_voc_xml(&text(&path, MOST_BYTES)?)
            .map_err(|flaw| Error::Annotation { file, line: flaw.line, what: flaw.what })?;
        Ok((name.to_owned(), annotation))
    }

    fn scene(
        &self,
        name: &str,
        annotation: &VocAnnotation,
        classes: &[String],
        left_out: &mut Vec<LeftOut>,
    ) -> Result<Scene, Error> {
        let folder = self.dir.join("JPEGImages");
        let named = || {
            let path = below(&folder, annotation.filename.as_deref()?)?;
            path.is_file().then(|| Picture::file(path))
        };
        let Some(picture) = image(&folder, name).or_else(named) else {
            let (directory, file) = (folder, format!("{name}.jpg"));
            let wanted = "an image for every annotation of the list".to_owned();
            return Err(Error::Missing { dataset: NAME, directory, file, wanted });
        };
        let size = match annotation.size {
            Some((width, height)) if width > 0 && height > 0 => [height, width],
            _ => picture.size()?,
        };
        let mut scene = Scene { picture, size, objects: Vec::new() };
        let file = format!("{name}.xml");
        for object in &annotation.objects {
            let [x1, y1, x2, y2] = object.corners;
            let boxed = BoxedObject {
                corners: [0.0; 4],
                class: class(classes, &object.name, &file)?,
                difficult: object.difficult,
                crowd: false,
            };
            let empty = x1 >= x2 || y1 >= y2;
            scene.put(&boxed, [x1 - 1.0, y1 - 1.0, x2, y2], empty, left_out);
        }
        Ok(scene)
    }
}
