//! Captchas: images whose file names are what stands in them.
//!
//! `path` is a folder or a zip archive, which is read as it is and never unpacked. The text of `2b827.png` is `2b827`; with
//! `separator = "_"` that of `2b827_0003.png` too, so that a text may occur twice. A folder with the folders `train` and
//! `test` has its parts in these; else `test_share` of the images is held out by a draw from `seed`. With `folds` all images are
//! dealt into so many folds by that draw, and number `fold` of them, from 1, is held out. Hidden files, and those
//! without the ending of an image, are left alone.

use std::path::{Path, PathBuf};

use cenote_spec::{Kind, params};
use cenote_tensor::Seed;
use serde::Deserialize;

use super::TextSource;
use super::set::{TextImage, TextSet, alphabet};
use crate::archive::Zip;
use crate::folder;
use crate::order::shuffle;
use crate::picture::is_image;
use crate::source::share;
use crate::{Error, Origin, Picture};

pub(super) const KIND: Kind<dyn TextSource> = Kind {
    name: NAME,
    about: "images whose file names are the text in them, in a folder or a zip",
    example: "path = \"my/captcha_images_v2.zip\"\ntest_share = 0.2",
    notes: None,
    parse: |table| Ok(Box::new(params::<Captcha>(NAME, table)?)),
};

const NAME: &str = "captcha";
/// The most that one image of an archive may take, and all of them: archives are held in memory.
const MOST_IMAGE: u64 = 16 << 20;
const MOST_ARCHIVE: u64 = 2 << 30;
/// The longest text.
const MOST_CHARACTERS: usize = 64;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Captcha {
    path: PathBuf,
    name: Option<String>,
    separator: Option<String>,
    #[serde(default = "share::default")]
    test_share: f64,
    #[serde(default)]
    seed: u64,
    folds: Option<usize>,
    fold: Option<usize>,
}

/// The images of a folder or a zip whose names are their texts, of both parts where it has parts; `separator` ends a text.
///
/// # Errors
///
/// When it cannot be read, has no image, or a name is no text.
pub fn captchas(path: &Path, separator: Option<&str>) -> Result<Vec<TextImage>, Error> {
    let separator = separator.map(str::to_owned);
    let (name, test_share) = (None, share::default());
    let all = Captcha {
        path: path.into(),
        name,
        separator,
        test_share,
        seed: 0,
        folds: None,
        fold: None,
    };
    let images = all.parts()?.unwrap_or_else(|whole| [whole, Vec::new()]).concat();
    if images.is_empty() { Err(none_in(path)) } else { Ok(images) }
}

/// The image in a file, or those in a folder or a zip, whatever they are called.
///
/// # Errors
///
/// When a folder or a zip cannot be read or has no image.
pub fn pictures(path: &Path) -> Result<Vec<Picture>, Error> {
    let is_zip = || path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip"));
    let found: Vec<Picture> = if path.is_dir() {
        folder::images(path)?.into_iter().map(Picture::file).collect()
    } else if is_zip() {
        packed(path, |_| Ok(()))?.into_iter().map(|(picture, ())| picture).collect()
    } else {
        return Ok(vec![Picture::file(path.into())]);
    };
    if found.is_empty() { Err(none_in(path)) } else { Ok(found) }
}

fn none_in(path: &Path) -> Error {
    Error::Format {
        file: path.display().to_string(),
        what: "number of images",
        got: "0".to_owned(),
        expected: "at least 1 PNG, JPEG, WebP or BMP".to_owned(),
    }
}

/// The images of a zip, with what `of_name` says of each name.
fn packed<T>(
    path: &Path,
    of_name: impl Fn(&Path) -> Result<T, Error>,
) -> Result<Vec<(Picture, T)>, Error> {
    let mut zip = Zip::open(path)?;
    let (mut images, mut left) = (Vec::new(), MOST_ARCHIVE);
    for name in zip.files()?.into_iter().filter(|name| is_image(Path::new(name))) {
        let bytes = zip.read(&name, MOST_IMAGE.min(left))?;
        left -= bytes.len() as u64;
        let shown = path.join(&name);
        let said = of_name(&shown)?;
        images.push((Picture::bytes(shown.display().to_string(), bytes), said));
    }
    Ok(images)
}

