//! Detections as Pascal VOC tools write them: plain text, one box a line.
//!
//! Two layouts are in use. The development kit has one file per class, named for the competition, the image set and
//! the class (`comp4_det_test_dog.txt`), and a line holds image, score and corners:
//!
//! ```text
//! 000004 0.702732 89 112 516 466
//! ```
//!
//! rafaelpadilla's evaluators have one file per image, named for it; a line holds class, score (in detections) and
//! either corners or corner and size:
//!
//! ```text
//! dog 0.702732 89 112 516 466
//! ```

use std::path::Path;

use super::FolderError;
use super::folder::{self, Flaw};

/// The largest file of detections that is read.
const LARGEST: u64 = 1 << 30;

/// One line of a file of boxes.
#[derive(Clone, Debug, PartialEq)]
pub struct TextBox {
    /// The first field: the image in a file per class, the class in a file per image.
    pub key: String,
    /// How sure the model is; `None` in ground truth.
    pub score: Option<f64>,
    /// `[x1, y1, x2, y2]`.
    pub corners: [f64; 4],
}

/// A box of a folder of text files, with the image and the class it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledBox {
    /// Name of the image, without an ending.
    pub image: String,
    /// Name of the class.
    pub class: String,
    /// How sure the model is; `None` in ground truth.
    pub score: Option<f64>,
    /// `[x1, y1, x2, y2]`.
    pub corners: [f64; 4],
}

/// Whether the lines of a file have a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scored {
    /// `key score x1 y1 x2 y2`: detections.
    Yes,
    /// `key x1 y1 x2 y2`: objects.
    No,
}

/// What the last two numbers of a line are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Far {
    /// The far corner, as Pascal VOC has it.
    #[default]
    Corner,
    /// Width and height, which are added to the corner, `x2 = x1 + width`, as the tools do that write them.
    Size,
}

/// Reads the lines of one file.
///
/// ```
/// use cenote_metrics::{Far, Scored, parse_voc_text};
///
/// let boxes = parse_voc_text("000004 0.702732 89 112 516 466\n", Scored::Yes, Far::Corner)?;
/// assert_eq!((boxes[0].key.as_str(), boxes[0].score), ("000004", Some(0.702732)));
/// # Ok::<(), cenote_metrics::Flaw>(())
/// ```
///
/// # Errors
///
/// When a line has another number of fields, or a field is no finite number, or corners are out of order.
pub fn parse_voc_text(text: &str, scored: Scored, far: Far) -> Result<Vec<TextBox>, Flaw> {
    let names: &[&str] = match (scored, far) {
        (Scored::Yes, Far::Corner) => &["score", "x1", "y1", "x2", "y2"],
        (Scored::Yes, Far::Size) => &["score", "x", "y", "width", "height"],
        (Scored::No, Far::Corner) => &["x1", "y1", "x2", "y2"],
        (Scored::No, Far::Size) => &["x", "y", "width", "height"],
    };
    let mut boxes = Vec::new();
    for (line, fields) in folder::fields(text) {
        let (key, rest) = fields.split_first().expect("lines without a field are passed over");
        if rest.len() != names.len() {
            let expected = names.join(" ");
            let what = format!("{} fields; expected a name and {expected}", fields.len());
            return Err(Flaw::new(line, what));
        }
        let numbers = names.iter().zip(rest).map(|(name, text)| folder::number(line, name, text));
        let numbers: Vec<f64> = numbers.collect::<Result<_, _>>()?;
        let (score, corners) = match scored {
            Scored::Yes => (Some(numbers[0]), &numbers[1..]),
            Scored::No => (None, &numbers[..]),
        };
        let [x, y, a, b] = *corners else { unreachable!("four numbers follow the score") };
        let corners = match far {
            Far::Corner => [x, y, a, b],
            Far::Size => [x, y, x + a, y + b],
        };
        if !(corners[0] <= corners[2] && corners[1] <= corners[3]) {
            let what = format!("corners are {corners:?}; expected x1 <= x2 and y1 <= y2");
            return Err(Flaw::new(line, what));
        }
        boxes.push(TextBox { key: (*key).to_owned(), score, corners });
    }
    Ok(boxes)
}

