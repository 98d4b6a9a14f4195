//! What a function keeps of a value that its backward pass reads.

use std::sync::Arc;

use cenote_tensor::Tensor;

use crate::Saved;

/// A way to make a value again, bit for bit, from what is kept anyway.
///
/// Worth offering where that costs little beside the memory it frees: normalising an input that the
/// backward pass needs in any case, say.
pub trait Recipe: Send + Sync {
    /// The value.
    fn make(&self) -> Tensor;

    /// What making it reads, and so keeps alive.
    fn saved(&self) -> Saved<'_>;
}

/// A value that a backward pass will read: the value itself, or the way to make it again.
///
/// [`crate::Var::keep`] gives it.
pub enum Kept {
    /// The value, kept alive.
    Value(Tensor),
    /// How to make it again.
    Recipe(Arc<dyn Recipe>),
}

impl Kept {
    /// The value, made now if it was not kept.
    pub fn into_value(self) -> Tensor {
        match self {
            Self::Value(value) => value,
            Self::Recipe(recipe) => recipe.make(),
        }
    }

    /// What is kept alive.
    pub fn saved(&self) -> Saved<'_> {
        match self {
            Self::Value(value) => Saved::tensors([value]),
            Self::Recipe(recipe) => recipe.saved(),
        }
    }
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Value(_) => "Kept::Value",
            Self::Recipe(_) => "Kept::Recipe",
        })
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::{Scalar, metered};

    use super::*;
    use crate::{Function, Tape, Var};

    /// y = 2 x, which can be made again from x.
    struct Twice(Tensor);

    impl Recipe for Twice {
        fn make(&self) -> Tensor {
            self.0.clone().map(|x| 2.0 * x)
        }

        fn saved(&self) -> Saved<'_> {
            Saved::tensors([&self.0])
        }
    }

    struct Back;

    impl Function for Back {
        fn name(&self) -> &'static str {
            "twice"
        }

        fn saved(&self) -> Saved<'_> {
            Saved::default()
        }

        fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
            vec![Some(dy.map(|dy| 2.0 * dy))]
        }
    }

    /// y = x², from whatever is kept of x.
    struct Square(Kept);

    impl Function for Square {
        fn name(&self) -> &'static str {
            "square"
        }

        fn saved(&self) -> Saved<'_> {
            self.0.saved()
        }

        fn backward(self: Box<Self>, mut dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
            dy.zip_assign(&self.0.into_value(), |dy, x| 2.0 * x * dy);
            vec![Some(dy)]
        }
    }

    fn square<'t>(x: &Var<'t>) -> Var<'t> {
        let y = x.value().clone().map(|x| x * x);
        x.tape().record(y, &[x], || Square(x.keep()))
    }

    #[test]
    fn a_value_with_a_recipe_is_freed_and_made_again() {
        let ((), usage) = metered(|| {
            let tape = Tape::new();
            let x = tape.leaf(Tensor::from_fn([1000], |i| i as Scalar));
            let recipe = Arc::new(Twice(x.value().clone()));
            let twice = tape.record(recipe.make(), &[&x], || Back).remade_by(|| recipe);
            let y = square(&twice);
            drop(twice);
            assert_eq!(tape.saved_bytes(&[]), x.value().bytes());
            let gradient = y.sum().backward().take(&x).expect("used");
            // (2x)² has the derivative 8x.
            assert_eq!(gradient, Tensor::from_fn([1000], |i| 8.0 * i as Scalar));
        });
        // x, y, the gradient of y and what is made again; the sum is one number.
        assert_eq!(usage.peak_bytes, (4 * 1000 + 1) * size_of::<Scalar>());
    }
}
