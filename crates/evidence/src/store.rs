//! The store of a study: one append-only file of JSON lines that survives `kill -9`.
//!
//! `runs.jsonl` holds `{"design":{…},"crc32":"…"}` and `{"run":{…},"crc32":"…"}` lines. The last design
//! counts. Of the runs with one cell the first that is final counts; one that failed may be followed by a
//! better one. The checksum is that of the text of the design or run, so a line that a disk or an editor
//! changed is refused; lines of earlier versions have none.
//! A line is written, flushed and synced before [`Store::append`] returns, so a killed process can
//! damage only the line it was writing, which the next [`Store::open`] drops and reports. Several processes may work at one
//! study: each writes whole lines, reads those of the others, and [reserves](Store::reserve) the runs it trains.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::locks::Locks;
use crate::{Design, Error, Record, Reservation};

/// Longest line that is read: far above any real record, far below the memory of any machine.
const LONGEST_LINE: u64 = 64 << 20;

/// A study directory opened for writing, also by others who run the same plan.
#[derive(Debug)]
pub struct Store {
    file: File,
    path: PathBuf,
    locks: Locks,
    /// Bytes and lines that are read.
    length: u64,
    lines: usize,
    contents: Contents,
    /// Cells of records that came since it was opened.
    fresh: BTreeSet<String>,
}

/// What a store holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contents {
    /// The last design written.
    pub design: Option<Design>,
    /// One record per cell, in the order in which the cells were first written.
    pub records: Vec<Record>,
    /// The last line, if it was cut off in the middle and therefore does not count.
    pub torn: Option<Torn>,
}

/// A last line that was cut off while it was being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Torn {
    /// Counted from one.
    pub line: usize,
    /// How much of it there was.
    pub bytes: u64,
}

/// A line as text, before it is believed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    #[serde(borrow)]
    design: Option<&'a RawValue>,
    #[serde(borrow)]
    run: Option<&'a RawValue>,
    crc32: Option<&'a str>,
}

/// What a line holds.
enum Held {
    Design(Box<Design>),
    Run(Box<Record>),
}

impl Store {
    /// Name of the file inside the directory of a study.
    pub const FILE: &'static str = "runs.jsonl";

    /// Opens the store in `dir` for writing, creating both if needed.
    ///
    /// A last line that was cut off is removed from the file; [`Store::repaired`] tells.
    ///
    /// # Errors
    /// [`Error::Io`] if the directory cannot be written, [`Error::Line`] or [`Error::Schema`] if a line cannot be read.
    pub fn open(dir: impl AsRef<Path>) -> Result<Self, Error> {
        let dir = dir.as_ref();
        fs::create_dir_all(dir).map_err(Error::io("create the directory", dir))?;
        let path = dir.join(Self::FILE);
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        let file = options.open(&path).map_err(Error::io("open for writing", &path))?;
        sync_directory(dir)?;
        let locks = Locks::join(dir)?;
        let (contents, fresh) = Default::default();
        let mut store = Self { file, path, locks, length: 0, lines: 0, contents, fresh };
        store.refresh()?;
        store.fresh.clear();
        Ok(store)
    }

