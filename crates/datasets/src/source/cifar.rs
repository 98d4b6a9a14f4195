//! Archives of CIFAR: binary records in a tar under gzip, read as they are.
//!
//! ```text
//! record = labels (1 byte, or 2: coarse and fine) | 1,024 red | 1,024 green | 1,024 blue       row by row
//! ```
//!
//! How many records a file holds follows from its size, so a part of the published set is read like the whole.
//! Entries are known by the last part of their path; nothing is unpacked, so no path leads anywhere. An entry that is
//! wanted must be a plain file and occur once.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::release::Published;
use crate::place::data_dir;
use crate::{Dataset, Error, Images, Origin, PublishedSet, Split};

/// The sizes of every image.
const SHAPE: [usize; 3] = [3, 32, 32];
/// The most that an archive may unpack to: twice the published ones.
const MOST: u64 = 400 << 20;
/// Room that is made before anything is read; a published file fits.
const FIRST_BYTES: u64 = 32 << 20;

/// What one of the sets is made of.
#[derive(Debug)]
pub(super) struct Layout {
    /// The kind, as study files spell it.
    pub(super) name: &'static str,
    /// Folder below `CENOTE_DATA_DIR`.
    pub(super) folder: &'static str,
    /// The archive as it was published.
    pub(super) archive: Published,
    /// The name of an archive with a part of the set.
    pub(super) part: &'static str,
    /// What the names of training files begin with.
    pub(super) train: &'static str,
    pub(super) test: &'static str,
    /// The file of class names.
    pub(super) names: &'static str,
    /// Bytes of labels before the pixels; the last of them counts.
    pub(super) labels: usize,
    pub(super) classes: usize,
    /// Training images of the whole set.
    pub(super) published: usize,
    pub(super) source: &'static str,
}

/// The folder of both archives.
const ADDRESS: &str = "https://www.cs.toronto.edu/~kriz/";
/// Terms of both.
const LICENCE: &str = "none stated; cite the report";

impl Layout {
    /// The archive, for whoever fetches or compares it.
    pub(super) fn published(&self) -> PublishedSet {
        PublishedSet {
            folder: self.folder,
            licence: LICENCE,
            addresses: &[ADDRESS],
            files: vec![self.archive.public()],
        }
    }

    /// Reads the archive at `file`, else from the set's folder below `CENOTE_DATA_DIR`.
    pub(super) fn load(&self, file: Option<&Path>) -> Result<Dataset, Error> {
        self.load_below(file, data_dir().as_deref())
    }

    fn load_below(&self, file: Option<&Path>, root: Option<&Path>) -> Result<Dataset, Error> {
        let wanted = || {
            let Self { name, source, .. } = self;
            format!("`cenote data fetch {name}` gets it; wanted from {source}")
        };
        let path = match (file, root) {
            (Some(file), _) => file.to_owned(),
            (None, Some(root)) => {
                let directory = root.join(self.folder);
                let mut found =
                    [self.archive.name, self.part].into_iter().map(|name| directory.join(name));
                let Some(found) = found.find(|path| path.is_file()) else {
                    let (dataset, file) = (self.name, self.archive.name.to_owned());
                    return Err(Error::Missing { dataset, directory, file, wanted: wanted() });
                };
                found
            }
            (None, None) => {
                let (dataset, folder, wanted) = (self.name, self.folder, wanted());
                return Err(Error::NoDirectory { dataset, folder, wanted });
            }
        };
        let shown = path.display().to_string();
        let opened =
            File::open(&path).map_err(|source| Error::Read { file: shown.clone(), source })?;
        self.read(&shown, BufReader::new(opened))
    }

    /// Reads an archive; `shown` is the name that errors give it.
    fn read(&self, shown: &str, bytes: impl std::io::BufRead) -> Result<Dataset, Error> {
        let entries = self.entries(shown, bytes)?;
        let classes = self.class_names(shown, &entries)?;
        let is_train = |name: &str| name.starts_with(self.train) && is_bin(name);
        let train = entries.iter().filter(|(name, _)| is_train(name));
        let train = self.split(shown, self.train, train)?;
        let test = entries.iter().filter(|(name, _)| *name == self.test);
        let test = self.split(shown, self.test, test)?;
        let name = match train.len() {
            count if count == self.published => self.name.to_owned(),
            count => format!("{} ({count} of {} training images)", self.name, self.published),
        };
        let origin = Origin { name, licence: LICENCE, source: self.source };
        Dataset::new(origin, classes, train, test)
    }

