//! Single images.

use cenote_datasets::{Channels, Picture};

/// As many bytes as the header says, or an error that names the file.
pub fn picture(bytes: &[u8]) {
    let picture = Picture::bytes("file".to_owned(), bytes.to_vec());
    let size = picture.size();
    match picture.decode(Channels::Rgb) {
        Ok((planes, [rows, columns])) => {
            assert_eq!(planes.len(), 3 * rows as usize * columns as usize);
            assert_eq!(size.expect("what is decoded has a size"), [rows, columns]);
        }
        Err(error) => assert!(error.to_string().starts_with("file"), "{error}"),
    }
}
