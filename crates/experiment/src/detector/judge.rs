//! What was found, compared with what is there, by the measures of COCO.
//!
//! Images and classes are numbered from 1 in the order of the set. The area of an object is that of its box. VOC's difficult
//! objects are written as crowds, which is how COCO says that an object need not be found.

use cenote_datasets::{BoxedObject, Scene};
use cenote_metrics::{
    Category, CocoSettings, Detections, GroundTruth, Id, Image, Matches, Mode, Object, Similarity,
};

use super::peaks::Found;

/// What is there, as the metrics take it.
pub fn ground_truth(scenes: &[Scene], classes: &[String]) -> GroundTruth {
    let images = (1..).zip(scenes).map(|(id, scene)| Image {
        id: Id::new(id),
        width: scene.size[1],
        height: scene.size[0],
        file_name: Some(scene.picture.name().into()),
        ..Image::default()
    });
    let categories = (1..).zip(classes).map(|(id, name)| Category {
        id: Id::new(id),
        name: name.clone(),
        ..Category::default()
    });
    let boxed = (1..).zip(scenes).flat_map(|(image, scene)| {
        scene.objects.iter().map(move |object: &BoxedObject| (image, object))
    });
    let objects = (1..).zip(boxed).map(|(id, (image, object))| {
        let [x1, y1, x2, y2] = object.corners.map(f64::from);
        Object {
            id: Id::new(id),
            image: Id::new(image),
            category: Id::new(object.class as i64 + 1),
            bbox: [x1, y1, x2 - x1, y2 - y1],
            area: (x2 - x1) * (y2 - y1),
            crowd: object.crowd || object.difficult,
            ..Object::default()
        }
    });
    GroundTruth {
        images: images.collect(),
        categories: categories.collect(),
        objects: objects.collect(),
    }
}

/// What was found in each image, as the metrics take it.
///
/// # Errors
/// When a number is not finite, or there are more objects than can be counted.
pub fn found_objects(found: &[Vec<Found>]) -> Result<Detections, cenote_metrics::Error> {
    let mut detections = Detections::default();
    for (image, objects) in (1..).zip(found) {
        for Found { class, score, corners: [x1, y1, x2, y2] } in objects {
            let category = Id::new(*class as i64 + 1);
            detections.push(Id::new(image), category, *score, [*x1, *y1, x2 - x1, y2 - y1])?;
        }
    }
    Ok(detections)
}

/// Judges what was found as pycocotools does.
///
/// # Errors
/// When the two do not belong together.
pub fn judge(
    truth: &GroundTruth,
    detections: &Detections,
) -> Result<Matches, cenote_metrics::Error> {
    CocoSettings::new(Similarity::Boxes, Mode::Strict).evaluate(truth, detections)
}
