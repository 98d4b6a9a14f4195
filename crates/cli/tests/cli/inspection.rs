//! One image through a network, as a sheet of pictures.

use crate::program::{Place, says};

/// Tiles of 8x8 pixels are drawn 96 pixels wide, with 4 between them and 16 for words below.
const TILE: u32 = 96;
/// The image, five maps of evidence, and the receptive field.
const FIRST: u32 = 7;

#[test]
fn an_image_is_inspected_as_a_sheet_of_maps_and_the_same_again() {
    let place = Place::new();
    place.succeeds("train smoke --epochs 1 --out net");
    // Dark above and bright below, as the network takes it.
    let image = image::GrayImage::from_fn(8, 8, |_, y| image::Luma([if y < 4 { 0 } else { 240 }]));
    image.save(place.path("halves.png")).expect("writable");
    let said = place.succeeds("inspect net --image halves.png --maps 2");
    says(&said, &["halves.png: ", " %\ninspect.png: the image, what the answer hangs on"]);
    let layers: u32 = said
        .split_once("up to 2 maps of each of ")
        .and_then(|(_, rest)| rest.split_once(" layers"))
        .and_then(|(count, _)| count.parse().ok())
        .expect("it says how many layers it shows");
    let sheet = image::load_from_memory(&place.read("inspect.png")).expect("a PNG").into_rgb8();
    let rows = (FIRST + 2 * layers).div_ceil(8);
    assert_eq!(sheet.dimensions(), (8 * (TILE + 4) + 4, rows * (TILE + 16) + 4));
    assert_eq!(sheet.get_pixel(50, 20).0, [0; 3], "the image stands first");
    assert_eq!(sheet.get_pixel(50, 90).0, [240; 3], "as it is");
    for tile in 1..FIRST {
        let (left, top) = (tile * (TILE + 4) + 4, 4);
        let cells = (0..TILE).flat_map(|y| (0..TILE).map(move |x| (left + x, top + y)));
        let brightest = cells.map(|(x, y)| sheet.get_pixel(x, y).0[0]).max();
        assert_eq!(brightest, Some(255), "map {tile} shows something");
    }
    place.succeeds("inspect net --image halves.png --maps 2 --out again.png");
    assert!(place.read("again.png") == place.read("inspect.png"), "the sheets differ");
}

#[test]
fn what_cannot_be_inspected_is_refused_with_its_name() {
    let place = Place::new();
    place.succeeds("train smoke --epochs 1 --out net");
    place.write("words.png", "not an image");
    says(
        &place.refuses("inspect net --image words.png", 1),
        &["words.png", "expected a whole PNG, JPEG, BMP or PNM image"],
    );
    says(&place.refuses("inspect net --image none.png", 1), &["none.png", "cannot be read"]);
    says(&place.refuses("inspect words.png --image none.png", 1), &["checkpoint words.png"]);
    image::GrayImage::new(8, 8).save(place.path("black.png")).expect("writable");
    let error = place.refuses("inspect net --image black.png --out nowhere/sheet.png", 1);
    says(&error, &["nowhere", "sheet.png"]);
    says(&place.refuses("inspect net --image black.png --out ..", 2), &["--out ..", "a file"]);
    let said = place.cenote("inspect net");
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
    says(&said.err, &["--image <FILE>"]);
}