/// Reads a folder of text files, in the layout that their names show.
///
/// If every file is called `compN_det_SET_CLASS.txt` the layout is the development kit's, otherwise a file per image.
///
/// # Errors
///
/// When a file cannot be read or a line is wrong; the message names file, line and field.
pub fn read_voc_text_folder(
    folder: &Path,
    scored: Scored,
    far: Far,
) -> Result<Vec<LabelledBox>, FolderError> {
    let files = folder::files(folder, "txt")?;
    let stems: Vec<String> =
        files.iter().map(|path| folder::stem(path)).collect::<Result<_, _>>()?;
    let per_class = stems.iter().all(|stem| class_of(stem).is_some());
    let mut boxes = Vec::new();
    for (path, stem) in files.iter().zip(&stems) {
        let named = if per_class { class_of(stem).unwrap_or(stem) } else { stem };
        for found in read(path, scored, far)? {
            let TextBox { key, score, corners } = found;
            let (image, class) =
                if per_class { (key, named.to_owned()) } else { (named.to_owned(), key) };
            boxes.push(LabelledBox { image, class, score, corners });
        }
    }
    Ok(boxes)
}

fn read(path: &Path, scored: Scored, far: Far) -> Result<Vec<TextBox>, FolderError> {
    let text = folder::text(path, LARGEST)?;
    parse_voc_text(&text, scored, far).map_err(|flaw| flaw.in_file(path))
}

/// The class in a name like `comp4_det_test_dog`; classes may hold underscores, image sets may not.
fn class_of(stem: &str) -> Option<&str> {
    let rest = stem.strip_prefix("comp")?.trim_start_matches(|digit: char| digit.is_ascii_digit());
    let (_set, class) = rest.strip_prefix("_det_")?.split_once('_')?;
    (!class.is_empty()).then_some(class)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_layouts_give_the_same_boxes() {
        let kit = tempfile::tempdir().unwrap();
        fs::write(kit.path().join("comp4_det_val_traffic_light.txt"), "im1 0.5 1 2 3 4\n\n")
            .unwrap();
        fs::write(kit.path().join("comp4_det_val_cat.txt"), "").unwrap();
        let images = tempfile::tempdir().unwrap();
        fs::write(images.path().join("im1.txt"), "traffic_light .5 1 2 3 4").unwrap();
        let expected = LabelledBox {
            image: "im1".to_owned(),
            class: "traffic_light".to_owned(),
            score: Some(0.5),
            corners: [1.0, 2.0, 3.0, 4.0],
        };
        for folder in [&kit, &images] {
            let read = read_voc_text_folder(folder.path(), Scored::Yes, Far::Corner).unwrap();
            assert_eq!(read, std::slice::from_ref(&expected));
        }
    }

    #[test]
    fn sizes_are_added_to_the_corner() {
        let boxes = parse_voc_text("a 10 20 3 4", Scored::No, Far::Size).unwrap();
        assert_eq!((boxes[0].corners, boxes[0].score), ([10.0, 20.0, 13.0, 24.0], None));
    }

    #[test]
    fn a_flaw_names_file_line_and_field() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("im1.txt"), "cat .5 1 2 3 4\ncat high 1 2 3 4").unwrap();
        let read = read_voc_text_folder(folder.path(), Scored::Yes, Far::Corner);
        let error = read.unwrap_err().to_string();
        assert!(
            error.ends_with("im1.txt, line 2: score is `high`; expected a finite number"),
            "{error}"
        );
        let flaw = |text| parse_voc_text(text, Scored::Yes, Far::Corner).unwrap_err().to_string();
        assert_eq!(flaw("a b"), "line 1: 2 fields; expected a name and score x1 y1 x2 y2");
        assert_eq!(
            flaw("\na 1 5 2 3 4"),
            "line 2: corners are [5.0, 2.0, 3.0, 4.0]; expected x1 <= x2 and y1 <= y2"
        );
        assert!(parse_voc_text("a 1 5 0 4", Scored::No, Far::Size).is_ok());
        assert!(parse_voc_text("a 1 5 1 -4", Scored::No, Far::Size).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[a-z0-9 .\n+e-]{0,200}") {
            for scored in [Scored::Yes, Scored::No] {
                for far in [Far::Corner, Far::Size] {
                    let _any = parse_voc_text(&text, scored, far);
                }
            }
        }
    }
}
