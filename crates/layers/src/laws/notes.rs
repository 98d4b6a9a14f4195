//! What the notes of a kind say is what its table takes.

use std::collections::BTreeSet;

use cenote_tensor::Shape;

use super::drawn::{LayerKind, value};
use super::{bits, fit_table, output, spread};
use crate::{Mode, pool};

/// Inputs of many shapes, so that each setting has one it fits.
fn inputs() -> [Shape; 4] {
    [[4, 6, 8], [3, 5, 9], [1, 12, 16], [8, 24, 30]].map(Shape::from)
}

/// The keys that the kind's own table takes, by the error that names them.
fn accepted(kind: &LayerKind) -> BTreeSet<String> {
    let mut table = kind.example_table();
    table.insert("no_such_key".to_owned(), true.into());
    let error = fit_table(table, [4, 6, 8].into()).expect_err("an unknown key").to_string();
    let (_, listed) = error.split_once("unknown field `no_such_key`").unwrap_or_else(|| {
        panic!("{} does not refuse an unknown key: {error}", kind.name);
    });
    listed.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn required(kind: &LayerKind, key: &str) -> bool {
    let settings = kind.notes.expect("operators have notes").settings;
    settings.iter().any(|setting| setting.name == key && setting.default.is_empty())
}

#[test]
fn every_operator_has_notes_that_say_something() {
    for kind in pool::KINDS {
        let notes = kind.notes.unwrap_or_else(|| panic!("{} has no notes", kind.name));
        for text in [notes.formula, notes.cost, notes.reference] {
            assert!(text.len() > 4 && !text.contains('\n'), "{}: {text:?}", kind.name);
        }
        for setting in notes.settings {
            let said = !setting.about.is_empty() && !setting.values.is_empty();
            assert!(said, "{}: {} says nothing", kind.name, setting.name);
        }
    }
}

#[test]
fn the_settings_listed_are_exactly_those_taken() {
    for kind in pool::KINDS {
        let notes = kind.notes.expect("operators have notes");
        let listed: BTreeSet<String> =
            notes.settings.iter().map(|setting| setting.name.to_owned()).collect();
        assert_eq!(listed, accepted(kind), "{}", kind.name);
    }
}

#[test]
fn a_setting_without_a_default_is_required_and_no_other_is() {
    for kind in pool::KINDS {
        for setting in kind.notes.expect("operators have notes").settings {
            let mut table = kind.example_table();
            table.remove(setting.name);
            let missing = format!("missing field `{}`", setting.name);
            let refused = inputs().map(|input| {
                let outcome = fit_table(table.clone(), input);
                outcome.err().is_some_and(|error| error.to_string().contains(&missing))
            });
            let required = setting.default.is_empty();
            assert_eq!(refused, [required; 4], "{}: {}", kind.name, setting.name);
        }
    }
}

#[test]
fn giving_a_default_changes_no_bit() {
    for kind in pool::KINDS {
        for setting in kind.notes.expect("operators have notes").settings {
            let mut left_out = kind.example_table();
            left_out.remove(setting.name);
            let mut given = left_out.clone();
            match setting.default {
                "" => continue,
                "kernel_size" if left_out.contains_key("kernel_size") => {
                    given.insert(setting.name.to_owned(), left_out["kernel_size"].clone());
                }
                // Words for a default that is no constant.
                words if format!("value = {words}").parse::<toml::Table>().is_err() => continue,
                text => given.extend([value(setting, text)]),
            }
            for input in inputs() {
                let models = [&left_out, &given].map(|table| fit_table(table.clone(), input).ok());
                let [left_out, given] = match models {
                    [Some(left_out), Some(given)] => [left_out, given],
                    [None, None] => continue,
                    _ => panic!("{}: {} as by default fits otherwise", kind.name, setting.name),
                };
                let x = spread(input.batched(2));
                for mode in [Mode::Train, Mode::Eval] {
                    let [a, b] = [&left_out, &given].map(|m| bits(&output(m, &x, mode, 1, 0)));
                    assert_eq!(a, b, "{}: {} as by default", kind.name, setting.name);
                }
            }
        }
    }
}

#[test]
fn every_value_to_try_is_one_that_some_input_takes() {
    for kind in pool::KINDS {
        for setting in kind.notes.expect("operators have notes").settings {
            // Padding goes with some windows only, which the draws of the other laws find.
            let values = if setting.name == "padding" { &[] } else { setting.values };
            for text in values {
                // With the example, with no more of it than must be given, or with another value of that.
                let mut among_others = kind.example_table();
                let mut alone = among_others.clone();
                among_others.remove("padding");
                alone.retain(|key, _| key == "kind" || required(kind, key));
                let mut tables = vec![among_others, alone.clone()];
                for other in kind.notes.expect("as above").settings {
                    for text in other.values.iter().filter(|_| required(kind, other.name)) {
                        let mut changed = alone.clone();
                        changed.extend([value(other, text)]);
                        tables.push(changed);
                    }
                }
                let fits = tables.into_iter().any(|mut table| {
                    table.extend([value(setting, text)]);
                    inputs().into_iter().any(|input| fit_table(table.clone(), input).is_ok())
                });
                assert!(fits, "{}: {} = {text} fits nothing", kind.name, setting.name);
            }
        }
    }
}
