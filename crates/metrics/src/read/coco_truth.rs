//! COCO's annotations.

use std::io::Read;

use super::coco::{CocoReader, Place, bbox, count, id, ids, points, segmentation};
use super::json::{Fault, Scanner};
use super::window::Window;
use crate::{Category, Error, Frequency, GroundTruth, Id, Image, Mode, Object, Pose, Segmentation};

/// The lists of a file, and how errors call their entries.
const LISTS: [(&str, &str); 3] =
    [("images", "image"), ("annotations", "annotation"), ("categories", "category")];

pub(super) fn read<R: Read>(
    reader: &CocoReader,
    mut window: Window<R>,
) -> Result<GroundTruth, Error> {
    let mut truth = GroundTruth::default();
    let mut seen = [false; 3];
    if !value(&mut window, "file", 0, |scanner| scanner.took(b'{'))? {
        let what = "expected an object with `images`, `annotations` and `categories`";
        return Err(Error::File { path: window.name().to_owned(), what: what.to_owned() });
    }
    let mut more = !value(&mut window, "file", 0, |scanner| scanner.took(b'}'))?;
    while more {
        let key = value(&mut window, "file", 0, |scanner| Ok(scanner.key()?.into_owned()))?;
        match LISTS.iter().position(|(list, _)| key == list.as_bytes()) {
            Some(at) => {
                if std::mem::replace(&mut seen[at], true) {
                    let what = format!("a second list `{}`", LISTS[at].0);
                    return Err(Error::File { path: window.name().to_owned(), what });
                }
                list(reader, &mut window, at, &mut truth)?;
            }
            None => value(&mut window, "file", 0, skip)?,
        }
        more = value(&mut window, "file", 0, |scanner| {
            if scanner.took(b',')? {
                return Ok(true);
            }
            scanner.take(b'}', "`,` or `}`").map(|()| false)
        })?;
    }
    if let Some(at) = seen.iter().position(|seen| !seen) {
        let what = format!("no list `{}`", LISTS[at].0);
        return Err(Error::File { path: window.name().to_owned(), what });
    }
    super::coco_results::nothing_follows(&mut window)?;
    Ok(truth)
}

fn list<R: Read>(
    reader: &CocoReader,
    window: &mut Window<R>,
    at: usize,
    truth: &mut GroundTruth,
) -> Result<(), Error> {
    let name = LISTS[at].1;
    value(window, name, 0, |scanner| scanner.take(b'[', "a list"))?;
    let mut more = !value(window, name, 0, |scanner| scanner.took(b']'))?;
    let mut record = 0;
    while more {
        match at {
            0 => truth.images.push(value(window, name, record, |scanner| image(reader, scanner))?),
            1 => {
                truth.objects.push(value(window, name, record, |scanner| object(reader, scanner))?);
            }
            _ => truth.categories.push(value(window, name, record, category)?),
        }
        record += 1;
        more = value(window, name, record, |scanner| {
            if scanner.took(b',')? {
                return Ok(true);
            }
            scanner.take(b']', "`,` or `]`").map(|()| false)
        })?;
    }
    Ok(())
}

