//! What recurrent layers share: their settings, parameters, and both directions side by side.

use std::marker::PhantomData;

use cenote_autograd::{Function, Saved, Var};
use cenote_tensor::{Scalar, Shape, Tensor};
use serde::Deserialize;

use super::scan::{BackRoom, Cell, Direction, Pulled, Room, Scanned, Sizes, Weights, pull, scan};
use super::sequence;
use crate::{Change, Changed, Cost, Error, Init, Layer, LayerSpec, ParamSpec, Role, Scope};

/// Names of the parameters of each direction.
const NAMES: [[&str; 4]; 2] = [
    ["weight_ih", "weight_hh", "bias_ih", "bias_hh"],
    ["weight_ih_reverse", "weight_hh_reverse", "bias_ih_reverse", "bias_hh_reverse"],
];

/// A recurrent layer of this cell.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, bound = "")]
pub(super) struct Recurrent<C> {
    hidden_size: usize,
    #[serde(default = "in_both_directions")]
    bidirectional: bool,
    #[serde(skip)]
    cell: PhantomData<C>,
}

fn in_both_directions() -> bool {
    true
}

impl<C: Cell> LayerSpec for Recurrent<C> {
    fn fit(&self, input: Shape) -> Result<Box<dyn Layer>, Error> {
        const LIMIT: usize = 1 << 14;
        let [steps, inputs] = sequence(C::NAME, input)?;
        if !(1..=LIMIT).contains(&self.hidden_size) {
            return Err(Error::Setting {
                kind: C::NAME,
                name: "hidden_size",
                got: self.hidden_size.to_string(),
                expected: format!("1 to {LIMIT}"),
            });
        }
        Ok(Box::new(Fitted { steps, inputs, spec: self.clone() }))
    }

    fn changed(&self, change: Change) -> Changed {
        Changed::of_whole_maps(change)
    }
}

#[derive(Debug)]
struct Fitted<C> {
    steps: usize,
    inputs: usize,
    spec: Recurrent<C>,
}

impl<C: Cell> Fitted<C> {
    fn directions(&self) -> usize {
        1 + usize::from(self.spec.bidirectional)
    }
}

impl<C: Cell> Layer for Fitted<C> {
    fn kind(&self) -> &'static str {
        C::NAME
    }

    fn output(&self) -> Shape {
        [self.steps, self.directions() * self.spec.hidden_size].into()
    }

    fn params(&self) -> Vec<ParamSpec> {
        let hidden = self.spec.hidden_size;
        let gates = C::GATES * hidden;
        let init = Init::Within((hidden as Scalar).sqrt().recip());
        let shapes = [
            Shape::from([gates, self.inputs]),
            Shape::from([gates, hidden]),
            Shape::from([gates]),
            Shape::from([gates]),
        ];
        let of_direction = |names: &[&'static str; 4]| {
            let spec = |(&name, shape): (&&'static str, Shape)| ParamSpec {
                name: name.into(),
                shape,
                init,
                role: Role::Trained,
            };
            names.iter().zip(shapes).map(spec).collect::<Vec<_>>()
        };
        NAMES[..self.directions()].iter().flat_map(of_direction).collect()
    }

    fn cost(&self) -> Cost {
        let units = (self.directions() * self.steps * self.spec.hidden_size) as u64;
        let gates = units * C::GATES as u64;
        // Two biases and a squashing function for each gate, and some five operations for each unit.
        let inputs = (self.inputs + self.spec.hidden_size) as u64;
        Cost { macs: gates * inputs, other: 3 * gates + 5 * units }
    }

    fn forward<'t>(&self, x: Var<'t>, at: &Scope<'_, 't>) -> Var<'t> {
        let (directions, hidden) = (self.directions(), self.spec.hidden_size);
        let params: Vec<&Var<'t>> = (0..4 * directions).map(|i| at.param(i)).collect();
        let sizes =
            Sizes { steps: self.steps, examples: x.value().dims()[0], inputs: self.inputs, hidden };
        let weights: Vec<Tensor> = params.iter().map(|var| var.value().clone()).collect();
        let by_time = time_major(x.value());
        let rooms = (0..directions).map(|_| Room::of::<C>(sizes));
        let scanned = each_direction(rooms.collect(), |direction, room| {
            let weights = weights_of(&weights, direction);
            scan::<C>(sizes, direction, by_time.as_slice(), &weights, room)
        });
        drop(by_time);
        let y = side_by_side(sizes, &scanned);
        let inputs: Vec<&Var<'t>> = std::iter::once(&x).chain(params).collect();
        let saved =
            || Backward::<C> { x: x.value().clone(), weights, scanned, sizes, cell: PhantomData };
        x.tape().record(y, &inputs, saved)
    }
}

/// What a direction does with what is its own, both at the same time.
fn each_direction<T: Send, R: Send>(
    own: Vec<T>,
    work: impl Fn(Direction, T) -> R + Sync,
) -> Vec<R> {
    let mut own = own.into_iter();
    let first = own.next().expect("there is a forward direction");
    match own.next() {
        None => vec![work(Direction::Forward, first)],
        Some(second) => {
            let (first, second) = rayon::join(
                || work(Direction::Forward, first),
                || work(Direction::Backward, second),
            );
            vec![first, second]
        }
    }
}

/// The parameters of a direction among those of the layer.
fn weights_of(all: &[Tensor], direction: Direction) -> Weights<'_> {
    let first = if direction == Direction::Forward { 0 } else { 4 };
    let [of_x, of_h, bias_x, bias_h] = &all[first..first + 4] else {
        unreachable!("four parameters of each direction")
    };
    Weights { of_x, of_h, bias_x, bias_h }
}

