//! Arrays in NumPy's file format.
//!
//! The format is a magic string, a version, the length of a header, the header (a literal of Python that names type,
//! order and shape) and the values. Booleans, integers of up to 64 bits and floats of 32 and 64 are read; big-endian
//! values and Fortran order are turned round, so that what is kept is little-endian and row-major. What the header claims
//! is compared with the length of the file before anything is made of it.

use crate::Error;

/// The contents of a `.npy` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Npy {
    dims: Vec<usize>,
    element: NpyElement,
    bytes: Vec<u8>,
}

/// The number types that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the types")]
pub enum NpyElement {
    Bool,
    U8,
    U16,
    U32,
    U64,
    I8,
    I16,
    I32,
    I64,
    F32,
    F64,
}

use NpyElement::{Bool, F32, F64, I8, I16, I32, I64, U8, U16, U32, U64};

/// Type codes without the byte order, the names in NumPy, and bytes per value.
const ELEMENTS: [(NpyElement, &str, &str, usize); 11] = [
    (Bool, "b1", "bool", 1),
    (U8, "u1", "uint8", 1),
    (U16, "u2", "uint16", 2),
    (U32, "u4", "uint32", 4),
    (U64, "u8", "uint64", 8),
    (I8, "i1", "int8", 1),
    (I16, "i2", "int16", 2),
    (I32, "i4", "int32", 4),
    (I64, "i8", "int64", 8),
    (F32, "f4", "float32", 4),
    (F64, "f8", "float64", 8),
];

/// The longest header: an honest one has a hundred bytes.
const MOST_HEADER: usize = 64 << 10;
/// The most axes, as many as NumPy had for long.
const MOST_AXES: usize = 32;

impl NpyElement {
    /// The name in NumPy.
    pub fn name(self) -> &'static str {
        self.entry().2
    }

    fn size(self) -> usize {
        self.entry().3
    }

    fn entry(self) -> &'static (Self, &'static str, &'static str, usize) {
        ELEMENTS.iter().find(|entry| entry.0 == self).expect("every type is in the table")
    }
}

impl Npy {
    /// How every file of this format begins.
    pub const MAGIC: &[u8] = b"\x93NUMPY";

    /// Decodes the bytes of a file; `file` is the name that errors give it.
    ///
    /// ```
    /// use cenote_datasets::{Npy, NpyElement};
    ///
    /// let header = b"{'descr': '>u2', 'fortran_order': False, 'shape': (2,), }";
    /// let bytes = [b"\x93NUMPY\x01\x00", &[header.len() as u8, 0][..], header, &[1, 0, 0, 7]].concat();
    /// let array = Npy::decode("x.npy", &bytes)?;
    /// assert_eq!((array.dims(), array.element()), (&[2][..], NpyElement::U16));
    /// assert!(array.values().eq([256.0, 7.0]));
    /// # Ok::<(), cenote_datasets::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the bytes are no such file, of a type that is not read, or too few or too many for their shape.
    pub fn decode(file: &str, bytes: &[u8]) -> Result<Self, Error> {
        let (header, values) = sections(file, bytes)?;
        let Header { element, order, fortran, dims } = Header::parse(file, header)?;
        let cells = dims.iter().try_fold(1_usize, |cells, &size| cells.checked_mul(size));
        let Some(claimed) = cells.and_then(|cells| cells.checked_mul(element.size())) else {
            let expected = "a product that a file can hold";
            return Err(wrong(file, "shape", &format!("{dims:?}"), expected));
        };
        if values.len() != claimed {
            let word = if values.len() < claimed { "only " } else { "" };
            return Err(Error::Size {
                file: file.to_owned(),
                got: format!("{word}{}", values.len()),
                expected: format!(
                    "{claimed} behind the header, {} values of shape {dims:?}",
                    element.name()
                ),
            });
        }
        let mut bytes =
            if fortran { row_major(values, &dims, element.size()) } else { values.to_vec() };
        if order == b'>' {
            bytes.chunks_exact_mut(element.size()).for_each(<[u8]>::reverse);
        }
        Ok(Self { dims, element, bytes })
    }

