//! `cenote op` and `cenote list operators`: one operator at a time, on arrays and images.

use cenote_layers::OPERATOR_KINDS;
use safetensors::tensor::{Dtype, TensorView};

use crate::program::{Place, says};

/// A file as `numpy.save` writes it.
fn npy(descr: &str, shape: &str, values: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend(values);
    bytes
}

fn singles(shape: &str, values: &[f32]) -> Vec<u8> {
    npy("<f4", shape, &values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>())
}

/// Shape, as its text, and values of a file that the program wrote.
fn read(bytes: &[u8]) -> (String, Vec<f32>) {
    let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = std::str::from_utf8(&bytes[10..10 + length]).expect("a header is text");
    assert!(header.contains("'descr': '<f4', 'fortran_order': False"), "{header}");
    let shape = header.split_once("'shape': ").expect("a shape").1;
    let shape = shape[..=shape.find(')').expect("it ends")].to_owned();
    let (chunks, rest) = bytes[10 + length..].as_chunks();
    assert!(rest.is_empty(), "whole values");
    (shape, chunks.iter().map(|&chunk| f32::from_le_bytes(chunk)).collect())
}

const ROWS: &[f32] = &[1.0, 5.0, 2.0, 0.0, 3.0, 4.0, 7.0, 6.0];

#[test]
fn an_operator_writes_its_output_and_its_vector_jacobian_product() {
    let place = Place::new();
    place.write("x.npy", singles("(1, 1, 2, 4)", ROWS));
    place.write("dy.npy", singles("(1, 1, 1, 2)", &[10.0, 20.0]));
    let words = place.succeeds(
        "op max_pool --set kernel_size=2 --input x.npy --upstream dy.npy --output y.npy \
         --input-gradient dx.npy",
    );
    says(&words, &["max_pool, kernel_size = 2, in use", "1x1x2x4, x.npy (float32)", "-> y.npy"]);
    says(&words, &["6 other operations per example", "2 bytes kept"]);
    assert_eq!(read(&place.read("y.npy")), ("(1,1,1,2,)".to_owned(), vec![5.0, 7.0]));
    let dx = [0.0, 10.0, 0.0, 0.0, 0.0, 0.0, 20.0, 0.0];
    assert_eq!(read(&place.read("dx.npy")), ("(1,1,2,4,)".to_owned(), dx.to_vec()));

    let document =
        place.json("op max_pool --set kernel_size=[1,2] --input x.npy --json", "cenote.op/1");
    assert_eq!(document["output"]["shape"], serde_json::json!([1, 1, 2, 2]));
    assert_eq!(document["output"]["sum"], 5.0 + 2.0 + 4.0 + 7.0);
    assert_eq!(document["input_gradient"]["sum"], 4.0);
    assert_eq!(document["upstream"]["sum"], 4.0, "ones, when nothing else is given");
}

#[test]
fn double_precision_is_rounded_and_that_is_said() {
    let place = Place::new();
    let values: Vec<u8> = [0.1_f64, 0.3].iter().flat_map(|value| value.to_le_bytes()).collect();
    place.write("x.npy", npy("<f8", "(1, 1, 1, 2)", &values));
    let words = place.succeeds("op avg_pool --set kernel_size=[1,2] --input x.npy --output y.npy");
    says(&words, &["x.npy (float64 computed as float32)"]);
    assert_eq!(read(&place.read("y.npy")).1, [(0.1_f32 + 0.3) * 0.5]);
    says(&place.succeeds("op --help"), &["a float64 array is rounded to float32"]);
}

#[test]
fn an_empty_batch_is_a_batch() {
    let place = Place::new();
    place.write("x.npy", singles("(0, 3, 4, 6)", &[]));
    place.succeeds("op max_pool --set kernel_size=2 --input x.npy --output y.npy");
    assert_eq!(read(&place.read("y.npy")), ("(0,3,2,3,)".to_owned(), Vec::new()));
}

