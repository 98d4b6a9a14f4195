//! A folder of images, in a folder per class or with a file of labels.
//!
//! ```text
//! dir/train/CLASS/*      dir/test/CLASS/*           or, without these two, dir/CLASS/*
//! dir/labels.csv         file,label[,split][,group] with `labels = "labels.csv"`, or lines of JSON with these keys
//! ```
//!
//! Classes and files are taken in the order of their names, and classes that are all whole numbers in the order of these;
//! `classes = [...]` gives classes another order.
//! Files that end in `.png`, `.jpg`, `.jpeg`, `.webp` or `.bmp` are read, hidden ones and all others left alone; a class
//! without an image is an error, and so is a class that only the test part has. With a file of labels just the files
//! that it names are read. Without the two folders, and without `split` in the file of labels, `test_share` of the
//! images, each class in proportion, is held out by a draw from `seed` alone; where the file of labels has groups, whole
//! groups are.
//!
//! What becomes of palettes, 16 bits, CMYK and transparency is said at [`Picture`]; `channels = "grey"` takes the luma of
//! colours. All images must have one size, or `size = [rows, columns]` scales each to it (triangle filter), whatever its
//! proportions.
//!
//! `keep = "memory"` decodes all images at once. `keep = "files"` decodes none of them: each is decoded when a batch needs
//! it, by the threads that make batches, so that memory does not grow with the folder; a damaged image is then found by the
//! epoch that meets it. Unless it is given, images stay in files when they would take more than 256 MiB decoded. Then the
//! checksum of the data set is that of the files, and scaling is measured on a sample.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cenote_spec::{Kind, params};
use rayon::prelude::*;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::Source;
use super::labels::{self, Part, Row};
use super::share;
use crate::folder::{entries, images};
use crate::picture::ENDINGS;
use crate::{Channels, Dataset, Encoded, Error, Images, Origin, Picture, Split};

pub(super) const KIND: Kind<dyn Source> = Kind {
    name: NAME,
    about: "your own images: a folder per class, below `train` and `test` or split by `test_share`",
    example: "dir = \"my/images\"\nsize = [32, 32]",
    notes: None,
    parse: |table| Ok(Box::new(params::<ImageFolder>(NAME, table)?)),
};

const NAME: &str = "image_folder";
/// What all images may take once they are scaled.
const MOST_PIXELS: usize = 8 << 30;
/// What the images of a part may take in memory where nothing says where to keep them.
const USUAL_PIXELS: usize = 256 << 20;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ImageFolder {
    dir: PathBuf,
    name: Option<String>,
    /// Rows and columns.
    size: Option<[u32; 2]>,
    #[serde(default)]
    channels: Channels,
    /// A file of labels, below `dir`.
    labels: Option<PathBuf>,
    /// The classes in the order of their labels.
    classes: Option<Vec<String>>,
    #[serde(default = "share::default")]
    test_share: f64,
    #[serde(default)]
    seed: u64,
    keep: Option<Keep>,
}

/// Where images are until a batch needs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Keep {
    Memory,
    Files,
}

/// The image files of each class.
type Listing = Vec<(String, Vec<PathBuf>)>;
/// The label of each image file; `None` for a class that training does not have.
type Labelled = Vec<(Option<usize>, PathBuf)>;

/// What is to be read.
struct Listed {
    classes: Vec<String>,
    train: Labelled,
    /// The group of each training image, where groups are known.
    groups: Option<Vec<usize>>,
    /// `None` where the test part is to be held out.
    test: Option<Labelled>,
}

impl Source for ImageFolder {
    fn load(&self) -> Result<Dataset, Error> {
        self.check()?;
        let Listed { classes, train, groups, test } = match &self.labels {
            None => self.by_folders()?,
            Some(labels) => self.by_labels(labels)?,
        };
        let size = match (self.size, train.first()) {
            (Some(size), _) => size,
            (None, Some((_, first))) => Picture::file(first.clone()).size()?,
            (None, None) => [1, 1],
        };
        let train = self.read(&train, size, &classes)?;
        let train = match groups {
            Some(groups) => train.with_groups(groups)?,
            None => train,
        };
        let (train, test) = match test {
            Some(test) => (train, self.read(&test, size, &classes)?),
            None => share::hold_out(&train, self.test_share, self.seed)?,
        };
        Dataset::new(Origin::own(self.name.as_deref(), NAME), classes, train, test)
    }
}

