//! Labels and detections as YOLO tools write them: one text file per image, boxes as shares of the image.
//!
//! ```text
//! class  x-centre  y-centre  width  height  [confidence]
//! 0      0.4546    0.547     0.9093 0.902   0.87
//! ```
//!
//! Classes are numbers from 0; their names stand in another file, one a line. Since boxes are shares, the size of
//! every image is needed to turn them into pixels, from a table (`name width height` a line) or from the headers of the
//! image files. A line with more numbers is a polygon or a pose, and refused with that reason.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::FolderError;
use super::folder::{self, Flaw};

/// The largest label file that is read: an honest one has a few kilobytes.
const LARGEST: u64 = 64 << 20;

/// The most of an image file that is read for its size: past any reasonable block of notes before a JPEG's frame.
const HEADER: usize = 1 << 20;

/// Endings of image files that are looked for.
const IMAGES: [&str; 6] = ["jpg", "jpeg", "png", "bmp", "webp", "gif"];

/// One line of a label file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct YoloBox {
    /// Number of the class, from 0.
    pub class: u32,
    /// `[x-centre, y-centre, width, height]`, shares of the image's width and height.
    pub shares: [f64; 4],
    /// How sure the model is; `None` in ground truth.
    pub score: Option<f64>,
}

impl YoloBox {
    /// `[x, y, width, height]` in pixels of an image of this size: the corner nearest the origin, and the extent.
    pub fn pixels(self, width: u32, height: u32) -> [f64; 4] {
        let [x, y, w, h] = self.shares;
        let (width, height) = (f64::from(width), f64::from(height));
        [(x - w / 2.0) * width, (y - h / 2.0) * height, w * width, h * height]
    }
}

/// Reads the lines of one label file.
///
/// ```
/// use cenote_metrics::parse_yolo;
///
/// let boxes = parse_yolo("2 0.5 0.25 0.5 0.5\n")?;
/// assert_eq!(boxes[0].pixels(640, 480), [160.0, 0.0, 320.0, 240.0]);
/// # Ok::<(), cenote_metrics::Flaw>(())
/// ```
///
/// # Errors
///
/// When a line is no box, its class no whole number, or a size is negative; the flaw names line and field.
pub fn parse_yolo(text: &str) -> Result<Vec<YoloBox>, Flaw> {
    let parse = |(line, fields): (usize, Vec<&str>)| {
        if !(5..=6).contains(&fields.len()) {
            let got = fields.len();
            let kind = if got > 6 { ", which is a polygon or a pose" } else { "" };
            let what = format!(
                "{got} fields{kind}; expected class x-centre y-centre width height [confidence]"
            );
            return Err(Flaw::new(line, what));
        }
        let class = fields[0].parse().map_err(|_| {
            let got = folder::shorten(fields[0]);
            Flaw::new(line, format!("class is `{got}`; expected a whole number from 0"))
        })?;
        let number = |index: usize, field| folder::number(line, field, fields[index]);
        let shares = [
            number(1, "x-centre")?,
            number(2, "y-centre")?,
            number(3, "width")?,
            number(4, "height")?,
        ];
        for (field, share) in [("width", shares[2]), ("height", shares[3])] {
            if share < 0.0 {
                return Err(Flaw::new(line, format!("{field} is {share}; expected 0 or more")));
            }
        }
        let score = fields.get(5).map(|_| number(5, "confidence")).transpose()?;
        Ok(YoloBox { class, shares, score })
    };
    folder::fields(text).map(parse).collect()
}

/// Reads every `.txt` file of a folder, sorted by name, each with the name of its image (`classes.txt` is none).
///
/// # Errors
///
/// When a file cannot be read or a line is wrong; the message names file, line and field.
pub fn read_yolo_folder(folder: &Path) -> Result<Vec<(String, Vec<YoloBox>)>, FolderError> {
    let mut images = Vec::new();
    for path in folder::files(folder, "txt")? {
        let stem = folder::stem(&path)?;
        if stem == "classes" {
            continue;
        }
        let text = folder::text(&path, LARGEST)?;
        images.push((stem, parse_yolo(&text).map_err(|flaw| flaw.in_file(&path))?));
    }
    Ok(images)
}

