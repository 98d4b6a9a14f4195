//! A trained network, made ready to be used.

use cenote_tensor::Tensor;

use crate::layer::Prepared;
use crate::step::use_layer;
use crate::{Fitted, Model, Params};

/// A network with its parameters, ready for use: nothing is recorded or saved, convolutions have
/// their weights packed, and batch norms and rectifiers behind them are folded into them.
///
/// Outputs equal those of [`Mode::Eval`](crate::Mode::Eval) up to rounding: a norm that is folded
/// into weights is multiplied in another order.
///
/// ```
/// use cenote_layers::{Inference, ModelSpec};
/// use cenote_tensor::{Seed, Tensor};
///
/// let spec = ModelSpec::from_toml(
///     "layer = [{ kind = 'conv2d', out_channels = 4, kernel_size = 3 }, { kind = 'batch_norm' },
///               { kind = 'relu' }, { kind = 'flatten' }, { kind = 'dense', out_features = 2 }]",
/// )?;
/// let model = spec.fit([1, 6, 8].into())?;
/// let ready = Inference::new(&model, &model.init(Seed(1)));
/// assert_eq!(ready.run(Tensor::full([5, 1, 6, 8], 0.5)).dims(), [5, 2]);
/// # Ok::<(), cenote_layers::Error>(())
/// ```
#[derive(Debug)]
pub struct Inference<'m> {
    stages: Vec<Stage<'m>>,
}

#[derive(Debug)]
enum Stage<'m> {
    /// What a layer, with some that followed it, was made into.
    Prepared(Box<dyn Prepared>),
    /// A layer as it is.
    Plain { fitted: Fitted<'m>, params: Vec<Tensor> },
}

impl<'m> Inference<'m> {
    /// Makes `model` with these parameters ready.
    ///
    /// # Panics
    /// When the parameters are not the model's; [`Model::check`] tells.
    pub fn new(model: &'m Model, params: &Params) -> Self {
        let values: Vec<Tensor> = params.iter().map(|param| param.value.clone()).collect();
        let mut stages: Vec<Stage<'m>> = Vec::new();
        for fitted in model.layers() {
            let params = &values[fitted.params.clone()];
            if let Some(Stage::Prepared(last)) = stages.last_mut()
                && last.take_over(fitted.layer, params)
            {
                continue;
            }
            stages.push(match fitted.layer.prepare(params) {
                Some(prepared) => Stage::Prepared(prepared),
                None => Stage::Plain { params: params.to_vec(), fitted },
            });
        }
        for stage in &mut stages {
            if let Stage::Prepared(prepared) = stage {
                prepared.finish();
            }
        }
        Self { stages }
    }

    /// The network's output for a batch `(N, …)`.
    pub fn run(&self, x: Tensor) -> Tensor {
        self.stages.iter().fold(x, |x, stage| match stage {
            Stage::Prepared(prepared) => prepared.run(x),
            Stage::Plain { fitted, params } => use_layer(fitted, params, x),
        })
    }
}

#[cfg(test)]
mod tests {
    use cenote_autograd::Tape;
    use cenote_tensor::{Scalar, Seed};

    use super::*;
    use crate::fusions::parameters;
    use crate::{Mode, ModelSpec, Step};

    #[test]
    fn it_computes_what_the_layers_compute_one_by_one() {
        let conv = "{ kind = 'conv2d', out_channels = 20, kernel_size = 3, padding = 1 }";
        let bare = "{ kind = 'conv2d', out_channels = 20, kernel_size = 3, bias = false }";
        let [norm, relu, pool] = [
            "{ kind = 'batch_norm' }",
            "{ kind = 'relu' }",
            "{ kind = 'max_pool', kernel_size = 2 }",
        ];
        let dense = "{ kind = 'flatten' }, { kind = 'dense', out_features = 3 }";
        for layers in [
            [conv, norm, relu, conv, relu, pool, dense],
            [bare, norm, relu, pool, bare, relu, norm],
            [bare, norm, norm, relu, relu, conv, pool],
            [norm, conv, pool, relu, norm, bare, dense],
            [conv, relu, norm, bare, pool, norm, dense],
        ] {
            let text = format!("layer = [{}]", layers.join(", "));
            let model = ModelSpec::from_toml(&text).expect("valid").fit([16, 9, 12].into());
            let model = model.expect("fits");
            let params = parameters(&model);
            let x = Tensor::normal([3, 16, 9, 12], 1.0, &mut Seed(9).stream("x"));
            let tape = Tape::without_gradients();
            let step = Step::new(&tape, &model, &params, Mode::Eval, Seed(0), 0);
            let expected = step.forward(tape.constant(x.clone())).value().clone();
            let y = Inference::new(&model, &params).run(x);
            assert_eq!(y.shape(), expected.shape());
            let largest = expected.as_slice().iter().fold(0.0, |a: Scalar, y| a.max(y.abs()));
            for (y, expected) in y.as_slice().iter().zip(expected.as_slice()) {
                assert!((y - expected).abs() <= 1e-5 * largest, "{y} {expected} in {text}");
            }
        }
    }
}
