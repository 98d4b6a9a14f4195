//! Global average pooling: the mean of each channel over the whole map.
//!
//! ```text
//! y[n,c] = (1/HW) Σ x[n,c,·,·]       (N, C, H, W) → (N, C)
//! dx     = dy / HW everywhere
//! ```
//!
//! It makes the head of a network independent of the size of the map, so that arms with and without
//! downsampling have equally many parameters. After Lin, Chen and Yan (2014), arXiv:1312.4400.

use cenote_autograd::{Function, Saved, Var};
use cenote_spec::{Kind, Notes, Random, params};
use cenote_tensor::{Shape, Tensor, global_avg_pool, global_avg_pool_backward};
use serde::Deserialize;

use crate::layer::maps;
use crate::{Change, Changed, Cost, Error, Layer, LayerSpec, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "mean of each channel over the whole map",
    example: "",
    notes: Some(Notes {
        formula: "y[n,c] = (1/HW) sum over the map of x",
        cost: "HW operations per channel; keeps nothing",
        reference: "Lin, Chen and Yan (2014), arXiv:1312.4400",
        random: Random::No,
        settings: &[],
    }),
    parse: |table| Ok(Box::new(params::<GlobalAvgPool>(NAME, table)?)),
};

const NAME: &str = "global_avg_pool";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GlobalAvgPool {}

impl LayerSpec for GlobalAvgPool {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        let [channels, rows, columns] = maps(NAME, input)?;
        Ok(Box::new(Fitted { channels, plane: [rows, columns] }))
    }

    fn changed(&self, change: Change) -> Changed {
        Changed::of_whole_maps(change)
    }
}

#[derive(Debug)]
struct Fitted {
    channels: usize,
    plane: [usize; 2],
}

impl Layer for Fitted {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn output(&self) -> Shape {
        [self.channels].into()
    }

    fn cost(&self) -> Cost {
        Cost { macs: 0, other: (self.channels * self.plane[0] * self.plane[1]) as u64 }
    }

    fn forward<'t>(&self, x: Var<'t>, _at: &Scope<'_, 't>) -> Var<'t> {
        let y = global_avg_pool(x.value());
        x.tape().record(y, &[&x], || Backward { plane: self.plane })
    }
}

struct Backward {
    plane: [usize; 2],
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        NAME
    }

    fn saved(&self) -> Saved<'_> {
        Saved::default()
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(global_avg_pool_backward(&dy, self.plane))]
    }
}
