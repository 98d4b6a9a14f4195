//! The file that a download grows in, until it is whole.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::stored::sha256_of;
use crate::{Download, Error};

/// `NAME.part`, locked against other programs.
pub(crate) struct Part<'a> {
    wanted: &'a Download<'a>,
    path: PathBuf,
    file: File,
    /// What it holds.
    pub(crate) length: u64,
}

impl<'a> Part<'a> {
    /// Opens what an earlier try left, or a new one; makes the folder if need be.
    pub(crate) fn open(wanted: &'a Download<'a>) -> Result<Self, Error> {
        let mut name = wanted.to.as_os_str().to_owned();
        name.push(".part");
        let path = PathBuf::from(name);
        let disk = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::Disk { path, source }
        };
        if let Some(folder) = wanted.to.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(disk(folder))?;
        }
        let mut options = File::options();
        let options = options.read(true).write(true).create(true).truncate(false);
        let file = options.open(&path).map_err(disk(&path))?;
        // A file system without locks is not a reason to refuse.
        if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
            return Err(Error::Busy { path });
        }
        let length = file.metadata().map_err(disk(&path))?.len();
        let mut part = Self { wanted, path, file, length };
        if length > wanted.bytes {
            part.clear()?;
        }
        Ok(part)
    }

    /// Forgets what was received.
    pub(crate) fn clear(&mut self) -> Result<(), Error> {
        self.file.set_len(0).map_err(|source| self.disk(source))?;
        self.length = 0;
        Ok(())
    }

    /// Whether nothing is missing.
    pub(crate) fn is_whole(&self) -> bool {
        self.length == self.wanted.bytes
    }

    /// How many bytes are missing.
    pub(crate) fn missing(&self) -> u64 {
        self.wanted.bytes - self.length
    }

    /// Appends what a server sends, never more than is missing; returns what went wrong on the way, if anything did.
    pub(crate) fn append(
        &mut self,
        body: &mut impl Read,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Option<String>, Error> {
        self.file.seek(SeekFrom::Start(self.length)).map_err(|source| self.disk(source))?;
        let mut buffer = vec![0; 1 << 16];
        loop {
            let count = match body.read(&mut buffer) {
                Ok(0) if self.is_whole() => return Ok(None),
                Ok(0) => {
                    return Ok(Some(format!(
                        "ended after {} of {} bytes",
                        self.length, self.wanted.bytes
                    )));
                }
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Ok(Some(format!("{error} after {} bytes", self.length))),
            };
            if count as u64 > self.missing() {
                self.clear()?;
                return Ok(Some(format!("sent more than {} bytes", self.wanted.bytes)));
            }
            self.file.write_all(&buffer[..count]).map_err(|source| self.disk(source))?;
            self.length += count as u64;
            progress(self.length);
        }
    }

    /// The digest of what it holds.
    pub(crate) fn sha256(&mut self) -> Result<String, Error> {
        let digest = self.file.rewind().and_then(|()| sha256_of(&mut self.file));
        digest.map_err(|source| self.disk(source))
    }

    /// Gives the whole file its name.
    pub(crate) fn finish(self) -> Result<(), Error> {
        self.file.sync_all().map_err(|source| self.disk(source))?;
        fs::rename(&self.path, self.wanted.to).map_err(|source| self.disk(source))
    }

    fn disk(&self, source: io::Error) -> Error {
        Error::Disk { path: self.path.clone(), source }
    }
}
