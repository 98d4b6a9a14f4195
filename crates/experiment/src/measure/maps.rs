//! Maps of what in an image a network's answer hangs on.

use cenote_tensor::{Scalar, Seed, Tensor};
use serde::Deserialize;

use super::Subject;
use super::subject::rows;
use crate::Error;

/// How a map is made; `z_y` is the logit of the label, sums run over channels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Method {
    /// The change of `z_y` when a patch is painted over: Zeiler and Fergus (2014), arXiv:1311.2901.
    #[default]
    Occlusion,
    /// `Σ |∂z_y/∂x|`: Simonyan, Vedaldi and Zisserman (2013), arXiv:1312.6034.
    Gradient,
    /// The mean of that under noise: Smilkov et al. (2017), arXiv:1706.03825.
    SmoothGradient,
    /// `Σ |(x − b) ∫ ∂z_y/∂x (b + t(x − b)) dt|`, `b` black: Sundararajan, Taly and Yan (2017), arXiv:1703.01365.
    IntegratedGradients,
    /// `max(0, Σ_k a_k A_k)`, `a_k` the mean gradient of map `k` of the last layer of maps, scaled up: Selvaraju et al.
    /// (2017), arXiv:1610.02391.
    GradCam,
}

/// Steps of the integral, and noisy copies of an image.
const STEPS: usize = 8;
/// Deviation of the noise that smooths gradients, in deviations of the training images.
const NOISE: Scalar = 0.15;
/// Rows and columns of a patch, as a share of the image: one sixth.
const PATCHES: usize = 6;

impl Method {
    /// Every method.
    pub(super) const ALL: [Self; 5] = [
        Self::Occlusion,
        Self::Gradient,
        Self::SmoothGradient,
        Self::IntegratedGradients,
        Self::GradCam,
    ];

    /// Its name in a study.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Occlusion => "occlusion",
            Self::Gradient => "gradient",
            Self::SmoothGradient => "smooth_gradient",
            Self::IntegratedGradients => "integrated_gradients",
            Self::GradCam => "grad_cam",
        }
    }

    /// One map per image, not negative, row after row.
    ///
    /// # Errors
    /// When the images do not fit the network.
    pub(crate) fn maps(
        self,
        subject: &Subject<'_>,
        images: &[Vec<u8>],
        labels: &[usize],
    ) -> Result<Vec<Vec<f64>>, Error> {
        let mut maps = Vec::with_capacity(images.len());
        for (images, labels) in images.chunks(subject.together).zip(labels.chunks(subject.together))
        {
            let x = subject.scaled(images)?;
            maps.extend(match self {
                Self::Occlusion => occlusion(subject, images, labels)?,
                Self::Gradient => magnitudes(&subject.label_gradient(0, x, labels)),
                Self::SmoothGradient => smooth(subject, &x, labels),
                Self::IntegratedGradients => integrated(subject, images, x, labels)?,
                Self::GradCam => grad_cam(subject, x, labels),
            });
        }
        Ok(maps)
    }
}

/// The magnitudes of each image's values, summed over channels.
fn magnitudes(values: &Tensor) -> Vec<Vec<f64>> {
    let [_, channels, height, width] = values.nchw();
    let area = height * width;
    let of_image = |values: Vec<Scalar>| {
        let at = |at: usize| -> f64 {
            (0..channels).map(|c| f64::from(values[c * area + at].abs())).sum()
        };
        (0..area).map(at).collect()
    };
    rows(values).into_iter().map(of_image).collect()
}

