//! An output depends on what its layer says it sees, on no more and on no less.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use cenote_tensor::{Shape, Tensor};
use proptest::prelude::*;

use super::drawn::{Size, examples, over_settings};
use super::{spread, used};
use crate::{Model, Reach};

/// Rows (axis 0) or columns (axis 1) of the input that each output's row or column depends on.
fn seen(model: &Model, axis: usize) -> Vec<Vec<bool>> {
    let [size, outputs] = [model.input(), model.output()].map(plane);
    let (columns, rows, outputs) = (size[1], size[0], outputs[axis]);
    let mut seen = vec![vec![false; size[axis]]; outputs];
    for at in 0..size[axis] {
        // What is added decides a maximum, what is taken away a minimum; halves of it move what lies between.
        for change in [40.0, -40.0, 0.37] {
            let base = spread(model.input().batched(1));
            let mut moved = base.clone();
            let values = moved.as_mut_slice().iter_mut().enumerate();
            for (i, value) in values {
                let place = [i / columns % rows, i % columns];
                if place[axis] == at {
                    *value += change;
                }
            }
            let (before, after) = (used(model, &base), used(model, &moved));
            note(&mut seen, model, [&before, &after], axis, at);
        }
    }
    seen
}

fn plane(shape: Shape) -> [usize; 2] {
    [shape.dims()[1], shape.dims()[2]]
}

/// Notes which outputs differ by more than what the rounding of a neighbour may bring.
fn note(
    seen: &mut [Vec<bool>],
    model: &Model,
    [before, after]: [&Tensor; 2],
    axis: usize,
    at: usize,
) {
    let [rows, columns] = plane(model.output());
    for (i, (a, b)) in before.as_slice().iter().zip(after.as_slice()).enumerate() {
        let place = [i / columns % rows, i % columns];
        if (a - b).abs() > 1e-3 {
            seen[place[axis]][at] = true;
        }
    }
}

/// Checks the axes on which the middle lies a whole reach from both borders; returns how many those are.
///
/// Nearer to a border, cells beyond it are missing, or stand for others within.
fn check(model: &Model) -> Result<usize, TestCaseError> {
    let layer = model.layers().next().expect("one layer").layer;
    let Reach::Window { start, span, step } = layer.reach() else { return Ok(0) };
    if model.input().dims().len() != 3 || model.output().dims().len() != 3 {
        prop_assert_eq!((span, step), ([1, 1], [1, 1]), "no maps");
        return Ok(0);
    }
    let size = plane(model.input());
    // Where one axis is so short that no window meets anything but padding, nothing is seen along the other.
    if (0..2).any(|axis| size[axis] < span[axis] + step[axis]) {
        return Ok(0);
    }
    let mut checked = 0;
    for axis in 0..2 {
        let (start, span, step) = (start[axis], span[axis], step[axis]);
        if size[axis] < 2 * span + step {
            continue;
        }
        let seen = seen(model, axis);
        let ends = |seen: &[bool]| {
            let [first, last] = [seen.iter().position(|&it| it), seen.iter().rposition(|&it| it)];
            Some([first? as isize, last? as isize])
        };
        let middle = seen.len() / 2;
        let Some([first, last]) = ends(&seen[middle]) else {
            return Err(TestCaseError::fail(format!("axis {axis}: the middle sees nothing")));
        };
        let told = |o: usize| {
            let first = (o * step) as isize + start;
            [first, first + span as isize - 1]
        };
        if layer.kind() == "fuse" {
            // Cells that are spread see differently far to their two sides, which the window holds all of.
            let mut all = seen.iter().enumerate().filter_map(|(o, seen)| Some((o, ends(seen)?)));
            let within = all.all(|(o, [first, last])| {
                let told = told(o);
                told[0] <= first && last <= told[1]
            });
            prop_assert!(within, "axis {}: {:?}", axis, layer.reach());
        } else {
            prop_assert_eq!([first, last], told(middle), "axis {}", axis);
        }
        checked += 1;
    }
    Ok(checked)
}

#[test]
fn the_middle_of_an_output_depends_on_what_its_layer_sees() {
    let checked = AtomicUsize::new(0);
    let law = |model: &Model| {
        checked.fetch_add(check(model)?, Relaxed);
        Ok::<(), TestCaseError>(())
    };
    for (kind, model) in examples() {
        law(&model).unwrap_or_else(|error| panic!("{}: {error}", kind.name));
    }
    over_settings(12, Size::Large, |_, model| law(model));
    let checked = checked.into_inner();
    assert!(checked > 300, "{checked} axes are no test");
}
