//! Slots: the holes of a model, and what an arm puts into them.

use std::collections::BTreeMap;

use cenote_layers::name_layers;
use cenote_spec::nearest;
use toml::{Table, Value};

use crate::Error;
use crate::arms::{LEVELS, TRAINING, WIDTH};

/// What an arm puts into the slots, by slot name.
pub type Filling = BTreeMap<String, Value>;

/// The tables of a model with every slot replaced by what `arm` puts there, slots of layers within layers too.
///
/// A filling is one layer or a list of layers. A layer in a slot takes the slot's name (`down1`, or
/// `head.1` for the first of several), and layers outside slots are named before any slot is filled:
/// so what an arm puts in one place changes no name, and no random draw, of any other place.
///
/// # Errors
/// When a slot is not filled and has no default, a filling names no slot, or a filling is not a layer.
pub fn fill(arm: &str, model: &[Table], filling: &Filling) -> Result<Vec<Table>, Error> {
    let refuse = |problem: String| Error::Slots { arm: arm.to_owned(), problem };
    let mut outer = model.to_vec();
    name_all(&mut outer);
    let slots = slots_of(&outer);
    if let Some(taken) =
        slots.iter().find(|slot| [TRAINING, LEVELS, WIDTH].contains(&slot.as_str()))
    {
        return Err(refuse(format!("a slot is called `{taken}`; expected another name")));
    }
    for name in filling.keys() {
        if !slots.contains(name) {
            let hint = nearest(name, slots.iter().map(String::as_str))
                .map_or_else(String::new, |near| format!(" did you mean `{near}`?"));
            let known = slots.join(", ");
            return Err(refuse(format!(
                "no slot `{name}` in the model;{hint} expected one of {known}"
            )));
        }
    }
    filled(outer, filling).map_err(refuse)
}

/// The tables with their slots filled, or what is wrong with a slot.
fn filled(tables: Vec<Table>, filling: &Filling) -> Result<Vec<Table>, String> {
    let mut all = Vec::new();
    for mut table in tables {
        if !is_slot(&table) {
            for (_, value) in &mut table {
                if let Some(within) = list_of(value) {
                    let within = filled(within, filling)?;
                    *value = Value::Array(within.into_iter().map(Value::Table).collect());
                }
            }
            all.push(table);
            continue;
        }
        let name = name_of(&table);
        if let Some(odd) =
            table.keys().find(|key| !["kind", "name", "default"].contains(&key.as_str()))
        {
            return Err(format!(
                "slot `{name}`: unknown field `{odd}`, expected `name` or `default`"
            ));
        }
        let Some(value) = filling.get(&name).or_else(|| table.get("default")) else {
            return Err(format!("slot `{name}` is not filled and has no default"));
        };
        let Some(layers) = layers_of(&name, value) else {
            let got = value.type_str();
            return Err(format!(
                "slot `{name}` holds a value of type {got}; expected a layer or a list of layers"
            ));
        };
        all.extend(layers);
    }
    Ok(all)
}

/// Names the layers of a list, and of every list within them.
fn name_all(tables: &mut [Table]) {
    name_layers(tables);
    for table in tables.iter_mut().filter(|table| !is_slot(table)) {
        for (_, value) in table {
            if let Some(mut within) = list_of(value) {
                name_all(&mut within);
                *value = Value::Array(within.into_iter().map(Value::Table).collect());
            }
        }
    }
}

/// The names of the slots of a model whose layers have their names, in the order of the layers.
pub(crate) fn slot_names(model: &[Table]) -> Vec<String> {
    let mut named = model.to_vec();
    name_all(&mut named);
    slots_of(&named)
}

/// The names of the slots that stand in no other layer and of what stands before each, in the order of the layers.
pub(crate) fn around_slots(model: &[Table]) -> Vec<String> {
    let mut named = model.to_vec();
    name_all(&mut named);
    let mut around: Vec<String> = Vec::new();
    for at in (0..named.len()).filter(|&at| is_slot(&named[at])) {
        for table in &named[at.saturating_sub(1)..=at] {
            let name = name_of(table);
            if !around.contains(&name) {
                around.push(name);
            }
        }
    }
    around
}

/// The names of all slots, in the order of the layers.
fn slots_of(tables: &[Table]) -> Vec<String> {
    let of = |table: &Table| {
        if is_slot(table) {
            return vec![name_of(table)];
        }
        let lists = table.values().filter_map(list_of);
        lists.flat_map(|within| slots_of(&within)).collect()
    };
    tables.iter().flat_map(of).collect()
}

/// The layers that a setting holds, if it is a list of tables.
fn list_of(value: &Value) -> Option<Vec<Table>> {
    let list = value.as_array().filter(|list| !list.is_empty())?;
    list.iter().map(|layer| layer.as_table().cloned()).collect()
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
    fn what_stands_around_slots_has_the_same_names_whatever_fills_them() {
        assert_eq!(around_slots(&model()), ["relu1", "down", "relu2", "head"]);
    }

    #[test]
    fn several_layers_in_one_slot_are_numbered_and_rename_nothing_outside() {
        assert_eq!(
            filled("down = [{kind='relu'}, {kind='tanh'}]").expect("fills"),
            ["relu1=relu", "down.1=relu", "down.2=tanh", "relu2=relu", "head=flatten"]
        );
    }

    #[test]
    fn slots_of_layers_within_layers_are_filled_and_rename_nothing() {
        #[derive(serde::Deserialize)]
        struct Document {
            model: Vec<Table>,
        }
        let text = "model = [{kind='relu'}, {kind='residual', name='block', layers=[{kind='relu'}, {kind='slot', name='within'},
            {kind='fuse', layers=[{kind='slot', name='deep'}, {kind='relu'}]}]}, {kind='relu'}]";
        let model = toml::from_str::<Document>(text).expect("valid").model;
        let filling = |text: &str| -> Filling { toml::from_str(text).expect("valid") };
        let by = filling("within = [{kind='tanh'}, {kind='tanh'}]\ndeep = {kind='max_pool'}");
        let tables = fill("a", &model, &by).expect("fills");
        let names = |tables: &[Table]| tables.iter().map(name_of).collect::<Vec<_>>();
        assert_eq!(names(&tables), ["relu1", "block", "relu2"]);
        let within = list_of(&tables[1]["layers"]).expect("layers");
        assert_eq!(names(&within), ["relu1", "within.1", "within.2", "fuse1"]);
        assert_eq!(names(&list_of(&within[3]["layers"]).expect("layers")), ["deep", "relu1"]);
        let error = fill("a", &model, &filling("deep = {kind='tanh'}")).expect_err("one is open");
        assert_eq!(error.to_string(), "arm `a`: slot `within` is not filled and has no default");
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
