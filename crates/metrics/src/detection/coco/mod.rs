//! Evaluation by the rules of COCO.
//!
//! Per image and category, detections are matched to objects, surest first, at every overlap threshold and for every range
//! of sizes ([`Settings::evaluate`]). Judged detections of all images are then ranked, and precision is read at 101 recalls
//! ([`Matches`]).
//!
//! # Two modes
//!
//! [`Mode::Strict`] equals pycocotools 2.0.11 to the bit, whatever one thinks of it. [`Mode::Corrected`] puts right:
//!
//! | what | strict | corrected |
//! |---|---|---|
//! | a match to the object with id 0 | counts as no match | counts |
//! | an object id given twice | the last one counts twice, in place of the first | an error |
//! | `ignore` of an object in the file | is overwritten by `iscrowd` | holds, beside `iscrowd` |
//! | AP, the first number | at 100 detections, −1 where 100 is none of the limits | at the largest limit |
//! | fewer than three limits of detections | no summary | the last limit stands in for the missing |
//! | AP of keypoints | at 20 detections | at the largest limit |
//! | the best precision | 1 / (1 + 2⁻⁵²) after one detection | 1 |
//! | thresholds | `0.5 + i · 0.05` as rounded: 0.8999999999999999 | 0.9, and so for recall |
//! | an object of area 1024 | is small and medium | is medium: ranges end before their upper bound |
//! | an object larger than 10¹⁰ | is ignored | counts |
//! | recalls that are out of order | end at the first that is not reached | are read each for itself |
//! | keypoints without categories | match nothing | match |
//! | a category listed twice, without categories | is pooled twice | once |

mod cells;
mod class;
mod curve;
mod evaluate;
mod explain;
mod grid;
mod matching;
mod merge;
mod per_image;
mod ranked;
mod settings;
mod similarity;
mod summary;

pub use class::{Cell, ClassMatches};
pub use curve::Slice;
pub use evaluate::Matches;
pub use explain::Explained;
pub use grid::Grid;
pub use per_image::ImageScore;
pub use settings::{AreaRange, Mode, Settings, Similarity};
pub use summary::{Line, Measure, Summary};

pub(super) use cells::Federation;
pub(super) use similarity::Comparison;
