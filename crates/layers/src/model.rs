//! A network as a list of layers: described, then fitted to an input.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use cenote_autograd::Var;
use cenote_tensor::{Seed, Shape};

use crate::around::arrange;
use crate::{
    Ask, Change, Changed, Cost, Error, KINDS, Layer, LayerSpec, Param, ParamSpec, Params, Reach,
    Role, Scope,
};

/// A network as tables describe it, not yet tied to an input.
#[derive(Debug)]
pub struct ModelSpec {
    tables: Vec<toml::Table>,
    layers: Vec<(String, Arc<dyn LayerSpec>)>,
}

impl ModelSpec {
    /// Reads one table per layer: `kind`, an optional `name`, and the kind's own settings.
    ///
    /// Layers without a name are named by [`name_layers`].
    ///
    /// # Errors
    /// When a table does not describe a known layer, or names clash.
    pub fn parse(mut tables: Vec<toml::Table>) -> Result<Self, Error> {
        name_layers(&mut tables);
        if tables.is_empty() {
            return Err(Error::Empty);
        }
        let mut seen = BTreeSet::new();
        let layers = tables.iter().map(|table| {
            let mut table = table.clone();
            let name = match table.remove("name") {
                Some(toml::Value::String(name)) if is_path(&name) => name,
                other => {
                    return Err(Error::BadName(other.map_or_else(String::new, |v| v.to_string())));
                }
            };
            if !seen.insert(name.clone()) {
                return Err(Error::DuplicateName(name));
            }
            let layer = cenote_spec::parse(KINDS, table).map_err(|e| Error::from(e).at(&name))?;
            Ok((name, layer.into()))
        });
        let layers = layers.collect::<Result<_, _>>()?;
        Ok(Self { tables, layers })
    }

    /// Reads a document with an array `layer` of tables.
    ///
    /// # Errors
    /// When the text is not such a document, or as [`ModelSpec::parse`].
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Document {
            layer: Vec<toml::Table>,
        }
        let document: Document = toml::from_str(text).map_err(|e| Error::Toml(e.to_string()))?;
        Self::parse(document.layer)
    }

    /// The layers with a change that another layer asks for, or `None` where one refuses it.
    pub(crate) fn changed(&self, change: Change) -> Option<Self> {
        let layers = self.layers.iter().map(|(path, layer)| match layer.changed(change) {
            Changed::Unaffected => Some((path.clone(), Arc::clone(layer))),
            Changed::Layer(changed) => Some((path.clone(), changed.into())),
            Changed::Refused => None,
        });
        Some(Self { tables: self.tables.clone(), layers: layers.collect::<Option<_>>()? })
    }

    /// The path of the first layer that asks for a dilation of all that is behind it.
    pub(crate) fn dilating(&self) -> Option<&str> {
        let asks = |layer: &Arc<dyn LayerSpec>| {
            matches!(layer.asks(), Some(Ask { change: Change::Dilation(_), .. }))
        };
        self.layers.iter().find(|(_, layer)| asks(layer)).map(|(path, _)| path.as_str())
    }

    /// The tables, each with its name.
    pub fn tables(&self) -> &[toml::Table] {
        &self.tables
    }

    /// Fits every layer, with what others ask of it, to the output of the one before, starting from one
    /// example of `input`.
    ///
    /// # Errors
    /// When a layer cannot take what reaches it; the error names the layer and both shapes.
    pub fn fit(&self, input: Shape) -> Result<Model, Error> {
        let mut layers: Vec<Stage> = Vec::new();
        let (mut shape, mut first) = (input, 0);
        for ((path, _), spec) in self.layers.iter().zip(arrange(&self.layers)?) {
            let layer = spec.spec().fit(shape).map_err(|e| e.at(path))?;
            check_sizes(&*layer).map_err(|e| e.at(path))?;
            let count = layer.params().len();
            shape = layer.output();
            let params = first..first + count;
            layers.push(Stage { path: path.clone(), layer: layer.into(), params });
            first += count;
        }
        let units = fuse(&layers);
        Ok(Model { input, output: shape, layers, units, tables: self.tables.clone() })
    }
}

/// The layers with every run that one layer can stand for replaced by that layer.
fn fuse(layers: &[Stage]) -> Vec<Stage> {
    let mut units: Vec<Stage> = Vec::new();
    for stage in layers {
        if let Some(last) = units.last_mut()
            && let Some(both) = last.layer.absorb(&*stage.layer)
        {
            last.layer = both.into();
            last.params.end = stage.params.end;
        } else {
            units.push(stage.clone());
        }
    }
    units
}

