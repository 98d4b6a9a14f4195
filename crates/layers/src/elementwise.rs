//! What layers share that treat every element alike and change no shape.

use std::fmt::Debug;

use cenote_autograd::Var;
use cenote_tensor::Shape;

use crate::layer::downcast;
use crate::{Change, Changed, Cost, Error, Layer, LayerSpec, Reach, Scope};

/// A layer whose output has the shape of its input.
pub(crate) trait Elementwise: Clone + Debug + Send + Sync + 'static {
    /// The kind that model files name.
    const NAME: &'static str;

    /// Operations of the forward pass per element.
    const OPERATIONS: u64;

    /// Refuses settings outside their range.
    fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    /// The output for a batch.
    fn forward<'t>(&self, x: Var<'t>, at: &Scope<'_, 't>) -> Var<'t>;

    /// As [`Layer::absorb`].
    fn absorb(&self, next: &dyn Layer) -> Option<Box<dyn Layer>> {
        let _ = next;
        None
    }
}

/// Whether a layer is this elementwise one.
pub(crate) fn is<E: Elementwise>(layer: &dyn Layer) -> bool {
    downcast::<Fitted<E>>(layer).is_some()
}

/// Makes a layer of an [`Elementwise`] one.
#[derive(Debug)]
pub(crate) struct EachElement<E>(pub(crate) E);

impl<E: Elementwise> LayerSpec for EachElement<E> {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        self.0.check()?;
        Ok(Box::new(Fitted { shape: input, layer: self.0.clone() }))
    }

    fn changed(&self, _change: Change) -> Changed {
        Changed::Unaffected
    }
}

#[derive(Debug)]
struct Fitted<E> {
    shape: Shape,
    layer: E,
}

impl<E: Elementwise> Layer for Fitted<E> {
    fn kind(&self) -> &'static str {
        E::NAME
    }

    fn output(&self) -> Shape {
        self.shape
    }

    fn cost(&self) -> Cost {
        Cost { macs: 0, other: E::OPERATIONS * self.shape.len() as u64 }
    }

    fn reach(&self) -> Reach {
        Reach::CELL
    }

    fn forward<'t>(&self, x: Var<'t>, at: &Scope<'_, 't>) -> Var<'t> {
        self.layer.forward(x, at)
    }

    fn absorb(&self, next: &dyn Layer) -> Option<Box<dyn Layer>> {
        self.layer.absorb(next)
    }
}
