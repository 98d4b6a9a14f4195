//! Glass blur: smoothed, pixels swapped with random neighbours, smoothed again.
//!
//! A Gaussian of deviation `sigma` (the outermost pixels continue) comes before and after. In between, for `rounds` rounds
//! and from the last row and column to the first, the pixel at `(i, j)` is swapped with the one at `(i + u, j + v)`, both
//! offsets drawn from `−reach..reach` (`reach` itself excluded), where both lie inside. In MNIST-C each swap happens with
//! probability 1/2.

use std::fmt::Debug;

use cenote_spec::Kind;
use cenote_tensor::Stream;

use super::plane::{each_plane, numbers, put};
use super::{Corruption, Facts, Family, at_one_level, by_severity};
use crate::draw::happens;
use crate::order::below;
use crate::smooth::{Gaussian, edge, gaussian};

pub(super) const KIND: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "swaps pixels with random neighbours between two smoothings",
    example: "severity = 3",
    notes: None,
    parse: |table| by_severity(table, &FACTS, LEVELS, shatter),
};

pub(super) const MNIST: Kind<dyn Corruption> = Kind {
    name: NAME,
    about: "swaps half of the pixels with random neighbours between two smoothings",
    example: "",
    notes: None,
    parse: |table| {
        let level = Glass { sigma: 0.7, reach: 1, rounds: 2, probability: 0.5 };
        at_one_level(table, &FACTS, level, shatter)
    },
};

const NAME: &str = "glass_blur";
const FACTS: Facts = Facts {
    name: NAME,
    family: Family::Blur,
    channels: None,
    constants: "deviation of the smoothing and reach in pixels, rounds, probability of a swap",
};
const LEVELS: [Glass; 5] =
    [glass(0.05, 1), glass(0.25, 1), glass(0.4, 1), glass(0.25, 2), glass(0.4, 2)];

#[derive(Clone, Copy)]
struct Glass {
    sigma: f64,
    reach: usize,
    rounds: usize,
    probability: f64,
}

impl Debug for Glass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { sigma, reach, rounds, probability } = self;
        write!(f, "[{sigma:?}, {reach}, {rounds}, {probability:?}]")
    }
}

const fn glass(sigma: f64, rounds: usize) -> Glass {
    Glass { sigma, reach: 1, rounds, probability: 1.0 }
}

fn shatter(image: &mut [u8], shape: [usize; 3], glass: Glass, stream: &mut Stream) {
    let [_, height, width] = shape;
    let kernel = Gaussian { sigma: glass.sigma, truncate: 4.0, outside: edge };
    each_plane(image, shape, |x, size| gaussian(&x, size, kernel));
    for _ in 0..glass.rounds {
        for row in (glass.reach + 1..=height - glass.reach).rev() {
            for column in (glass.reach + 1..=width - glass.reach).rev() {
                if glass.probability < 1.0 && !happens(glass.probability, stream) {
                    continue;
                }
                let mut offset = |at: usize| at + below(2 * glass.reach, stream) - glass.reach;
                let (other_column, other_row) = (offset(column), offset(row));
                if row.max(other_row) < height && column.max(other_column) < width {
                    for plane in image.chunks_exact_mut(height * width) {
                        plane.swap(row * width + column, other_row * width + other_column);
                    }
                }
            }
        }
    }
    for plane in image.chunks_exact_mut(height * width) {
        let smooth = gaussian(&numbers(plane), [height, width], kernel);
        put(plane, smooth);
    }
}