/// Refuses a layer whose values could not even be counted, before anything is computed from them.
fn check_sizes(layer: &dyn Layer) -> Result<(), Error> {
    const LIMIT: usize = 1 << 36;
    let params = layer.params().into_iter().map(|param| ("a parameter", param.shape));
    for (what, shape) in params.chain([("an output", layer.output())]) {
        if shape.checked_len().is_none_or(|len| len > LIMIT) {
            return Err(Error::TooLarge { what, shape, limit: LIMIT });
        }
    }
    Ok(())
}

/// Gives each table without a `name` the name `KIND` plus its ordinal among the tables of its kind:
/// `conv2d1`, `conv2d2`.
pub fn name_layers(tables: &mut [toml::Table]) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for table in tables {
        let kind = table.get("kind").and_then(toml::Value::as_str).unwrap_or("layer").to_owned();
        let count = counts.entry(kind.clone()).or_default();
        *count += 1;
        let ordinal = *count;
        table.entry("name").or_insert_with(|| format!("{kind}{ordinal}").into());
    }
}

fn is_path(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
}

/// A network whose shapes are checked.
#[derive(Debug)]
pub struct Model {
    input: Shape,
    output: Shape,
    layers: Vec<Stage>,
    /// The same network in as few layers as their fusions allow.
    units: Vec<Stage>,
    tables: Vec<toml::Table>,
}

/// One layer of a model, or one that stands for several.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    path: String,
    layer: Arc<dyn Layer>,
    params: Range<usize>,
}

impl Stage {
    pub(crate) fn fitted(&self) -> Fitted<'_> {
        Fitted { path: &self.path, layer: &*self.layer, params: self.params.clone() }
    }
}

/// One layer of a [`Model`], with its path and the positions of its parameters.
#[derive(Clone, Debug)]
pub struct Fitted<'m> {
    /// Name of the layer in the model.
    pub path: &'m str,
    /// The layer.
    pub layer: &'m dyn Layer,
    /// Where its parameters lie in [`Params`].
    pub params: Range<usize>,
}

impl Model {
    /// Shape of one example of the input.
    pub fn input(&self) -> Shape {
        self.input
    }

    /// Shape of one example of the output.
    pub fn output(&self) -> Shape {
        self.output
    }

    /// The tables that describe the layers, each with its name.
    pub fn tables(&self) -> &[toml::Table] {
        &self.tables
    }

