//! Attention pooling: a mean of all cells whose weights the layer learns to give.
//!
//! ```text
//! s_k = w · tanh(V h_k)                     plain            h_k: the C numbers of cell k
//! s_k = w · (tanh(V h_k) ⊙ σ(U h_k))        gated
//! a   = softmax(s) over the cells           y = Σ_k a_k h_k                (C, H, W) → C
//! dh_k = a_k dy + through s                 ds_k = a_k (dy · h_k − Σ_j a_j dy · h_j)
//! ```
//!
//! In place of a global average: with all weights equal it is one, and its weights say where the
//! network looked. `V` and `U` are `D × C` and `w` is `D`, for `hidden_features = D`, without biases,
//! started by Glorot's rule. The softmax subtracts the largest score first; NaN spreads to its image.
//! Training and use are alike. `C·D + D + C` multiply-adds per cell (`2 C·D` gated) and `D` tanh or
//! `2 D` with the gate; input, as many numbers per cell and the weights are kept.
//! After Ilse, Tomczak and Welling (2018), "Attention-based deep multiple instance learning",
//! arXiv:1802.04712.

use cenote_autograd::{Function, Kept, Saved, Var};
use cenote_spec::{Kind, Notes, Random, Setting, params};
use cenote_tensor::{Attended, Attention, Conv2d, Shape, Tensor, Window};
use serde::Deserialize;

use crate::layer::maps;
use crate::{Change, Changed, Cost, Error, Init, Layer, LayerSpec, ParamSpec, Role, Scope};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "mean of all cells with learned weights; a head in place of a global average",
    example: "hidden_features = 4\ngated = true",
    notes: Some(Notes {
        formula: "y = sum over cells of softmax(w . tanh(V h)) h, optionally gated by sigmoid(U h)",
        cost: "C D + D + C multiply-adds per cell; keeps input, D or 2 D numbers per cell and the weights",
        reference: "Ilse, Tomczak and Welling (2018), arXiv:1802.04712",
        random: Random::No,
        settings: &[
            Setting {
                name: "hidden_features",
                default: "",
                about: "numbers D that a cell is scored by",
                values: &["1", "3"],
            },
            Setting {
                name: "gated",
                default: "false",
                about: "multiply tanh(V h) by sigmoid(U h)",
                values: &["true", "false"],
            },
        ],
    }),
    parse: |table| Ok(Box::new(params::<AttentionPool>(NAME, table)?)),
};

const NAME: &str = "attention_pool";

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AttentionPool {
    hidden_features: usize,
    #[serde(default)]
    gated: bool,
}

impl LayerSpec for AttentionPool {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        let [channels, rows, columns] = maps(NAME, input)?;
        let hidden = self.hidden_features;
        if !(1..=1 << 24).contains(&hidden) {
            return Err(Error::Setting {
                kind: NAME,
                name: "hidden_features",
                got: hidden.to_string(),
                expected: format!("1 to {}", 1 << 24),
            });
        }
        let one = Window::new([1, 1], [1, 1]);
        let hide = Conv2d::fit(one, channels, hidden, 1, [rows, columns])?;
        let score = Conv2d::fit(one, hidden, 1, 1, [rows, columns])?;
        Ok(Box::new(Fitted { input: [channels, rows, columns], hide, score, gated: self.gated }))
    }

    fn changed(&self, change: Change) -> Changed {
        Changed::of_whole_maps(change)
    }
}

#[derive(Debug)]
struct Fitted {
    input: [usize; 3],
    hide: Conv2d,
    score: Conv2d,
    gated: bool,
}

/// Positions of the parameters; the gate's is the last.
const SCORE: usize = 0;
const HIDE: usize = 1;
const GATE: usize = 2;

impl Layer for Fitted {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn output(&self) -> Shape {
        [self.input[0]].into()
    }

