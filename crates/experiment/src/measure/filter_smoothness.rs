//! How rough the filters of convolutions are.
//!
//! ```text
//! roughness = Σ (w_i − w_j)² over neighbouring taps / Σ w²        mean over convolutions with more than one tap
//! ratio     = roughness / roughness at the start
//! ```
//!
//! Taps that are independent have a roughness of about twice the neighbours for each tap (8/3 for 3x3); a constant filter
//! has 0. Networks without pools that learn to bear small deformations do so by smoother filters.
//!
//! After Ruderman, Rabinowitz, Morcos and Zoran (2018), arXiv:1804.04438.

use cenote_evidence::MeasureNote;
use cenote_layers::Params;
use cenote_spec::Kind;
use cenote_tensor::Tensor;
use serde::Deserialize;

use super::subject::average;
use super::{Measure, Subject, checked, notes, plain};
use crate::Error;

pub(super) const KIND: Kind<dyn Measure> = Kind {
    name: NAME,
    about: "how rough the filters of convolutions are, and against their start",
    example: "",
    notes: Some(notes(
        "squared differences of neighbouring taps over squared taps; in 0 to 8",
        "reads the weights once",
        "Ruderman et al. (2018), arXiv:1804.04438",
        &[],
    )),
    parse: |table| checked(NAME, table, |_: &FilterSmoothness| None),
};

const NAME: &str = "filter_smoothness";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FilterSmoothness {}

impl Measure for FilterSmoothness {
    fn notes(&self) -> Vec<MeasureNote> {
        vec![
            plain("filter_roughness".to_owned(), "how much neighbouring taps differ", "ratio"),
            plain("filter_roughness_ratio".to_owned(), "the same against the start", "ratio"),
        ]
    }

    fn take(&self, subject: &Subject<'_>) -> Result<Vec<Option<f64>>, Error> {
        let (now, start) = (of_all(subject.network.params), of_all(subject.initial));
        let ratio =
            now.zip(start).filter(|(_, start)| *start > 0.0).map(|(now, start)| now / start);
        Ok(vec![now, ratio])
    }
}

/// The mean roughness of all weights that are filters.
fn of_all(params: &Params) -> Option<f64> {
    let filters = params.iter().filter(|param| param.path.ends_with(".weight"));
    average(filters.filter_map(|param| roughness(&param.value)))
}

/// The roughness of filters `(O, I, R, C)`; `None` of anything else, of single taps and of zeros.
fn roughness(weight: &Tensor) -> Option<f64> {
    let &[_, _, rows, columns] = weight.dims() else { return None };
    if rows * columns < 2 {
        return None;
    }
    let square = |value: f64| value * value;
    let (mut differences, mut squares) = (0.0, 0.0);
    for filter in weight.as_slice().chunks(rows * columns) {
        let tap = |row: usize, column: usize| f64::from(filter[row * columns + column]);
        for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |c| (row, c))) {
            squares += square(tap(row, column));
            if row + 1 < rows {
                differences += square(tap(row, column) - tap(row + 1, column));
            }
            if column + 1 < columns {
                differences += square(tap(row, column) - tap(row, column + 1));
            }
        }
    }
    (squares > 0.0).then(|| differences / squares)
}

#[cfg(test)]
mod tests {
    use super::super::testbed::Testbed;
    use super::*;

    #[test]
    fn a_constant_filter_is_smooth_and_a_chequered_one_as_rough_as_can_be() {
        let of = |taps: &[cenote_tensor::Scalar], shape: [usize; 4]| {
            roughness(&Tensor::from_vec(shape, taps.to_vec()).unwrap())
        };
        assert_eq!(of(&[2.0; 9], [1, 1, 3, 3]), Some(0.0));
        // Twelve neighbours that differ by 2, nine taps of size 1.
        let chequered: Vec<_> = (0..9).map(|at| if at % 2 == 0 { 1.0 } else { -1.0 }).collect();
        assert_eq!(of(&chequered, [1, 1, 3, 3]), Some(48.0 / 9.0));
        assert_eq!(of(&[1.0, 2.0], [2, 1, 1, 1]), None);
        let start = Testbed::random().take("kind = 'filter_smoothness'");
        assert_eq!(start[1], Some(1.0), "an untrained network is as it started");
    }
}