    /// Sizes of the axes, outermost first.
    pub fn dims(&self) -> &[usize] {
        &self.dims
    }

    /// The type of the values.
    pub fn element(&self) -> NpyElement {
        self.element
    }

    /// The values as little-endian bytes in row-major order.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The values in row-major order; integers beyond 2^53 are rounded.
    pub fn values(&self) -> Box<dyn Iterator<Item = f64> + '_> {
        fn each<const N: usize>(
            bytes: &[u8],
            value: fn([u8; N]) -> f64,
        ) -> Box<dyn Iterator<Item = f64> + '_> {
            let (chunks, _) = bytes.as_chunks::<N>();
            Box::new(chunks.iter().map(move |&chunk| value(chunk)))
        }
        let bytes = &self.bytes;
        match self.element {
            Bool | U8 => each(bytes, |b| u8::from_le_bytes(b).into()),
            U16 => each(bytes, |b| u16::from_le_bytes(b).into()),
            U32 => each(bytes, |b| u32::from_le_bytes(b).into()),
            U64 => each(bytes, |b| u64::from_le_bytes(b) as f64),
            I8 => each(bytes, |b| i8::from_le_bytes(b).into()),
            I16 => each(bytes, |b| i16::from_le_bytes(b).into()),
            I32 => each(bytes, |b| i32::from_le_bytes(b).into()),
            I64 => each(bytes, |b| i64::from_le_bytes(b) as f64),
            F32 => each(bytes, |b| f32::from_le_bytes(b).into()),
            F64 => each(bytes, f64::from_le_bytes),
        }
    }
}

fn wrong(file: &str, what: &'static str, got: &str, expected: &str) -> Error {
    let (file, got, expected) = (file.to_owned(), got.to_owned(), expected.to_owned());
    Error::Format { file, what, got, expected }
}

/// Values that lie column by column, put row by row.
fn row_major(values: &[u8], dims: &[usize], size: usize) -> Vec<u8> {
    if values.is_empty() {
        return Vec::new();
    }
    let mut strides = vec![size; dims.len()];
    for axis in 1..dims.len() {
        strides[axis] = strides[axis - 1] * dims[axis - 1];
    }
    let mut bytes = Vec::with_capacity(values.len());
    let mut place = vec![0; dims.len()];
    while bytes.len() < values.len() {
        let at: usize = place.iter().zip(&strides).map(|(index, stride)| index * stride).sum();
        bytes.extend_from_slice(&values[at..at + size]);
        for axis in (0..dims.len()).rev() {
            place[axis] += 1;
            if place[axis] < dims[axis] {
                break;
            }
            place[axis] = 0;
        }
    }
    bytes
}

/// Header and values.
fn sections<'a>(file: &str, bytes: &'a [u8]) -> Result<(&'a str, &'a [u8]), Error> {
    let Some(rest) = bytes.strip_prefix(Npy::MAGIC) else {
        return Err(wrong(file, "file", "no .npy array", "one that numpy.save wrote"));
    };
    let truncated = || wrong(file, "header", "cut short", "a whole file");
    let (length, rest) = match rest {
        [1, 0, a, b, rest @ ..] => (usize::from(u16::from_le_bytes([*a, *b])), rest),
        [2 | 3, 0, a, b, c, d, rest @ ..] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, rest),
        [1..=3, 0, ..] | [] | [_] => return Err(truncated()),
        [major, minor, ..] => {
            let got = format!("{major}.{minor}");
            return Err(wrong(file, "version of the format", &got, "1.0, 2.0 or 3.0"));
        }
    };
    if length > MOST_HEADER {
        let expected = format!("at most {MOST_HEADER} bytes");
        return Err(wrong(file, "length of the header", &length.to_string(), &expected));
    }
    let (header, values) = rest.split_at_checked(length).ok_or_else(truncated)?;
    let header = std::str::from_utf8(header)
        .map_err(|_| wrong(file, "header", "no text", "a literal of Python"))?;
    Ok((header, values))
}

/// What the header of a file says.
struct Header {
    element: NpyElement,
    order: u8,
    fortran: bool,
    dims: Vec<usize>,
}

