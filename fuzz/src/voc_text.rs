//! Boxes as lines of text, in all four layouts.

use cenote_metrics::{Far, Scored, parse_voc_text};

/// Boxes whose corners are in order, or a flaw with its line.
pub fn voc_text(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for scored in [Scored::Yes, Scored::No] {
        for far in [Far::Corner, Far::Size] {
            match parse_voc_text(text, scored, far) {
                Ok(boxes) => {
                    for found in boxes {
                        let [x1, y1, x2, y2] = found.corners;
                        assert!(x1 <= x2 && y1 <= y2);
                        assert_eq!(found.score.is_some(), scored == Scored::Yes);
                    }
                }
                Err(flaw) => assert!(flaw.line >= 1 && flaw.line <= text.lines().count(), "{flaw}"),
            }
        }
    }
}
