//! COCO's JSON: annotations and results.

use std::io::Read;
use std::path::Path;

use super::json::{Fault, Scanner};
use super::window::{Window, open};
use super::{coco_results, coco_truth};
use crate::{
    CocoSettings, Detections, Error, GroundTruth, Id, Mode, Rle, Segmentation, Similarity,
};

/// Reads the files of COCO and LVIS, plain or packed by gzip.
///
/// Only what an evaluation looks at is kept. What cannot be right is an error that names the record and the field: a
/// missing or repeated list, a missing id, score or shape, text where a number should be, NaN and infinity. What the
/// reference takes, this takes: boxes without area or with negative sides, categories the file does not list.
///
/// | in [`Mode::Strict`] | in [`Mode::Corrected`] |
/// |---|---|
/// | an annotation without `iscrowd` is an error, but not in LVIS | it is no crowd |
/// | an annotation without `area` is an error | it has that of its box |
/// | a pose without `num_keypoints` is an error | those with `v > 0` are counted |
#[derive(Clone, Debug, PartialEq)]
pub struct CocoReader {
    /// What will be compared.
    pub similarity: Similarity,
    /// Whose conventions.
    pub mode: Mode,
    /// Whether it is LVIS: images say what is known not to be there.
    pub federated: bool,
}

impl CocoReader {
    /// A reader for an evaluation of COCO.
    pub fn new(settings: &CocoSettings) -> Self {
        Self { similarity: settings.similarity.clone(), mode: settings.mode, federated: false }
    }

    /// Reads a file of annotations.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or its content cannot be right.
    pub fn truth(&self, path: &Path) -> Result<GroundTruth, Error> {
        self.truth_from(open(path)?, &path.display().to_string())
    }

    /// Reads annotations from anywhere; `name` stands for it in errors.
    ///
    /// # Errors
    ///
    /// When the content cannot be right.
    pub fn truth_from(&self, reader: impl Read, name: &str) -> Result<GroundTruth, Error> {
        coco_truth::read(self, Window::new(reader, name))
    }

    /// Reads a file of results. Rows keep the order of the file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or its content cannot be right.
    pub fn results(&self, path: &Path) -> Result<Detections, Error> {
        self.results_from(open(path)?, &path.display().to_string())
    }

    /// Reads results from anywhere; `name` stands for it in errors.
    ///
    /// # Errors
    ///
    /// When the content cannot be right.
    pub fn results_from(&self, reader: impl Read, name: &str) -> Result<Detections, Error> {
        coco_results::read(self, Window::new(reader, name))
    }

    pub(super) fn masks(&self) -> bool {
        self.similarity == Similarity::Masks
    }

    pub(super) fn poses(&self) -> bool {
        matches!(self.similarity, Similarity::Keypoints { .. })
    }
}

/// Where in a file something is wrong.
pub(super) struct Place<'a> {
    pub(super) path: &'a str,
    pub(super) list: &'static str,
    pub(super) record: usize,
}

impl Place<'_> {
    pub(super) fn error(&self, scanner: &Scanner<'_>, fault: Fault) -> Error {
        let what = match fault {
            Fault::End => "the file ends here".to_owned(),
            Fault::Expected(what) => format!("got `{}`; expected {what}", scanner.shown()),
            Fault::Wrong(what) => what.to_owned(),
        };
        self.wrong(scanner.field, what)
    }

    pub(super) fn wrong(&self, field: &str, what: String) -> Error {
        Error::FileRecord {
            path: self.path.to_owned(),
            list: self.list,
            record: self.record,
            field: field.to_owned(),
            what,
        }
    }
}

/// Four finite numbers; `None` for an empty list.
#[inline]
pub(super) fn bbox(scanner: &mut Scanner<'_>) -> Result<Option<[f64; 4]>, Fault> {
    const FOUR: Fault = Fault::Wrong("a box has four numbers");
    let mut sides = [0.0; 4];
    let mut count = 0;
    scanner.list(|scanner| {
        *sides.get_mut(count).ok_or(FOUR)? = scanner.finite()?;
        count += 1;
        Ok(())
    })?;
    match count {
        0 => Ok(None),
        4 => Ok(Some(sides)),
        _ => Err(FOUR),
    }
}

/// A number that names something.
#[inline]
pub(super) fn id(scanner: &mut Scanner<'_>) -> Result<Id, Fault> {
    scanner.number()?.id().ok_or(Fault::Wrong("an id is a number of at most 64 bits"))
}

/// A list of ids.
pub(super) fn ids(scanner: &mut Scanner<'_>) -> Result<Vec<Id>, Fault> {
    let mut ids = Vec::new();
    scanner.list(|scanner| {
        ids.push(id(scanner)?);
        Ok(())
    })?;
    Ok(ids)
}

/// A number of pixels or of things.
pub(super) fn count(scanner: &mut Scanner<'_>) -> Result<u32, Fault> {
    let value = scanner.number()?.value();
    let whole = (0.0..=f64::from(u32::MAX)).contains(&value) && value.fract() == 0.0;
    if whole {
        Ok(value as u32)
    } else {
        Err(Fault::Wrong("expected a whole number, not negative"))
    }
}

/// Finite numbers, `width` at a time.
pub(super) fn points<const WIDTH: usize>(
    scanner: &mut Scanner<'_>,
) -> Result<Vec<[f64; WIDTH]>, Fault> {
    let mut points = Vec::new();
    let mut point = [0.0; WIDTH];
    let mut filled = 0;
    scanner.list(|scanner| {
        point[filled] = scanner.finite()?;
        filled += 1;
        if filled == WIDTH {
            points.push(point);
            filled = 0;
        }
        Ok(())
    })?;
    if filled == 0 { Ok(points) } else { Err(Fault::Wrong("keypoints are three numbers each")) }
}

/// An outline: polygons, or runs as text or numbers.
pub(super) fn segmentation(scanner: &mut Scanner<'_>) -> Result<Segmentation, Fault> {
    if scanner.peek()? == b'[' {
        let mut parts = Vec::new();
        scanner.list(|scanner| {
            let mut part = Vec::new();
            scanner.list(|scanner| {
                part.push(scanner.finite()?);
                Ok(())
            })?;
            parts.push(part);
            Ok(())
        })?;
        return Ok(Segmentation::Polygons(parts));
    }
    let (mut size, mut text, mut runs) = (None, None, None);
    scanner.object(|scanner, key| match key {
        b"size" => {
            let mut sides = Vec::with_capacity(2);
            scanner.list(|scanner| {
                sides.push(count(scanner)?);
                Ok(())
            })?;
            size = Some(
                <[u32; 2]>::try_from(sides).map_err(|_| Fault::Wrong("a size is two numbers"))?,
            );
            Ok(())
        }
        b"counts" if scanner.peek()? == b'"' => {
            text = Some(scanner.string()?);
            Ok(())
        }
        b"counts" => {
            let mut counts = Vec::new();
            scanner.list(|scanner| {
                counts.push(count(scanner)?);
                Ok(())
            })?;
            runs = Some(counts);
            Ok(())
        }
        _ => scanner.skip(),
    })?;
    scanner.field = "segmentation";
    let [height, width] = size.ok_or(Fault::Wrong("runs without `size`"))?;
    let mask = match (text, runs) {
        (Some(text), _) => Rle::from_text(height, width, &text),
        (None, Some(runs)) => Rle::new(height, width, runs),
        (None, None) => return Err(Fault::Wrong("runs without `counts`")),
    };
    mask.map(Segmentation::Rle)
        .map_err(|_| Fault::Wrong("runs cannot be read or do not fit `size`"))
}
