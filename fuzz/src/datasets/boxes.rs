//! Annotations of Pascal VOC, COCO and YOLO beside an image that they may speak of.

use std::fs;
use std::path::Path;

use cenote_datasets::DETECTION_KINDS;

/// An image of 2x3 pixels: signature, header, packed rows, end.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x03\0\0\0\x02\x08\0\0\0\0\xb8\x1f9\xc6\
    \0\0\0\x0bIDATx\x9cc`\x80\0\0\0\x08\0\x01\xb7Xs\x95\0\0\0\0IEND\xaeB`\x82";

/// The first byte says by which format the rest is read.
pub fn boxes(bytes: &[u8]) {
    let Some((&how, file)) = bytes.split_first() else { return };
    let folder = tempfile::tempdir().expect("a folder can be made");
    let root = folder.path();
    let put = |name: &str, bytes: &[u8]| {
        let path = root.join(name);
        fs::create_dir_all(path.parent().expect("it is below the folder")).expect("writable");
        fs::write(path, bytes).expect("writable");
    };
    let table = match how % 3 {
        0 => {
            put("Annotations/a.xml", file);
            put("Annotations/b.xml", b"<annotation/>");
            put("JPEGImages/a.png", PNG);
            put("JPEGImages/b.png", PNG);
            "kind = 'voc'\ndir = 'DIR'"
        }
        1 => {
            put("a.json", file);
            put("a.png", PNG);
            put("b.png", PNG);
            "kind = 'coco'\ntrain_annotations = 'DIR/a.json'\ntrain_images = 'DIR'"
        }
        _ => {
            put("a.txt", file);
            put("a.png", PNG);
            put("b.png", PNG);
            "kind = 'yolo'\ndir = 'DIR'"
        }
    };
    load(table, root);
}

fn load(table: &str, root: &Path) {
    let table = table.replace("DIR", &root.display().to_string());
    let table = table.parse().expect("the target's text is TOML");
    let source = cenote_spec::parse(&[DETECTION_KINDS], table).expect("the table fits its kind");
    let Ok(set) = source.load() else { return };
    for scene in set.train.iter().chain(&set.test) {
        let [rows, columns] = scene.size.map(|side| side as f32);
        for object in &scene.objects {
            let [x1, y1, x2, y2] = object.corners;
            assert!(0.0 <= x1 && x1 < x2 && x2 <= columns && 0.0 <= y1 && y1 < y2 && y2 <= rows);
            assert!(object.class < set.classes.len());
        }
    }
    assert!(set.left_out.iter().all(|out| out.class < set.classes.len()));
}
