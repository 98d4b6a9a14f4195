//! A path to smaller and deeper maps and back, joined with what it began from.
//!
//! ```text
//! y = join(l(x), up(f(x)))         f the layers, l the lateral ones: x itself where there are none
//! ```
//!
//! `up` brings the maps of `f` back to the rows and columns of `l(x)`: each cell shows the one it lies in
//! (`nearest`) or blends the four nearest centres (`bilinear`), as PyTorch's `interpolate` does with
//! `align_corners=False`. `join` is `add`, which needs as many channels of both, or `concat`, which puts
//! those of `l(x)` first. Fusions within fusions make the paths of U-Net (Ronneberger et al. 2015,
//! arXiv:1505.04597, by `concat`) and of feature pyramids (Lin et al. 2017, arXiv:1612.03144, by `add` with
//! a `lateral` convolution). Paths of lateral layers begin with `lateral.`.
//!
//! A dilation that is asked for outside reaches all layers within, and a stride is refused. A dilation that
//! is asked for within ends where the maps are brought back: behind the fusion cells lie as far apart as
//! before it.

use cenote_autograd::Var;
use cenote_spec::{Kind, params};
use cenote_tensor::{Axis, Resampling, Scalar, Shape, Tap};
use serde::Deserialize;
use toml::Table;

use super::concat::concat;
use super::{coupled, within};
use crate::layer::maps;
use crate::pool::resampled;
use crate::{
    Change, Changed, Cost, Error, Layer, LayerSpec, Model, ModelSpec, ParamSpec, Reach, Scope,
};

pub(super) const KIND: Kind<dyn LayerSpec> = Kind {
    name: NAME,
    about: "layers that make maps smaller, brought back and joined with their input",
    example: "layers = [{ kind = 'avg_pool', kernel_size = 2 }, { kind = 'conv2d', out_channels = 2, kernel_size = 1 }]\n\
              upsample = 'bilinear'",
    notes: None,
    parse: |table| {
        let Settings { layers, lateral, upsample, join } = params(NAME, table)?;
        let lateral = lateral.map(|layers| within(NAME, layers)).transpose()?;
        Ok(Box::new(Fuse { layers: within(NAME, layers)?, lateral, upsample, join }))
    },
};

const NAME: &str = "fuse";

/// What stands before the paths of the lateral layers.
const LATERAL: &str = "lateral.";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    layers: Vec<Table>,
    lateral: Option<Vec<Table>>,
    #[serde(default)]
    upsample: Upsample,
    #[serde(default)]
    join: Join,
}

/// How a larger map is made of a smaller one.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Upsample {
    #[default]
    Nearest,
    Bilinear,
}

/// How two maps become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Join {
    Add,
    #[default]
    Concat,
}

#[derive(Debug)]
struct Fuse {
    layers: ModelSpec,
    lateral: Option<ModelSpec>,
    upsample: Upsample,
    join: Join,
}

impl LayerSpec for Fuse {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        maps(NAME, input)?;
        let layers = self.layers.fit(input)?;
        let lateral = self.lateral.as_ref().map(|spec| spec.fit(input)).transpose()?;
        let beside = lateral.as_ref().map_or(input, Model::output);
        let ([deep, high, wide], [channels, rows, columns]) =
            (maps(NAME, layers.output())?, maps(NAME, beside)?);
        if self.join == Join::Add && deep != channels {
            return Err(Error::Setting {
                kind: NAME,
                name: "layers",
                got: format!("a list that makes {deep} channels"),
                expected: format!("{channels}, to be added to as many; or join = 'concat'"),
            });
        }
        let up = Resampling::new(self.upsample.axis(high, rows), self.upsample.axis(wide, columns));
        let all = if self.join == Join::Add { channels } else { channels + deep };
        let output = Shape::from([all, rows, columns]);
        Ok(Box::new(Fitted { layers, lateral, up, join: self.join, output }))
    }

    fn changed(&self, change: Change) -> Changed {
        if let Change::Stride(_) = change {
            return Changed::Refused;
        }
        let lateral = self.lateral.as_ref().map(|spec| spec.changed(change));
        let Some(layers) = self.layers.changed(change) else { return Changed::Refused };
        let lateral = match lateral {
            Some(None) => return Changed::Refused,
            Some(changed) => changed,
            None => None,
        };
        Changed::Layer(Box::new(Self { layers, lateral, ..*self }))
    }
}

