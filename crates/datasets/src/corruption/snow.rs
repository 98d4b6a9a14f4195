//! Snow: a layer of flakes over a whitened image.
//!
//! ```text
//! flakes = motion blur of (N(mean, deviation²) enlarged, 0 below threshold)
//! y = c x + (1 − c) max(x, 1.5 grey + 0.5) + flakes + flakes turned by 180°
//! ```
//!
//! `grey` is the luma of colours and `x` itself of grey images. The blur goes along a ray between −135° and −45°.

use cenote_spec::Kind;
use cenote_tensor::Stream;

use super::motion_blur::along_ray;
use super::plane::{cut, numbers, put};
use super::zoom_blur::zoom;
use super::{Corruption, Facts, Family, by_severity};
use crate::draw::{normal, uniform};
use crate::transform::luma;

pub(super) const KIND: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "flakes of snow over a whitened image",
    example: "severity = 3",
    notes: None,
    parse: |table| by_severity(table, &FACTS, LEVELS, fall),
};

const NAME: &str = "snow";
const FACTS: Facts = Facts {
    name: NAME,
    family: Family::Weather,
    channels: None,
    constants: "mean and deviation of the noise, its enlargement, threshold, radius and deviation of the blur, share of the image",
};
const LEVELS: [[f64; 7]; 5] = [
    [0.1, 0.2, 1.0, 0.6, 8.0, 3.0, 0.95],
    [0.1, 0.2, 1.0, 0.5, 10.0, 4.0, 0.9],
    [0.15, 0.3, 1.75, 0.55, 10.0, 4.0, 0.9],
    [0.25, 0.3, 2.25, 0.6, 12.0, 6.0, 0.85],
    [0.3, 0.3, 1.25, 0.65, 14.0, 12.0, 0.8],
];

fn fall(
    image: &mut [u8],
    [channels, height, width]: [usize; 3],
    level: [f64; 7],
    stream: &mut Stream,
) {
    let [mean, deviation, factor, threshold, radius, sigma, share] = level;
    let area = height * width;
    let noise: Vec<f64> = (0..area).map(|_| mean + deviation * normal(stream)).collect();
    let flakes = zoom(&noise, [height, width], factor).into_iter();
    let flakes = flakes.map(|x| if x < threshold { 0.0 } else { f64::from(cut(x)) / 255.0 });
    let flakes: Vec<f64> = flakes.collect();
    let angle = uniform([-135.0, -45.0], stream);
    let flakes = along_ray(&flakes, [height, width], [radius, sigma], angle);
    let x = numbers(image);
    let whitened = (0..x.len()).map(|at| {
        let place = at % area;
        let grey = match channels {
            3 => luma([0, 1, 2].map(|channel| x[channel * area + place])),
            _ => x[at],
        };
        let white = share * x[at] + (1.0 - share) * x[at].max(1.5 * grey + 0.5);
        white + flakes[place] + flakes[area - 1 - place]
    });
    put(image, whitened);
}