    /// Reads what others wrote since it was last read.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn refresh(&mut self) -> Result<(), Error> {
        self.appending(|_| Ok(()))
    }

    /// The run of a cell, for as long as the reservation is kept; `None` where another process has it.
    ///
    /// # Errors
    /// When its lock cannot be had.
    pub fn reserve(&self, cell: &str) -> Result<Option<Reservation>, Error> {
        self.locks.reserve(cell)
    }

    /// Whether a record of a cell came since the store was opened, whoever wrote it.
    pub fn is_fresh(&self, cell: &str) -> bool {
        self.fresh.contains(cell)
    }

    /// Whether no other process works at the study.
    ///
    /// # Errors
    /// When the locks cannot be had.
    pub fn is_alone(&mut self) -> Result<bool, Error> {
        self.appending(|store| {
            let alone = store.locks.be_alone()?;
            store.locks.share()?;
            Ok(alone)
        })
    }

    /// Brings the store up to date and does something, while no other process does so.
    fn appending<R>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.locks.begin()?;
        let done = self.catch_up().and_then(|()| work(self));
        self.locks.end()?;
        done
    }

    /// Reads lines that are not read yet. Nobody writes meanwhile, so one that was cut off stays so and is removed.
    fn catch_up(&mut self) -> Result<(), Error> {
        let parsed = parse(&self.file, &self.path, (self.length, self.lines))?;
        let Parsed {
            contents: Contents { design, records, torn },
            good_bytes,
            lines,
            needs_newline,
        } = parsed;
        (self.length, self.lines) = (good_bytes, lines);
        self.contents.design = design.or(self.contents.design.take());
        for record in records {
            self.fresh.insert(record.cell.clone());
            self.contents.add(record);
        }
        if torn.is_some() {
            self.contents.torn = torn;
            self.file.set_len(self.length).map_err(Error::io("repair", &self.path))?;
            self.file.sync_data().map_err(Error::io("sync", &self.path))?;
        } else if needs_newline {
            self.write(b"\n")?;
        }
        Ok(())
    }

    /// Reads the store in `dir` without locking or changing it, also while a study is running.
    ///
    /// # Errors
    /// As [`Store::open`], but never [`Error::Locked`].
    pub fn read(dir: impl AsRef<Path>) -> Result<Contents, Error> {
        let path = dir.as_ref().join(Self::FILE);
        let file = File::open(&path).map_err(Error::io("read", &path))?;
        Ok(parse(&file, &path, (0, 0))?.contents)
    }

    /// The design written last.
    pub fn design(&self) -> Option<&Design> {
        self.contents.design.as_ref()
    }

    /// One record per cell, in the order in which the cells were first written.
    pub fn records(&self) -> &[Record] {
        &self.contents.records
    }

    /// The line that [`Store::open`] had to drop because it was cut off.
    pub fn repaired(&self) -> Option<Torn> {
        self.contents.torn
    }

    /// The record of a cell that needs no other run: done or diverged, not failed.
    pub fn finished(&self, cell: &str) -> Option<&Record> {
        self.contents.finished(cell)
    }

    /// Writes the design, unless it is the one that already counts.
    ///
    /// # Errors
    /// [`Error::Design`] or [`Error::Schema`] if it contradicts itself, [`Error::Locked`] if another process works by
    /// the one that counts, [`Error::Io`] if it cannot be written.
    pub fn set_design(&mut self, design: &Design) -> Result<(), Error> {
        design.check()?;
        self.appending(|store| {
            if store.design() == Some(design) {
                return Ok(());
            }
            // Nobody works by a design that is not there yet.
            if store.design().is_some() && !store.locks.be_alone()? {
                store.locks.share()?;
                return Err(Error::Locked { path: store.path.clone() });
            }
            let written = store.write_line("design", design);
            store.locks.share()?;
            written?;
            store.contents.design = Some(design.clone());
            Ok(())
        })
    }

    /// Writes a record; when this returns, the record is on the disk.
    ///
    /// # Errors
    /// [`Error::NotFinite`] if the record has a number that JSON cannot hold, [`Error::Io`] if
    /// it cannot be written; then the file is as it was.
    pub fn append(&mut self, record: &Record) -> Result<(), Error> {
        record.check()?;
        self.appending(|store| {
            store.write_line("run", record)?;
            store.fresh.insert(record.cell.clone());
            store.contents.add(record.clone());
            Ok(())
        })
    }

    fn write_line(&mut self, what: &str, value: &impl Serialize) -> Result<(), Error> {
        let text = serde_json::to_string(value).expect("records hold only strings and numbers");
        let line = format!("{{\"{what}\":{text},\"crc32\":\"{}\"}}\n", checksum(&text));
        self.write(line.as_bytes())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let written = self
            .file
            .write_all(bytes)
            .and_then(|()| self.file.flush())
            .and_then(|()| self.file.sync_data());
        if let Err(source) = written {
            // A full disk leaves half a line; the next append must not grow onto it. If even
            // this fails, the next open finds the torn line and drops it.
            let _ = self.file.set_len(self.length);
            return Err(Error::io("append to", &self.path)(source));
        }
        self.length += bytes.len() as u64;
        self.lines += 1;
        Ok(())
    }
}

impl Contents {
    /// The record of a cell that needs no other run: done or diverged, not failed.
    pub fn finished(&self, cell: &str) -> Option<&Record> {
        self.records.iter().find(|record| record.cell == cell && record.outcome.is_final())
    }

