//! Data sets published as four IDX files with known checksums.

use std::path::Path;

use crate::checksum::verify;
use crate::place::data_dir;
use crate::{Dataset, Error, Idx, Origin, PublishedFile, PublishedSet, Split};

/// A published data set of four files.
#[derive(Debug)]
pub(super) struct Release {
    /// The kind, as study files spell it.
    pub(super) name: &'static str,
    /// Folder below `CENOTE_DATA_DIR`.
    pub(super) folder: &'static str,
    pub(super) classes: &'static [&'static str],
    pub(super) licence: &'static str,
    /// Page or address that the files come from.
    pub(super) source: &'static str,
    /// Where the files are, the publisher's own address first; each is followed by the name of a file.
    pub(super) addresses: &'static [&'static str],
    /// Training images, training labels, test images, test labels.
    pub(super) files: [Published; 4],
}

/// A file as it was published.
#[derive(Debug)]
pub(super) struct Published {
    pub(super) name: &'static str,
    pub(super) bytes: u64,
    pub(super) sha256: &'static str,
}

impl Published {
    pub(super) fn public(&self) -> PublishedFile {
        PublishedFile { name: self.name, bytes: self.bytes, sha256: self.sha256 }
    }
}

impl Release {
    /// The files, for whoever fetches or compares them.
    pub(super) fn published(&self) -> PublishedSet {
        PublishedSet {
            folder: self.folder,
            licence: self.licence,
            addresses: self.addresses,
            files: self.files.iter().map(Published::public).collect(),
        }
    }

    /// Reads the files from `dir`, else from the data set's folder below `CENOTE_DATA_DIR`.
    pub(super) fn load(&self, dir: Option<&Path>) -> Result<Dataset, Error> {
        self.load_below(dir, data_dir().as_deref())
    }

    fn load_below(&self, dir: Option<&Path>, root: Option<&Path>) -> Result<Dataset, Error> {
        let directory = match (dir, root) {
            (Some(dir), _) => dir.to_owned(),
            (None, Some(root)) => root.join(self.folder),
            (None, None) => {
                let wanted = self.wanted();
                return Err(Error::NoDirectory { dataset: self.name, folder: self.folder, wanted });
            }
        };
        if let Some(absent) = self.files.iter().find(|file| !directory.join(file.name).is_file()) {
            let file = absent.name.to_owned();
            return Err(Error::Missing {
                dataset: self.name,
                directory,
                file,
                wanted: self.wanted(),
            });
        }
        self.decode(|file| {
            let path = directory.join(file.name);
            let shown = path.display().to_string();
            let unreadable = |source| Error::Read { file: shown.clone(), source };
            // The length is compared before the file is read, since only its own length is worth reading.
            let length = path.metadata().map_err(unreadable)?.len();
            if length != file.bytes {
                let (got, expected) = (length.to_string(), file.bytes.to_string());
                return Err(Error::Size { file: shown, got, expected });
            }
            let bytes = std::fs::read(&path).map_err(unreadable)?;
            Ok((shown, bytes))
        })
    }

    /// Decodes the four files that `read` hands over with the name errors should give them.
    pub(super) fn decode<B: AsRef<[u8]>>(
        &self,
        read: impl Fn(&Published) -> Result<(String, B), Error>,
    ) -> Result<Dataset, Error> {
        let idx = |file: &Published| {
            let (shown, bytes) = read(file)?;
            verify(&shown, bytes.as_ref(), file.bytes, file.sha256)?;
            Idx::decode(&shown, bytes.as_ref())
        };
        let [train_images, train_labels, test_images, test_labels] = &self.files;
        let train = Split::from_idx(idx(train_images)?, &idx(train_labels)?)?;
        let test = Split::from_idx(idx(test_images)?, &idx(test_labels)?)?;
        let origin =
            Origin { name: self.name.to_owned(), licence: self.licence, source: self.source };
        let classes = self.classes.iter().map(|&class| class.to_owned()).collect();
        Dataset::new(origin, classes, train, test)
    }

