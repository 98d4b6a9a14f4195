//! Pads the image on all sides and cuts a part of its own size from it at random.
//!
//! With `padding = p` each of the `(2p + 1)²` places is equally likely. The padding is 0, or what `border` says, as for
//! `random_shift`: `zero`, `edge`, `reflect` or `circular`. It is the usual augmentation of CIFAR-10, with `p = 4` and
//! zeros: Lee et al. (2015), arXiv:1409.5185; He et al. (2016), arXiv:1512.03385, section 4.2.

use cenote_spec::{Kind, params};
use cenote_tensor::Stream;
use serde::Deserialize;

use super::bounds::within;
use super::random_shift::slide;
use super::{Border, Motion, Transform};
use crate::Error;
use crate::order::below;

pub(super) const KIND: Kind<dyn Transform> = Kind {
    name: NAME,
    about: "pads by `padding` pixels of 0, or by `border`, and cuts out a part of the image's own size",
    example: "padding = 2",
    notes: None,
    parse: |table| {
        let crop: PadAndCrop = params(NAME, table)?;
        within(NAME, "padding", crop.padding, [1, 4096])?;
        Ok(Box::new(crop))
    },
};

const NAME: &str = "pad_and_crop";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PadAndCrop {
    padding: usize,
    #[serde(default)]
    border: Border,
}

impl Transform for PadAndCrop {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fits(&self, [_, height, width]: [usize; 3]) -> Result<(), Error> {
        let smaller = height.min(width);
        if self.padding < smaller {
            return Ok(());
        }
        Err(Error::Setting {
            what: "pad_and_crop: padding",
            got: self.padding.to_string(),
            expected: format!("less than {smaller}, the smaller side of the images"),
        })
    }

    fn apply(&self, image: &mut [u8], shape: [usize; 3], stream: &mut Stream) -> Motion {
        // A part that starts `top` rows into the padded image shows the image `padding − top` rows further down.
        let mut start = || below(2 * self.padding + 1, stream);
        let (top, left) = (start(), start());
        let moved = [top, left].map(|start| self.padding as isize - start as isize);
        slide(image, shape, moved, self.border)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use cenote_tensor::Seed;

    use super::*;

    #[test]
    fn every_part_of_the_padded_image_is_cut_out() {
        // The definition: a 7x8 image of 0 with the image in its middle.
        let image: Vec<u8> = (1..=12).collect();
        let mut padded = [[0; 8]; 7];
        for (row, values) in image.chunks(4).enumerate() {
            padded[row + 2][2..6].copy_from_slice(values);
        }
        let parts = (0..5).flat_map(|top| (0..5).map(move |left| (top, left)));
        let cut = |(top, left): (usize, usize)| -> Vec<u8> {
            padded[top..top + 3].iter().flat_map(|row| row[left..left + 4].to_vec()).collect()
        };
        let expected: BTreeSet<Vec<u8>> = parts.map(cut).collect();
        let crop = PadAndCrop { padding: 2, border: Border::Zero };
        let seen: BTreeSet<Vec<u8>> = (0..500)
            .map(|draw| {
                let mut image = image.clone();
                crop.apply(&mut image, [1, 3, 4], &mut Seed(draw).stream("crop"));
                image
            })
            .collect();
        assert_eq!(seen, expected);
    }
}
