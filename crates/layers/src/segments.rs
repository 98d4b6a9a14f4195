//! Where a training step is cut, so that it keeps what goes into each segment and nothing within.
//!
//! ```text
//! held(j)  = Σ_{l ≤ j} input(l) + Σ_{units i of segment j} kept(i) + 2 input(j + 1)
//!                                            bytes when the gradients are in segment j; the last has nothing behind it
//! cuts     = those with the smallest max_j held(j)
//! ```
//!
//! `kept(i)` is what a unit (a layer, or neighbours that run as one) leaves on the tape beside what the unit before it
//! did, counted on a real pass of one example through the two. For layers that all keep alike this is the rule of Chen et al.
//! (2016), arXiv:1604.06174, about `√(2n)` segments that grow shorter. While a segment runs again, its output is made beside the
//! gradient of it that waits, so a cut costs twice what goes through it; where layers differ, as in a network whose maps
//! shrink, a segment holds few large ones or many small ones. The last segment is never run again: its gradients come first.
//! What is within a `residual` or a `fuse` stays together.

use std::ops::Range;

use cenote_autograd::Tape;
use cenote_tensor::{Scalar, Seed, Shape, Tensor};

use crate::{Mode, Model, Params, Step};

/// The segments of a model, for [`Step::in_segments`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segments {
    /// Where each ends among the units.
    pub(crate) ends: Vec<usize>,
}

impl Segments {
    /// The segments with which training of a model holds least at once.
    ///
    /// It looks at one example of zeros, two units at a time, and no further than that at the numbers in `params`.
    ///
    /// # Panics
    /// When the parameters are not the model's.
    pub fn of(model: &Model, params: &Params) -> Self {
        let inputs = inputs(model).map(|shape| (shape.len() * size_of::<Scalar>()) as u64);
        Self { ends: ends(&inputs.collect::<Vec<_>>(), &kept(model, params)) }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// The units of each, in order.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = Range<usize>> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| start..end)
    }
}

/// What goes into each unit, of one example.
fn inputs(model: &Model) -> impl Iterator<Item = Shape> {
    let outputs = model.units().map(|unit| unit.layer.output());
    std::iter::once(model.input()).chain(outputs).take(model.units().count())
}

/// Bytes that each unit keeps of one example beside what the one before keeps.
fn kept(model: &Model, params: &Params) -> Vec<u64> {
    let (units, inputs): (Vec<_>, Vec<_>) = (model.units().collect(), inputs(model).collect());
    let known: Vec<&Tensor> = params.iter().map(|param| &param.value).collect();
    let of = |i: usize| {
        let before = i.saturating_sub(1)..i;
        let tape = Tape::new();
        let step = Step::new(&tape, model, params, Mode::Train, Seed(0), 0);
        let x = tape.leaf(Tensor::zeros(inputs[before.start].batched(1)));
        // The unit before may say how to make again what this one reads.
        let x = units[before].iter().fold(x, |x, unit| step.through(unit, x));
        let without = tape.saved_bytes(&known);
        drop(step.through(&units[i], x));
        (tape.saved_bytes(&known) - without) as u64
    };
    (0..units.len()).map(of).collect()
}

/// The ends of the segments that hold least, for units with these inputs that keep so much.
fn ends(inputs: &[u64], kept: &[u64]) -> Vec<usize> {
    // In one segment all fit.
    let mut most = inputs[0] + kept.iter().sum::<u64>();
    let mut least = 0;
    let mut best = vec![kept.len()];
    while least < most {
        let middle = u64::midpoint(least, most);
        match within(middle, inputs, kept) {
            Some(ends) => (most, best) = (middle, ends),
            None => least = middle + 1,
        }
    }
    best
}

/// Segments of which none holds more than `limit`, or `None` where there are no such.
fn within(limit: u64, inputs: &[u64], kept: &[u64]) -> Option<Vec<usize>> {
    // For every end the least that the inputs of segments up to there sum to, and where the last of these begins.
    let mut ways: Vec<Option<(u64, usize)>> = vec![Some((0, 0))];
    for end in 1..=kept.len() {
        let (mut within, mut way) = (0, None);
        for start in (0..end).rev() {
            within += kept[start];
            let Some((before, _)) = ways[start] else { continue };
            let held = before + inputs[start];
            // The output and its gradient, where the segment runs again.
            let output = inputs.get(end).map_or(0, |bytes| 2 * bytes);
            if held + within + output <= limit && way.is_none_or(|(least, _)| held < least) {
                way = Some((held, start));
            }
        }
        ways.push(way);
    }
    let mut ends = Vec::new();
    let mut end = kept.len();
    while end > 0 {
        ends.push(end);
        end = ways[end]?.1;
    }
    ends.reverse();
    Some(ends)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ModelSpec;

    /// The most that is held at once.
    fn held(inputs: &[u64], kept: &[u64], ends: &[usize]) -> u64 {
        let (mut start, mut before, mut most) = (0, 0, 0);
        for &end in ends {
            before += inputs[start];
            let output = inputs.get(end).map_or(0, |bytes| 2 * bytes);
            most = most.max(before + output + kept[start..end].iter().sum::<u64>());
            start = end;
        }
        most
    }

    #[test]
    fn equal_units_make_segments_that_grow_shorter() {
        // Held by hand: 1+4+2, 2+3+2, 3+2+2 and, with nothing behind it, 4+3; all together would be 1 + 12.
        assert_eq!(ends(&[1; 12], &[1; 12]), [4, 7, 9, 12]);
    }

    #[test]
    fn one_unit_is_one_segment() {
        assert_eq!(ends(&[3], &[8]), [1]);
    }

    proptest! {
        #[test]
        fn no_other_cuts_hold_less(units in prop::collection::vec((0_u64..9, 0_u64..9), 1..9)) {
            let (inputs, kept): (Vec<u64>, Vec<u64>) = units.into_iter().unzip();
            let chosen = ends(&inputs, &kept);
            prop_assert_eq!(chosen.last(), Some(&kept.len()));
            let every = (0..1_usize << (kept.len() - 1)).map(|cuts| {
                let inner = (1..kept.len()).filter(|end| cuts >> (end - 1) & 1 == 1);
                held(&inputs, &kept, &inner.chain([kept.len()]).collect::<Vec<_>>())
            });
            prop_assert_eq!(Some(held(&inputs, &kept, &chosen)), every.min());
        }
    }

    #[test]
    fn what_the_units_keep_is_what_the_whole_network_keeps() {
        let convolution = "{kind='conv2d', out_channels=4, kernel_size=3, padding=1}";
        for between in ["{kind='batch_norm'}, {kind='relu'}", "{kind='relu'}", "{kind='tanh'}"] {
            let block =
                format!("{convolution}, {between}, {{kind='max_pool', kernel_size=[1, 2]}}, ");
            let text = format!("layer = [{}{{kind='global_avg_pool'}}]", block.repeat(3));
            let model = ModelSpec::from_toml(&text).expect("valid").fit([4, 6, 16].into());
            let model = model.expect("fits");
            let params = model.init(Seed(1));
            let known: Vec<&Tensor> = params.iter().map(|param| &param.value).collect();
            let tape = Tape::new();
            let step = Step::new(&tape, &model, &params, Mode::Train, Seed(0), 0);
            drop(step.forward(tape.leaf(Tensor::zeros([1, 4, 6, 16]))));
            let whole = tape.saved_bytes(&known) as u64;
            assert_eq!(kept(&model, &params).iter().sum::<u64>(), whole, "{between}");
        }
    }
}
