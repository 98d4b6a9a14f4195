//! Files on disk, compared with what was published.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::Error;

/// What is at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// The published file.
    Sound,
    /// Nothing.
    Absent,
    /// Something else; the words say how it differs.
    Different(String),
}

/// Compares a file with its published length and SHA-256 (64 lower-case hexadecimal digits).
///
/// # Errors
///
/// When the disk would not read.
pub fn check(path: &Path, bytes: u64, sha256: &str) -> Result<State, Error> {
    let disk = |source| Error::Disk { path: path.to_owned(), source };
    let metadata = match path.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(State::Absent),
        other => other.map_err(disk)?,
    };
    if !metadata.is_file() {
        return Ok(State::Different("is no plain file".to_owned()));
    }
    if metadata.len() != bytes {
        let words = format!("holds {} bytes; expected {bytes}", metadata.len());
        return Ok(State::Different(words));
    }
    let got = sha256_of(&mut File::open(path).map_err(disk)?).map_err(disk)?;
    if got != sha256 {
        return Ok(State::Different(format!("sha256 is {got}; expected {sha256}")));
    }
    Ok(State::Sound)
}

/// The digest of what a reader gives.
pub(crate) fn sha256_of(reader: &mut impl Read) -> io::Result<String> {
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match reader.read(&mut buffer)? {
            0 => break,
            count => digest.update(&buffer[..count]),
        }
    }
    let digest = digest.finalize();
    Ok(digest.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}")))
}
