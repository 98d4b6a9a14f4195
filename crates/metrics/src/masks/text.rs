//! The text that COCO keeps runs in.
//!
//! Each run is written five bits to a character from `0` (48) on, lowest first; the sixth bit says that more follow. From
//! the fourth run on it is the difference to the run two before, so it may be negative: the last character's fifth bit
//! is the sign.

use super::Rle;
use crate::Error;

impl Rle {
    /// Reads the text of a mask.
    ///
    /// # Errors
    ///
    /// When a character is not of the code, a run is not a length, or the runs are longer than the image.
    ///
    /// ```
    /// use cenote_metrics::Rle;
    ///
    /// let mask = Rle::from_text(25, 37, "Qi0781J?Z2")?;
    /// assert_eq!(mask.to_text(), "Qi0781J?Z2");
    /// # Ok::<(), cenote_metrics::Error>(())
    /// ```
    pub fn from_text(height: u32, width: u32, text: &str) -> Result<Self, Error> {
        let mut counts: Vec<u32> = Vec::new();
        let mut characters = text.bytes().enumerate();
        while let Some((start, first)) = characters.next() {
            let (mut run, mut shift, mut next) = (0_i64, 0, Some((start, first)));
            loop {
                let Some((at, character)) = next else {
                    return Err(Error::RunText { at: text.len(), what: "the text ends in a run" });
                };
                let bits = i64::from(character) - 48;
                if !(0..64).contains(&bits) || shift > 30 {
                    return Err(Error::RunText { at, what: "not a character of a run" });
                }
                run |= (bits & 0x1f) << shift;
                shift += 5;
                if bits & 0x20 == 0 {
                    if bits & 0x10 != 0 {
                        run |= -1 << shift;
                    }
                    break;
                }
                next = characters.next();
            }
            if counts.len() > 2 {
                run += i64::from(counts[counts.len() - 2]);
            }
            let run = u32::try_from(run)
                .map_err(|_| Error::RunText { at: start, what: "a run of negative length" })?;
            counts.push(run);
        }
        Self::new(height, width, counts)
    }

    /// The text of this mask.
    pub fn to_text(&self) -> String {
        let counts = self.counts();
        let mut text = String::new();
        for (position, &count) in counts.iter().enumerate() {
            let mut run = i64::from(count);
            if position > 2 {
                run -= i64::from(counts[position - 2]);
            }
            loop {
                let bits = (run & 0x1f) as u8;
                run >>= 5;
                let more = if bits & 0x10 == 0 { run != 0 } else { run != -1 };
                text.push(char::from(48 + bits + if more { 0x20 } else { 0 }));
                if !more {
                    break;
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_that_is_no_mask_is_refused_with_the_place() {
        let refused = |text| Rle::from_text(9, 9, text).unwrap_err().to_string();
        assert_eq!(refused("5 5"), "mask: not a character of a run at byte 1 of the runs' text");
        assert_eq!(refused("5P"), "mask: the text ends in a run at byte 2 of the runs' text");
        assert_eq!(refused("5J"), "mask: a run of negative length at byte 1 of the runs' text");
        assert!(refused("PPPPPPPPPPPP0").contains("not a character of a run"));
        assert!(Rle::from_text(2, 2, "9").is_err());
    }

    proptest! {
        #[test]
        fn runs_lead_to_text_and_back(counts in prop::collection::vec(0_u32..5_000, 0..40)) {
            let mask = Rle::new(1 << 15, 1 << 15, counts).unwrap();
            prop_assert_eq!(Rle::from_text(1 << 15, 1 << 15, &mask.to_text()).unwrap(), mask);
        }
    }
}
