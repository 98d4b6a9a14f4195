//! What was found, compared with what is there, by the measures of COCO.
//!
//! Images and classes are numbered from 1 in the order of the set. The area of an object is that of its box. VOC's difficult
//! objects are written as crowds, which is how COCO says that an object need not be found.

use cenote_datasets::{BoxedObject, Scene};
use cenote_metrics::{
    BBox, Category, CocoSettings, Detections, Extent, GroundTruth, Id, Image, Matches, Mode,
    Object, Similarity, Summary,
};

use super::peaks::Found;

/// What is there, as the metrics take it.
pub fn ground_truth(scenes: &[Scene], classes: &[String]) -> GroundTruth {
    let scene = |scene: &'_ Scene| (scene.size, scene.objects.clone());
    let mut truth = truth(scenes.iter().map(scene), classes);
    for (image, scene) in truth.images.iter_mut().zip(scenes) {
        image.file_name = Some(scene.picture.name().into());
    }
    truth
}

/// Images of these sizes with these objects.
fn truth(
    scenes: impl Iterator<Item = ([u32; 2], Vec<BoxedObject>)>,
    classes: &[String],
) -> GroundTruth {
    let categories = (1..).zip(classes).map(|(id, name)| Category {
        id: Id::new(id),
        name: name.clone(),
        ..Category::default()
    });
    let mut truth = GroundTruth { categories: categories.collect(), ..GroundTruth::default() };
    for (image, ([height, width], objects)) in (1..).zip(scenes) {
        let image = Id::new(image);
        truth.images.push(Image { id: image, width, height, ..Image::default() });
        for object in objects {
            let [x1, y1, x2, y2] = object.corners.map(f64::from);
            truth.objects.push(Object {
                id: Id::new(truth.objects.len() as i64 + 1),
                image,
                category: Id::new(object.class as i64 + 1),
                bbox: [x1, y1, x2 - x1, y2 - y1],
                area: (x2 - x1) * (y2 - y1),
                crowd: object.crowd || object.difficult,
                ..Object::default()
            });
        }
    }
    truth
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

/// The summary of COCO for images of one size, and the mean overlap of what was found right.
pub(super) fn scores(
    found: &[Vec<Found>],
    objects: &[Vec<BoxedObject>],
    size: [u32; 2],
    classes: usize,
) -> Result<(Summary, Option<f64>), cenote_metrics::Error> {
    let names: Vec<String> = (0..classes).map(|class| class.to_string()).collect();
    let truth = truth(objects.iter().map(|objects| (size, objects.clone())), &names);
    let matches = judge(&truth, &found_objects(found)?)?;
    Ok((matches.summary()?, mean_overlap(found, objects)))
}

/// The mean overlap of true positives: in each image, the surest first, each takes the free object of its class that it
/// overlaps most, where that is by half or more. `None` where nothing is right.
fn mean_overlap(found: &[Vec<Found>], objects: &[Vec<BoxedObject>]) -> Option<f64> {
    let bbox = |corners: [f64; 4]| BBox::new(corners).ok();
    let (mut sum, mut count) = (0.0, 0_u64);
    for (found, objects) in found.iter().zip(objects) {
        let mut free: Vec<&BoxedObject> = objects.iter().collect();
        for one in found {
            let overlaps = free.iter().enumerate().filter(|(_, object)| object.class == one.class);
            let overlaps = overlaps.filter_map(|(at, object)| {
                let (a, b) = (bbox(one.corners)?, bbox(object.corners.map(f64::from))?);
                Some((at, a.iou(b, Extent::Continuous)))
            });
            let best = overlaps.max_by(|(_, a), (_, b)| a.total_cmp(b));
            if let Some((at, overlap)) = best.filter(|&(_, overlap)| overlap >= 0.5) {
                free.remove(at);
                sum += overlap;
                count += 1;
            }
        }
    }
    (count > 0).then(|| sum / count as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_those_of_objects_found_and_overlaps_those_of_the_right_ones() {
        let object =
            |class, corners| BoxedObject { corners, class, difficult: false, crowd: false };
        let objects = vec![
            vec![object(0, [0.0, 0.0, 10.0, 10.0]), object(1, [20.0, 0.0, 30.0, 10.0])],
            Vec::new(),
        ];
        let found = |class, score, corners| Found { class, score, corners };
        let right = found(0, 0.9, [0.0, 0.0, 10.0, 8.0]);
        let wrong = found(1, 0.8, [20.0, 5.0, 40.0, 10.0]);
        let (summary, overlap) = scores(&[vec![right, wrong], Vec::new()], &objects, [32, 48], 2)
            .expect("they belong together");
        assert_eq!(summary.value("AP50").map(|ap| (ap * 1e9).round() / 1e9), Some(0.5));
        assert_eq!(overlap, Some(0.8));
        let nothing = scores(&[Vec::new(), Vec::new()], &objects, [32, 48], 2).expect("fits");
        assert_eq!((nothing.0.value("AP"), nothing.1), (Some(0.0), None));
    }
}
