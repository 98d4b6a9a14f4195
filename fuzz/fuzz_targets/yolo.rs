//! Labels of YOLO, tables of image sizes, and headers of images.
#![no_main]

use cenote_metrics::{image_size, parse_image_sizes, parse_yolo};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some((width, height)) = image_size(data) {
        assert!(width > 0 && height > 0);
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Err(flaw) = parse_yolo(text) {
        assert!(flaw.line >= 1 && flaw.line <= text.lines().count(), "{flaw}");
    }
    if let Err(flaw) = parse_image_sizes(text) {
        assert!(flaw.line >= 1 && flaw.line <= text.lines().count(), "{flaw}");
    }
});
