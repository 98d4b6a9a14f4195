//! An image with the objects in it, whatever format they were annotated in.

use rayon::prelude::*;

use crate::pictures::usual_size;
use crate::{Channels, Dataset, Error, Images, Origin, Picture, Split};

/// Images with boxes, split for training and testing.
#[derive(Clone, Debug)]
pub struct DetectionSet {
    /// Name for reports.
    pub name: String,
    /// What each class stands for.
    pub classes: Vec<String>,
    /// Scenes to learn from.
    pub train: Vec<Scene>,
    /// Scenes to judge by.
    pub test: Vec<Scene>,
    /// Boxes that were annotated and cannot be learnt from, in the order they were met.
    pub left_out: Vec<LeftOut>,
    /// Terms under which the images are published.
    pub licence: &'static str,
    /// Where the images come from.
    pub source: &'static str,
}

/// An image and the objects in it.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The image.
    pub picture: Picture,
    /// `[rows, columns]`, as annotated or from the header of the image.
    pub size: [u32; 2],
    /// What is in it; empty for background.
    pub objects: Vec<BoxedObject>,
}

/// An object and the box around it.
#[derive(Clone, Debug, PartialEq)]
pub struct BoxedObject {
    /// `[x1, y1, x2, y2]`: distances of the box's sides from the left and the upper side of the image, in pixels.
    pub corners: [f32; 4],
    /// Index of its class.
    pub class: usize,
    /// Whether it is too hard to be asked for (VOC).
    pub difficult: bool,
    /// Whether it stands for many objects of its class (COCO).
    pub crowd: bool,
}

/// A box that was annotated and cannot be learnt from.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftOut {
    /// Name of the image.
    pub image: String,
    /// Index of its class.
    pub class: usize,
    /// Its sides as [`BoxedObject::corners`] has them, before anything was cut.
    pub corners: [f64; 4],
    /// What is wrong with it.
    pub why: WhyLeftOut,
}

/// Why a box cannot be learnt from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyLeftOut {
    /// Its annotated corners enclose no area.
    Empty,
    /// It has no pixel inside the image.
    Outside,
}

impl BoxedObject {
    /// The object in the image scaled by these factors, down and across.
    #[must_use]
    pub(crate) fn scaled(&self, [down, across]: [f32; 2]) -> Self {
        let [x1, y1, x2, y2] = self.corners;
        Self { corners: [x1 * across, y1 * down, x2 * across, y2 * down], ..self.clone() }
    }
}

impl Scene {
    /// Sorts an annotated box into the objects, cut at the sides of the image, or among those left out.
    ///
    /// `empty` says whether the annotated corners enclose no area, which the format knows.
    pub(super) fn put(
        &mut self,
        object: &BoxedObject,
        corners: [f64; 4],
        empty: bool,
        left_out: &mut Vec<LeftOut>,
    ) {
        let [rows, columns] = self.size.map(f64::from);
        let [x1, y1, x2, y2] = corners;
        let cut = [x1.max(0.0), y1.max(0.0), x2.min(columns), y2.min(rows)];
        let rounded = cut.map(|side| side as f32);
        let outside = rounded[0] >= rounded[2] || rounded[1] >= rounded[3];
        if empty || outside {
            let why = if empty { WhyLeftOut::Empty } else { WhyLeftOut::Outside };
            let image = self.picture.name().to_owned();
            left_out.push(LeftOut { image, class: object.class, corners, why });
        } else {
            self.objects.push(BoxedObject { corners: rounded, ..object.clone() });
        }
    }

    /// Refuses an image that has another size than its annotation says.
    fn check(&self) -> Result<(), Error> {
        let [rows, columns] = self.picture.size()?;
        if [rows, columns] == self.size {
            return Ok(());
        }
        Err(Error::Format {
            file: self.picture.name().to_owned(),
            what: "size",
            got: format!("{rows}x{columns}"),
            expected: format!("{}x{} as annotated (rows x columns)", self.size[0], self.size[1]),
        })
    }
}

impl DetectionSet {
    /// Checks that both parts have scenes and every label a class.
    pub(super) fn new(
        origin: Origin,
        classes: Vec<String>,
        [train, test]: [Vec<Scene>; 2],
        left_out: Vec<LeftOut>,
    ) -> Result<Self, Error> {
        for (what, scenes) in [("training images", &train), ("test images", &test)] {
            if scenes.is_empty() {
                let expected = "at least 1".to_owned();
                return Err(Error::Setting { what, got: "0".to_owned(), expected });
            }
        }
        let Origin { name, licence, source } = origin;
        Ok(Self { name, classes, train, test, left_out, licence, source })
    }

