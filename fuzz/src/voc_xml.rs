//! Annotations of Pascal VOC.

/// Objects with names and boxes, or a flaw with its line.
pub fn voc_xml(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
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
}
