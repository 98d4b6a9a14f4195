//! Sets on disk that are as they should be, and that are not: what is read, and what is said.

use std::fs;
use std::path::Path;

use cenote_datasets::{
    DETECTION_KINDS, Dataset, DetectionSet, KINDS, TEXT_KINDS, TextSet, WhyLeftOut,
};
use image::{GrayImage, Luma};
use toml::Table;

/// A folder of files.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("the folder of a test is writable and its table fits"))
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.0.path().join(name);
        fs::create_dir_all(
            path.parent().expect("the folder of a test is writable and its table fits"),
        )
        .expect("the folder of a test is writable and its table fits");
        fs::write(path, bytes).expect("the folder of a test is writable and its table fits");
    }

    /// A grey image of 10 rows and 20 columns.
    fn image(&self, name: &str, value: u8) {
        self.put(name, []);
        GrayImage::from_pixel(20, 10, Luma([value]))
            .save(self.0.path().join(name))
            .expect("the folder of a test is writable and its table fits");
    }

    fn table(&self, text: &str) -> Table {
        text.replace("DIR", &self.0.path().display().to_string())
            .parse()
            .expect("the folder of a test is writable and its table fits")
    }

    fn shown(&self, error: &cenote_datasets::Error) -> String {
        error.to_string().replace(&self.0.path().display().to_string(), "DIR")
    }

    fn boxes(&self, text: &str) -> Result<DetectionSet, String> {
        let source = cenote_spec::parse(&[DETECTION_KINDS], self.table(text))
            .expect("the folder of a test is writable and its table fits");
        source.load().map_err(|error| self.shown(&error))
    }

    fn texts(&self, text: &str) -> Result<TextSet, String> {
        let source = cenote_spec::parse(&[TEXT_KINDS], self.table(text))
            .expect("the folder of a test is writable and its table fits");
        source.load().map_err(|error| self.shown(&error))
    }

    fn classes(&self, text: &str) -> Result<Dataset, String> {
        let source = cenote_spec::parse(&[KINDS], self.table(text))
            .expect("the folder of a test is writable and its table fits");
        source.load().map_err(|error| self.shown(&error))
    }
}

/// Files that NumPy wrote.
fn arrays() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/arrays").display().to_string()
}

#[test]
fn arrays_that_numpy_wrote_are_read_from_an_archive_and_alone() {
    let (folder, arrays) = (Folder::new(), arrays());
    let npz =
        folder.classes(&format!("kind = 'npz'\nfile = '{arrays}/images.npz'\nlayout = 'nhwc'"));
    let npz = npz.unwrap();
    assert_eq!(
        (npz.shape(), npz.train.labels(), npz.test.labels()),
        ([3, 3, 4], &[1, 0][..], &[1][..])
    );
    // Channels last, the values count up: 0 3 6 … are the first channel.
    assert_eq!(npz.train.images().image(0)[..4], [0, 3, 6, 9]);
    assert_eq!(npz.train.images().image(1)[12..14], [37, 40]);
    // The test images are the first training image as floats from 0 to 1.
    assert_eq!(npz.test.images().image(0), npz.train.images().image(0));
    // The same once more, big-endian, of 16 bits and column by column.
    let npy = folder.classes(&format!(
        "kind = 'npy'\ntrain_images = '{arrays}/x.npy'\ntrain_labels = '{arrays}/y.npy'\n\
         test_images = '{arrays}/x.npy'\ntest_labels = '{arrays}/y.npy'"
    ));
    assert_eq!(npy.unwrap().train, npz.train);
    let error = folder
        .classes(&format!(
            "kind = 'npz'\nfile = '{arrays}/images.npz'\narrays = ['a', 'b', 'c', 'd']"
        ))
        .unwrap_err();
    let expected = "archive is without the array `a`; expected four of x_test, x_train, y_test, y_train, \
                    named by `arrays`";
    assert!(error.ends_with(expected), "{error}");
}

const VOC_OBJECT: &str = "<object><name>cat</name><difficult>1</difficult><bndbox><xmin>3</xmin>\
                          <ymin>2</ymin><xmax>30</xmax><ymax>5</ymax></bndbox></object>";

