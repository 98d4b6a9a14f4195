//! Parts of a pass that are run a second time, so that nothing within them is kept meanwhile.
//!
//! ```text
//! forward     y = f(x, w…)                          on a tape without gradients: x and w… are kept, nothing within f
//! backward    f(x, w…) again, on a tape of its own, through which dy is pulled back
//! ```
//!
//! The second run computes what the first did, so gradients have the same bits as without; the price is its time. After Chen
//! et al. (2016), arXiv:1604.06174, who cut a network of `n` layers into about `√n` such parts.

use cenote_tensor::Tensor;

use crate::{Function, Saved, Tape, Var};

/// A part of a pass that can be run again.
pub trait Replay: Send {
    /// The output for these inputs: the same operations and the same bits each time.
    fn run<'t>(&self, inputs: Vec<Var<'t>>) -> Var<'t>;
}

impl Tape {
    /// Runs a part of a pass of which nothing but the inputs is kept, and which runs again when gradients come back.
    ///
    /// `first` is how it runs this time: as [`Replay::run`], but for what happens beside the value, such as noting
    /// statistics, which must not happen twice. Gradients reach the inputs alone.
    ///
    /// ```
    /// use cenote_autograd::{Replay, Tape, Var};
    /// use cenote_tensor::Tensor;
    ///
    /// struct Eighth;
    ///
    /// impl Replay for Eighth {
    ///     fn run<'t>(&self, inputs: Vec<Var<'t>>) -> Var<'t> {
    ///         let square = |x: &Var<'t>| x * x;
    ///         square(&square(&square(&inputs[0])))
    ///     }
    /// }
    ///
    /// let tape = Tape::new();
    /// let x = tape.leaf(Tensor::full([2], 2.0));
    /// let y = tape.replayed(vec![x.clone()], Eighth, Replay::run);
    /// assert_eq!(y.value().as_slice(), [256.0; 2]);
    /// assert_eq!(tape.saved_bytes(&[]), x.value().bytes()); // neither x² nor x⁴
    /// assert_eq!(y.sum().backward().of(&x).expect("used").as_slice(), [1024.0; 2]); // 8 x⁷
    /// ```
    ///
    /// # Panics
    /// When an input belongs to another tape.
    pub fn replayed<'t, R: Replay + 'static>(
        &'t self,
        inputs: Vec<Var<'t>>,
        replay: R,
        first: impl for<'i> FnOnce(&R, Vec<Var<'i>>) -> Var<'i>,
    ) -> Var<'t> {
        let places: Vec<usize> = inputs.iter().map(|input| self.place_of(input)).collect();
        let values: Vec<Tensor> = inputs.into_iter().map(Var::into_value).collect();
        let wanted = places.iter().any(|&place| self.needs_gradient(place));
        // Nobody pulls back: the first reader may have what it reads.
        let kept = if wanted { values.clone() } else { Vec::new() };
        let quiet = Tape::without_gradients();
        let inputs = values.into_iter().map(|value| quiet.constant(value)).collect();
        let value = first(&replay, inputs).into_value();
        self.record_at(value, places, || Replayed { inputs: kept, replay })
    }
}

/// A part of a pass, to be run again.
struct Replayed<R> {
    inputs: Vec<Tensor>,
    replay: R,
}

