//! Connectionist temporal classification: the probability of a text, over all its paths.
//!
//! ```text
//! L    = (1/N) Σ_n −ln P(text n) / max(length n, 1)        P(text) = Σ over the paths of the text Π_t p[t, path t]
//! dz   = (p − γ) / (N · max(length, 1)) · dL               γ[t,k] = P(the path of the text has class k at step t)
//! ```
//!
//! p is the softmax of the logits, and paths are those of [`crate::decode`]. Conventions are those of PyTorch's `ctc_loss`
//! with `reduction="mean"`, of logits rather than their logarithms: the blank is class 0, each loss is divided by the length
//! of its text before the mean is taken, and all steps of an example count. A text that no path has, being too long for the
//! steps, has an infinite loss, whose gradient is NaN there; [`Impossible::Zero`] makes both 0. Sums of probabilities are
//! formed in logarithms and in double precision. After Graves et al. (2006), doi:10.1145/1143844.1143891.

use cenote_autograd::{Function, Saved, Var};
use cenote_tensor::{Scalar, Tensor};
use rayon::prelude::*;

use crate::decode::{BLANK, Frames, add};

/// What becomes of a text that no path has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Impossible {
    /// Its loss is infinite, and so is the mean; its gradient is no number.
    Infinite,
    /// Its loss and gradient are zero; it still counts in the mean.
    Zero,
}

/// The mean over a batch of the negative log probability of each text, divided by its length.
///
/// Logits have shape `(N, T, K)`, with the blank as class 0.
///
/// ```
/// use cenote_autograd::Tape;
/// use cenote_layers::{Impossible, ctc_loss};
/// use cenote_tensor::Tensor;
///
/// // Two steps of two classes, all as probable: three of four paths read `1`.
/// let tape = Tape::new();
/// let logits = tape.leaf(Tensor::zeros([1, 2, 2]));
/// let loss = ctc_loss(&logits, &[vec![1]], Impossible::Infinite);
/// assert!((f64::from(loss.value().as_slice()[0]) + 0.75_f64.ln()).abs() < 1e-6);
/// ```
///
/// # Panics
/// When there is not one text for each example, or a text has a class that the logits do not have, or the blank: readers
/// check their texts before training starts.
pub fn ctc_loss<'t>(logits: &Var<'t>, texts: &[Vec<usize>], impossible: Impossible) -> Var<'t> {
    let judged = judged(logits.value(), texts);
    let share = |text: &Vec<usize>| (texts.len() * text.len().max(1)) as f64;
    let losses = judged.iter().zip(texts).map(|((loss, _), text)| match impossible {
        Impossible::Zero if loss.is_infinite() => 0.0,
        _ => loss / share(text),
    });
    let mean: f64 = losses.sum();
    let saved = || {
        let mut gradient = Tensor::stale(logits.shape());
        let values = judged.iter().zip(texts).flat_map(|((loss, gradient), text)| {
            let share = share(text);
            gradient.iter().map(move |&value| match impossible {
                Impossible::Infinite if loss.is_infinite() => f64::NAN,
                _ if loss.is_infinite() => 0.0,
                _ => value / share,
            })
        });
        for (slot, value) in gradient.as_mut_slice().iter_mut().zip(values) {
            *slot = value as Scalar;
        }
        Backward { gradient }
    };
    logits.tape().record(Tensor::scalar(mean as Scalar), &[logits], saved)
}

/// The negative log probability of each text: infinite where no path has it.
///
/// # Panics
/// As [`ctc_loss`].
pub fn ctc_losses(logits: &Tensor, texts: &[Vec<usize>]) -> Vec<f64> {
    judged(logits, texts).into_iter().map(|(loss, _)| loss).collect()
}

/// Of each example the loss, not yet divided, and its gradient.
fn judged(logits: &Tensor, texts: &[Vec<usize>]) -> Vec<(f64, Vec<f64>)> {
    let frames = Frames::of(logits);
    assert_eq!(frames.len(), texts.len(), "one text for each example");
    frames.par_iter().zip(texts).map(|(frames, text)| Lattice { frames, text }.judged()).collect()
}

