//! The same elements under another shape.

use cenote_tensor::{Shape, Tensor};

use crate::{Function, Saved, Var};

impl<'t> Var<'t> {
    /// The same elements, in the same order, under another shape.
    ///
    /// # Panics
    /// When the number of elements differs.
    #[must_use]
    pub fn reshaped(&self, shape: impl Into<Shape>) -> Var<'t> {
        let from = self.shape();
        let y = self.value().clone().reshaped(shape);
        self.tape().record(y, &[self], || Back { shape: from })
    }
}

struct Back {
    shape: Shape,
}

impl Function for Back {
    fn name(&self) -> &'static str {
        "reshape"
    }

    fn saved(&self) -> Saved<'_> {
        Saved::default()
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        vec![Some(dy.reshaped(self.shape))]
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Scalar;

    use super::*;
    use crate::gradcheck;

    #[test]
    fn a_reshape_moves_no_gradient() {
        let x = [Tensor::from_fn([2, 6], |i| i as Scalar)];
        gradcheck(&x, |v| v[0].reshaped([3, 4])).expect("reshape");
    }
}
