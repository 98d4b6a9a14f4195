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
    /// A class is asked for or given that there is not.
    #[error("{what} {got} is out of range; expected less than {classes}")]
    NoClass {
        /// `label`, `prediction` or `class`.
        what: &'static str,
        /// Its value.
        got: usize,
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
    /// A weight is no amount.
    #[error("weight is {weight}; expected 0, or a number from 1e-60 to 1e60")]
    Weight {
        /// The weight as given.
        weight: f64,
    },
    /// A score cannot be ranked, or is no probability where one is needed.
    #[error("score is {score}; expected {expected}")]
    ScoreValue {
        /// The score as given.
        score: f64,
        /// What would fit.
        expected: &'static str,
    },
    /// An example has another number of values than there are classes.
    #[error("{what}: got {got} values for {expected} classes")]
    Width {
        /// `labels`, `predictions` or `scores`.
        what: &'static str,
        /// Values of the example.
        got: usize,
        /// Classes.
        expected: usize,
    },
    /// A setting of a score is outside its range.
    #[error("{what} is {got}; expected {expected}")]
    Setting {
        /// Name of the setting.
        what: &'static str,
        /// Its value.
        got: f64,
        /// What would fit.
        expected: &'static str,
    },
    /// A file of records cannot be read as a whole.
    #[error("{0}")]
    Table(String),
    /// What is asked for does not fit the task or the file.
    #[error("{0}")]
    Options(String),
    /// A record is malformed or does not fit the columns.
    #[error("record {record} (line {line}) {problem}")]
    Record {
        /// Its number, from 1; the line of names is no record.
        record: usize,
        /// The line at which it begins, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// A field of a record does not hold what it should.
    #[error("record {record} (line {line}), field `{field}`: got {got}; expected {expected}")]
    Field {
        /// Number of the record, from 1.
        record: usize,
        /// The line at which it begins, from 1.
        line: usize,
        /// Name of the column.
        field: String,
        /// What stands there.
        got: String,
        /// What would fit.
        expected: String,
    },
    /// A score has no value, and none was to stand for it.
    #[error("{score} of {of} is undefined: {why}; count it as zero or one, or skip it")]
    Undefined {
        /// Name of the score.
        score: &'static str,
        /// Name of the class, or of the average.
        of: String,
        /// What is missing.
        why: &'static str,
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
    Evaluation {
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
    FileRecord {
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
    /// A detection has no confidence, as labels have none.
    #[error("image `{image}`, box {nth}: no confidence; expected one behind its corners")]
    NoConfidence {
        /// Name of the image.
        image: String,
        /// Which of its boxes, from 1.
        nth: usize,
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

impl Error {
    /// The weight, if it is an amount whose sums and products of sums stay numbers.
    pub(crate) fn weight(weight: f64) -> Result<f64, Self> {
        if weight == 0.0 || (1e-60..=1e60).contains(&weight) {
            Ok(weight)
        } else {
            Err(Self::Weight { weight })
        }
    }

    /// The score, if it can be ranked.
    pub(crate) fn finite(score: f64) -> Result<f64, Self> {
        let expected = "a finite number";
        if score.is_finite() { Ok(score) } else { Err(Self::ScoreValue { score, expected }) }
    }

    /// The score, if it is a probability.
    pub(crate) fn probability(score: f64) -> Result<f64, Self> {
        let expected = "a probability from 0 to 1";
        if (0.0..=1.0).contains(&score) {
            Ok(score)
        } else {
            Err(Self::ScoreValue { score, expected })
        }
    }
}