    /// The layers from input to output.
    pub fn layers(&self) -> impl Iterator<Item = Fitted<'_>> {
        self.layers.iter().map(Stage::fitted)
    }

    /// What a pass runs when nobody looks at each layer: the layers, fused where they can be.
    pub(crate) fn units(&self) -> impl Iterator<Item = Fitted<'_>> {
        self.units.iter().map(Stage::fitted)
    }

    /// Some of the units, to be run apart from the model.
    pub(crate) fn stages(&self, units: Range<usize>) -> Vec<Stage> {
        self.units[units].to_vec()
    }

    /// The first layer that couples the examples of a batch in training, and the kind that does so: the layer itself or one
    /// within it.
    pub fn coupling(&self) -> Option<(&str, &'static str)> {
        self.layers.iter().find_map(|stage| Some((&*stage.path, stage.layer.couples()?)))
    }

    /// Parameters as they start: each from its own stream `init/PATH`, so a layer that two models
    /// share under one name starts alike in both.
    pub fn init(&self, seed: Seed) -> Params {
        let drawn = |spec: ParamSpec| {
            let path = spec.name.into_owned();
            let value = spec.init.draw(spec.shape, &mut seed.stream(&format!("init/{path}")));
            Param { path, value, role: spec.role }
        };
        self.param_specs().map(drawn).collect()
    }

    /// The parameters of all layers in the model's order, each named by its path in the model.
    pub(crate) fn param_specs(&self) -> impl Iterator<Item = ParamSpec> {
        self.layers.iter().flat_map(|stage| {
            stage.layer.params().into_iter().map(|spec| ParamSpec {
                name: format!("{}.{}", stage.path, spec.name).into(),
                ..spec
            })
        })
    }

    /// The output for a batch where the model stands within a layer, whose scope is `at` and among whose
    /// parameters the model's begin at `first`; `below` stands before the paths of its layers.
    pub(crate) fn forward_within<'t>(
        &self,
        x: Var<'t>,
        at: &Scope<'_, 't>,
        first: usize,
        below: &str,
    ) -> Var<'t> {
        self.units.iter().fold(x, |x, unit| {
            let path = format!("{}.{below}{}", at.path(), unit.path);
            let params = first + unit.params.start..first + unit.params.end;
            unit.layer.forward(x, &at.within(&path, params))
        })
    }

    /// Arithmetic of one example's forward pass.
    pub fn cost(&self) -> Cost {
        self.layers.iter().map(|stage| stage.layer.cost()).fold(Cost::default(), |a, b| a + b)
    }

    /// What a cell in the middle of its output sees of its input.
    pub fn reach(&self) -> Reach {
        self.layers().fold(Reach::CELL, |before, fitted| fitted.layer.reach().after(before))
    }

    /// Number of trained values.
    pub fn trained(&self) -> usize {
        self.param_specs()
            .filter(|spec| spec.role == Role::Trained)
            .map(|spec| spec.shape.len())
            .sum()
    }

    /// Checks that `params` are this model's: the same paths and shapes in the same order.
    ///
    /// # Errors
    /// Naming the first parameter that is missing, left over or of another shape.
    pub fn check(&self, params: &Params) -> Result<(), Error> {
        let refuse =
            |path: &str, problem: String| Err(Error::Params { path: path.to_owned(), problem });
        let mut given = params.iter();
        for ParamSpec { name, shape, .. } in self.param_specs() {
            match given.next() {
                None => return refuse(&name, format!("missing; expected shape {shape}")),
                Some(param) if param.path != name => {
                    return refuse(&param.path, format!("the model has `{name}` here"));
                }
                Some(param) if param.value.shape() != shape => {
                    let got = param.value.shape();
                    return refuse(&name, format!("has shape {got}; expected {shape}"));
                }
                Some(_) => {}
            }
        }
        given.next().map_or(Ok(()), |param| refuse(&param.path, "the model has no such".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(text: &str) -> Result<ModelSpec, Error> {
        ModelSpec::from_toml(text)
    }

    #[test]
    fn unnamed_layers_are_named_by_kind_and_ordinal() {
        let spec = spec("layer = [{kind='relu'}, {kind='tanh'}, {kind='relu'}]").expect("valid");
        let names: Vec<_> = spec.layers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["relu1", "tanh1", "relu2"]);
    }

    #[test]
    fn a_layer_that_does_not_fit_is_named_with_both_shapes() {
        let text = "layer = [{kind='max_pool', kernel_size=5, name='down1'}]";
        let error = spec(text).expect("valid").fit([1, 4, 9].into()).expect_err("4 rows, kernel 5");
        assert_eq!(
            error.to_string(),
            "layer `down1`: max_pool: kernel 5x5 (stride 5) does not fit input 4x9; \
             the smallest input that fits is 5x5"
        );
    }

    #[test]
    fn an_unknown_kind_is_answered_with_the_nearest_one() {
        let error = spec("layer = [{kind='mx_pool'}]").expect_err("misspelt").to_string();
        assert!(
            error.starts_with("layer `mx_pool1`: unknown kind `mx_pool`; did you mean `max_pool`?"),
            "{error}"
        );
    }

    #[test]
    fn an_unknown_field_is_answered_with_the_known_ones() {
        let error = spec("layer = [{kind='max_pool', kernel=2}]").expect_err("unknown").to_string();
        assert!(error.contains("unknown field `kernel`, expected one of `kernel_size`"), "{error}");
    }

    #[test]
    fn a_layer_that_no_machine_could_hold_is_refused_before_it_is_made() {
        let text = "layer = [{kind='conv2d', out_channels=10000000, kernel_size=99, padding=49}]";
        let error = spec(text).expect("valid").fit([3, 8, 9].into()).expect_err("3e11 weights");
        assert_eq!(
            error.to_string(),
            "layer `conv2d1`: a parameter of shape 10000000x3x99x99 is too large; \
             expected at most 68719476736 values"
        );
    }

    #[test]
    fn two_layers_may_not_share_a_name() {
        let text = "layer = [{kind='relu', name='a'}, {kind='tanh', name='a'}]";
        assert!(matches!(spec(text), Err(Error::DuplicateName(name)) if name == "a"));
    }

    #[test]
    fn swapping_one_layer_leaves_the_start_of_the_others_unchanged() {
        let with = |down: &str| {
            let text = format!(
                "layer = [{{kind='conv2d', name='a', out_channels=3, kernel_size=3}}, {down},
                 {{kind='conv2d', name='b', out_channels=2, kernel_size=2}}]"
            );
            spec(&text).expect("valid").fit([2, 8, 9].into()).expect("fits").init(Seed(3))
        };
        let pooled = with("{kind='max_pool', name='down', kernel_size=2}");
        let strided = with("{kind='conv2d', name='down', out_channels=3, kernel_size=2, stride=2}");
        for path in ["a.weight", "b.weight"] {
            assert_eq!(pooled.get(path), strided.get(path));
        }
    }
}
