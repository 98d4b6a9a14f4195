//! A folder that appears under its name only when everything is in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use cenote_datasets::png;
use cenote_experiment::Stop;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::prelude::*;
use tempfile::TempDir;

use crate::command::interrupt;
use crate::failure::Failure;

/// A place for a folder: nothing is there yet, or an empty folder.
pub(super) struct Site {
    /// As it was given.
    to: PathBuf,
    /// Where it is, links followed.
    place: PathBuf,
}

impl Site {
    /// Refuses a place where something is, or that no folder can be moved to.
    pub(super) fn check(to: &Path) -> Result<Self, Failure> {
        let refused = |words: &str| Failure::Usage(format!("--out {}: {words}", to.display()));
        let to = to.to_owned();
        if to.symlink_metadata().is_err() {
            if to.file_name().is_none() {
                return Err(refused("is not there and names no folder"));
            }
            return Ok(Self { place: to.clone(), to });
        }
        let is_empty = fs::read_dir(&to).is_ok_and(|mut entries| entries.next().is_none());
        if !is_empty {
            return Err(refused("is there and not an empty folder; nothing is overwritten"));
        }
        let place = to.canonicalize().map_err(cannot(&to))?;
        let here = std::env::current_dir().and_then(|here| here.canonicalize());
        if here.is_ok_and(|here| here == place) {
            let words = "is the working directory, which would be replaced; name a folder in it";
            return Err(refused(words));
        }
        Ok(Self { to, place })
    }
}

/// A folder being filled beside the place where it will be; dropped, it is gone.
pub(super) struct Draft {
    /// Holds the folder, whose permissions are then the usual ones.
    around: TempDir,
    folder: PathBuf,
    site: Site,
    bar: ProgressBar,
    stop: Arc<Stop>,
    files: AtomicUsize,
    bytes: AtomicU64,
}

/// What was written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written {
    pub(super) files: usize,
    pub(super) bytes: u64,
}

impl Draft {
    /// Makes the folder; from here on Ctrl-C ends in order.
    pub(super) fn begin(site: Site, quiet: bool) -> Result<Self, Failure> {
        let parent = match site.place.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(parent).map_err(cannot(parent))?;
        let around = tempfile::Builder::new().prefix(".cenote-").tempdir_in(parent);
        let around = around.map_err(cannot(&site.to))?;
        let folder = around.path().join("set");
        fs::create_dir(&folder).map_err(cannot(&site.to))?;
        let target =
            if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        let style = ProgressStyle::with_template("[{bar:20}] {pos}/{len} images, {eta} left");
        bar.set_style(style.expect("the template is valid").progress_chars("=> "));
        Ok(Self {
            around,
            folder,
            site,
            bar,
            stop: interrupt::listen()?,
            files: AtomicUsize::new(0),
            bytes: AtomicU64::new(0),
        })
    }

    /// Where it will be, as it stands in a table.
    pub(super) fn at(&self, name: &str) -> toml::Value {
        let path = if name.is_empty() { self.site.to.clone() } else { self.site.to.join(name) };
        path.display().to_string().into()
    }

    /// Makes a folder in it.
    pub(super) fn folder(&self, name: &str) -> Result<(), Failure> {
        let path = self.folder.join(name);
        fs::create_dir_all(&path).map_err(cannot(&path))
    }

    /// Writes a text.
    pub(super) fn text(&self, name: &str, text: &str) -> Result<(), Failure> {
        self.write(name, text.as_bytes())
    }

    /// Writes bytes `(C, H, W)` of one or three channels as an image.
    pub(super) fn png(&self, name: &str, planes: &[u8], shape: [usize; 3]) -> Result<(), Failure> {
        self.write(name, &png(shape, planes))
    }

    /// Does something for every image below `count`, side by side; what it gives keeps their order.
    pub(super) fn each<T: Send>(
        &self,
        count: usize,
        make: impl Fn(usize) -> Result<T, Failure> + Sync,
    ) -> Result<Vec<T>, Failure> {
        self.bar.inc_length(count as u64);
        let made = (0..count).into_par_iter().map(|index| {
            if self.stop.requested() {
                return Err(Failure::Interrupted("interrupted; nothing is kept".to_owned()));
            }
            let made = make(index);
            self.bar.inc(1);
            made
        });
        made.collect()
    }

    /// Gives the folder its name.
    pub(super) fn finish(self) -> Result<Written, Failure> {
        self.bar.finish_and_clear();
        let Site { to, place } = &self.site;
        // An empty folder is in the way of a rename on some systems.
        if place.is_dir() {
            fs::remove_dir(place).map_err(cannot(to))?;
        }
        fs::rename(&self.folder, place).map_err(cannot(to))?;
        self.around.close().map_err(cannot(to))?;
        Ok(Written { files: self.files.into_inner(), bytes: self.bytes.into_inner() })
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let path = self.folder.join(name);
        fs::write(&path, bytes).map_err(cannot(&path))?;
        self.files.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(())
    }
}

fn cannot(path: &Path) -> impl FnOnce(std::io::Error) -> Failure {
    let path = path.display().to_string();
    move |error| Failure::File(format!("{path}: cannot be written: {error}"))
}
