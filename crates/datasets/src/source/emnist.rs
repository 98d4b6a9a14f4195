//! EMNIST: letters and digits of NIST's Special Database 19 in the form of MNIST, 28x28 grey, in six splits.
//!
//! | split | classes | training / test images |
//! |---|---|---|
//! | `balanced` | 47: digits, capitals, and the small letters that do not look like theirs | 112,800 / 18,800 |
//! | `bymerge` | the same 47, as frequent as they are | 697,932 / 116,323 |
//! | `byclass` | 62: digits, capitals, small letters | 697,932 / 116,323 |
//! | `letters` | 26, capitals and small letters together | 124,800 / 20,800 |
//! | `digits` | 10 | 240,000 / 40,000 |
//! | `mnist` | 10 | 60,000 / 10,000 |
//!
//! The archive of NIST, `gzip.zip`, is read as it is, and so are the files that it holds. They store every image column by
//! column; here it is turned so that characters stand upright, as in MNIST. Labels of `letters` count from 1 in the file
//! and from 0 here.
//!
//! After Cohen, Afshar, Tapson and van Schaik (2017), arXiv:1702.05373.

use std::path::{Path, PathBuf};

use cenote_spec::{Kind, params};
use serde::Deserialize;

use super::Source;
use super::release::Published;
use crate::archive::Zip;
use crate::place::data_dir;
use crate::{Dataset, Error, Idx, Images, Origin, PublishedSet, Split};

pub(super) const KIND: Kind<dyn Source> = Kind {
    name: NAME,
    about: "letters and digits, 28x28, in six splits; `dir` or CENOTE_DATA_DIR/emnist with gzip.zip or its files",
    example: "split = \"balanced\"",
    notes: None,
    parse: |table| Ok(Box::new(params::<Emnist>(NAME, table)?)),
};

const NAME: &str = "emnist";
const ARCHIVE: Published = Published {
    name: "gzip.zip",
    bytes: 561_753_746,
    sha256: "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
};
const SOURCE: &str = "https://biometrics.nist.gov/cs_links/EMNIST/";
/// The most that one packed file of the archive may take: over twice the largest.
const MOST_BYTES: u64 = 512 << 20;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Emnist {
    dir: Option<PathBuf>,
    split: Part,
}

/// One of the six splits.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Part {
    Balanced,
    ByMerge,
    ByClass,
    Letters,
    Digits,
    Mnist,
}

impl Part {
    /// As the files spell it.
    fn name(self) -> &'static str {
        match self {
            Self::Balanced => "balanced",
            Self::ByMerge => "bymerge",
            Self::ByClass => "byclass",
            Self::Letters => "letters",
            Self::Digits => "digits",
            Self::Mnist => "mnist",
        }
    }

    fn classes(self) -> Vec<String> {
        const CAPITALS: std::ops::RangeInclusive<char> = 'A'..='Z';
        let named = |characters: &mut dyn Iterator<Item = char>| -> Vec<String> {
            characters.map(|character| character.to_string()).collect()
        };
        match self {
            Self::Digits | Self::Mnist => named(&mut ('0'..='9')),
            Self::Letters => named(&mut ('a'..='z')),
            Self::ByClass => named(&mut ('0'..='9').chain(CAPITALS).chain('a'..='z')),
            Self::Balanced | Self::ByMerge => {
                named(&mut ('0'..='9').chain(CAPITALS).chain("abdefghnqrt".chars()))
            }
        }
    }

    /// What the file calls the first class.
    fn first_label(self) -> usize {
        usize::from(matches!(self, Self::Letters))
    }
}

impl Source for Emnist {
    fn load(&self) -> Result<Dataset, Error> {
        self.load_below(data_dir().as_deref())
    }

    fn published(&self) -> Option<PublishedSet> {
        Some(PublishedSet {
            folder: NAME,
            licence: LICENCE,
            addresses: &[SOURCE, "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/"],
            files: vec![ARCHIVE.public()],
        })
    }
}

const LICENCE: &str = "none stated; a work of the United States government";

impl Emnist {
    fn load_below(&self, root: Option<&Path>) -> Result<Dataset, Error> {
        let wanted = || format!("wanted from {SOURCE}: gzip.zip (sha256 {})", ARCHIVE.sha256);
        let directory = match (&self.dir, root) {
            (Some(dir), _) => dir.clone(),
            (None, Some(root)) => root.join(NAME),
            (None, None) => {
                return Err(Error::NoDirectory { dataset: NAME, folder: NAME, wanted: wanted() });
            }
        };
        let zip = directory.join(ARCHIVE.name);
        let first = directory.join(self.file("train", "images-idx3"));
        let (train, test) = if first.is_file() {
            let read = |name: &str| Idx::read(&directory.join(name));
            (self.part("train", read)?, self.part("test", read)?)
        } else if zip.is_file() {
            let mut zip = Zip::open(&zip)?;
            let names = zip.files()?;
            let mut read = |name: &str| {
                let found = names.iter().find(|path| path.rsplit('/').next() == Some(name));
                let found = found.ok_or_else(|| Error::Format {
                    file: ARCHIVE.name.to_owned(),
                    what: "archive",
                    got: format!("without `{name}`"),
                    expected: "the one of NIST".to_owned(),
                })?;
                Idx::decode(&format!("{}: {name}", ARCHIVE.name), &zip.read(found, MOST_BYTES)?)
            };
            (self.part("train", &mut read)?, self.part("test", &mut read)?)
        } else {
            let file = format!("{}` or `{}", ARCHIVE.name, self.file("train", "images-idx3"));
            return Err(Error::Missing { dataset: NAME, directory, file, wanted: wanted() });
        };
        let name = format!("{NAME} {}", self.split.name());
        let origin = Origin { name, licence: LICENCE, source: SOURCE };
        Dataset::new(origin, self.split.classes(), train, test)
    }