fn voc() -> Folder {
    let folder = Folder::new();
    folder.put("Annotations/a.xml", format!("<annotation>{VOC_OBJECT}</annotation>"));
    let wrong_size = "<size><width>10</width><height>20</height></size>";
    folder.put("Annotations/b.xml", format!("<annotation>{wrong_size}</annotation>"));
    folder.put("ImageSets/Main/train.txt", "a\n");
    folder.put("ImageSets/Main/val.txt", "b -1\n");
    folder.image("JPEGImages/a.png", 0);
    folder.image("JPEGImages/b.png", 9);
    folder
}

#[test]
fn corners_of_voc_count_from_1_and_are_cut_at_the_image() {
    let set = voc().boxes("kind = 'voc'\ndir = 'DIR'").unwrap();
    assert_eq!(
        (set.train.len(), set.test.len(), set.classes.as_slice()),
        (1, 1, &["cat".to_owned()][..])
    );
    let object = &set.train[0].objects[0];
    assert_eq!((object.corners.as_slice(), object.difficult), (&[2.0, 1.0, 20.0, 5.0][..], true));
    assert_eq!(set.train[0].size, [10, 20]);
}

#[test]
fn what_a_voc_folder_lacks_is_named() {
    let missing = voc();
    fs::remove_file(missing.0.path().join("JPEGImages/a.png")).unwrap();
    let error = missing.boxes("kind = 'voc'\ndir = 'DIR'").unwrap_err();
    assert!(error.starts_with("voc: DIR/JPEGImages does not hold `a.jpg`"), "{error}");

    let climbing = voc();
    climbing.put("ImageSets/Main/train.txt", "../../a\n");
    let error = climbing.boxes("kind = 'voc'\ndir = 'DIR'").unwrap_err();
    assert!(error.contains("name is `../../a`; expected a path below the folder"), "{error}");
    let error = voc().boxes("kind = 'voc'\ndir = 'DIR'\ntrain = '../x'").unwrap_err();
    assert!(error.contains("voc: list is `../x`"), "{error}");

    let broken = voc();
    broken.put("Annotations/a.xml", "<annotation>\n<object>");
    let error = broken.boxes("kind = 'voc'\ndir = 'DIR'").unwrap_err();
    assert!(error.starts_with("DIR/Annotations/a.xml, line "), "{error}");

    let other = voc();
    other.put(
        "Annotations/b.xml",
        format!("<annotation>{VOC_OBJECT}</annotation>").replace("cat", "dog"),
    );
    let error = other.boxes("kind = 'voc'\ndir = 'DIR'").unwrap_err();
    assert_eq!(
        error,
        "b.xml: class is `dog`, which is not among those of training; expected one of cat"
    );
    assert!(voc().boxes("kind = 'voc'\ndir = 'DIR/none'").unwrap_err().starts_with("DIR/none"));
}

fn coco(images: &str, annotations: &str) -> Folder {
    let folder = Folder::new();
    folder.image("images/a.png", 0);
    folder.image("images/b.png", 9);
    let categories = r#"[{"id": 7, "name": "dog"}, {"id": 3, "name": "cat"}]"#;
    folder.put(
        "a.json",
        format!(
            r#"{{"images": {images}, "annotations": {annotations}, "categories": {categories}}}"#
        ),
    );
    folder
}

const COCO: &str = "kind = 'coco'\ntrain_annotations = 'DIR/a.json'\ntrain_images = 'DIR/images'\ntest_share = 0.5";
const IMAGES: &str = r#"[{"id": 1, "file_name": "a.png", "width": 20, "height": 10}, {"id": 2, "file_name": "b.png", "width": 20, "height": 10}]"#;

#[test]
fn boxes_of_coco_are_corners_and_classes_are_in_the_order_of_ids() {
    let annotations = r#"[
        {"id": 1, "image_id": 1, "category_id": 7, "bbox": [1, 2, 3.5, 4], "iscrowd": 1, "area": 9},
        {"id": 2, "image_id": 1, "category_id": 3, "bbox": [1, 2, 0, 4], "iscrowd": 0, "area": 9}]"#;
    let set = coco(IMAGES, annotations).boxes(COCO).unwrap();
    assert_eq!(set.classes, ["cat", "dog"]);
    let mut objects = set.train.iter().chain(&set.test).flat_map(|scene| &scene.objects);
    let object = objects.next().unwrap();
    assert_eq!(
        (object.corners.as_slice(), object.class, object.crowd),
        (&[1.0, 2.0, 4.5, 6.0][..], 1, true)
    );
    assert!(objects.next().is_none());
    assert_eq!(set.left_out[0].why, WhyLeftOut::Empty);
}

