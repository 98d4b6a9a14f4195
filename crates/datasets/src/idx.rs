//! The IDX format of MNIST, plain or in gzip.
//!
//! ```text
//! 00 00 08 d | size 1 | … | size d | values          sizes are 32-bit big-endian
//! ```
//!
//! `08` is the type byte for unsigned bytes, the only one read here, and `d` is the number of axes, 1 to 4.
//! The reader is strict: a file must hold exactly the values that its sizes declare.
//! The declared size is compared with the length of the file before memory is asked for; for gzip, with the most
//! that a file of that length can expand to.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use flate2::{Compression, GzBuilder};

use crate::Error;

/// The contents of an IDX file of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idx {
    dims: Vec<usize>,
    values: Vec<u8>,
}

/// A deflate stream never expands to more than 1,032 times its length.
const EXPANSION: u64 = 1_032;
/// Room that is made before anything is decoded; all of MNIST fits.
const FIRST_BYTES: u64 = 64 << 20;
const UNSIGNED_BYTE: u8 = 0x08;
const MAX_AXES: u8 = 4;

impl Idx {
    /// Holds `values` in row-major order under the sizes `dims`, outermost first.
    ///
    /// # Errors
    ///
    /// When the sizes do not multiply to the number of values, one does not fit 32 bits, or there are not 1 to 4.
    pub fn new(dims: Vec<usize>, values: Vec<u8>) -> Result<Self, Error> {
        let wanted = dims.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
        let sizes_fit = dims.iter().all(|&size| u32::try_from(size).is_ok());
        if wanted != Some(values.len())
            || !sizes_fit
            || !(1..=MAX_AXES as usize).contains(&dims.len())
        {
            return Err(Error::Setting {
                what: "idx: sizes",
                got: format!("{dims:?} for {} values", values.len()),
                expected: format!(
                    "1 to {MAX_AXES} 32-bit sizes whose product is the number of values"
                ),
            });
        }
        Ok(Self { dims, values })
    }

    /// Reads a file, gzip or plain by its first two bytes.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is not IDX, is of another type than bytes, or is too short or too long.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        let unreadable = |source| Error::Read { file: name.clone(), source };
        let file = File::open(path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        decode(&name, length, BufReader::new(file))
    }

    /// Decodes the bytes of a file, gzip or plain; `file` is the name that errors give it.
    ///
    /// # Errors
    ///
    /// As [`Idx::read`].
    pub fn decode(file: &str, bytes: &[u8]) -> Result<Self, Error> {
        decode(file, bytes.len() as u64, bytes)
    }

    /// Sizes of the axes, outermost first.
    pub fn dims(&self) -> &[usize] {
        &self.dims
    }

    /// Values in row-major order.
    pub fn values(&self) -> &[u8] {
        &self.values
    }

    /// Gives up the values.
    pub fn into_values(self) -> Vec<u8> {
        self.values
    }

    /// Encodes the contents as a plain IDX file.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![0, 0, UNSIGNED_BYTE, self.dims.len() as u8];
        for &size in &self.dims {
            bytes.extend((size as u32).to_be_bytes());
        }
        bytes.extend(&self.values);
        bytes
    }

    /// Encodes the contents as a gzip IDX file without name or time, at the highest level.
    ///
    /// The same contents give the same bytes for one version of the compressor; another version may pack them
    /// differently, and they decode to the same contents all the same.
    pub fn encode_gzip(&self) -> Vec<u8> {
        // 255 is the operating system "unknown", so that the platform does not show.
        let mut gzip =
            GzBuilder::new().mtime(0).operating_system(255).write(Vec::new(), Compression::best());
        gzip.write_all(&self.encode()).and_then(|()| gzip.finish()).expect("a Vec takes any bytes")
    }
}

fn decode(file: &str, stored: u64, mut bytes: impl BufRead) -> Result<Idx, Error> {
    let start = bytes.fill_buf().map_err(|source| Error::Read { file: file.to_owned(), source })?;
    if start.starts_with(&[0x1f, 0x8b]) {
        let limit = stored.saturating_mul(EXPANSION);
        decode_values(file, Length::AtMost(limit), MultiGzDecoder::new(bytes)).map_err(|error| {
            match error {
                Error::Read { file, source } => Error::Gzip { file, source },
                other => other,
            }
        })
    } else {
        decode_values(file, Length::Exactly(stored), bytes)
    }
}