impl ImageFolder {
    fn check(&self) -> Result<(), Error> {
        share::check("image_folder: test_share", self.test_share)?;
        match self.size.filter(|size| !size.iter().all(|n| (1..=4096).contains(n))) {
            None => Ok(()),
            Some(size) => Err(Error::Setting {
                what: "image_folder: size",
                got: format!("{size:?}"),
                expected: "two numbers from 1 to 4096".to_owned(),
            }),
        }
    }

    /// Takes classes from the names of folders.
    fn by_folders(&self) -> Result<Listed, Error> {
        let parts = ["train", "test"].map(|part| self.dir.join(part));
        let split = parts.iter().all(|part| part.is_dir());
        let train = list(if split { &parts[0] } else { &self.dir })?;
        let classes = train.iter().map(|(class, _)| class.clone()).collect();
        let classes = self.ordered(classes)?;
        let labelled = |listing: Listing| -> Labelled {
            let label = |class: &String| classes.iter().position(|known| known == class);
            let files = listing.into_iter().map(|(class, files)| (label(&class), files));
            files
                .flat_map(|(label, files)| files.into_iter().map(move |file| (label, file)))
                .collect()
        };
        let train = labelled(train);
        let test = if split { Some(labelled(list(&parts[1])?)) } else { None };
        Ok(Listed { classes, train, groups: None, test })
    }

    /// Takes classes from a file of labels.
    fn by_labels(&self, labels: &Path) -> Result<Listed, Error> {
        let rows = labels::read(&self.dir.join(labels))?;
        let classes = self.ordered(labels::classes(&rows))?;
        let (train, test): (Vec<&Row>, Vec<&Row>) =
            rows.iter().partition(|row| row.part == Part::Train);
        let groups = labels::groups(&train);
        let labelled = |rows: Vec<&Row>| -> Labelled {
            rows.into_iter()
                .map(|row| (classes.iter().position(|known| *known == row.label), &row.file))
                .map(|(label, file)| (label, self.dir.join(file)))
                .collect()
        };
        let (train, test) = (labelled(train), labelled(test));
        let test = (!test.is_empty()).then_some(test);
        Ok(Listed { classes, train, groups, test })
    }

    /// The classes in the order that is asked for.
    fn ordered(&self, found: Vec<String>) -> Result<Vec<String>, Error> {
        let Some(classes) = &self.classes else {
            return Ok(found);
        };
        let once: BTreeSet<&String> = classes.iter().collect();
        if once.len() == classes.len() && found.iter().all(|class| once.contains(class)) {
            return Ok(classes.clone());
        }
        Err(Error::Setting {
            what: "image_folder: classes",
            got: format!("{classes:?}"),
            expected: format!("each class once, among them all of {}", found.join(", ")),
        })
    }