impl Header {
    /// Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`, its keys in any order.
    fn parse(file: &str, text: &str) -> Result<Self, Error> {
        let malformed = || {
            let got: String = text.trim().chars().take(100).collect();
            let expected = "{'descr': …, 'fortran_order': …, 'shape': …}";
            wrong(file, "header", &got, expected)
        };
        let inside = text.trim().strip_prefix('{').and_then(|text| text.strip_suffix('}'));
        let mut rest = inside.ok_or_else(malformed)?.trim();
        let (mut element, mut fortran, mut dims) = (None, None, None);
        while !rest.is_empty() {
            let (key, value) = rest.split_once(':').ok_or_else(malformed)?;
            let value = value.trim_start();
            let after = match key.trim().trim_matches(['\'', '"']) {
                "descr" if element.is_none() => {
                    let (descr, after) = value_before(value).ok_or_else(malformed)?;
                    element = Some(number_type(file, descr)?);
                    after
                }
                "fortran_order" if fortran.is_none() => {
                    let (word, after) = value_before(value).ok_or_else(malformed)?;
                    fortran = Some(match word {
                        "True" => true,
                        "False" => false,
                        _ => return Err(malformed()),
                    });
                    after
                }
                "shape" if dims.is_none() => {
                    let (sizes, after) = value
                        .strip_prefix('(')
                        .and_then(|v| v.split_once(')'))
                        .ok_or_else(malformed)?;
                    dims = Some(sizes_of(sizes).ok_or_else(malformed)?);
                    after
                }
                _ => return Err(malformed()),
            };
            rest = after.trim_start();
            rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
        }
        let (Some((element, order)), Some(fortran), Some(dims)) = (element, fortran, dims) else {
            return Err(malformed());
        };
        if dims.len() > MOST_AXES {
            let expected = format!("at most {MOST_AXES}");
            return Err(wrong(file, "number of axes", &dims.len().to_string(), &expected));
        }
        Ok(Self { element, order, fortran, dims })
    }
}

/// A value of the header, and what follows it.
fn value_before(text: &str) -> Option<(&str, &str)> {
    let end = if text.starts_with('[') {
        text.find(']')? + 1
    } else {
        text.find([',', '}']).unwrap_or(text.len())
    };
    let (value, after) = text.split_at(end);
    Some((value.trim(), after))
}

/// The type behind a code such as `<f4`, and its byte order.
fn number_type(file: &str, descr: &str) -> Result<(NpyElement, u8), Error> {
    let code = descr.trim_matches(['\'', '"']);
    let known = code.as_bytes().first().filter(|order| b"<>|".contains(order)).and_then(|&order| {
        let entry = ELEMENTS.iter().find(|entry| entry.1 == &code[1..])?;
        Some((entry.0, order))
    });
    known.ok_or_else(|| {
        let got: String = code.chars().take(40).collect();
        let expected = "bool, an integer, float32 or float64; x.astype('float32') would fit";
        wrong(file, "type of the values", &format!("`{got}`"), expected)
    })
}

