//! What a run took each test image for.

use serde::{Deserialize, Serialize};

/// The class that each of the test images was taken for, in the order of the data set.
///
/// A record holds them as one short text, a digit for each image: `0` to `9`, then `a` to `z`. So a network of more than 36
/// classes leaves none.
///
/// ```
/// use cenote_evidence::Taken;
///
/// let taken = Taken::new([3, 11, 0]).ok_or("more than 36 classes")?;
/// assert_eq!(serde_json::to_string(&taken)?, r#""3b0""#);
/// assert!(Taken::new([36]).is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Taken(Vec<u8>);

/// Digits that a class may have.
const DIGITS: u32 = 36;

impl Taken {
    /// These classes; `None` where one has no digit.
    pub fn new(classes: impl IntoIterator<Item = usize>) -> Option<Self> {
        let class = |class: usize| u8::try_from(class).ok().filter(|&c| u32::from(c) < DIGITS);
        classes.into_iter().map(class).collect::<Option<_>>().map(Self)
    }

    /// Images.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no images.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The class of each image.
    pub(crate) fn classes(&self) -> &[u8] {
        &self.0
    }
}

impl TryFrom<String> for Taken {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let class = |c: char| c.to_digit(DIGITS).filter(|_| !c.is_ascii_uppercase());
        let classes: Option<Vec<u8>> = text.chars().map(|c| class(c).map(|c| c as u8)).collect();
        classes.map(Self).ok_or_else(|| {
            let shown: String = text.chars().take(24).collect();
            format!("classes taken are `{shown}`; expected a digit 0 to 9 or a to z for each image")
        })
    }
}

impl From<Taken> for String {
    fn from(taken: Taken) -> Self {
        let digit = |class: u8| char::from_digit(class.into(), DIGITS);
        taken.0.into_iter().map(|class| digit(class).expect("every class has a digit")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_is_read_back_and_what_is_none_is_refused() {
        let taken = Taken::new(0..36).unwrap();
        let text = serde_json::to_string(&taken).unwrap();
        assert_eq!(text, "\"0123456789abcdefghijklmnopqrstuvwxyz\"");
        assert_eq!(serde_json::from_str::<Taken>(&text).unwrap(), taken);
        for text in ["\"1A\"", "\"1-\"", "\"é\""] {
            let error = serde_json::from_str::<Taken>(text).unwrap_err().to_string();
            assert!(error.contains("expected a digit"), "{error}");
        }
    }
}