    fn params(&self) -> Vec<ParamSpec> {
        let param = |name: &'static str, geometry: &Conv2d| ParamSpec {
            name: name.into(),
            shape: geometry.weight_shape(),
            init: Init::GlorotNormal,
            role: Role::Trained,
        };
        let mut all = vec![param("score", &self.score), param("hide", &self.hide)];
        all.extend(self.gated.then(|| param("gate", &self.hide)));
        all
    }

    fn cost(&self) -> Cost {
        let [channels, rows, columns] = self.input;
        let (cells, ways) = ((rows * columns) as u64, 1 + u64::from(self.gated));
        let hidden = self.score.weight_shape().dims()[1] as u64;
        let macs = ways * self.hide.macs() + self.score.macs() + cells * channels as u64;
        // Hyperbolic tangents, gates and their product; exponential, sum and division per cell.
        let other = cells * (hidden * (2 * ways - 1) + 3);
        Cost { macs, other }
    }

    fn forward<'t>(&self, x: Var<'t>, at: &Scope<'_, 't>) -> Var<'t> {
        let params: Vec<&Var<'t>> = (0..2 + usize::from(self.gated)).map(|i| at.param(i)).collect();
        let values: Vec<Tensor> = params.iter().map(|param| param.value().clone()).collect();
        let Attended { y, hidden, weights } = attention(&values).forward(x.value());
        let inputs: Vec<&Var<'t>> = [&x].into_iter().chain(params).collect();
        let saved = || Backward { x: x.keep(), params: values, hidden, weights };
        x.tape().record(y, &inputs, saved)
    }
}

/// What weighs cells by these parameters.
fn attention(params: &[Tensor]) -> Attention<'_> {
    Attention { score: &params[SCORE], hide: &params[HIDE], gate: params.get(GATE) }
}

struct Backward {
    x: Kept,
    params: Vec<Tensor>,
    /// `(N, D, H, W)`, or twice as many with the gate.
    hidden: Tensor,
    /// `(N, 1, H, W)`.
    weights: Tensor,
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        NAME
    }

    fn saved(&self) -> Saved<'_> {
        let mut saved = self.x.saved();
        saved.tensors.extend(&self.params);
        saved.tensors.extend([&self.hidden, &self.weights]);
        saved
    }

    fn backward(self: Box<Self>, dy: Tensor, wanted: &[bool]) -> Vec<Option<Tensor>> {
        let Self { x, params, hidden, weights } = *self;
        let x = x.into_value();
        let of = attention(&params).backward(&x, [&hidden, &weights], &dy, wanted[0]);
        let mut gradients = vec![of.x, Some(of.score), Some(of.hide)];
        gradients.extend(of.gate.map(Some));
        gradients
    }
}

#[cfg(test)]
mod tests {
    use cenote_autograd::Tape;
    use cenote_tensor::{Scalar, Seed, Tensor};

    use crate::laws::{check_gradient, fit, run};
    use crate::{Mode, Step};

    #[test]
    fn equal_scores_make_it_a_global_average() {
        let layer = fit("kind = 'attention_pool'\nhidden_features = 2", [3, 4, 5]).expect("fits");
        let mut params = layer.init(Seed(1));
        params.set(0, Tensor::zeros([1, 2, 1, 1]));
        let x = Tensor::normal([2, 3, 4, 5], 1.0, &mut Seed(2).stream("x"));
        let tape = Tape::without_gradients();
        let step = Step::new(&tape, &layer, &params, Mode::Eval, Seed(1), 0);
        let y = step.forward(tape.constant(x.clone())).value().clone();
        let mean = run(&fit("kind = 'global_avg_pool'", [3, 4, 5]).expect("fits"), x).0;
        for (y, mean) in y.as_slice().iter().zip(mean.as_slice()) {
            assert!((y - mean).abs() < 1e-6);
        }
    }

    #[test]
    fn a_cell_with_a_far_larger_score_is_all_there_is() {
        let layer = fit("kind = 'attention_pool'\nhidden_features = 1", [1, 1, 3]).expect("fits");
        let mut params = layer.init(Seed(1));
        // Scores 100 · tanh(x): about 0, 100 and −100.
        params.set(0, Tensor::full([1, 1, 1, 1], 100.0));
        params.set(1, Tensor::full([1, 1, 1, 1], 1.0));
        let x = Tensor::from_vec([1, 1, 1, 3], vec![0.0, 20.0, -20.0]).expect("3 values");
        let tape = Tape::without_gradients();
        let step = Step::new(&tape, &layer, &params, Mode::Eval, Seed(1), 0);
        let y = step.forward(tape.constant(x)).value().clone();
        assert!((y.as_slice()[0] - 20.0 as Scalar).abs() < 1e-5);
    }

    #[test]
    fn both_forms_have_the_gradient_of_differences() {
        for gated in [false, true] {
            let text = format!("kind = 'attention_pool'\nhidden_features = 3\ngated = {gated}");
            check_gradient(&fit(&text, [2, 3, 4]).expect("fits"), 2).expect("smooth");
        }
    }
}