    /// Decodes the files side by side, keeping their order, or leaves them for later.
    fn read(
        &self,
        files: &[(Option<usize>, PathBuf)],
        size: [u32; 2],
        classes: &[String],
    ) -> Result<Split, Error> {
        let labels = files.iter().map(|(label, file)| {
            label.ok_or_else(|| Error::Format {
                file: file.display().to_string(),
                what: "class",
                got: "one that the training part does not have".to_owned(),
                expected: classes.join(", "),
            })
        });
        let labels: Vec<usize> = labels.collect::<Result<_, _>>()?;
        let channels = self.channels.count();
        let [rows, columns] = size.map(|side| side as usize);
        let area = channels * rows * columns;
        let bytes = files.len().saturating_mul(area);
        let usual = if bytes > USUAL_PIXELS { Keep::Files } else { Keep::Memory };
        let keep = self.keep.unwrap_or(usual);
        if keep == Keep::Memory && bytes > MOST_PIXELS {
            return Err(Error::Setting {
                what: "image_folder: images",
                got: format!("{} of {rows}x{columns} pixels", files.len()),
                expected: format!(
                    "at most {MOST_PIXELS} bytes; a smaller `size` or `keep = \"files\"` would fit"
                ),
            });
        }
        let files = Files {
            paths: files.iter().map(|(_, file)| file.clone()).collect(),
            size,
            scaled: self.size.is_some(),
            channels: self.channels,
        };
        let shape = [channels, rows, columns];
        if keep == Keep::Files {
            return Split::new(Images::on_demand(shape, Arc::new(files))?, labels);
        }
        let mut pixels = vec![0; bytes];
        let decoded = pixels.par_chunks_exact_mut(area).enumerate().map_init(
            Vec::new,
            |memory, (index, pixels)| {
                memory.clear();
                files.decode(index, memory)?;
                pixels.copy_from_slice(memory);
                Ok(())
            },
        );
        decoded.collect::<Result<(), Error>>()?;
        Split::new(Images::new(shape, pixels)?, labels)
    }
}

/// Image files that are decoded one by one, to one size.
#[derive(Debug)]
struct Files {
    paths: Vec<PathBuf>,
    /// Rows and columns.
    size: [u32; 2],
    /// Whether images of another size are scaled to it, or refused.
    scaled: bool,
    channels: Channels,
}

impl Encoded for Files {
    fn len(&self) -> usize {
        self.paths.len()
    }

    fn decode(&self, index: usize, pixels: &mut Vec<u8>) -> Result<(), Error> {
        let picture = Picture::file(self.paths[index].clone());
        if self.scaled {
            pixels.extend(picture.scaled(self.channels, self.size)?.0);
            return Ok(());
        }
        let (planes, size) = picture.decode(self.channels)?;
        if size != self.size {
            return Err(Error::Format {
                file: picture.name().to_owned(),
                what: "size",
                got: format!("{}x{}", size[0], size[1]),
                expected: format!(
                    "{}x{} as of the first; or set `size`",
                    self.size[0], self.size[1]
                ),
            });
        }
        pixels.extend(planes);
        Ok(())
    }

    fn digest(&self, index: usize) -> Result<[u8; 32], Error> {
        let file = &self.paths[index];
        let unreadable = |source| Error::Read { file: file.display().to_string(), source };
        let bytes = fs::read(file).map_err(unreadable)?;
        Ok(Sha256::digest(bytes).into())
    }
}

/// Whether a path is a folder; what cannot be looked at is an error, not a class less.
fn is_folder(path: &Path) -> Result<bool, Error> {
    let unreadable = |source| Error::Read { file: path.display().to_string(), source };
    Ok(fs::metadata(path).map_err(unreadable)?.is_dir())
}

/// The classes below a folder, each with its images.
fn list(root: &Path) -> Result<Listing, Error> {
    let mut listing = Vec::new();
    for folder in entries(root)? {
        if !is_folder(&folder)? {
            continue;
        }
        let Some(class) = folder.file_name().and_then(OsStr::to_str).map(str::to_owned) else {
            continue;
        };
        let files = images(&folder)?;
        if files.is_empty() {
            return Err(Error::Format {
                file: folder.display().to_string(),
                what: "class",
                got: "without an image".to_owned(),
                expected: format!("files that end in {}", ENDINGS.join(", ")),
            });
        }
        listing.push((class, files));
    }
    if listing.is_empty() {
        return Err(Error::Format {
            file: root.display().to_string(),
            what: "folder",
            got: "without a folder".to_owned(),
            expected: "a folder of images for each class".to_owned(),
        });
    }
    Ok(listing)
}

#[cfg(test)]
mod tests {
    use cenote_spec::parse;
    use image::{DynamicImage, ImageBuffer, Luma, LumaA, Rgb, RgbImage};

    use super::*;
    use crate::KINDS;

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn put(&self, name: &str, image: impl Into<DynamicImage>) {
            let path = self.0.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            image.into().save(path).unwrap();
        }

