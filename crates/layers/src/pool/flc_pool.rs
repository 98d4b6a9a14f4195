//! Frequency low-cut pooling (FLC): the low half of the spectrum along each axis.
//!
//! ```text
//! y = F⁻¹ (X at frequencies −O/2 … O/2),     O = ⌈I/2⌉
//! ```
//!
//! `spectral_pool` with its size fixed: no frequency that the smaller map cannot show remains, so it
//! is free of aliasing by construction. With `window = "hamming"` the kept frequencies are weighted by
//! `0.54 + 0.46 cos(2π f / O)` on each axis, which removes the ringing that a sharp edge in the
//! spectrum makes. Everything else, cost and what is kept included, is as in `spectral_pool`.
//! After Grabinski et al. (2022), "`FrequencyLowCut` pooling", arXiv:2204.00491; the window after
//! Grabinski et al. (2023), arXiv:2307.09804.

use cenote_spec::{Kind, Notes, Random, Setting, params};
use cenote_tensor::{BandLimit, Shape, Taper};
use serde::Deserialize;

use super::spectral::Spectral;
use crate::layer::maps;
use crate::{Change, Changed, Error, Layer, LayerSpec};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "low half of the spectrum along each axis: free of aliasing",
    example: "",
    notes: Some(Notes {
        formula: "y = inverse DFT of the centred half of the DFT of x, optionally tapered",
        cost: "as spectral_pool; keeps nothing",
        reference: "Grabinski et al. (2022), arXiv:2204.00491; (2023), arXiv:2307.09804",
        random: Random::No,
        settings: &[Setting {
            name: "window",
            default: "'none'",
            about: "weights of the kept frequencies: 'none' or 'hamming'",
            values: &["'none'", "'hamming'"],
        }],
    }),
    parse: |table| Ok(Box::new(params::<FlcPool>(NAME, table)?)),
};

const NAME: &str = "flc_pool";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FlcPool {
    #[serde(default)]
    window: Ending,
}

/// How the kept part of the spectrum ends.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Ending {
    #[default]
    None,
    Hamming,
}

impl LayerSpec for FlcPool {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        let [channels, rows, columns] = maps(NAME, input)?;
        let taper = match self.window {
            Ending::None => Taper::Sharp,
            Ending::Hamming => Taper::Hamming,
        };
        let [high, wide] = [rows.div_ceil(2), columns.div_ceil(2)];
        let limit = BandLimit::new([rows, columns], [high, wide], taper);
        Ok(Box::new(Spectral { kind: NAME, output: [channels, high, wide], limit }))
    }

    fn changed(&self, change: Change) -> Changed {
        Changed::of_whole_maps(change)
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::{Scalar, Tensor};

    use crate::laws::{check_gradient, fit, run};

    #[test]
    fn it_is_spectral_pooling_to_half_the_size() {
        let x = Tensor::from_fn([2, 2, 6, 9], |i| ((i * 37 % 101) as Scalar) * 0.01);
        let flc = run(&fit("kind = 'flc_pool'", [2, 6, 9]).expect("fits"), x.clone());
        let half = fit("kind = 'spectral_pool'\noutput_size = [3, 5]", [2, 6, 9]).expect("fits");
        assert_eq!(flc, run(&half, x));
    }

    #[test]
    fn the_gradient_of_a_tapered_spectrum_matches_differences() {
        let layer = fit("kind = 'flc_pool'\nwindow = 'hamming'", [2, 5, 8]).expect("fits");
        check_gradient(&layer, 2).expect("linear");
    }
}
