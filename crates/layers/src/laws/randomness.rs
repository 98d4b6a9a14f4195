//! Draws happen in training alone, and come from the stream of the layer and the step alone.

use cenote_spec::Random;
use cenote_tensor::{Scalar, Seed, Shape, Tensor};
use proptest::prelude::*;

use super::drawn::{LayerKind, Size, examples, kinds, over_settings, value};
use super::{bits, fit_table, output, output_with, random, run, spread};
use crate::{Mode, Model};

/// Bits of the output in training, on this many threads.
fn with_threads(threads: usize, model: &Model, x: &Tensor) -> [Vec<u64>; 2] {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let (y, dx) = pool.expect("threads start").install(|| run(model, x.clone()));
    [bits(&y), bits(&dx)]
}

/// Fills the buffers that the next tensors will be made of with NaN.
fn litter(model: &Model) {
    let sizes = [model.input().len(), model.output().len(), 1, 64, 4096];
    drop(sizes.map(|len| [(); 4].map(|()| Tensor::full([2 * len], Scalar::NAN))));
}

#[test]
fn in_use_neither_seed_nor_step_nor_repetition_changes_a_bit() {
    over_settings(12, Size::Large, |_, model| {
        let x = spread(model.input().batched(2));
        let first = bits(&output(model, &x, Mode::Eval, 1, 0));
        for (seed, number) in [(1, 0), (2, 0), (1, 9)] {
            prop_assert_eq!(&bits(&output(model, &x, Mode::Eval, seed, number)), &first);
        }
        Ok(())
    });
}

#[test]
fn a_step_with_the_same_seed_and_number_gives_the_same_bits() {
    let check = |model: &Model| {
        let x = spread(model.input().batched(2));
        let first = run(model, x.clone());
        litter(model);
        let (y, dx) = run(model, x);
        prop_assert_eq!([bits(&y), bits(&dx)], [bits(&first.0), bits(&first.1)]);
        Ok(())
    };
    over_settings(12, Size::Large, |_, model| check(model));
    for (kind, model) in examples() {
        check(&model).unwrap_or_else(|error| panic!("{}: {error}", kind.name));
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    for (kind, model) in examples() {
        let x = spread(model.input().batched(7));
        let alone = with_threads(1, &model, &x);
        assert_eq!(with_threads(3, &model, &x), alone, "{}", kind.name);
    }
}

#[test]
fn what_draws_nothing_trains_alike_under_every_seed() {
    over_settings(8, Size::Large, |_, model| {
        if random(model) != Random::No {
            return Ok(());
        }
        let x = spread(model.input().batched(2));
        let first = bits(&output(model, &x, Mode::Train, 1, 0));
        prop_assert_eq!(&bits(&output(model, &x, Mode::Train, 2, 0)), &first);
        prop_assert_eq!(&bits(&output(model, &x, Mode::Train, 1, 1)), &first);
        Ok(())
    });
}

/// A model of the one layer of this table and name, for an input so large that draws seldom agree.
fn named(table: &toml::Table, name: &str) -> Option<Model> {
    let mut table = table.clone();
    table.insert("name".to_owned(), name.into());
    let inputs = [Shape::from([4, 12, 16]), Shape::from([768]), Shape::from([24, 32])];
    inputs.into_iter().find_map(|input| fit_table(table.clone(), input).ok())
}

/// Tables of a kind: its example, and the example with each other value of each setting.
fn variants(kind: &LayerKind) -> Vec<toml::Table> {
    let mut tables = vec![kind.example_table()];
    for setting in kind.notes.map_or(&[][..], |notes| notes.settings) {
        for text in setting.values {
            let mut table = kind.example_table();
            table.extend([value(setting, text)]);
            tables.push(table);
        }
    }
    tables
}

#[test]
fn what_draws_draws_anew_for_another_seed_another_step_and_another_layer() {
    let mut drawing = 0;
    for kind in kinds() {
        let should = kind.notes.is_some_and(|notes| notes.random != Random::No);
        // A coin that falls the same way forty times is no coin.
        let others = if should { 2..42 } else { 2..5 };
        let draws = |table: &toml::Table| {
            let Some(here) = named(table, "here") else { return false };
            let x = spread(here.input().batched(2)).map(Scalar::abs);
            // A layer of another name would start with other parameters as well.
            let params = here.init(Seed(2));
            let draw = |model: &Model, seed, step| {
                bits(&output_with(&params, model, &x, Mode::Train, [seed, step]))
            };
            let first = draw(&here, 1, 0);
            assert_eq!(draw(&here, 1, 0), first, "{}: the same stream", kind.name);
            let seeds = others.clone().any(|seed| draw(&here, seed, 0) != first);
            let steps = others.clone().any(|step| draw(&here, 1, step) != first);
            let layers = others.clone().any(|i| {
                let there = named(table, &format!("there{i}")).expect("fits as well");
                draw(&there, 1, 0) != first
            });
            assert_eq!([seeds, steps, layers], [seeds; 3], "{}: all or none", kind.name);
            seeds
        };
        let tables = if should { variants(kind) } else { vec![kind.example_table()] };
        let is_drawing = tables.iter().any(draws);
        drawing += usize::from(is_drawing);
        assert!(kind.notes.is_none() || is_drawing == should, "{}: as its notes say", kind.name);
    }
    assert!(drawing > 0, "some kind draws");
}

#[test]
fn parameters_start_alike_whatever_else_was_drawn() {
    for (kind, model) in examples() {
        let first = model.init(Seed(5));
        let _elsewhere = model.init(Seed(6));
        assert_eq!(model.init(Seed(5)), first, "{}", kind.name);
    }
}
