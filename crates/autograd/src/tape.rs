//! The record of one step: which function made which value from which inputs.

use std::cell::RefCell;

use cenote_tensor::Tensor;

use crate::{Function, Var};

/// Records the operations of one training step in the order they ran.
///
/// A tape lives for one step; every [`Var`] borrows it, so none outlives the step by accident.
#[derive(Default)]
pub struct Tape {
    nodes: RefCell<Vec<Node>>,
    recording: bool,
}

/// One value on the tape. A leaf has no function and no inputs.
struct Node {
    function: Option<Box<dyn Function>>,
    inputs: Vec<usize>,
    /// Whether a leaf that wants a gradient lies upstream.
    needs_gradient: bool,
}

impl Tape {
    /// An empty tape that records.
    pub fn new() -> Self {
        Self { recording: true, ..Self::default() }
    }

    /// An empty tape on which nothing needs a gradient, so nothing is saved: for evaluation.
    pub fn without_gradients() -> Self {
        Self::default()
    }

    /// A value whose gradient is wanted.
    pub fn leaf(&self, value: Tensor) -> Var<'_> {
        self.push(value, self.recording, None, Vec::new())
    }

    /// A value that is given and wants no gradient, such as a batch of images.
    pub fn constant(&self, value: Tensor) -> Var<'_> {
        self.push(value, false, None, Vec::new())
    }

    /// Records that a function made `value` from `inputs`.
    ///
    /// `function` is called, and what it saves is kept, only if a gradient will be wanted.
    ///
    /// # Panics
    /// When an input belongs to another tape.
    pub fn record<'t, F: Function + 'static>(
        &'t self,
        value: Tensor,
        inputs: &[&Var<'t>],
        function: impl FnOnce() -> F,
    ) -> Var<'t> {
        self.record_at(value, inputs.iter().map(|input| self.place_of(input)).collect(), function)
    }

    /// Where an input lies on this tape.
    ///
    /// # Panics
    /// When it belongs to another.
    pub(crate) fn place_of(&self, input: &Var<'_>) -> usize {
        assert!(std::ptr::eq(self, input.tape()), "an input belongs to another tape");
        input.index()
    }

    /// Like [`Tape::record`], for inputs that are known by their places.
    pub(crate) fn record_at<F: Function + 'static>(
        &self,
        value: Tensor,
        inputs: Vec<usize>,
        function: impl FnOnce() -> F,
    ) -> Var<'_> {
        let needs_gradient = {
            let nodes = self.nodes.borrow();
            inputs.iter().any(|&input| nodes[input].needs_gradient)
        };
        let function: Option<Box<dyn Function>> =
            if needs_gradient { Some(Box::new(function())) } else { None };
        self.push(value, needs_gradient, function, inputs)
    }

    /// Whether a gradient of the value at `index` may be wanted.
    pub(crate) fn needs_gradient(&self, index: usize) -> bool {
        self.nodes.borrow()[index].needs_gradient
    }

    /// Bytes that the recorded functions keep alive, apart from the buffers of `known` tensors,
    /// which live anyway (parameters, say). A buffer that several functions share counts once.
    pub fn saved_bytes(&self, known: &[&Tensor]) -> usize {
        let nodes = self.nodes.borrow();
        let mut seen = known.to_vec();
        let mut bytes = 0;
        for saved in nodes.iter().filter_map(|node| node.function.as_ref()).map(|f| f.saved()) {
            bytes += saved.other_bytes;
            for tensor in saved.tensors {
                if !seen.iter().any(|other| other.shares_buffer_with(tensor)) {
                    bytes += tensor.bytes();
                    seen.push(tensor);
                }
            }
        }
        bytes
    }

    fn push(
        &self,
        value: Tensor,
        needs_gradient: bool,
        function: Option<Box<dyn Function>>,
        inputs: Vec<usize>,
    ) -> Var<'_> {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node { function, inputs, needs_gradient });
        Var::new(self, nodes.len() - 1, value)
    }

    /// Gradients of the scalar at `index` with respect to every leaf; uses the tape up.
    pub(crate) fn pull_back(&self, index: usize, seed: Tensor) -> Gradients {
        let mut nodes = self.nodes.borrow_mut();
        let mut gradients: Vec<Option<Tensor>> = nodes.iter().map(|_| None).collect();
        gradients[index] = Some(seed);
        for i in (0..=index).rev() {
            let Some(function) = nodes[i].function.take() else { continue };
            let Some(dy) = gradients[i].take() else { continue };
            let inputs = std::mem::take(&mut nodes[i].inputs);
            let wanted: Vec<bool> = inputs.iter().map(|&x| nodes[x].needs_gradient).collect();
            let name = function.name();
            let parts = function.backward(dy, &wanted);
            assert_eq!(parts.len(), inputs.len(), "{name}: one gradient per input");
            for ((x, wanted), part) in inputs.into_iter().zip(wanted).zip(parts) {
                let (true, Some(part)) = (wanted, part) else { continue };
                match &mut gradients[x] {
                    Some(sum) => sum.add_assign(&part),
                    none => *none = Some(part),
                }
            }
        }
        Gradients { by_index: gradients }
    }
}