    /// The entries that matter, by name.
    fn entries(
        &self,
        shown: &str,
        bytes: impl std::io::BufRead,
    ) -> Result<BTreeMap<String, Vec<u8>>, Error> {
        let damaged = |source| Error::Gzip { file: shown.to_owned(), source };
        let mut archive = tar::Archive::new(MultiGzDecoder::new(bytes).take(MOST));
        let mut entries = BTreeMap::new();
        for entry in archive.entries().map_err(damaged)? {
            let entry = entry.map_err(damaged)?;
            let path = entry.path().map_err(damaged)?;
            let Some(name) = path.file_name().and_then(|name| name.to_str()).map(str::to_owned)
            else {
                continue;
            };
            let binary = is_bin(&name) && (name.starts_with(self.train) || name == self.test);
            if !binary && name != self.names {
                continue;
            }
            let file = format!("{shown}: {name}");
            let wrong = |what, got: String, expected: &str| Error::Format {
                file: file.clone(),
                what,
                got,
                expected: expected.to_owned(),
            };
            let kind = entry.header().entry_type();
            if !kind.is_file() {
                return Err(wrong("entry", format!("{kind:?}"), "a plain file"));
            }
            let size = entry.size();
            if size > MOST {
                return Err(wrong("size", size.to_string(), &format!("at most {MOST} bytes")));
            }
            let mut contents = Vec::with_capacity(size.min(FIRST_BYTES) as usize);
            entry.take(size).read_to_end(&mut contents).map_err(damaged)?;
            if contents.len() as u64 != size {
                let (got, expected) = (format!("only {}", contents.len()), size.to_string());
                return Err(Error::Size { file, got, expected });
            }
            if entries.insert(name, contents).is_some() {
                return Err(wrong("entry", "a second one of this name".to_owned(), "one"));
            }
        }
        Ok(entries)
    }

    fn class_names(
        &self,
        shown: &str,
        entries: &BTreeMap<String, Vec<u8>>,
    ) -> Result<Vec<String>, Error> {
        let file = format!("{shown}: {}", self.names);
        let Some(text) = entries.get(self.names) else {
            return Err(self.absent(shown, self.names));
        };
        let text = String::from_utf8_lossy(text);
        let names = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let names: Vec<String> = names.map(str::to_owned).collect();
        if names.len() == self.classes {
            return Ok(names);
        }
        let (got, expected) = (names.len().to_string(), self.classes.to_string());
        Err(Error::Format { file, what: "number of class names", got, expected })
    }

    fn absent(&self, shown: &str, name: &str) -> Error {
        Error::Format {
            file: shown.to_owned(),
            what: "archive",
            got: format!("without `{name}`"),
            expected: format!(
                "`{}….bin`, `{}` and `{}` of {}",
                self.train, self.test, self.names, self.source
            ),
        }
    }

    fn split<'a>(
        &self,
        shown: &str,
        wanted: &str,
        files: impl Iterator<Item = (&'a String, &'a Vec<u8>)>,
    ) -> Result<Split, Error> {
        let record = self.labels + SHAPE.iter().product::<usize>();
        let (mut pixels, mut labels) = (Vec::new(), Vec::new());
        let mut seen = false;
        for (name, contents) in files {
            seen = true;
            let (records, rest) = (contents.chunks_exact(record), contents.len() % record);
            if rest > 0 {
                return Err(Error::Size {
                    file: format!("{shown}: {name}"),
                    got: contents.len().to_string(),
                    expected: format!("a multiple of {record}, the bytes of a record"),
                });
            }
            pixels.reserve(contents.len());
            for (index, bytes) in records.enumerate() {
                let (label, image) = bytes.split_at(self.labels);
                let label = usize::from(label[self.labels - 1]);
                if label >= self.classes {
                    return Err(Error::Format {
                        file: format!("{shown}: {name}"),
                        what: "label",
                        got: format!("{label} in record {index}"),
                        expected: format!("0 to {}", self.classes - 1),
                    });
                }
                labels.push(label);
                pixels.extend_from_slice(image);
            }
        }
        if !seen {
            return Err(self.absent(shown, wanted));
        }
        Split::new(Images::new(SHAPE, pixels)?, labels)
    }
}

