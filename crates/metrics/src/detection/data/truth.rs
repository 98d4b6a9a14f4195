//! What is really there.

use super::Id;
use crate::masks::Rle;

/// Images, the categories looked for in them, and the objects that are there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroundTruth {
    /// The images, in the order of their file.
    pub images: Vec<Image>,
    /// The categories, in the order of their file.
    pub categories: Vec<Category>,
    /// The objects, in the order of their file.
    pub objects: Vec<Object>,
}

/// An image.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Image {
    /// Its name among images.
    pub id: Id,
    /// Columns of pixels; 0 where the file does not say.
    pub width: u32,
    /// Rows of pixels; 0 where the file does not say.
    pub height: u32,
    /// Name of its file, where known.
    pub file_name: Option<Box<str>>,
    /// Categories known not to be in the image (LVIS); unused elsewhere.
    pub negative: Vec<Id>,
    /// Categories of which not every object is listed (LVIS); unused elsewhere.
    pub not_exhaustive: Vec<Id>,
}

/// A kind of object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Category {
    /// Its name among categories.
    pub id: Id,
    /// Its name in words.
    pub name: String,
    /// How many images show it (LVIS).
    pub frequency: Option<Frequency>,
}

/// How many training images show a category (LVIS).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frequency {
    /// At most 10.
    Rare,
    /// 11 to 100.
    Common,
    /// More than 100.
    Frequent,
}

/// An object in an image.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object {
    /// Its name among objects.
    pub id: Id,
    /// The image it is in.
    pub image: Id,
    /// What it is.
    pub category: Id,
    /// `[x, y, width, height]` as given: sizes may be 0 or negative.
    pub bbox: [f64; 4],
    /// What decides whether it is small, medium or large: usually the pixels of its mask.
    pub area: f64,
    /// Whether it stands for a group; detections inside it count for nothing.
    pub crowd: bool,
    /// Whether it need not be found: Pascal VOC's `difficult`, or `ignore` in a COCO file.
    pub ignore: bool,
    /// Its outline, where there is one.
    pub segmentation: Option<Segmentation>,
    /// Its keypoints, where there are some.
    pub pose: Option<Pose>,
}

/// The pixels of an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Segmentation {
    /// Closed polygons `x1 y1 x2 y2 …` in pixels, covering the object together.
    Polygons(Vec<Vec<f64>>),
    /// Runs of pixels.
    Rle(Rle),
}

/// Where the joints of an object are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pose {
    /// `[x, y, v]` per keypoint; `v` is 0 where it is not labelled.
    pub points: Vec<[f64; 3]>,
    /// Keypoints that are labelled, as the file says; an object without any is ignored.
    pub labelled: u32,
}

impl Default for Id {
    fn default() -> Self {
        Self::new(0)
    }
}
