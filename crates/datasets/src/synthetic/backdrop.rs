//! What lies behind everything: one colour, noise, or a texture.

use cenote_tensor::Stream;
use rand_chacha::rand_core::RngCore;
use serde::{Deserialize, Serialize};

use crate::draw::{happens, uniform, unit};
use crate::transform::byte;

/// What a background is made of, around one colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Backdrop {
    /// The colour alone.
    Flat,
    /// Noise of deviation 0.08 of the range at each pixel, of each channel by itself.
    Noise,
    /// Smooth spots of three sizes, up to 0.2 of the range lighter or darker, the same in all channels.
    Texture,
}

const DEVIATION: f64 = 0.08 * 255.0;
const DEPTH: f64 = 0.2 * 255.0;

/// The colours of an example: a value of each channel, 0 to 1.
#[derive(Clone, Debug)]
pub(crate) struct Colours {
    pub(crate) ground: Vec<f64>,
    pub(crate) ink: Vec<f64>,
}

impl Colours {
    /// Two colours that differ by `contrast` of the range in each channel, either of them the lighter.
    pub(crate) fn apart(channels: usize, contrast: f64, stream: &mut Stream) -> Self {
        let (mut ground, mut ink) = (Vec::new(), Vec::new());
        for _ in 0..channels {
            let dark = uniform([0.0, 1.0 - contrast], stream);
            let pair = [dark, dark + contrast];
            let light_ground = happens(0.5, stream);
            ground.push(pair[usize::from(light_ground)]);
            ink.push(pair[usize::from(!light_ground)]);
        }
        Self { ground, ink }
    }

    /// The ink mixed with the ground: all ink at a share of 1.
    pub(crate) fn mixed(&self, share: f64) -> Vec<u8> {
        let mixed = self.ground.iter().zip(&self.ink).map(|(g, i)| g + (i - g) * share);
        mixed.map(|value| byte(value * 255.0)).collect()
    }
}

impl Backdrop {
    /// Fills an image of `[rows, columns]` around a colour; bytes `(C, H, W)`.
    pub(crate) fn paint(self, colour: &[f64], size: [usize; 2], stream: &mut Stream) -> Vec<u8> {
        let area = size[0] * size[1];
        let mut planes = Vec::with_capacity(colour.len() * area);
        let field = if self == Self::Texture { texture(size, stream) } else { Vec::new() };
        for value in colour {
            let value = value * 255.0;
            match self {
                Self::Flat => planes.resize(planes.len() + area, byte(value)),
                Self::Noise => planes.extend((0..area).map(|_| byte(value + noise(stream)))),
                Self::Texture => planes.extend(field.iter().map(|depth| byte(value + depth))),
            }
        }
        planes
    }
}

/// A draw of noise: the sum of four bytes, which is close to normal, centred and scaled.
fn noise(stream: &mut Stream) -> f64 {
    // The variance of a byte is (256² − 1) / 12.
    const SCALE: f64 = DEVIATION / 147.799_864_230_521_9;
    let sum: u32 = stream.next_u32().to_le_bytes().into_iter().map(u32::from).sum();
    (f64::from(sum) - 510.0) * SCALE
}

/// A smooth random field: values on grids of a quarter, an eighth and a sixteenth of the longer side, joined smoothly,
/// each grid half as deep as the one before.
fn texture([rows, columns]: [usize; 2], stream: &mut Stream) -> Vec<f64> {
    let mut field = vec![0.0; rows * columns];
    for (octave, cells) in [4.0, 8.0, 16.0].into_iter().enumerate() {
        let step = (rows.max(columns) as f64 / cells).max(1.0);
        let depth = DEPTH / 1.75 * 0.5_f64.powi(octave as i32);
        let count = |side: usize| (side as f64 / step).ceil() as usize + 1;
        let across = count(columns);
        let grid: Vec<f64> = (0..count(rows) * across).map(|_| 2.0 * unit(stream) - 1.0).collect();
        let places = |side: usize| -> Vec<(usize, f64)> {
            let place = |at: usize| (at as f64 + 0.5) / step;
            (0..side).map(place).map(|at| (at as usize, smooth(at.fract()))).collect()
        };
        let (down, along) = (places(rows), places(columns));
        for (row, &(top, v)) in field.chunks_exact_mut(columns).zip(&down) {
            for (cell, &(left, u)) in row.iter_mut().zip(&along) {
                let corner = top * across + left;
                let upper = grid[corner] + (grid[corner + 1] - grid[corner]) * u;
                let below = &grid[corner + across..];
                let lower = below[0] + (below[1] - below[0]) * u;
                *cell += depth * (upper + (lower - upper) * v);
            }
        }
    }
    field
}

/// From 0 to 1, level at both.
fn smooth(share: f64) -> f64 {
    share * share * (3.0 - 2.0 * share)
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Seed;

    use super::*;

    fn moments(backdrop: Backdrop) -> [f64; 2] {
        let planes = backdrop.paint(&[0.5], [200, 300], &mut Seed(1).stream("ground"));
        let count = planes.len() as f64;
        let mean = planes.iter().map(|&value| f64::from(value)).sum::<f64>() / count;
        let squares = planes.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum::<f64>();
        [mean, (squares / count).sqrt()]
    }

    #[test]
    fn noise_has_its_deviation_and_texture_its_depth() {
        assert_eq!(moments(Backdrop::Flat).as_slice(), [128.0, 0.0]);
        let [mean, deviation] = moments(Backdrop::Noise);
        // 60,000 draws, and rounding adds a variance of 1/12.
        assert!((mean - 127.5).abs() < 0.5 && (deviation - 20.4).abs() < 0.3, "{mean} {deviation}");
        let [_, deviation] = moments(Backdrop::Texture);
        assert!((5.0..25.0).contains(&deviation), "{deviation}");
        let textured = Backdrop::Texture.paint(&[0.5], [64, 64], &mut Seed(1).stream("ground"));
        assert!(textured.iter().all(|&value| (127.5 - f64::from(value)).abs() <= DEPTH + 0.5));
        let steps = textured.chunks(64).flat_map(|row| row.windows(2));
        assert!(steps.map(|pair| pair[0].abs_diff(pair[1])).max().unwrap() < 30, "it is smooth");
    }

    #[test]
    fn colours_are_as_far_apart_as_asked() {
        let mut stream = Seed(1).stream("colours");
        let mut lighter = 0;
        for _ in 0..200 {
            let colours = Colours::apart(3, 0.4, &mut stream);
            for (ground, ink) in colours.ground.iter().zip(&colours.ink) {
                assert!(((ground - ink).abs() - 0.4).abs() < 1e-12);
                assert!((0.0..=1.0).contains(ground) && (0.0..=1.0).contains(ink));
                lighter += usize::from(ink > ground);
            }
        }
        assert!((240..360).contains(&lighter), "{lighter} of 600");
    }
}