/// The paths of one text: states `0..=2·length`, a blank before, between and after the characters.
struct Lattice<'a> {
    frames: &'a Frames,
    text: &'a [usize],
}

impl Lattice<'_> {
    fn states(&self) -> usize {
        2 * self.text.len() + 1
    }

    fn class(&self, state: usize) -> usize {
        if state.is_multiple_of(2) { BLANK } else { self.text[state / 2] }
    }

    /// Whether a path may go from the character before to this state without a blank.
    fn skips(&self, state: usize) -> bool {
        state % 2 == 1 && state > 2 && self.class(state) != self.class(state - 2)
    }

    fn judged(&self) -> (f64, Vec<f64>) {
        let (frames, states) = (self.frames, self.states());
        let known = |&class: &usize| class != BLANK && class < frames.classes();
        assert!(self.text.iter().all(known), "characters are classes other than the blank");
        let ahead = self.until();
        let behind = self.onward();
        let last = &ahead[(frames.steps() - 1) * states..];
        let ln_probability =
            last[states.saturating_sub(2)..].iter().copied().fold(f64::NEG_INFINITY, add);
        let mut gradient = Vec::with_capacity(frames.steps() * frames.classes());
        for step in 0..frames.steps() {
            let row = gradient.len();
            gradient.extend(frames.at(step).iter().map(|value| value.exp()));
            if ln_probability > f64::NEG_INFINITY {
                for state in 0..states {
                    let at = step * states + state;
                    let share = (ahead[at] + behind[at] - ln_probability).exp();
                    gradient[row + self.class(state)] -= share;
                }
            }
        }
        (-ln_probability, gradient)
    }

    /// Log probability of all ways from the start to each state, at each step.
    fn until(&self) -> Vec<f64> {
        let states = self.states();
        let mut ways = vec![f64::NEG_INFINITY; self.frames.steps() * states];
        for step in 0..self.frames.steps() {
            let row = self.frames.at(step);
            for state in 0..states {
                let before = if step == 0 {
                    if state < 2 { 0.0 } else { f64::NEG_INFINITY }
                } else {
                    let least = state.saturating_sub(if self.skips(state) { 2 } else { 1 });
                    let earlier = &ways[(step - 1) * states..][least..=state];
                    earlier.iter().copied().fold(f64::NEG_INFINITY, add)
                };
                ways[step * states + state] = before + row[self.class(state)];
            }
        }
        ways
    }

    /// Log probability of all ways from each state to an end, without the step of the state itself.
    fn onward(&self) -> Vec<f64> {
        let (steps, states) = (self.frames.steps(), self.states());
        let mut ways = vec![f64::NEG_INFINITY; steps * states];
        ways[steps * states - 1] = 0.0;
        if states > 1 {
            ways[steps * states - 2] = 0.0;
        }
        for step in (0..steps - 1).rev() {
            let row = self.frames.at(step + 1);
            for state in 0..states {
                let skips = state + 2 < states && self.skips(state + 2);
                let most = (state + if skips { 2 } else { 1 }).min(states - 1);
                let later = (state..=most)
                    .map(|next| ways[(step + 1) * states + next] + row[self.class(next)]);
                ways[step * states + state] = later.fold(f64::NEG_INFINITY, add);
            }
        }
        ways
    }
}

struct Backward {
    gradient: Tensor,
}