/// What the length of a file says about the length of its contents.
#[derive(Clone, Copy)]
enum Length {
    Exactly(u64),
    AtMost(u64),
}

fn decode_values(file: &str, length: Length, mut bytes: impl Read) -> Result<Idx, Error> {
    let [zero_0, zero_1, kind, axes] = four_bytes(file, &mut bytes)?;
    let format = |what, got, expected: &str| Error::Format {
        file: file.to_owned(),
        what,
        got,
        expected: expected.to_owned(),
    };
    if [zero_0, zero_1] != [0, 0] {
        let got = format!("{zero_0:02x}{zero_1:02x}{kind:02x}{axes:02x}");
        return Err(format("magic number", got, "00000801 to 00000804, or gzip"));
    }
    if kind != UNSIGNED_BYTE {
        return Err(format("value type", format!("0x{kind:02x}"), "0x08, unsigned bytes"));
    }
    if !(1..=MAX_AXES).contains(&axes) {
        return Err(format("number of axes", axes.to_string(), "1 to 4"));
    }
    let mut dims = Vec::new();
    for _ in 0..axes {
        dims.push(u32::from_be_bytes(four_bytes(file, &mut bytes)?) as usize);
    }

    let size = |got: String, expected: u64| Error::Size {
        file: file.to_owned(),
        got,
        expected: format!("{expected}, for sizes {dims:?}"),
    };
    let header = 4 + 4 * u64::from(axes);
    let count = dims.iter().try_fold(1_u64, |product, &size| product.checked_mul(size as u64));
    let Some(total) = count.and_then(|count| count.checked_add(header)) else {
        return Err(format("product of sizes", format!("{dims:?}"), "a product below 2^64"));
    };
    match length {
        Length::Exactly(stored) if stored != total => return Err(size(stored.to_string(), total)),
        Length::AtMost(limit) if limit < total => {
            return Err(size(format!("at most {limit}"), total));
        }
        _ => {}
    }

    let count = total - header;
    // Beyond the first part the memory grows with what is really decoded, so a promise alone costs little.
    let mut values = Vec::with_capacity(count.min(FIRST_BYTES) as usize);
    let unreadable = |source| Error::Read { file: file.to_owned(), source };
    bytes.by_ref().take(count).read_to_end(&mut values).map_err(unreadable)?;
    if (values.len() as u64) < count {
        return Err(size(format!("only {}", values.len() as u64 + header), total));
    }
    // Reading on also makes gzip compare its own checksum.
    match bytes.read(&mut [0]).map_err(unreadable)? {
        0 => Ok(Idx { dims, values }),
        _ => Err(size(format!("more than {total}"), total)),
    }
}

