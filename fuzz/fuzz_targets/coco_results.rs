//! Results of any bytes are read or refused.

#![no_main]

use cenote_metrics::{CocoReader, CocoSettings, Mode, Similarity};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for similarity in [Similarity::Boxes, Similarity::Masks, Similarity::coco_keypoints()] {
        let reader = CocoReader::new(&CocoSettings::new(similarity, Mode::Strict));
        // An error is an answer.
        let _ = reader.results_from(bytes, "results");
    }
});