impl std::fmt::Debug for Tape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let nodes = self.nodes.borrow();
        let names = nodes.iter().map(|node| node.function.as_ref().map_or("leaf", |f| f.name()));
        f.debug_list().entries(names).finish()
    }
}

/// The gradients of a loss with respect to the leaves of its tape.
#[derive(Debug)]
pub struct Gradients {
    by_index: Vec<Option<Tensor>>,
}

impl Gradients {
    /// The gradient with respect to `leaf`, or `None` where the loss does not depend on it.
    pub fn of(&self, leaf: &Var<'_>) -> Option<&Tensor> {
        self.by_index[leaf.index()].as_ref()
    }

    /// Like [`Gradients::of`], but gives the gradient away.
    pub fn take(&mut self, leaf: &Var<'_>) -> Option<Tensor> {
        self.take_at(leaf.index())
    }

    /// Like [`Gradients::take`], for a leaf that is known by its place.
    pub(crate) fn take_at(&mut self, place: usize) -> Option<Tensor> {
        self.by_index[place].take()
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::{Scalar, metered};

    use super::*;

    fn ramp(n: usize) -> Tensor {
        Tensor::from_fn([n], |i| i as Scalar)
    }

    #[test]
    fn contributions_of_a_value_used_twice_add_up() {
        let tape = Tape::new();
        let x = tape.leaf(ramp(3));
        let y = &(&x * &x) + &x;
        assert_eq!(y.sum().backward().of(&x).expect("used").as_slice(), [1.0, 3.0, 5.0]);
    }

    #[test]
    fn a_constant_gets_no_gradient_and_costs_no_memory() {
        let tape = Tape::new();
        let (x, c) = (tape.constant(ramp(3)), tape.constant(ramp(3)));
        let y = (&x * &c).sum();
        assert_eq!(tape.saved_bytes(&[]), 0);
        assert!(y.backward().of(&x).is_none());
    }

    #[test]
    fn a_tape_without_gradients_saves_nothing() {
        let tape = Tape::without_gradients();
        let x = tape.leaf(ramp(4));
        let _y = &x * &x;
        assert_eq!(tape.saved_bytes(&[]), 0);
    }

    #[test]
    fn a_buffer_saved_by_two_functions_counts_once() {
        let tape = Tape::new();
        let x = tape.leaf(ramp(4));
        let _y = &(&x * &x) + &(&x * &x);
        assert_eq!(tape.saved_bytes(&[]), x.value().bytes());
        assert_eq!(tape.saved_bytes(&[x.value()]), 0);
    }

    #[test]
    fn values_are_freed_once_nobody_reads_them() {
        let bytes = ramp(1000).bytes();
        let ((), usage) = metered(|| {
            let tape = Tape::without_gradients();
            let mut x = tape.leaf(ramp(1000));
            for _ in 0..10 {
                x = &x + &x;
            }
        });
        assert_eq!(usage.peak_bytes, 2 * bytes);
    }

    #[test]
    fn an_unused_leaf_has_no_gradient() {
        let tape = Tape::new();
        let (used, unused) = (tape.leaf(ramp(2)), tape.leaf(ramp(2)));
        let gradients = used.sum().backward();
        assert!(gradients.of(&used).is_some() && gradients.of(&unused).is_none());
    }
}
