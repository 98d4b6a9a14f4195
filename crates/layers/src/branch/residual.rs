//! A block whose input is added to its output.
//!
//! ```text
//! y = f(x) + s(x)          f the layers, s the shortcut: x itself where there is none
//! ```
//!
//! Both must have one shape: a block that changes it has a `shortcut`, usually a convolution of 1x1 with
//! the stride of the block. Paths of the shortcut's layers begin with `shortcut.`. After He et al. (2016),
//! arXiv:1512.03385; the rectifier behind the sum is a layer behind the block.
//!
//! A dilation that is asked for outside reaches the layers of both paths, and a stride is refused. A layer
//! within that asks all behind it to dilate is refused: layers behind the block would not hear of it.

use cenote_autograd::Var;
use cenote_spec::{Kind, params};
use cenote_tensor::Shape;
use serde::Deserialize;
use toml::Table;

use super::{coupled, within};
use crate::{
    Change, Changed, Cost, Error, Layer, LayerSpec, Model, ModelSpec, ParamSpec, Reach, Scope,
};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "layers whose input, or a `shortcut` of it, is added to their output",
    example: "layers = [{ kind = 'conv2d', out_channels = 3, kernel_size = 3, padding = 1 }, { kind = 'tanh' }]\n\
              shortcut = [{ kind = 'conv2d', out_channels = 3, kernel_size = 1 }]",
    notes: None,
    parse: |table| {
        let Settings { layers, shortcut } = params(NAME, table)?;
        let shortcut = shortcut.map(|layers| within(NAME, layers)).transpose()?;
        Ok(Box::new(Residual { layers: within(NAME, layers)?, shortcut }))
    },
};

const NAME: &str = "residual";

/// What stands before the paths of the shortcut's layers.
const SHORTCUT: &str = "shortcut.";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    layers: Vec<Table>,
    shortcut: Option<Vec<Table>>,
}

#[derive(Debug)]
struct Residual {
    layers: ModelSpec,
    shortcut: Option<ModelSpec>,
}

impl LayerSpec for Residual {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        let lists = [Some(&self.layers), self.shortcut.as_ref()];
        if let Some(path) = lists.into_iter().flatten().find_map(ModelSpec::dilating) {
            return Err(Error::Setting {
                kind: NAME,
                name: "layers",
                got: format!("a list with `{path}`, which asks all layers behind it to dilate"),
                expected: "layers that ask nothing of those behind the block; outside a block it may stand"
                    .to_owned(),
            });
        }
        let layers = self.layers.fit(input)?;
        let shortcut = self.shortcut.as_ref().map(|spec| spec.fit(input)).transpose()?;
        let direct = shortcut.as_ref().map_or(input, Model::output);
        if layers.output() != direct {
            return Err(Error::Setting {
                kind: NAME,
                name: "layers",
                got: format!("a list that makes {} of {input}", layers.output()),
                expected: format!(
                    "{direct}, as the shortcut has it; another `shortcut` could change that"
                ),
            });
        }
        Ok(Box::new(Fitted { layers, shortcut }))
    }

    fn changed(&self, change: Change) -> Changed {
        if let Change::Stride(_) = change {
            return Changed::Refused;
        }
        let shortcut = self.shortcut.as_ref().map(|spec| spec.changed(change));
        match (self.layers.changed(change), shortcut) {
            (Some(layers), None) => Changed::Layer(Box::new(Self { layers, shortcut: None })),
            (Some(layers), Some(Some(shortcut))) => {
                Changed::Layer(Box::new(Self { layers, shortcut: Some(shortcut) }))
            }
            _ => Changed::Refused,
        }
    }
}

#[derive(Debug)]
struct Fitted {
    layers: Model,
    shortcut: Option<Model>,
}

impl Layer for Fitted {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn output(&self) -> Shape {
        self.layers.output()
    }

    fn params(&self) -> Vec<ParamSpec> {
        let shortcut = self.shortcut.iter().flat_map(Model::param_specs);
        let below =
            |spec: ParamSpec| ParamSpec { name: format!("{SHORTCUT}{}", spec.name).into(), ..spec };
        self.layers.param_specs().chain(shortcut.map(below)).collect()
    }

    fn cost(&self) -> Cost {
        let sum = Cost { macs: 0, other: self.output().len() as u64 };
        let shortcut = self.shortcut.as_ref().map_or(Cost::default(), Model::cost);
        self.layers.cost() + shortcut + sum
    }

    fn reach(&self) -> Reach {
        let direct = self.shortcut.as_ref().map_or(Reach::CELL, Model::reach);
        self.layers.reach().beside(direct)
    }

