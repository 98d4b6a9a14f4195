//! Arrays in NumPy's file format, as far as operators need it: little-endian floats in C order.
//!
//! The format is a magic string, a version, the length of a header, the header (a literal of Python
//! that names type, order and shape) and the values. What the header claims is compared with the
//! length of the file before anything is made of it.

use cenote_tensor::{MAX_RANK, Scalar, Shape, Tensor};

/// How every file of this format begins.
pub(super) const MAGIC: &[u8] = b"\x93NUMPY";

/// The number types that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dtype {
    F32,
    F64,
}

impl Dtype {
    /// What this build computes in and writes.
    pub(super) const OURS: Self = if size_of::<Scalar>() == 4 { Self::F32 } else { Self::F64 };

    /// The name in NumPy.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::F32 => "float32",
            Self::F64 => "float64",
        }
    }

    fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::F32 => "<f4",
            Self::F64 => "<f8",
        }
    }
}

/// An array of a file, in the number type of this build, and the type it had.
#[derive(Debug)]
pub(super) struct Array {
    pub(super) tensor: Tensor,
    pub(super) dtype: Dtype,
}

/// Reads a whole file; an error says what was got and what would fit.
pub(super) fn decode(bytes: &[u8]) -> Result<Array, String> {
    let (header, values) = sections(bytes)?;
    let Header { dtype, shape } = Header::parse(header)?;
    let cells = shape.iter().try_fold(1_usize, |cells, &size| cells.checked_mul(size));
    let claimed = cells.and_then(|cells| cells.checked_mul(dtype.bytes()));
    let shown = shown(&shape);
    let Some(claimed) = claimed else {
        return Err(format!("claims the shape {shown}, more than any file holds"));
    };
    if values.len() != claimed {
        let what = if values.len() < claimed { "truncated" } else { "too long" };
        return Err(format!(
            "is {what}: {} values of the shape {shown} take {claimed} bytes, but {} follow the header",
            dtype.name(),
            values.len()
        ));
    }
    let values = match dtype {
        Dtype::F32 => {
            let (chunks, _) = values.as_chunks();
            chunks.iter().map(|&b| Scalar::from(f32::from_le_bytes(b))).collect()
        }
        Dtype::F64 => {
            let (chunks, _) = values.as_chunks();
            chunks.iter().map(|&b| f64::from_le_bytes(b) as Scalar).collect()
        }
    };
    let tensor = Tensor::from_vec(Shape::new(&shape), values).map_err(|error| error.to_string())?;
    Ok(Array { tensor, dtype })
}

