//! Spatter: splashes of mud, as MNIST-C has them.
//!
//! ```text
//! liquid = G_1 ∗ N(.65, .3²)        m = G_1.5 ∗ [liquid > .65], 0 where it is below .8        y = x (1 − m) + 63/255 m
//! ```
//!
//! `G_s` is a Gaussian of `s` pixels; the outermost pixels continue.

use cenote_spec::Kind;
use cenote_tensor::Stream;

use super::plane::each_plane;
use super::{Corruption, Facts, Family, at_one_level};
use crate::draw::normal;
use crate::smooth::{Gaussian, edge, gaussian};

pub(super) const MNIST: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "splashes of mud",
    example: "",
    notes: None,
    parse: |table| at_one_level(table, &FACTS, [0.65, 0.3, 1.0, 0.65, 1.5], splash),
};

const NAME: &str = "spatter";
const FACTS: Facts = Facts {
    name: NAME,
    family: Family::Weather,
    channels: None,
    constants: "mean and deviation of the liquid, its blur in pixels, threshold, blur of the mask",
};
const MUD: f64 = 63.0 / 255.0;

fn splash(image: &mut [u8], shape: [usize; 3], level: [f64; 5], stream: &mut Stream) {
    let [mean, deviation, liquid_sigma, threshold, mask_sigma] = level;
    each_plane(image, shape, |x, size| {
        let smooth = |plane: &[f64], sigma| {
            gaussian(plane, size, Gaussian { sigma, truncate: 4.0, outside: edge })
        };
        let noise: Vec<f64> = x.iter().map(|_| mean + deviation * normal(stream)).collect();
        let liquid = smooth(&noise, liquid_sigma).into_iter();
        let wet: Vec<f64> = liquid.map(|value| f64::from(u8::from(value > threshold))).collect();
        let mask = smooth(&wet, mask_sigma).into_iter().map(|m| if m < 0.8 { 0.0 } else { m });
        x.iter().zip(mask).map(|(x, m)| x * (1.0 - m) + MUD * m).collect()
    });
}
