//! A description is data: it survives being written down.

use proptest::prelude::*;

use super::drawn::{Size, examples, kinds, over_settings};
use crate::{Model, ModelSpec};

/// Writes the tables of a model with `written`, and fits what comes back to the same input.
fn check_survival(
    model: &Model,
    written: impl Fn(&toml::Table) -> toml::Table,
) -> Result<(), TestCaseError> {
    let tables = model.tables().iter().map(written).collect();
    let again = ModelSpec::parse(tables).expect("known").fit(model.input()).expect("fits");
    prop_assert_eq!(again.tables(), model.tables());
    prop_assert_eq!(again.output(), model.output());
    let layers = |model: &Model| format!("{:?}", model.layers().collect::<Vec<_>>());
    prop_assert_eq!(layers(&again), layers(model));
    Ok(())
}

fn through_json(table: &toml::Table) -> toml::Table {
    let text = serde_json::to_string(table).expect("tables are data");
    serde_json::from_str(&text).expect("as it was")
}

fn through_toml(table: &toml::Table) -> toml::Table {
    let text = toml::to_string(table).expect("tables are data");
    text.parse().expect("as it was")
}

#[test]
fn a_spec_survives_toml_and_json() {
    over_settings(24, Size::Large, |_, model| {
        check_survival(model, through_toml)?;
        check_survival(model, through_json)
    });
    for (kind, model) in examples() {
        for written in [through_toml, through_json] {
            let outcome = check_survival(&model, written);
            outcome.unwrap_or_else(|error| panic!("{}: {error}", kind.name));
        }
    }
}

#[test]
fn no_two_kinds_share_a_name() {
    let mut names: Vec<&str> = kinds().map(|kind| kind.name).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
}
