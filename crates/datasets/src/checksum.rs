//! Fingerprints of files and of decoded data.

use std::fmt::Write;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::{BoxedObject, Error, Images};

/// Returns the SHA-256 of `bytes` as 64 lower-case hexadecimal digits.
///
/// ```
/// let digest = cenote_datasets::sha256(b"abc");
/// assert_eq!(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
/// ```
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Refuses a file whose bytes are not the published ones; the length is looked at first.
pub(crate) fn verify(file: &str, bytes: &[u8], length: u64, expected: &str) -> Result<(), Error> {
    if bytes.len() as u64 != length {
        let got = bytes.len().to_string();
        return Err(Error::Size { file: file.to_owned(), got, expected: length.to_string() });
    }
    let got = sha256(bytes);
    if got != expected {
        return Err(Error::Checksum { file: file.to_owned(), got, expected: expected.to_owned() });
    }
    Ok(())
}

/// Hashes decoded data, so that it does not matter how the files were packed.
pub(crate) struct Fingerprint(Sha256);

impl Fingerprint {
    /// Starts with the class names, each behind its length.
    pub(crate) fn new(classes: &[String]) -> Self {
        let mut hash = Sha256::new();
        hash.update((classes.len() as u64).to_le_bytes());
        for class in classes {
            hash.update((class.len() as u64).to_le_bytes());
            hash.update(class.as_bytes());
        }
        Self(hash)
    }

    /// Adds the group of every example, where groups are known; what has none is as it was without this.
    pub(crate) fn groups(&mut self, groups: Option<&[usize]>) {
        for &group in groups.unwrap_or_default() {
            self.0.update((group as u64).to_le_bytes());
        }
    }

    /// Adds one split: `N C H W`, the pixels, the labels; numbers as 64-bit little-endian.
    ///
    /// Of images that stay in their files it takes the SHA-256 of each file instead of the pixels.
    pub(crate) fn update(&mut self, images: &Images, labels: &[usize]) -> Result<(), Error> {
        let [c, h, w] = images.shape();
        for size in [images.len(), c, h, w] {
            self.0.update((size as u64).to_le_bytes());
        }
        if images.in_memory() {
            self.0.update(images.pixels());
        } else {
            let digests =
                (0..images.len()).into_par_iter().filter_map(|index| images.digest(index));
            let digests: Vec<[u8; 32]> = digests.collect::<Result<_, _>>()?;
            for digest in digests {
                self.0.update(digest);
            }
        }
        for &label in labels {
            self.0.update((label as u64).to_le_bytes());
        }
        Ok(())
    }

    /// Adds the text of every example, where there are texts.
    pub(crate) fn texts(&mut self, texts: Option<&[Vec<usize>]>) {
        for text in texts.unwrap_or_default() {
            for &number in std::iter::once(&text.len()).chain(text) {
                self.0.update((number as u64).to_le_bytes());
            }
        }
    }

    /// Adds the objects of every example, where there are boxes.
    pub(crate) fn objects(&mut self, objects: Option<&[Vec<BoxedObject>]>) {
        for objects in objects.unwrap_or_default() {
            self.0.update((objects.len() as u64).to_le_bytes());
            for BoxedObject { corners, class, difficult, crowd } in objects {
                self.0.update((*class as u64).to_le_bytes());
                self.0.update([u8::from(*difficult), u8::from(*crowd)]);
                for corner in corners {
                    self.0.update(corner.to_le_bytes());
                }
            }
        }
    }

    /// The digest as hexadecimal digits.
    pub(crate) fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}

fn hex(digest: &[u8]) -> String {
    digest.iter().fold(String::with_capacity(2 * digest.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes any text");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verify_tells_a_wrong_length_from_wrong_bytes() {
        let expected = sha256(b"abc");
        assert!(verify("f", b"abc", 3, &expected).is_ok());
        let error = verify("f", b"ab", 3, &expected).unwrap_err();
        assert_eq!(error.to_string(), "f: holds 2 bytes; expected 3");
        let error = verify("f", b"abd", 3, &expected).unwrap_err().to_string();
        assert_eq!(error, format!("f: sha256 is {}; expected {expected}", sha256(b"abd")));
    }

    #[test]
    fn class_names_cannot_run_into_each_other() {
        let print = |classes: &[&str]| {
            let classes: Vec<String> = classes.iter().map(|&class| class.to_owned()).collect();
            Fingerprint::new(&classes).finish()
        };
        assert_ne!(print(&["ab", "c"]), print(&["a", "bc"]));
    }
}