#[test]
fn parameters_come_by_their_names() {
    let place = Place::new();
    place.write("x.npy", singles("(1, 1, 2, 4)", ROWS));
    let file = |names: [&str; 2], weight: &[f32]| {
        let bytes: Vec<u8> = weight.iter().flat_map(|value| value.to_le_bytes()).collect();
        let bias = 0.5_f32.to_le_bytes();
        let views = [
            (names[0], TensorView::new(Dtype::F32, vec![1, 1, 1, weight.len()], &bytes)),
            (names[1], TensorView::new(Dtype::F32, vec![1], &bias)),
        ];
        let views = views.map(|(name, view)| (name, view.expect("as many bytes as values")));
        safetensors::serialize(views, None).expect("a file")
    };
    let words =
        "op conv2d --set out_channels=1 --set kernel_size=[1,2] --set stride=2 --input x.npy";
    place.write("w.safetensors", file(["weight", "bias"], &[10.0, 1.0]));
    let said = place.succeeds(&format!("{words} --params w.safetensors --output y.npy"));
    says(&said, &["d conv2d1.weight", "d conv2d1.bias"]);
    assert_eq!(read(&place.read("y.npy")).1, [15.5, 20.5]);

    place.write("w.safetensors", file(["weights", "bias"], &[10.0, 1.0]));
    let error = place.refuses(&format!("{words} --params w.safetensors"), 1);
    says(&error, &["w.safetensors: has no tensor `weight`", "weights"]);
    place.write("w.safetensors", file(["weight", "bias"], &[1.0; 3]));
    let error = place.refuses(&format!("{words} --params w.safetensors"), 1);
    says(&error, &["tensor `weight` is 1x1x1x3; expected 1x1x1x2"]);
    place.write("w.safetensors", "not that");
    let error = place.refuses(&format!("{words} --params w.safetensors"), 1);
    says(&error, &["w.safetensors: is not a safetensors file"]);
    let error = place.refuses("op identity --input x.npy --params x.npy", 1);
    says(&error, &["is not a safetensors file"]);
}

#[test]
fn arrays_of_either_order_of_bytes_and_of_axes_are_read() {
    let place = Place::new();
    let big: Vec<u8> = ROWS.iter().flat_map(|value| value.to_be_bytes()).collect();
    place.write("big.npy", npy(">f4", "(1, 1, 2, 4)", &big));
    // Column by column, the first row is every other value.
    let columns: Vec<f32> = (0..4).flat_map(|at| [ROWS[at], ROWS[at + 4]]).collect();
    let fortran =
        String::from_utf8_lossy(&npy("<f4", "(1, 1, 2, 4)", &[])[10..]).replace("False", "True");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((fortran.len() as u16).to_le_bytes());
    bytes.extend(fortran.bytes());
    bytes.extend(columns.iter().flat_map(|value| value.to_le_bytes()));
    place.write("columns.npy", bytes);
    for file in ["big.npy", "columns.npy"] {
        place.succeeds(&format!("op identity --input {file} --output y.npy"));
        assert_eq!(read(&place.read("y.npy")), ("(1,1,2,4,)".to_owned(), ROWS.to_vec()), "{file}");
    }
}

