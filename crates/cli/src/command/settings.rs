//! Tables that are given on the command line, one `--set KEY=VALUE` a field.

use toml::Table;

use crate::failure::Failure;

/// The table of a kind; a value that is no TOML is taken as text.
pub(super) fn table(kind: &str, settings: &[(String, String)]) -> Result<Table, Failure> {
    let mut table = Table::new();
    table.insert("kind".to_owned(), kind.into());
    for (key, text) in settings {
        let parsed = format!("value = {text}").parse::<Table>().ok();
        // More than one key would be text that pretends to be a line of its own.
        let value = parsed.filter(|parsed| parsed.len() == 1).and_then(|mut p| p.remove("value"));
        let value = value.unwrap_or_else(|| text.as_str().into());
        if key == "kind" || table.insert(key.clone(), value).is_some() {
            return Err(Failure::Usage(format!("--set {key}: is given already")));
        }
    }
    Ok(table)
}
