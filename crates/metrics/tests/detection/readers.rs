//! What readers say to files that cannot be right, and that how a file comes changes nothing.

use std::io::Read;

use cenote_metrics::{CocoReader, CocoSettings, Mode, Similarity};

use crate::{cases, coco};

fn reader(similarity: Similarity, mode: Mode) -> CocoReader {
    CocoReader::new(&CocoSettings::new(similarity, mode))
}

fn refused_results(text: &str) -> String {
    let reader = reader(Similarity::Boxes, Mode::Strict);
    reader.results_from(text.as_bytes(), "dt.json").expect_err(text).to_string()
}

fn refused_truth(text: &str) -> String {
    let reader = reader(Similarity::Boxes, Mode::Strict);
    reader.truth_from(text.as_bytes(), "gt.json").expect_err(text).to_string()
}

#[test]
fn results_that_cannot_be_right_are_refused_with_record_and_field() {
    let good = r#"{"image_id":1,"category_id":2,"bbox":[1,2,3,4],"score":0.5}"#;
    for (text, error) in [
        ("", "dt.json: file 0, record: the file ends here"),
        ("{}", "dt.json: expected a list of results"),
        ("[1]", "dt.json: result 0, record: got `1`; expected an object"),
        (
            r#"[{"image_id":1,"category_id":2,"bbox":[1,2,3],"score":0.5}]"#,
            "dt.json: result 0, bbox: a box has four numbers",
        ),
        (
            r#"[GOOD,{"image_id":1,"category_id":2,"bbox":[1,NaN,3,4],"score":0.5}]"#,
            "dt.json: result 1, bbox: got `NaN`; expected a number",
        ),
        (
            r#"[GOOD,{"image_id":1,"category_id":2,"bbox":[1,2,3,4],"score":1e999}]"#,
            "dt.json: result 1, score: a number is too large",
        ),
        (
            r#"[GOOD,{"image_id":"x","category_id":2,"bbox":[1,2,3,4],"score":1}]"#,
            "dt.json: result 1, image_id: got `\"x\"`; expected a number",
        ),
        (
            r#"[GOOD,{"category_id":2,"bbox":[1,2,3,4],"score":1}]"#,
            "dt.json: result 1, image_id: is missing",
        ),
        (
            r#"[GOOD,{"image_id":1,"category_id":2,"bbox":[],"score":1}]"#,
            "dt.json: result 1, bbox: is missing",
        ),
        ("[GOOD GOOD]", "dt.json: result 0, record: got `{\"image_id\":1`; expected `,` or `]`"),
        ("[GOOD,]", "dt.json: result 1, record: got `]`; expected an object"),
        ("[GOOD", "dt.json: result 0, record: the file ends here"),
        ("[GOOD,", "dt.json: result 1, record: the file ends here"),
        ("[GOOD]]", "dt.json: something follows after the end"),
        (
            r#"[{"image_id":1,"caption":"x"}]"#,
            "dt.json: result 0, record: captions cannot be evaluated",
        ),
    ] {
        assert_eq!(refused_results(&text.replace("GOOD", good)), error, "{text}");
    }
}

