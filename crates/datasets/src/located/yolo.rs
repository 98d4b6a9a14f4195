//! Folders of YOLO: a text file of boxes for each image.
//!
//! ```text
//! dir/images/train/*.jpg   dir/labels/train/*.txt      and `test` or `val` beside `train`
//! dir/images/*.jpg         dir/labels/*.txt            or, without these, one part
//! dir/*.jpg                dir/*.txt                   or both in one folder
//! ```
//!
//! Names of classes are `classes`, else the lines of `dir/classes.txt` or `dir/obj.names`, else the numbers themselves.
//! An image without a text is background; a text without an image is an error, and so is a line that is no box (polygons
//! and poses have more fields). Boxes are shares of the image, whose header has the size. One without width or height is
//! left out and listed, and what hangs over a side of the image is cut. Where there is one part, `test_share` of the images
//! is held out by a draw from `seed`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cenote_metrics::{parse_yolo, read_class_names};
use cenote_spec::{Kind, params};
use serde::Deserialize;

use super::DetectionSource;
use super::listing::text;
use super::scene::{BoxedObject, DetectionSet, LeftOut, Scene};
use crate::folder::{self, entries};
use crate::source::share;
use crate::{Error, Origin, Picture};

pub(super) const KIND: Kind<dyn DetectionSource> = Kind {
    name: NAME,
    about: "boxes of a YOLO folder, a text for each image",
    example: "dir = \"my/yolo\"\nclasses = [\"cat\", \"dog\"]",
    notes: None,
    parse: |table| Ok(Box::new(params::<Yolo>(NAME, table)?)),
};

const NAME: &str = "yolo";
/// The longest file of boxes: honest ones have kilobytes.
const MOST_BYTES: u64 = 16 << 20;
/// The largest class number without a list of names, so that a stray one asks for no list of that length.
const MOST_CLASSES: usize = 65_536;
/// Texts that are no boxes.
const NO_BOXES: [&str; 2] = ["classes", "train"];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Yolo {
    dir: PathBuf,
    name: Option<String>,
    classes: Option<Vec<String>>,
    #[serde(default = "share::default")]
    test_share: f64,
    #[serde(default)]
    seed: u64,
}

impl DetectionSource for Yolo {
    fn load(&self) -> Result<DetectionSet, Error> {
        share::check("yolo: test_share", self.test_share)?;
        let (images, labels) = (self.dir.join("images"), self.dir.join("labels"));
        let mut left_out = Vec::new();
        let test = ["test", "val"].into_iter().find(|part| images.join(part).is_dir());
        let parts = if let Some(test) = test.filter(|_| images.join("train").is_dir()) {
            let train = scenes(&images.join("train"), &labels.join("train"), &mut left_out)?;
            [train, scenes(&images.join(test), &labels.join(test), &mut left_out)?]
        } else {
            let whole = if images.is_dir() {
                scenes(&images, &labels, &mut left_out)?
            } else {
                scenes(&self.dir, &self.dir, &mut left_out)?
            };
            let (train, test) = share::part(whole.len(), self.test_share, self.seed);
            let taken = |part: &[usize]| part.iter().map(|&at| whole[at].clone()).collect();
            [taken(&train), taken(&test)]
        };
        let classes = self.class_names(&parts, &left_out)?;
        DetectionSet::new(Origin::own(self.name.as_deref(), NAME), classes, parts, left_out)
    }
}

impl Yolo {
    fn class_names(
        &self,
        parts: &[Vec<Scene>; 2],
        left_out: &[LeftOut],
    ) -> Result<Vec<String>, Error> {
        let scenes = parts.iter().flatten();
        let named = scenes.flat_map(|scene| {
            scene.objects.iter().map(|object| (scene.picture.name(), object.class))
        });
        let mut named = named.chain(left_out.iter().map(|out| (out.image.as_str(), out.class)));
        let listed = ["classes.txt", "obj.names"].map(|name| self.dir.join(name));
        let names = match (&self.classes, listed.iter().find(|path| path.is_file())) {
            (Some(names), _) => names.clone(),
            (None, Some(path)) => read_class_names(path)?,
            (None, None) => {
                let most = named.clone().map(|(_, class)| class + 1).max().unwrap_or(1);
                (0..most.min(MOST_CLASSES)).map(|class| class.to_string()).collect()
            }
        };
        match named.find(|(_, class)| *class >= names.len()) {
            None => Ok(names),
            Some((image, class)) => Err(Error::Format {
                file: image.to_owned(),
                what: "class",
                got: class.to_string(),
                expected: format!(
                    "0 to {}, for {} classes",
                    names.len().saturating_sub(1),
                    names.len()
                ),
            }),
        }
    }
}

/// The scenes of a folder, in the order of names.
fn scenes(images: &Path, labels: &Path, left_out: &mut Vec<LeftOut>) -> Result<Vec<Scene>, Error> {
    let mut scenes = Vec::new();
    let mut stems = BTreeSet::new();
    for path in folder::images(images)? {
        let stem = stem(&path);
        let picture = Picture::file(path);
        let size = picture.size()?;
        let mut scene = Scene { picture, size, objects: Vec::new() };
        let boxes = labels.join(format!("{stem}.txt"));
        if boxes.is_file() {
            objects(&boxes, &mut scene, left_out)?;
        }
        if !stems.insert(stem) {
            let file = scene.picture.name().to_owned();
            let (got, expected) = ("a second one of this name".to_owned(), "one".to_owned());
            return Err(Error::Format { file, what: "image", got, expected });
        }
        scenes.push(scene);
    }
    let texts = if labels.is_dir() { entries(labels)? } else { Vec::new() };
    let is_text = |path: &&PathBuf| path.extension().is_some_and(|ending| ending == "txt");
    let mut texts = texts.iter().filter(is_text).map(|path| stem(path));
    let stray = texts.find(|stem| !stems.contains(stem) && !NO_BOXES.contains(&stem.as_str()));
    match stray {
        None => Ok(scenes),
        Some(stem) => Err(Error::Missing {
            dataset: NAME,
            directory: images.to_owned(),
            file: format!("{stem}.jpg"),
            wanted: format!("an image for every text of {}", labels.display()),
        }),
    }
}

fn objects(path: &Path, scene: &mut Scene, left_out: &mut Vec<LeftOut>) -> Result<(), Error> {
    let file = || path.display().to_string();
    let boxes = parse_yolo(&text(path, MOST_BYTES)?).map_err(|flaw| Error::Annotation {
        file: file(),
        line: flaw.line,
        what: flaw.what,
    })?;
    let [rows, columns] = scene.size;
    for read in boxes {
        let class = read.class as usize;
        if class >= MOST_CLASSES {
            let (got, expected) = (class.to_string(), format!("below {MOST_CLASSES}"));
            return Err(Error::Format { file: file(), what: "class", got, expected });
        }
        let [x, y, width, height] = read.pixels(columns, rows);
        let boxed = BoxedObject { corners: [0.0; 4], class, difficult: false, crowd: false };
        let empty = width <= 0.0 || height <= 0.0;
        scene.put(&boxed, [x, y, x + width, y + height], empty, left_out);
    }
    Ok(())
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