    fn add(&mut self, record: Record) {
        match self.records.iter_mut().find(|known| known.cell == record.cell) {
            None => self.records.push(record),
            Some(known) if !known.outcome.is_final() => *known = record,
            Some(_) => {} // the first finished run of a cell counts
        }
    }
}

/// Everything a pass over the file finds out.
#[derive(Default)]
struct Parsed {
    contents: Contents,
    good_bytes: u64,
    lines: usize,
    needs_newline: bool,
}

/// Reads what stands behind so many bytes and lines.
fn parse(file: &File, path: &Path, (good_bytes, lines): (u64, usize)) -> Result<Parsed, Error> {
    let mut reader = BufReader::new(file);
    reader.seek(SeekFrom::Start(good_bytes)).map_err(Error::io("read", path))?;
    let mut parsed = Parsed { good_bytes, lines, ..Parsed::default() };
    let mut bytes = Vec::new();
    for line in lines + 1.. {
        bytes.clear();
        let read = reader
            .by_ref()
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut bytes)
            .map_err(Error::io("read", path))? as u64;
        if read == 0 {
            break;
        }
        let refuse = |reason| Error::Line { path: path.to_owned(), line, reason };
        if read == LONGEST_LINE {
            return Err(refuse(format!("longer than {LONGEST_LINE} bytes")));
        }
        let whole = bytes.last() == Some(&b'\n');
        match held(&bytes) {
            Ok(Held::Design(design)) => {
                design.check()?;
                parsed.contents.design = Some(*design);
            }
            Ok(Held::Run(record)) => parsed.contents.add(*record),
            // Text that is cut off is no JSON; what is all there and wrong was not cut.
            Err(_) if !whole && serde_json::from_slice::<IgnoredAny>(&bytes).is_err() => {
                parsed.contents.torn = Some(Torn { line, bytes: read });
                break;
            }
            Err(reason) => return Err(other_schema(&bytes).unwrap_or_else(|| refuse(reason))),
        }
        parsed.good_bytes += read;
        parsed.lines = line;
        parsed.needs_newline = !whole;
    }
    Ok(parsed)
}

/// What every line is.
const EXPECTED: &str = r#"expected {"design":…} or {"run":…}"#;

/// What a line holds, or why it cannot be believed.
fn held(line: &[u8]) -> Result<Held, String> {
    fn parsed<T: DeserializeOwned>(text: &RawValue) -> Result<Box<T>, String> {
        serde_json::from_str(text.get()).map_err(|error| format!("{error}; {EXPECTED}"))
    }
    let Line { design, run, crc32 } =
        serde_json::from_slice(line).map_err(|error| format!("{error}; {EXPECTED}"))?;
    let ((Some(text), None) | (None, Some(text))) = (design, run) else {
        return Err(format!("neither or both of them; {EXPECTED}"));
    };
    let found = checksum(text.get());
    if let Some(crc32) = crc32.filter(|&crc32| crc32 != found) {
        return Err(format!("the checksum is {found} and not {crc32}: the line was changed"));
    }
    match run {
        Some(run) => parsed(run).map(Held::Run),
        None => parsed(text).map(Held::Design),
    }
}

/// CRC-32 of a text, as it stands in a line.
fn checksum(text: &str) -> String {
    format!("{:08x}", crc32fast::hash(text.as_bytes()))
}

/// The schema of a design line of another version, whose fields are rightly unknown here.
fn other_schema(line: &[u8]) -> Option<Error> {
    let value: serde_json::Value = serde_json::from_slice(line).ok()?;
    let found = value.get("design")?.get("schema")?.as_u64()?;
    (found != u64::from(Design::SCHEMA))
        .then_some(Error::Schema { found, expected: Design::SCHEMA })
}

/// Makes a new file in the directory survive a power cut.
#[cfg(unix)]
fn sync_directory(dir: &Path) -> Result<(), Error> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(Error::io("sync the directory", dir))
}

