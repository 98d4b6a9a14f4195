//! Captchas: images whose file names are what stands in them.
//!
//! `path` is a folder or a zip archive, which is read as it is and never unpacked. The text of `2b827.png` is `2b827`; with
//! `separator = "_"` that of `2b827_0003.png` too, so that a text may occur twice. A folder with the folders `train` and
//! `test` has its parts in these; else `test_share` of the images is held out by a draw from `seed`. Hidden files, and those
//! without the ending of an image, are left alone.

use std::path::{Path, PathBuf};

use cenote_spec::{Kind, params};
use serde::Deserialize;

use super::TextSource;
use super::set::{TextImage, TextSet, alphabet};
use crate::archive::Zip;
use crate::folder::entries;
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
}

impl TextSource for Captcha {
    fn load(&self) -> Result<TextSet, Error> {
        share::check("captcha: test_share", self.test_share)?;
        let folders = ["train", "test"].map(|part| self.path.join(part));
        let [train, test]: [Vec<TextImage>; 2] = if folders.iter().all(|folder| folder.is_dir()) {
            [self.folder(&folders[0])?, self.folder(&folders[1])?]
        } else {
            let all = if self.path.is_dir() { self.folder(&self.path)? } else { self.archive()? };
            let (train, test) = share::part(all.len(), self.test_share, self.seed);
            let taken = |part: &[usize]| part.iter().map(|&at| all[at].clone()).collect();
            [taken(&train), taken(&test)]
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
    fn folder(&self, folder: &Path) -> Result<Vec<TextImage>, Error> {
        let image = |path: PathBuf| {
            let text = self.text(&path)?;
            Ok(TextImage { picture: Picture::file(path), text })
        };
        let images = entries(folder)?.into_iter();
        images.filter(|path| is_image(path) && path.is_file()).map(image).collect()
    }

    fn archive(&self) -> Result<Vec<TextImage>, Error> {
        let mut zip = Zip::open(&self.path)?;
        let (mut images, mut left) = (Vec::new(), MOST_ARCHIVE);
        for name in zip.files()?.into_iter().filter(|name| is_image(Path::new(name))) {
            let bytes = zip.read(&name, MOST_IMAGE.min(left))?;
            left -= bytes.len() as u64;
            let shown = self.path.join(&name);
            let text = self.text(&shown)?;
            let picture = Picture::bytes(shown.display().to_string(), bytes);
            images.push(TextImage { picture, text });
        }
        Ok(images)
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
