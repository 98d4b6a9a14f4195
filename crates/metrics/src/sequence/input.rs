//! Texts and readings from a file of records.

use super::{SequenceItem, SequenceScores};
use crate::Error;
use crate::table::{Table, TableFormat};

/// The longest text, in bytes: two of them are compared in less than a second.
const LONGEST: usize = 100_000;

/// What reading the text of one record came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadItem {
    /// Number of the record, from 1.
    pub record: usize,
    /// What it came to.
    pub item: SequenceItem,
}

impl SequenceScores {
    /// Adds the texts of a file, in the column `label`, and what was read, in the column `prediction`.
    ///
    /// ```
    /// use cenote_metrics::{SequenceScores, TableFormat};
    ///
    /// let mut scores = SequenceScores::default();
    /// scores.read(b"label,prediction\n7A3K,7AK\n", TableFormat::Csv, |_| {})?;
    /// assert_eq!(scores.character_error_rate(), Some(0.25));
    /// # Ok::<(), cenote_metrics::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the file is malformed, lacks a column or holds no record, or a text is longer than 100,000 bytes: the error
    /// names record, line and field.
    pub fn read(
        &mut self,
        bytes: &[u8],
        format: TableFormat,
        mut each: impl FnMut(ReadItem),
    ) -> Result<(), Error> {
        let mut table = Table::open(bytes, format)?;
        let columns = [table.need("label")?, table.need("prediction")?];
        let mut any = false;
        while let Some(record) = table.next()? {
            let mut texts = [""; 2];
            for (text, column) in texts.iter_mut().zip(columns) {
                *text = record.text(&table, column)?;
                if text.len() > LONGEST {
                    let got = format!("{} bytes", text.len());
                    return Err(record.wrong(
                        &table,
                        column,
                        &got,
                        "a text of at most 100000 bytes",
                    ));
                }
            }
            let item = self.push(texts[0], texts[1]);
            each(ReadItem { record: record.place.record, item });
            any = true;
        }
        if any { Ok(()) } else { Err(Error::Table("no records".to_owned())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<ReadItem>, String> {
        let mut items = Vec::new();
        let read = SequenceScores::default()
            .read(text.as_bytes(), TableFormat::Csv, |item| items.push(item));
        read.map(|()| items).map_err(|error| error.to_string())
    }

    #[test]
    fn an_empty_reading_is_a_reading() {
        let items = read("label,prediction\nabc,\n\"\",x\n").unwrap();
        assert_eq!(items.iter().map(|item| item.item.edits).collect::<Vec<_>>(), [3, 1]);
        assert_eq!(items[1].record, 2);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        assert_eq!(read("label,prediction\n").unwrap_err(), "no records");
        assert!(read("label\na\n").unwrap_err().contains("no column `prediction`"));
        let long = format!("label,prediction\na,{}\n", "x".repeat(100_001));
        let error = read(&long).unwrap_err();
        assert!(
            error.contains("record 1 (line 2), field `prediction`: got `100001 bytes`"),
            "{error}"
        );
    }
}