        fn load(&self, settings: &str) -> Result<Dataset, String> {
            let mut table: toml::Table = settings.parse().unwrap();
            table.insert("kind".to_owned(), NAME.into());
            table.insert("dir".to_owned(), self.0.path().display().to_string().into());
            let source = parse(&[KINDS], table).map_err(|error| error.to_string())?;
            source.load().map_err(|error| error.to_string().replace(&self.shown(), "DIR"))
        }

        fn shown(&self) -> String {
            self.0.path().display().to_string()
        }
    }

    /// Red at the top left, else black.
    fn dot(rows: u32, columns: u32) -> RgbImage {
        let mut image = RgbImage::new(columns, rows);
        image.put_pixel(0, 0, Rgb([255, 0, 0]));
        image
    }

    #[test]
    fn two_folders_are_training_and_test() {
        let folder = Folder::new();
        for name in ["train/dog/b.png", "train/cat/a.bmp", "train/dog/a.png", "test/dog/a.png"] {
            folder.put(name, dot(2, 3));
        }
        fs::write(folder.0.path().join("train/dog/notes.txt"), "no image").unwrap();
        fs::write(folder.0.path().join("train/dog/.hidden.png"), "no image").unwrap();
        let set = folder.load("").unwrap();
        assert_eq!(
            (set.classes.clone(), set.shape()),
            (vec!["cat".into(), "dog".into()], [3, 2, 3])
        );
        assert_eq!((set.train.labels(), set.test.labels()), (&[0, 1, 1][..], &[1][..]));
        let red = [255, 0, 0, 0, 0, 0];
        assert_eq!(set.train.images().image(0), [&red[..], &[0; 12]].concat());
        let grey = folder.load("channels = 'grey'\nname = 'pets'").unwrap();
        assert_eq!((grey.name.as_str(), grey.shape()), ("pets", [1, 2, 3]));
        let turned = folder.load("classes = ['dog', 'fox', 'cat']").unwrap();
        assert_eq!(turned.classes, ["dog", "fox", "cat"]);
        assert_eq!((turned.train.labels(), turned.test.labels()), (&[2, 0, 0][..], &[0][..]));
        for classes in ["['dog']", "['dog', 'cat', 'dog']"] {
            let error = folder.load(&format!("classes = {classes}")).unwrap_err();
            assert!(error.ends_with("expected each class once, among them all of cat, dog"));
        }
        folder.put("test/fox/a.png", dot(2, 3));
        let error = folder.load("").unwrap_err();
        let expected = "DIR/test/fox/a.png: class is one that the training part does not have; expected cat, dog";
        assert_eq!(error, expected);
    }

    #[test]
    fn one_folder_is_split_by_the_seed_alone() {
        let folder = Folder::new();
        for i in 0..10 {
            folder.put(&format!("cat/{i}.png"), RgbImage::from_pixel(2, 2, Rgb([i, 0, 0])));
            folder.put(&format!("dog/{i}.png"), RgbImage::from_pixel(2, 2, Rgb([100 + i, 0, 0])));
        }
        let set = folder.load("test_share = 0.3").unwrap();
        assert_eq!((set.train.len(), set.test.len()), (14, 6));
        assert_eq!(set.checksum, folder.load("test_share = 0.3").unwrap().checksum);
        assert_ne!(set.checksum, folder.load("test_share = 0.3\nseed = 1").unwrap().checksum);
        let error = folder.load("test_share = 1.0").unwrap_err();
        assert!(error.contains("test_share is 1; expected a share above 0"), "{error}");
    }

    #[test]
    fn a_file_of_labels_names_images_classes_and_parts() {
        let folder = Folder::new();
        for i in 0..6 {
            folder.put(&format!("images/{i}.png"), RgbImage::from_pixel(2, 2, Rgb([i, 0, 0])));
        }
        let write = |name: &str, text: &str| fs::write(folder.0.path().join(name), text).unwrap();
        write(
            "labels.csv",
            "label,file,split\n10,images/0.png,train\n9,images/1.png,train\n10,\"images/2.png\",test\n",
        );
        let set = folder.load("labels = 'labels.csv'").unwrap();
        assert_eq!(set.classes, ["9", "10"], "whole numbers are in the order of numbers");
        let turned = folder.load("labels = 'labels.csv'\nclasses = ['10', '9']").unwrap();
        assert_eq!((turned.train.labels(), turned.test.labels()), (&[0, 1][..], &[0][..]));
        assert_eq!((set.train.labels(), set.test.labels()), (&[1, 0][..], &[1][..]));
        assert_eq!(set.test.images().image(0)[0], 2);
        let lines = (0..6).map(|i| format!(r#"{{"file": "images/{i}.png", "label": {}}}"#, i % 2));
        write("labels.jsonl", &lines.collect::<Vec<_>>().join("\n"));
        let set = folder.load("labels = 'labels.jsonl'\ntest_share = 0.34").unwrap();
        assert_eq!((set.train.len(), set.test.len()), (4, 2));
        write("labels.csv", "file,label\nimages/7.png,a\n");
        let error = folder.load("labels = 'labels.csv'").unwrap_err();
        assert!(error.starts_with("DIR/images/7.png: cannot be read:"), "{error}");
    }

    #[test]
    fn groups_of_a_file_of_labels_are_held_out_whole_and_change_the_checksum() {
        let folder = Folder::new();
        let rows = (0..12_u8).map(|i| {
            folder.put(&format!("{i}.png"), RgbImage::from_pixel(2, 2, Rgb([i, 0, 0])));
            format!("{i}.png,{},writer {}\n", i % 2, i / 3)
        });
        let lines = format!("file,label,group\n{}", rows.collect::<String>());
        let load = |lines: &str| {
            fs::write(folder.0.path().join("labels.csv"), lines).unwrap();
            folder.load("labels = 'labels.csv'\ntest_share = 0.25").unwrap()
        };
        let set = load(&lines);
        assert_eq!((set.train.len(), set.test.len()), (9, 3));
        let (train, test) = (set.train.groups().unwrap(), set.test.groups().unwrap());
        assert!(test.iter().all(|group| *group == test[0] && !train.contains(group)));
        // The group is that of the image, which tells its number by its red.
        for (index, &group) in train.iter().enumerate() {
            assert_eq!(usize::from(set.train.images().image(index)[0] / 3), group);
        }
        let others = load(&lines.replace("writer 3", "writer 2"));
        assert_ne!(set.checksum, others.checksum);
    }

    #[test]
    fn images_of_any_depth_become_bytes() {
        let folder = Folder::new();
        folder.put("a/0.png", ImageBuffer::from_pixel(2, 2, Luma([0x80FF_u16])));
        folder.put("a/1.png", ImageBuffer::from_pixel(2, 2, LumaA([0x40_u8, 0])));
        folder.put("a/2.webp", RgbImage::from_pixel(2, 2, Rgb([1, 2, 3])));
        folder.put("a/3.bmp", RgbImage::from_pixel(2, 2, Rgb([4, 5, 6])));
        let set = folder.load("test_share = 0.25").unwrap();
        let mut seen: Vec<u8> = (0..3).map(|i| set.train.images().image(i)[0]).collect();
        seen.push(set.test.images().image(0)[0]);
        seen.sort_unstable();
        // 0x80FF of 0xFFFF is 128.5 of 255.
        assert_eq!(seen, [1, 4, 0x40, 0x80]);
    }

    #[test]
    fn sizes_must_agree_or_be_set() {
        let folder = Folder::new();
        folder.put("a/0.png", dot(4, 4));
        folder.put("a/1.png", dot(4, 6));
        let error = folder.load("").unwrap_err();
        assert_eq!(error, "DIR/a/1.png: size is 4x6; expected 4x4 as of the first; or set `size`");
        assert_eq!(folder.load("size = [2, 3]").unwrap().shape(), [3, 2, 3]);
        assert!(folder.load("size = [0, 3]").unwrap_err().contains("expected two numbers from 1"));
    }

    #[test]
    fn what_is_no_image_is_named() {
        let folder = Folder::new();
        folder.put("a/0.png", dot(4, 4));
        let whole = fs::read(folder.0.path().join("a/0.png")).unwrap();
        for bytes in [&whole[..whole.len() - 20], b"GIF89a", b"", &[0xff; 64]] {
            fs::write(folder.0.path().join("a/1.png"), bytes).unwrap();
            let error = folder.load("").unwrap_err();
            assert!(error.starts_with("DIR/a/1.png: image is "), "{error}");
            assert!(error.ends_with("expected a whole PNG, JPEG, WebP or BMP"), "{error}");
        }
        fs::create_dir(folder.0.path().join("b")).unwrap();
        assert!(folder.load("").unwrap_err().starts_with("DIR/b: class is without an image"));
        let empty = Folder::new();
        assert!(empty.load("").unwrap_err().starts_with("DIR: folder is without a folder"));
    }

    #[test]
    fn a_header_that_promises_too_much_is_refused() {
        let folder = Folder::new();
        folder.put("a/0.png", dot(4, 4));
        let mut bytes = b"BM".to_vec();
        bytes.extend([0; 8]);
        bytes.extend(54_u32.to_le_bytes());
        bytes.extend(40_u32.to_le_bytes());
        bytes.extend(100_000_u32.to_le_bytes());
        bytes.extend(100_000_u32.to_le_bytes());
        bytes.extend([1, 0, 24, 0]);
        bytes.extend([0; 24]);
        fs::write(folder.0.path().join("a/1.bmp"), bytes).unwrap();
        assert!(folder.load("").unwrap_err().starts_with("DIR/a/1.bmp: "));
    }

    #[test]
    fn images_that_stay_in_their_files_are_the_same_images() {
        let folder = Folder::new();
        for i in 0..8 {
            folder.put(&format!("cat/{i}.png"), RgbImage::from_pixel(2, 2, Rgb([i, 0, 9])));
            folder.put(&format!("dog/{i}.bmp"), RgbImage::from_pixel(2, 2, Rgb([100 + i, 3, 0])));
        }
        let (memory, files) = (folder.load("").unwrap(), folder.load("keep = 'files'").unwrap());
        assert!(memory.train.images().in_memory() && !files.train.images().in_memory());
        for (memory, files) in [(&memory.train, &files.train), (&memory.test, &files.test)] {
            assert_eq!(memory.labels(), files.labels());
            let mut read = Vec::new();
            (0..files.len()).for_each(|index| files.images().read(index, &mut read).unwrap());
            assert_eq!(memory.images().pixels(), read);
        }
        let scaling = |set: &Dataset| crate::Normalization::of(&set.train).unwrap();
        assert_eq!(scaling(&memory), scaling(&files));
        assert_eq!(files.checksum, folder.load("keep = 'files'").unwrap().checksum);
        folder.put("dog/3.bmp", RgbImage::from_pixel(2, 2, Rgb([103, 4, 0])));
        assert_ne!(files.checksum, folder.load("keep = 'files'").unwrap().checksum);
    }

    #[test]
    fn a_damaged_file_is_named_by_the_batch_that_needs_it() {
        let folder = Folder::new();
        for i in 0..20 {
            folder.put(&format!("cat/{i}.png"), dot(4, 4));
        }
        let path = folder.0.path().join("cat/7.png");
        fs::write(&path, &fs::read(&path).unwrap()[..40]).unwrap();
        let set = folder.load("keep = 'files'\ntest_share = 0.05").unwrap();
        let part = if set.train.len() == 19 { &set.train } else { &set.test };
        let scaling = crate::Normalization { mean: vec![0.0; 3], deviation: vec![1.0; 3] };
        for workers in [0, 2] {
            let batches = crate::Batches::sequential(part, &scaling, 3).unwrap();
            let error = batches.prefetched(workers).unwrap().find_map(Result::err).unwrap();
            let error = error.to_string();
            assert!(error.starts_with(&format!("{}: image is ", path.display())), "{error}");
        }
    }
}
