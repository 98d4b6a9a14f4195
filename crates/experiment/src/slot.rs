//! Slots: the holes of a model, and what an arm puts into them.

use std::collections::BTreeMap;

use cenote_layers::name_layers;
use cenote_spec::nearest;
use toml::{Table, Value};

use crate::Error;

/// What an arm puts into the slots, by slot name.
pub type Filling = BTreeMap<String, Value>;

/// The tables of a model with every slot replaced by what `arm` puts there.
///
/// A filling is one layer or a list of layers. A layer in a slot takes the slot's name (`down1`, or
/// `head.1` for the first of several), and layers outside slots are named before any slot is filled:
/// so what an arm puts in one place changes no name, and no random draw, of any other place.
///
/// # Errors
/// When a slot is not filled and has no default, a filling names no slot, or a filling is not a layer.
pub fn fill(arm: &str, model: &[Table], filling: &Filling) -> Result<Vec<Table>, Error> {
    let refuse = |problem: String| Err(Error::Slots { arm: arm.to_owned(), problem });
    let mut outer = model.to_vec();
    name_layers(&mut outer);
    let slots: Vec<String> = outer.iter().filter(|t| is_slot(t)).map(name_of).collect();
    for name in filling.keys() {
        if !slots.contains(name) {
            let hint = nearest(name, slots.iter().map(String::as_str))
                .map_or_else(String::new, |near| format!(" did you mean `{near}`?"));
            let known = slots.join(", ");
            return refuse(format!("no slot `{name}` in the model;{hint} expected one of {known}"));
        }
    }
    let mut filled = Vec::new();
    for table in outer {
        if !is_slot(&table) {
            filled.push(table);
            continue;
        }
        let name = name_of(&table);
        if let Some(odd) =
            table.keys().find(|key| !["kind", "name", "default"].contains(&key.as_str()))
        {
            return refuse(format!(
                "slot `{name}`: unknown field `{odd}`, expected `name` or `default`"
            ));
        }
        let Some(value) = filling.get(&name).or_else(|| table.get("default")) else {
            return refuse(format!("slot `{name}` is not filled and has no default"));
        };
        let Some(layers) = layers_of(&name, value) else {
            let got = value.type_str();
            return refuse(format!(
                "slot `{name}` holds a value of type {got}; expected a layer or a list of layers"
            ));
        };
        filled.extend(layers);
    }
    Ok(filled)
}

/// Writes the number of classes for `out_features = "classes"` and `out_channels = "classes"`, also of layers within layers:
/// so a model file fits whatever data it is given.
pub(crate) fn count_classes(tables: &mut [Table], classes: usize) {
    fn within(value: &mut Value, classes: usize) {
        match value {
            Value::Array(list) => list.iter_mut().for_each(|value| within(value, classes)),
            Value::Table(table) => count_classes(std::slice::from_mut(table), classes),
            _ => {}
        }
    }
    for (key, value) in tables.iter_mut().flatten() {
        let counts = key == "out_features" || key == "out_channels";
        if counts && value.as_str() == Some("classes") {
            *value = Value::Integer(classes as i64);
        } else {
            within(value, classes);
        }
    }
}

fn is_slot(table: &Table) -> bool {
    table.get("kind").and_then(Value::as_str) == Some("slot")
}

fn name_of(table: &Table) -> String {
    table.get("name").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The layers that a filling consists of, each with a name under that of its slot.
fn layers_of(slot: &str, value: &Value) -> Option<Vec<Table>> {
    let named = |table: &Table, name: String| {
        let mut table = table.clone();
        table.entry("name").or_insert(Value::String(name));
        table
    };
    match value {
        Value::Table(layer) => Some(vec![named(layer, slot.to_owned())]),
        Value::Array(list) => {
            let layers = list.iter().enumerate();
            layers.map(|(i, v)| Some(named(v.as_table()?, format!("{slot}.{}", i + 1)))).collect()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> Vec<Table> {
        #[derive(serde::Deserialize)]
        struct Document {
            model: Vec<Table>,
        }
        let text = "model = [{kind='relu'}, {kind='slot', name='down'}, {kind='relu'},
                             {kind='slot', name='head', default={kind='flatten'}}]";
        toml::from_str::<Document>(text).expect("valid").model
    }

    fn filled(filling: &str) -> Result<Vec<String>, String> {
        let filling: Filling = toml::from_str(filling).expect("valid");
        let tables = fill("a", &model(), &filling).map_err(|error| error.to_string())?;
        let shown = |t: &Table| format!("{}={}", name_of(t), t["kind"].as_str().unwrap_or("?"));
        Ok(tables.iter().map(shown).collect())
    }

    #[test]
    fn a_slot_gives_its_name_to_what_fills_it() {
        assert_eq!(
            filled("down = {kind='max_pool'}").expect("fills"),
            ["relu1=relu", "down=max_pool", "relu2=relu", "head=flatten"]
        );
    }

    #[test]
    fn several_layers_in_one_slot_are_numbered_and_rename_nothing_outside() {
        assert_eq!(
            filled("down = [{kind='relu'}, {kind='tanh'}]").expect("fills"),
            ["relu1=relu", "down.1=relu", "down.2=tanh", "relu2=relu", "head=flatten"]
        );
    }

    #[test]
    fn a_slot_that_nobody_fills_is_an_error() {
        assert_eq!(
            filled("").expect_err("down is open"),
            "arm `a`: slot `down` is not filled and has no default"
        );
    }

    #[test]
    fn an_unknown_slot_is_answered_with_the_nearest() {
        assert_eq!(
            filled("dwn = {kind='relu'}").expect_err("misspelt"),
            "arm `a`: no slot `dwn` in the model; did you mean `down`? expected one of down, head"
        );
    }

    #[test]
    fn a_filling_that_is_no_layer_is_an_error() {
        let error = filled("down = 3").expect_err("a number");
        assert!(
            error.ends_with(
                "slot `down` holds a value of type integer; expected a layer or a list of layers"
            ),
            "{error}"
        );
    }
}