impl Upsample {
    /// The map of `input` cells to `output` cells.
    fn axis(self, input: usize, output: usize) -> Axis {
        match self {
            Self::Nearest => Axis::select(input, (0..output).map(|o| o * input / output)),
            Self::Bilinear => Axis::new(
                input,
                (0..output).map(|o| {
                    let centre = (o as f64 + 0.5) * input as f64 / output as f64 - 0.5;
                    let centre = centre.clamp(0.0, (input - 1) as f64);
                    let (low, share) = (centre as usize, (centre - centre.floor()) as Scalar);
                    let far = (share > 0.0).then_some(Tap { at: low + 1, weight: share });
                    std::iter::once(Tap { at: low, weight: 1.0 - share }).chain(far).collect()
                }),
            ),
        }
    }
}

#[derive(Debug)]
struct Fitted {
    layers: Model,
    lateral: Option<Model>,
    up: Resampling,
    join: Join,
    output: Shape,
}

impl Layer for Fitted {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn output(&self) -> Shape {
        self.output
    }

    fn params(&self) -> Vec<ParamSpec> {
        let lateral = self.lateral.iter().flat_map(Model::param_specs);
        let below =
            |spec: ParamSpec| ParamSpec { name: format!("{LATERAL}{}", spec.name).into(), ..spec };
        self.layers.param_specs().chain(lateral.map(below)).collect()
    }

    fn cost(&self) -> Cost {
        let up = Cost { macs: self.layers.output().dims()[0] as u64 * self.up.macs(), other: 0 };
        let sums = if self.join == Join::Add { self.output.len() as u64 } else { 0 };
        let lateral = self.lateral.as_ref().map_or(Cost::default(), Model::cost);
        self.layers.cost() + lateral + up + Cost { macs: 0, other: sums }
    }

    fn reach(&self) -> Reach {
        let beside = self.lateral.as_ref().map_or(Reach::CELL, Model::reach);
        let Reach::Window { step, .. } = beside else { return Reach::Whole };
        self.layers.reach().spread(&self.up, step).beside(beside)
    }

