//! The tables of `docs/operators.md` are what the list of operators says.
//!
//! `CENOTE_BLESS=1 cargo test -p cenote-layers --lib document` writes them; the text around them is
//! written by hand.

use std::fmt::Write;
use std::path::Path;

use cenote_tensor::Shape;

use super::drawn::LayerKind;
use super::fit_table;
use crate::{Summary, pool};

/// The input that costs are stated for.
const INPUT: [usize; 3] = [16, 32, 32];

const BEGIN: &str = "<!-- tables: begin -->\n";
const END: &str = "<!-- tables: end -->\n";

/// A row of a table, its cells on one line.
fn row(table: &mut String, cells: &[&str]) {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    writeln!(table, "| {} |", cells.join(" | ")).expect("writing to a string does not fail");
}

fn head(table: &mut String, cells: &[&str], numbers: usize) {
    row(table, cells);
    let words = cells.len() - numbers;
    let rules: Vec<&str> =
        (0..cells.len()).map(|i| if i < words { "---" } else { "---:" }).collect();
    writeln!(table, "|{}|", rules.join("|")).expect("as above");
}

fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{text}`") }
}

fn formulas() -> String {
    let mut table = String::from("## Formulas and sources\n\n");
    head(&mut table, &["operator", "what it is", "formula", "draws", "after"], 0);
    for kind in pool::KINDS {
        let notes = kind.notes.expect("operators have notes");
        let (name, formula) = (code(kind.name), code(notes.formula));
        row(&mut table, &[&name, kind.about, &formula, notes.random.words(), notes.reference]);
    }
    table
}

fn costs() -> String {
    let mut table = format!(
        "\n## Costs\n\nFor one image of {}, with the settings of the example; kept bytes are those that \
         training holds until the backward pass, its input among them where the operator reads it.\n\n",
        Shape::from(INPUT)
    );
    let heads =
        ["operator", "example", "cost", "output", "parameters", "MACs", "other ops", "kept bytes"];
    head(&mut table, &heads, 4);
    for kind in pool::KINDS {
        let model = fit_table(kind.example_table(), INPUT.into());
        let summary = Summary::of(&model.unwrap_or_else(|error| panic!("{}: {error}", kind.name)));
        let notes = kind.notes.expect("operators have notes");
        let (name, example) = (code(kind.name), code(&kind.example.replace('\n', ", ")));
        let output = summary.rows.last().expect("one layer").output.to_string();
        let numbers = [
            summary.parameters() as u64,
            summary.cost().macs,
            summary.cost().other,
            summary.saved_bytes() as u64,
        ];
        let numbers = numbers.map(|number| number.to_string());
        let [parameters, macs, other, kept] = &numbers;
        row(&mut table, &[&name, &example, notes.cost, &output, parameters, macs, other, kept]);
    }
    table
}

fn settings(kind: &LayerKind) -> String {
    let settings = kind.notes.expect("operators have notes").settings;
    if settings.is_empty() {
        return String::new();
    }
    let mut table = format!("\n### `{}`\n\n", kind.name);
    head(&mut table, &["setting", "default", "meaning"], 0);
    for setting in settings {
        let default =
            if setting.default.is_empty() { "required".into() } else { code(setting.default) };
        row(&mut table, &[&code(setting.name), &default, setting.about]);
    }
    table
}

#[test]
fn the_tables_of_the_documentation_are_current() {
    // Kept bytes are those of single precision.
    if cfg!(cenote_f64) {
        return;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operators.md");
    let document = std::fs::read_to_string(&path).expect("the document is in the repository");
    let (before, rest) = document.split_once(BEGIN).expect("the tables begin at a mark");
    let (_, after) = rest.split_once(END).expect("and end at one");
    let settings: String = pool::KINDS.iter().map(settings).collect();
    let tables = format!("{}{}\n## Settings\n{settings}", formulas(), costs());
    let expected = format!("{before}{BEGIN}\n{tables}\n{END}{after}");
    if std::env::var_os("CENOTE_BLESS").is_some() {
        std::fs::write(&path, expected).expect("the document is writable");
        return;
    }
    assert!(document == expected, "docs/operators.md is not current; run with CENOTE_BLESS=1");
}
