//! Spatial pyramid pooling: the largest cells of coarser and finer grids over the whole map.
//!
//! ```text
//! y = for every level n: max of x over each of n×n windows          (C, H, W) → C · Σ n²
//! ```
//!
//! A head that takes maps of any size and, unlike a global pool, still tells where something is.
//! Windows are those of adaptive pooling; He et al. use windows of `⌈I/n⌉` with steps of `⌊I/n⌋`,
//! which is the same where `n` divides the side. Levels follow each other in the order given, each as
//! a flattened `(C, n, n)`. Ties and NaN are those of `max_pool`. Training and use are alike. `K − 1`
//! comparisons per window of `K` cells; four bytes per output are kept.
//! After He et al. (2014), arXiv:1406.4729, and Lazebnik, Schmid and Ponce (2006).

use std::sync::Arc;

use cenote_autograd::{Function, Saved, Var};
use cenote_spec::{Kind, Notes, Random, Setting, params};
use cenote_tensor::{Places, Regions, Shape, Tensor, pyramid_max, pyramid_max_backward};
use serde::Deserialize;

use crate::layer::maps;
use crate::{Change, Changed, Cost, Error, Layer, LayerSpec, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "largest cells of grids from coarse to fine, as one row of features",
    example: "levels = [1, 2, 3]",
    notes: Some(Notes {
        formula: "y = max of x over n x n adaptive windows, for every level n, side by side",
        cost: "K - 1 comparisons per output; keeps 4 bytes per output",
        reference: "He et al. (2014), arXiv:1406.4729",
        random: Random::No,
        settings: &[Setting {
            name: "levels",
            default: "[1, 2, 4]",
            about: "windows along each side, level by level",
            values: &["[1]", "[1, 2]", "[4, 2, 1]", "[3]"],
        }],
    }),
    parse: |table| Ok(Box::new(params::<SpatialPyramidPool>(NAME, table)?)),
};

const NAME: &str = "spatial_pyramid_pool";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SpatialPyramidPool {
    #[serde(default = "one_two_four")]
    levels: Vec<usize>,
}

fn one_two_four() -> Vec<usize> {
    vec![1, 2, 4]
}

impl LayerSpec for SpatialPyramidPool {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        const LIMIT: usize = 1 << 10;
        let [channels, rows, columns] = maps(NAME, input)?;
        let wrong = self.levels.iter().find(|level| !(1..=LIMIT).contains(*level));
        if self.levels.is_empty() || self.levels.len() > LIMIT || wrong.is_some() {
            return Err(Error::Setting {
                kind: NAME,
                name: "levels",
                got: format!("{:?}", self.levels),
                expected: format!("1 to {LIMIT} numbers from 1 to {LIMIT}"),
            });
        }
        let level = |&n: &usize| Regions::adaptive([rows, columns], [n, n]);
        Ok(Box::new(Fitted { channels, levels: self.levels.iter().map(level).collect() }))
    }

    fn changed(&self, change: Change) -> Changed {
        Changed::of_whole_maps(change)
    }
}

#[derive(Debug)]
struct Fitted {
    channels: usize,
    levels: Arc<[Regions]>,
}

impl Fitted {
    /// Features of every level.
    fn features(&self) -> impl Iterator<Item = usize> {
        self.levels.iter().map(|level| self.channels * level.output().iter().product::<usize>())
    }
}

impl Layer for Fitted {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn output(&self) -> Shape {
        [self.features().sum()].into()
    }

    fn cost(&self) -> Cost {
        let cells: usize = self.levels.iter().map(Regions::cells).sum();
        Cost { macs: 0, other: (self.channels * cells - self.output().len()) as u64 }
    }

    fn forward<'t>(&self, x: Var<'t>, _at: &Scope<'_, 't>) -> Var<'t> {
        let (y, places) = pyramid_max(x.value(), &self.levels);
        let (levels, channels) = (Arc::clone(&self.levels), self.channels);
        x.tape().record(y, &[&x], || Backward { places, levels, channels })
    }
}

struct Backward {
    places: Places,
    levels: Arc<[Regions]>,
    channels: usize,
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        NAME
    }

    fn saved(&self) -> Saved<'_> {
        Saved::bytes(self.places.bytes())
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(pyramid_max_backward(&dy, &self.places, &self.levels, self.channels))]
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::{Scalar, Tensor};

    use crate::laws::{fit, run};

    #[test]
    fn levels_follow_each_other_channel_by_channel() {
        let layer = fit("kind = 'spatial_pyramid_pool'\nlevels = [1, 2]", [2, 2, 4]).expect("fits");
        let x = Tensor::from_fn([1, 2, 2, 4], |i| (i * 5 % 16) as Scalar);
        // Channel 0: 0 5 10 15 / 4 9 14 3; channel 1: 8 13 2 7 / 12 1 6 11.
        let (y, dx) = run(&layer, x);
        let expected = [15.0, 13.0, 5.0, 15.0, 9.0, 14.0, 13.0, 7.0, 12.0, 11.0];
        assert_eq!((y.dims(), y.as_slice()), (&[1, 10][..], &expected[..]));
        assert!((dx.as_slice()[3] - 2.0).abs() < 1e-6);
        assert!((dx.as_slice().iter().sum::<Scalar>() - 10.0).abs() < 1e-6);
    }

    #[test]
    fn the_number_of_features_does_not_depend_on_the_size_of_the_map() {
        for size in [[3, 1, 2], [3, 9, 4], [3, 20, 33]] {
            let layer = fit("kind = 'spatial_pyramid_pool'", size).expect("any size fits");
            assert_eq!(layer.output(), [3 * 21].into());
        }
    }

    #[test]
    fn a_level_without_windows_is_refused() {
        let text = "kind = 'spatial_pyramid_pool'\nlevels = [1, 0]";
        let error = fit(text, [1, 5, 7]).expect_err("no windows").to_string();
        assert!(error.contains("levels is [1, 0]"), "{error}");
    }
}
