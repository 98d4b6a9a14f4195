//! Tables with an image a line: its pixels, row by row, before or behind its label.
//!
//! So are the digits of UCI and the MNIST of many tutorials written. Fields are separated by commas and are whole
//! numbers, pixels from 0 to 255 and labels from 0. A first line with a field that is no number is a header. Without `test`,
//! `test_share` of the images, each class in proportion, is held out by a draw from `seed` alone.

use std::io::Read;
use std::path::{Path, PathBuf};

use cenote_spec::{Kind, params};
use serde::Deserialize;

use super::Source;
use super::share;
use crate::{Dataset, Error, Images, Origin, Split, picture};

pub(super) const KIND: Kind<dyn Source> = Kind {
    name: NAME,
    about: "your own images in tables, one a line: pixels and a label",
    example: r#"train = "my/train.csv"
test = "my/test.csv"
shape = [1, 28, 28]
label = "first""#,
    notes: None,
    parse: |table| Ok(Box::new(params::<Csv>(NAME, table)?)),
};

const NAME: &str = "csv";
/// The largest label, so that a stray number asks for no list of that length.
const MOST_LABEL: u64 = 65_535;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Csv {
    train: PathBuf,
    test: Option<PathBuf>,
    name: Option<String>,
    /// Channels, rows and columns.
    shape: [usize; 3],
    #[serde(default)]
    label: Column,
    #[serde(default = "share::default")]
    test_share: f64,
    #[serde(default)]
    seed: u64,
    classes: Option<Vec<String>>,
}

/// Where the label stands.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Column {
    #[default]
    First,
    Last,
}

impl Source for Csv {
    fn load(&self) -> Result<Dataset, Error> {
        share::check("csv: test_share", self.test_share)?;
        let read = |path: &Path| {
            let shown = path.display().to_string();
            self.read(&shown, picture::open(path)?)
        };
        let train = read(&self.train)?;
        let (train, test) = match &self.test {
            Some(test) => (train, read(test)?),
            None => share::hold_out(&train, self.test_share, self.seed)?,
        };
        let origin = Origin::own(self.name.as_deref(), NAME);
        Dataset::of_numbers(origin, self.classes.as_ref(), train, test)
    }
}

impl Csv {
    fn read(&self, shown: &str, bytes: impl Read) -> Result<Split, Error> {
        let wrong = |line: u64, what, got: String, expected: String| Error::Format {
            file: format!("{shown}, line {line}"),
            what,
            got,
            expected,
        };
        let area = self.shape.iter().try_fold(1_usize, |area, &size| area.checked_mul(size));
        let Some(fields) = area.and_then(|area| area.checked_add(1)).filter(|&fields| fields > 1)
        else {
            return Err(Error::Setting {
                what: "csv: shape",
                got: format!("{:?}", self.shape),
                expected: "channels, rows and columns above 0".to_owned(),
            });
        };
        let mut reader = ::csv::ReaderBuilder::new();
        let mut reader =
            reader.has_headers(false).flexible(true).trim(::csv::Trim::All).from_reader(bytes);
        let (mut pixels, mut labels) = (Vec::new(), Vec::new());
        let mut record = ::csv::ByteRecord::new();
        let mut row = 0;
        loop {
            let more = reader.read_byte_record(&mut record);
            let line = record.position().map_or(0, ::csv::Position::line);
            if !more.map_err(|e| wrong(line, "table", e.to_string(), "CSV".to_owned()))? {
                break;
            }
            row += 1;
            if row == 1 && record.iter().any(|field| number(field).is_none()) {
                continue;
            }
            if record.len() != fields {
                let expected = format!("{fields}, a label and the pixels of {:?}", self.shape);
                return Err(wrong(line, "number of fields", record.len().to_string(), expected));
            }
            let label_at = match self.label {
                Column::First => 0,
                Column::Last => fields - 1,
            };
            for (at, field) in record.iter().enumerate() {
                let (what, most) =
                    if at == label_at { ("label", MOST_LABEL) } else { ("pixel", 255) };
                let Some(value) = number(field).filter(|&value| value <= most) else {
                    let got = String::from_utf8_lossy(field).chars().take(40).collect::<String>();
                    let got = format!("`{got}` in field {}", at + 1);
                    return Err(wrong(line, what, got, format!("a whole number from 0 to {most}")));
                };
                if at == label_at {
                    labels.push(value as usize);
                } else {
                    pixels.push(value as u8);
                }
            }
        }
        Split::new(Images::new(self.shape, pixels)?, labels)
    }
}

/// A whole number, which some programs write as `3.0`.
fn number(field: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?;
    let text = text.split_once('.').map_or(text, |(whole, rest)| {
        if rest.bytes().all(|digit| digit == b'0') { whole } else { text }
    });
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(label: Column) -> Csv {
        Csv {
            train: PathBuf::new(),
            test: None,
            name: None,
            shape: [1, 1, 3],
            label,
            test_share: 0.2,
            seed: 0,
            classes: None,
        }
    }

    fn words(text: &str) -> String {
        table(Column::First).read("t.csv", text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn labels_stand_first_or_last_and_a_header_is_passed_over() {
        let first = table(Column::First).read("t", "label,a,b,c\n7,1,2,3\n0,4,5,255\n".as_bytes());
        let first = first.unwrap();
        assert_eq!(
            (first.labels(), first.images().pixels()),
            (&[7, 0][..], &[1, 2, 3, 4, 5, 255][..])
        );
        let last = table(Column::Last).read("t", "1, 2, 3.0, 7".as_bytes()).unwrap();
        assert_eq!((last.labels(), last.images().pixels()), (&[7][..], &[1, 2, 3][..]));
    }

    #[test]
    fn what_does_not_fit_is_named_with_line_and_field() {
        assert_eq!(
            words("1,2,3,4\n1,2,3\n"),
            "t.csv, line 2: number of fields is 3; expected 4, a label and the pixels of [1, 1, 3]"
        );
        assert_eq!(
            words("1,2,3,4\n1,2,256,0\n"),
            "t.csv, line 2: pixel is `256` in field 3; expected a whole number from 0 to 255"
        );
        assert!(words("1,2,3,4\n-1,2,3,4\n").contains("label is `-1` in field 1"));
        assert!(words("1,2,3,4\nx,2,3,4\n").contains("label is `x` in field 1"));
        assert!(words("1,2,3,4\n1,2,3.5,4\n").contains("pixel is `3.5` in field 3"));
        assert!(words("1,2,3,4\n99999999999999999999,2,3,4\n").contains("expected a whole number"));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[0-9,\"\n.a-]{0,80}") {
            let _any = table(Column::Last).read("x", text.as_bytes());
        }
    }
}