#[test]
fn annotations_that_cannot_be_right_are_refused_with_record_and_field() {
    let file = |annotation: &str| {
        format!(
            r#"{{"images":[{{"id":1}}],"categories":[{{"id":2}}],"annotations":[{annotation}]}}"#
        )
    };
    for (text, error) in [
        (
            "[]".to_owned(),
            "gt.json: expected an object with `images`, `annotations` and `categories`",
        ),
        (r#"{"images":[]}"#.to_owned(), "gt.json: no list `annotations`"),
        (r#"{"images":[],"images":[]}"#.to_owned(), "gt.json: a second list `images`"),
        (r#"{"images":[{}]}"#.to_owned(), "gt.json: image 0, id: is missing"),
        (
            r#"{"images":[{"id":1,"width":-3}]}"#.to_owned(),
            "gt.json: image 0, width: expected a whole number, not negative",
        ),
        (
            file(r#"{"id":1,"image_id":1,"category_id":2,"bbox":[1,2,3,4],"iscrowd":0}"#),
            "gt.json: annotation 0, area: is missing",
        ),
        (
            file(r#"{"id":1,"image_id":1,"category_id":2,"bbox":[1,2,3,4],"area":2}"#),
            "gt.json: annotation 0, iscrowd: is missing",
        ),
        (
            file(
                r#"{"id":99999999999999999999,"image_id":1,"category_id":2,"bbox":[1,2,3,4],"area":2,"iscrowd":0}"#,
            ),
            "gt.json: annotation 0, id: an id is a number of at most 64 bits",
        ),
    ] {
        assert_eq!(refused_truth(&text), error, "{text}");
    }
    let lenient = reader(Similarity::Boxes, Mode::Corrected);
    let text = file(r#"{"id":1,"image_id":1,"category_id":2,"bbox":[1,2,3,4]}"#);
    let truth = lenient.truth_from(text.as_bytes(), "gt.json").unwrap();
    assert_eq!((truth.objects[0].area, truth.objects[0].crowd), (12.0, false));
}

/// Gives its bytes a few at a time.
struct Drops<'a>(&'a [u8], usize);

impl Read for Drops<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.1.min(buffer.len()).min(self.0.len());
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

#[test]
fn files_read_in_drops_or_in_one_go_are_the_same() {
    for case in cases("segm").iter().chain(&cases("keypoints")) {
        let (settings, truth, detections) = coco::problem(case);
        let reader = CocoReader::new(&settings);
        let (gt, dt) = (case["gt"].to_string(), case["dt"].to_string());
        for drop in [1, 7, 4096] {
            assert_eq!(reader.truth_from(Drops(gt.as_bytes(), drop), "gt").unwrap(), truth);
            assert_eq!(reader.results_from(Drops(dt.as_bytes(), drop), "dt").unwrap(), detections);
        }
    }
}

/// Long enough to be cut into pieces, with text that looks like the end of a record.
#[test]
fn where_a_long_list_is_cut_changes_nothing() {
    let reader = reader(Similarity::Boxes, Mode::Strict);
    for noise in ["", r#","note":"},{""#, r#","more":[{"a":1},{"b":2}]"#] {
        let record = |row: usize| {
            let (image, score) = (row / 9, row as f64 / 30_000.0);
            format!(
                r#"{{"image_id":{image},"category_id":{},"bbox":[{row},2,3.5,4],"score":{score}{noise}}}"#,
                row % 7
            )
        };
        let records: Vec<String> = (0..30_000).map(record).collect();
        let text = format!("[{}]", records.join(",\n "));
        let detections = reader.results_from(text.as_bytes(), "dt").unwrap();
        assert_eq!(detections.len(), 30_000);
        for row in [0, 1, 9_999, 29_999] {
            assert_eq!(detections.bbox(row)[0], row as f64);
            assert_eq!(detections.score(row).to_bits(), (row as f64 / 30_000.0).to_bits());
            assert_eq!(detections.image(row).whole(), Some(row as i64 / 9));
        }
        let broken = text.replacen(r#""score":0.9,"#, r#""score":x,"#, 1).replacen(
            "\"score\":0.9}",
            "\"score\":x}",
            1,
        );
        let error = reader.results_from(broken.as_bytes(), "dt").unwrap_err().to_string();
        assert!(error.starts_with("dt: result 27000, score: got `x"), "{error}");
    }
}

#[test]
fn packed_files_are_unpacked() {
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dt.json.gz");
    let text = r#"[{"image_id":1,"category_id":2,"bbox":[1,2,3,4],"score":0.5}]"#;
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(text.as_bytes()).unwrap();
    let packed = packer.finish().unwrap();
    std::fs::write(&path, &packed).unwrap();
    let reader = reader(Similarity::Boxes, Mode::Strict);
    assert_eq!(reader.results(&path).unwrap().len(), 1);
    std::fs::write(&path, &packed[..packed.len() - 9]).unwrap();
    let error = reader.results(&path).unwrap_err().to_string();
    assert!(error.contains("dt.json.gz"), "{error}");
    let error = reader.results(&folder.path().join("none.json")).unwrap_err().to_string();
    assert!(error.contains("none.json"), "{error}");
}

#[test]
fn small_files_that_claim_much_are_refused_or_cost_little() {
    let masks = reader(Similarity::Masks, Mode::Strict);
    let result = |segmentation: &str| {
        format!(r#"[{{"image_id":1,"category_id":2,"score":0.5,"segmentation":{segmentation}}}]"#)
    };
    for segmentation in [
        r#"{"size":[4294967295,4294967295],"counts":"0"}"#,
        r#"{"size":[10,10],"counts":"oooooooooooooooo0"}"#,
        r#"{"size":[10,10],"counts":[4294967295]}"#,
        r#"{"size":[10],"counts":""}"#,
        r#"{"counts":""}"#,
        r#"{"size":[10,10]}"#,
        r"[[1e9,1e9,0,0,5,5]]",
    ] {
        let error = masks.results_from(result(segmentation).as_bytes(), "dt").unwrap_err();
        assert!(error.to_string().contains("result 0, segmentation"), "{segmentation}: {error}");
    }
    let deep = format!(r#"[{{"x":{}"#, "[".repeat(100_000));
    assert!(refused_results(&deep).contains("nested too deep"));
    // Many blanks packed small are not kept.
    let blanks = std::io::repeat(b' ').take(64 << 20);
    let text = b"[".chain(blanks).chain(&b"]"[..]);
    let boxes = reader(Similarity::Boxes, Mode::Strict);
    assert!(boxes.results_from(text, "dt").unwrap().is_empty());
}

#[test]
fn images_that_are_not_listed_are_refused_as_in_the_reference() {
    let case = &cases("bbox")[0];
    let (settings, mut truth, detections) = coco::problem(case);
    truth.images.clear();
    let error = settings.evaluate(&truth, &detections).unwrap_err().to_string();
    assert!(error.starts_with("detection 0: the ground truth has no image "), "{error}");
}