#[test]
fn annotations_of_coco_that_do_not_fit_are_named() {
    let refusal =
        |images: &str, annotations: &str| coco(images, annotations).boxes(COCO).unwrap_err();
    let absent = IMAGES.replace("b.png", "c.png");
    assert!(refusal(&absent, "[]").starts_with("coco: DIR/images does not hold `c.png`"));
    let climbing = IMAGES.replace("b.png", "../a.json");
    assert!(refusal(&climbing, "[]").contains("expected a path below the folder of images"));
    let twice = IMAGES.replace("\"id\": 2", "\"id\": 1");
    assert!(refusal(&twice, "[]").contains("expected one of each id"));
    let stray = r#"[{"id": 1, "image_id": 9, "category_id": 7, "bbox": [1, 2, 3, 4], "area": 1}]"#;
    assert!(refusal(IMAGES, stray).contains("expected ids that the file lists, in annotation 0"));
    let text = r#"[{"id": 1, "image_id": 1, "category_id": 7, "bbox": [1, 2, "3", 4], "area": 1}]"#;
    assert!(refusal(IMAGES, text).starts_with("DIR/a.json"));
}

fn yolo() -> Folder {
    let folder = Folder::new();
    for (part, name) in [("train", "a"), ("train", "b"), ("val", "c")] {
        folder.image(&format!("images/{part}/{name}.png"), 0);
    }
    folder.put("labels/train/a.txt", "1 0.5 0.5 0.25 0.5\n");
    folder.put("labels/val/c.txt", "0 0.5 0.5 1 1\n");
    folder.put("classes.txt", "cat\ndog\n");
    folder
}

#[test]
fn shares_of_yolo_become_pixels_and_an_image_without_a_text_is_background() {
    let set = yolo().boxes("kind = 'yolo'\ndir = 'DIR'").unwrap();
    assert_eq!((set.train.len(), set.test.len(), set.classes.len()), (2, 1, 2));
    assert_eq!(set.train[0].objects[0].corners.as_slice(), [7.5, 2.5, 12.5, 7.5]);
    assert!(set.train[1].objects.is_empty());
    let unnamed = yolo();
    fs::remove_file(unnamed.0.path().join("classes.txt")).unwrap();
    assert_eq!(unnamed.boxes("kind = 'yolo'\ndir = 'DIR'").unwrap().classes, ["0", "1"]);
}

#[test]
fn what_does_not_fit_in_a_yolo_folder_is_named() {
    let refusal = |name: &str, text: &str| {
        let folder = yolo();
        folder.put(name, text);
        folder.boxes("kind = 'yolo'\ndir = 'DIR'").unwrap_err()
    };
    let error = refusal("labels/train/z.txt", "");
    assert!(error.starts_with("yolo: DIR/images/train does not hold `z.jpg`"), "{error}");
    let error = refusal("labels/train/b.txt", "0 .5 .5 1\n");
    assert!(
        error.starts_with("DIR/labels/train/b.txt, line 1: 4 fields; expected class"),
        "{error}"
    );
    let error = refusal("labels/train/b.txt", "2 .5 .5 1 1\n");
    assert!(
        error.ends_with("images/train/b.png: class is 2; expected 0 to 1, for 2 classes"),
        "{error}"
    );
    assert!(refusal("images/train/d.png", "no image").contains("d.png: image is"));
}

