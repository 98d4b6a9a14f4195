//! Zip archives, read entry by entry and never unpacked to disk.
//!
//! A name that is absolute or climbs with `..`, a link and an encrypted entry are refused; hidden files and the shadows
//! that macOS adds are passed over. What an entry claims to hold is compared with what its packed bytes can expand to
//! before memory is asked for.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use crate::{Error, picture};

/// A deflate stream never expands to more than 1,032 times its length.
const EXPANSION: u64 = 1_032;
/// Room that is made before an entry is read; beyond it memory grows with what is really unpacked.
const FIRST_BYTES: u64 = 16 << 20;

/// An archive and what errors call it.
pub(crate) struct Zip<R> {
    shown: String,
    archive: ZipArchive<R>,
}

impl Zip<BufReader<File>> {
    /// Opens a file.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        Self::new(path.display().to_string(), picture::open(path)?)
    }
}

impl<R: Read + Seek> Zip<R> {
    /// Reads the list of entries; `shown` is what errors call the archive.
    pub(crate) fn new(shown: String, bytes: R) -> Result<Self, Error> {
        let archive = ZipArchive::new(bytes).map_err(|error| damaged(&shown, error))?;
        Ok(Self { shown, archive })
    }

    /// Names of the files in it, in order; the first entry that would lead elsewhere is an error.
    pub(crate) fn files(&mut self) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        for index in 0..self.archive.len() {
            let entry =
                self.archive.by_index_raw(index).map_err(|error| damaged(&self.shown, error))?;
            let name = entry.name().map_err(|error| damaged(&self.shown, error))?.into_owned();
            let wrong = |what, got: &str, expected: &str| Error::Format {
                file: format!("{}: {name}", self.shown),
                what,
                got: got.to_owned(),
                expected: expected.to_owned(),
            };
            let within = "a relative path that stays in the archive";
            if entry.enclosed_name().is_none() || name.starts_with('/') || name.contains('\\') {
                return Err(wrong("name", "absolute or leads out of the archive", within));
            }
            if name.split('/').any(|part| part == "..") {
                return Err(wrong("name", "a path with `..`", within));
            }
            if entry.is_symlink() {
                return Err(wrong("entry", "a link", "a plain file"));
            }
            if entry.encrypted() {
                return Err(wrong("entry", "encrypted", "one that can be read"));
            }
            let hidden = |part: &str| part.starts_with('.') || part == "__MACOSX";
            if entry.is_file() && !name.split('/').any(hidden) {
                names.push(name.clone());
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// The bytes of a file, `most` at most.
    pub(crate) fn read(&mut self, name: &str, most: u64) -> Result<Vec<u8>, Error> {
        let file = format!("{}: {name}", self.shown);
        let entry = self.archive.by_name(name).map_err(|error| damaged(&file, error))?;
        let size = entry.size();
        let possible = entry.compressed_size().saturating_mul(EXPANSION).min(most);
        if size > possible {
            let expected = format!("at most {possible}, for {} packed", entry.compressed_size());
            return Err(Error::Size { file, got: size.to_string(), expected });
        }
        let mut bytes = Vec::with_capacity(size.min(FIRST_BYTES) as usize);
        // One byte more than declared tells an entry that holds more.
        entry.take(size + 1).read_to_end(&mut bytes).map_err(|source| {
            let got = source.to_string();
            let expected = "a whole entry".to_owned();
            Error::Format { file: file.clone(), what: "content", got, expected }
        })?;
        if bytes.len() as u64 != size {
            let word = if bytes.len() as u64 > size { "more than" } else { "only" };
            let got = format!("{word} {}", size.min(bytes.len() as u64));
            return Err(Error::Size { file, got, expected: size.to_string() });
        }
        Ok(bytes)
    }
}

fn damaged(file: &str, error: ZipError) -> Error {
    match error {
        ZipError::Io(source) if source.kind() != std::io::ErrorKind::UnexpectedEof => {
            Error::Read { file: file.to_owned(), source }
        }
        other => Error::Format {
            file: file.to_owned(),
            what: "archive",
            got: other.to_string(),
            expected: "a whole zip, stored or deflated".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use proptest::prelude::*;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn open(bytes: &[u8]) -> Result<Zip<Cursor<&[u8]>>, Error> {
        Zip::new("a.zip".to_owned(), Cursor::new(bytes))
    }

    fn refusal(bytes: &[u8]) -> String {
        open(bytes).and_then(|mut zip| zip.files()).unwrap_err().to_string()
    }

    /// The archive with every `from` in it replaced by `to`, which has the same length.
    fn forged(files: &[(&str, &[u8])], from: &[u8], to: &[u8]) -> Vec<u8> {
        let mut bytes = packed(files);
        assert_eq!(from.len(), to.len());
        for at in 0..=bytes.len() - from.len() {
            if bytes[at..].starts_with(from) {
                bytes[at..at + from.len()].copy_from_slice(to);
            }
        }
        bytes
    }

    #[test]
    fn files_are_listed_by_name_without_hidden_ones_and_read() {
        let bytes = packed(&[
            ("set/b.png", b"two"),
            ("set/a.png", b"one"),
            ("set/.DS_Store", b"x"),
            ("__MACOSX/set/a.png", b"x"),
        ]);
        let mut zip = open(&bytes).unwrap();
        assert_eq!(zip.files().unwrap(), ["set/a.png", "set/b.png"]);
        assert_eq!(zip.read("set/a.png", 3).unwrap(), b"one");
        let error = zip.read("set/a.png", 2).unwrap_err().to_string();
        assert!(
            error.starts_with("a.zip: set/a.png: holds 3 bytes; expected at most 2"),
            "{error}"
        );
        assert!(zip.read("set/c.png", 2).is_err());
    }

    #[test]
    fn names_that_lead_elsewhere_and_links_are_refused() {
        for (plain, hostile) in [
            ("aa/secret", "../secret"),
            ("axetc/pass", "/xetc/pass"),
            ("a/bb/c", "a/../c"),
            ("cx/windows", "c:\\windows"),
            ("aax..x", "..\\..x"),
        ] {
            let bytes = forged(&[(plain, b"x")], plain.as_bytes(), hostile.as_bytes());
            let error = refusal(&bytes);
            assert!(error.contains("expected a relative path"), "{hostile}: {error}");
        }
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.add_symlink("a.png", "/etc/passwd", SimpleFileOptions::default()).unwrap();
        let error = refusal(&writer.finish().unwrap().into_inner());
        assert_eq!(error, "a.zip: a.png: entry is a link; expected a plain file");
    }

    #[test]
    fn a_claim_that_packed_bytes_cannot_hold_is_refused_before_memory_is_taken() {
        let zeros = vec![0; 100_000];
        let bytes = packed(&[("a", &zeros)]);
        let claim = (zeros.len() as u32).to_le_bytes();
        let mut forged = bytes.clone();
        for at in 0..bytes.len() - 4 {
            if bytes[at..at + 4] == claim {
                forged[at..at + 4].copy_from_slice(&0xF000_0000_u32.to_le_bytes());
            }
        }
        let error = open(&forged).unwrap().read("a", u64::MAX).unwrap_err().to_string();
        assert!(error.starts_with("a.zip: a: holds 4026531840 bytes; expected at most"), "{error}");
        let mut smaller = bytes;
        for at in 0..smaller.len() - 4 {
            if smaller[at..at + 4] == claim {
                smaller[at..at + 4].copy_from_slice(&99_999_u32.to_le_bytes());
            }
        }
        assert!(open(&smaller).unwrap().read("a", u64::MAX).is_err());
    }

    proptest! {
        #[test]
        fn no_cut_or_changed_archive_makes_it_panic(cut in 0.0..2.0, at: prop::sample::Index, value: u8) {
            let mut bytes = packed(&[("a/b", b"some bytes, some bytes"), ("c", b"")]);
            let at = at.index(bytes.len());
            bytes[at] = value;
            bytes.truncate((cut * bytes.len() as f64) as usize);
            if let Ok(mut zip) = open(&bytes) {
                for name in zip.files().unwrap_or_default() {
                    let _any = zip.read(&name, 1 << 20);
                }
            }
        }
    }
}
