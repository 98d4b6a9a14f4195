//! Turns the circle of hues; for images of three channels.
//!
//! A colour is taken to hue, saturation and value (Smith 1978, doi:10.1145/965139.807361), its hue moves by a share of the
//! circle that is uniform on `±max_turn`, at most half of it, and the colour is taken back.

use cenote_spec::{Kind, params};
use cenote_tensor::Stream;
use serde::Deserialize;

use super::bounds::within;
use super::grey::each_colour;
use super::{Motion, Transform};
use crate::Error;
use crate::draw::uniform;

pub(super) const KIND: Kind<dyn Transform> = Kind {
    name: NAME,
    about: "turns the circle of hues by up to `max_turn` of it",
    example: "max_turn = 0.1",
    notes: None,
    parse: |table| {
        let hue: Hue = params(NAME, table)?;
        within(NAME, "max_turn", hue.max_turn, [0.0, 0.5])?;
        Ok(Box::new(hue))
    },
};

const NAME: &str = "hue";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hue {
    max_turn: f64,
}

impl Transform for Hue {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fits(&self, shape: [usize; 3]) -> Result<(), Error> {
        coloured("hue: channels of the images", shape)
    }

    fn apply(&self, image: &mut [u8], _: [usize; 3], stream: &mut Stream) -> Motion {
        turn(image, uniform([-self.max_turn, self.max_turn], stream));
        Motion::Still
    }
}

/// Refuses images that have no colours.
pub(super) fn coloured(what: &'static str, [channels, ..]: [usize; 3]) -> Result<(), Error> {
    if channels == 3 {
        return Ok(());
    }
    let expected = "3: red, green and blue".to_owned();
    Err(Error::Setting { what, got: channels.to_string(), expected })
}

pub(super) fn turn(image: &mut [u8], share: f64) {
    each_colour(image, |colour| {
        let [hue, saturation, value] = to_hsv(colour);
        from_hsv([(hue + share).rem_euclid(1.0), saturation, value])
    });
}

/// Hue as a share of the circle and saturation, both `0..=1`, and value in the units of the colour.
pub(crate) fn to_hsv([r, g, b]: [f64; 3]) -> [f64; 3] {
    let value = r.max(g).max(b);
    let chroma = value - r.min(g).min(b);
    if chroma <= 0.0 {
        return [0.0, 0.0, value];
    }
    let sixth = if value <= r {
        (g - b) / chroma
    } else if value <= g {
        (b - r) / chroma + 2.0
    } else {
        (r - g) / chroma + 4.0
    };
    [(sixth / 6.0).rem_euclid(1.0), chroma / value, value]
}

/// The colour of a hue below 1.
pub(crate) fn from_hsv([hue, saturation, value]: [f64; 3]) -> [f64; 3] {
    // How far red, green and blue lie below the value: a trapezoid along the circle of hues.
    [5.0, 3.0, 1.0].map(|start| {
        let at = (start + hue * 6.0) % 6.0;
        value - value * saturation * at.min(4.0 - at).clamp(0.0, 1.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_come_back_from_their_hues() {
        for at in 0..9_usize.pow(3) {
            let colour = [at / 81, at / 9 % 9, at % 9].map(|level| level as f64 * 31.875);
            let back = from_hsv(to_hsv(colour));
            colour.iter().zip(back).for_each(|(a, b)| assert!((a - b).abs() < 1e-9, "{colour:?}"));
        }
        let green = to_hsv([0.0, 255.0, 0.0]);
        assert!((green[0] - 1.0 / 3.0).abs() < 1e-12, "{green:?}");
    }

    #[test]
    fn a_third_of_the_circle_turns_red_to_green_to_blue() {
        let mut image = [200, 40, 7, /* green */ 0, 40, 7, /* blue */ 0, 40, 7];
        turn(&mut image, 1.0 / 3.0);
        assert_eq!(image, [0, 40, 7, 200, 40, 7, 0, 40, 7]);
        turn(&mut image, 1.0 / 3.0);
        assert_eq!(image, [0, 40, 7, 0, 40, 7, 200, 40, 7]);
    }
}
