//! A folder of images per class.
//!
//! ```text
//! dir/train/CLASS/*      dir/test/CLASS/*           or, without these two, dir/CLASS/*
//! ```
//!
//! Classes and files are taken in the order of their names. Files that end in `.png`, `.jpg`, `.jpeg`, `.webp` or `.bmp`
//! are read, hidden ones and all others left alone; a class without an image is an error, and so is a class that only
//! the test part has. Without the two folders `test_share` of the images, each class in proportion, is held out by a draw
//! from `seed` alone.
//!
//! Palettes, 16 bits and CMYK become 8 bits a channel, transparency is dropped, and `channels = "grey"` takes the luma of
//! colours. All images must have one size, or `size = [rows, columns]` scales each to it (triangle filter), whatever its
//! proportions.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use cenote_spec::{Kind, params};
use cenote_tensor::Seed;
use image::imageops::FilterType;
use image::{DynamicImage, ImageReader, Limits};
use rayon::prelude::*;
use serde::Deserialize;

use super::Source;
use crate::{Dataset, Error, Images, Origin, Split};

pub(super) const KIND: Kind<dyn Source> = Kind {
    name: NAME,
    about: "your own images: a folder per class, below `train` and `test` or split by `test_share`",
    example: "dir = \"my/images\"\nsize = [32, 32]",
    notes: None,
    parse: |table| Ok(Box::new(params::<ImageFolder>(NAME, table)?)),
};

const NAME: &str = "image_folder";
/// Endings of names, in lower case.
const ENDINGS: [&str; 5] = ["png", "jpg", "jpeg", "webp", "bmp"];
/// The longest side of an image.
const MOST_SIDE: u32 = 16_384;
/// What decoding one image may take.
const MOST_BYTES: u64 = 512 << 20;
/// What all images may take once they are scaled.
const MOST_PIXELS: usize = 8 << 30;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ImageFolder {
    dir: PathBuf,
    name: Option<String>,
    /// Rows and columns.
    size: Option<[u32; 2]>,
    #[serde(default)]
    channels: Channels,
    #[serde(default = "a_fifth")]
    test_share: f64,
    #[serde(default)]
    seed: u64,
}

