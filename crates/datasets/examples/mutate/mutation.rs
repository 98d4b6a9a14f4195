//! Changes of bytes that readers might fall over.

use std::io::{Read, Write};

use flate2::{Compression, Crc, read::GzDecoder, write::GzEncoder};

/// Numbers at the ends of ranges.
const EDGES: [u64; 12] =
    [0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF, 1 << 40, u64::MAX];
/// Texts that stand for numbers and paths.
const WORDS: [&[u8]; 12] = [
    b"0",
    b"-1",
    b"4294967296",
    b"18446744073709551616",
    b"1e400",
    b"nan",
    b"../",
    b"/",
    b"\"",
    b"\n",
    b"\0",
    b"[[[[[[[[",
];
/// The longest input.
const LONGEST: usize = 1 << 16;

/// A source of changed seeds.
pub(crate) struct Mutator {
    seeds: Vec<Vec<u8>>,
    state: u64,
}

impl Mutator {
    pub(crate) fn new(seeds: Vec<Vec<u8>>, seed: u64) -> Self {
        Self { seeds, state: seed }
    }

    /// A seed with one to eight changes; what checks its own sums is often mended, so that more than the sum is looked at.
    pub(crate) fn next(&mut self) -> Vec<u8> {
        let pick = self.below(self.seeds.len());
        let mut bytes = self.seeds[pick].clone();
        let packed = bytes.starts_with(&[0x1F, 0x8B]) && self.below(4) > 0;
        if packed {
            let mut plain = Vec::new();
            // What a damaged seed gives before its damage is a seed too.
            let _ = GzDecoder::new(&bytes[..]).take(LONGEST as u64).read_to_end(&mut plain);
            bytes = plain;
        }
        for _ in 0..=self.below(8) {
            self.change(&mut bytes);
        }
        bytes.truncate(LONGEST);
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n") && self.below(4) > 0 {
            mend_png(&mut bytes);
        }
        if packed {
            let mut file = GzEncoder::new(Vec::new(), Compression::fast());
            file.write_all(&bytes).expect("memory is writable");
            bytes = file.finish().expect("memory is writable");
        }
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        let (at, width) = (self.below(bytes.len() + 1), 1 << self.below(4));
        let end = (at + width).min(bytes.len());
        let far = (at + self.below(64)).min(bytes.len());
        match self.below(9) {
            0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
            1 if at < bytes.len() => bytes[at] = self.draw() as u8,
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(at..far)),
            4 => {
                let copy = bytes[at..far].to_vec();
                let to = self.below(bytes.len() + 1);
                bytes.splice(to..to, copy);
            }
            5 => {
                let edge = EDGES[self.below(EDGES.len())];
                let written =
                    if self.below(2) == 0 { edge.to_le_bytes() } else { edge.to_be_bytes() };
                let part = if self.below(2) == 0 {
                    &written[..end - at]
                } else {
                    &written[8 - (end - at)..]
                };
                bytes[at..end].copy_from_slice(part);
            }
            6 => {
                let word = WORDS[self.below(WORDS.len())];
                bytes.splice(at..end, word.iter().copied());
            }
            7 => {
                // A number in the text becomes another.
                let digits = |b: &u8| b.is_ascii_digit();
                let Some(first) = bytes[at..].iter().position(digits).map(|place| at + place)
                else {
                    return;
                };
                let length = bytes[first..].iter().take_while(|b| digits(b)).count();
                let edge = EDGES[self.below(EDGES.len())].to_string();
                bytes.splice(first..first + length, edge.into_bytes());
            }
            _ => {
                let pick = self.below(self.seeds.len());
                let other = self.seeds[pick].clone();
                let from = self.below(other.len() + 1);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.draw() % bound.max(1) as u64) as usize
    }

    /// The next of a sequence without pattern (`SplitMix64`).
    fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

/// Gives every chunk of a PNG the checksum that fits it.
fn mend_png(bytes: &mut [u8]) {
    let mut at = 8;
    while let Some(length) = bytes.get(at..at + 4) {
        let length = length.iter().fold(0, |number, &byte| number << 8 | usize::from(byte));
        let end = at + 8 + length;
        let Some(chunk) = bytes.get(at + 4..end) else { return };
        let mut sum = Crc::new();
        sum.update(chunk);
        let Some(stored) = bytes.get_mut(end..end + 4) else { return };
        stored.copy_from_slice(&sum.sum().to_be_bytes());
        at = end + 4;
    }
}
