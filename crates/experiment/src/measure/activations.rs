//! What rectifiers let through, and how many directions the last maps use.
//!
//! ```text
//! sparsity            = share of zeros in the outputs of all rectifiers, layer by layer, then averaged
//! dead units          = share of their channels that are zero for every image and place
//! effective dimension = (Σ λ)² / Σ λ² / channels        λ of the covariance of the channel means of the last layer of maps
//! ```
//!
//! The participation ratio needs no eigenvalues: the sums are the trace of the covariance and its squared norm. One is as
//! many directions as channels, `1/channels` a single one.
//!
//! After Glorot, Bordes and Bengio (2011), PMLR 15:315, and Gao et al. (2017), doi:10.1101/214262.

use cenote_evidence::MeasureNote;
use cenote_layers::Model;
use cenote_spec::Kind;
use cenote_tensor::Scalar;
use serde::Deserialize;

use super::subject::{average, rows};
use super::{IMAGES, MOST_IMAGES, Measure, Subject, checked, maps_needed, notes, outside, plain};
use crate::{Data, Error};

pub(super) const KIND: Kind<dyn Measure> = Kind {
    name: NAME,
    about: "sparsity, dead units, and the effective dimension of the last maps",
    example: "images = 200",
    notes: Some(notes(
        "share of zeros, share of channels always zero, participation ratio per channel; all in 0 to 1",
        "a forward pass of every image",
        "Glorot, Bordes and Bengio (2011), PMLR 15:315; Gao et al. (2017), doi:10.1101/214262",
        &[IMAGES],
    )),
    parse: |table| {
        checked(NAME, table, |measure: &Activations| {
            outside("images", measure.images, 2, MOST_IMAGES)
        })
    },
};

const NAME: &str = "activations";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Activations {
    #[serde(default = "super::images")]
    images: usize,
}

/// What one rectifier put out so far.
struct Rectified {
    layer: usize,
    zeros: usize,
    values: usize,
    /// Whether each channel was ever above zero.
    alive: Vec<bool>,
}

impl Measure for Activations {
    fn notes(&self) -> Vec<MeasureNote> {
        let plain = |name: &str, about| plain(name.to_owned(), about, "share");
        vec![
            plain("sparsity", "zeros that rectifiers put out"),
            plain("dead_units", "channels of rectifiers that are always zero"),
            plain("effective_dimension", "directions that the last maps use, per channel"),
        ]
    }

    fn fits(&self, model: &Model, _: &Data) -> Result<(), String> {
        maps_needed(model)
    }

    fn take(&self, subject: &Subject<'_>) -> Result<Vec<Option<f64>>, Error> {
        let sample = subject.sample(self.images)?;
        let layers = subject.network.model.layers().enumerate();
        let mut rectified: Vec<Rectified> = layers
            .filter(|(_, fitted)| fitted.layer.kind() == "relu")
            .map(|(layer, fitted)| {
                let channels = fitted.layer.output().dims()[0];
                Rectified { layer, zeros: 0, values: 0, alive: vec![false; channels] }
            })
            .collect();
        let maps = subject.map_layers();
        let (last, [_, height, width]) = maps[maps.len() - 1];
        let mut means: Vec<Vec<f64>> = Vec::with_capacity(sample.len());
        for images in sample.images.chunks(subject.together) {
            subject.look(subject.scaled(images)?, |at, y| {
                for of in rectified.iter_mut().filter(|of| of.layer == at) {
                    for values in rows(y) {
                        of.add(&values);
                    }
                }
                if at == last {
                    let mean = |map: &[Scalar]| {
                        map.iter().map(|&a| f64::from(a)).sum::<f64>() / map.len() as f64
                    };
                    let of_image =
                        |maps: Vec<Scalar>| maps.chunks(height * width).map(mean).collect();
                    means.extend(rows(y).into_iter().map(of_image));
                }
            });
        }
        let zeros = rectified.iter().map(|of| of.zeros as f64 / of.values as f64);
        let units = rectified.iter().flat_map(|of| of.alive.iter());
        let dead = units.map(|&alive| f64::from(u8::from(!alive)));
        Ok(vec![average(zeros), average(dead), participation(&means)])
    }
}

impl Rectified {
    fn add(&mut self, values: &[Scalar]) {
        let each = values.len() / self.alive.len();
        for (alive, cells) in self.alive.iter_mut().zip(values.chunks(each)) {
            let zeros = cells.iter().filter(|&&a| a <= 0.0).count();
            self.zeros += zeros;
            self.values += cells.len();
            *alive |= zeros < cells.len();
        }
    }
}

/// The participation ratio of the covariance of some rows, per column; `None` where nothing varies.
fn participation(rows: &[Vec<f64>]) -> Option<f64> {
    let (count, width) = (rows.len() as f64, rows.first()?.len());
    let mean = |at: usize| rows.iter().map(|row| row[at]).sum::<f64>() / count;
    let means: Vec<f64> = (0..width).map(mean).collect();
    let covariance = |a: usize, b: usize| {
        rows.iter().map(|row| (row[a] - means[a]) * (row[b] - means[b])).sum::<f64>() / count
    };
    let trace: f64 = (0..width).map(|a| covariance(a, a)).sum();
    let squares: f64 = (0..width)
        .flat_map(|a| (0..width).map(move |b| (a, b)))
        .map(|(a, b)| covariance(a, b).powi(2))
        .sum();
    (squares > 0.0).then(|| trace * trace / squares / width as f64)
}

#[cfg(test)]
mod tests {
    use super::super::testbed::{Testbed, blocks};
    use super::*;

    #[test]
    fn directions_are_counted_by_their_variances() {
        let cross = [[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]].map(|row| row.to_vec());
        assert!((participation(&cross).unwrap() - 1.0).abs() < 1e-12);
        let line = [[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]].map(|row| row.to_vec());
        assert!((participation(&line).unwrap() - 0.5).abs() < 1e-12);
        assert_eq!(participation(&[vec![1.0], vec![1.0]]), None);
    }

    #[test]
    fn of_four_channels_one_is_dead_and_one_always_on() {
        let layers = "layer = [{kind='conv2d', name='maps', out_channels=4, kernel_size=1}, {kind='relu'}, {kind='flatten'},
             {kind='dense', out_features=2}]";
        // Bright is above zero: the third channel has the objects of class 1, the fourth everything else.
        let bed = Testbed::new(layers, blocks(), |path, at| match path {
            "maps.weight" => Some([0.0, 0.0, 1.0, -1.0][at]),
            "maps.bias" => Some([-1.0, 1.0, 0.0, 0.0][at]),
            _ => Some(0.0),
        });
        let values = bed.take("kind = 'activations'");
        assert_eq!(values[..2], [Some(0.5), Some(0.25)]);
    }
}
