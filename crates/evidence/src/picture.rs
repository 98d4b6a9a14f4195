//! Pictures that a run leaves of its network, for the eyes of whoever reads the report.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// A picture of what a trained network does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    /// What it shows.
    pub shows: Shows,
    /// Which of the images that the study shows it is of, from one; none where it is of no single one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<u32>,
    /// What is to be seen, in a sentence.
    pub about: String,
    /// The picture itself.
    pub png: Png,
}

/// What a picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shows {
    /// What of an image the answer hangs on.
    Saliency,
    /// Feature maps before and after each slot.
    Features,
    /// The receptive field.
    Field,
}

impl Shows {
    /// Everything, in the order of a report.
    pub(crate) const ALL: [Self; 3] = [Self::Saliency, Self::Field, Self::Features];

    /// It in a word, as files are named.
    pub fn word(self) -> &'static str {
        match self {
            Self::Saliency => "saliency",
            Self::Features => "features",
            Self::Field => "field",
        }
    }
}

/// A whole PNG file, kept as text: base64 by RFC 4648.
///
/// ```
/// use cenote_evidence::Png;
///
/// assert!(Png::new(b"no picture").is_none());
/// assert!(serde_json::from_str::<Png>("\"AAAA\"").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Png(Vec<u8>);

/// How every PNG file begins, and the name of its first chunk.
const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
const HEADER: &[u8] = b"IHDR";

impl Png {
    /// The file of these bytes; `None` where they do not begin as one.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let begins = bytes.starts_with(SIGNATURE) && bytes.get(12..16) == Some(HEADER);
        (begins && bytes.len() >= 24).then(|| Self(bytes.to_vec()))
    }

    /// The bytes of the file.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Columns and rows, as its header says.
    pub fn size(&self) -> [u32; 2] {
        let side = |at: usize| {
            let bytes = self.0[at..at + 4].try_into().expect("a header is 24 bytes");
            u32::from_be_bytes(bytes)
        };
        [side(16), side(20)]
    }

    /// The file as an address that a page can show without fetching anything.
    pub(crate) fn address(&self) -> String {
        format!("data:image/png;base64,{}", STANDARD.encode(&self.0))
    }
}

impl TryFrom<String> for Png {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let bytes = STANDARD.decode(&text).map_err(|error| format!("a picture: {error}"))?;
        let expected =
            || "a picture does not begin as a PNG file; expected one in base64".to_owned();
        Self::new(&bytes).ok_or_else(expected)
    }
}

impl From<Png> for String {
    fn from(png: Png) -> Self {
        STANDARD.encode(png.0)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The beginning of a file of this size, which is all that this crate reads.
    pub(crate) fn png(width: u32, height: u32) -> Png {
        let size = [width.to_be_bytes(), height.to_be_bytes()].concat();
        Png::new(&[SIGNATURE, &[0, 0, 0, 13], HEADER, &size[..]].concat()).unwrap()
    }

    #[test]
    fn a_picture_is_kept_as_text_and_knows_its_size() {
        let png = png(340, 512);
        assert_eq!(png.size(), [340, 512]);
        let text = serde_json::to_string(&png).unwrap();
        // The signature of PNG in base64, as anyone who has seen a data URI knows it.
        assert!(text.starts_with("\"iVBORw0KGgo"), "{text}");
        assert_eq!(serde_json::from_str::<Png>(&text).unwrap(), png);
        assert!(png.address().starts_with("data:image/png;base64,iVBORw0KGgo"));
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        for (text, why) in [("\"!\"", "Invalid"), ("\"AAAA\"", "does not begin as a PNG file")] {
            let error = serde_json::from_str::<Png>(text).unwrap_err().to_string();
            assert!(error.contains("a picture") && error.contains(why), "{error}");
        }
    }
}
