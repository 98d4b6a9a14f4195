//! Letters that are cut out of their images before a network sees them.

use cenote_datasets::{
    Dataset, Error as DataError, Images, Origin, Picture, Plane, Segmentation, Split, TextImage,
    TextSet, letter,
};
use rayon::prelude::*;

use super::Read;
use crate::Error;

/// The letters of a picture, each a square of `side` pixels: as many as `length` says if it can be.
pub(crate) fn cut(
    segmentation: &Segmentation,
    picture: &Picture,
    length: Option<usize>,
    side: u32,
) -> Result<Vec<Vec<u8>>, Error> {
    let found = segmentation.segment(&Plane::of(picture)?, length)?;
    Ok(found.pieces.iter().map(|piece| letter(&found, piece, side)).collect())
}

/// The letters of a set as images with their characters as labels; every image keeps its letters together as a group.
pub(super) fn load(task: &Read, set: &TextSet, size: [u32; 2]) -> Result<Dataset, Error> {
    if size[0] != size[1] {
        return Err(Error::Data(DataError::Setting {
            what: "task.size",
            got: format!("{size:?}"),
            expected: "as many rows as columns, of letters".to_owned(),
        }));
    }
    let side = size[0];
    let part = |images: &[TextImage]| -> Result<Split, Error> {
        let cut_all = images.par_iter().map(|image| {
            let length = image.text.chars().count();
            cut(&task.segmentation, &image.picture, Some(length), side)
        });
        let all = cut_all.collect::<Result<Vec<_>, Error>>()?;
        let (mut pixels, mut labels, mut groups) = (Vec::new(), Vec::new(), Vec::new());
        for (nth, (image, letters)) in images.iter().zip(all).enumerate() {
            if letters.len() != image.text.chars().count() {
                continue;
            }
            for (character, letter) in image.text.chars().zip(letters) {
                let place = set.alphabet.binary_search(&character);
                labels.push(place.expect("the alphabet is of these texts"));
                groups.push(nth);
                pixels.extend(letter);
            }
        }
        let images = Images::new([1, side as usize, side as usize], pixels)?;
        Ok(Split::new(images, labels)?.with_groups(groups)?)
    };
    let (train, test) = (part(&set.train)?, part(&set.test)?);
    if train.is_empty() {
        return Err(Error::Data(DataError::Setting {
            what: "segmentation",
            got: format!("no image of {} cut into as many pieces as its text has", set.name),
            expected: "some; `cenote captcha segment` shows what it does".to_owned(),
        }));
    }
    let classes = set.alphabet.iter().map(char::to_string).collect();
    let TextSet { name, licence, source, .. } = set;
    let origin = Origin { name: name.clone(), licence, source };
    Ok(Dataset::new(origin, classes, train, test)?)
}