    /// The size `[rows, columns]` that most training images have.
    ///
    /// # Errors
    ///
    /// When an image cannot be read.
    pub fn usual_size(&self) -> Result<[u32; 2], Error> {
        usual_size(self.train.iter().map(|scene| &scene.picture))
    }

    /// The set as a network takes it: all images scaled to `[rows, columns]`, whatever their proportions, and their boxes
    /// with them.
    ///
    /// # Errors
    ///
    /// When an image cannot be read or has another size than annotated, or a size is zero.
    pub fn scaled(&self, channels: Channels, size: [u32; 2]) -> Result<Dataset, Error> {
        let part = |scenes: &[Scene]| {
            scenes.par_iter().try_for_each(Scene::check)?;
            let pictures = scenes.iter().map(|scene| scene.picture.clone()).collect();
            let images = Images::of_pictures(pictures, channels, size)?;
            let objects = scenes.iter().map(|scene| {
                let factors = [0, 1].map(|axis| size[axis] as f32 / scene.size[axis] as f32);
                scene.objects.iter().map(|object| object.scaled(factors)).collect()
            });
            Split::of_objects(images, objects.collect())
        };
        let Self { name, licence, source, classes, .. } = self;
        let origin = Origin { name: name.clone(), licence, source };
        Dataset::new(origin, classes.clone(), part(&self.train)?, part(&self.test)?)
    }

    /// Number of objects of each class among `scenes`; those left out are not counted.
    pub fn class_counts(&self, scenes: &[Scene]) -> Vec<usize> {
        let mut counts = vec![0; self.classes.len()];
        for object in scenes.iter().flat_map(|scene| &scene.objects) {
            counts[object.class] += 1;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, RgbImage};

    use super::*;

    fn scene(rows: u32, columns: u32) -> Scene {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let image = DynamicImage::from(RgbImage::new(columns, rows));
        image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        let picture = Picture::bytes("a.png".to_owned(), bytes.into_inner());
        Scene { picture, size: [rows, columns], objects: Vec::new() }
    }

    fn object(class: usize) -> BoxedObject {
        BoxedObject { corners: [0.0; 4], class, difficult: false, crowd: false }
    }

    #[test]
    fn boxes_are_cut_at_the_image_and_left_out_where_nothing_remains() {
        let (mut scene, mut left_out) = (scene(10, 20), Vec::new());
        scene.put(&object(0), [-3.0, 2.0, 30.0, 8.5], false, &mut left_out);
        scene.put(&object(1), [25.0, 2.0, 30.0, 8.0], false, &mut left_out);
        scene.put(&object(2), [4.0, 5.0, 5.0, 6.0], true, &mut left_out);
        assert_eq!(scene.objects.len(), 1);
        assert_eq!(scene.objects[0].corners.as_slice(), [0.0, 2.0, 20.0, 8.5]);
        let why: Vec<_> = left_out.iter().map(|out| (out.class, out.why)).collect();
        assert_eq!(why, [(1, WhyLeftOut::Outside), (2, WhyLeftOut::Empty)]);
        assert_eq!(left_out[0].corners.as_slice(), [25.0, 2.0, 30.0, 8.0]);
    }

    #[test]
    fn images_and_boxes_are_scaled_alike() {
        let (mut wide, mut left_out) = (scene(10, 20), Vec::new());
        wide.put(&object(0), [2.0, 5.0, 10.0, 10.0], false, &mut left_out);
        let set = |scene: &Scene| {
            let parts = [vec![scene.clone(); 2], vec![scene.clone()]];
            DetectionSet::new(Origin::own(None, "toy"), vec!["a".to_owned()], parts, Vec::new())
        };
        let whole = set(&wide).unwrap();
        assert_eq!(whole.usual_size().unwrap(), [10, 20]);
        let scaled = whole.scaled(Channels::Rgb, [20, 10]).unwrap();
        assert_eq!((scaled.shape(), scaled.train.len(), scaled.test.len()), ([3, 20, 10], 2, 1));
        let corners = scaled.train.objects().unwrap()[1][0].corners;
        assert_eq!(corners.as_slice(), [1.0, 10.0, 5.0, 20.0]);
        let moved = scaled.checksum.clone();
        wide.objects[0].corners[0] = 3.0;
        assert_ne!(set(&wide).unwrap().scaled(Channels::Rgb, [20, 10]).unwrap().checksum, moved);
        wide.size = [20, 10];
        let error = set(&wide).unwrap().scaled(Channels::Rgb, [2, 2]).unwrap_err();
        let expected = "a.png: size is 10x20; expected 20x10 as annotated (rows x columns)";
        assert_eq!(error.to_string(), expected);
    }
}
