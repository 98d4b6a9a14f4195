//! What arrays of NumPy stand for as images and labels.
//!
//! Images have the shape `(N, H, W)`, or `(N, C, H, W)` with `layout = "nchw"` and `(N, H, W, C)` with `"nhwc"`. Booleans
//! become 0 and 255; integers of any width must lie in 0 to 255; floats must be finite and lie in 0 to 1, and are
//! multiplied by 255 and rounded to the nearest byte. Labels are integers, `(N)` or `(N, 1)`.

use std::io::Read;
use std::path::Path;

use serde::Deserialize;

use crate::{Error, Images, Npy, NpyElement, Split, picture};

/// The largest array that is read.
pub(super) const MOST_BYTES: u64 = 16 << 30;
/// The largest label, so that a stray number asks for no list of that length.
const MOST_LABEL: f64 = 65_535.0;

/// Where the channels of four axes are.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Layout {
    #[default]
    Nchw,
    Nhwc,
}

/// Reads a `.npy` file.
pub(super) fn read(path: &Path) -> Result<Npy, Error> {
    let shown = path.display().to_string();
    let mut bytes = Vec::new();
    let most = picture::open(path)?.take(MOST_BYTES).read_to_end(&mut bytes);
    most.map_err(|source| Error::Read { file: shown.clone(), source })?;
    Npy::decode(&shown, &bytes)
}

/// Pairs an array of images with one of labels; each comes with the name that errors give it.
pub(super) fn split(
    images: (&str, &Npy),
    labels: (&str, &Npy),
    layout: Layout,
) -> Result<Split, Error> {
    let pair = |source| Error::Pair {
        images: images.0.to_owned(),
        labels: labels.0.to_owned(),
        source: Box::new(source),
    };
    let pixels = self::images(images.0, images.1, layout)?;
    let numbers = self::labels(labels.0, labels.1)?;
    Split::new(pixels, numbers).map_err(pair)
}

fn images(file: &str, array: &Npy, layout: Layout) -> Result<Images, Error> {
    let (shape, last) = match (array.dims(), layout) {
        (&[_, h, w], _) => ([1, h, w], false),
        (&[_, c, h, w], Layout::Nchw) => ([c, h, w], false),
        (&[_, h, w, c], Layout::Nhwc) => ([c, h, w], true),
        (dims, _) => {
            return Err(Error::Format {
                file: file.to_owned(),
                what: "shape of the images",
                got: format!("{dims:?}"),
                expected: "(N, H, W), or four axes in the order that `layout` says".to_owned(),
            });
        }
    };
    let bytes = bytes(file, array)?;
    let bytes = if last { channels_first(&bytes, shape[0], shape[1] * shape[2]) } else { bytes };
    Images::new(shape, bytes)
}

/// Puts `(H, W, C)` of every image in the order `(C, H, W)`.
fn channels_first(bytes: &[u8], channels: usize, area: usize) -> Vec<u8> {
    let images = bytes.chunks_exact((channels * area).max(1));
    images
        .flat_map(|image| {
            (0..channels).flat_map(move |channel| image.iter().skip(channel).step_by(channels))
        })
        .copied()
        .collect()
}

/// Values as bytes, by the rule of this module.
fn bytes(file: &str, array: &Npy) -> Result<Vec<u8>, Error> {
    let (scale, most, rule) = match array.element() {
        NpyElement::U8 => return Ok(array.bytes().to_vec()),
        NpyElement::Bool => (255.0, 1.0, "0 or 1"),
        NpyElement::F32 | NpyElement::F64 => (255.0, 1.0, "floats from 0 to 1"),
        _ => (1.0, 255.0, "integers from 0 to 255; (x // 257).astype('uint8') would fit 16 bits"),
    };
    let byte = |(at, value): (usize, f64)| {
        // NaN is in no range.
        if (0.0..=most).contains(&value) {
            return Ok((value * scale).round() as u8);
        }
        Err(Error::Format {
            file: file.to_owned(),
            what: "value",
            got: format!("{value} at {:?} ({})", place(at, array.dims()), array.element().name()),
            expected: rule.to_owned(),
        })
    };
    array.values().enumerate().map(byte).collect()
}

/// The index of each axis of the value at a place in row-major order.
fn place(mut at: usize, dims: &[usize]) -> Vec<usize> {
    let mut place: Vec<usize> = dims
        .iter()
        .rev()
        .map(|&size| {
            let index = at % size;
            at /= size;
            index
        })
        .collect();
    place.reverse();
    place
}

