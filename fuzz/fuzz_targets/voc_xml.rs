//! Annotations of Pascal VOC: whatever the text, an answer or a flaw with its line.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match cenote_metrics::parse_voc_xml(text) {
        Ok(annotation) => {
            for object in &annotation.objects {
                let [x1, y1, x2, y2] = object.corners;
                assert!(x1 <= x2 && y1 <= y2 && object.corners.iter().all(|side| side.is_finite()));
                assert!(!object.name.is_empty());
            }
        }
        Err(flaw) => assert!(flaw.line >= 1 && flaw.line <= text.lines().count() + 1, "{flaw}"),
    }
});
