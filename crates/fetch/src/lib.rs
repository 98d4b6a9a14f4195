//! Brings a published file to its place: addresses in, a verified file out.
//!
//! ```no_run
//! use std::path::Path;
//!
//! use cenote_fetch::{Download, Patience, fetch};
//!
//! let download = Download {
//!     addresses: &["https://ossci-datasets.s3.amazonaws.com/mnist/t10k-labels-idx1-ubyte.gz".to_owned()],
//!     bytes: 4_542,
//!     sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
//!     to: Path::new("mnist/t10k-labels-idx1-ubyte.gz"),
//! };
//! fetch(&download, &Patience::default(), &mut |done| println!("{done} bytes"))?;
//! # Ok::<(), cenote_fetch::Error>(())
//! ```
//!
//! # What holds everywhere
//!
//! - A file appears under its name only when it is whole and its SHA-256 is the published one; until then it is called
//!   `NAME.part`. What is there already is never written over.
//! - What was received is kept: the next try, now or on another day, asks for the rest only.
//! - No server keeps it for ever: silence ends a try, and so does a trickle. None makes it store more than the published
//!   length.
//!
//! # What it does not do
//!
//! It knows no data set and reads no format. It is the only crate that can reach a network; only `cli` imports it.

mod download;
mod error;
mod part;
mod stored;

pub use download::{Download, Fetched, Patience, fetch};
pub use error::Error;
pub use stored::{State, check};
