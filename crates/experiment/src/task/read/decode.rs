//! What the scores of a network say stands in an image, and how sure that is.

use cenote_layers::{Frames, align, beam_search, best_path};
use cenote_tensor::Tensor;

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
pub(super) fn positions(frames: &Frames, length: Option<usize>) -> Decoded {
    let (mut text, mut each, mut confidence) = (Vec::new(), Vec::new(), 1.0);
    for nth in 0..frames.steps() {
        let row = frames.at(nth);
        let among = match length {
            None => 0..row.len(),
            Some(length) if nth < length => 1..row.len(),
            Some(_) => 0..1,
        };
        let best = among.reduce(|a, b| if row[b] > row[a] { b } else { a }).unwrap_or(0);
        let probability = row[best].exp();
        confidence *= probability;
        if best > 0 {
            text.push(best - 1);
            each.push(probability);
        }
    }
    Decoded { text, each, confidence }
}

/// The most probable character of a letter.
pub(super) fn letter(frames: &Frames) -> Decoded {
    let row = frames.at(0);
    let best = (0..row.len()).reduce(|a, b| if row[b] > row[a] { b } else { a }).unwrap_or(0);
    let probability = row[best].exp();
    Decoded { text: vec![best], each: vec![probability], confidence: probability }
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Scalar;

    use super::*;

    #[test]
    fn positions_without_a_character_end_a_text_unless_its_length_is_known() {
        let scores = vec![0.0, 5.0, 0.0, 1.0, 0.0, 0.9, 6.0, 0.0, 0.0];
        let scores = Tensor::from_vec([1, 3, 3], scores).expect("nine");
        let frames = &Frames::of(&scores)[0];
        let free = positions(frames, None);
        assert_eq!((free.text, free.each.len()), (vec![0], 1));
        let known = positions(frames, Some(2));
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