#[test]
fn an_array_that_does_not_fit_is_refused_with_what_would() {
    let place = Place::new();
    let whole = singles("(1, 1, 2, 4)", ROWS);
    let zeros = [0; 64];
    for (bytes, words) in [
        (singles("(2, 4)", ROWS), "has 2 axes; expected 4, (N, C, H, W)"),
        (singles("(1, 1, 1, 2, 4)", ROWS), "has 5 axes; expected 4, (N, C, H, W)"),
        (npy("<i8", "(1, 1, 2, 4)", &zeros), "type int64; expected float32 or float64"),
        (whole[..whole.len() - 1].to_vec(), "holds only 31 bytes; expected 32 behind the header"),
        (whole[..20].to_vec(), "header is cut short"),
        (singles("(1, 0, 2, 4)", &[]), "only the batch, its first axis, may be empty"),
        (singles("(1, 1, 0, 4)", &[]), "only the batch, its first axis, may be empty"),
        (
            singles("(99999999999, 99999999999, 9, 9)", ROWS),
            "expected a product that a file can hold",
        ),
        (b"some text".to_vec(), "expected a .npy array or a whole PNG"),
        (Vec::new(), "expected a .npy array or a whole PNG"),
    ] {
        place.write("x.npy", bytes);
        let error = place.refuses("op identity --input x.npy --output y.npy", 1);
        says(&error, &["x.npy: ", words]);
    }
    let error = place.refuses("op identity --input none.npy", 1);
    says(&error, &["none.npy: cannot be read"]);
    place.write("x.npy", whole);
    place.write("dy.npy", singles("(1, 1, 1, 3)", &[1.0; 3]));
    let words = "op max_pool --set kernel_size=2 --input x.npy --upstream dy.npy --output y.npy";
    let error = place.refuses(words, 1);
    says(&error, &["dy.npy: has the shape 1x1x1x3; the output has 1x1x1x2"]);
    assert!(!place.path("y.npy").exists(), "nothing is written when something is refused");
}

#[test]
fn settings_that_do_not_fit_are_refused_with_what_would() {
    let place = Place::new();
    place.write("x.npy", singles("(1, 1, 2, 4)", ROWS));
    for (words, pieces) in [
        ("op mx_pool", &["unknown kind `mx_pool`", "did you mean `max_pool`?"][..]),
        ("op max_pool", &["max_pool: missing field `kernel_size`"]),
        ("op max_pool --set kernel_size=9", &["max_pool: kernel 9x9", "does not fit input 2x4"]),
        ("op max_pool --set kernel_size=0", &["max_pool"]),
        ("op max_pool --set kernel_size=two", &["max_pool", "kernel_size"]),
        ("op max_pool --set kernel=2", &["unknown field `kernel`", "kernel_size"]),
        (
            "op max_pool --set kernel_size=2 --set kernel_size=3",
            &["--set kernel_size: is given already"],
        ),
        ("op max_pool --set kind=avg_pool", &["--set kind: is given already"]),
        ("op max_pool --set kernel_size=-1", &["max_pool"]),
        ("op max_pool --set kernel_size=2 --set stride=99999999999999999999", &["max_pool"]),
    ] {
        says(&place.refuses(&format!("{words} --input x.npy"), 2), pieces);
    }
    for (words, pieces) in [
        ("op max_pool --set kernel_size --input x.npy", &["expected KEY=VALUE"][..]),
        ("op max_pool --set =2 --input x.npy", &["expected KEY=VALUE"]),
        ("op max_pool", &["--input <FILE>"]),
        ("op", &["<NAME|--gallery <IMAGE>>"]),
        ("op --gallery x.png", &["--out <FILE>"]),
        ("op max_pool --input x.npy --out y.html", &["--out <FILE>", "cannot be used"]),
        ("op max_pool --gallery x.png --out y.html", &["cannot be used with"]),
    ] {
        let said = place.cenote(words);
        assert_eq!(said.code, Some(2), "{words}: {said:?}");
        if words != "op" {
            says(&said.err, pieces);
        }
    }
    let error = place.refuses("op identity --input x.npy --output no/such/folder/y.npy", 1);
    says(&error, &["no/such/folder/y.npy: cannot be written"]);
    let error = place.refuses("op identity --input x.npy --output y.jpg", 2);
    says(&error, &["y.jpg: pictures are written as .png"]);
}