/// The sizes between the brackets of a shape.
fn sizes_of(text: &str) -> Option<Vec<usize>> {
    let text = text.trim();
    let text = text.strip_suffix(',').unwrap_or(text);
    if text.is_empty() {
        return Some(Vec::new());
    }
    text.split(',').map(|size| size.trim().parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A file with this header and these values.
    fn file(header: &str, values: &[u8]) -> Vec<u8> {
        let length = (header.len() as u16).to_le_bytes();
        [Npy::MAGIC, &[1, 0], &length, header.as_bytes(), values].concat()
    }

    fn header(descr: &str, fortran: &str, shape: &str) -> String {
        format!("{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}\n")
    }

    fn decoded(bytes: &[u8]) -> Npy {
        Npy::decode("x.npy", bytes).unwrap()
    }

    #[test]
    fn orders_of_bytes_and_of_axes_are_turned_round() {
        // numpy.asfortranarray([[1, 2, 3], [4, 5, 6]]) lies as 1 4 2 5 3 6.
        let fortran = file(&header("'|u1'", "True", "(2, 3)"), &[1, 4, 2, 5, 3, 6]);
        assert_eq!(decoded(&fortran).bytes(), [1, 2, 3, 4, 5, 6]);
        let big: Vec<u8> = [1.5_f64, -2.0].iter().flat_map(|x| x.to_be_bytes()).collect();
        let array = decoded(&file(&header("'>f8'", "False", "(2,)"), &big));
        assert!(array.values().eq([1.5, -2.0]));
        assert_eq!(array.bytes()[..8], 1.5_f64.to_le_bytes());
        let three = file(&header("'<i2'", "True", "(2, 1, 2)"), &[1, 0, 2, 0, 3, 0, 4, 0]);
        assert!(decoded(&three).values().eq([1.0, 3.0, 2.0, 4.0]));
    }

    #[test]
    fn keys_come_in_any_order_and_a_shape_may_be_empty() {
        let array =
            decoded(&file("{'shape': (2,), 'fortran_order': False, 'descr': '|b1'}", &[0, 1]));
        assert_eq!((array.dims(), array.element().name()), (&[2][..], "bool"));
        assert_eq!(decoded(&file(&header("'<f4'", "False", "()"), &[0; 4])).dims(), [0; 0]);
        let none = decoded(&file(&header("'<f4'", "True", "(0, 3)"), &[]));
        assert_eq!((none.dims(), none.values().count()), (&[0, 3][..], 0));
    }

    #[test]
    fn what_is_refused_says_what_would_fit() {
        for (header, values, words) in [
            (header("'<c8'", "False", "(1,)"), 8, "type of the values is `<c8`; expected bool"),
            (header("'|O'", "False", "(1,)"), 8, "type of the values is `|O`"),
            (header("[('a', '<f4')]", "False", "(1,)"), 4, "type of the values is"),
            (header("'é4'", "False", "(1,)"), 4, "type of the values is `é4`"),
            (header("'<f4'", "False", "(2, 2)"), 15, "holds only 15 bytes; expected 16 behind"),
            (header("'<f4'", "False", "(2, 2)"), 17, "holds 17 bytes; expected 16 behind"),
            (header("'<f8'", "False", "(4294967296, 4294967296)"), 8, "shape is [4294967296"),
            (header("'<f8'", "False", "(9999999999, 9)"), 8, "holds only 8 bytes"),
            (header("'<f4'", "False", "(-1, 2)"), 8, "header is {'descr'"),
            (header("'<f4'", "Maybe", "(1, 2)"), 8, "header is {'descr'"),
            ("{'descr': '<f4', 'shape': (1,)}".to_owned(), 4, "header is {'descr'"),
            ("nothing".to_owned(), 4, "header is nothing; expected {'descr': …"),
        ] {
            let bytes = file(&header, &vec![0; values]);
            let error = Npy::decode("x.npy", &bytes).unwrap_err().to_string();
            assert!(
                error.starts_with("x.npy: ") && error.contains(words),
                "`{error}` for {header}"
            );
        }
        let refusal = |bytes: &[u8]| Npy::decode("x.npy", bytes).unwrap_err().to_string();
        assert!(refusal(b"PK\x03\x04").contains("file is no .npy array"));
        assert!(refusal(b"\x93NUMPY\x09\x01rest").contains("version of the format is 9.1"));
        let huge = [Npy::MAGIC, &[2, 0, 255, 255, 255, 255], &[b' '; 64]].concat();
        assert!(refusal(&huge).contains("length of the header is 4294967295"));
    }

    proptest! {
        #[test]
        fn no_bytes_are_worse_than_an_error(text in ".{0,80}", values in 0_usize..40) {
            let _any = Npy::decode("x", &file(&text, &vec![0; values]));
            let _any = Npy::decode("x", text.as_bytes());
        }

        #[test]
        fn no_changed_byte_is_worse_than_an_error(at: prop::sample::Index, to: u8) {
            let mut bytes = file(&header("'<u2'", "True", "(2, 3)"), &[7; 12]);
            let at = at.index(bytes.len());
            bytes[at] = to;
            let _any = Npy::decode("x", &bytes);
        }
    }
}