fn a_fifth() -> f64 {
    0.2
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Channels {
    #[default]
    Rgb,
    Grey,
}

/// The image files of each class.
type Listing = Vec<(String, Vec<PathBuf>)>;

impl Source for ImageFolder {
    fn load(&self) -> Result<Dataset, Error> {
        self.check()?;
        let parts = ["train", "test"].map(|part| self.dir.join(part));
        let split = parts.iter().all(|part| part.is_dir());
        let train = list(if split { &parts[0] } else { &self.dir })?;
        let classes: Vec<String> = train.iter().map(|(class, _)| class.clone()).collect();
        let size = if let Some(size) = self.size {
            size
        } else {
            let first = decode(&train[0].1[0])?;
            [first.height(), first.width()]
        };
        let labelled = |listing: Listing| -> Vec<(Option<usize>, PathBuf)> {
            let label = |class: &String| classes.iter().position(|known| known == class);
            let files = listing.into_iter().map(|(class, files)| (label(&class), files));
            files
                .flat_map(|(label, files)| files.into_iter().map(move |file| (label, file)))
                .collect()
        };
        let train = self.read(&labelled(train), size, &classes)?;
        let (train, test) = if split {
            let test = list(&parts[1])?;
            (train, self.read(&labelled(test), size, &classes)?)
        } else {
            let held = (self.test_share * train.len() as f64).round().max(1.0) as usize;
            train.hold_out(held, &mut Seed(self.seed).stream("split/test"))?
        };
        let origin = Origin {
            name: self.name.clone().unwrap_or_else(|| NAME.to_owned()),
            licence: "not stated",
            source: "the user's own files",
        };
        Dataset::new(origin, classes, train, test)
    }
}

impl ImageFolder {
    fn check(&self) -> Result<(), Error> {
        let refuse = |what, got: String, expected: &str| {
            Err(Error::Setting { what, got, expected: expected.to_owned() })
        };
        if !(self.test_share > 0.0 && self.test_share < 1.0) {
            let got = self.test_share.to_string();
            return refuse("image_folder: test_share", got, "a share above 0 and below 1");
        }
        if let Some(size) = self.size.filter(|size| !size.iter().all(|n| (1..=4096).contains(n))) {
            return refuse("image_folder: size", format!("{size:?}"), "two numbers from 1 to 4096");
        }
        Ok(())
    }

    /// Decodes the files side by side; their order is kept.
    fn read(
        &self,
        files: &[(Option<usize>, PathBuf)],
        size: [u32; 2],
        classes: &[String],
    ) -> Result<Split, Error> {
        let channels = match self.channels {
            Channels::Rgb => 3,
            Channels::Grey => 1,
        };
        let [rows, columns] = size.map(|side| side as usize);
        let area = rows * columns;
        if files.len().saturating_mul(channels * area) > MOST_PIXELS {
            return Err(Error::Setting {
                what: "image_folder: images",
                got: format!("{} of {rows}x{columns} pixels", files.len()),
                expected: format!("at most {MOST_PIXELS} bytes; a smaller `size` would fit"),
            });
        }
        let decoded = files.par_iter().map(|(label, file)| {
            let Some(label) = label else {
                return Err(Error::Format {
                    file: file.display().to_string(),
                    what: "class",
                    got: "one that the training part does not have".to_owned(),
                    expected: classes.join(", "),
                });
            };
            Ok((*label, self.planes(file, size)?))
        });
        let decoded: Vec<(usize, Vec<u8>)> = decoded.collect::<Result<_, _>>()?;
        let labels = decoded.iter().map(|(label, _)| *label).collect();
        let mut pixels = Vec::with_capacity(decoded.len() * channels * area);
        for (_, planes) in decoded {
            pixels.extend(planes);
        }
        Split::new(Images::new([channels, rows, columns], pixels)?, labels)
    }

    /// The bytes `(C, H, W)` of an image.
    fn planes(&self, file: &Path, [rows, columns]: [u32; 2]) -> Result<Vec<u8>, Error> {
        let mut image = decode(file)?;
        if (image.height(), image.width()) != (rows, columns) {
            if self.size.is_none() {
                return Err(Error::Format {
                    file: file.display().to_string(),
                    what: "size",
                    got: format!("{}x{}", image.height(), image.width()),
                    expected: format!("{rows}x{columns} as of the first; or set `size`"),
                });
            }
            image = image.resize_exact(columns, rows, FilterType::Triangle);
        }
        Ok(match self.channels {
            Channels::Grey => image.into_luma8().into_raw(),
            Channels::Rgb => {
                let pixels = image.into_rgb8().into_raw();
                (0..3).flat_map(|channel| pixels.iter().skip(channel).step_by(3)).copied().collect()
            }
        })
    }
}

fn decode(file: &Path) -> Result<DynamicImage, Error> {
    let shown = || file.display().to_string();
    let unreadable = |source| Error::Read { file: shown(), source };
    let reader = ImageReader::open(file).map_err(unreadable)?;
    let mut reader = reader.with_guessed_format().map_err(unreadable)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_SIDE);
    limits.max_image_height = Some(MOST_SIDE);
    limits.max_alloc = Some(MOST_BYTES);
    reader.limits(limits);
    reader.decode().map_err(|error| Error::Format {
        file: shown(),
        what: "image",
        got: error.to_string(),
        expected: "a whole PNG, JPEG, WebP or BMP".to_owned(),
    })
}

/// The classes below a folder, each with its images.
fn list(root: &Path) -> Result<Listing, Error> {
    let mut listing = Vec::new();
    for folder in entries(root)?.into_iter().filter(|path| path.is_dir()) {
        let Some(class) = folder.file_name().and_then(OsStr::to_str).map(str::to_owned) else {
            continue;
        };
        let images = |path: &PathBuf| {
            let ending = path.extension().and_then(OsStr::to_str).map(str::to_ascii_lowercase);
            ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str())) && path.is_file()
        };
        let files: Vec<PathBuf> = entries(&folder)?.into_iter().filter(images).collect();
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

/// What is in a folder and not hidden, in the order of names.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let unreadable = |source| Error::Read { file: folder.display().to_string(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use cenote_spec::parse;
    use image::{ImageBuffer, Luma, LumaA, Rgb, RgbImage};

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
        assert!(folder.load("").unwrap_err().starts_with("DIR/a/1.bmp: image is "));
    }
}
