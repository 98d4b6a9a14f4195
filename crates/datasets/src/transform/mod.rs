//! Random changes of training images that leave the label true.

mod horizontal_flip;
mod random_shift;

use std::fmt::Debug;

use cenote_spec::Kind;
use cenote_tensor::Stream;

use crate::Error;

/// A random change of one image of bytes.
pub trait Transform: Debug + Send + Sync {
    /// The kind, as study files spell it.
    fn name(&self) -> &'static str;

    /// Refuses a shape `[c, h, w]` that the transform cannot change; by default every shape fits.
    ///
    /// # Errors
    ///
    /// When a setting is out of range for images of this size.
    fn fits(&self, _shape: [usize; 3]) -> Result<(), Error> {
        Ok(())
    }

    /// Changes `image`, the pixels of shape `[c, h, w]`, by draws from `stream`.
    fn apply(&self, image: &mut [u8], shape: [usize; 3], stream: &mut Stream);
}

/// Every transform that a study file can name.
pub const TRANSFORMS: &[Kind<dyn Transform>] = &[horizontal_flip::KIND, random_shift::KIND];

#[cfg(test)]
mod tests {
    use cenote_tensor::Seed;

    use super::*;

    fn examples() -> impl Iterator<Item = (&'static str, Box<dyn Transform>)> {
        TRANSFORMS.iter().map(|kind| {
            let parsed = cenote_spec::parse(&[TRANSFORMS], kind.example_table());
            (kind.name, parsed.expect("the example parses"))
        })
    }

    #[test]
    fn every_example_parses_to_its_own_kind() {
        for (name, transform) in examples() {
            assert_eq!(transform.name(), name);
            assert!(transform.fits([2, 5, 7]).is_ok(), "{name}");
        }
    }

    #[test]
    fn every_transform_treats_the_channels_alike_and_depends_on_the_stream_only() {
        let plane: Vec<u8> = (1..=35).collect();
        for (name, transform) in examples() {
            let mut outcomes = Vec::new();
            for draw in 0..20 {
                let changed = || {
                    let mut image = [&plane[..], &plane].concat();
                    transform.apply(&mut image, [2, 5, 7], &mut Seed(draw).stream("draw"));
                    image
                };
                let image = changed();
                assert_eq!(image[..35], image[35..], "{name}");
                assert_eq!(image, changed(), "{name}");
                outcomes.push(image);
            }
            outcomes.sort_unstable();
            outcomes.dedup();
            assert!(outcomes.len() > 1, "{name} never changes anything");
        }
    }
}
