//! What an operation leaves on the tape.

use cenote_tensor::Tensor;

/// The backward half of one operation: a struct that holds exactly what the backward pass reads.
///
/// ```
/// use cenote_autograd::{Function, Saved, Tape};
/// use cenote_tensor::Tensor;
///
/// /// y = x³, so dx = 3 x² dy.
/// struct Cube {
///     x: Tensor,
/// }
///
/// impl Function for Cube {
///     fn name(&self) -> &'static str {
///         "cube"
///     }
///
///     fn saved(&self) -> Saved<'_> {
///         Saved::tensors([&self.x])
///     }
///
///     fn backward(self: Box<Self>, mut dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
///         dy.zip_assign(&self.x, |dy, x| 3.0 * x * x * dy);
///         vec![Some(dy)]
///     }
/// }
///
/// let tape = Tape::new();
/// let x = tape.leaf(Tensor::full([2], 2.0));
/// let y = x.value().clone().map(|x| x * x * x);
/// let y = tape.record(y, &[&x], || Cube { x: x.value().clone() });
/// assert_eq!(y.sum().backward().of(&x).expect("y depends on x").as_slice(), [12.0; 2]);
/// ```
pub trait Function: Send {
    /// The operation's name, for errors and profiles.
    fn name(&self) -> &'static str;

    /// What is kept alive until the backward pass.
    fn saved(&self) -> Saved<'_>;

    /// The gradients of the inputs, in their order, from the gradient `dy` of the output.
    ///
    /// `wanted[i]` says whether anyone reads the gradient of input `i`; where it is false the result
    /// may be `None`, which saves the work. The function is consumed, so what it saved is freed when
    /// this returns, and `dy` is owned, so it may be overwritten.
    fn backward(self: Box<Self>, dy: Tensor, wanted: &[bool]) -> Vec<Option<Tensor>>;
}

/// What a [`Function`] keeps alive until its backward pass.
#[derive(Debug, Default)]
pub struct Saved<'a> {
    /// Tensors; one that several functions share is counted once by [`crate::Tape::saved_bytes`].
    pub tensors: Vec<&'a Tensor>,
    /// Bytes of everything else: indices, masks.
    pub other_bytes: usize,
}

impl<'a> Saved<'a> {
    /// Only tensors are kept.
    pub fn tensors<const N: usize>(tensors: [&'a Tensor; N]) -> Self {
        Self { tensors: tensors.to_vec(), other_bytes: 0 }
    }

    /// Nothing but `bytes` of indices, masks or numbers is kept.
    pub fn bytes(bytes: usize) -> Self {
        Self { tensors: Vec::new(), other_bytes: bytes }
    }
}