/// Directories cannot be synced here; the file itself is.
#[cfg(not(unix))]
fn sync_directory(_: &Path) -> Result<(), Error> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Outcome;
    use crate::sample::{design, record};

    fn filled(dir: &Path) -> PathBuf {
        let mut store = Store::open(dir).unwrap();
        store.set_design(&design()).unwrap();
        store.append(&record("max", 1, 0.8)).unwrap();
        store.append(&record("none", 1, 0.7)).unwrap();
        dir.join(Store::FILE)
    }

    fn without_checksums(text: &str) -> String {
        let lines = text.lines().map(|line| line.split_once(",\"crc32\"").unwrap().0);
        lines.fold(String::new(), |text, line| text + line + "}\n")
    }

    #[test]
    fn what_was_appended_is_read_back() {
        let dir = tempfile::tempdir().unwrap();
        filled(dir.path());
        let contents = Store::read(dir.path()).unwrap();
        assert_eq!(contents.design, Some(design()));
        assert_eq!(contents.records, [record("max", 1, 0.8), record("none", 1, 0.7)]);
        assert_eq!(contents.torn, None);
    }

    #[test]
    fn every_possible_cut_of_the_last_line_loses_only_that_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = filled(dir.path());
        let bytes = fs::read(&path).unwrap();
        let last = bytes[..bytes.len() - 1].iter().rposition(|&b| b == b'\n').unwrap() + 1;
        for cut in (last + 1..bytes.len() - 1).step_by(7) {
            fs::write(&path, &bytes[..cut]).unwrap();
            assert_eq!(Store::read(dir.path()).unwrap().records.len(), 1);
            let mut store = Store::open(dir.path()).unwrap();
            assert_eq!(store.repaired(), Some(Torn { line: 3, bytes: (cut - last) as u64 }));
            assert!(store.finished("none-1").is_none());
            store.append(&record("none", 1, 0.7)).unwrap();
            drop(store);
            assert_eq!(fs::read(&path).unwrap(), bytes);
        }
    }

    #[test]
    fn a_last_line_that_lacks_only_its_newline_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = filled(dir.path());
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert_eq!(Store::open(dir.path()).unwrap().records().len(), 2);
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }

    #[test]
    fn a_last_line_that_is_whole_but_wrong_is_an_error_and_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = filled(dir.path());
        let text = fs::read_to_string(&path).unwrap();
        let plain = without_checksums(&text);
        let changes = [
            (
                text.trim_end().replace("{\"accuracy\":0.7}", "{\"accuracy\":0.9}"),
                "the checksum is ",
            ),
            (
                plain.trim_end().replace("\"cell\":\"none", "\"sell\":\"none"),
                "unknown field `sell`",
            ),
        ];
        for (text, expected) in changes {
            fs::write(&path, &text).unwrap();
            let error = Store::open(dir.path()).unwrap_err().to_string();
            assert!(error.contains(&format!("line 3: {expected}")), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn a_bad_line_elsewhere_is_an_error_that_names_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = filled(dir.path());
        let text = fs::read_to_string(&path).unwrap().replacen("0.8", "0.9", 1);
        fs::write(&path, &text).unwrap();
        let error = Store::open(dir.path()).unwrap_err().to_string();
        assert!(error.contains("runs.jsonl` line 2: the checksum is "), "{error}");
        assert!(error.ends_with(": the line was changed"), "{error}");
        let text = without_checksums(&text).replacen("\"cell\"", "\"sell\"", 1);
        fs::write(&path, &text).unwrap();
        let error = Store::open(dir.path()).unwrap_err().to_string();
        assert!(error.contains("runs.jsonl` line 2: unknown field `sell`"), "{error}");
        let text = text.replacen("\"schema\":1", "\"schema\":7,\"looks\":3", 1);
        fs::write(&path, text).unwrap();
        let error = Store::read(dir.path()).unwrap_err().to_string();
        assert!(error.contains("schema 7 is not readable here"), "{error}");
    }

    #[test]
    fn lines_of_earlier_versions_have_no_checksum_and_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = filled(dir.path());
        let before = Store::read(dir.path()).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches("\"crc32\"").count(), 3);
        fs::write(&path, without_checksums(&text)).unwrap();
        assert_eq!(Store::read(dir.path()).unwrap(), before);
        fs::write(&path, "{\"crc32\":\"00000000\"}\n").unwrap();
        let error = Store::read(dir.path()).unwrap_err().to_string();
        assert!(
            error.ends_with(
                "line 1: neither or both of them; expected {\"design\":…} or {\"run\":…}"
            ),
            "{error}"
        );
    }

    #[test]
    fn several_writers_of_one_plan_see_each_other_and_another_plan_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        filled(dir.path());
        let (mut one, mut other) =
            (Store::open(dir.path()).unwrap(), Store::open(dir.path()).unwrap());
        assert!(!one.is_alone().unwrap());
        one.append(&record("max", 2, 0.8)).unwrap();
        assert!(other.finished("max-2").is_none() && !other.is_fresh("max-2"));
        other.append(&record("none", 2, 0.7)).unwrap();
        assert!(other.finished("max-2").is_some() && other.is_fresh("max-2"));
        one.refresh().unwrap();
        assert_eq!(one.records(), other.records());
        assert!(!one.is_fresh("max-1"), "it was there before");
        let changed = Design { margin: 0.01, ..design() };
        assert!(matches!(one.set_design(&changed), Err(Error::Locked { .. })));
        one.set_design(&design()).unwrap();
        drop(other);
        assert!(one.is_alone().unwrap());
        one.set_design(&changed).unwrap();
        assert_eq!(Store::read(dir.path()).unwrap().records.len(), 4);
    }

    #[test]
    fn a_run_is_reserved_by_one_until_it_lets_go() {
        let dir = tempfile::tempdir().unwrap();
        let mut one = Store::open(dir.path()).unwrap();
        let other = Store::open(dir.path()).unwrap();
        one.set_design(&design()).expect("the first one, though not alone");
        let reservation = one.reserve("max-1").unwrap().expect("nobody has it");
        assert!(other.reserve("max-1").unwrap().is_none());
        assert!(other.reserve("max-2").unwrap().is_some(), "another");
        drop(reservation);
        assert!(other.reserve("max-1").unwrap().is_some());
    }

    #[test]
    fn a_line_that_another_process_did_not_end_is_dropped_by_whoever_writes_next() {
        let dir = tempfile::tempdir().unwrap();
        let path = filled(dir.path());
        let mut store = Store::open(dir.path()).unwrap();
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"run\":{\"ce").unwrap();
        store.append(&record("max", 2, 0.8)).unwrap();
        assert_eq!(store.repaired().map(|torn| torn.line), Some(4));
        assert_eq!(Store::read(dir.path()).unwrap().records.len(), 3);
    }

    #[test]
    fn the_first_final_run_of_a_cell_counts_and_a_failed_one_is_superseded() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(dir.path()).unwrap();
        let failed = Record {
            outcome: Outcome::Failed { message: "no memory".to_owned() },
            ..record("max", 1, 0.1)
        };
        store.append(&failed).unwrap();
        assert_eq!((store.records().len(), store.finished("max-1")), (1, None));
        store.append(&record("max", 1, 0.8)).unwrap();
        store.append(&record("max", 1, 0.9)).unwrap();
        store.append(&failed).unwrap();
        drop(store);
        let store = Store::open(dir.path()).unwrap();
        assert_eq!(store.records(), [record("max", 1, 0.8)]);
        assert!(store.finished("max-1").is_some());
    }

    #[test]
    fn the_last_design_counts_and_an_unchanged_one_is_not_repeated() {
        let dir = tempfile::tempdir().unwrap();
        let path = filled(dir.path());
        let mut store = Store::open(dir.path()).unwrap();
        let length = fs::metadata(&path).unwrap().len();
        store.set_design(&design()).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), length);
        let changed = Design { margin: 0.01, ..design() };
        store.set_design(&changed).unwrap();
        assert_eq!(Store::read(dir.path()).unwrap().design, Some(changed));
    }

    #[test]
    fn a_score_that_json_cannot_hold_leaves_the_file_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let path = filled(dir.path());
        let before = fs::read(&path).unwrap();
        let mut store = Store::open(dir.path()).unwrap();
        assert!(matches!(store.append(&record("max", 2, f64::NAN)), Err(Error::NotFinite { .. })));
        assert_eq!(fs::read(&path).unwrap(), before);
    }

    #[test]
    fn a_directory_that_cannot_be_made_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        let error = Store::open(file.join("study")).unwrap_err().to_string();
        assert!(error.starts_with("create the directory `") && error.contains("file"), "{error}");
    }
}