fn labels(file: &str, array: &Npy) -> Result<Vec<usize>, Error> {
    let wrong = |what, got: String, expected: &str| Error::Format {
        file: file.to_owned(),
        what,
        got,
        expected: expected.to_owned(),
    };
    if !matches!(array.dims(), [_] | [_, 1]) {
        return Err(wrong("shape of the labels", format!("{:?}", array.dims()), "(N) or (N, 1)"));
    }
    if matches!(array.element(), NpyElement::F32 | NpyElement::F64) {
        let got = array.element().name().to_owned();
        return Err(wrong("type of the labels", got, "an integer; y.astype('int64') would fit"));
    }
    let label = |(at, value): (usize, f64)| {
        if (0.0..=MOST_LABEL).contains(&value) {
            return Ok(value as usize);
        }
        Err(wrong("label", format!("{value} of example {at}"), "a number from 0 to 65535"))
    };
    array.values().enumerate().map(label).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(descr: &str, shape: &str, values: &[u8]) -> Npy {
        let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
        let length = (header.len() as u16).to_le_bytes();
        let bytes = [Npy::MAGIC, &[1, 0], &length, header.as_bytes(), values].concat();
        Npy::decode("x.npy", &bytes).unwrap()
    }

    fn floats(values: &[f32]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    fn words(got: Result<impl std::fmt::Debug, Error>) -> String {
        got.unwrap_err().to_string()
    }

    #[test]
    fn floats_and_booleans_become_bytes_by_the_rule() {
        let unit = array("<f4", "(1, 1, 4)", &floats(&[0.0, 0.5, 0.25, 1.0]));
        // 127.5 and 63.75 round to the nearest, halves away from zero.
        assert_eq!(images("x", &unit, Layout::Nchw).unwrap().pixels(), [0, 128, 64, 255]);
        let flags = array("|b1", "(1, 1, 2)", &[0, 1]);
        assert_eq!(images("x", &flags, Layout::Nchw).unwrap().pixels(), [0, 255]);
        let wide = array(">u2", "(1, 1, 2)", &[0, 255, 0, 7]);
        assert_eq!(images("x", &wide, Layout::Nchw).unwrap().pixels(), [255, 7]);
    }

    #[test]
    fn nan_and_values_out_of_range_are_refused_with_their_place() {
        for (value, shown) in
            [(f32::NAN, "NaN"), (f32::INFINITY, "inf"), (-0.5, "-0.5"), (2.0, "2")]
        {
            let bad = array("<f4", "(2, 1, 2)", &floats(&[0.0, 0.0, 0.0, value]));
            let expected = format!(
                "x.npy: value is {shown} at [1, 0, 1] (float32); expected floats from 0 to 1"
            );
            assert_eq!(words(images("x.npy", &bad, Layout::Nchw)), expected);
        }
        let deep = array("<u2", "(1, 1, 1)", &[0, 1]);
        assert!(words(images("x", &deep, Layout::Nchw)).contains("value is 256 at [0, 0, 0]"));
    }

    #[test]
    fn channels_may_come_last() {
        let last = array("|u1", "(2, 1, 2, 3)", &(0..12).collect::<Vec<u8>>());
        let images = images("x", &last, Layout::Nhwc).unwrap();
        assert_eq!((images.shape(), images.image(1)), ([3, 1, 2], &[6, 9, 7, 10, 8, 11][..]));
    }

    #[test]
    fn labels_are_whole_numbers_of_a_plain_size() {
        assert_eq!(labels("y", &array("|i1", "(2, 1)", &[3, 1])).unwrap(), [3, 1]);
        assert!(
            words(labels("y", &array("|i1", "(1,)", &[255]))).contains("label is -1 of example 0")
        );
        assert!(words(labels("y", &array("<u8", "(1,)", &[0xFF; 8]))).contains("from 0 to 65535"));
        assert!(words(labels("y", &array("<f4", "(1,)", &[0; 4]))).contains("y.astype('int64')"));
        assert!(
            words(labels("y", &array("|u1", "(1, 2)", &[0; 2]))).contains("expected (N) or (N, 1)")
        );
        let image = array("|u1", "(1, 1, 1)", &[0]);
        let pair = split(("x", &image), ("y", &array("|u1", "(2,)", &[0; 2])), Layout::Nchw);
        assert_eq!(words(pair), "x with y: 1 images cannot be paired with 2 labels");
        assert!(images("x", &array("|u1", "(0, 3, 3)", &[]), Layout::Nchw).unwrap().is_empty());
        assert!(images("x", &array("|u1", "(5, 0, 3)", &[]), Layout::Nchw).is_err());
    }
}
