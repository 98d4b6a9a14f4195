//! Mixed pooling: between maximum and average, in a proportion that is learned, drawn or fixed.
//!
//! ```text
//! y    = a · max x + (1 − a) · (1/D) Σ x            over the cells of the window
//! dx_k = dy · ( a [k wins] + (1 − a)/D )
//! da   = Σ dy · (max − mean)
//! ```
//!
//! | `mix` | `a` |
//! |---|---|
//! | `'learned'` | `1 / (1 + e^−logit)`, trained; Lee, Gallagher and Tu (2016) |
//! | `'random'` | in training 0 or 1, drawn with odds 1:1 at every step; Yu et al. (2014) |
//! | `'fixed'` | the setting `a` |
//!
//! There is one `a` for the layer or, with `per = 'channel'`, for each channel. The logit keeps a
//! learned one between 0 and 1; Lee et al. do not say that they did. With `'random'` the layer counts
//! its draws (`maxima` of `draws`, kept as running statistics, from the stream `mixed_pool/PATH/stepK`)
//! and in use takes the share of maxima among them, ½ before the first step.
//!
//! The first of equal maxima wins, and `D` counts padded cells unless `count_include_pad = false`. NaN
//! gives NaN. Per output: `K − 1` comparisons, `K` additions and 3 multiplications. Kept for the
//! backward pass: the winners, one byte per output, and where `a` is learned also the difference of
//! maximum and mean.
//!
//! After Yu, Wang, Chen and Wei (2014), Mixed Pooling for Convolutional Neural Networks (RSKT), and
//! Lee, Gallagher and Tu (2016), arXiv:1509.08985. No operator of `PyTorch`.

use cenote_autograd::Var;
use cenote_spec::{Kind, Notes, Random, Setting, params};
use cenote_tensor::{Scalar, Tensor, Window, Windows};
use rand_chacha::rand_core::RngCore;
use serde::Deserialize;

use super::blend::{self, counting, shared_out};
use super::formula::{FormulaPool, Summarised, window};
use super::max_avg::{COUNT_INCLUDE_PAD, counted};
use super::parameters::{PER, Per, SIGMOID, rows};
use super::settings::{CEIL_MODE, KERNEL_SIZE, PADDING, STRIDE};
use crate::{Cost, Error, Init, LayerSpec, Mode, Pair, ParamSpec, Role, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "between maximum and mean of the window, in a learned, drawn or fixed proportion",
    example: "kernel_size = 3\nstride = 2\npadding = 1\nper = 'channel'",
    notes: Some(Notes {
        formula: "y = a max over the window of x + (1 - a) (1/D) sum over the window of x",
        cost: "K - 1 comparisons, K additions and 3 multiplications per output; keeps 1 byte per output, learned also 1 number",
        reference: "Lee, Gallagher and Tu (2016), arXiv:1509.08985; drawn: Yu et al. (2014), RSKT",
        random: Random::Free,
        settings: &[
            KERNEL_SIZE,
            STRIDE,
            PADDING,
            CEIL_MODE,
            COUNT_INCLUDE_PAD,
            Setting {
                name: "mix",
                default: "'learned'",
                about: "where a comes from: learned, random (0 or 1 at every step), or fixed",
                values: &["'learned'", "'random'", "'fixed'"],
            },
            Setting {
                name: "a",
                default: "0.5",
                about: "share of the maximum: at the start, or for good where it is fixed",
                values: &["0.25", "0.5", "0.9"],
            },
            PER,
        ],
    }),
    parse: |table| Ok(Box::new(Summarised(params::<MixedPool>(NAME, table)?))),
};

const NAME: &str = "mixed_pool";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MixedPool {
    kernel_size: Pair,
    stride: Option<Pair>,
    #[serde(default = "Pair::zero")]
    padding: Pair,
    #[serde(default)]
    ceil_mode: bool,
    #[serde(default = "counted")]
    count_include_pad: bool,
    #[serde(default)]
    mix: Mix,
    #[serde(default = "half")]
    a: f64,
    #[serde(default)]
    per: Per,
}

fn half() -> f64 {
    0.5
}

/// Where the share of the maximum comes from.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mix {
    #[default]
    Learned,
    Random,
    Fixed,
}

/// Positions of the counts of draws.
const MAXIMA: usize = 0;
const DRAWS: usize = 1;

impl FormulaPool for MixedPool {
    const NAME: &'static str = NAME;

    fn window(&self) -> Result<Window, Error> {
        let fits = match self.mix {
            Mix::Learned => self.a > 0.0 && self.a < 1.0,
            Mix::Random | Mix::Fixed => (0.0..=1.0).contains(&self.a),
        };
        if !fits {
            return Err(Error::Setting {
                kind: NAME,
                name: "a",
                got: self.a.to_string(),
                expected: "a share from 0 to 1, and between them where it is learned".into(),
            });
        }
        Ok(window(self.kernel_size, self.stride, self.padding, self.ceil_mode))
    }