    fn couples(&self) -> Option<&'static str> {
        coupled([Some(&self.layers), self.shortcut.as_ref()])
    }

    fn forward<'t>(&self, x: Var<'t>, at: &Scope<'_, 't>) -> Var<'t> {
        let y = self.layers.forward_within(x.clone(), at, 0, "");
        let direct = match &self.shortcut {
            Some(model) => model.forward_within(x, at, self.layers.param_specs().count(), SHORTCUT),
            None => x,
        };
        &y + &direct
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::{Scalar, Seed, Tensor};

    use crate::laws::{fit, run};
    use crate::{ModelSpec, Reach};

    #[test]
    fn an_identity_within_doubles_the_input_and_its_gradient() {
        let block =
            fit("kind = 'residual'\nlayers = [{ kind = 'identity' }]", [2, 3, 4]).expect("fits");
        let x = Tensor::from_fn([1, 2, 3, 4], |i| i as Scalar - 3.0);
        let (y, dx) = run(&block, x.clone());
        assert_eq!(y, x.map(|x| 2.0 * x));
        assert_eq!(dx, Tensor::full([1, 2, 3, 4], 2.0));
    }

    #[test]
    fn a_block_sees_what_either_path_sees() {
        let conv = |size: usize| {
            format!(
                "{{ kind = 'conv2d', out_channels = 2, kernel_size = {size}, padding = {} }}",
                size / 2
            )
        };
        let reach = |layers: &str, shortcut: &str| {
            let text = format!("kind = 'residual'\nlayers = [{layers}]\n{shortcut}");
            fit(&text, [2, 20, 20]).expect("fits").reach()
        };
        let window =
            |start, span| Reach::Window { start: [start; 2], span: [span; 2], step: [1; 2] };
        let two = format!("{}, {}", conv(3), conv(3));
        assert_eq!(reach(&two, ""), window(-2, 5));
        assert_eq!(reach(&conv(3), &format!("shortcut = [{}]", conv(7))), window(-3, 7));
        let even = "{ kind = 'same_max_pool', kernel_size = 2 }";
        assert_eq!(reach(even, ""), window(0, 2));
    }

    #[test]
    fn parameters_have_paths_below_the_block() {
        let text = "name = 'block'\nkind = 'residual'\n\
            layers = [{ kind = 'conv2d', out_channels = 2, kernel_size = 1, bias = false }, { kind = 'batch_norm' }]\n\
            shortcut = [{ kind = 'conv2d', out_channels = 2, kernel_size = 1 }]";
        let params = fit(text, [3, 4, 5]).expect("fits").init(Seed(1));
        let paths: Vec<&str> = params.iter().map(|param| param.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "block.conv2d1.weight",
                "block.batch_norm1.gamma",
                "block.batch_norm1.beta",
                "block.batch_norm1.running_mean",
                "block.batch_norm1.running_variance",
                "block.shortcut.conv2d1.weight",
                "block.shortcut.conv2d1.bias",
            ]
        );
    }

    #[test]
    fn a_block_that_changes_the_shape_asks_for_a_shortcut() {
        let text = "kind = 'residual'\nlayers = [{ kind = 'max_pool', kernel_size = 2 }]";
        let error = fit(text, [2, 4, 6]).expect_err("half the size").to_string();
        assert_eq!(
            error,
            "residual: layers is a list that makes 2x2x3 of 2x4x6; expected 2x4x6, as the shortcut has it; \
             another `shortcut` could change that"
        );
    }

    #[test]
    fn a_layer_within_cannot_dilate_what_is_behind_the_block() {
        let text = "kind = 'residual'\nlayers = [{ kind = 'dilate', factor = 2 }]";
        let error = fit(text, [2, 4, 6]).expect_err("nobody hears it").to_string();
        assert!(
            error.contains("a list with `dilate1`, which asks all layers behind it"),
            "{error}"
        );
    }

    #[test]
    fn a_dilation_from_outside_reaches_the_layers_within() {
        let conv = "{ kind = 'conv2d', out_channels = 2, kernel_size = 3, padding = 1 }";
        let text = format!(
            "layer = [{{ kind = 'dilate', factor = 2 }}, {{ kind = 'residual', layers = [{conv}] }}, {conv}]"
        );
        let model =
            ModelSpec::from_toml(&text).expect("valid").fit([2, 5, 7].into()).expect("fits");
        let shown: Vec<String> = model.layers().map(|layer| format!("{:?}", layer.layer)).collect();
        assert!(shown[1].contains("dilation: Pair([2, 2])"), "{}", shown[1]);
        assert!(shown[2].contains("dilation: Pair([2, 2])"), "{}", shown[2]);
    }
}
