//! The most probable texts, by a search over prefixes.
//!
//! After each step, a prefix of a text has two probabilities: of the paths that end in a blank, and of those that end in its
//! last character. Only the `width` most probable prefixes are gone on with; with a width that holds all of them the result
//! is exact. After Graves (2012), arXiv:1211.3711, and Hannun et al. (2014), arXiv:1408.2873, without a language model.

use std::collections::BTreeMap;

use super::{BLANK, Frames, add};

/// A text and how probable it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    /// Classes, without the blank.
    pub text: Vec<usize>,
    /// The logarithm of the probability of its paths, as far as the search has followed them.
    pub ln_probability: f64,
}

/// Paths of one prefix, as logarithms of probabilities.
#[derive(Clone, Copy)]
struct Paths {
    in_blank: f64,
    in_character: f64,
}

impl Paths {
    const NONE: Self = Self { in_blank: f64::NEG_INFINITY, in_character: f64::NEG_INFINITY };

    fn all(self) -> f64 {
        add(self.in_blank, self.in_character)
    }
}

/// The most probable texts, best first and at most `width` of them.
///
/// Equally probable texts are in the order of their classes.
///
/// ```
/// use cenote_layers::{Frames, beam_search};
/// use cenote_tensor::Tensor;
///
/// // Blank 0.6 and a character 0.4, twice: the best path is blank, and the character is the best text (0.64).
/// let logits = Tensor::from_fn([1, 2, 2], |i| if i % 2 == 0 { 0.6_f64.ln() } else { 0.4_f64.ln() } as _);
/// let best = &beam_search(&Frames::of(&logits)[0], 4)[0];
/// assert_eq!(best.text, [1]);
/// assert!((best.ln_probability.exp() - 0.64).abs() < 1e-6);
/// ```
///
/// # Panics
/// When `width` is zero.
pub fn beam_search(frames: &Frames, width: usize) -> Vec<Hypothesis> {
    assert!(width > 0, "a search goes on with at least one prefix");
    let mut beam = vec![(Vec::new(), Paths { in_blank: 0.0, ..Paths::NONE })];
    for step in 0..frames.steps() {
        let row = frames.at(step);
        let mut next: BTreeMap<Vec<usize>, Paths> = BTreeMap::new();
        for (prefix, paths) in beam {
            let (all, last) = (paths.all(), prefix.last().copied());
            for (class, &value) in row.iter().enumerate().skip(BLANK + 1) {
                // A repeat goes on with the last character, unless a blank parts the two.
                let from = if last == Some(class) { paths.in_blank } else { all };
                if from + value > f64::NEG_INFINITY {
                    let mut longer = Vec::with_capacity(prefix.len() + 1);
                    longer.extend_from_slice(&prefix);
                    longer.push(class);
                    let longer = next.entry(longer).or_insert(Paths::NONE);
                    longer.in_character = add(longer.in_character, from + value);
                }
            }
            let same = next.entry(prefix).or_insert(Paths::NONE);
            same.in_blank = add(same.in_blank, all + row[BLANK]);
            if let Some(last) = last {
                same.in_character = add(same.in_character, paths.in_character + row[last]);
            }
        }
        beam = next.into_iter().collect();
        // The sort is stable, so that equals stay in the order of the map.
        beam.sort_by(|(_, a), (_, b)| b.all().total_cmp(&a.all()));
        beam.truncate(width);
    }
    let hypothesis = |(text, paths): (_, Paths)| Hypothesis { text, ln_probability: paths.all() };
    beam.into_iter().map(hypothesis).collect()
}

#[cfg(test)]
mod tests {
    use cenote_tensor::{Scalar, Tensor};
    use proptest::prelude::*;

    use super::*;
    use crate::decode::best_path;
    use crate::loss::every_text;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_beam_that_holds_every_prefix_finds_the_probability_of_every_text(
            steps in 1_usize..5, classes in 2_usize..4, numbers in prop::collection::vec(-3.0..3.0_f64, 15),
        ) {
            let logits = Tensor::from_fn([1, steps, classes], |i| numbers[i % 15] as Scalar);
            let frames = &Frames::of(&logits)[0];
            let expected = every_text(frames);
            let found = beam_search(frames, 10_000);
            prop_assert_eq!(found.len(), expected.len());
            for hypothesis in &found {
                let error = hypothesis.ln_probability.exp() - expected[&hypothesis.text];
                prop_assert!(error.abs() < 1e-12, "{:?}", hypothesis);
            }
            let best = expected.values().copied().fold(0.0, f64::max);
            prop_assert!((found[0].ln_probability.exp() - best).abs() < 1e-12);
        }

        #[test]
        fn a_narrow_beam_never_claims_more_than_a_text_has(
            width in 1_usize..5, numbers in prop::collection::vec(-3.0..3.0_f64, 15),
        ) {
            let logits = Tensor::from_fn([1, 5, 3], |i| numbers[i] as Scalar);
            let frames = &Frames::of(&logits)[0];
            let expected = every_text(frames);
            let found = beam_search(frames, width);
            prop_assert!(found.len() <= width);
            for hypothesis in found {
                let probability = hypothesis.ln_probability.exp();
                prop_assert!(probability <= expected[&hypothesis.text] + 1e-12);
            }
        }

        #[test]
        fn where_every_step_is_sure_the_search_finds_the_best_path(
            path in prop::collection::vec(0_usize..4, 1..12),
        ) {
            let logits = Tensor::from_fn([1, path.len(), 4], |i| {
                if path[i / 4] == i % 4 { 30.0 } else { 0.0 }
            });
            let frames = &Frames::of(&logits)[0];
            prop_assert_eq!(&beam_search(frames, 3)[0].text, &best_path(frames));
        }
    }
}
