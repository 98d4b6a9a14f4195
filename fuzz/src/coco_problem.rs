//! Annotations and results of any bytes, separated by a zero, are evaluated or refused.

use cenote_metrics::{CocoReader, CocoSettings, LvisSettings, Mode, Similarity};

/// Evaluates by every rule.
pub fn coco_problem(bytes: &[u8]) {
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
                for line in matches.summary().map(|summary| summary.lines).unwrap_or_default() {
                    assert!(
                        line.value.is_none_or(|value| (0.0..=1.0).contains(&value)),
                        "{line:?}"
                    );
                }
                assert_eq!(matches.class_table().len(), matches.categories().len());
                assert_eq!(matches.image_scores().len(), matches.images().len());
            }
            if let Ok(evaluated) = LvisSettings::new(similarity, mode).evaluate(&truth, &results) {
                for line in evaluated.summary().lines {
                    assert!(
                        line.value.is_none_or(|value| (0.0..=1.0).contains(&value)),
                        "{line:?}"
                    );
                }
            }
        }
    }
}