fn smooth(subject: &Subject<'_>, x: &Tensor, labels: &[usize]) -> Vec<Vec<f64>> {
    // The same noise for every batch and network.
    let mut stream = Seed(0).stream("measure/smooth_gradient");
    let mut sum: Vec<Vec<f64>> = Vec::new();
    for _ in 0..STEPS {
        let mut noisy = x.clone();
        noisy.add_assign(&Tensor::normal(x.shape(), NOISE, &mut stream));
        let maps = magnitudes(&subject.label_gradient(0, noisy, labels));
        if sum.is_empty() {
            sum = maps;
        } else {
            let cells = sum.iter_mut().flatten().zip(maps.into_iter().flatten());
            cells.for_each(|(sum, cell)| *sum += cell);
        }
    }
    sum
}

fn integrated(
    subject: &Subject<'_>,
    images: &[Vec<u8>],
    x: Tensor,
    labels: &[usize],
) -> Result<Vec<Vec<f64>>, Error> {
    let black: Vec<Vec<u8>> = images.iter().map(|image| vec![0; image.len()]).collect();
    let black = subject.scaled(&black)?;
    let mut path = x;
    path.zip_assign(&black, |x, black| x - black);
    let mut sum = Tensor::zeros(path.shape());
    for step in 0..STEPS {
        // The middle of each of the equal parts of the way.
        let share = (step as Scalar + 0.5) / STEPS as Scalar;
        let mut at = path.clone();
        at.zip_assign(&black, |path, black| black + share * path);
        sum.add_assign(&subject.label_gradient(0, at, labels));
    }
    sum.zip_assign(&path, |sum, path| sum * path / STEPS as Scalar);
    Ok(magnitudes(&sum))
}

fn occlusion(
    subject: &Subject<'_>,
    images: &[Vec<u8>],
    labels: &[usize],
) -> Result<Vec<Vec<f64>>, Error> {
    let [channels, height, width] = subject.data.test.shape();
    let side = height.min(width).div_ceil(PATCHES).max(1);
    let said = |images: &[Vec<u8>]| -> Result<Vec<f64>, Error> {
        let logits = subject.logits(images)?;
        Ok(logits.iter().zip(labels).map(|(z, &y)| f64::from(z[y])).collect())
    };
    let whole = said(images)?;
    let mut maps = vec![vec![0.0; height * width]; images.len()];
    for top in (0..height).step_by(side) {
        for left in (0..width).step_by(side) {
            let cells: Vec<usize> = (top..height.min(top + side))
                .flat_map(|y| (left..width.min(left + side)).map(move |x| y * width + x))
                .collect();
            let covered = |image: &Vec<u8>| {
                let mut image = image.clone();
                for plane in image.chunks_mut(height * width).take(channels) {
                    let grey = mean_byte(plane);
                    for &at in &cells {
                        plane[at] = grey;
                    }
                }
                image
            };
            let without = said(&images.iter().map(covered).collect::<Vec<_>>())?;
            for ((map, whole), without) in maps.iter_mut().zip(&whole).zip(without) {
                for &at in &cells {
                    map[at] = (whole - without).abs();
                }
            }
        }
    }
    Ok(maps)
}

/// The mean of a plane of bytes.
pub(super) fn mean_byte(plane: &[u8]) -> u8 {
    let sum: u64 = plane.iter().map(|&pixel| u64::from(pixel)).sum();
    (sum / plane.len().max(1) as u64) as u8
}

fn grad_cam(subject: &Subject<'_>, x: Tensor, labels: &[usize]) -> Vec<Vec<f64>> {
    let [_, _, rows_in, columns_in] = x.nchw();
    let Some(&(last, [channels, height, width])) = subject.map_layers().last() else {
        return vec![vec![0.0; rows_in * columns_in]; labels.len()];
    };
    let mut maps = None;
    subject.look(x, |at, y| {
        if at == last {
            maps = Some(y.clone());
        }
    });
    let maps = maps.expect("the layer is one of the network's");
    let gradient = subject.label_gradient(last + 1, maps.clone(), labels);
    let area = height * width;
    let of_image = |(maps, gradient): (Vec<Scalar>, Vec<Scalar>)| {
        let mut map = vec![0.0; area];
        for channel in 0..channels {
            let cells = channel * area..(channel + 1) * area;
            let slope: f64 = gradient[cells.clone()].iter().map(|&g| f64::from(g)).sum();
            let weighted = maps[cells].iter().map(|&a| slope / area as f64 * f64::from(a));
            map.iter_mut().zip(weighted).for_each(|(sum, a)| *sum += a);
        }
        for cell in &mut map {
            *cell = cell.max(0.0);
        }
        scaled_up(&map, [height, width], [rows_in, columns_in])
    };
    rows(&maps).into_iter().zip(rows(&gradient)).map(of_image).collect()
}

