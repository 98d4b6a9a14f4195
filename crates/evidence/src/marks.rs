//! Which test images a run got right, one bit each.

use std::fmt::Write;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Which of the test images, in the order of the data set, a run got right.
///
/// A record holds them as one short text, their number and then four images per hexadecimal digit, the
/// first in the highest bit: `"6:b4"` is right, wrong, right, right, wrong, right. Ten thousand images
/// take 2.5 kB. They tell how much of a difference is one of images, which scores alone cannot.
///
/// ```
/// use cenote_evidence::Marks;
///
/// let marks: Marks = [true, false, true, true, false, true].into_iter().collect();
/// assert_eq!((marks.len(), marks.right()), (6, 4));
/// assert_eq!(serde_json::to_string(&marks)?, r#""6:b4""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marks(Vec<bool>);

impl Marks {
    /// Images.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no images.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Images that were right.
    pub fn right(&self) -> usize {
        self.0.iter().filter(|right| **right).count()
    }

    /// Every image in order.
    pub fn iter(&self) -> impl Iterator<Item = bool> + '_ {
        self.0.iter().copied()
    }

    fn text(&self) -> String {
        let mut text = format!("{}:", self.0.len());
        for four in self.0.chunks(4) {
            let digit: u8 = (0..4).map(|i| u8::from(four.get(i) == Some(&true)) << (3 - i)).sum();
            let _ = write!(text, "{digit:x}");
        }
        text
    }

    fn parse(text: &str) -> Option<Self> {
        let (count, digits) = text.split_once(':')?;
        let count: usize = count.parse().ok()?;
        if digits.len() != count.div_ceil(4) {
            return None;
        }
        let mut marks = Vec::with_capacity(count);
        for digit in digits.chars() {
            let digit = digit.to_digit(16)?;
            marks.extend((0..4).map(|i| digit >> (3 - i) & 1 == 1));
        }
        let padding = marks.split_off(count);
        padding.iter().all(|bit| !bit).then_some(Self(marks))
    }
}

impl FromIterator<bool> for Marks {
    fn from_iter<I: IntoIterator<Item = bool>>(right: I) -> Self {
        Self(right.into_iter().collect())
    }
}

impl Serialize for Marks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl<'de> Deserialize<'de> for Marks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            let shown: String = text.chars().take(24).collect();
            serde::de::Error::custom(format!(
                "marks are `{shown}`; expected a number of images, `:`, and one hexadecimal digit for every four"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_any_number_of_images_are_read_back() {
        for count in 0..40usize {
            let marks: Marks = (0..count).map(|i| i * i % 3 == 1).collect();
            let text = serde_json::to_string(&marks).unwrap();
            assert_eq!(serde_json::from_str::<Marks>(&text).unwrap(), marks, "{text}");
            assert!(text.len() <= count.div_ceil(4) + 5, "{text}");
        }
    }

    #[test]
    fn marks_that_do_not_fit_their_number_are_refused() {
        for text in
            ["", "6", "6:b", "6:b44", "6:bg", "6:b5", "-1:", "99999999999999999999:0", "x:b4"]
        {
            let error = serde_json::from_str::<Marks>(&format!("\"{text}\"")).unwrap_err();
            assert!(error.to_string().contains("expected a number of images"), "{text}: {error}");
        }
    }
}