/// Reads names of classes, one a line; the number of the line, from 0, is the number of the class.
///
/// # Errors
///
/// When the file cannot be read or a name stands twice.
pub fn read_class_names(path: &Path) -> Result<Vec<String>, FolderError> {
    let text = folder::text(path, LARGEST)?;
    let mut names: Vec<String> = Vec::new();
    let mut seen = BTreeMap::new();
    for (index, line) in text.trim_end().lines().enumerate() {
        let name = line.trim();
        if name.is_empty() {
            return Err(Flaw::new(index + 1, "no name; expected the name of a class").in_file(path));
        }
        if let Some(before) = seen.insert(name, index + 1) {
            let what = format!("class `{}` is already in line {before}", folder::shorten(name));
            return Err(Flaw::new(index + 1, what).in_file(path));
        }
        names.push(name.to_owned());
    }
    Ok(names)
}

/// Widths and heights of images in pixels, by name without an ending.
pub type ImageSizes = BTreeMap<String, (u32, u32)>;

/// Reads a table of image sizes: `name width height` a line; an ending of the name is dropped.
///
/// # Errors
///
/// When a line has other fields, or two lines name one image and do not agree.
pub fn parse_image_sizes(text: &str) -> Result<ImageSizes, Flaw> {
    let mut sizes = ImageSizes::new();
    for (line, fields) in folder::fields(text) {
        let [name, width, height] = fields[..] else {
            let what = format!("{} fields; expected name width height", fields.len());
            return Err(Flaw::new(line, what));
        };
        let pixels = |field: &str, text: &str| {
            text.parse::<u32>().ok().filter(|size| *size > 0).ok_or_else(|| {
                let got = folder::shorten(text);
                Flaw::new(
                    line,
                    format!("{field} is `{got}`; expected a whole number of pixels from 1"),
                )
            })
        };
        let size = (pixels("width", width)?, pixels("height", height)?);
        let name = without_image_ending(name);
        if let Some(before) = sizes.insert(name.to_owned(), size).filter(|before| *before != size) {
            let what = format!("{} is {size:?} here and {before:?} before", folder::shorten(name));
            return Err(Flaw::new(line, what));
        }
    }
    Ok(sizes)
}

/// The sizes of images: from a table when `path` is a file, else from the headers of the image files in it.
///
/// Only the first megabyte of an image file is read, and nothing is decoded.
///
/// # Errors
///
/// When a file cannot be read, or an image file has no size in its header.
pub fn read_image_sizes(path: &Path) -> Result<ImageSizes, FolderError> {
    if path.is_file() {
        let text = folder::text(path, LARGEST)?;
        return parse_image_sizes(&text).map_err(|flaw| flaw.in_file(path));
    }
    let mut sizes = ImageSizes::new();
    for file in image_files(path)? {
        let size = image_size(&folder::head(&file, HEADER)?);
        let size = size.ok_or_else(|| FolderError::File {
            path: file.clone(),
            what: "no image whose header says its size; expected JPEG, PNG, BMP, WebP or GIF"
                .to_owned(),
        })?;
        sizes.insert(folder::stem(&file)?, size);
    }
    Ok(sizes)
}

/// Width and height that the first bytes of an image file state, both from 1.
pub fn image_size(head: &[u8]) -> Option<(u32, u32)> {
    let size = imagesize::blob_size(head).ok()?;
    let (width, height) = (u32::try_from(size.width).ok()?, u32::try_from(size.height).ok()?);
    (width > 0 && height > 0).then_some((width, height))
}

