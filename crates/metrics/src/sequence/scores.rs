//! Texts and what was read, item by item and all together.

use serde::Serialize;

use super::edit_distance;
use crate::Metric;

pub(super) const EXACT_MATCH: Metric<SequenceScores> = Metric {
    name: "exact_match",
    about: "share of the texts that are read without a mistake",
    score: SequenceScores::exact_match,
};

pub(super) const CHARACTER_ACCURACY: Metric<SequenceScores> = Metric {
    name: "character_accuracy",
    about: "share of the characters that are read right at their position",
    score: SequenceScores::character_accuracy,
};

/// What reading one text came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SequenceItem {
    /// Characters of the text.
    pub characters: usize,
    /// Characters that were read.
    pub read: usize,
    /// Characters of the text that were read at their position, counted from the start.
    pub in_place: usize,
    /// [`edit_distance`] between the two.
    pub edits: usize,
}

impl SequenceItem {
    /// Compares a text with what was read.
    ///
    /// ```
    /// use cenote_metrics::SequenceItem;
    ///
    /// let item = SequenceItem::of("7A3K", "7AK");
    /// assert_eq!((item.in_place, item.edits), (2, 1));
    /// assert_eq!((item.character_accuracy(), item.character_error_rate()), (Some(0.5), Some(0.25)));
    /// ```
    pub fn of(text: &str, read: &str) -> Self {
        Self {
            characters: text.chars().count(),
            read: read.chars().count(),
            in_place: text.chars().zip(read.chars()).filter(|(a, b)| a == b).count(),
            edits: edit_distance(text, read),
        }
    }

    /// Whether the text was read without a mistake.
    pub fn is_exact(self) -> bool {
        self.edits == 0
    }

    /// Share of the characters that were read at their position; `None` for an empty text.
    pub fn character_accuracy(self) -> Option<f64> {
        share(self.in_place, self.characters)
    }

    /// Edits per character of the text; `None` for an empty text.
    pub fn character_error_rate(self) -> Option<f64> {
        share(self.edits, self.characters)
    }
}

/// Sums over texts, from which the scores of all together are computed.
///
/// It is a state: texts are added as they come, parts are merged.
///
/// ```
/// use cenote_metrics::SequenceScores;
///
/// let mut scores = SequenceScores::default();
/// scores.push("hello", "hallo");
/// scores.push("world", "world");
/// assert_eq!(scores.exact_match(), Some(0.5));
/// assert_eq!(scores.character_error_rate(), Some(0.1));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct SequenceScores {
    texts: u64,
    exact: u64,
    characters: u64,
    in_place: u64,
    edits: u64,
    /// Sum over texts of edits over the length of the longer of text and reading.
    relative_edits: f64,
}

impl SequenceScores {
    /// Adds one text and what was read, and says what it came to.
    pub fn push(&mut self, text: &str, read: &str) -> SequenceItem {
        let item = SequenceItem::of(text, read);
        self.texts += 1;
        self.exact += u64::from(item.is_exact());
        self.characters += item.characters as u64;
        self.in_place += item.in_place as u64;
        self.edits += item.edits as u64;
        // Two empty texts are equal.
        self.relative_edits += share(item.edits, item.characters.max(item.read)).unwrap_or(0.0);
        item
    }

    /// Adds the texts of another part.
    pub fn merge(&mut self, other: &Self) {
        self.texts += other.texts;
        self.exact += other.exact;
        self.characters += other.characters;
        self.in_place += other.in_place;
        self.edits += other.edits;
        self.relative_edits += other.relative_edits;
    }

    /// Number of texts.
    pub fn texts(&self) -> u64 {
        self.texts
    }

    /// Characters of all texts.
    pub fn characters(&self) -> u64 {
        self.characters
    }

    /// Edits of all texts.
    pub fn edits(&self) -> u64 {
        self.edits
    }

    /// Share of the texts that were read without a mistake. From 0 to 1, larger is better; `None` without texts.
    pub fn exact_match(&self) -> Option<f64> {
        share(self.exact, self.texts)
    }

    /// Share of the characters of all texts that were read at their position. From 0 to 1, larger is better.
    ///
    /// Positions are counted from the start and nothing is aligned: a character left out makes all that follow wrong.
    /// It suits texts of a fixed length, such as captchas; others want [`SequenceScores::character_error_rate`].
    /// `None` without characters.
    pub fn character_accuracy(&self) -> Option<f64> {
        share(self.in_place, self.characters)
    }

    /// Edits of all texts per character of all texts, long texts counting more than short ones.
    ///
    /// ```text
    /// CER = Σ edits / Σ characters
    /// ```
    ///
    /// From 0, smaller is better; above 1 where much is read that is not there. `None` without characters.
    pub fn character_error_rate(&self) -> Option<f64> {
        share(self.edits, self.characters)
    }

    /// Mean over texts of how equal text and reading are.
    ///
    /// ```text
    /// 1 − 1/N Σ edits / max(characters, read)          two empty texts are equal
    /// ```
    ///
    /// From 0 to 1, larger is better; the 1 − NED of the ICDAR competitions. `None` without texts.
    pub fn edit_similarity(&self) -> Option<f64> {
        (self.texts > 0).then(|| 1.0 - self.relative_edits / self.texts as f64)
    }
}

fn share<T: TryInto<u64>>(part: T, whole: T) -> Option<f64> {
    let number = |count: T| count.try_into().ok();
    match (number(part)?, number(whole)?) {
        (_, 0) => None,
        (part, whole) => Some(part as f64 / whole as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SEQUENCE_METRICS;

    #[test]
    fn scores_of_a_worked_example() {
        let mut scores = SequenceScores::default();
        for (text, read) in [("abcd", "abcd"), ("abcd", "bcd"), ("", "x"), ("", "")] {
            scores.push(text, read);
        }
        assert_eq!(scores.exact_match(), Some(0.5));
        assert_eq!(scores.character_accuracy(), Some(0.5));
        assert_eq!(scores.character_error_rate(), Some(0.25));
        assert_eq!(scores.edit_similarity(), Some(1.0 - 1.25 / 4.0));
        assert_eq!((scores.texts(), scores.characters(), scores.edits()), (4, 8, 2));
    }

    #[test]
    fn nothing_to_read_is_undefined() {
        let none = SequenceScores::default();
        assert_eq!((none.exact_match(), none.edit_similarity()), (None, None));
        let mut empty = SequenceScores::default();
        let item = empty.push("", "abc");
        assert_eq!((item.character_error_rate(), item.character_accuracy()), (None, None));
        assert_eq!((empty.exact_match(), empty.character_error_rate()), (Some(0.0), None));
    }

    #[test]
    fn parts_merge_into_the_whole_and_every_metric_of_a_perfect_reading_is_one() {
        let (mut whole, mut head, mut tail) =
            <(SequenceScores, SequenceScores, SequenceScores)>::default();
        for (part, text) in [(&mut head, "one"), (&mut tail, "two")] {
            part.push(text, text);
            whole.push(text, text);
        }
        head.merge(&tail);
        assert_eq!(head, whole);
        for metric in SEQUENCE_METRICS {
            assert_eq!((metric.score)(&whole), Some(1.0), "{}", metric.name);
        }
    }
}