/// Reads a value, and on from the file until it is whole.
pub(super) fn value<R: Read, T>(
    window: &mut Window<R>,
    list: &'static str,
    record: usize,
    mut read: impl FnMut(&mut Scanner<'_>) -> Result<T, Fault>,
) -> Result<T, Error> {
    loop {
        let mut scanner = Scanner::new(window.bytes());
        match read(&mut scanner) {
            Ok(value) => {
                let used = scanner.at;
                window.use_up(used);
                return Ok(value);
            }
            Err(Fault::End) if !window.ended() => {
                window.fill(0)?;
            }
            Err(fault) => {
                return Err(Place { path: window.name(), list, record }.error(&scanner, fault));
            }
        }
    }
}

/// Steps over any value.
fn skip(scanner: &mut Scanner<'_>) -> Result<(), Fault> {
    scanner.skip()
}

/// A number that is finite.
fn finite(scanner: &mut Scanner<'_>) -> Result<f64, Fault> {
    scanner.finite()
}

/// Reads the value of a field; `null` is none.
fn some<T>(
    scanner: &mut Scanner<'_>,
    field: &'static str,
    read: impl FnOnce(&mut Scanner<'_>) -> Result<T, Fault>,
) -> Result<Option<T>, Fault> {
    scanner.field = field;
    if scanner.peek()? == b'n' && scanner.took_word("null")? {
        return Ok(None);
    }
    read(scanner).map(Some)
}

/// What a record must have.
fn need<T>(scanner: &mut Scanner<'_>, field: &'static str, value: Option<T>) -> Result<T, Fault> {
    scanner.field = field;
    value.ok_or(Fault::Wrong("is missing"))
}

fn image(reader: &CocoReader, scanner: &mut Scanner<'_>) -> Result<Image, Fault> {
    let mut image = Image::default();
    let (mut name, mut negative, mut not_exhaustive) = (None, None, None);
    scanner.object(|scanner, key| {
        match key {
            b"id" => name = some(scanner, "id", id)?,
            b"width" => image.width = some(scanner, "width", count)?.unwrap_or(0),
            b"height" => image.height = some(scanner, "height", count)?.unwrap_or(0),
            b"file_name" => {
                let text = some(scanner, "file_name", |scanner| Ok(scanner.string()?.into()))?;
                image.file_name = text;
            }
            b"neg_category_ids" => negative = some(scanner, "neg_category_ids", ids)?,
            b"not_exhaustive_category_ids" => {
                not_exhaustive = some(scanner, "not_exhaustive_category_ids", ids)?;
            }
            _ => scanner.skip()?,
        }
        Ok(())
    })?;
    image.id = need(scanner, "id", name)?;
    if reader.federated {
        image.negative = need(scanner, "neg_category_ids", negative)?;
        image.not_exhaustive = need(scanner, "not_exhaustive_category_ids", not_exhaustive)?;
    }
    Ok(image)
}

fn category(scanner: &mut Scanner<'_>) -> Result<Category, Fault> {
    let mut category = Category::default();
    let mut number = None;
    scanner.object(|scanner, key| {
        match key {
            b"id" => number = some(scanner, "id", id)?,
            b"name" => {
                let text = some(scanner, "name", |scanner| Ok(scanner.string()?.into_owned()))?;
                category.name = text.unwrap_or_default();
            }
            b"frequency" => category.frequency = some(scanner, "frequency", frequency)?,
            _ => scanner.skip()?,
        }
        Ok(())
    })?;
    category.id = need(scanner, "id", number)?;
    Ok(category)
}

fn frequency(scanner: &mut Scanner<'_>) -> Result<Frequency, Fault> {
    match scanner.string()?.as_ref() {
        "r" => Ok(Frequency::Rare),
        "c" => Ok(Frequency::Common),
        "f" => Ok(Frequency::Frequent),
        _ => Err(Fault::Wrong("expected r, c or f")),
    }
}

/// A flag as a number or a word.
fn flag(scanner: &mut Scanner<'_>) -> Result<bool, Fault> {
    match scanner.peek()? {
        b't' if scanner.took_word("true")? => Ok(true),
        b'f' if scanner.took_word("false")? => Ok(false),
        _ => Ok(scanner.finite()? != 0.0),
    }
}

fn object(reader: &CocoReader, scanner: &mut Scanner<'_>) -> Result<Object, Fault> {
    #[derive(Default)]
    struct Raw {
        id: Option<Id>,
        image: Option<Id>,
        category: Option<Id>,
        bbox: Option<[f64; 4]>,
        area: Option<f64>,
        crowd: Option<bool>,
        ignore: bool,
        segmentation: Option<Segmentation>,
        keypoints: Option<Vec<[f64; 3]>>,
        labelled: Option<u32>,
    }
    let mut raw = Raw::default();
    scanner.object(|scanner, key| {
        match key {
            b"id" => raw.id = some(scanner, "id", id)?,
            b"image_id" => raw.image = some(scanner, "image_id", id)?,
            b"category_id" => raw.category = some(scanner, "category_id", id)?,
            b"bbox" => raw.bbox = some(scanner, "bbox", bbox)?.flatten(),
            b"area" => raw.area = some(scanner, "area", finite)?,
            b"iscrowd" => raw.crowd = some(scanner, "iscrowd", flag)?,
            b"ignore" => raw.ignore = some(scanner, "ignore", flag)?.unwrap_or(false),
            b"segmentation" if reader.masks() => {
                raw.segmentation = some(scanner, "segmentation", segmentation)?;
            }
            b"keypoints" if reader.poses() => {
                raw.keypoints = some(scanner, "keypoints", points)?;
            }
            b"num_keypoints" if reader.poses() => {
                raw.labelled = some(scanner, "num_keypoints", count)?;
            }
            _ => scanner.skip()?,
        }
        Ok(())
    })?;
    let strict = reader.mode == Mode::Strict;
    let bbox = match raw.bbox {
        None if !reader.masks() => need(scanner, "bbox", None)?,
        bbox => bbox.unwrap_or_default(),
    };
    let area = match raw.area {
        None if strict => need(scanner, "area", None)?,
        area => area.unwrap_or(bbox[2] * bbox[3]),
    };
    let crowd = match raw.crowd {
        None if strict && !reader.federated => need(scanner, "iscrowd", None)?,
        crowd => crowd.unwrap_or(false),
    };
    let segmentation = match raw.segmentation {
        None if reader.masks() => need(scanner, "segmentation", None)?,
        segmentation => segmentation,
    };
    let pose = if reader.poses() {
        let points = need(scanner, "keypoints", raw.keypoints)?;
        let labelled = match raw.labelled {
            None if strict => need(scanner, "num_keypoints", None)?,
            labelled => labelled
                .unwrap_or_else(|| points.iter().filter(|point| point[2] > 0.0).count() as u32),
        };
        Some(Pose { points, labelled })
    } else {
        None
    };
    Ok(Object {
        id: need(scanner, "id", raw.id)?,
        image: need(scanner, "image_id", raw.image)?,
        category: need(scanner, "category_id", raw.category)?,
        bbox,
        area,
        crowd,
        ignore: raw.ignore,
        segmentation,
        pose,
    })
}