    fn couples(&self) -> Option<&'static str> {
        coupled([Some(&self.layers), self.lateral.as_ref()])
    }

    fn forward<'t>(&self, x: Var<'t>, at: &Scope<'_, 't>) -> Var<'t> {
        let deep = self.layers.forward_within(x.clone(), at, 0, "");
        let beside = match &self.lateral {
            Some(model) => model.forward_within(x, at, self.layers.param_specs().count(), LATERAL),
            None => x,
        };
        let deep = resampled(NAME, &deep, &self.up);
        match self.join {
            Join::Add => &beside + &deep,
            Join::Concat => concat(&beside, &deep),
        }
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::{Scalar, Seed, Shape, Tensor};

    use crate::Reach;
    use crate::laws::{check_gradient, fit, run};

    fn pooled(settings: &str) -> String {
        format!("kind = 'fuse'\nlayers = [{{ kind = 'avg_pool', kernel_size = 2 }}]\n{settings}")
    }

    #[test]
    fn nearest_cells_are_repeated_behind_the_channels_of_the_input() {
        let model = fit(&pooled(""), [1, 2, 4]).expect("fits");
        let x = Tensor::from_vec([1, 1, 2, 4], vec![0.0, 2.0, 4.0, 6.0, 2.0, 4.0, 6.0, 8.0]);
        let (y, _) = run(&model, x.expect("8 values"));
        assert_eq!(y.dims(), [1, 2, 2, 4]);
        assert_eq!(y.as_slice()[8..], [2.0, 2.0, 6.0, 6.0, 2.0, 2.0, 6.0, 6.0]);
    }

    #[test]
    fn bilinear_cells_are_those_of_interpolate_in_pytorch() {
        let text = "kind = 'fuse'\njoin = 'add'\nupsample = 'bilinear'\n\
            lateral = [{ kind = 'identity' }]\nlayers = [{ kind = 'avg_pool', kernel_size = [1, 2] }]";
        let model = fit(text, [1, 1, 7]).expect("7 cells make 3");
        let x =
            Tensor::from_vec([1, 1, 1, 7], vec![-1.0, 1.0, 2.0, 4.0, 5.0, 7.0, 9.0]).expect("7");
        let (y, _) = run(&model, x.clone());
        // torch.nn.functional.interpolate(torch.tensor([[[[0., 3., 6.]]]]), size=(1, 7), mode='bilinear')
        let expected = [0.0, 0.428_571_43, 1.714_285_7, 3.0, 4.285_714, 5.571_428_8, 6.0];
        for ((y, x), expected) in y.as_slice().iter().zip(x.as_slice()).zip(expected) {
            assert!((y - x - expected as Scalar).abs() < 1e-5, "{y} - {x} is not {expected}");
        }
    }

    #[test]
    fn fusions_within_fusions_have_the_gradient_of_differences() {
        let text = "kind = 'fuse'\nupsample = 'bilinear'\njoin = 'add'\n\
            lateral = [{ kind = 'conv2d', out_channels = 3, kernel_size = 1 }]\n\
            layers = [{ kind = 'avg_pool', kernel_size = 2 }, { kind = 'tanh' },\n\
                      { kind = 'fuse', layers = [{ kind = 'avg_pool', kernel_size = 2 }] },\n\
                      { kind = 'conv2d', out_channels = 3, kernel_size = 1 }]";
        let model = fit(text, [2, 4, 6]).expect("fits");
        check_gradient(&model, 2).expect("nested");
        let paths: Vec<String> = model.init(Seed(1)).iter().map(|p| p.path.clone()).collect();
        assert_eq!(
            paths,
            [
                "fuse1.conv2d1.weight",
                "fuse1.conv2d1.bias",
                "fuse1.lateral.conv2d1.weight",
                "fuse1.lateral.conv2d1.bias",
            ]
        );
    }

    #[test]
    fn a_fusion_sees_what_any_cell_of_the_spread_maps_and_of_its_input_do() {
        let reach = |text: &str| fit(text, [2, 16, 16]).expect("fits").reach();
        let window =
            |start, span| Reach::Window { start: [start; 2], span: [span; 2], step: [1; 2] };
        // The left cell of a pair also shows the right one, and the other way round.
        assert_eq!(reach(&pooled("")), window(-1, 3));
        // Three pairs of cells, the middle one of which holds the output's own.
        let conv = "{ kind = 'conv2d', out_channels = 2, kernel_size = 3, padding = 1 }";
        let text =
            format!("kind = 'fuse'\nlayers = [{{ kind = 'avg_pool', kernel_size = 2 }}, {conv}]\n");
        assert_eq!(reach(&text), window(-3, 7));
        // A blend of two neighbours shows one more pair to one side, which side depends on the cell.
        assert_eq!(reach(&format!("{text}upsample = 'bilinear'")), window(-4, 9));
        let wide = "{ kind = 'conv2d', out_channels = 2, kernel_size = 11, padding = 5 }";
        assert_eq!(reach(&format!("{text}lateral = [{wide}]")), window(-5, 11));
        let whole = "kind = 'fuse'\nlayers = [{ kind = 'spectral_pool', stride = 2 }]";
        assert_eq!(reach(whole), Reach::Whole);
    }

    #[test]
    fn sums_of_other_channels_are_refused() {
        let text = "kind = 'fuse'\njoin = 'add'\n\
            layers = [{ kind = 'conv2d', out_channels = 5, kernel_size = 1 }]";
        let error = fit(text, [2, 4, 6]).expect_err("5 and 2 channels").to_string();
        assert_eq!(
            error,
            "fuse: layers is a list that makes 5 channels; expected 2, to be added to as many; or join = 'concat'"
        );
        assert_eq!(fit(&pooled(""), [2, 5, 7]).expect("fits").output(), Shape::from([4, 5, 7]));
    }
}
