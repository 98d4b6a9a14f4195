//! The two traits of a layer: what was described, and what was fitted to an input.

use std::any::Any;
use std::borrow::Cow;

use cenote_autograd::Var;
use cenote_tensor::{Shape, Tensor};

use crate::{Ask, Change, Changed, Error, Init, Reach, Scope};

/// A layer as a model file describes it, not yet tied to an input.
pub trait LayerSpec: std::fmt::Debug + Send + Sync {
    /// Checks the layer against the shape of one example and fixes all its sizes.
    ///
    /// # Errors
    /// When the layer cannot take such an input.
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error>;

    /// What the layer asks of the layers around it.
    fn asks(&self) -> Option<Ask> {
        None
    }

    /// The layer with a change that another one asks for.
    fn changed(&self, change: Change) -> Changed {
        let _ = change;
        Changed::Refused
    }
}

/// A layer whose shapes are checked: its forward pass cannot fail.
pub trait Layer: Any + std::fmt::Debug + Send + Sync {
    /// The kind that the model file named.
    fn kind(&self) -> &'static str;

    /// Shape of one example of the output.
    fn output(&self) -> Shape;

    /// The parameters it reads, in the order in which [`Scope::param`] numbers them.
    fn params(&self) -> Vec<ParamSpec> {
        Vec::new()
    }

    /// Arithmetic of one example's forward pass.
    fn cost(&self) -> Cost;

    /// What a cell of its output sees of its input.
    fn reach(&self) -> Reach {
        Reach::Whole
    }

    /// The kind, its own or that of a layer within it, by which in training the output of an example depends on the others of
    /// its batch; `None` where no example does.
    fn couples(&self) -> Option<&'static str> {
        None
    }

    /// The output for a batch `x`, of shape `(N, …)` with the fitted example shape.
    fn forward<'t>(&self, x: Var<'t>, at: &Scope<'_, 't>) -> Var<'t>;

    /// One layer that does the work of this one and of the `next`, bit for bit, in fewer passes over
    /// memory, or `None` where there is no such.
    ///
    /// It is given the parameters of both, this layer's first, and the path of this layer. What it
    /// returns is asked in turn, so a run of layers can grow into one. `next` is an [`Any`]: whoever
    /// knows its type can look inside.
    fn absorb(&self, next: &dyn Layer) -> Option<Box<dyn Layer>> {
        let _ = next;
        None
    }

    /// The layer in use with these parameters, in a form that computes faster than
    /// [`Layer::forward`] and may round differently, or `None` where there is no such.
    fn prepare(&self, params: &[Tensor]) -> Option<Box<dyn Prepared>> {
        let _ = params;
        None
    }
}

/// A layer in use whose parameters are known, brought into the form that computes fastest.
pub trait Prepared: std::fmt::Debug + Send + Sync {
    /// Takes over the work of the layer behind it, if it can, given that layer's parameters.
    fn take_over(&mut self, next: &dyn Layer, params: &[Tensor]) -> bool;

    /// Called once, when nothing more is taken over.
    fn finish(&mut self);

    /// The output for a batch.
    fn run(&self, x: Tensor) -> Tensor;
}

/// The layer as what it is, if it is a `T`.
pub(crate) fn downcast<T: Layer>(layer: &dyn Layer) -> Option<&T> {
    (layer as &dyn Any).downcast_ref()
}

/// Whether a network is being trained or used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Batch statistics, dropout and other noise are on.
    Train,
    /// Every output depends on its own input alone.
    Eval,
}

/// A parameter that a layer asks for.
#[derive(Clone, Debug)]
pub struct ParamSpec {
    /// Name within the layer, such as `weight`; of a layer within it a path, such as `conv2d1.weight`.
    pub name: Cow<'static, str>,
    /// Shape of the tensor.
    pub shape: Shape,
    /// How it starts.
    pub init: Init,
    /// Who changes it.
    pub role: Role,
}

/// Who changes a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The optimiser, by its gradient.
    Trained,
    /// The layer itself, as batch norm does with its running statistics.
    Running,
}

/// Arithmetic of one example's forward pass.
///
/// A MAC is one multiply-add. Everything else (adds of a bias, comparisons, divisions, exponentials)
/// counts one each under `other`. Data movement counts nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Multiply-adds.
    pub macs: u64,
    /// All other operations.
    pub other: u64,
}

impl std::ops::Add for Cost {
    type Output = Self;

    fn add(self, more: Self) -> Self {
        Self { macs: self.macs + more.macs, other: self.other + more.other }
    }
}

/// The parameters of a layer that multiplies and, if asked to, adds a bias per output.
pub(crate) fn weight_and_bias(
    weight: Shape,
    init: Init,
    bias: bool,
) -> impl Iterator<Item = ParamSpec> {
    let role = Role::Trained;
    let outputs = Shape::from([weight.dims()[0]]);
    let bias =
        bias.then_some(ParamSpec { name: "bias".into(), shape: outputs, init: Init::Zeros, role });
    std::iter::once(ParamSpec { name: "weight".into(), shape: weight, init, role }).chain(bias)
}

/// The `(C, H, W)` of an input of feature maps, or an error of the layer of this kind.
pub(crate) fn maps(kind: &'static str, input: Shape) -> Result<[usize; 3], Error> {
    input.dims().try_into().map_err(|_| Error::Input {
        kind,
        got: input,
        expected: "feature maps of shape CxHxW",
    })
}
