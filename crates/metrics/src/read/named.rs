//! Boxes that are told by names, as data that are told by ids.
//!
//! Images and classes get ids from 1 in the order of their names, so that the order in which a folder is listed does not matter.

use std::collections::{BTreeMap, BTreeSet};

use super::{ImageSizes, LabelledBox, VocAnnotation, YoloBox};
use crate::{Category, Detections, Error, GroundTruth, Id, Image, Object};

/// Names of images and classes, and the ids that stand for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    images: BTreeMap<String, Id>,
    classes: BTreeMap<String, Id>,
}

impl Names {
    /// Names in ascending order, each once.
    pub fn new(
        images: impl IntoIterator<Item = String>,
        classes: impl IntoIterator<Item = String>,
    ) -> Self {
        let number = |names: BTreeSet<String>| names.into_iter().zip((1..).map(Id::new)).collect();
        Self {
            images: number(images.into_iter().collect()),
            classes: number(classes.into_iter().collect()),
        }
    }

    /// The id of an image.
    pub fn image(&self, name: &str) -> Option<Id> {
        self.images.get(name).copied()
    }

    /// The id of a class.
    pub fn class(&self, name: &str) -> Option<Id> {
        self.classes.get(name).copied()
    }

    /// Names of the images with their ids, ascending.
    pub fn images(&self) -> impl Iterator<Item = (&str, Id)> {
        self.images.iter().map(|(name, &id)| (name.as_str(), id))
    }

    /// Names of the classes with their ids, ascending.
    pub fn classes(&self) -> impl Iterator<Item = (&str, Id)> {
        self.classes.iter().map(|(name, &id)| (name.as_str(), id))
    }

    fn truth(&self, size: impl Fn(&str) -> (u32, u32)) -> GroundTruth {
        let image = |(name, &id): (&String, &Id)| {
            let (width, height) = size(name);
            Image { id, width, height, file_name: Some(name.as_str().into()), ..Image::default() }
        };
        let category = |(name, &id): (&String, &Id)| Category {
            id,
            name: name.clone(),
            ..Category::default()
        };
        GroundTruth {
            images: self.images.iter().map(image).collect(),
            categories: self.classes.iter().map(category).collect(),
            objects: Vec::new(),
        }
    }
}

/// The pixels of a box as COCO writes them: `x = xmin − 1`, `width = xmax − xmin + 1`.
fn of_pixels([x1, y1, x2, y2]: [f64; 4]) -> [f64; 4] {
    [x1 - 1.0, y1 - 1.0, x2 - x1 + 1.0, y2 - y1 + 1.0]
}

/// Ground truth of Pascal VOC as COCO has it: pixels become points, and a difficult object is a crowd, which is the only
/// mark that COCO's rules honour.
pub fn voc_ground_truth(annotations: &[(String, VocAnnotation)]) -> (GroundTruth, Names) {
    let classes = annotations.iter().flat_map(|(_, annotation)| &annotation.objects);
    let names = Names::new(
        annotations.iter().map(|(name, _)| name.clone()),
        classes.map(|object| object.name.clone()),
    );
    let sizes: BTreeMap<&str, (u32, u32)> = (annotations.iter())
        .filter_map(|(name, annotation)| Some((name.as_str(), annotation.size?)))
        .collect();
    let mut truth = names.truth(|name| sizes.get(name).copied().unwrap_or_default());
    for (image, annotation) in annotations {
        for object in &annotation.objects {
            let bbox = of_pixels(object.corners);
            truth.objects.push(Object {
                id: Id::new(truth.objects.len() as i64 + 1),
                image: names.images[image],
                category: names.classes[&object.name],
                bbox,
                area: bbox[2] * bbox[3],
                crowd: object.difficult,
                ignore: object.difficult,
                ..Object::default()
            });
        }
    }
    (truth, names)
}

/// Detections of Pascal VOC as COCO has them.
///
/// Classes that no annotation has are given ids after the others, so that what is said of them is kept.
///
/// # Errors
///
/// When a detection is in an image without annotation, or has no score.
pub fn voc_detections(boxes: &[LabelledBox], names: &mut Names) -> Result<Detections, Error> {
    let mut detections = Detections::default();
    for (nth, said) in boxes.iter().enumerate() {
        let image = names.image(&said.image).ok_or_else(|| Error::Unannotated {
            image: said.image.clone(),
            class: said.class.clone(),
        })?;
        let next = Id::new(names.classes.len() as i64 + 1);
        let class = *names.classes.entry(said.class.clone()).or_insert(next);
        let score = said.score.ok_or_else(|| {
            let before = boxes[..nth].iter().filter(|other| other.image == said.image).count();
            Error::NoConfidence { image: said.image.clone(), nth: before + 1 }
        })?;
        detections.push(image, class, score, of_pixels(said.corners))?;
    }
    Ok(detections)
}

