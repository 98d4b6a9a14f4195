//! Who works at a study: several processes may, each at runs of its own.
//!
//! ```text
//! .locks/study     shared by all who work at it, held alone by whoever changes the design
//! .locks/append    held while the store is read and written, for an instant
//! .locks/CELL      held by whoever trains that run
//! ```
//!
//! The system lets go of what a process held, however it ended, so nothing is left to clean up. The two files of the study
//! stay where they are: a lock on a file that somebody removed would keep nobody out.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use crate::Error;

/// The locks of one process at a study.
#[derive(Debug)]
pub(crate) struct Locks {
    folder: PathBuf,
    study: File,
    append: File,
}

/// A run that nobody else may train meanwhile.
#[derive(Debug)]
pub struct Reservation {
    path: PathBuf,
    /// Locked as long as it is open.
    _file: File,
}

impl Locks {
    /// Joins those who work at the study in `dir`.
    pub(crate) fn join(dir: &Path) -> Result<Self, Error> {
        let folder = dir.join(".locks");
        fs::create_dir_all(&folder).map_err(Error::io("create the directory", &folder))?;
        let [study, append] = ["study", "append"].map(|name| open(&folder.join(name)));
        let locks = Self { folder, study: study?, append: append? };
        locks.begin()?;
        locks.share()?;
        locks.end()?;
        Ok(locks)
    }

    /// From here to [`Locks::end`] no other process appends.
    pub(crate) fn begin(&self) -> Result<(), Error> {
        self.append.lock().map_err(Error::io("lock", &self.folder.join("append")))
    }

    pub(crate) fn end(&self) -> Result<(), Error> {
        self.append.unlock().map_err(Error::io("unlock", &self.folder.join("append")))
    }

    /// Whether nobody else works at the study, and nobody begins to until [`Locks::share`]. Both belong between
    /// [`Locks::begin`] and [`Locks::end`], so that two who would be alone do not wait for each other.
    pub(crate) fn be_alone(&self) -> Result<bool, Error> {
        let path = self.folder.join("study");
        let failed = |what| Error::io(what, &path);
        self.study.unlock().map_err(failed("unlock"))?;
        match self.study.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(source)) => Err(failed("lock")(source)),
        }
    }

    /// Works at the study beside others.
    pub(crate) fn share(&self) -> Result<(), Error> {
        let path = self.folder.join("study");
        let failed = |what| Error::io(what, &path);
        self.study.unlock().map_err(failed("unlock"))?;
        self.study.lock_shared().map_err(failed("lock"))
    }

    /// The run of a cell, unless somebody has it.
    pub(crate) fn reserve(&self, cell: &str) -> Result<Option<Reservation>, Error> {
        let path = self.folder.join(cell);
        let file = open(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Reservation { path, _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(Error::io("lock", &path)(source)),
        }
    }
}

impl Reservation {
    /// Lets go of a run that is recorded, and of its file.
    ///
    /// Whoever opened the file before finds the record once it has the lock. The file of a run without a record stays: in its
    /// place another could be made, and two processes could hold one each.
    pub fn done(self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn open(path: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    options.open(path).map_err(Error::io("open for writing", path))
}
