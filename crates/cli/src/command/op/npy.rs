//! Tensors from and to arrays of NumPy: what an operator takes of them.

use cenote_datasets::{Npy, NpyElement};
use cenote_tensor::{MAX_RANK, Scalar, Shape, Tensor};

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

/// Reads a whole file of floats; an error names it and says what was got and what would fit.
pub(super) fn decode(file: &str, bytes: &[u8]) -> Result<Array, String> {
    let array = Npy::decode(file, bytes).map_err(|error| error.to_string())?;
    if array.dims().len() > MAX_RANK {
        let axes = array.dims().len();
        return Err(format!("{file}: has {axes} axes; expected (N, C, H, W)"));
    }
    let (dtype, values) = match array.element() {
        NpyElement::F32 => {
            let (chunks, _) = array.bytes().as_chunks();
            (Dtype::F32, chunks.iter().map(|&b| Scalar::from(f32::from_le_bytes(b))).collect())
        }
        NpyElement::F64 => {
            let (chunks, _) = array.bytes().as_chunks();
            (Dtype::F64, chunks.iter().map(|&b| f64::from_le_bytes(b) as Scalar).collect())
        }
        other => {
            let fix = "write it as x.astype('float32')";
            let got = other.name();
            return Err(format!(
                "{file}: holds values of type {got}; expected float32 or float64: {fix}"
            ));
        }
    };
    let tensor = Tensor::from_vec(Shape::new(array.dims()), values);
    Ok(Array { tensor: tensor.map_err(|error| error.to_string())?, dtype })
}

/// The bytes of a file that holds a tensor, in the number type of this build.
pub(super) fn encode(tensor: &Tensor) -> Vec<u8> {
    let sizes = tensor.dims().iter().fold(String::new(), |sizes, size| format!("{sizes}{size},"));
    let code = Dtype::OURS.code();
    let mut header = format!("{{'descr': '{code}', 'fortran_order': False, 'shape': ({sizes}), }}");
    // The values begin at a multiple of 64 bytes, behind spaces and a line end.
    let before = Npy::MAGIC.len() + 4;
    let padding = (before + header.len() + 1).next_multiple_of(64) - before - header.len() - 1;
    header.extend(std::iter::repeat_n(' ', padding));
    header.push('\n');
    let mut bytes = Npy::MAGIC.to_vec();
    bytes.extend([1, 0]);
    let length = u16::try_from(header.len()).expect("a shape of at most six axes is short");
    bytes.extend(length.to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend(tensor.as_slice().iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with this header and so many bytes of values.
    fn file(header: &str, values: usize) -> Vec<u8> {
        let mut bytes = Npy::MAGIC.to_vec();
        bytes.extend([1, 0]);
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.bytes());
        bytes.extend(std::iter::repeat_n(0, values));
        bytes
    }

    #[test]
    fn what_numpy_writes_is_read() {
        // numpy.save of numpy.float64([[1.5, -2.0, 0.25]]), NumPy 2.
        let mut bytes = file(
            "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 3), }                                                          \n",
            0,
        );
        bytes.extend([1.5_f64, -2.0, 0.25].iter().flat_map(|value| value.to_le_bytes()));
        let array = decode("x.npy", &bytes).expect("an array");
        assert_eq!(array.dtype, Dtype::F64);
        assert_eq!(array.tensor.dims(), [1, 3]);
        assert_eq!(array.tensor.as_slice(), [1.5, -2.0, 0.25]);
        // A shape of one axis has a comma, a shape of none has nothing; keys come in any order.
        let header = "{'shape': (2,), 'fortran_order': False, 'descr': '<f4'}";
        assert_eq!(decode("x.npy", &file(header, 8)).expect("an array").tensor.dims(), [2]);
        let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (), }";
        assert_eq!(decode("x.npy", &file(header, 4)).expect("a number").tensor.len(), 1);
    }

    #[test]
    fn other_orders_are_read_and_other_types_refused_with_the_way_out() {
        let header = |descr: &str, fortran: &str, shape: &str| {
            format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n")
        };
        let mut bytes = file(&header(">f4", "True", "(2, 2)"), 0);
        bytes.extend([1.0_f32, 3.0, 2.0, 4.0].iter().flat_map(|value| value.to_be_bytes()));
        let array = decode("x.npy", &bytes).expect("an array");
        assert_eq!(array.tensor.as_slice(), [1.0, 2.0, 3.0, 4.0]);
        for (header, values, words) in [
            (header("<i8", "False", "(1, 2)"), 16, "type int64; expected float32 or float64"),
            (header("<f4", "False", "(1, 1, 1, 1, 1, 1, 1)"), 4, "has 7 axes"),
            (header("<f4", "False", "(2, 2)"), 15, "holds only 15 bytes; expected 16"),
        ] {
            let refusal = decode("x.npy", &file(&header, values)).expect_err("refused");
            assert!(refusal.starts_with("x.npy: ") && refusal.contains(words), "`{refusal}`");
        }
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
                let read = decode("x.npy", &bytes).expect("just written");
                prop_assert_eq!(read.tensor.shape(), tensor.shape());
                let bits = |tensor: &Tensor| -> Vec<u64> {
                    tensor.as_slice().iter().map(|&x| f64::from(x).to_bits()).collect()
                };
                prop_assert_eq!(bits(&read.tensor), bits(&tensor));
            }

            #[test]
            fn any_truncation_is_refused(tensor in tensors(), share in 0.0_f64..1.0) {
                let bytes = encode(&tensor);
                prop_assert!(decode("x.npy", &bytes[..(bytes.len() as f64 * share) as usize]).is_err() );
            }
        }
    }
}