    fn file(&self, part: &str, what: &str) -> String {
        format!("emnist-{}-{part}-{what}-ubyte.gz", self.split.name())
    }

    fn part(
        &self,
        part: &str,
        mut read: impl FnMut(&str) -> Result<Idx, Error>,
    ) -> Result<Split, Error> {
        let file = self.file(part, "labels-idx1");
        let whole = Split::from_idx(read(&self.file(part, "images-idx3"))?, &read(&file)?)?;
        let first = self.split.first_label();
        let label = |(index, &label): (usize, &usize)| {
            label.checked_sub(first).ok_or_else(|| Error::Format {
                file: file.clone(),
                what: "label",
                got: format!("{label} of example {index}"),
                expected: format!("{first} or more"),
            })
        };
        let labels: Result<_, _> = whole.labels().iter().enumerate().map(label).collect();
        let [c, h, w] = whole.shape();
        Split::new(Images::new([c, w, h], upright(whole.images().pixels(), [h, w]))?, labels?)
    }
}

/// Turns planes that lie column by column, `[h, w]` as stored, into rows.
fn upright(pixels: &[u8], [h, w]: [usize; 2]) -> Vec<u8> {
    let planes = pixels.chunks_exact(h * w);
    planes
        .flat_map(|plane| (0..w).flat_map(move |column| plane.iter().skip(column).step_by(w)))
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{Cursor, Write};

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    /// The four files of `letters`, each image 2x3 as stored.
    fn files(first_label: u8) -> Vec<(String, Vec<u8>)> {
        let idx = |dims: &[usize], values: &[u8]| {
            Idx::new(dims.to_vec(), values.to_vec()).unwrap().encode_gzip()
        };
        let name = |part: &str, what: &str| format!("emnist-letters-{part}-{what}-ubyte.gz");
        vec![
            (name("train", "images-idx3"), idx(&[1, 2, 3], &[1, 2, 3, 4, 5, 6])),
            (name("train", "labels-idx1"), idx(&[1], &[first_label])),
            (name("test", "images-idx3"), idx(&[1, 2, 3], &[0; 6])),
            (name("test", "labels-idx1"), idx(&[1], &[26])),
        ]
    }

    fn load(folder: &Path) -> Result<Dataset, String> {
        let source = Emnist { dir: Some(folder.to_owned()), split: Part::Letters };
        source.load_below(None).map_err(|error| error.to_string())
    }

    #[test]
    fn images_stand_upright_and_labels_count_from_0() {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files(1) {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        let set = load(folder.path()).unwrap();
        // Stored as the rows 123 and 456, which are the columns of the letter.
        assert_eq!(
            (set.shape(), set.train.images().image(0)),
            ([1, 3, 2], &[1, 4, 2, 5, 3, 6][..])
        );
        assert_eq!((set.train.labels(), set.test.labels()), (&[0][..], &[25][..]));
        assert_eq!((set.classes.len(), set.classes[25].as_str()), (26, "z"));
        assert_eq!(set.name, "emnist letters");
    }

    #[test]
    fn the_archive_is_read_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let error = load(folder.path()).unwrap_err();
        assert!(error.contains("does not hold `gzip.zip` or `emnist-letters-train"), "{error}");
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files(1) {
            writer.start_file(format!("gzip/{name}"), SimpleFileOptions::default()).unwrap();
            writer.write_all(&bytes).unwrap();
        }
        let bytes = writer.finish().unwrap().into_inner();
        fs::write(folder.path().join("gzip.zip"), bytes).unwrap();
        assert_eq!(load(folder.path()).unwrap().train.len(), 1);
    }

    #[test]
    fn a_label_below_the_first_is_refused_and_every_split_has_its_classes() {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files(0) {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        let error = load(folder.path()).unwrap_err();
        let expected = "emnist-letters-train-labels-idx1-ubyte.gz: label is 0 of example 0; expected 1 or more";
        assert_eq!(error, expected);
        let count = |part: Part| part.classes().len();
        let counts = [Part::Balanced, Part::ByMerge, Part::ByClass, Part::Digits, Part::Mnist];
        assert_eq!(counts.map(count), [47, 47, 62, 10, 10]);
    }
}