fn image_files(folder: &Path) -> Result<Vec<PathBuf>, FolderError> {
    let mut found = Vec::new();
    for ending in IMAGES {
        match folder::files(folder, ending) {
            Ok(files) => found.extend(files),
            Err(FolderError::Empty { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// A name without an ending that image files have; other dots belong to the name.
fn without_image_ending(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, ending)) if IMAGES.contains(&ending.to_ascii_lowercase().as_str()) => stem,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    /// The first bytes of a 3 x 5 picture: PNG signature, length, `IHDR`, width, height.
    const PNG: &[u8] =
        b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x03\0\0\0\x05\x08\x02\0\0\0\0\0\0\0\0\0\0\0";

    #[test]
    fn a_folder_is_read_in_the_order_of_names_without_the_list_of_classes() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("b.txt", "1 .5 .5 .2 .2 .75\n");
        write("a.txt", "");
        write("classes.txt", "cat\nbig dog\n");
        let read = read_yolo_folder(folder.path()).unwrap();
        let found = YoloBox { class: 1, shares: [0.5, 0.5, 0.2, 0.2], score: Some(0.75) };
        assert_eq!(read, [("a".to_owned(), vec![]), ("b".to_owned(), vec![found])]);
        let names = read_class_names(&folder.path().join("classes.txt")).unwrap();
        assert_eq!(names, ["cat", "big dog"]);
    }

    #[test]
    fn sizes_come_from_a_table_or_from_headers() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("v1.2.png"), PNG).unwrap();
        let headers = read_image_sizes(folder.path()).unwrap();
        assert_eq!(headers, ImageSizes::from([("v1.2".to_owned(), (3, 5))]));
        let table = folder.path().join("sizes.txt");
        fs::write(&table, "v1.2.png 3 5\nv1.2 3 5\n").unwrap();
        assert_eq!(read_image_sizes(&table).unwrap(), headers);
        fs::write(&table, "a 3 5\na 4 5\n").unwrap();
        let error = read_image_sizes(&table).unwrap_err().to_string();
        assert!(error.ends_with("line 2: a is (4, 5) here and (3, 5) before"), "{error}");
        fs::write(folder.path().join("broken.jpg"), "no image").unwrap();
        assert!(read_image_sizes(folder.path()).is_err());
    }

    #[test]
    fn flaws_name_line_and_field() {
        let flaw = |text: &str| parse_yolo(text).unwrap_err().to_string();
        assert_eq!(
            flaw("cat .1 .1 .1 .1"),
            "line 1: class is `cat`; expected a whole number from 0"
        );
        assert_eq!(flaw("\n0 .1 x .1 .1"), "line 2: y-centre is `x`; expected a finite number");
        assert_eq!(flaw("0 .1 .1 -.1 .1"), "line 1: width is -0.1; expected 0 or more");
        assert_eq!(
            flaw("0 .1 .1 .1 .1 inf"),
            "line 1: confidence is `inf`; expected a finite number"
        );
        assert!(flaw("0 .1 .1 .2 .2 .3 .3 .4 .4").contains("which is a polygon or a pose"));
        assert!(flaw("0 .1 .1").starts_with("line 1: 3 fields; expected class"));
        let sizes = |text: &str| parse_image_sizes(text).unwrap_err().to_string();
        assert_eq!(
            sizes("a 0 3"),
            "line 1: width is `0`; expected a whole number of pixels from 1"
        );
        assert_eq!(sizes("a 1"), "line 1: 2 fields; expected name width height");
    }

    #[test]
    fn a_name_that_stands_twice_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("names.txt");
        fs::write(&path, "cat\ndog\ncat\n").unwrap();
        let error = read_class_names(&path).unwrap_err().to_string();
        assert!(error.ends_with("line 3: class `cat` is already in line 1"), "{error}");
        fs::write(&path, "cat\n\ndog\n").unwrap();
        assert!(read_class_names(&path).is_err());
    }

    proptest! {
        #[test]
        fn no_text_and_no_bytes_make_it_panic(
            text in "[a-z0-9 .\n+e-]{0,200}",
            bytes in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let _any = (parse_yolo(&text), parse_image_sizes(&text), image_size(&bytes));
        }
    }
}