#[test]
fn draws_depend_on_the_seed_and_happen_in_training_alone() {
    let place = Place::new();
    let values: Vec<f32> = (0..64).map(|i| 1.0 + i as f32).collect();
    place.write("x.npy", singles("(1, 1, 8, 8)", &values));
    let draw = |flags: &str| {
        let words =
            format!("op stochastic_pool --set kernel_size=2 --input x.npy --output y.npy {flags}");
        place.succeeds(&words);
        read(&place.read("y.npy")).1
    };
    let first = draw("--train --seed 1");
    assert_eq!(draw("--train --seed 1"), first);
    assert_ne!(draw("--train --seed 2"), first);
    assert_eq!(draw("--seed 1"), draw("--seed 2"));
    assert!(first.iter().all(|y| values.contains(y)), "one of the cells: {first:?}");
}

/// A picture of 24x16 pixels whose brightness rises to the right.
fn picture(colour: bool) -> image::DynamicImage {
    let grey = image::GrayImage::from_fn(24, 16, |x, _| image::Luma([(10 * x) as u8]));
    let image = image::DynamicImage::ImageLuma8(grey);
    if colour { image.to_rgb8().into() } else { image }
}

#[test]
fn an_image_becomes_a_picture() {
    let place = Place::new();
    picture(true).save(place.path("in.png")).expect("writable");
    let words = place.succeeds("op max_pool --set kernel_size=2 --input in.png --output out.png");
    says(&words, &["1x3x16x24, in.png as values from 0 to 1", "1x3x8x12"]);
    let out = image::open(place.path("out.png")).expect("a picture").to_rgb8();
    assert_eq!((out.width(), out.height()), (12, 8));
    assert_eq!(out.get_pixel(3, 5).0, [70; 3], "the right of two columns is brighter");

    picture(false).save(place.path("in.jpg")).expect("writable");
    place.succeeds("op decimate --set stride=4 --input in.jpg --output y.npy");
    assert_eq!(read(&place.read("y.npy")).0, "(1,1,4,6,)");
    let bytes = place.read("in.png");
    place.write("cut.png", &bytes[..bytes.len() / 2]);
    let error = place.refuses("op identity --input cut.png", 1);
    says(&error, &["cut.png: ", "expected a .npy array or a whole PNG"]);
}

#[test]
fn a_gallery_shows_every_operator_on_one_page() {
    let place = Place::new();
    picture(true).save(place.path("in.png")).expect("writable");
    let words = place.succeeds("op --gallery in.png --out gallery.html");
    says(&words, &["gallery.html ("]);
    let page = place.text("gallery.html");
    says(&page, &["<!doctype html>", "name=\"viewport\"", "data:image/png;base64,"]);
    for kind in OPERATOR_KINDS {
        says(&page, &[&format!("<h2>{}</h2>", kind.name)]);
    }
    assert!(!page.contains("http"), "nothing is fetched");
    let error = place.refuses("op --gallery none.png --out other.html", 1);
    says(&error, &["none.png: cannot be read"]);
    assert!(!place.path("other.html").exists());
}

#[test]
fn operators_are_listed_with_settings_costs_and_sources() {
    let place = Place::new();
    let list = place.json("list operators --json", "cenote.list/1");
    let entries = list["operators"].as_array().expect("a list");
    assert!(entries.len() >= 36, "{} operators", entries.len());
    for (entry, kind) in entries.iter().zip(OPERATOR_KINDS) {
        assert_eq!(entry["name"], kind.name);
        for what in ["about", "formula", "cost", "reference", "random"] {
            assert!(entry[what].as_str().is_some_and(|text| !text.is_empty()), "{what}: {entry}");
        }
        let notes = kind.notes.expect("operators have notes");
        let parameters = entry["parameters"].as_array().expect("a list");
        assert_eq!(parameters.len(), notes.settings.len());
        for (parameter, setting) in parameters.iter().zip(notes.settings) {
            assert_eq!(parameter["name"], setting.name);
            let default = parameter["default"].as_str().unwrap_or_default();
            assert_eq!(default, setting.default);
        }
    }
    let words = place.succeeds("list operators");
    says(&words, &["\n  max_pool ", "settings: kernel_size, stride [kernel_size]", "cost: "]);
}
