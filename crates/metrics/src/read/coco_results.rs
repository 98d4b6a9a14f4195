//! COCO's results.
//!
//! The list is cut into pieces where one record seems to end and the next to begin, and the pieces are read side by side. A
//! cut is right if the piece before it, itself begun at a right cut, is used up to its last byte; after a wrong one (the
//! pattern may stand inside of text) the rest is read in one go. So cuts change the speed and nothing else.

use std::io::Read;

use rayon::prelude::*;

use super::coco::{CocoReader, Place, bbox, id, points, segmentation};
use super::coco_truth::value;
use super::json::{Fault, Scanner};
use super::window::Window;
use crate::{Detections, Error, Id, Segmentation, Shape};

/// Bytes per piece.
const PIECE: usize = 1 << 19;

/// What the first record says all records are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Boxes,
    Masks,
    Poses,
}

/// A record as it is written.
#[derive(Default)]
struct Raw {
    image: Option<Id>,
    category: Option<Id>,
    score: Option<f64>,
    bbox: Option<[f64; 4]>,
    segmentation: Option<Segmentation>,
    keypoints: Option<Vec<[f64; 3]>>,
}

/// What became of a piece.
struct Piece {
    detections: Detections,
    /// How many bytes were used.
    used: usize,
    end: End,
}