fn is_bin(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|ending| ending == "bin")
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;

    const TOY: Layout = Layout {
        name: "toy",
        folder: "toy",
        archive: Published { name: "toy.tar.gz", bytes: 0, sha256: "" },
        part: "toy-part.tar.gz",
        train: "data_batch_",
        test: "test_batch.bin",
        names: "names.txt",
        labels: 1,
        classes: 2,
        published: 3,
        source: "https://example.org/toy.tar.gz",
    };

    /// A record whose pixels are all the same.
    fn record(label: u8, pixel: u8) -> Vec<u8> {
        let mut bytes = vec![pixel; 3_073];
        bytes[0] = label;
        bytes
    }

    fn archive(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (name, contents) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(contents.len() as u64);
            header.set_mode(0o644);
            // `set_path` refuses what a hostile archive may hold.
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            header.set_cksum();
            builder.append(&header, contents.as_slice()).unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap()
    }

    fn sound() -> Vec<(&'static str, Vec<u8>)> {
        vec![
            ("toy/data_batch_2.bin", record(1, 7)),
            ("toy/data_batch_1.bin", [record(0, 5), record(1, 6)].concat()),
            ("toy/readme.html", b"<p>".to_vec()),
            ("toy/test_batch.bin", record(1, 8)),
            ("toy/names.txt", b"cat\ndog\n\n".to_vec()),
        ]
    }

    fn read(files: &[(&str, Vec<u8>)]) -> Result<Dataset, String> {
        TOY.read("toy.tar.gz", archive(files).as_slice()).map_err(|error| error.to_string())
    }

    #[test]
    fn files_are_taken_in_the_order_of_their_names() {
        let set = read(&sound()).unwrap();
        assert_eq!(set.train.labels(), [0, 1, 1]);
        let first: Vec<u8> = (0..3).map(|i| set.train.images().image(i)[0]).collect();
        assert_eq!((first, set.test.images().image(0)[3_071]), (vec![5, 6, 7], 8));
        assert_eq!(
            (set.name.as_str(), set.classes.as_slice()),
            ("toy", &["cat", "dog"].map(String::from)[..])
        );
        let part = read(&sound()[1..]).unwrap();
        assert_eq!(part.name, "toy (2 of 3 training images)");
    }

    #[test]
    fn what_is_wrong_is_said_with_file_and_record() {
        let with = |at: usize, name: &'static str, contents: Vec<u8>| {
            let mut files = sound();
            files[at] = (name, contents);
            read(&files).unwrap_err()
        };
        assert_eq!(
            with(3, "toy/test_batch.bin", record(2, 0)),
            "toy.tar.gz: test_batch.bin: label is 2 in record 0; expected 0 to 1"
        );
        assert_eq!(
            with(3, "toy/test_batch.bin", vec![0; 3_072]),
            "toy.tar.gz: test_batch.bin: holds 3072 bytes; expected a multiple of 3073, the bytes of a record"
        );
        assert_eq!(
            with(4, "toy/names.txt", b"cat".to_vec()),
            "toy.tar.gz: names.txt: number of class names is 1; expected 2"
        );
        assert!(
            with(4, "toy/no.txt", vec![]).starts_with("toy.tar.gz: archive is without `names.txt`")
        );
        assert!(with(2, "a/../names.txt", vec![]).contains("names.txt: entry is a second one"));
    }

    #[test]
    fn a_link_is_no_file_and_a_path_leads_nowhere() {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        header.set_path("toy/test_batch.bin").unwrap();
        header.set_link_name("/etc/passwd").unwrap();
        header.set_cksum();
        let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        builder.append(&header, &[][..]).unwrap();
        let bytes = builder.into_inner().unwrap().finish().unwrap();
        let error = TOY.read("toy.tar.gz", bytes.as_slice()).unwrap_err().to_string();
        assert_eq!(error, "toy.tar.gz: test_batch.bin: entry is Symlink; expected a plain file");
        let mut files = sound();
        files[3].0 = "../../../test_batch.bin";
        assert_eq!(read(&files).unwrap().test.len(), 1);
        files[3].0 = "/test_batch.bin";
        assert_eq!(read(&files).unwrap().test.len(), 1);
    }

    #[test]
    fn a_size_that_cannot_be_is_refused_before_memory_is_taken() {
        let mut header = tar::Header::new_gnu();
        header.set_size(1 << 40);
        header.set_path("toy/test_batch.bin").unwrap();
        header.set_cksum();
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(header.as_bytes()).unwrap();
        let bytes = gzip.finish().unwrap();
        let error = TOY.read("toy.tar.gz", bytes.as_slice()).unwrap_err().to_string();
        assert!(error.starts_with("toy.tar.gz: test_batch.bin: size is 1099511627776;"), "{error}");
    }

    #[test]
    fn a_missing_archive_names_the_address() {
        let root = tempfile::tempdir().unwrap();
        let error = TOY.load_below(None, Some(root.path())).unwrap_err().to_string();
        assert!(
            error.contains("does not hold `toy.tar.gz`; `cenote data fetch toy` gets it; wanted from https://example.org"),
            "{error}"
        );
        assert!(TOY.load_below(None, None).unwrap_err().to_string().contains("CENOTE_DATA_DIR"));
        let part = root.path().join("toy/toy-part.tar.gz");
        std::fs::create_dir(root.path().join("toy")).unwrap();
        std::fs::write(&part, archive(&sound())).unwrap();
        assert_eq!(TOY.load_below(None, Some(root.path())).unwrap().train.len(), 3);
        assert_eq!(TOY.load_below(Some(&part), None).unwrap().train.len(), 3);
    }

    proptest! {
        #[test]
        fn no_cut_or_changed_archive_makes_it_panic(cut in 0.0..1.0, at in 0.0..1.0, value: u8) {
            let mut bytes = archive(&sound());
            let at = (at * bytes.len() as f64) as usize;
            bytes[at] = value;
            bytes.truncate((cut * 2.0 * bytes.len() as f64) as usize);
            let _ = TOY.read("toy.tar.gz", bytes.as_slice());
        }
    }
}
