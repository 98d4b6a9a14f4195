//! Contrast: every channel is drawn towards its mean, `y = (x − mean) · c + mean`; `c` from .75 to .15.

use cenote_spec::Kind;
use cenote_tensor::Stream;

use super::plane::each_plane;
use super::{Corruption, Facts, Family, by_severity};

pub(super) const KIND: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "draws every channel towards its mean",
    example: "severity = 3",
    notes: None,
    parse: |table| by_severity(table, &FACTS, [0.75, 0.5, 0.4, 0.3, 0.15], flatten),
};

const NAME: &str = "contrast";
const FACTS: Facts = Facts {
    name: NAME,
    family: Family::Digital,
    channels: None,
    constants: "share of the contrast that is left",
};

fn flatten(image: &mut [u8], shape: [usize; 3], factor: f64, _: &mut Stream) {
    each_plane(image, shape, |x, _| {
        let mean = x.iter().sum::<f64>() / x.len() as f64;
        x.iter().map(|x| (x - mean) * factor + mean).collect()
    });
}
