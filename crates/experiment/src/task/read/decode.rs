//! What the scores of a network say stands in an image, and how sure that is.

use cenote_layers::{Frames, align, beam_search, best_path, softmax};
use cenote_tensor::{Scalar, Tensor};

/// Prefixes that a search for the best text goes on with.
const WIDTH: usize = 10;

/// Characters, as positions in the alphabet, with a probability for each and for all.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Decoded {
    pub(crate) text: Vec<usize>,
    /// Of each character.
    pub(crate) each: Vec<f64>,
    /// Of the text.
    pub(crate) confidence: f64,
}

/// The texts of the most probable paths, one of each example, as classes.
pub(super) fn best_paths(logits: &Tensor) -> Vec<Vec<usize>> {
    Frames::of(logits).iter().map(best_path).collect()
}

/// The most probable text of one example, among those of this length if one of them was found.
///
/// The probability of the text is that of the paths that the search followed; that of a character is the highest at the
/// steps where the most probable path of the text has it.
pub(super) fn sequence(frames: &Frames, length: Option<usize>) -> Decoded {
    let found = beam_search(frames, WIDTH);
    let fits = found.iter().find(|text| length.is_none_or(|length| text.text.len() == length));
    let best = fits.unwrap_or(&found[0]);
    let parts = align(frames, &best.text).unwrap_or_default();
    let each = best.text.iter().zip(parts).map(|(&class, steps)| {
        let highest = steps.map(|step| frames.at(step)[class]).fold(f64::NEG_INFINITY, f64::max);
        highest.exp()
    });
    Decoded {
        each: each.collect(),
        text: best.text.iter().map(|class| class - 1).collect(),
        confidence: best.ln_probability.exp(),
    }
}

/// The most probable class of each position of one example, of which class 0 is no character.
///
/// Where the length is known, the first positions hold a character each and the others none.
pub(super) fn positions(scores: &[Scalar], classes: usize, length: Option<usize>) -> Decoded {
    let rows = scores.len() / classes;
    let logits = Tensor::from_vec([rows, classes], scores.to_vec()).expect("whole positions");
    let probabilities = softmax(&logits);
    let (mut text, mut each, mut confidence) = (Vec::new(), Vec::new(), 1.0);
    for (nth, row) in probabilities.as_slice().chunks_exact(classes).enumerate() {
        let among = match length {
            None => 0..classes,
            Some(length) if nth < length => 1..classes,
            Some(_) => 0..1,
        };
        let best = among.reduce(|a, b| if row[b] > row[a] { b } else { a }).unwrap_or(0);
        let probability = f64::from(row[best]);
        confidence *= probability;
        if best > 0 {
            text.push(best - 1);
            each.push(probability);
        }
    }
    Decoded { text, each, confidence }
}

/// One letter after the other, each with its scores.
pub(crate) fn letters(logits: &Tensor) -> Decoded {
    let text = cenote_layers::predictions(logits);
    let classes = logits.dims()[1];
    let probabilities = softmax(logits);
    let rows = probabilities.as_slice().chunks_exact(classes);
    let each: Vec<f64> = rows.zip(&text).map(|(row, &best)| f64::from(row[best])).collect();
    Decoded { confidence: each.iter().product(), text, each }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_without_a_character_end_a_text_unless_its_length_is_known() {
        let scores = [0.0, 5.0, 0.0, 1.0, 0.0, 0.9, 6.0, 0.0, 0.0];
        let free = positions(&scores, 3, None);
        assert_eq!((free.text, free.each.len()), (vec![0], 1));
        let known = positions(&scores, 3, Some(2));
        assert_eq!(known.text, [0, 1]);
        assert!(known.confidence < free.confidence && known.confidence > 0.0);
    }

    #[test]
    fn a_known_length_is_kept_by_a_sequence_where_the_search_found_one() {
        // Two steps, of a blank (0.6) and a character (0.4): the best text has one character.
        let logits = Tensor::from_fn([1, 2, 2], |i| [0.6_f64, 0.4][i % 2].ln() as Scalar);
        let frames = &Frames::of(&logits)[0];
        let free = sequence(frames, None);
        assert_eq!(free.text, [0]);
        assert!((free.confidence - 0.64).abs() < 1e-6 && (free.each[0] - 0.4).abs() < 1e-6);
        assert_eq!(sequence(frames, Some(0)).text, Vec::<usize>::new());
        assert_eq!(sequence(frames, Some(2)).text, [0], "two equal ones need three steps");
    }
}
