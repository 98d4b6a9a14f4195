//! What can be wrong with a file, a data set or a request for a part of one.

use std::path::PathBuf;

/// Why data could not be loaded, split or batched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing says where the files of a data set are.
    #[error(
        "{dataset}: no directory to read from; set CENOTE_DATA_DIR to the directory that holds \
         `{folder}/`, or give the data set `dir`; {wanted}"
    )]
    NoDirectory {
        /// Kind of the data set.
        dataset: &'static str,
        /// Folder that is looked for below `CENOTE_DATA_DIR`.
        folder: &'static str,
        /// The files, their address and their checksums.
        wanted: String,
    },
    /// A file of a published data set is not where it should be.
    #[error("{dataset}: {} does not hold `{file}`; {wanted}", directory.display())]
    Missing {
        /// Kind of the data set.
        dataset: &'static str,
        /// Directory that was searched.
        directory: PathBuf,
        /// First file that is not there.
        file: String,
        /// The files, their address and their checksums.
        wanted: String,
    },
    /// The operating system would not read a file.
    #[error("{file}: cannot be read: {source}")]
    Read {
        /// File that was asked for.
        file: String,
        /// What the system answered.
        source: std::io::Error,
    },
    /// The gzip stream of a file is damaged or cut short.
    #[error("{file}: damaged gzip stream: {source}")]
    Gzip {
        /// File that was read.
        file: String,
        /// What the decoder found.
        source: std::io::Error,
    },
    /// A file does not begin like the format it should have.
    #[error("{file}: {what} is {got}; expected {expected}")]
    Format {
        /// File that was read.
        file: String,
        /// Part of the header that is wrong.
        what: &'static str,
        /// What stands there.
        got: String,
        /// What would fit.
        expected: String,
    },
    /// A file holds more or fewer bytes than it should.
    #[error("{file}: holds {got} bytes; expected {expected}")]
    Size {
        /// File that was read.
        file: String,
        /// Bytes found, with the word that qualifies them (`only 12`, `more than 784`).
        got: String,
        /// Bytes that its header or its publisher promises.
        expected: String,
    },
    /// A file is not, byte for byte, the one that was published.
    #[error("{file}: sha256 is {got}; expected {expected}")]
    Checksum {
        /// File that was read.
        file: String,
        /// SHA-256 of what was read.
        got: String,
        /// SHA-256 of the published file.
        expected: String,
    },
    /// Images and labels do not belong together.
    #[error("{images} images cannot be paired with {labels} labels")]
    Count {
        /// Number of images.
        images: usize,
        /// Number of labels.
        labels: usize,
    },
    /// Two files that were given together do not belong together.
    #[error("{images} with {labels}: {source}")]
    Pair {
        /// File of the images.
        images: String,
        /// File of the labels.
        labels: String,
        /// What does not fit.
        source: Box<Error>,
    },
    /// A label names no class.
    #[error("{dataset}: label {label} of {part} example {index} is out of range; expected 0 to {}", classes - 1)]
    Label {
        /// Name of the data set.
        dataset: String,
        /// `train` or `test`.
        part: &'static str,
        /// Position of the example.
        index: usize,
        /// Its label.
        label: usize,
        /// Number of classes, at least one.
        classes: usize,
    },
    /// A line of an annotation cannot be right.
    #[error("{file}, line {line}: {what}")]
    Annotation {
        /// File that was read.
        file: String,
        /// Number of the line, from 1.
        line: usize,
        /// What was got and what would fit.
        what: String,
    },
    /// Annotations of COCO cannot be read.
    #[error(transparent)]
    Coco(#[from] cenote_metrics::Error),
    /// A list of classes cannot be read.
    #[error(transparent)]
    Classes(#[from] cenote_metrics::FolderError),
    /// The system gives no thread to make batches with.
    #[error("a thread to load with cannot be had ({workers} workers were asked for): {source}")]
    Thread {
        /// How many were asked for.
        workers: usize,
        /// What the system answered.
        source: std::io::Error,
    },
    /// Something has a value that cannot be used.
    #[error("{what} is {got}; expected {expected}")]
    Setting {
        /// What was set.
        what: &'static str,
        /// Its value.
        got: String,
        /// What would be accepted.
        expected: String,
    },
}
