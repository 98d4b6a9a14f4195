//! Models of one layer to try the laws on: of every example, and of settings drawn from the notes.

use std::cell::Cell;

use cenote_spec::{Kind, Notes, Setting};
use cenote_tensor::Shape;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{TestError, TestRunner};
use rayon::prelude::*;
use toml::Table;

use super::fit_table;
use crate::{KINDS, LayerSpec, Model};

/// A kind of layer.
pub(super) type LayerKind = Kind<dyn LayerSpec>;

/// Every kind of every family.
pub(super) fn kinds() -> impl Iterator<Item = &'static LayerKind> {
    KINDS.iter().copied().flatten()
}

/// Every kind with a model of its example, for each of the inputs that it takes.
pub(super) fn examples() -> Vec<(&'static LayerKind, Model)> {
    let models = kinds().map(|kind| {
        let inputs = [[3, 5, 8].into(), [4, 6, 4].into(), [5, 3].into(), [7].into()];
        let fitted = inputs.map(|input| fit_table(kind.example_table(), input).ok());
        let fitted: Vec<Model> = fitted.into_iter().flatten().collect();
        assert!(!fitted.is_empty(), "the example of {} fits no input", kind.name);
        fitted.into_iter().map(move |model| (kind, model))
    });
    models.flatten().collect()
}

/// How large the inputs of a law may be: a difference for each value takes its time.
#[derive(Clone, Copy)]
pub(super) enum Size {
    /// At most 2x5x6.
    Small,
    /// At most 4x9x11.
    Large,
}

/// Tries a law on `cases` settings and inputs of every kind that has notes, kind by kind in parallel.
///
/// Draws that their kind refuses do not count; a kind that refuses nearly all of eight times as many
/// has notes that are of no use, and the law fails.
pub(super) fn over_settings(
    cases: u32,
    size: Size,
    law: impl Fn(&'static LayerKind, &Model) -> Result<(), TestCaseError> + Sync,
) {
    // `PROPTEST_CASES` asks for more than the default of 256, which is more than the gate wants.
    let cases = cases * (ProptestConfig::default().cases / 256).max(1);
    let listed: Vec<(&LayerKind, Notes)> =
        kinds().filter_map(|kind| Some((kind, kind.notes?))).collect();
    listed.par_iter().for_each(|&(kind, notes)| {
        let config = ProptestConfig {
            cases: 8 * cases,
            failure_persistence: None,
            ..ProptestConfig::default()
        };
        let fitted = Cell::new(0);
        let outcome =
            TestRunner::new(config).run(&(settings(kind, notes), input(size)), |(table, input)| {
                if fitted.get() >= cases {
                    return Ok(());
                }
                let Ok(model) = fit_table(table, input) else { return Ok(()) };
                fitted.set(fitted.get() + 1);
                law(kind, &model)
            });
        match outcome {
            Ok(()) => {}
            Err(TestError::Fail(reason, (table, input))) => {
                panic!("{table} on {input}: {reason}");
            }
            Err(TestError::Abort(reason)) => panic!("{}: {reason}", kind.name),
        }
        let fitted = fitted.get();
        assert!(4 * fitted >= cases, "{}: {fitted} of {} draws fit", kind.name, 8 * cases);
    });
}

/// Tables of a kind: each setting is left out, where it may be, as often as it is given.
fn settings(kind: &'static LayerKind, notes: Notes) -> impl Strategy<Value = Table> {
    let choice = || (any::<bool>(), any::<Index>());
    prop::collection::vec(choice(), notes.settings.len()).prop_map(move |choices| {
        let chosen = notes.settings.iter().zip(choices);
        let given = chosen.filter(|(setting, (given, _))| *given || setting.default.is_empty());
        let mut table: Table = given
            .map(|(setting, (_, at))| {
                value(setting, setting.values[at.index(setting.values.len())])
            })
            .collect();
        table.insert("kind".to_owned(), kind.name.into());
        table
    })
}

/// A key and its value from TOML text.
pub(super) fn value(setting: &Setting, text: &str) -> (String, toml::Value) {
    let line = format!("value = {text}");
    let mut table: Table = line.parse().unwrap_or_else(|error| panic!("{}: {error}", setting.name));
    (setting.name.to_owned(), table.remove("value").expect("just written"))
}

/// The shape of one example, never square.
fn input(size: Size) -> impl Strategy<Value = Shape> {
    let (channels, rows, more) = match size {
        Size::Small => (1_usize..=2, 1_usize..=5, 1_usize..=6),
        Size::Large => (1_usize..=4, 1_usize..=9, 1_usize..=11),
    };
    (channels, rows, more).prop_map(|(channels, rows, columns)| {
        let columns = if columns == rows { columns + 1 } else { columns };
        Shape::from([channels, rows, columns])
    })
}
