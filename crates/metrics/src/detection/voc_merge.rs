//! Parts judged apart by the rule of Pascal VOC, joined.

use super::scene::surest_first;
use super::{Judgement, VocMatches};
use crate::Error;

impl VocMatches {
    /// Joins parts that were judged by the same rule on different images.
    ///
    /// The scores and intervals equal, to the bit, those of everything at once with the images, and the lists of detections,
    /// of one part behind those of the other. Positions of detections count on from part to part; those of objects stay
    /// their part's.
    ///
    /// # Errors
    ///
    /// When there is no part, the rules differ, or an image is in more than one part.
    pub fn merge(parts: Vec<Self>) -> Result<Self, Error> {
        let mut parts = parts.into_iter();
        let Some(mut whole) = parts.next() else {
            return Err(Error::Merge { what: "there is no part".to_owned() });
        };
        for part in parts {
            if part.rules() != whole.rules() {
                return Err(Error::Merge { what: "settings differ".to_owned() });
            }
            whole.append(part);
        }
        let mut names: Vec<&String> = whole.images.iter().collect();
        names.sort_unstable();
        if let Some([twice, ..]) = names.windows(2).find(|two| two[0] == two[1]) {
            return Err(Error::Merge { what: format!("image {twice} is in two parts") });
        }
        Ok(whole)
    }

    fn append(&mut self, part: Self) {
        let images = self.images.len() as u32;
        self.images.extend(part.images);
        for (name, class) in part.classes {
            let into = self.classes.entry(name).or_default();
            let rows = into.judged.len();
            into.objects.extend(class.objects.iter().map(|&(image, n)| (images + image, n)));
            into.judged.extend(class.judged.into_iter().map(|judged| Judgement {
                image: images + judged.image,
                detection: rows + judged.detection,
                ..judged
            }));
            into.judged
                .sort_by(|a, b| surest_first(a.score, b.score).then(a.detection.cmp(&b.detection)));
        }
    }
}
