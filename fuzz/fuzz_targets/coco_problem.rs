//! Annotations and results of any bytes, separated by a zero, are evaluated or refused.

#![no_main]

use cenote_metrics::{CocoReader, CocoSettings, LvisSettings, Mode, Similarity};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let at = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    let (truth, results) = bytes.split_at(at);
    let results = results.get(1..).unwrap_or_default();
    for mode in [Mode::Strict, Mode::Corrected] {
        for similarity in [Similarity::Boxes, Similarity::Masks, Similarity::coco_keypoints()] {
            let settings = CocoSettings::new(similarity.clone(), mode);
            let reader = CocoReader::new(&settings);
            let (Ok(truth), Ok(results)) =
                (reader.truth_from(truth, "truth"), reader.results_from(results, "results"))
            else {
                continue;
            };
            if let Ok(matches) = settings.evaluate(&truth, &results) {
                let _ = matches.summary();
                let _ = matches.class_table();
                let _ = matches.image_scores();
            }
            if let Ok(evaluated) = LvisSettings::new(similarity, mode).evaluate(&truth, &results) {
                let _ = evaluated.summary();
            }
        }
    }
});
