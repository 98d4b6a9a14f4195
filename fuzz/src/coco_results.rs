//! Results of any bytes are read or refused.

use cenote_metrics::{CocoReader, CocoSettings, Mode, Similarity};

/// Reads them as boxes, masks and keypoints.
pub fn coco_results(bytes: &[u8]) {
    for similarity in [Similarity::Boxes, Similarity::Masks, Similarity::coco_keypoints()] {
        let reader = CocoReader::new(&CocoSettings::new(similarity, Mode::Strict));
        match reader.results_from(bytes, "results") {
            Ok(results) => assert!(results.len() <= bytes.len()),
            Err(error) => assert!(error.to_string().starts_with("results"), "{error}"),
        }
    }
}