/// The bytes of a file that holds a tensor, in the number type of this build.
pub(super) fn encode(tensor: &Tensor) -> Vec<u8> {
    let sizes = tensor.dims().iter().fold(String::new(), |sizes, size| format!("{sizes}{size},"));
    let code = Dtype::OURS.code();
    let mut header = format!("{{'descr': '{code}', 'fortran_order': False, 'shape': ({sizes}), }}");
    // The values begin at a multiple of 64 bytes, behind spaces and a line end.
    let before = MAGIC.len() + 4;
    let padding = (before + header.len() + 1).next_multiple_of(64) - before - header.len() - 1;
    header.extend(std::iter::repeat_n(' ', padding));
    header.push('\n');
    let mut bytes = MAGIC.to_vec();
    bytes.extend([1, 0]);
    let length = u16::try_from(header.len()).expect("a shape of at most six axes is short");
    bytes.extend(length.to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend(tensor.as_slice().iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

/// Header and values.
fn sections(bytes: &[u8]) -> Result<(&str, &[u8]), String> {
    let Some(rest) = bytes.strip_prefix(MAGIC) else {
        return Err("is not a .npy array".to_owned());
    };
    let truncated = || "is truncated in its header".to_owned();
    let (length, rest) = match rest {
        [1, 0, a, b, rest @ ..] => (usize::from(u16::from_le_bytes([*a, *b])), rest),
        [2 | 3, 0, a, b, c, d, rest @ ..] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, rest),
        [1..=3, 0, ..] | [] | [_] => return Err(truncated()),
        [major, minor, ..] => {
            return Err(format!("has .npy version {major}.{minor}; expected 1.0, 2.0 or 3.0"));
        }
    };
    let (header, values) = rest.split_at_checked(length).ok_or_else(truncated)?;
    let header = std::str::from_utf8(header).map_err(|_| "has a header that is no text")?;
    Ok((header, values))
}

/// What the header of a file says.
struct Header {
    dtype: Dtype,
    shape: Vec<usize>,
}

impl Header {
    /// Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`, its keys in any order.
    fn parse(text: &str) -> Result<Self, String> {
        let malformed = || format!("has a header that is not as NumPy writes it: {}", text.trim());
        let inside = text.trim().strip_prefix('{').and_then(|text| text.strip_suffix('}'));
        let mut rest = inside.ok_or_else(malformed)?.trim();
        let (mut dtype, mut fortran, mut shape) = (None, None, None);
        while !rest.is_empty() {
            let (key, value) = rest.split_once(':').ok_or_else(malformed)?;
            let value = value.trim_start();
            let after = match key.trim().trim_matches(['\'', '"']) {
                "descr" if dtype.is_none() => {
                    let (descr, after) = value_before(value).ok_or_else(malformed)?;
                    dtype = Some(number_type(descr)?);
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
                "shape" if shape.is_none() => {
                    let (sizes, after) = value
                        .strip_prefix('(')
                        .and_then(|v| v.split_once(')'))
                        .ok_or_else(malformed)?;
                    shape = Some(sizes_of(sizes).ok_or_else(malformed)?);
                    after
                }
                _ => return Err(malformed()),
            };
            rest = after.trim_start();
            rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
        }
        let (Some(dtype), Some(fortran), Some(shape)) = (dtype, fortran, shape) else {
            return Err(malformed());
        };
        if shape.len() > MAX_RANK {
            return Err(format!("has {} axes; expected (N, C, H, W)", shape.len()));
        }
        if fortran {
            let fix = "write it as numpy.ascontiguousarray(x)";
            return Err(format!("is in Fortran order; expected C order: {fix}"));
        }
        Ok(Self { dtype, shape })
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

fn number_type(descr: &str) -> Result<Dtype, String> {
    let code = descr.trim_matches(['\'', '"']);
    match code {
        "<f4" => Ok(Dtype::F32),
        "<f8" => Ok(Dtype::F64),
        _ if code.starts_with('>') => {
            let fix = "write it as x.astype('<f4')";
            Err(format!("is big-endian (`{code}`); expected little-endian floats: {fix}"))
        }
        _ => {
            let fix = "write it as x.astype('float32')";
            Err(format!("holds values of type `{code}`; expected float32 or float64: {fix}"))
        }
    }
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

/// A shape in words, which may have more axes than a tensor.
fn shown(shape: &[usize]) -> String {
    let sizes: Vec<String> = shape.iter().map(ToString::to_string).collect();
    if sizes.is_empty() { "()".to_owned() } else { sizes.join("x") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with this header and so many bytes of values.
    fn file(header: &str, values: usize) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([1, 0]);
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.bytes());
        bytes.extend(std::iter::repeat_n(0, values));
        bytes
    }

    fn refusal(bytes: &[u8]) -> String {
        decode(bytes).expect_err("refused")
    }

    #[test]
    fn what_numpy_writes_is_read() {
        // numpy.save of numpy.float64([[1.5, -2.0, 0.25]]), NumPy 2.
        let mut bytes = file(
            "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 3), }                                                          \n",
            0,
        );
        bytes.extend([1.5_f64, -2.0, 0.25].iter().flat_map(|value| value.to_le_bytes()));
        let array = decode(&bytes).expect("an array");
        assert_eq!(array.dtype, Dtype::F64);
        assert_eq!(array.tensor.dims(), [1, 3]);
        assert_eq!(array.tensor.as_slice(), [1.5, -2.0, 0.25]);
        // A shape of one axis has a comma, a shape of none has nothing; keys come in any order.
        let header = "{'shape': (2,), 'fortran_order': False, 'descr': '<f4'}";
        assert_eq!(decode(&file(header, 8)).expect("an array").tensor.dims(), [2]);
        let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (), }";
        assert_eq!(decode(&file(header, 4)).expect("a number").tensor.len(), 1);
    }

    #[test]
    fn what_would_be_misread_is_refused_with_the_way_out() {
        let header = |descr: &str, fortran: &str, shape: &str| {
            format!("{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}\n")
        };
        for (header, values, words) in [
            (header("'>f4'", "False", "(1, 2)"), 8, "is big-endian (`>f4`)"),
            (header("'<i8'", "False", "(1, 2)"), 16, "type `<i8`; expected float32 or float64"),
            (header("'<f4'", "True", "(1, 2)"), 8, "Fortran order; expected C order"),
            (header("[('a', '<f4')]", "False", "(1,)"), 4, "expected float32 or float64"),
            (header("'<f4'", "False", "(2, 2)"), 15, "truncated: float32 values of the shape 2x2"),
            (header("'<f4'", "False", "(2, 2)"), 17, "too long"),
            (header("'<f8'", "False", "(4294967296, 4294967296)"), 8, "more than any file holds"),
            (header("'<f8'", "False", "(9999999999, 9)"), 8, "truncated"),
            (header("'<f4'", "False", "(1, 1, 1, 1, 1, 1, 1)"), 4, "has 7 axes"),
            (header("'<f4'", "False", "(-1, 2)"), 8, "not as NumPy writes it"),
            (header("'<f4'", "Maybe", "(1, 2)"), 8, "not as NumPy writes it"),
            ("{'descr': '<f4', 'shape': (1,)}".to_owned(), 4, "not as NumPy writes it"),
            ("nothing".to_owned(), 4, "not as NumPy writes it"),
        ] {
            let refusal = refusal(&file(&header, values));
            assert!(refusal.contains(words), "`{refusal}` for {header}");
        }
        assert_eq!(refusal(b"PK\x03\x04"), "is not a .npy array");
        assert!(refusal(b"\x93NUMPY\x09\x01rest").contains("version 9.1"));
    }

    mod properties {
        use proptest::prelude::*;

        use super::*;

        fn tensors() -> impl Strategy<Value = Tensor> {
            prop::collection::vec(0_usize..5, 0..=4).prop_flat_map(|sizes| {
                let cells = sizes.iter().product::<usize>();
                let values = prop::collection::vec(any::<u32>().prop_map(f32::from_bits), cells);
                values.prop_map(move |values| {
                    #[cfg_attr(
                        not(cenote_f64),
                        expect(
                            clippy::useless_conversion,
                            reason = "a scalar may be of double precision"
                        )
                    )]
                    let values = values.into_iter().map(Scalar::from).collect();
                    Tensor::from_vec(Shape::new(&sizes), values).expect("as many as cells")
                })
            })
        }

        proptest! {
            #![proptest_config(ProptestConfig::with_cases(128))]

            #[test]
            fn what_was_written_is_what_is_read(tensor in tensors()) {
                let bytes = encode(&tensor);
                let start = bytes.len() - tensor.bytes();
                prop_assert_eq!(start % 64, 0, "values are aligned");
                let read = decode(&bytes).expect("just written");
                prop_assert_eq!(read.tensor.shape(), tensor.shape());
                let bits = |tensor: &Tensor| -> Vec<u64> {
                    tensor.as_slice().iter().map(|&x| f64::from(x).to_bits()).collect()
                };
                prop_assert_eq!(bits(&read.tensor), bits(&tensor));
            }

            #[test]
            fn any_truncation_is_refused(tensor in tensors(), share in 0.0_f64..1.0) {
                let bytes = encode(&tensor);
                prop_assert!(decode(&bytes[..(bytes.len() as f64 * share) as usize]).is_err() );
            }

            #[test]
            fn no_bytes_are_worse_than_an_error(header in ".{0,80}", values in 0_usize..40) {
                let _any = decode(&file(&header, values));
                let _any = decode(header.as_bytes());
            }

            #[test]
            fn no_changed_byte_is_worse_than_an_error(
                tensor in tensors(), at: prop::sample::Index, to: u8,
            ) {
                let mut bytes = encode(&tensor);
                let at = at.index(bytes.len());
                bytes[at] = to;
                let _any = decode(&bytes);
            }
        }
    }
}
