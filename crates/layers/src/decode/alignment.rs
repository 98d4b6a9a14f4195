//! Where in a sequence each character of a text stands.

use std::ops::Range;

use super::{BLANK, Frames};

/// The steps of each character on the most probable path of a text; `None` where the text has no path.
///
/// ```
/// use cenote_layers::{Frames, align};
/// use cenote_tensor::Tensor;
///
/// let path = [0, 1, 1, 0, 2];
/// let logits = Tensor::from_fn([1, 5, 3], |i| if path[i / 3] == i % 3 { 9.0 } else { 0.0 });
/// let frames = &Frames::of(&logits)[0];
/// assert_eq!(align(frames, &[1, 2]), Some(vec![1..3, 4..5]));
/// assert_eq!(align(frames, &[1, 1, 1, 1]), None); // needs seven steps
/// ```
///
/// # Panics
/// When the text has a class that the frames do not have, or the blank.
pub fn align(frames: &Frames, text: &[usize]) -> Option<Vec<Range<usize>>> {
    let known = |&class: &usize| class != BLANK && class < frames.classes();
    assert!(text.iter().all(known), "characters are classes other than the blank");
    let states = 2 * text.len() + 1;
    let class = |state: usize| if state.is_multiple_of(2) { BLANK } else { text[state / 2] };
    let mut best = vec![f64::NEG_INFINITY; states];
    let mut from: Vec<Vec<usize>> = Vec::with_capacity(frames.steps());
    for step in 0..frames.steps() {
        let row = frames.at(step);
        let (mut next, mut came) = (best.clone(), vec![0; states]);
        for state in 0..states {
            let skips = state % 2 == 1 && state > 2 && class(state) != class(state - 2);
            let least = state.saturating_sub(if skips { 2 } else { 1 });
            let (at, value) = if step == 0 {
                (state, if state < 2 { 0.0 } else { f64::NEG_INFINITY })
            } else {
                let earlier = (least..=state).rev().map(|at| (at, best[at]));
                earlier.reduce(|a, b| if b.1 > a.1 { b } else { a }).expect("a state at least")
            };
            (next[state], came[state]) = (value + row[class(state)], at);
        }
        best = next;
        from.push(came);
    }
    let mut state = states - 1;
    if states > 1 && best[states - 2] > best[states - 1] {
        state = states - 2;
    }
    if best[state] == f64::NEG_INFINITY {
        return None;
    }
    let mut parts = vec![0..0; text.len()];
    for step in (0..frames.steps()).rev() {
        if state % 2 == 1 {
            let part = &mut parts[state / 2];
            *part = if part.end == 0 { step..step + 1 } else { step..part.end };
        }
        state = from[step][state];
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use cenote_tensor::Tensor;

    use super::*;

    #[test]
    fn equal_neighbours_are_parted_by_a_blank() {
        let path = [1, 0, 1, 1];
        let logits = Tensor::from_fn([1, 4, 2], |i| if path[i / 2] == i % 2 { 5.0 } else { 0.0 });
        let frames = &Frames::of(&logits)[0];
        assert_eq!(align(frames, &[1, 1]), Some(vec![0..1, 2..4]));
        assert_eq!(align(frames, &[]), Some(vec![]));
    }

    #[test]
    fn a_text_that_just_fits_takes_every_step() {
        let frames = &Frames::of(&Tensor::zeros([1, 3, 3]))[0];
        assert_eq!(align(frames, &[1, 2, 1]), Some(vec![0..1, 1..2, 2..3]));
        assert_eq!(align(frames, &[1, 1]), Some(vec![0..1, 2..3]));
        assert_eq!(align(frames, &[1, 1, 2]), None);
    }
}