impl<R: Replay> Function for Replayed<R> {
    fn name(&self) -> &'static str {
        "replayed"
    }

    fn saved(&self) -> Saved<'_> {
        Saved { tensors: self.inputs.iter().collect(), other_bytes: 0 }
    }

    fn backward(self: Box<Self>, dy: Tensor, wanted: &[bool]) -> Vec<Option<Tensor>> {
        let Self { inputs, replay } = *self;
        let tape = Tape::new();
        let var = |(value, &wanted): (Tensor, &bool)| {
            if wanted { tape.leaf(value) } else { tape.constant(value) }
        };
        let vars: Vec<Var<'_>> = inputs.into_iter().zip(wanted).map(var).collect();
        let places: Vec<usize> = vars.iter().map(Var::index).collect();
        // The output's value is not needed, so it must not outlive its last reader.
        let end = replay.run(vars).index();
        let mut gradients = tape.pull_back(end, dy);
        places.into_iter().map(|place| gradients.take_at(place)).collect()
    }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::{Scalar, metered};

    use super::*;

    /// So many times `x ← x + w x²`.
    #[derive(Clone, Copy)]
    struct Chain(usize);

    impl Replay for Chain {
        fn run<'t>(&self, inputs: Vec<Var<'t>>) -> Var<'t> {
            let [x, w] = inputs.try_into().expect("two inputs");
            (0..self.0).fold(x, |x, _| &x + &(&w * &(&x * &x)))
        }
    }

    fn ramp(n: usize) -> Tensor {
        Tensor::from_fn([n], |i| (i as Scalar * 0.7).sin())
    }

    /// Loss and gradients of three chains behind each other, and the peak of the bytes.
    fn pass(
        run: impl for<'t> Fn(Var<'t>, Var<'t>, Chain) -> Var<'t>,
    ) -> (Vec<Tensor>, Vec<Tensor>, usize) {
        let ((value, gradients), usage) = metered(|| {
            let tape = Tape::new();
            let (x, w) = (tape.leaf(ramp(50)), tape.leaf(ramp(50).map(|w| 0.1 * w)));
            let y = [4, 6, 5].into_iter().fold(x.clone(), |x, n| run(x, w.clone(), Chain(n)));
            let loss = (&y * &y).sum();
            drop(y);
            let value = loss.value().clone();
            let mut gradients = loss.backward();
            let both = [&x, &w].map(|leaf| gradients.take(leaf).expect("used"));
            (value, both)
        });
        (vec![value], gradients.to_vec(), usage.peak_bytes)
    }

    #[test]
    fn a_part_that_runs_again_gives_the_same_bits_and_keeps_its_inputs_alone() {
        let plain = pass(|x, w, chain| chain.run(vec![x, w]));
        let again = pass(|x, w, chain| x.tape().replayed(vec![x.clone(), w], chain, Replay::run));
        assert_eq!((&plain.0, &plain.1[0]), (&again.0, &again.1[0]));
        let differ = plain.1[1].as_slice().iter().zip(again.1[1].as_slice());
        // A leaf that several parts read has its gradients added part by part.
        assert!(differ.into_iter().all(|(a, b)| (a - b).abs() <= 1e-6 * a.abs().max(1.0)));
        assert!(again.2 * 5 < plain.2 * 3, "{} {}", again.2, plain.2);
    }

    #[test]
    fn what_wants_no_gradient_is_not_run_again_and_keeps_nothing() {
        let tape = Tape::new();
        let (x, w) = (tape.constant(ramp(3)), tape.constant(ramp(3)));
        let y = tape.replayed(vec![x, w], Chain(2), Replay::run);
        assert_eq!(tape.saved_bytes(&[]), 0);
        drop(y.sum().backward());
    }

    #[test]
    fn an_input_that_wants_no_gradient_gets_none_within_either() {
        let tape = Tape::new();
        let (x, w) = (tape.constant(ramp(4)), tape.leaf(ramp(4)));
        let y = tape.replayed(vec![x.clone(), w.clone()], Chain(1), Replay::run);
        let gradients = y.sum().backward();
        assert!(gradients.of(&x).is_none());
        let expected = ramp(4).map(|x| x * x);
        assert_eq!(gradients.of(&w).expect("used"), &expected);
    }

    #[test]
    fn a_part_that_hands_its_input_on_hands_its_gradient_back() {
        let tape = Tape::new();
        let (x, w) = (tape.leaf(ramp(4)), tape.leaf(ramp(4)));
        let y = tape.replayed(vec![x.clone(), w], Chain(0), Replay::run);
        assert_eq!(y.sum().backward().of(&x), Some(&Tensor::full([4], 1.0)));
    }
}