/// Labels of YOLO as COCO has them: shares become pixels, classes keep their numbers as ids.
///
/// Every image with a size is one of the data set, also without labels: nothing is in it. `class_names` may be empty; then
/// the classes are those that occur, named by their numbers.
///
/// # Errors
///
/// When an image has no size, or a class has no name though others have.
pub fn yolo_ground_truth(
    labels: &[(String, Vec<YoloBox>)],
    sizes: &ImageSizes,
    class_names: &[String],
) -> Result<(GroundTruth, Names), Error> {
    let names = Names::new(sizes.keys().cloned(), []);
    let mut truth = names.truth(|name| sizes[name]);
    let mut used = BTreeSet::new();
    for (image, boxes) in labels {
        let (id, size) = image_of(image, &names, sizes)?;
        for said in boxes {
            check_class(said.class, image, class_names)?;
            used.insert(said.class);
            let bbox = said.pixels(size.0, size.1);
            truth.objects.push(Object {
                id: Id::new(truth.objects.len() as i64 + 1),
                image: id,
                category: Id::new(i64::from(said.class)),
                bbox,
                area: bbox[2] * bbox[3],
                ..Object::default()
            });
        }
    }
    let category = |number: u32, name: String| Category {
        id: Id::new(i64::from(number)),
        name,
        ..Category::default()
    };
    truth.categories = if class_names.is_empty() {
        used.into_iter().map(|number| category(number, number.to_string())).collect()
    } else {
        class_names.iter().zip(0..).map(|(name, number)| category(number, name.clone())).collect()
    };
    Ok((truth, names))
}

/// Detections of YOLO as COCO has them, for the images of [`yolo_ground_truth`].
///
/// # Errors
///
/// When an image is not one of the data set, a class has no name though others have, or a box has no confidence.
pub fn yolo_detections(
    said: &[(String, Vec<YoloBox>)],
    sizes: &ImageSizes,
    class_names: &[String],
    names: &Names,
) -> Result<Detections, Error> {
    let mut detections = Detections::default();
    for (image, boxes) in said {
        let (id, size) = image_of(image, names, sizes)?;
        for (nth, said) in boxes.iter().enumerate() {
            check_class(said.class, image, class_names)?;
            let no_confidence = || Error::NoConfidence { image: image.clone(), nth: nth + 1 };
            let score = said.score.ok_or_else(no_confidence)?;
            let class = Id::new(i64::from(said.class));
            detections.push(id, class, score, said.pixels(size.0, size.1))?;
        }
    }
    Ok(detections)
}

fn image_of(name: &str, names: &Names, sizes: &ImageSizes) -> Result<(Id, (u32, u32)), Error> {
    let known = names.image(name).zip(sizes.get(name).copied());
    known.ok_or_else(|| Error::NoSize { image: name.to_owned() })
}

fn check_class(class: u32, image: &str, names: &[String]) -> Result<(), Error> {
    if names.is_empty() || (class as usize) < names.len() {
        return Ok(());
    }
    Err(Error::NoClassName { image: image.to_owned(), class, names: names.len() })
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "halves and quarters of whole numbers are exact")]
mod tests {
    use super::*;
    use crate::{parse_voc_xml, parse_yolo};

    #[test]
    fn pixels_become_points_and_difficult_objects_crowds() {
        let text = "<annotation><size><width>9</width><height>8</height></size><object><name>b</name>\
            <difficult>1</difficult><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>1</xmax><ymax>4</ymax></bndbox>\
            </object></annotation>";
        let annotations = [("i".to_owned(), parse_voc_xml(text).unwrap())];
        let (truth, mut names) = voc_ground_truth(&annotations);
        assert_eq!((truth.images[0].width, truth.images[0].height), (9, 8));
        let object = &truth.objects[0];
        assert_eq!((object.bbox, object.crowd), ([0.0, 1.0, 1.0, 3.0], true));
        let said = |image: &str, class: &str| LabelledBox {
            image: image.to_owned(),
            class: class.to_owned(),
            score: Some(0.5),
            corners: [1.0, 2.0, 1.0, 4.0],
        };
        let detections = voc_detections(&[said("i", "b"), said("i", "a")], &mut names).unwrap();
        assert_eq!(detections.bbox(0), object.bbox);
        assert_eq!((detections.category(0), detections.category(1)), (Id::new(1), Id::new(2)));
        let error = voc_detections(&[said("j", "b")], &mut names).unwrap_err().to_string();
        assert_eq!(error, "detection of `b`: image `j` is not annotated");
    }

    #[test]
    fn shares_become_pixels_and_images_without_labels_stay() {
        let sizes = ImageSizes::from([("a".to_owned(), (640, 480)), ("b".to_owned(), (10, 10))]);
        let labels = [("a".to_owned(), parse_yolo("2 0.5 0.25 0.5 0.5").unwrap())];
        let (truth, names) = yolo_ground_truth(&labels, &sizes, &[]).unwrap();
        assert_eq!((truth.images.len(), truth.categories[0].id), (2, Id::new(2)));
        assert_eq!(truth.objects[0].bbox, [160.0, 0.0, 320.0, 240.0]);
        let said = [("b".to_owned(), parse_yolo("2 0.5 0.5 1 1 0.75").unwrap())];
        let detections = yolo_detections(&said, &sizes, &[], &names).unwrap();
        assert_eq!((detections.score(0), detections.image(0)), (0.75, Id::new(2)));
    }

    #[test]
    fn images_without_size_and_classes_without_name_are_refused() {
        let sizes = ImageSizes::from([("a".to_owned(), (640, 480))]);
        let labels = |image: &str| [(image.to_owned(), parse_yolo("2 0.5 0.25 0.5 0.5").unwrap())];
        let error = yolo_ground_truth(&labels("b"), &sizes, &[]).unwrap_err().to_string();
        assert_eq!(error, "image `b` has no size");
        let names = ["cat".to_owned()];
        let error = yolo_ground_truth(&labels("a"), &sizes, &names).unwrap_err().to_string();
        assert_eq!(error, "image `a`: class 2 has no name; there are 1 names");
        let (_, names) = yolo_ground_truth(&labels("a"), &sizes, &[]).unwrap();
        assert!(yolo_detections(&labels("a"), &sizes, &[], &names).is_err(), "no confidence");
    }
}