/// A plane at another size, between the middles of its cells.
fn scaled_up(plane: &[f64], [height, width]: [usize; 2], [rows, columns]: [usize; 2]) -> Vec<f64> {
    let place = |at: usize, from: usize, to: usize| {
        let middle =
            ((at as f64 + 0.5) * to as f64 / from as f64 - 0.5).clamp(0.0, (to - 1) as f64);
        let low = middle.floor() as usize;
        (low, (low + 1).min(to - 1), middle - low as f64)
    };
    let mut scaled = Vec::with_capacity(rows * columns);
    for row in 0..rows {
        let (up, down, y) = place(row, rows, height);
        for column in 0..columns {
            let (left, right, x) = place(column, columns, width);
            let between =
                |row: usize| plane[row * width + left] * (1.0 - x) + plane[row * width + right] * x;
            scaled.push(between(up) * (1.0 - y) + between(down) * y);
        }
    }
    scaled
}

#[cfg(test)]
mod tests {
    use super::super::testbed::{OBJECT, SIDE, Testbed};
    use super::*;

    #[test]
    fn a_plane_scaled_up_goes_straight_from_middle_to_middle() {
        let scaled = scaled_up(&[0.0, 4.0], [1, 2], [1, 4]);
        assert_eq!(scaled, [0.0, 1.0, 3.0, 4.0]);
    }

    #[test]
    fn the_maps_of_a_linear_network_are_its_weights() {
        let bed = Testbed::linear(|row, column| (1 + row * SIDE + column) as Scalar);
        let subject = bed.subject();
        let sample = subject.sample(3).unwrap();
        let maps = |method: Method| method.maps(&subject, &sample.images, &sample.labels).unwrap();
        for method in [Method::Gradient, Method::SmoothGradient] {
            for map in maps(method) {
                let first = map[0];
                let weights = map.iter().enumerate();
                let off = |(at, cell): (usize, &f64)| (cell / first - (at + 1) as f64).abs();
                assert!(weights.map(off).all(|off| off < 1e-4), "{method:?}");
            }
        }
        // Integrated gradients of a linear network add up to the change of the logit from black.
        let black = vec![vec![0; SIDE * SIDE]; 3];
        let (whole, none) =
            (subject.logits(&sample.images).unwrap(), subject.logits(&black).unwrap());
        for (nth, map) in maps(Method::IntegratedGradients).iter().enumerate() {
            let label = sample.labels[nth];
            let change = f64::from(whole[nth][label] - none[nth][label]).abs();
            let sum: f64 = map.iter().sum();
            assert!((sum - change).abs() < 1e-3 * change, "{sum} {change}");
        }
    }

    #[test]
    fn occlusion_sees_the_object_of_a_network_that_reads_nothing_else() {
        let bed = Testbed::object_reader();
        let subject = bed.subject();
        let sample = subject.sample(5).unwrap();
        for map in Method::Occlusion.maps(&subject, &sample.images, &sample.labels).unwrap() {
            // Patches are two cells wide, so those of the object end after the fourth row and column.
            let outside = |at: usize| (at / SIDE).max(at % SIDE) > OBJECT;
            assert!((0..map.len()).filter(|&at| outside(at)).all(|at| map[at].abs() < 1e-5));
            assert!(map[0] > 0.0);
        }
    }
}