#[test]
fn names_of_captchas_are_their_texts() {
    let folder = Folder::new();
    for name in ["ab_1", "ab_2", "cb_1", ".hidden"] {
        folder.image(&format!("{name}.png"), 0);
    }
    folder.put("notes.txt", "left alone");
    let set = folder.texts("kind = 'captcha'\npath = 'DIR'\nseparator = '_'").unwrap();
    let mut texts: Vec<_> =
        set.train.iter().chain(&set.test).map(|image| &image.text[..]).collect();
    texts.sort_unstable();
    assert_eq!((texts, set.alphabet), (vec!["ab", "ab", "cb"], vec!['a', 'b', 'c']));
    folder.image("_9.png", 0);
    let error = folder.texts("kind = 'captcha'\npath = 'DIR'\nseparator = '_'").unwrap_err();
    assert!(error.starts_with("DIR/_9.png: name is without a text"), "{error}");
    let error = folder.texts("kind = 'captcha'\npath = 'DIR/notes.txt'").unwrap_err();
    assert!(error.starts_with("DIR/notes.txt: archive is"), "{error}");
    let error = folder.texts("kind = 'captcha'\npath = 'DIR/none.zip'").unwrap_err();
    assert!(error.starts_with("DIR/none.zip: cannot be read"), "{error}");
}

#[test]
fn folders_of_captchas_may_have_their_parts() {
    let folder = Folder::new();
    for name in ["train/ab", "train/ba", "test/ac"] {
        folder.image(&format!("{name}.png"), 0);
    }
    let set = folder.texts("kind = 'captcha'\npath = 'DIR'").unwrap();
    assert_eq!((set.train.len(), set.test.len(), &set.test[0].text[..]), (2, 1, "ac"));
    fs::remove_file(folder.0.path().join("test/ac.png")).unwrap();
    let error = folder.texts("kind = 'captcha'\npath = 'DIR'").unwrap_err();
    assert_eq!(error, "DIR: number of images is 2; expected at least 2, one of them to test");
}

#[test]
fn a_file_where_a_folder_should_be_and_a_folder_where_a_file_should_be_are_refused() {
    let folder = Folder::new();
    folder.put("file", "x");
    folder.put("folder/file", "x");
    let error = folder.classes("kind = 'image_folder'\ndir = 'DIR/file'").unwrap_err();
    assert!(error.starts_with("DIR/file: cannot be read"), "{error}");
    let error = folder.classes("kind = 'npz'\nfile = 'DIR/folder'").unwrap_err();
    assert!(error.starts_with("DIR/folder: entry is a folder"), "{error}");
    let error =
        folder.classes("kind = 'csv'\ntrain = 'DIR/folder'\nshape = [1, 1, 1]").unwrap_err();
    assert!(error.starts_with("DIR/folder: entry is a folder"), "{error}");
}

/// Tests that run as root may read all that there is; a link that leads to itself nobody can.
#[cfg(unix)]
#[test]
fn folders_and_images_that_cannot_be_looked_at_are_told_and_not_left_out() {
    let folder = Folder::new();
    let endless = |name: &str| {
        let path = folder.0.path().join(name);
        std::os::unix::fs::symlink(&path, &path).expect("the folder of a test is writable");
    };
    folder.image("classes/a/1.png", 1);
    folder.image("texts/ab.png", 1);
    folder.image("yolo/images/1.png", 1);
    folder.put("yolo/classes.txt", "cell\n");
    for name in ["classes/a/2.png", "texts/cd.png", "yolo/images/2.png"] {
        endless(name);
    }
    let images = "kind = 'image_folder'\ndir = 'DIR/classes'";
    let told = |error: String, file: &str| {
        assert!(error.starts_with(&format!("DIR/{file}: cannot be read: ")), "{error}");
    };
    told(folder.classes(images).unwrap_err(), "classes/a/2.png");
    told(folder.boxes("kind = 'yolo'\ndir = 'DIR/yolo'").unwrap_err(), "yolo/images/2.png");
    let texts = folder.texts("kind = 'captcha'\npath = 'DIR/texts'").expect("named by texts");
    let sizes = texts.train.iter().chain(&texts.test).map(|image| image.picture.size());
    let error = sizes.collect::<Result<Vec<_>, _>>().unwrap_err();
    told(folder.shown(&error), "texts/cd.png");
    endless("classes/b");
    told(folder.classes(images).unwrap_err(), "classes/b");
    endless("nowhere");
    for kind in ["image_folder", "voc", "yolo"] {
        let table = format!("kind = '{kind}'\ndir = 'DIR/nowhere'");
        let error = match kind {
            "image_folder" => folder.classes(&table).unwrap_err(),
            _ => folder.boxes(&table).unwrap_err(),
        };
        assert!(error.starts_with("DIR/nowhere"), "{error}");
    }
}