fn four_bytes(file: &str, bytes: &mut impl Read) -> Result<[u8; 4], Error> {
    let mut four = [0; 4];
    bytes.read_exact(&mut four).map_err(|source| match source.kind() {
        ErrorKind::UnexpectedEof => Error::Size {
            file: file.to_owned(),
            got: "too few".to_owned(),
            expected: "an IDX header of 8 to 20".to_owned(),
        },
        _ => Error::Read { file: file.to_owned(), source },
    })?;
    Ok(four)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample() -> Idx {
        Idx::new(vec![2, 2, 3], (1..=12).collect()).unwrap()
    }

    fn message(bytes: &[u8]) -> String {
        Idx::decode("f", bytes).unwrap_err().to_string()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut gzip = GzBuilder::new().write(Vec::new(), Compression::best());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    }

    #[test]
    fn the_layout_is_the_published_one() {
        let labels = Idx::new(vec![3], vec![7, 8, 9]).unwrap();
        assert_eq!(labels.encode(), [0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9]);
        assert_eq!(Idx::decode("f", &labels.encode()).unwrap(), labels);
    }

    #[test]
    fn gzip_and_plain_decode_to_the_same_contents() {
        assert_eq!(Idx::decode("f", &sample().encode_gzip()).unwrap(), sample());
        assert_eq!(Idx::decode("f", &sample().encode()).unwrap(), sample());
    }

    #[test]
    fn gzip_carries_neither_name_nor_time() {
        let bytes = sample().encode_gzip();
        assert_eq!(bytes[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);
    }

    #[test]
    fn a_wrong_header_is_named() {
        assert_eq!(
            message(b"\x89PNG"),
            "f: magic number is 89504e47; expected 00000801 to 00000804, or gzip"
        );
        assert_eq!(
            message(&[0, 0, 0x0d, 1]),
            "f: value type is 0x0d; expected 0x08, unsigned bytes"
        );
        assert_eq!(message(&[0, 0, 8, 9]), "f: number of axes is 9; expected 1 to 4");
        assert_eq!(message(&[0, 0, 8, 0]), "f: number of axes is 0; expected 1 to 4");
        assert_eq!(
            message(&[0, 0, 8]),
            "f: holds too few bytes; expected an IDX header of 8 to 20"
        );
        assert_eq!(message(&[]), "f: holds too few bytes; expected an IDX header of 8 to 20");
    }

    #[test]
    fn too_few_and_too_many_values_are_errors() {
        let plain = sample().encode();
        let longer = [&plain[..], &[0]].concat();
        assert_eq!(message(&plain[..27]), "f: holds 27 bytes; expected 28, for sizes [2, 2, 3]");
        assert_eq!(message(&longer), "f: holds 29 bytes; expected 28, for sizes [2, 2, 3]");
        assert_eq!(
            message(&gzip(&plain[..27])),
            "f: holds only 27 bytes; expected 28, for sizes [2, 2, 3]"
        );
        assert_eq!(
            message(&gzip(&longer)),
            "f: holds more than 28 bytes; expected 28, for sizes [2, 2, 3]"
        );
    }

    #[test]
    fn a_header_that_promises_terabytes_is_refused_before_memory_is_asked_for() {
        let header = [0, 0, 8, 3, 0, 0xff, 0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff];
        assert!(message(&header).starts_with("f: holds 16 bytes; expected 720"));
        assert!(message(&gzip(&header)).starts_with("f: holds at most "));
        let overflow = [&[0, 0, 8, 4][..], &[0xff; 16]].concat();
        assert!(message(&overflow).contains("expected a product below 2^64"));
    }

    #[test]
    fn a_bomb_is_read_no_further_than_its_header_declares() {
        let bomb = gzip(&[&[0, 0, 8, 1, 0, 0, 0, 4][..], &vec![0; 10_000_000]].concat());
        assert_eq!(message(&bomb), "f: holds more than 12 bytes; expected 12, for sizes [4]");
    }

    #[test]
    fn bytes_behind_the_gzip_stream_are_an_error() {
        let mut bytes = sample().encode_gzip();
        bytes.push(0);
        assert!(message(&bytes).starts_with("f: damaged gzip stream: "), "{}", message(&bytes));
    }

    #[test]
    fn a_flipped_bit_in_the_gzip_checksum_is_noticed() {
        let mut bytes = sample().encode_gzip();
        let checksum = bytes.len() - 8;
        bytes[checksum] ^= 1;
        assert!(message(&bytes).starts_with("f: damaged gzip stream: "), "{}", message(&bytes));
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Idx::read(Path::new("no/such-file")).unwrap_err().to_string();
        assert!(error.starts_with("no/such-file: cannot be read: "), "{error}");
    }

    #[test]
    fn sizes_must_match_the_values() {
        assert!(Idx::new(vec![2, 3], vec![0; 5]).is_err());
        assert!(Idx::new(vec![], vec![0]).is_err());
        assert!(Idx::new(vec![1; 5], vec![0]).is_err());
    }

    proptest! {
        #[test]
        fn any_truncation_is_an_error(packed: bool, cut in 0_usize..60) {
            let bytes = if packed { sample().encode_gzip() } else { sample().encode() };
            let kept = cut.min(bytes.len() - 1);
            prop_assert!(Idx::decode("f", &bytes[..kept]).is_err());
        }

        #[test]
        fn any_changed_byte_gives_an_error_or_contents_of_the_declared_size(
            packed: bool, at in 0_usize..60, flip in 1_u8..,
        ) {
            let mut bytes = if packed { sample().encode_gzip() } else { sample().encode() };
            let at = at % bytes.len();
            bytes[at] ^= flip;
            if let Ok(idx) = Idx::decode("f", &bytes) {
                prop_assert_eq!(idx.dims().iter().product::<usize>(), idx.values().len());
                prop_assert!(idx.values().len() <= 28);
            }
        }

        #[test]
        fn any_bytes_behind_a_good_magic_number_are_read_without_a_panic(tail: Vec<u8>, axes in 1_u8..=4) {
            let bytes = [&[0, 0, 8, axes][..], &tail].concat();
            let plain = Idx::decode("f", &bytes).is_ok();
            prop_assert_eq!(plain, Idx::decode("f", &gzip(&bytes)).is_ok());
        }
    }
}
