//! Files of texts.

use cenote_metrics::{SequenceScores, TableFormat};

/// The first byte says how the rest is read.
pub fn sequence(bytes: &[u8]) {
    let Some((&how, file)) = bytes.split_first() else { return };
    let format = if how & 1 == 0 { TableFormat::Csv } else { TableFormat::JsonLines };
    let mut scores = SequenceScores::default();
    let read = scores.read(file, format, |item| {
        assert!(item.item.edits <= item.item.characters.max(item.item.read));
    });
    if read.is_ok() {
        assert!(scores.edit_similarity().is_some_and(|score| (0.0..=1.0).contains(&score)));
    }
}