    fn params(&self, channels: usize, _area: usize) -> Vec<ParamSpec> {
        let running = |name: &'static str| {
            let shape = self.per.shape(channels, 1);
            ParamSpec { name: name.into(), shape, init: Init::Zeros, role: Role::Running }
        };
        match self.mix {
            Mix::Learned => {
                let init = Init::Constant((self.a / (1.0 - self.a)).ln() as Scalar);
                vec![self.per.param("logit", channels, 1, init)]
            }
            Mix::Random => vec![running("maxima"), running("draws")],
            Mix::Fixed => Vec::new(),
        }
    }

    fn cost(&self, area: u64) -> Cost {
        Cost { macs: 0, other: 2 * area + 2 }
    }

    fn forward<'t>(&self, x: Var<'t>, at: Windows, scope: &Scope<'_, 't>) -> Var<'t> {
        let channels = x.value().nchw()[1];
        let divisor = counting(self.count_include_pad);
        let a = match self.mix {
            Mix::Learned => {
                let a = rows(NAME, [&SIGMOID.of(scope.param(0))], channels);
                return blend::learned(NAME, &x, &a, at, divisor);
            }
            Mix::Random => drawn(scope),
            Mix::Fixed => Tensor::full([1, 1], self.a as Scalar),
        };
        let a = rows(NAME, [&x.tape().constant(a)], channels);
        blend::fixed(NAME, &x, shared_out(a.value()), at, divisor)
    }
}

/// The shares of this step: draws in training, which are counted, and their mean in use.
fn drawn(scope: &Scope<'_, '_>) -> Tensor {
    let [maxima, draws] = [MAXIMA, DRAWS].map(|i| scope.param(i).value().clone());
    if scope.mode() == Mode::Eval {
        let mut shares = maxima;
        shares.zip_assign(&draws, |maxima, draws| if draws > 0.0 { maxima / draws } else { 0.5 });
        return shares;
    }
    let mut stream = scope.stream(NAME);
    let shares = Tensor::from_fn(maxima.shape(), |_| (stream.next_u32() >> 31) as Scalar);
    let counted = |mut counts: Tensor, more: &Tensor| {
        counts.add_assign(more);
        counts
    };
    scope.update(MAXIMA, counted(maxima, &shares));
    scope.update(DRAWS, draws.map(|draws| draws + 1.0));
    shares
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "values are copied or exact, and equality is what is tested")]
mod tests {
    use cenote_autograd::Tape;
    use cenote_tensor::{Scalar, Seed, Tensor};

    use crate::laws::{check_gradient, fit, run};
    use crate::{Mode, Step};

    const CELLS: [Scalar; 4] = [1.0, 2.0, 3.0, 6.0];

    fn row() -> Tensor {
        Tensor::from_vec([1, 1, 1, 4], CELLS.to_vec()).expect("4 values")
    }

    #[test]
    fn the_share_moves_it_from_mean_to_maximum() {
        for (a, expected) in [("0.0", 3.0), ("0.25", 3.75), ("1.0", 6.0)] {
            let text = format!("kind = 'mixed_pool'\nkernel_size = [1, 4]\nmix = 'fixed'\na = {a}");
            let (y, _) = run(&fit(&text, [1, 1, 4]).expect("fits"), row());
            assert!((y.as_slice()[0] - expected).abs() < 1e-6, "{a}: {y:?}");
        }
    }

    #[test]
    fn a_learned_share_starts_where_it_is_told_to() {
        let text = "kind = 'mixed_pool'\nkernel_size = [1, 4]\na = 0.75";
        let (y, _) = run(&fit(text, [1, 1, 4]).expect("fits"), row());
        assert!((y.as_slice()[0] - 5.25).abs() < 1e-5, "{y:?}");
    }

    #[test]
    fn draws_are_maxima_or_means_and_their_share_is_used_afterwards() {
        let text = "kind = 'mixed_pool'\nkernel_size = [1, 4]\nmix = 'random'";
        let model = fit(text, [1, 1, 4]).expect("fits");
        let mut params = model.init(Seed(1));
        let mut maxima = 0;
        for number in 0..200 {
            let tape = Tape::new();
            let step = Step::new(&tape, &model, &params, Mode::Train, Seed(5), number);
            let y = step.forward(tape.constant(row())).value().as_slice()[0];
            assert!(y == 6.0 || y == 3.0, "{y}");
            maxima += usize::from(y == 6.0);
            for (i, value) in step.into_updates() {
                params.set(i, value);
            }
        }
        let counted: Vec<Scalar> = params.iter().map(|param| param.value.as_slice()[0]).collect();
        assert_eq!(counted, [maxima as Scalar, 200.0]);
        // 200 fair coins: the standard deviation is 7.1.
        assert!((70..130).contains(&maxima), "{maxima}");
        let tape = Tape::without_gradients();
        let step = Step::new(&tape, &model, &params, Mode::Eval, Seed(5), 0);
        let y = step.forward(tape.constant(row())).value().as_slice()[0];
        let share = maxima as Scalar / 200.0;
        assert!((y - (3.0 + 3.0 * share)).abs() < 1e-5, "{y} with {maxima} maxima");
    }

    #[test]
    fn the_gradients_of_every_mix_match_differences() {
        for mix in ["learned", "random", "fixed"] {
            for per in ["layer", "channel"] {
                let text = format!(
                    "kind = 'mixed_pool'\nkernel_size = [2, 3]\nstride = 1\nmix = '{mix}'\nper = '{per}'"
                );
                check_gradient(&fit(&text, [3, 4, 5]).expect("fits"), 2).expect(mix);
            }
        }
    }
}
