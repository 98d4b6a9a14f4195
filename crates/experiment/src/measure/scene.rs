//! Images of which it is known what is object in them.

use cenote_datasets::Composition;

use super::Subject;
use super::subject::Sample;
use crate::{Data, Error};

/// Images with the pixels of their objects.
#[derive(Debug)]
pub(super) struct Scenes {
    pub(super) sample: Sample,
    /// Whether each pixel of each image belongs to an object, row after row.
    pub(super) masks: Vec<Vec<bool>>,
}

/// Says that data know no objects, unless they do or a threshold tells them.
pub(super) fn need_objects(data: &Data, threshold: Option<f64>) -> Result<(), String> {
    if threshold.is_some() || data.test.images().composition(0).is_some() {
        return Ok(());
    }
    let expected = "a drawn data set such as shapes_on_clutter";
    Err(format!(
        "{} does not say what is object in an image; expected {expected}, or mask_threshold where objects are brighter than all else",
        data.name
    ))
}

/// How the images of a sample were put together.
pub(super) fn compositions(
    subject: &Subject<'_>,
    sample: &Sample,
) -> Result<Vec<Composition>, Error> {
    let images = subject.data.test.images();
    let made = sample.indices.iter().map(|&index| images.composition(index));
    made.map(|made| Ok(made.expect("a measure of objects fits drawn images alone")?)).collect()
}

impl Scenes {
    /// A sample whose objects are those that were drawn, or all that is brighter than a share of the range in any channel.
    ///
    /// Images without an object, or with nothing else, are left out.
    pub(super) fn of(
        subject: &Subject<'_>,
        count: usize,
        threshold: Option<f64>,
    ) -> Result<Self, Error> {
        let sample = subject.sample(count)?;
        let [channels, rows, columns] = subject.data.test.shape();
        let area = rows * columns;
        let masks: Vec<Vec<bool>> = match threshold {
            None => compositions(subject, &sample)?
                .iter()
                .map(|composition| composition.mask().pixels().to_vec())
                .collect(),
            Some(share) => {
                let bright = |image: &Vec<u8>, at: usize| {
                    let above = |c: usize| f64::from(image[c * area + at]) > 255.0 * share;
                    (0..channels).any(above)
                };
                let mask = |image: &Vec<u8>| (0..area).map(|at| bright(image, at)).collect();
                sample.images.iter().map(mask).collect()
            }
        };
        let divided = |mask: &[bool]| mask.contains(&true) && mask.contains(&false);
        let kept: Vec<usize> = (0..sample.len()).filter(|&nth| divided(&masks[nth])).collect();
        let sample = Sample {
            indices: kept.iter().map(|&nth| sample.indices[nth]).collect(),
            images: kept.iter().map(|&nth| sample.images[nth].clone()).collect(),
            labels: kept.iter().map(|&nth| sample.labels[nth]).collect(),
        };
        let masks = kept.iter().map(|&nth| masks[nth].clone()).collect();
        Ok(Self { sample, masks })
    }
}

/// An image with its pixels inside or outside a mask taken from another.
pub(super) fn replaced(image: &[u8], other: &[u8], mask: &[bool], inside: bool) -> Vec<u8> {
    let pixels = image.iter().zip(other).zip(mask.iter().cycle());
    pixels.map(|((&kept, &new), &is_in)| if is_in == inside { new } else { kept }).collect()
}
