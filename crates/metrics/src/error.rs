//! What can be wrong with labels, boxes and scores.

/// Why something could not be counted or scored.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Labels and predictions do not pair up.
    #[error("confusion matrix: {labels} labels cannot be paired with {predictions} predictions")]
    Lengths {
        /// Number of labels.
        labels: usize,
        /// Number of predictions.
        predictions: usize,
    },
    /// A label or prediction names no class.
    #[error(
        "confusion matrix: {what} {got} of example {index} is out of range; expected less than {classes}"
    )]
    Class {
        /// `label` or `prediction`.
        what: &'static str,
        /// Its value.
        got: usize,
        /// Position of the example.
        index: usize,
        /// Number of classes.
        classes: usize,
    },
    /// Two matrices count different numbers of classes.
    #[error("confusion matrix: cannot merge {got} classes into {expected}")]
    Classes {
        /// Classes of the matrix to merge.
        got: usize,
        /// Classes of the matrix that should take it.
        expected: usize,
    },
    /// The corners of a box are not finite or not in order.
    #[error("box: corners are {corners:?}; expected finite x1 <= x2 and y1 <= y2")]
    Corners {
        /// `[x1, y1, x2, y2]` as given.
        corners: [f64; 4],
    },
    /// A detection has a score that cannot be ranked.
    #[error("detection: score is {score}; expected a number")]
    Score {
        /// The score as given.
        score: f64,
    },
    /// A box has a number that is not finite.
    #[error("detection: box is {bbox:?}; expected finite numbers")]
    Box {
        /// `[x, y, width, height]` as given.
        bbox: [f64; 4],
    },
    /// There is more than can be numbered.
    #[error("more than {most} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        most: u64,
    },
    /// The runs of a mask do not fit its image.
    #[error("mask: runs cover {covered} pixels, which an image of {height}x{width} has not")]
    Runs {
        /// Sum of the runs.
        covered: u64,
        /// Rows of pixels.
        height: u32,
        /// Columns of pixels.
        width: u32,
    },
    /// The text of a mask cannot be read.
    #[error("mask: {what} at byte {at} of the runs' text")]
    RunText {
        /// Where.
        at: usize,
        /// What is wrong there.
        what: &'static str,
    },
    /// An outline is none.
    #[error("polygon: {what}")]
    Polygon {
        /// What is wrong.
        what: &'static str,
    },
    /// What is to be compared is not there.
    #[error("no {what}")]
    NoShape {
        /// What is missing.
        what: &'static str,
    },
    /// There are not as many keypoints as uncertainties.
    #[error("{got} keypoints; expected {expected}, one per sigma")]
    Keypoints {
        /// How many there are.
        got: usize,
        /// How many there should be.
        expected: usize,
    },
    /// Something is wrong with an object.
    #[error("object {row} (id {id}): {error}")]
    Object {
        /// Its position.
        row: usize,
        /// Its id.
        id: crate::Id,
        /// What is wrong.
        error: Box<Error>,
    },
    /// Something is wrong with a detection.
    #[error("detection {row}: {error}")]
    Detection {
        /// Its position.
        row: usize,
        /// What is wrong.
        error: Box<Error>,
    },
    /// A detection names an image that the ground truth does not list.
    #[error("detection {row}: the ground truth has no image {image}")]
    UnknownImage {
        /// Position of the detection.
        row: usize,
        /// The image it names.
        image: crate::Id,
    },
    /// Two objects share an id.
    #[error("object {row}: id {id} is taken by an object before it")]
    DuplicateObject {
        /// Position of the second.
        row: usize,
        /// The id.
        id: crate::Id,
    },
    /// A setting makes no sense.
    #[error("evaluation: got {got}; expected {what}")]
    Setting {
        /// What would.
        what: &'static str,
        /// What was given.
        got: String,
    },
    /// Parts cannot be joined.
    #[error("joining evaluations: {what}")]
    Merge {
        /// Why.
        what: String,
    },
    /// A category of LVIS does not say how frequent it is.
    #[error("category {category}: no frequency; expected r, c or f")]
    NoFrequency {
        /// The category.
        category: crate::Id,
    },
    /// A file cannot be read or written.
    #[error("{path}: {what}")]
    File {
        /// Its name.
        path: String,
        /// Why not.
        what: String,
    },
    /// A record of a file is wrong.
    #[error("{path}: {list} {record}, {field}: {what}")]
    Record {
        /// Name of the file.
        path: String,
        /// What kind of record.
        list: &'static str,
        /// Its position, from 0.
        record: usize,
        /// Which part of it.
        field: String,
        /// What is wrong.
        what: String,
    },
    /// Two sets of annotations have the same name.
    #[error("image `{image}` has two annotations; expected one")]
    Twice {
        /// Name of the image.
        image: String,
    },
    /// A detection is in an image that has no annotation.
    #[error("detection of `{class}`: image `{image}` is not annotated")]
    Unannotated {
        /// Name of the image.
        image: String,
        /// Class of the detection.
        class: String,
    },
    /// An image that has labels has no size.
    #[error("image `{image}` has no size")]
    NoSize {
        /// Name of the image.
        image: String,
    },
    /// A label has a class past the names.
    #[error("image `{image}`: class {class} has no name; there are {names} names")]
    NoClassName {
        /// Name of the image.
        image: String,
        /// Number of the class, from 0.
        class: u32,
        /// How many names there are.
        names: usize,
    },
}
