//! A file, a piece at a time.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::Error;

/// Bytes that are asked for at first.
const PIECE: usize = 1 << 20;

/// No value of an annotation file needs more bytes.
const LARGEST: usize = 256 << 20;

/// The part of a file that has been read and not yet used.
pub(super) struct Window<R> {
    reader: R,
    name: String,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
}

/// Opens a file; what begins like gzip is unpacked.
pub(super) fn open(path: &Path) -> Result<Box<dyn Read + Send>, Error> {
    let name = path.display().to_string();
    let failed =
        |error: std::io::Error| Error::File { path: name.clone(), what: error.to_string() };
    let mut file = File::open(path).map_err(failed)?;
    let mut magic = [0; 2];
    let mut got = 0;
    while got < 2 {
        match file.read(&mut magic[got..]).map_err(failed)? {
            0 => break,
            count => got += count,
        }
    }
    let whole = std::io::Cursor::new(magic[..got].to_vec()).chain(file);
    if magic[..got] == [0x1f, 0x8b] {
        return Ok(Box::new(MultiGzDecoder::new(BufReader::with_capacity(1 << 16, whole))));
    }
    Ok(Box::new(whole))
}

impl<R: Read> Window<R> {
    pub(super) fn new(reader: R, name: &str) -> Self {
        let name = name.to_owned();
        Self { reader, name, buffer: Vec::new(), start: 0, end: 0, ended: false }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What is there.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Whether nothing comes after what is there.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Forgets bytes at the front.
    pub(super) fn use_up(&mut self, count: usize) {
        self.start += count;
    }

    /// Reads on: at least one more byte than is there, up to `wanted` in all. `false` at the end of the file.
    pub(super) fn fill(&mut self, wanted: usize) -> Result<bool, Error> {
        let there = self.end - self.start;
        if there >= LARGEST {
            let what = format!("a value is larger than {} MiB", LARGEST >> 20);
            return Err(Error::File { path: self.name.clone(), what });
        }
        let wanted = wanted.max(PIECE).max(if there >= PIECE { there * 2 } else { 0 });
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, there);
        if self.buffer.len() < wanted {
            self.buffer.resize(wanted, 0);
        }
        let before = self.end;
        while self.end < wanted && !self.ended {
            match self.reader.read(&mut self.buffer[self.end..wanted]) {
                Ok(0) => self.ended = true,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    return Err(Error::File { path: self.name.clone(), what: error.to_string() });
                }
            }
        }
        Ok(self.end > before)
    }
}