impl Function for Backward {
    fn name(&self) -> &'static str {
        "ctc_loss"
    }

    fn saved(&self) -> Saved<'_> {
        Saved::tensors([&self.gradient])
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        let scale = dy.as_slice()[0];
        vec![Some(self.gradient.map(|value| value * scale))]
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use cenote_autograd::{Tape, gradcheck};
    use proptest::prelude::*;

    use super::*;

    /// The probability of every text that frames allow, path by path.
    pub(crate) fn every_text(frames: &Frames) -> BTreeMap<Vec<usize>, f64> {
        let (steps, classes) = (frames.steps(), frames.classes());
        let mut texts = BTreeMap::new();
        for path in 0..classes.pow(steps as u32) {
            let (mut text, mut before, mut ln_probability, mut rest) =
                (Vec::new(), BLANK, 0.0, path);
            for step in 0..steps {
                let class = rest % classes;
                rest /= classes;
                ln_probability += frames.at(step)[class];
                if class != BLANK && class != before {
                    text.push(class);
                }
                before = class;
            }
            *texts.entry(text).or_insert(0.0) += ln_probability.exp();
        }
        texts
    }

    fn value(logits: Tensor, texts: &[Vec<usize>], impossible: Impossible) -> (f64, Tensor) {
        let tape = Tape::new();
        let logits = tape.leaf(logits);
        let loss = ctc_loss(&logits, texts, impossible);
        let gradient = loss.backward().take(&logits).expect("the loss depends on it");
        (loss.value().as_slice()[0].into(), gradient)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn the_loss_of_every_text_is_the_sum_over_its_paths(
            steps in 1_usize..6, classes in 2_usize..4, numbers in prop::collection::vec(-4.0..4.0_f64, 20),
        ) {
            let logits = Tensor::from_fn([1, steps, classes], |i| numbers[i] as Scalar);
            for (text, probability) in every_text(&Frames::of(&logits)[0]) {
                let loss = ctc_losses(&logits, std::slice::from_ref(&text))[0];
                prop_assert!((loss + probability.ln()).abs() < 1e-10, "{:?} {}", text, loss);
            }
        }

        #[test]
        fn the_gradient_matches_differences(
            text in prop::collection::vec(1_usize..4, 0..4), numbers in prop::collection::vec(-2.0..2.0_f64, 48),
        ) {
            let logits = Tensor::from_fn([2, 6, 4], |i| numbers[i] as Scalar);
            let texts = [text, vec![2, 2]];
            let loss = gradcheck(&[logits], |v| ctc_loss(&v[0], &texts, Impossible::Zero));
            prop_assert!(loss.is_ok(), "{:?}", loss);
        }
    }

    #[test]
    fn a_text_too_long_for_the_steps_is_infinite_or_counts_zero() {
        let logits = || Tensor::from_fn([2, 3, 3], |i| (i as Scalar * 0.9).sin());
        // Two equal characters need a blank between them, so these need four steps.
        let texts = [vec![1, 1, 2], vec![1]];
        let (loss, gradient) = value(logits(), &texts, Impossible::Infinite);
        assert!(loss.is_infinite(), "{loss}");
        assert!(gradient.as_slice()[..9].iter().all(|dz| dz.is_nan()));
        assert!(gradient.as_slice()[9..].iter().all(|dz| dz.is_finite()));
        let (loss, gradient) = value(logits(), &texts, Impossible::Zero);
        let alone = ctc_losses(&logits(), &texts);
        assert!(alone[0].is_infinite(), "{alone:?}");
        assert!((loss - alone[1] / 2.0).abs() < 1e-6, "{loss} {alone:?}");
        assert_eq!(gradient.as_slice()[..9], [0.0; 9]);
    }

    #[test]
    fn an_empty_text_has_the_path_of_blanks_alone() {
        let logits = Tensor::from_fn([1, 3, 2], |i| (i as Scalar * 1.3).cos());
        let frames = &Frames::of(&logits)[0];
        let expected: f64 = (0..3).map(|step| frames.at(step)[BLANK]).sum();
        assert!((ctc_losses(&logits, &[vec![]])[0] + expected).abs() < 1e-12);
    }

    #[test]
    fn hundreds_of_improbable_steps_do_not_vanish() {
        let logits = Tensor::from_fn([1, 400, 2], |i| if i % 2 == 0 { 0.0 } else { 200.0 });
        let loss = ctc_losses(&logits, &[vec![1, 1]])[0];
        assert!((loss - 200.0).abs() < 10.0, "{loss}");
    }
}
