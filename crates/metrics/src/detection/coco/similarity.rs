//! How alike the detections and objects of a cell are.

use std::borrow::Cow;
use std::collections::HashMap;

use super::super::data::{Detections, GroundTruth, Id, Segmentation, Shape};
use super::settings::{Mode, Settings, Similarity};
use crate::Error;
use crate::boxes::xywh_iou;
use crate::keypoints::oks;
use crate::masks::{Rle, rasterise};

/// Compares by the rules of some settings.
pub(in crate::detection) struct Comparison<'a> {
    settings: &'a Settings,
    truth: &'a GroundTruth,
    detections: &'a Detections,
    /// Height and width of images, where masks need them.
    sizes: HashMap<Id, (u32, u32)>,
    /// Whether crowds are compared as such.
    crowds: bool,
}

impl<'a> Comparison<'a> {
    pub(in crate::detection) fn new(
        settings: &'a Settings,
        truth: &'a GroundTruth,
        detections: &'a Detections,
        crowds: bool,
    ) -> Self {
        let sizes = match settings.similarity {
            Similarity::Masks => {
                truth.images.iter().map(|image| (image.id, (image.height, image.width))).collect()
            }
            _ => HashMap::new(),
        };
        Self { settings, truth, detections, sizes, crowds }
    }

    /// Writes a row per detection with its similarity to every object; leaves nothing where nothing is compared.
    pub(in crate::detection) fn fill(
        &self,
        objects: &[(u32, u32)],
        detections: &[(f64, u32)],
        similarities: &mut Vec<f64>,
    ) -> Result<(), Error> {
        similarities.clear();
        match &self.settings.similarity {
            Similarity::Boxes => {
                for &(_, row) in detections {
                    let bbox = self.detections.bbox(row as usize);
                    similarities.extend(objects.iter().map(|&(_, object)| {
                        let object = &self.truth.objects[object as usize];
                        xywh_iou(bbox, object.bbox, object.crowd && self.crowds)
                    }));
                }
                Ok(())
            }
            Similarity::Masks => self.fill_masks(objects, detections, similarities),
            // The reference looks for keypoints under the name of the pool, where there are none.
            Similarity::Keypoints { .. }
                if !self.settings.use_categories && self.settings.mode == Mode::Strict =>
            {
                Ok(())
            }
            Similarity::Keypoints { sigmas } => {
                self.fill_poses(sigmas, objects, detections, similarities)
            }
        }
    }

    fn fill_masks(
        &self,
        objects: &[(u32, u32)],
        detections: &[(f64, u32)],
        similarities: &mut Vec<f64>,
    ) -> Result<(), Error> {
        let mut masks = Vec::with_capacity(objects.len());
        for &(_, row) in objects {
            let object = &self.truth.objects[row as usize];
            let of =
                |error| Error::Object { row: row as usize, id: object.id, error: Box::new(error) };
            let segmentation = object
                .segmentation
                .as_ref()
                .ok_or(Error::NoShape { what: "segmentation" })
                .map_err(of)?;
            let mask = self.mask(segmentation, object.image).map_err(of)?;
            let bounds = mask.bounds();
            masks.push((mask, bounds, object.crowd && self.crowds));
        }
        for &(_, row) in detections {
            let row = row as usize;
            let of = |error| Error::Detection { row, error: Box::new(error) };
            let outline;
            let segmentation = match self.detections.shape(row) {
                Shape::Mask(segmentation) => segmentation,
                // A result without a mask is its box.
                Shape::Box | Shape::Pose(_) => {
                    let [x, y, width, height] = self.detections.bbox(row);
                    let (right, bottom) = (x + width, y + height);
                    let corners = vec![x, y, x, bottom, right, bottom, right, y];
                    outline = Segmentation::Polygons(vec![corners]);
                    &outline
                }
            };
            let mask = self.mask(segmentation, self.detections.image(row)).map_err(of)?;
            let bounds = mask.bounds();
            similarities.extend(masks.iter().map(|(object, object_bounds, crowd)| {
                mask.iou_within(bounds, object, *object_bounds, *crowd)
            }));
        }
        Ok(())
    }

    fn mask<'s>(&self, segmentation: &'s Segmentation, image: Id) -> Result<Cow<'s, Rle>, Error> {
        match segmentation {
            Segmentation::Rle(mask) => Ok(Cow::Borrowed(mask)),
            Segmentation::Polygons(parts) => {
                let size = self.sizes.get(&image).filter(|&&(height, width)| height * width > 0);
                let &(height, width) = size.ok_or(Error::NoShape { what: "size of its image" })?;
                rasterise(parts, height, width).map(Cow::Owned)
            }
        }
    }

    fn fill_poses(
        &self,
        sigmas: &[f64],
        objects: &[(u32, u32)],
        detections: &[(f64, u32)],
        similarities: &mut Vec<f64>,
    ) -> Result<(), Error> {
        let expected = sigmas.len();
        let check = |got: usize| {
            if got == expected { Ok(()) } else { Err(Error::Keypoints { got, expected }) }
        };
        let mut poses = Vec::with_capacity(objects.len());
        for &(_, row) in objects {
            let object = &self.truth.objects[row as usize];
            let of =
                |error| Error::Object { row: row as usize, id: object.id, error: Box::new(error) };
            let pose =
                object.pose.as_ref().ok_or(Error::NoShape { what: "keypoints" }).map_err(of)?;
            check(pose.points.len()).map_err(of)?;
            poses.push((object, pose));
        }
        for &(_, row) in detections {
            let row = row as usize;
            let of = |error| Error::Detection { row, error: Box::new(error) };
            let Shape::Pose(points) = self.detections.shape(row) else {
                return Err(of(Error::NoShape { what: "keypoints" }));
            };
            check(points.len()).map_err(of)?;
            similarities.extend(
                poses.iter().map(|(object, pose)| {
                    oks(points, &pose.points, object.bbox, object.area, sigmas)
                }),
            );
        }
        Ok(())
    }
}