    /// What to put into the directory, and where to get it.
    fn wanted(&self) -> String {
        let files: Vec<String> = self
            .files
            .iter()
            .map(|file| format!("{} (sha256 {})", file.name, file.sha256))
            .collect();
        format!(
            "`cenote data fetch {}` gets them, and CENOTE_DATA_DIR names another directory that holds `{}/`; \
             wanted from {}: {}",
            self.name,
            self.folder,
            self.source,
            files.join(", ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sha256;

    const RELEASE: Release = Release {
        name: "toy",
        folder: "toy-set",
        classes: &["a", "b"],
        licence: "MIT",
        source: "https://example.org/toy/",
        addresses: &[],
        files: [
            Published { name: "train-images", bytes: 18, sha256: "" },
            Published { name: "train-labels", bytes: 10, sha256: "" },
            Published { name: "test-images", bytes: 17, sha256: "" },
            Published { name: "test-labels", bytes: 9, sha256: "" },
        ],
    };

    fn file(dims: &[usize], values: &[u8]) -> Vec<u8> {
        Idx::new(dims.to_vec(), values.to_vec()).unwrap().encode()
    }

    fn contents() -> [Vec<u8>; 4] {
        [file(&[2, 1, 1], &[5, 6]), file(&[2], &[0, 1]), file(&[1, 1, 1], &[7]), file(&[1], &[1])]
    }

    /// The release with the checksums of `contents`, and a directory that holds it.
    fn placed(below: &str) -> (Release, tempfile::TempDir) {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join(below)).unwrap();
        let mut release = RELEASE;
        for (file, bytes) in release.files.iter_mut().zip(contents()) {
            std::fs::write(root.path().join(below).join(file.name), &bytes).unwrap();
            file.sha256 = sha256(&bytes).leak();
        }
        (release, root)
    }

    #[test]
    fn a_placed_release_is_read_from_its_own_directory_or_from_its_folder() {
        let (release, root) = placed("toy-set");
        let by_root = release.load_below(None, Some(root.path())).unwrap();
        let by_dir = release.load_below(Some(&root.path().join("toy-set")), None).unwrap();
        assert_eq!(by_root.checksum, by_dir.checksum);
        assert_eq!(by_root.train.labels(), [0, 1]);
        assert_eq!(by_root.test.images().pixels(), [7]);
        assert_eq!((by_root.name.as_str(), by_root.classes.len()), ("toy", 2));
    }

    #[test]
    fn a_missing_file_names_the_directory_the_file_the_address_and_the_checksum() {
        let (release, root) = placed("toy-set");
        std::fs::remove_file(root.path().join("toy-set/test-labels")).unwrap();
        let error = release.load_below(None, Some(root.path())).unwrap_err().to_string();
        let directory = root.path().join("toy-set");
        let start = format!(
            "toy: {} does not hold `test-labels`; `cenote data fetch toy` gets them, and CENOTE_DATA_DIR",
            directory.display()
        );
        assert!(error.starts_with(&start), "{error}");
        assert!(
            error.contains(&format!("test-labels (sha256 {})", release.files[3].sha256)),
            "{error}"
        );
    }

    #[test]
    fn without_any_directory_the_error_says_how_to_give_one() {
        let error = RELEASE.load_below(None, None).unwrap_err().to_string();
        let start = "toy: no directory to read from; set CENOTE_DATA_DIR to the directory that holds \
                     `toy-set/`, or give the data set `dir`; `cenote data fetch toy` gets them, and ";
        assert!(error.starts_with(start), "{error}");
    }

    #[test]
    fn one_changed_byte_is_a_checksum_error_and_one_more_is_a_size_error() {
        let (release, root) = placed("");
        let path = root.path().join("train-images");
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[17] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        let error = release.load_below(Some(root.path()), None).unwrap_err().to_string();
        let expected = release.files[0].sha256;
        assert_eq!(
            error,
            format!("{}: sha256 is {}; expected {expected}", path.display(), sha256(&bytes))
        );
        bytes.push(0);
        std::fs::write(&path, &bytes).unwrap();
        let error = release.load_below(Some(root.path()), None).unwrap_err().to_string();
        assert_eq!(error, format!("{}: holds 19 bytes; expected 18", path.display()));
    }
}