/// The batch `(N, T, F)` as `(T, N, F)`, or back.
fn time_major(x: &Tensor) -> Tensor {
    let [outer, inner, features] = x.dims().try_into().expect("a batch of sequences");
    let mut y = Tensor::stale([inner, outer, features]);
    let blocks = y.as_mut_slice().chunks_exact_mut(features);
    for (at, y) in blocks.enumerate() {
        let (i, o) = (at / outer, at % outer);
        y.copy_from_slice(&x.as_slice()[(o * inner + i) * features..][..features]);
    }
    y
}

/// What each direction gave, as one batch `(N, T, D·H)`.
fn side_by_side(at: Sizes, scanned: &[Scanned]) -> Tensor {
    let Sizes { steps, examples, hidden, .. } = at;
    let mut y = Tensor::stale([examples, steps, scanned.len() * hidden]);
    for (at, y) in y.as_mut_slice().chunks_exact_mut(hidden).enumerate() {
        let (row, direction) = (at / scanned.len(), at % scanned.len());
        let (n, t) = (row / steps, row % steps);
        let h = scanned[direction].h.as_slice();
        y.copy_from_slice(&h[(t * examples + n) * hidden..][..hidden]);
    }
    y
}

/// The part of a batch `(N, T, D·H)` that belongs to one direction, as `(T, N, H)`.
fn part_of(at: Sizes, dy: &Tensor, directions: usize, nth: usize) -> Tensor {
    let Sizes { steps, examples, hidden, .. } = at;
    let mut part = Tensor::stale([steps, examples, hidden]);
    for (at, part) in part.as_mut_slice().chunks_exact_mut(hidden).enumerate() {
        let (t, n) = (at / examples, at % examples);
        let row = (n * steps + t) * directions + nth;
        part.copy_from_slice(&dy.as_slice()[row * hidden..][..hidden]);
    }
    part
}

struct Backward<C> {
    x: Tensor,
    weights: Vec<Tensor>,
    scanned: Vec<Scanned>,
    sizes: Sizes,
    cell: PhantomData<C>,
}

impl<C: Cell> Function for Backward<C> {
    fn name(&self) -> &'static str {
        C::NAME
    }

    fn saved(&self) -> Saved<'_> {
        let scanned = self.scanned.iter().flat_map(|scanned| [&scanned.h, &scanned.kept]);
        let tensors = std::iter::once(&self.x).chain(&self.weights).chain(scanned).collect();
        Saved { tensors, other_bytes: 0 }
    }

    fn backward(self: Box<Self>, dy: Tensor, _wanted: &[bool]) -> Vec<Option<Tensor>> {
        let Self { x, weights, scanned, sizes, .. } = *self;
        let by_time = time_major(&x);
        let directions = scanned.len();
        let own = scanned.into_iter().enumerate().map(|(nth, scanned)| {
            (scanned, part_of(sizes, &dy, directions, nth), BackRoom::of::<C>(sizes))
        });
        let own: Vec<_> = own.collect();
        drop(dy);
        let pulled = each_direction(own, |direction, (scanned, dy, room)| {
            let weights = weights_of(&weights, direction);
            let given = (by_time.as_slice(), dy.as_slice());
            pull::<C>(sizes, direction, given, &weights, scanned, room)
        });
        let mut dx: Option<Tensor> = None;
        let mut of_weights = Vec::with_capacity(4 * directions);
        for Pulled { dx: part, of_weights: parts } in pulled {
            match &mut dx {
                None => dx = Some(part),
                Some(sum) => sum.add_assign(&part),
            }
            of_weights.extend(parts.map(Some));
        }
        let dx = dx.map(|dx| time_major(&dx));
        std::iter::once(dx).chain(of_weights).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::laws::{check_gradient, fit_shape, run};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn the_gradient_matches_differences_for_any_size(
            n in 1_usize..3, steps in 1_usize..5, inputs in 1_usize..4, hidden in 1_usize..4,
            bidirectional: bool, gru: bool,
        ) {
            let kind = if gru { "gru" } else { "lstm" };
            let text = format!("kind = '{kind}'\nhidden_size = {hidden}\nbidirectional = {bidirectional}");
            let layer = fit_shape(&text, Shape::from([steps, inputs])).expect("sequences fit");
            check_gradient(&layer, n)?;
        }
    }

    #[test]
    fn no_hidden_unit_and_what_is_no_sequence_are_refused() {
        let error = fit_shape("kind = 'lstm'\nhidden_size = 0", Shape::from([4, 3]));
        let message = error.expect_err("no unit").to_string();
        assert_eq!(message, "lstm: hidden_size is 0; expected 1 to 16384");
        let error = fit_shape("kind = 'gru'\nhidden_size = 2", Shape::from([4, 3, 2]));
        let message = error.expect_err("maps are no sequence").to_string();
        assert_eq!(
            message,
            "gru: got input 4x3x2; expected a sequence of shape TxF; put `columns` before"
        );
    }

    #[test]
    fn the_future_reaches_the_first_step_in_both_directions_alone() {
        for (bidirectional, reached) in [(true, true), (false, false)] {
            let text = format!("kind = 'lstm'\nhidden_size = 2\nbidirectional = {bidirectional}");
            let model = fit_shape(&text, Shape::from([3, 2])).expect("fits");
            let at = |last: Scalar| {
                let x = Tensor::from_vec([1, 3, 2], vec![0.3, -0.2, 0.5, 0.1, last, 0.4]);
                run(&model, x.expect("6 values")).0
            };
            let width = model.output().dims()[1];
            let [a, b] = [at(0.9), at(-0.9)];
            assert_eq!(a.as_slice()[..width] != b.as_slice()[..width], reached);
        }
    }
}
