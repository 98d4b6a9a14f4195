//! Labels of YOLO, tables of image sizes, and headers of images.

use cenote_metrics::{image_size, parse_image_sizes, parse_yolo};

/// Takes the bytes for each of the three.
pub fn yolo(bytes: &[u8]) {
    if let Some((width, height)) = image_size(bytes) {
        assert!(width > 0 && height > 0);
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Err(flaw) = parse_yolo(text) {
        assert!(flaw.line >= 1 && flaw.line <= text.lines().count(), "{flaw}");
    }
    if let Err(flaw) = parse_image_sizes(text) {
        assert!(flaw.line >= 1 && flaw.line <= text.lines().count(), "{flaw}");
    }
}
