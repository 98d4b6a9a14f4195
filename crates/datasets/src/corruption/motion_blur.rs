//! Motion blur: averaged along a ray in a random direction.
//!
//! ```text
//! y[p] = Σ_i g(i) · x[p + ⌈i (sin a, cos a) − 1/2⌉]        i = 0..=2 radius, g a Gaussian of deviation sigma that sums to 1
//! ```
//!
//! `a` is uniform on ±45°, and the outermost pixels continue beyond the border. This is the rule of `ImageMagick`, which
//! made the published files.

use cenote_spec::Kind;
use cenote_tensor::Stream;

use super::plane::each_plane;
use super::{Corruption, Facts, Family, at_one_level, by_severity};
use crate::draw::uniform;
use crate::smooth::edge;

pub(super) const KIND: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "averages along a ray in a random direction",
    example: "severity = 3",
    notes: None,
    parse: |table| by_severity(table, &FACTS, LEVELS, blur),
};

pub(super) const MNIST: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "averages along a ray in a random direction",
    example: "",
    notes: None,
    parse: |table| at_one_level(table, &FACTS, [10.0, 3.0], blur),
};

const NAME: &str = "motion_blur";
const FACTS: Facts = Facts {
    name: NAME,
    family: Family::Blur,
    channels: None,
    constants: "radius and deviation, in pixels",
};
const LEVELS: [[f64; 2]; 5] = [[6.0, 1.0], [6.0, 1.5], [6.0, 2.0], [8.0, 2.0], [9.0, 2.5]];

fn blur(image: &mut [u8], shape: [usize; 3], level: [f64; 2], stream: &mut Stream) {
    let angle = uniform([-45.0, 45.0], stream);
    each_plane(image, shape, |x, size| along_ray(&x, size, level, angle));
}

/// A plane averaged along the ray that leaves every pixel at an angle in degrees; `y` points down.
pub(super) fn along_ray(
    x: &[f64],
    [height, width]: [usize; 2],
    [radius, sigma]: [f64; 2],
    angle: f64,
) -> Vec<f64> {
    let (sin, cos) = angle.to_radians().sin_cos();
    let weight = |step: usize| (-0.5 * (step as f64 / sigma).powi(2)).exp();
    let steps = 2 * radius as usize;
    let sum: f64 = (0..=steps).map(weight).sum();
    let whole = |offset: f64| (offset - 0.5).ceil() as isize;
    let offsets: Vec<(isize, isize, f64)> = (0..=steps)
        .map(|step| (whole(step as f64 * sin), whole(step as f64 * cos), weight(step) / sum))
        .collect();
    let value = |at: usize| -> f64 {
        let terms = offsets.iter().map(|&(down, right, weight)| {
            let row = edge((at / width) as isize + down, height);
            weight * x[row * width + edge((at % width) as isize + right, width)]
        });
        terms.sum()
    };
    (0..x.len()).map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_becomes_a_ray_of_gaussian_weights() {
        let mut x = vec![0.0; 30];
        x[2 * 10 + 6] = 1.0;
        let y = along_ray(&x, [3, 10], [2.0, 1.0], 0.0);
        // Pixels to the left see the point 0 to 4 steps to their right.
        let weights = [0.0_f64, 1.0, 2.0, 3.0, 4.0].map(|i| (-0.5 * i * i).exp());
        let sum: f64 = weights.iter().sum();
        for (step, weight) in weights.iter().enumerate() {
            assert!((y[20 + 6 - step] - weight / sum).abs() < 1e-12, "{step}");
        }
        assert!((y.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        // Straight down, and the last row goes on: it sees the point at every step, the first from the second step on.
        let down = along_ray(&x, [3, 10], [2.0, 1.0], 90.0);
        for (row, first) in [(0, 2), (1, 1), (2, 0)] {
            let expected = weights[first..].iter().sum::<f64>() / sum;
            assert!((down[10 * row + 6] - expected).abs() < 1e-12, "{row}");
        }
    }
}
