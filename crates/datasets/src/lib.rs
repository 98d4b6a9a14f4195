//! Reads, checks and batches labelled images; draws synthetic ones.
//!
//! A data set is named by a table with a `kind`, loaded whole, and cut into batches of tensors.
//!
//! ```
//! use cenote_datasets::{Batches, KINDS, Normalization};
//! use cenote_tensor::Seed;
//!
//! let digits = cenote_spec::parse(&[KINDS], "kind = 'digits'".parse()?)?.load()?;
//! let (train, validation) = digits.train.hold_out(150, &mut Seed(1).stream("hold out"))?;
//! let normalization = Normalization::of(&train)?;
//! for batch in Batches::sequential(&validation, &normalization, 64)? {
//!     let batch = batch?;
//!     assert_eq!(batch.images.dims(), [batch.labels.len(), 1, 8, 8]);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Two sets are part of the crate (`digits` and `fashion_mnist_10k`), so the example needs no file.
//! Others are read from files that the user has placed; [`KINDS`] lists them all. Images with boxes are in
//! [`DETECTION_KINDS`] and images with texts in [`TEXT_KINDS`]; scaled to one size these are a [`Dataset`] as the others are.
//!
//! Some kinds are drawn (`shapes_on_clutter`, `cluttered_fashion_mnist`, `canvases`, `synthetic_captcha`): of these a
//! [`Composition`] says what is object in each image and what is background, and puts objects over other backgrounds.
//!
//! # What holds everywhere
//!
//! - Nothing is trusted: published files are compared with their SHA-256, other files with what their headers
//!   declare, and a header cannot make the reader ask for more memory than its file can hold.
//! - Every draw comes from a stream that the caller names; what happens to an example depends on the seed, the
//!   epoch and its index, never on its batch.
//! - Scaling is measured on the training part alone.
//!
//! # What it does not do
//!
//! It downloads nothing, though it knows what a [`PublishedSet`] consists of; it knows no model, and keeps each set of
//! [`KINDS`] in memory as bytes.

mod archive;
mod augmentation;
mod batch;
mod checksum;
mod corruption;
mod dataset;
mod draw;
mod error;
mod fold;
mod folder;
mod idx;
mod images;
mod inspection;
mod loader;
mod located;
mod normalization;
mod npy;
mod order;
mod parts;
mod picture;
mod pictures;
mod place;
mod published;
mod segmentation;
mod smooth;
mod source;
mod split;
mod synthetic;
mod texts;
mod transform;

pub use augmentation::Augmentation;
pub use batch::{Answers, Batch, Batches, Last, Mixed};
pub use checksum::sha256;
pub use corruption::{
    BENCHMARKS, Benchmark, CORRUPTIONS, Corruption, Damage, EXTRA_CORRUPTIONS, Family,
    MNIST_CORRUPTIONS, corrupted,
};
pub use dataset::{Dataset, Origin};
pub use error::Error;
pub use fold::Folds;
pub use idx::Idx;
pub use images::{Encoded, Images};
pub use inspection::{Duplicates, Label, Place, Survey, Tile, digest, grid, labelled};
pub use loader::Loader;
pub use located::{
    BoxedObject, DETECTION_KINDS, DetectionSet, DetectionSource, LeftOut, Scene, WhyLeftOut,
};
pub use normalization::{Normalization, PixelCounts};
pub use npy::{Npy, NpyElement};
pub use parts::Parts;
pub use picture::{Channels, Picture, png};
pub use place::data_dir;
pub use published::{PublishedFile, PublishedSet};
pub use segmentation::{
    Cut, Ink, Piece, Plane, Segmentation, Segmented, Threshold, components, draw, labels, letter,
    median, opening, otsu, sauvola,
};
pub use source::{KINDS, Source};
pub use split::Split;
pub use synthetic::{Composition, DrawnObject, Mask};
pub use texts::{TEXT_KINDS, TextImage, TextSet, TextSource, captchas, pictures};
pub use transform::{Field, Matrix, Motion, TRANSFORMS, Transform};
