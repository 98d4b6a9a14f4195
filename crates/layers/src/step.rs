//! One forward (and backward) pass of a model, and what a layer sees of it.

use std::cell::RefCell;
use std::ops::Range;

use cenote_autograd::{Gradients, Replay, Tape, Var};
use cenote_tensor::{Seed, Stream, Tensor};

use crate::model::Stage;
use crate::{Fitted, Mode, Model, Params, Role, Segments};

/// A model with its parameters on a tape, ready for one batch.
#[derive(Debug)]
pub struct Step<'m, 't> {
    model: &'m Model,
    vars: Vec<Var<'t>>,
    pass: Pass,
    segments: Option<&'m Segments>,
    updates: Updates,
}

/// What all layers of a step have in common.
#[derive(Clone, Copy, Debug)]
struct Pass {
    mode: Mode,
    seed: Seed,
    number: u64,
    first_example: usize,
}

/// New values that layers ask for, each for a parameter at a position.
type Updates = RefCell<Vec<(usize, Tensor)>>;

impl<'m, 't> Step<'m, 't> {
    /// Puts `params` on the tape for step `number` of the run with this seed.
    ///
    /// The seed and the number decide what random layers such as dropout draw.
    pub fn new(
        tape: &'t Tape,
        model: &'m Model,
        params: &Params,
        mode: Mode,
        seed: Seed,
        number: u64,
    ) -> Self {
        let on_tape = |value: &Tensor, role| match role {
            Role::Trained => tape.leaf(value.clone()),
            Role::Running => tape.constant(value.clone()),
        };
        let vars = params.iter().map(|p| on_tape(&p.value, p.role)).collect();
        Self::over(model, vars, mode, seed, number)
    }

    /// Like [`Step::new`], for parameters that are on the tape already, in the model's order.
    ///
    /// # Panics
    /// When there is not one variable per parameter of the model.
    pub fn over(model: &'m Model, vars: Vec<Var<'t>>, mode: Mode, seed: Seed, number: u64) -> Self {
        let wanted = model.layers().last().map_or(0, |last| last.params.end);
        assert_eq!(vars.len(), wanted, "one variable per parameter of the model");
        let pass = Pass { mode, seed, number, first_example: 0 };
        Self { model, vars, pass, segments: None, updates: RefCell::default() }
    }

    /// Keeps for the backward pass what goes into each of these segments of the model, and runs all but the last again when
    /// their gradients come: the same bits, in less memory and more time.
    ///
    /// [`Step::forward`] alone looks at them.
    #[must_use]
    pub fn in_segments(self, segments: &'m Segments) -> Self {
        Self { segments: Some(segments), ..self }
    }

    /// For a part of a larger batch, whose images begin with this one of it.
    ///
    /// What layers draw for each example is then what they would draw for it in the whole batch.
    #[must_use]
    pub fn from_example(self, first_example: usize) -> Self {
        Self { pass: Pass { first_example, ..self.pass }, ..self }
    }

    /// The network's output for a batch. Neighbouring layers run as one where they can, which changes
    /// no bit.
    pub fn forward(&self, x: Var<'t>) -> Var<'t> {
        let mut ranges: Vec<Range<usize>> =
            self.segments.map_or_else(Vec::new, |segments| segments.ranges().collect());
        let last = ranges.pop().map_or(0, |last| last.start);
        let x = ranges.into_iter().fold(x, |x, range| self.replayed(range, x));
        self.model.units().skip(last).fold(x, |x, unit| self.through(&unit, x))
    }

    /// Like [`Step::forward`], layer by layer, showing each one's position and output to `see`.
    pub fn forward_through(&self, x: Var<'t>, mut see: impl FnMut(usize, &Var<'t>)) -> Var<'t> {
        self.model.layers().enumerate().fold(x, |x, (i, fitted)| {
            let y = self.through(&fitted, x);
            see(i, &y);
            y
        })
    }

    /// The output of the last of some layers, by position, for the input `x` of the first: a pass that begins or ends
    /// within the network.
    ///
    /// # Panics
    /// When the network has no such layers.
    pub fn forward_within(&self, layers: Range<usize>, x: Var<'t>) -> Var<'t> {
        let count = self.model.layers().count();
        assert!(layers.end <= count, "layers {layers:?} of a network with {count}");
        let within = self.model.layers().skip(layers.start).take(layers.len());
        within.fold(x, |x, fitted| self.through(&fitted, x))
    }

    pub(crate) fn through(&self, fitted: &Fitted<'_>, x: Var<'t>) -> Var<'t> {
        let params = &self.vars[fitted.params.clone()];
        self.pass.through(fitted, params, &self.updates, x)
    }

    /// The output of some units, of which only the input is kept.
    fn replayed(&self, units: Range<usize>, x: Var<'t>) -> Var<'t> {
        let segment = Segment { units: self.model.stages(units), pass: self.pass };
        let mut inputs = vec![x];
        inputs.extend_from_slice(&self.vars[segment.params()]);
        let tape = inputs[0].tape();
        // Only this time: the second run would ask for the same updates.
        tape.replayed(inputs, segment, |segment, inputs| segment.updating(&self.updates, inputs))
    }

    /// The gradient of each parameter, in the model's order; `None` for what is not trained or does
    /// not reach the loss.
    pub fn gradients(&self, mut of: Gradients) -> Vec<Option<Tensor>> {
        self.vars.iter().map(|var| of.take(var)).collect()
    }

    /// What layers that keep running statistics want changed, for [`Params::set`].
    pub fn into_updates(self) -> Vec<(usize, Tensor)> {
        self.updates.into_inner()
    }
}