enum End {
    /// Between two records, the comma read.
    Between,
    /// After the list.
    Closed,
    /// In a record.
    Open,
    /// At something wrong: which field of the record, and what.
    Wrong { field: &'static str, what: String },
}

pub(super) fn read<R: Read>(
    reader: &CocoReader,
    mut window: Window<R>,
) -> Result<Detections, Error> {
    if !value(&mut window, "file", 0, |scanner| scanner.took(b'['))? {
        let what = "expected a list of results".to_owned();
        return Err(Error::File { path: window.name().to_owned(), what });
    }
    let mut detections = Detections::default();
    if value(&mut window, "file", 0, |scanner| scanner.took(b']'))? {
        nothing_follows(&mut window)?;
        return Ok(detections);
    }
    let kind = value(&mut window, "result", 0, |scanner| {
        // Looked at, not used up.
        let start = scanner.at;
        let kind = first_kind(scanner)?;
        scanner.at = start;
        Ok(kind)
    })?;
    loop {
        if read_on(reader, kind, &mut window, &mut detections)? {
            nothing_follows(&mut window)?;
            return Ok(detections);
        }
    }
}

/// Nothing but white space may stand after the value of a file.
pub(super) fn nothing_follows<R: Read>(window: &mut Window<R>) -> Result<(), Error> {
    loop {
        let bytes = window.bytes();
        let blank = bytes.iter().take_while(|byte| b" \n\r\t".contains(byte)).count();
        if blank < bytes.len() {
            let what = "something follows after the end".to_owned();
            return Err(Error::File { path: window.name().to_owned(), what });
        }
        window.use_up(blank);
        if !window.fill(0)? {
            return Ok(());
        }
    }
}

/// Reads the records that are there; whether the list has ended.
fn read_on<R: Read>(
    reader: &CocoReader,
    kind: Kind,
    window: &mut Window<R>,
    detections: &mut Detections,
) -> Result<bool, Error> {
    let threads = rayon::current_num_threads();
    if !window.ended() {
        window.fill(threads * PIECE)?;
    }
    let mut cuts = cuts(window.bytes(), threads);
    let mut start = 0;
    loop {
        let bytes = window.bytes();
        let pieces: Vec<Piece> =
            cuts.par_windows(2).map(|cut| piece(reader, kind, &bytes[cut[0]..cut[1]])).collect();
        let count = pieces.len();
        for (at, piece) in pieces.into_iter().enumerate() {
            let before = detections.len();
            let last = at + 1 == count;
            match piece.end {
                End::Between if piece.used == cuts[at + 1] - cuts[at] || last => {
                    detections.append(piece.detections)?;
                    start = cuts[at] + piece.used;
                }
                End::Closed => {
                    detections.append(piece.detections)?;
                    window.use_up(cuts[at] + piece.used);
                    return Ok(true);
                }
                End::Open if last => {
                    let record = before + piece.detections.len();
                    detections.append(piece.detections)?;
                    start = cuts[at] + piece.used;
                    if window.ended() {
                        let place = Place { path: window.name(), list: "result", record };
                        return Err(place.wrong("record", "the file ends here".to_owned()));
                    }
                }
                End::Wrong { field, what } => {
                    let record = before + piece.detections.len();
                    return Err(
                        Place { path: window.name(), list: "result", record }.wrong(field, what)
                    );
                }
                // A wrong cut: the rest in one go.
                End::Between | End::Open => {
                    start = usize::MAX;
                    cuts = vec![cuts[at], bytes.len()];
                    break;
                }
            }
        }
        if start != usize::MAX {
            break;
        }
        start = 0;
    }
    let progress = start > 0;
    window.use_up(start);
    if !progress {
        // One record is larger than all that is there.
        window.fill(0)?;
    }
    Ok(false)
}

/// Where to cut: at `{` after `}` and `,`, about every so many bytes. Begins with 0 and ends with the end.
fn cuts(bytes: &[u8], pieces: usize) -> Vec<usize> {
    let mut cuts = vec![0];
    for piece in 1..pieces {
        let from = (bytes.len() / pieces * piece).max(cuts[cuts.len() - 1] + 1);
        let close = |at: &usize| bytes[*at] == b'}';
        let next = (from..bytes.len()).filter(close).find_map(|at| {
            let mut scanner = Scanner::new(&bytes[at + 1..]);
            let between = scanner.took(b',') == Ok(true) && scanner.peek() == Ok(b'{');
            between.then_some(at + 1 + scanner.at)
        });
        cuts.extend(next);
    }
    cuts.push(bytes.len());
    cuts
}

/// Reads records until the piece or the list ends.
fn piece(reader: &CocoReader, kind: Kind, bytes: &[u8]) -> Piece {
    let mut scanner = Scanner::new(bytes);
    let mut detections = Detections::default();
    let mut used = 0;
    let end = loop {
        // White space before a record belongs to it.
        match scanner.peek() {
            Err(_) if detections.is_empty() => break End::Open,
            Err(_) => {
                used = bytes.len();
                break End::Between;
            }
            Ok(_) => {}
        }
        let read = record(reader, kind, &mut scanner).and_then(|raw| {
            let closed = !scanner.took(b',')?;
            if closed {
                scanner.field = "record";
                scanner.take(b']', "`,` or `]`")?;
            }
            Ok((raw, closed))
        });
        match read {
            Ok((raw, closed)) => {
                if let Err((field, what)) = raw.finish(reader, kind, &mut detections) {
                    break End::Wrong { field, what };
                }
                used = scanner.at;
                if closed {
                    break End::Closed;
                }
            }
            Err(Fault::End) => break End::Open,
            Err(Fault::Expected(what)) => {
                let what = format!("got `{}`; expected {what}", scanner.shown());
                break End::Wrong { field: scanner.field, what };
            }
            Err(Fault::Wrong(what)) => {
                break End::Wrong { field: scanner.field, what: what.to_owned() };
            }
        }
    };
    Piece { detections, used, end }
}

/// What the first record is: a box that is not empty, else runs, else keypoints.
fn first_kind(scanner: &mut Scanner<'_>) -> Result<Kind, Fault> {
    let (mut boxed, mut masked, mut posed, mut caption) = (false, false, false, false);
    scanner.object(|scanner, key| {
        match key {
            b"bbox" => {
                scanner.field = "bbox";
                boxed = bbox(scanner)?.is_some();
                return Ok(());
            }
            b"segmentation" => masked = true,
            b"keypoints" => posed = true,
            b"caption" => caption = true,
            _ => {}
        }
        scanner.skip()
    })?;
    match (caption, boxed, masked, posed) {
        (true, ..) => Err(Fault::Wrong("captions cannot be evaluated")),
        (_, true, ..) => Ok(Kind::Boxes),
        (_, _, true, _) => Ok(Kind::Masks),
        (.., true) => Ok(Kind::Poses),
        _ => Err(Fault::Wrong("has neither `bbox` nor `segmentation` nor `keypoints`")),
    }
}

#[inline]
fn record(reader: &CocoReader, kind: Kind, scanner: &mut Scanner<'_>) -> Result<Raw, Fault> {
    let masks = reader.masks() || kind == Kind::Masks;
    let poses = reader.poses() || kind == Kind::Poses;
    let mut raw = Raw::default();
    scanner.object(|scanner, key| {
        match key {
            b"image_id" => {
                scanner.field = "image_id";
                raw.image = Some(id(scanner)?);
            }
            b"category_id" => {
                scanner.field = "category_id";
                raw.category = Some(id(scanner)?);
            }
            b"bbox" => {
                scanner.field = "bbox";
                raw.bbox = bbox(scanner)?;
            }
            b"score" => {
                scanner.field = "score";
                raw.score = Some(scanner.finite()?);
            }
            b"segmentation" if masks => {
                scanner.field = "segmentation";
                raw.segmentation = Some(segmentation(scanner)?);
            }
            b"keypoints" if poses => {
                scanner.field = "keypoints";
                raw.keypoints = Some(points(scanner)?);
            }
            _ => scanner.skip()?,
        }
        Ok(())
    })?;
    Ok(raw)
}

impl Raw {
    /// Appends the record; else the field that is wrong, and how.
    #[inline]
    fn finish(
        self,
        reader: &CocoReader,
        kind: Kind,
        detections: &mut Detections,
    ) -> Result<(), (&'static str, String)> {
        const MISSING: &str = "is missing";
        let missing = |field: &'static str| (field, MISSING.to_owned());
        let image = self.image.ok_or_else(|| missing("image_id"))?;
        let category = self.category.ok_or_else(|| missing("category_id"))?;
        let score = self.score.ok_or_else(|| missing("score"))?;
        let given = self.bbox;
        let wrong = |error: Error| ("record", error.to_string());
        if kind == Kind::Boxes && !reader.masks() && !reader.poses() {
            let bbox = given.ok_or_else(|| missing("bbox"))?;
            return detections.push(image, category, score, bbox).map_err(wrong);
        }
        let points = self.keypoints.unwrap_or_default();
        let (bbox, area) = match kind {
            Kind::Boxes => {
                let bbox = given.ok_or_else(|| missing("bbox"))?;
                (bbox, bbox[2] * bbox[3])
            }
            Kind::Masks => match &self.segmentation {
                Some(Segmentation::Rle(mask)) => {
                    (given.unwrap_or_else(|| mask.bounds()), mask.area() as f64)
                }
                Some(Segmentation::Polygons(_)) => {
                    let what = "got polygons; expected runs, `size` and `counts`";
                    return Err(("segmentation", what.to_owned()));
                }
                None => return Err(missing("segmentation")),
            },
            Kind::Poses if points.is_empty() => return Err(missing("keypoints")),
            Kind::Poses => around(&points),
        };
        let shape = if reader.masks() {
            self.segmentation.map_or(Shape::Box, Shape::Mask)
        } else if reader.poses() {
            if points.is_empty() {
                return Err(missing("keypoints"));
            }
            Shape::Pose(points.into_iter().map(|[x, y, _]| [x, y]).collect())
        } else {
            Shape::Box
        };
        detections.push_shape(image, category, score, bbox, area, shape).map_err(wrong)
    }
}

/// The box around keypoints, seen or not, and its area.
fn around(points: &[[f64; 3]]) -> ([f64; 4], f64) {
    let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    for point in points {
        for axis in 0..2 {
            low[axis] = low[axis].min(point[axis]);
            high[axis] = high[axis].max(point[axis]);
        }
    }
    let size = [high[0] - low[0], high[1] - low[1]];
    ([low[0], low[1], size[0], size[1]], size[0] * size[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_lies_between_two_records_or_where_text_looks_like_it() {
        let text = br#"{"a":1}, {"a":2},{"b":"},{"}, {"a":4}"#;
        let found = cuts(text, 20);
        let at: Vec<&[u8]> = found[1..found.len() - 1].iter().map(|&cut| &text[cut..]).collect();
        assert!(at.iter().all(|rest| rest.starts_with(b"{")), "{found:?}");
        assert_eq!(at.len(), 4);
    }
}