impl TextSource for Captcha {
    fn load(&self) -> Result<TextSet, Error> {
        share::check("captcha: test_share", self.test_share)?;
        let parted = self.parts()?.unwrap_or_else(|all| {
            let (train, test) = share::part(all.len(), self.test_share, self.seed);
            let taken = |part: &[usize]| part.iter().map(|&at| all[at].clone()).collect();
            [taken(&train), taken(&test)]
        });
        let [train, test] = match self.folds {
            None => parted,
            Some(folds) => self.fold(parted.concat(), folds)?,
        };
        if train.is_empty() || test.is_empty() {
            return Err(Error::Format {
                file: self.path.display().to_string(),
                what: "number of images",
                got: (train.len() + test.len()).to_string(),
                expected: "at least 2, one of them to test".to_owned(),
            });
        }
        let alphabet = alphabet(train.iter().chain(&test));
        let Origin { name, licence, source } = Origin::own(self.name.as_deref(), NAME);
        Ok(TextSet { name, alphabet, train, test, licence, source })
    }
}

impl Captcha {
    /// Both parts of a folder that has parts, else all images.
    fn parts(&self) -> Result<Result<[Vec<TextImage>; 2], Vec<TextImage>>, Error> {
        let folders = ["train", "test"].map(|part| self.path.join(part));
        if folders.iter().all(|folder| folder.is_dir()) {
            return Ok(Ok([self.folder(&folders[0])?, self.folder(&folders[1])?]));
        }
        Ok(Err(if self.path.is_dir() { self.folder(&self.path)? } else { self.archive()? }))
    }

    /// All images but one fold, and that fold, each in the order of the images.
    fn fold(&self, all: Vec<TextImage>, folds: usize) -> Result<[Vec<TextImage>; 2], Error> {
        let between = |what, got: usize, least: usize, most: usize| {
            if (least..=most).contains(&got) {
                return Ok(());
            }
            let expected = format!("{least} to {most}");
            Err(Error::Setting { what, got: got.to_string(), expected })
        };
        between("captcha: folds", folds, 2, all.len().max(2))?;
        let fold = self.fold.unwrap_or(1);
        between("captcha: fold", fold, 1, folds)?;
        let mut order: Vec<usize> = (0..all.len()).collect();
        shuffle(&mut order, &mut Seed(self.seed).stream("split/folds"));
        let mut fold_of = vec![0; all.len()];
        for (nth, image) in order.into_iter().enumerate() {
            fold_of[image] = nth % folds + 1;
        }
        let mut parts = [Vec::new(), Vec::new()];
        for (image, its) in all.into_iter().zip(fold_of) {
            parts[usize::from(its == fold)].push(image);
        }
        Ok(parts)
    }

    fn folder(&self, folder: &Path) -> Result<Vec<TextImage>, Error> {
        let image = |path: PathBuf| {
            let text = self.text(&path)?;
            Ok(TextImage { picture: Picture::file(path), text })
        };
        folder::images(folder)?.into_iter().map(image).collect()
    }

    fn archive(&self) -> Result<Vec<TextImage>, Error> {
        let images = packed(&self.path, |name| self.text(name))?.into_iter();
        Ok(images.map(|(picture, text)| TextImage { picture, text }).collect())
    }

    /// The text in a name.
    fn text(&self, path: &Path) -> Result<String, Error> {
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let text = stem.and_then(|stem| match &self.separator {
            Some(separator) => stem.split(separator.as_str()).next(),
            None => Some(stem),
        });
        text.filter(|text| (1..=MOST_CHARACTERS).contains(&text.chars().count()))
            .map(str::to_owned)
            .ok_or_else(|| Error::Format {
                file: path.display().to_string(),
                what: "name",
                got: "without a text that can be read".to_owned(),
                expected: format!("1 to {MOST_CHARACTERS} characters of UTF-8"),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::png;

    fn load(folder: &Path, settings: &str) -> Result<TextSet, Error> {
        let text = format!("kind = 'captcha'\npath = '{}'\n{settings}", folder.display());
        let table = text.parse().expect("a table");
        cenote_spec::parse(&[crate::TEXT_KINDS], table).expect("a captcha").load()
    }

    #[test]
    fn every_image_is_in_one_fold_and_folds_differ_by_one_image_at_most() {
        let folder = tempfile::tempdir().unwrap();
        for nth in 0..11 {
            std::fs::write(folder.path().join(format!("a{nth}.png")), png([1, 2, 2], &[nth; 4]))
                .unwrap();
        }
        let mut held = Vec::new();
        for fold in 1..=3 {
            let set = load(folder.path(), &format!("folds = 3\nfold = {fold}")).unwrap();
            assert_eq!(set.train.len() + set.test.len(), 11);
            assert!((3..=4).contains(&set.test.len()));
            held.extend(set.test.into_iter().map(|image| image.text));
        }
        held.sort();
        held.dedup();
        assert_eq!(held.len(), 11);
        let error = load(folder.path(), "folds = 3\nfold = 4").unwrap_err().to_string();
        assert_eq!(error, "captcha: fold is 4; expected 1 to 3");
        let error = load(folder.path(), "folds = 12").unwrap_err().to_string();
        assert_eq!(error, "captcha: folds is 12; expected 2 to 11");
    }
}
