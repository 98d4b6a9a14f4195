//! A value on a tape.

use std::sync::Arc;

use cenote_tensor::{Shape, Tensor};

use crate::tape::{Gradients, Tape};
use crate::{Function, Kept, Recipe};

/// A value and its place on the tape: cheap to clone, since a tensor shares its buffer.
///
/// It owns the value, so dropping the last `Var` of an intermediate frees it; the tape keeps only
/// what backward functions saved.
#[derive(Clone)]
pub struct Var<'t> {
    tape: &'t Tape,
    index: usize,
    value: Tensor,
    recipe: Option<Arc<dyn Recipe>>,
}

impl<'t> Var<'t> {
    pub(crate) fn new(tape: &'t Tape, index: usize, value: Tensor) -> Self {
        Self { tape, index, value, recipe: None }
    }

    pub(crate) fn index(&self) -> usize {
        self.index
    }

    /// The tape this value is on.
    pub fn tape(&self) -> &'t Tape {
        self.tape
    }

    /// The value.
    pub fn value(&self) -> &Tensor {
        &self.value
    }

    /// The value alone.
    pub(crate) fn into_value(self) -> Tensor {
        self.value
    }

    /// The value, with a way to make it again that spares its readers keeping it.
    ///
    /// `recipe` is called only if a gradient will be wanted: else nobody keeps anything.
    #[must_use]
    pub fn remade_by<R: Recipe + 'static>(self, recipe: impl FnOnce() -> Arc<R>) -> Self {
        let recipe: Option<Arc<dyn Recipe>> =
            if self.tape.needs_gradient(self.index) { Some(recipe()) } else { None };
        Self { recipe, ..self }
    }

    /// What a function should keep of this value for its backward pass.
    pub fn keep(&self) -> Kept {
        match &self.recipe {
            Some(recipe) => Kept::Recipe(Arc::clone(recipe)),
            None => Kept::Value(self.value.clone()),
        }
    }

    /// Records an operation of this value alone that may overwrite it: `y = forward(x)`.
    ///
    /// The value is handed to `forward`; if nobody else holds it, the result can take its memory.
    /// So `function` is given the output and must do without the input.
    #[must_use]
    pub fn overwrite<F: Function + 'static>(
        self,
        forward: impl FnOnce(Tensor) -> Tensor,
        function: impl FnOnce(&Tensor) -> F,
    ) -> Var<'t> {
        let Self { tape, index, value, .. } = self;
        let y = forward(value);
        let output = y.clone();
        tape.record_at(y, vec![index], || function(&output))
    }

    /// The shape of the value.
    pub fn shape(&self) -> Shape {
        self.value.shape()
    }

    /// The gradients of this scalar with respect to every leaf of its tape.
    ///
    /// Uses up what the tape saved: a second call finds nothing to pull back through.
    ///
    /// # Panics
    /// When the value has more than one element.
    pub fn backward(&self) -> Gradients {
        assert_eq!(self.value.len(), 1, "backward starts from one number, not {}", self.shape());
        self.tape.pull_back(self.index, Tensor::full(self.shape(), 1.0))
    }
}

impl std::fmt::Debug for Var<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Var #{} {:?}", self.index, self.value)
    }
}
