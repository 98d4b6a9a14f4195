//! IDX files and arrays of NumPy.

use cenote_datasets::{Idx, Npy};

/// Sizes that multiply to the number of values, or an error that names the file.
pub fn idx(bytes: &[u8]) {
    match Idx::decode("file", bytes) {
        Ok(idx) => assert_eq!(idx.dims().iter().product::<usize>(), idx.values().len()),
        Err(error) => assert!(error.to_string().starts_with("file"), "{error}"),
    }
}

/// As many values as the shape has, or an error that names the file.
pub fn npy(bytes: &[u8]) {
    match Npy::decode("file", bytes) {
        Ok(array) => {
            assert_eq!(array.dims().iter().product::<usize>(), array.values().count());
            assert!(array.bytes().len() <= bytes.len());
        }
        Err(error) => assert!(error.to_string().starts_with("file"), "{error}"),
    }
}