impl Pass {
    /// The output of a layer whose own parameters are `params`.
    fn through<'t>(
        self,
        fitted: &Fitted<'_>,
        params: &[Var<'t>],
        updates: &Updates,
        x: Var<'t>,
    ) -> Var<'t> {
        let first = fitted.params.start;
        let scope = Scope { path: fitted.path, first, params, pass: self, updates };
        fitted.layer.forward(x, &scope)
    }
}

/// Units that follow each other. Their inputs are that of the first one and the parameters of all.
struct Segment {
    units: Vec<Stage>,
    pass: Pass,
}

impl Segment {
    /// Where the parameters lie among the model's.
    fn params(&self) -> Range<usize> {
        let ends = [self.units.first(), self.units.last()];
        let [first, last] = ends.map(|unit| unit.map_or(0..0, |unit| unit.fitted().params));
        first.start..last.end
    }

    fn updating<'t>(&self, updates: &Updates, inputs: Vec<Var<'t>>) -> Var<'t> {
        let first = self.params().start;
        let mut inputs = inputs.into_iter();
        let x = inputs.next().expect("the input of the first unit");
        let params: Vec<Var<'t>> = inputs.collect();
        self.units.iter().map(Stage::fitted).fold(x, |x, unit| {
            let own = &params[unit.params.start - first..unit.params.end - first];
            self.pass.through(&unit, own, updates, x)
        })
    }
}

impl Replay for Segment {
    fn run<'t>(&self, inputs: Vec<Var<'t>>) -> Var<'t> {
        self.updating(&RefCell::default(), inputs)
    }
}

/// The output of one layer in use, for a batch and the layer's own parameters.
pub(crate) fn use_layer(fitted: &Fitted<'_>, params: &[Tensor], x: Tensor) -> Tensor {
    let (tape, updates) = (Tape::without_gradients(), RefCell::default());
    let params: Vec<Var<'_>> = params.iter().map(|value| tape.constant(value.clone())).collect();
    let pass = Pass { mode: Mode::Eval, seed: Seed(0), number: 0, first_example: 0 };
    pass.through(fitted, &params, &updates, tape.constant(x)).value().clone()
}

/// What one layer sees of a [`Step`].
#[derive(Debug)]
pub struct Scope<'s, 't> {
    path: &'s str,
    first: usize,
    params: &'s [Var<'t>],
    pass: Pass,
    updates: &'s Updates,
}

impl<'t> Scope<'_, 't> {
    /// The layer's parameter at this position of [`crate::Layer::params`].
    pub fn param(&self, i: usize) -> &Var<'t> {
        &self.params[i]
    }

    /// Whether the network is being trained.
    pub fn mode(&self) -> Mode {
        self.pass.mode
    }

    /// The random stream of this layer, at this step, for this purpose: for draws that the whole batch shares.
    pub fn stream(&self, purpose: &str) -> Stream {
        let Pass { seed, number, .. } = self.pass;
        seed.stream(&format!("{purpose}/{}/step{number}", self.path))
    }

    /// The same stream for draws of which each example has its own, `words` of 32 bits, one example after the other.
    ///
    /// In a part of a batch it begins where the examples before have had theirs.
    pub fn stream_of_examples(&self, purpose: &str, words: usize) -> Stream {
        let mut stream = self.stream(purpose);
        stream.set_word_pos(self.pass.first_example as u128 * words as u128);
        stream
    }

    /// What the layer at `path` within this one sees, whose parameters lie at `params` among this one's.
    pub(crate) fn within<'a>(&'a self, path: &'a str, params: Range<usize>) -> Scope<'a, 't> {
        Scope {
            path,
            first: self.first + params.start,
            params: &self.params[params],
            pass: self.pass,
            updates: self.updates,
        }
    }

    /// Path of the layer in its model.
    pub(crate) fn path(&self) -> &str {
        self.path
    }

    /// Asks for a new value of the layer's parameter at position `i`, after this step.
    pub fn update(&self, i: usize, value: Tensor) {
        self.updates.borrow_mut().push((self.first + i, value));
    }
}

#[cfg(test)]
mod tests {
    use cenote_autograd::Tape;
    use cenote_tensor::{Seed, Tensor};

    use super::*;
    use crate::ModelSpec;

    #[test]
    fn a_network_run_in_two_parts_is_the_whole_network() {
        let text = "layer = [{kind='conv2d', out_channels=3, kernel_size=3}, {kind='relu'},
             {kind='max_pool', kernel_size=2}, {kind='flatten'}, {kind='dense', out_features=2}]";
        let model = ModelSpec::from_toml(text).expect("valid").fit([1, 6, 8].into()).expect("fits");
        let params = model.init(Seed(4));
        let tape = Tape::without_gradients();
        let step = Step::new(&tape, &model, &params, Mode::Eval, Seed(0), 0);
        let x = tape.constant(Tensor::normal([2, 1, 6, 8], 1.0, &mut Seed(5).stream("x")));
        let whole = step.forward(x.clone());
        for cut in 0..=5 {
            let parts = step.forward_within(cut..5, step.forward_within(0..cut, x.clone()));
            assert_eq!(parts.value(), whole.value(), "cut before layer {cut}");
        }
    }
}
