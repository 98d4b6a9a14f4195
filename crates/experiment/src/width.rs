//! How wide a network is: one number that makes all its layers narrower or wider.
//!
//! An arm without pools computes many times what the others do. To ask whether it is better for as much computation, it is made
//! narrower: `width = 0.25` leaves every layer a quarter of its channels, after the width multiplier of Howard et al.
//! (2017, arXiv:1704.04861). What is counted in classes stays as it is.

use toml::{Table, Value};

/// The settings that say how many maps, features or states a layer has.
const COUNTS: [&str; 3] = ["out_channels", "out_features", "hidden_size"];
/// A network is at most so many times as wide as the study says.
pub(crate) const MOST: f64 = 64.0;

/// Multiplies what every layer counts, layers within layers too, by `width`: to the nearest number, at least 1.
///
/// A convolution of groups keeps whole groups, and one with a group for each channel keeps one for each.
pub(crate) fn scale(tables: &mut [Table], width: f64) {
    for table in tables {
        let groups = table.get("groups").and_then(Value::as_integer).unwrap_or(1);
        let channels = table.get("out_channels").and_then(Value::as_integer);
        let apart = groups > 1 && channels == Some(groups);
        for (key, value) in table.iter_mut() {
            match value {
                Value::Integer(count) if key == "groups" && apart => {
                    *count = scaled(*count, width, 1);
                }
                Value::Integer(count) if key == "out_channels" && !apart => {
                    *count = scaled(*count, width, groups);
                }
                Value::Integer(count) if COUNTS.contains(&key.as_str()) => {
                    *count = scaled(*count, width, 1);
                }
                Value::Array(list) => {
                    for layer in list.iter_mut().filter_map(Value::as_table_mut) {
                        scale(std::slice::from_mut(layer), width);
                    }
                }
                _ => {}
            }
        }
    }
}

/// The nearest multiple of `unit`, at least one; what is no count stays for the layer to refuse.
fn scaled(count: i64, width: f64, unit: i64) -> i64 {
    if count < 1 || unit < 1 {
        return count;
    }
    let units = (count as f64 * width / unit as f64).round() as i64;
    units.max(1).saturating_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(text: &str, width: f64) -> Vec<Table> {
        #[derive(serde::Deserialize)]
        struct Document {
            model: Vec<Table>,
        }
        let mut model = toml::from_str::<Document>(text).expect("valid").model;
        scale(&mut model, width);
        model
    }

    fn count(table: &Table, key: &str) -> i64 {
        table[key].as_integer().expect("a count")
    }

    #[test]
    fn every_layer_has_so_many_times_its_channels_and_at_least_one() {
        let model = "model = [{ kind = 'conv2d', out_channels = 16, kernel_size = 3 }, { kind = 'lstm', hidden_size = 10 },
            { kind = 'fuse', layers = [{ kind = 'dense', out_features = 30 }] }]";
        let counts = |width: f64| {
            let model = layers(model, width);
            let within = model[2]["layers"][0].as_table().expect("a layer");
            assert_eq!(count(&model[0], "kernel_size"), 3, "a size is no count");
            let [conv, lstm] = [count(&model[0], "out_channels"), count(&model[1], "hidden_size")];
            [conv, lstm, count(within, "out_features")]
        };
        assert_eq!(counts(0.25), [4, 3, 8]);
        assert_eq!(counts(1.0), [16, 10, 30]);
        assert_eq!(counts(2.0), [32, 20, 60]);
        assert_eq!(counts(0.001), [1, 1, 1]);
    }

    #[test]
    fn groups_stay_whole() {
        let of = |groups: i64, width: f64| {
            let model = layers(
                &format!("model = [{{ kind = 'conv2d', out_channels = 24, groups = {groups} }}]"),
                width,
            );
            [count(&model[0], "out_channels"), count(&model[0], "groups")]
        };
        assert_eq!(of(4, 0.3), [8, 4], "7.2 would be no whole groups");
        assert_eq!(of(24, 0.3), [7, 7], "one for each channel");
    }

    #[test]
    fn classes_are_not_counted() {
        let model = layers("model = [{ kind = 'dense', out_features = 'classes' }]", 0.5);
        assert_eq!(model[0]["out_features"].as_str(), Some("classes"));
    }
}
