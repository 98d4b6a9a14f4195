//! Pictures of a trained network, for a report: what its answers hang on, what goes into its slots and comes out, and how far
//! it looks.
//!
//! They are taken of the first test images of the sample that measures share, so all arms show the same, and drawn once,
//! when a run is measured: a report shows them again without a network.

use cenote_datasets::grid;
use cenote_evidence::{Picture, Png, Shows};
use cenote_layers::Model;
use cenote_tensor::{Scalar, Tensor};

use super::maps::Method;
use super::scene::need_objects;
use super::subject::rows;
use super::{Subject, maps_needed, receptive_field, scene, sheet};
use crate::Error;

/// Tiles in a row: as many as a phone shows to the pixel.
const COLUMNS: usize = 4;
/// Maps of a layer.
const MAPS: usize = 4;
/// The maps of evidence that stand beside an image.
const METHODS: [Method; 3] = [Method::Occlusion, Method::Gradient, Method::GradCam];
/// Test images that the receptive field is taken over.
const IMAGES: usize = 50;
/// The most images that a study may show.
pub(crate) const MOST: usize = 10;

/// Says what about a network its pictures cannot show.
pub(crate) fn fits(model: &Model) -> Result<(), String> {
    maps_needed(model)
}

/// The pictures of a network: two for each of `count` images and one of its receptive field.
///
/// # Errors
/// When an image stays in its file and cannot be decoded.
pub(crate) fn take(
    subject: &Subject<'_>,
    slots: &[String],
    count: usize,
) -> Result<Vec<Picture>, Error> {
    let sample = subject.sample(count)?;
    let masks = match need_objects(subject.data, None) {
        Ok(()) => {
            let made = scene::compositions(subject, &sample)?;
            made.iter().map(|made| Some(made.mask())).collect()
        }
        Err(_) => vec![None; sample.len()],
    };
    let shape @ [_, height, width] = subject.data.test.shape();
    let evidence = METHODS
        .iter()
        .map(|method| Ok((method, method.maps(subject, &sample.images, &sample.labels)?)))
        .collect::<Result<Vec<_>, Error>>()?;
    let answers = subject.classes(&sample.images)?;
    let mut pictures = Vec::with_capacity(2 * count + 1);
    for nth in 0..sample.len() {
        let (pixels, mask) = (&sample.images[nth], masks[nth].as_ref());
        let name = |class: usize| subject.data.classes[class].as_str();
        let (truth, answer) = (name(sample.labels[nth]), name(answers[nth]));
        let mut tiles = vec![sheet::outlined(sheet::image(pixels, shape, truth), mask)];
        tiles.extend(evidence.iter().map(|(method, maps)| {
            let tile = sheet::plane(&maps[nth], [height, width], method.word());
            sheet::outlined(tile, mask)
        }));
        let picture = |shows, about: String, tiles: &[_]| Picture {
            shows,
            image: Some(nth as u32 + 1),
            about,
            png: png(tiles),
        };
        let about = format!("{truth}, taken for {answer}; occlusion, gradient, Grad-CAM");
        pictures.push(picture(Shows::Saliency, about, &tiles));
        let tiles = around_slots(subject, slots, pixels)?;
        if !tiles.is_empty() {
            let about = format!("{truth}; a row into each slot, a row out of it");
            pictures.push(picture(Shows::Features, about, &tiles));
        }
    }
    let fields = [("at the start", subject.untrained()), ("trained", *subject)];
    let tiles = fields
        .iter()
        .map(|(words, of)| {
            Ok(sheet::plane(&receptive_field::field(of, IMAGES)?, [height, width], words))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let about = "the receptive field of the last maps, at the start and trained".to_owned();
    pictures.push(Picture { shows: Shows::Field, image: None, about, png: png(&tiles) });
    Ok(pictures)
}

fn png(tiles: &[cenote_datasets::Tile]) -> Png {
    Png::new(&grid(tiles, COLUMNS)).expect("a grid is drawn as PNG")
}

/// The first maps into and out of every slot between maps, a row for each.
fn around_slots(
    subject: &Subject<'_>,
    slots: &[String],
    pixels: &[u8],
) -> Result<Vec<cenote_datasets::Tile>, Error> {
    let known = subject.map_layers();
    let shape_of =
        |layer: usize| known.iter().find(|(at, _)| *at == layer).map(|(_, shape)| *shape);
    let x = subject.scaled(&[pixels.to_vec()])?;
    let mut outputs: Vec<Vec<Scalar>> = Vec::with_capacity(subject.depth());
    subject.look(x.clone(), |_, y: &Tensor| outputs.push(rows(y).remove(0)));
    let mut tiles = Vec::new();
    for slot in slots {
        let Some(filling) = subject.filling(slot) else { continue };
        let last = filling.end - 1;
        let before = match filling.start.checked_sub(1) {
            Some(layer) => shape_of(layer).map(|shape| (&outputs[layer][..], shape)),
            None => Some((x.as_slice(), subject.data.test.shape())),
        };
        let (Some((before, shape_in)), Some(shape_out)) = (before, shape_of(last)) else {
            continue;
        };
        let mut row = |values: &[Scalar], shape: [usize; 3], way: &str| {
            let words = |nth: usize| format!("{slot} {way} {nth}");
            let shown = sheet::maps(values, shape, MAPS, words);
            let rest = COLUMNS - shown.len();
            tiles.extend(shown);
            // A layer of fewer maps leaves the end of its row white.
            tiles.extend((0..rest).map(|_| sheet::image(&[255], [1, 1, 1], "")));
        };
        row(before, shape_in, "in");
        row(&outputs[last], shape_out, "out");
    }
    Ok(tiles)
}

#[cfg(test)]
mod tests {
    use super::super::testbed::{Testbed, blocks, bright, centred};
    use super::*;

    /// The tile at a place of a sheet whose images are drawn `side` pixels wide, as brightness of one channel.
    fn tile(picture: &Picture, [row, column]: [u32; 2], side: u32, channel: usize) -> Vec<u8> {
        let sheet = image::load_from_memory(picture.png.bytes()).unwrap().into_rgb8();
        let (left, top) = (column * (side + 4) + 4, row * (side + 16) + 4);
        let cells = (0..side).flat_map(|y| (0..side).map(move |x| (left + x, top + y)));
        cells.map(|(x, y)| sheet.get_pixel(x, y).0[channel]).collect()
    }

    #[test]
    fn the_saliency_of_a_reader_of_one_pixel_is_lit_there_and_the_object_is_outlined() {
        let middle = 8 * 16 + 8;
        let layers = "layer = [{kind='conv2d', name='maps', out_channels=1, kernel_size=1}, {kind='flatten'},
             {kind='dense', name='head', out_features=2}]";
        let data = centred("", |made| bright(made.image()[middle]));
        let bed = Testbed::new(layers, data, |path, at| match path {
            "maps.weight" => Some(1.0),
            "head.weight" if at % 256 == middle => Some(if at < 256 { -1.0 } else { 1.0 }),
            _ => Some(0.0),
        });
        let seen = take(&bed.subject(), &[], 2).unwrap();
        let shows: Vec<_> = seen.iter().map(|picture| (picture.shows, picture.image)).collect();
        let expected =
            [(Shows::Saliency, Some(1)), (Shows::Saliency, Some(2)), (Shows::Field, None)];
        assert_eq!(shows, expected);
        // 16 pixels are drawn as 96, so the one that is read is 6x6 from 48 on.
        let gradient = tile(&seen[0], [0, 2], 96, 1);
        let lit: Vec<usize> = (0..96 * 96).filter(|&at| gradient[at] == 255).collect();
        assert_eq!((lit.len(), lit[0]), (36, 48 * 96 + 48));
        let mask = bed.data.test.images().composition(bed.subject().sample(1).unwrap().indices[0]);
        let rows = mask.unwrap().unwrap().mask().bounds().unwrap().map(|side| side as usize * 6);
        let (red, green) = (tile(&seen[0], [0, 2], 96, 0), gradient);
        let outline = |at: usize| red[at] == 255 && green[at] == 32;
        let marked: Vec<usize> = (0..96 * 96).filter(|&at| outline(at)).collect();
        let [left, top, right, bottom] = rows;
        let sides = |of: fn(usize) -> usize| {
            let all = marked.iter().map(|&at| of(at));
            (all.clone().min().unwrap(), all.max().unwrap() + 1)
        };
        assert_eq!((sides(|at| at % 96), sides(|at| at / 96)), ((left, right), (top, bottom)));
        assert!(seen[0].about.contains("taken for"), "{}", seen[0].about);
    }

    #[test]
    fn maps_are_shown_as_they_go_into_a_slot_and_come_out_of_it() {
        let layers = "layer = [{kind='conv2d', name='maps', out_channels=1, kernel_size=1}, {kind='max_pool', name='down.1', kernel_size=2},
             {kind='identity', name='down.2'}, {kind='flatten'}, {kind='dense', out_features=2}]";
        let bed = Testbed::new(layers, blocks(), |path, _| {
            Some(if path == "maps.weight" { 1.0 } else { 0.0 })
        });
        let slots = ["down", "head", "dow"].map(str::to_owned);
        let pictures = take(&bed.subject(), &slots, 1).unwrap();
        assert_eq!(pictures.len(), 3);
        let features = &pictures[1];
        assert_eq!((features.shows, features.png.size()), (Shows::Features, [404, 2 * 112 + 4]));
        let (before, after) = (tile(features, [0, 0], 96, 0), tile(features, [1, 0], 96, 0));
        // 8x8 cells of 12 pixels, then the maxima of 2x2 of them as 4x4 of 24.
        let cell =
            |of: &[u8], row: usize, column: usize, side: usize| of[row * side * 96 + column * side];
        for (row, column) in (0..4).flat_map(|row| (0..4).map(move |column| (row, column))) {
            let window = [[0, 0], [0, 1], [1, 0], [1, 1]]
                .map(|[down, right]| cell(&before, 2 * row + down, 2 * column + right, 12));
            let (most, got) = (window.into_iter().max().unwrap(), cell(&after, row, column, 24));
            // Both are stretched, so the order of brightness stays and the brightest is white in both.
            assert!(got <= most && (most < 255 || got == 255), "{window:?} {got}");
        }
        assert_eq!(take(&bed.subject(), &slots, 1).unwrap(), pictures, "the same again");
    }
}
